//! Memory for what look-ups decode and keep, bounded for the whole process.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that all owners together keep in a process.
const LIMIT: usize = 128 << 20;
/// Bytes that they keep now.
static KEPT: AtomicUsize = AtomicUsize::new(0);

/// The bytes that one owner keeps. They are free again when it is dropped.
#[derive(Debug, Default)]
pub struct KeptBytes(AtomicUsize);

impl KeptBytes {
    /// Whether the process may keep more. Threads that check at the same time may exceed the limit by what each then adds.
    #[must_use]
    #[inline]
    pub fn has_room(&self) -> bool {
        KEPT.load(Ordering::Relaxed) < LIMIT
    }

    /// Count bytes that are kept from now on.
    pub fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
        KEPT.fetch_add(bytes, Ordering::Relaxed);
    }
}

impl Drop for KeptBytes {
    fn drop(&mut self) {
        KEPT.fetch_sub(*self.0.get_mut(), Ordering::Relaxed);
    }
}
