#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use proptest::prelude::*;

fn built(regions: &[(u64, &'static [u8])]) -> Vec<(u64, Vec<u8>)> {
    let mut builder = MemoryBuilder::default();
    for (base, bytes) in regions {
        builder.add(*base, Bytes::from(*bytes));
    }
    builder.finish().regions().iter().map(|r| (r.base, r.bytes.get(0, r.bytes.len()).unwrap().to_vec())).collect()
}

#[test]
fn sorted_and_whole() {
    assert_eq!(built(&[(20, b"cd"), (10, b"ab"), (12, b"")]), [(10, b"ab".to_vec()), (20, b"cd".to_vec())]);
}

#[test]
fn the_first_wins_and_nothing_is_lost() {
    assert_eq!(built(&[(10, b"aaaa"), (12, b"bbbb")]), [(10, b"aaaa".to_vec()), (14, b"bb".to_vec())]);
    assert_eq!(built(&[(12, b"bbbb"), (10, b"aaaa")]), [(10, b"aa".to_vec()), (12, b"bbbb".to_vec())]);
    assert_eq!(built(&[(12, b"b"), (10, b"aaaa")]), [(10, b"aa".to_vec()), (12, b"b".to_vec()), (13, b"a".to_vec())]);
    assert_eq!(built(&[(10, b"aaaa"), (10, b"bbbbb"), (11, b"c")]), [(10, b"aaaa".to_vec()), (14, b"b".to_vec())]);
}

#[test]
fn the_last_address_is_never_passed() {
    assert_eq!(built(&[(u64::MAX - 1, b"abc")]), [(u64::MAX - 1, b"a".to_vec())]);
    assert_eq!(built(&[(u64::MAX, b"abc")]), []);
}

#[test]
fn reads_stay_in_one_region() {
    let mut builder = MemoryBuilder::default();
    builder.add(0x1000, (&[1, 0, 0, 0, 2, 0, 0, 0, 3]).into());
    let memory = builder.finish();
    assert_eq!(memory.u32_at(0x1004), Some(2));
    assert_eq!(memory.u64_at(0x1000), Some(0x2_0000_0001));
    assert_eq!(memory.word(0x1000, Arch::Arm), Some(1));
    assert_eq!(memory.word(0x1001, Arch::Arm64), Some(0x0300_0000_0200_0000));
    assert_eq!(memory.u64_at(0x1002), None);
    assert_eq!(memory.read(0xfff, 1), None);
    assert_eq!(memory.read(0x1009, 0), None);
    assert_eq!(memory.read(u64::MAX, usize::MAX), None);
}

proptest! {
    #[test]
    fn every_address_has_the_first_region_s_byte(
        regions in prop::collection::vec((0u64..60, prop::collection::vec(any::<u8>(), 0..20)), 0..12)
    ) {
        let mut builder = MemoryBuilder::default();
        for (base, bytes) in &regions {
            builder.add(*base, bytes.into());
        }
        let memory = builder.finish();
        prop_assert!(memory.regions().windows(2).all(|w| w[0].end() <= w[1].base));
        for address in 0..100u64 {
            let first = regions.iter().find_map(|(base, bytes)| {
                bytes.get(usize::try_from(address.checked_sub(*base)?).unwrap()).copied()
            });
            prop_assert_eq!(memory.read(address, 1).map(|b| b[0]), first);
        }
    }
}
