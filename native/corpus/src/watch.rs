//! What a worker process is doing, in memory that it shares with the process that limits its time.

use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use memmap2::{MmapMut, MmapOptions, MmapRaw};

/// A step is one thing that may take too long or end the process: an input, a file in an archive. The number of a step depends on
/// the inputs alone, so the same step can be left out when they are processed again.
///
/// Nothing here is a system call, and what was written last is there when the process has ended.
pub struct Watch {
    memory: MmapRaw,
}

/// What a watch shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// Changes whenever something is written.
    pub beats: u64,
    /// The step that began last; 0 before the first.
    pub step: u64,
    /// Inputs that are done.
    pub answered: u64,
    /// Whether symbols or an object are waited for, which has a time limit of its own.
    pub waits: bool,
}

/// The numbers of a state, as they are in memory.
const FIELDS: usize = 4;
const BEATS: usize = 0;
const STEP: usize = 1;
const ANSWERED: usize = 2;
const WAITS: usize = 3;

impl Watch {
    /// Bytes of its file.
    pub const SIZE: u64 = 8 * FIELDS as u64;

    /// In memory of this process alone.
    ///
    /// # Errors
    /// There is no memory.
    pub fn alone() -> io::Result<Self> {
        Ok(Self { memory: MmapMut::map_anon(8 * FIELDS)?.into() })
    }

    /// In a file that several processes have open; it is made longer if that is needed.
    ///
    /// # Errors
    /// The file cannot be mapped.
    pub fn shared(file: &File) -> io::Result<Self> {
        if file.metadata()?.len() < Self::SIZE {
            file.set_len(Self::SIZE)?;
        }
        Ok(Self { memory: MmapOptions::new().len(8 * FIELDS).map_raw(file)? })
    }

    /// A step begins.
    pub fn begin(&self, step: u64) {
        self.write(STEP, step);
    }

    /// So many inputs are done.
    pub fn answered(&self, inputs: u64) {
        self.write(ANSWERED, inputs);
    }

    /// Symbols or an object are waited for, or not any more.
    pub fn waits(&self, yes: bool) {
        self.write(WAITS, yes.into());
    }

    /// Nothing has been done.
    pub fn reset(&self) {
        for field in [STEP, ANSWERED, WAITS] {
            self.write(field, 0);
        }
    }

    /// What it shows now.
    #[must_use]
    pub fn state(&self) -> State {
        let read = |field: usize| self.field(field).load(Ordering::Acquire);
        State { beats: read(BEATS), step: read(STEP), answered: read(ANSWERED), waits: read(WAITS) != 0 }
    }

    fn write(&self, field: usize, value: u64) {
        self.field(field).store(value, Ordering::Release);
        self.field(BEATS).fetch_add(1, Ordering::Release);
    }

    fn field(&self, field: usize) -> &AtomicU64 {
        // SAFETY: the memory is mapped for reading and writing as long as `self` lives, begins at a page, and has `FIELDS` numbers;
        // the processes that share it use it by this type alone, with atomic operations. Nobody truncates the file, which has no
        // name.
        unsafe { AtomicU64::from_ptr(self.memory.as_mut_ptr().cast::<u64>().add(field.min(FIELDS - 1))) }
    }
}
