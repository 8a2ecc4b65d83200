//! Memory that Rust code holds, counted, with a limit.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

#[global_allocator]
static COUNTED: Counted = Counted;

static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(usize::MAX);

struct Counted;

// SAFETY: all memory is that of the system's allocator, which is asked for exactly what the caller asks for.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        take(layout.size());
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        take(layout.size());
        // SAFETY: as the caller promised.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Old and new are held side by side while the bytes are copied, unless the system can do without; here it counts as
        // the size that it ends with, as resident memory does for large blocks.
        take(size);
        HELD.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as the caller promised.
        unsafe { System.realloc(old, layout, size) }
    }

    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(old, layout) }
    }
}

fn take(size: usize) {
    let held = HELD.fetch_add(size, Relaxed) + size;
    PEAK.fetch_max(held, Relaxed);
    if held > MOST.load(Relaxed) {
        exceeded(held, size);
    }
}

#[cold]
fn exceeded(held: usize, size: usize) {
    let most = MOST.swap(usize::MAX, Relaxed);
    eprintln!("memory limit: {held} bytes would be held with one more block of {size}, {most} are allowed");
    // The fuzzer reports a deadly signal with the input and the stack.
    std::process::abort();
}

/// How much memory work on an input may hold.
#[derive(Clone, Copy)]
pub struct Limit {
    /// Bytes that any work may hold, however small its input.
    pub base: usize,
    /// How many bytes more for each byte of input.
    pub factor: usize,
}

/// Do some work on an input of so many bytes, and end the process if it holds more memory than the limit.
pub fn within(limit: Limit, input: usize, work: impl FnOnce()) {
    let before = HELD.load(Relaxed);
    let most = limit.base + limit.factor * input;
    PEAK.store(before, Relaxed);
    MOST.store(before + most, Relaxed);
    work();
    MOST.store(usize::MAX, Relaxed);
    if std::env::var_os("FUZZ_PEAK").is_some() {
        let peak = PEAK.load(Relaxed) - before;
        eprintln!("peak {peak} of {most} for {input} bytes: {:.1} x", peak as f64 / input.max(1) as f64);
    }
}
