//! Which loaded image an address lies in, and how far from its start.
//!
//! Lists of images are as crash reports contain them: unsorted, overlapping, twice, ending before they start. The answer is
//! always the image with the greatest start at or below the address whose range contains it; of several that start
//! together the first in the list. At build the ranges are flattened into disjoint segments, gaps included, so that one
//! search in one sorted array answers, whatever the overlaps.

use std::cmp::Reverse;
use std::hint::select_unpredictable;

use vocabulary::ranges::{Claim, disjoint};

/// Searches that run in step, so that the processor works on one while it waits for another.
const LANES: usize = 16;
/// No address lies further from the start of an image without an end: no image is larger, and a wild address high above
/// the last image is in none.
const OPEN_REACH: u64 = 1 << 32;
/// The image of a segment that is a gap.
const GAP: i64 = -1;

/// Images by address.
#[derive(Clone, Debug)]
pub struct ImageMap {
    /// First address of each segment, ascending; the first is 0.
    starts: Vec<u64>,
    /// What each segment belongs to.
    owners: Vec<Owner>,
}

/// The image that a segment belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Owner {
    /// Index in the list, or [`GAP`].
    image: i64,
    /// Where the image starts.
    base: u64,
}

/// Addresses of an image. `last` is included, so that the last address of all can be in an image.
#[derive(Clone, Copy, Debug)]
struct Range {
    first: u64,
    last: u64,
    owner: Owner,
}

/// Of images that overlap, the one that starts last has the address, of those the first in the list.
impl Claim for Range {
    type Rank = (Reverse<u64>, i64);

    fn bounds(&self) -> (u64, u64) {
        (self.first, self.last)
    }

    fn rank(&self) -> Self::Rank {
        (Reverse(self.owner.base), self.owner.image)
    }

    fn part(&self, first: u64, last: u64) -> Self {
        Self { first, last, owner: self.owner }
    }
}

impl ImageMap {
    /// Images by start and end, the end being one past the last address.
    ///
    /// An end of 0 is unknown: the image reaches to the next start above its own, at most 4 GiB. An image at 0 that has
    /// no end or covers everything is how Apple's reports write "no image" (`0x0 - 0xffffffffffffffff ???`): no address
    /// is in it. One that ends at or before its start contains nothing.
    pub fn new(images: impl IntoIterator<Item = (u64, u64)>) -> Self {
        let images: Vec<_> = images
            .into_iter()
            .map(|(start, end)| match (start, end) {
                (0, 0 | u64::MAX) => None,
                (start, 0) => Some((start, None)),
                (start, end) => Some((start, Some(end - 1))),
            })
            .collect();
        Self::build(&images)
    }

    /// Images by first and last address, the last one included.
    ///
    /// With `open` a last address of 0 is unknown, as an end of 0 is in [`ImageMap::new`], except for an image at 0.
    pub fn inclusive(images: impl IntoIterator<Item = (u64, u64)>, open: bool) -> Self {
        let known = |(start, last)| Some((start, (!open || last != 0 || start == 0).then_some(last)));
        Self::build(&images.into_iter().map(known).collect::<Vec<_>>())
    }

    /// Images by start and size. One whose end would wrap ends at the last address; one of size 0 contains nothing, or
    /// with `open` reaches as one without an end does in [`ImageMap::new`], except for an image at 0.
    pub fn sized(images: impl IntoIterator<Item = (u64, u64)>, open: bool) -> Self {
        let last = |(start, size): (u64, u64)| match size {
            0 => (open && start != 0).then_some((start, None)),
            size => Some((start, Some(start.saturating_add(size - 1)))),
        };
        Self::build(&images.into_iter().map(last).collect::<Vec<_>>())
    }

    /// From start and last address of each image; without a last address it is open, `None` contains nothing.
    fn build(images: &[Option<(u64, Option<u64>)>]) -> Self {
        let listed = (0_i64..).zip(images).filter_map(|(image, range)| range.map(|(start, last)| (image, start, last)));
        let mut known: Vec<u64> = listed.clone().map(|(_, start, _)| start).collect();
        known.sort_unstable();
        let ranges = listed.map(|(image, start, last)| {
            let open_end = || {
                let next = known.get(known.partition_point(|&other| other <= start)).copied();
                next.unwrap_or(u64::MAX).min(start.saturating_add(OPEN_REACH)) - 1
            };
            Range { first: start, last: last.unwrap_or_else(open_end), owner: Owner { image, base: start } }
        });
        let mut map = Self { starts: vec![0], owners: vec![Owner::GAP] };
        for piece in disjoint(ranges.collect()) {
            map.begin(piece.first, piece.owner);
            if let Some(after) = piece.last.checked_add(1) {
                map.begin(after, Owner::GAP);
            }
        }
        map
    }

