//! How far a frame of a stack can be trusted.

/// How a frame was found, best first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
pub enum Trust {
    /// The registers in the dump: a thread's, or those that a signal or an exception interrupted and the system stored on
    /// the stack.
    Context,
    /// Unwind rules of the callee's module: `STACK CFI`, `STACK WIN`, unwind tables.
    #[default]
    Cfi,
    /// The callee had no frame of its own (a leaf, a system call stub, or a jump to a bad address): its return
    /// address was in the link register or on top of the stack. Or its code shows how much it had pushed above that.
    Leaf,
    /// No rule describes the callee, but its code shows where it saved the return address.
    Prologue,
    /// The chain of frame pointers.
    FramePointer,
    /// `STACK WIN` rules, or those of a function whose callee pushed an unknown number of words, gave an approximate
    /// position, and the return address was found nearby.
    CfiScan,
    /// Something on the stack that looks like a return address.
    Scan,
}

impl Trust {
    /// The spelling in reports: rust-minidump's, `leaf` and `prologue`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Context => "context",
            Self::Cfi => "cfi",
            Self::Leaf => "leaf",
            Self::Prologue => "prologue",
            Self::FramePointer => "frame_pointer",
            Self::CfiScan => "cfi_scan",
            Self::Scan => "scan",
        }
    }

    /// A guess: the frame was found by scanning the stack.
    #[must_use]
    pub const fn is_scanned(self) -> bool {
        matches!(self, Self::CfiScan | Self::Scan)
    }
}
