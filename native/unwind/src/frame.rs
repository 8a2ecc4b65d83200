//! What a walk yields.

use vocabulary::{Registers, Trust};

/// One physical frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame {
    /// Where execution goes on in this frame: the program counter of the first, the return address of the
    /// others. Pointer-authentication and Thumb bits are off.
    pub address: u64,
    /// The address to look symbols up by: inside the call instruction for a return address.
    pub lookup: u64,
    /// The stack pointer in this frame.
    pub sp: u64,
    /// How the frame was found.
    pub trust: Trust,
    /// Index into the dump's modules of the one that holds `lookup`.
    pub module: Option<usize>,
}

/// Why a walk ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum End {
    /// The frame is a known outermost function, or its return address is undefined by its rules.
    Root,
    /// The chain of frames ended as it should: a zero return address or frame pointer.
    Zero,
    /// The frame lies at the top of the stack memory that the dump holds: the rest was not saved.
    StackMemoryEnd,
    /// The dump holds no stack memory at the stack pointer.
    NoStackMemory,
    /// No rule, no frame pointer and nothing on the stack led to a caller.
    NotFound,
    /// The thread has no usable registers.
    NoContext,
    /// The limit of frames was reached.
    FrameLimit,
}

impl End {
    /// The spelling in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Zero => "zero",
            Self::StackMemoryEnd => "stack_memory_end",
            Self::NoStackMemory => "no_stack_memory",
            Self::NotFound => "not_found",
            Self::NoContext => "no_context",
            Self::FrameLimit => "frame_limit",
        }
    }
}

/// A stretch of a stack that repeats itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cycle {
    /// Index of the first frame of the first turn.
    pub first: usize,
    /// Frames in one turn.
    pub period: usize,
    /// Whole turns.
    pub repeats: u64,
    /// Frames in the stretch: its last turn may be cut.
    pub length: usize,
}

/// A runaway recursion: the frames between its first turns and its end are left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recursion {
    /// Index in [`Stack::frames`] of the first frame of the cycle.
    pub first: usize,
    /// Frames in one turn of the cycle.
    pub period: usize,
    /// Turns that were walked.
    pub repeats: u64,
    /// Index in [`Stack::frames`] before which frames were left out.
    pub gap: usize,
    /// Frames left out there.
    pub omitted: u64,
}

/// The frames of one thread, innermost first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stack {
    /// The frames; of a runaway recursion the head, a few turns and the tail.
    pub frames: Vec<Frame>,
    /// The registers the walk began with.
    pub registers: Option<Registers>,
    /// Why the walk ended.
    pub end: End,
    /// The longest stretch that repeats at least three times, in frames that were walked.
    pub cycle: Option<Cycle>,
    /// Set if frames were left out.
    pub recursion: Option<Recursion>,
}

impl Stack {
    /// All frames that were walked, those left out included.
    #[must_use]
    pub fn walked(&self) -> u64 {
        self.frames.len() as u64 + self.recursion.map_or(0, |r| r.omitted)
    }

    /// The number of a frame counted over all that were walked.
    #[must_use]
    pub fn number(&self, index: usize) -> u64 {
        let skipped = self.recursion.filter(|r| index >= r.gap).map_or(0, |r| r.omitted);
        index as u64 + skipped
    }
}
