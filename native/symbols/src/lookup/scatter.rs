//! Results found in one order, written in another.
//!
//! Frames are found in the order of the addresses and returned in the order of the input. Writing each
//! directly to its position would miss the cache at nearly every step. So they first go into buckets by the
//! upper bits of their position, and then one bucket at a time, which fits the cache, to their positions.

use super::batch_frames::BatchFrames;

/// A frame of a batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) function: u64,
    pub(super) file: u32,
    pub(super) line: u32,
}

/// Positions in a bucket.
const BUCKET: usize = 1 << 14;

/// Results that are not yet at their positions.
pub(super) struct Scatter {
    buckets: Vec<Bucket>,
    places: usize,
}

#[derive(Default)]
struct Bucket {
    frames: Vec<Frame>,
    /// Position, number of frames, start of the function.
    addresses: Vec<(u32, u32, u64)>,
}

impl Scatter {
    /// For results with positions below `places`.
    pub(super) fn new(places: usize) -> Self {
        let bucket = || {
            let size = places.min(BUCKET);
            Bucket { frames: Vec::with_capacity(size + size / 2), addresses: Vec::with_capacity(size) }
        };
        Self { buckets: (0..places.div_ceil(BUCKET)).map(|_| bucket()).collect(), places }
    }

    /// Add the frames of the address at position `place`.
    #[inline]
    pub(super) fn add(&mut self, place: u32, start: u64, frames: impl FnOnce(&mut Vec<Frame>)) {
        if let Some(bucket) = self.buckets.get_mut(place as usize / BUCKET) {
            let before = bucket.frames.len();
            frames(&mut bucket.frames);
            bucket.addresses.push((place, (bucket.frames.len() - before) as u32, start));
        }
    }

    /// Append everything to `out`.
    pub(super) fn write(self, out: &mut BatchFrames) {
        let first_address = out.starts.len();
        let total: usize = self.buckets.iter().map(|bucket| bucket.frames.len()).sum();
        let first_frame = out.functions.len();
        out.starts.resize(first_address + self.places, u64::MAX);
        out.functions.resize(first_frame + total, 0);
        out.files.resize(first_frame + total, 0);
        out.lines.resize(first_frame + total, 0);
        let mut counts = vec![0u32; BUCKET];
        let mut next = first_frame;
        for (number, bucket) in self.buckets.into_iter().enumerate() {
            let places = BUCKET.min(self.places - number * BUCKET);
            let base = out.offsets.len() - 1;
            counts.fill(0);
            for &(place, count, _) in &bucket.addresses {
                counts[place as usize % BUCKET] = count;
            }
            for count in counts.iter().take(places) {
                next += *count as usize;
                out.offsets.push(next as u64);
            }
            let (starts, offsets) = (&mut out.starts[base..], &out.offsets[base..]);
            let mut frames = &bucket.frames[..];
            for &(place, count, start) in &bucket.addresses {
                let place = place as usize % BUCKET;
                starts[place] = start;
                let (these, rest) = frames.split_at(count as usize);
                frames = rest;
                for (at, frame) in (offsets[place] as usize..).zip(these) {
                    out.functions[at] = frame.function;
                    out.files[at] = frame.file;
                    out.lines[at] = frame.line;
                }
            }
        }
    }
}