    /// The image that contains an address, as its index in the list, and the address's distance from its start.
    #[must_use]
    pub fn find(&self, address: u64) -> Option<(usize, u64)> {
        let segment = self.starts.partition_point(|&start| start <= address).checked_sub(1)?;
        let owner = self.owners.get(segment)?;
        Some((usize::try_from(owner.image).ok()?, address - owner.base))
    }

    /// [`ImageMap::find`] for many addresses in any order: image, -1 for none; and offset, 0 for none.
    ///
    /// Answers as far as the shortest of the three goes.
    pub fn resolve(&self, addresses: &[u64], images: &mut [i64], offsets: &mut [u64]) {
        let many = addresses.len().min(images.len()).min(offsets.len());
        let (addresses, rest) = addresses[..many].as_chunks::<LANES>();
        let (images, rest_images) = images[..many].as_chunks_mut::<LANES>();
        let (offsets, rest_offsets) = offsets[..many].as_chunks_mut::<LANES>();
        let mut last = self.segment(0);
        for ((addresses, images), offsets) in addresses.iter().zip(images).zip(offsets) {
            // A copy, so that each address is read once even if another thread writes to the array meanwhile.
            last = self.resolve_lanes(*addresses, images, offsets, last);
        }
        let mut lanes = [0; LANES];
        lanes[..rest.len()].copy_from_slice(rest);
        let (mut image_lanes, mut offset_lanes) = ([0; LANES], [0; LANES]);
        self.resolve_lanes(lanes, &mut image_lanes, &mut offset_lanes, last);
        rest_images.copy_from_slice(&image_lanes[..rest_images.len()]);
        rest_offsets.copy_from_slice(&offset_lanes[..rest_offsets.len()]);
    }

    /// As many at once as there are lanes. `last` is a segment that may hold all of them, as it does where addresses
    /// are sorted or close together; the segment of the last address comes back.
    fn resolve_lanes(
        &self,
        addresses: [u64; LANES],
        images: &mut [i64; LANES],
        offsets: &mut [u64; LANES],
        last: Segment,
    ) -> Segment {
        let mut outside = false;
        for address in addresses {
            outside |= address.wrapping_sub(last.start) > last.reach;
        }
        if !outside {
            images.fill(last.owner.image);
            for (offset, address) in offsets.iter_mut().zip(addresses) {
                *offset = last.owner.offset(address);
            }
            return last;
        }
        let starts = self.starts.as_slice();
        let mut at = [0_usize; LANES];
        let mut left = starts.len();
        while left > 1 {
            let half = left / 2;
            for (at, address) in at.iter_mut().zip(addresses) {
                // A move on condition, not a jump: a wrong guess costs more than the step.
                let middle = *at + half;
                *at = select_unpredictable(starts[middle] <= address, middle, *at);
            }
            left -= half;
        }
        for lane in 0..LANES {
            let owner = self.owners[at[lane]];
            images[lane] = owner.image;
            offsets[lane] = owner.offset(addresses[lane]);
        }
        self.segment(at[LANES - 1])
    }

    fn segment(&self, at: usize) -> Segment {
        let start = self.starts[at];
        let next = self.starts.get(at + 1).copied();
        Segment { start, reach: next.map_or(u64::MAX - start, |next| next - 1 - start), owner: self.owners[at] }
    }
}

impl Owner {
    const GAP: Self = Self { image: GAP, base: 0 };

    fn offset(self, address: u64) -> u64 {
        if self.image == GAP { 0 } else { address.wrapping_sub(self.base) }
    }
}

/// A segment by itself: the addresses from `start` to `start + reach`.
#[derive(Clone, Copy)]
struct Segment {
    start: u64,
    reach: u64,
    owner: Owner,
}

impl ImageMap {
    /// A segment begins; one that began at the same address has no extent.
    fn begin(&mut self, start: u64, owner: Owner) {
        if self.starts.last() == Some(&start) {
            self.starts.pop();
            self.owners.pop();
        }
        if self.owners.last() != Some(&owner) {
            self.starts.push(start);
            self.owners.push(owner);
        }
    }
}

#[cfg(test)]
mod tests;
