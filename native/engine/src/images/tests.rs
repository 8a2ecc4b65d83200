//! The map against the rule written down plainly.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

/// Start and last address of what contains something, by its place in the list.
type Plain = Vec<(usize, u64, u64)>;

/// The rule: the greatest start at or below the address whose range contains it, of equals the first.
fn plainly(ranges: &Plain, address: u64) -> Option<(usize, u64)> {
    let containing = ranges.iter().filter(|(_, start, last)| (*start..=*last).contains(&address));
    let best = containing.max_by_key(|(image, start, _)| (*start, std::cmp::Reverse(*image)))?;
    Some((best.0, address - best.1))
}

fn plain_inclusive(images: &[(u64, u64)]) -> Plain {
    images.iter().enumerate().map(|(image, &(start, last))| (image, start, last)).collect()
}

/// All ways to ask must agree.
fn check(map: &ImageMap, ranges: &Plain, addresses: &[u64]) {
    let (mut images, mut offsets) = (vec![7; addresses.len()], vec![7; addresses.len()]);
    map.resolve(addresses, &mut images, &mut offsets);
    for ((&address, &image), &offset) in addresses.iter().zip(&images).zip(&offsets) {
        let expected = plainly(ranges, address);
        assert_eq!(map.find(address), expected, "{address:#x} in {ranges:x?}");
        let (expected_image, expected_offset) = expected.map_or((-1, 0), |(i, o)| (i64::try_from(i).unwrap(), o));
        assert_eq!((image, offset), (expected_image, expected_offset), "{address:#x} in {ranges:x?}");
    }
    let all = map.starts.iter().zip(map.starts.iter().skip(1));
    assert!(map.starts[0] == 0 && all.clone().all(|(a, b)| a < b), "{map:x?}");
    assert!(map.starts.len() <= 2 * ranges.len() + 1);
}

fn edges(images: &[(u64, u64)]) -> Vec<u64> {
    let near = |x: u64| [x.wrapping_sub(1), x, x.wrapping_add(1)];
    images.iter().flat_map(|&(a, b)| near(a).into_iter().chain(near(b))).chain([0, 1, u64::MAX]).collect()
}

/// Small numbers collide, large ones wrap, the rest is anywhere.
fn address() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0_u64..40, 1 => any::<u64>(), 1 => (0_u64..4).prop_map(|x| u64::MAX - x)]
}

proptest! {
    #[test]
    fn inclusive_is_the_rule(images in prop::collection::vec((address(), address()), 0..24),
                             addresses in prop::collection::vec(address(), 0..70)) {
        let map = ImageMap::inclusive(images.iter().copied(), false);
        let mut addresses = [addresses, edges(&images)].concat();
        check(&map, &plain_inclusive(&images), &addresses);
        addresses.sort_unstable();
        check(&map, &plain_inclusive(&images), &addresses);
    }

    #[test]
    fn sizes_are_the_rule(images in prop::collection::vec((address(), address()), 0..24)) {
        let plain = images.iter().enumerate().filter(|(_, (_, size))| *size != 0);
        let plain = plain.map(|(i, &(start, size))| (i, start, start.saturating_add(size - 1))).collect();
        check(&ImageMap::sized(images.iter().copied(), false), &plain, &edges(&images));
    }

    #[test]
    fn new_is_the_rule(images in prop::collection::vec((address(), address()), 0..24)) {
        let next = |start| {
            let next = images.iter().filter(|&&image| image != (0, 0) && image != (0, u64::MAX));
            next.map(|image| image.0).filter(|&other| other > start).min().unwrap_or(u64::MAX)
        };
        let mut plain = Plain::new();
        for (i, &(start, end)) in images.iter().enumerate() {
            match (start, end) {
                (0, 0 | u64::MAX) => {}
                (_, 0) => plain.push((i, start, next(start).min(start.saturating_add(OPEN_REACH)) - 1)),
                _ => plain.push((i, start, end - 1)),
            }
        }
        check(&ImageMap::new(images.iter().copied()), &plain, &edges(&images));
    }
}

#[test]
fn an_image_in_an_image() {
    let map = ImageMap::inclusive([(0x1000, 0x8fff), (0x3000, 0x3fff)], false);
    assert_eq!(map.find(0x2fff), Some((0, 0x1fff)));
    assert_eq!(map.find(0x3fff), Some((1, 0xfff)));
    assert_eq!(map.find(0x4000), Some((0, 0x3000)));
    assert_eq!((map.find(0x8fff), map.find(0x9000)), (Some((0, 0x7fff)), None));
}

#[test]
fn open_ends() {
    let map = ImageMap::new([(0x1000, 0), (0x5000, 0x6000), (0, 0), (0x9000, 0), (0, u64::MAX)]);
    assert_eq!(map.find(0x4fff), Some((0, 0x3fff)));
    assert_eq!((map.find(0x6000), map.find(0), map.find(0xfff)), (None, None, None));
    assert_eq!(map.find(0x9000 + OPEN_REACH - 1), Some((3, OPEN_REACH - 1)));
    assert_eq!(map.find(0x9000 + OPEN_REACH), None);
    let map = ImageMap::inclusive([(0x1000, 0), (0x5000, 0x5fff), (0, 0)], true);
    assert_eq!((map.find(0x4fff), map.find(0), map.find(1)), (Some((0, 0x3fff)), Some((2, 0)), None));
    let map = ImageMap::sized([(0x1000, 0), (0x5000, 0x1000), (0, 0)], true);
    assert_eq!((map.find(0x4fff), map.find(0)), (Some((0, 0x3fff)), None));
}

#[test]
fn many_nested_images_build_quickly() {
    let images: Vec<_> = (0..200_000_u64).map(|i| (i, u64::MAX - i)).collect();
    let map = ImageMap::inclusive(images, false);
    assert_eq!(map.find(150_000), Some((150_000, 0)));
    assert_eq!(map.find(u64::MAX - 5), Some((5, u64::MAX - 10)));
}

#[test]
fn buffers_of_unequal_length() {
    let map = ImageMap::inclusive([(10, 19)], false);
    let (mut images, mut offsets) = ([9; 3], [9; 2]);
    map.resolve(&[11, 12, 13, 14], &mut images, &mut offsets);
    assert_eq!((images, offsets), ([0, 0, 9], [1, 2]));
}
