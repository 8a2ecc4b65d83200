//! From an address in a report to the address to look up.
//!
//! A report's addresses are pointers to code, most of them return addresses. The address that is shown stays as it was
//! delivered.

use vocabulary::{Arch, CodeAddress, CodePointers};

/// Where a frame's address comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// The first frame of a thread: its program counter.
    First,
    /// A frame that called another.
    Return,
    /// The frame behind a signal handler's trampoline: interrupted, not calling.
    AfterSignalTrampoline,
    /// Any frame of an exception's own backtrace: return addresses from the first on.
    LastException,
}

impl Position {
    /// An address there.
    const fn code(self, address: u64) -> CodeAddress {
        match self {
            Self::First | Self::AfterSignalTrampoline => CodeAddress::ProgramCounter(address),
            Self::Return | Self::LastException => CodeAddress::ReturnAddress(address),
        }
    }

    /// The address whose function and line are the frame's, of a pointer to code.
    #[must_use]
    pub const fn lookup(self, pointers: CodePointers, pointer: u64) -> u64 {
        self.code(pointers.strip(pointer)).lookup(pointers.arch())
    }
}

/// [`Position::lookup`] where the images are not known.
#[must_use]
pub const fn lookup_address(arch: Option<Arch>, pointer: u64, position: Position) -> u64 {
    position.lookup(CodePointers::new(arch, 0), pointer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn return_addresses_point_into_the_call() {
        for (arch, pointer, first, back) in [
            (Some(Arch::Amd64), 0x1000, 0x1000, 0xfff),
            (Some(Arch::X86), 0x1000, 0x1000, 0xfff),
            (None, 0x1000, 0x1000, 0xfff),
            (Some(Arch::Arm64), 0x1_0000_1004, 0x1_0000_1004, 0x1_0000_1000),
            (Some(Arch::Arm64_32), 0x1006, 0x1006, 0x1000),
            (Some(Arch::Arm), 0x1005, 0x1004, 0x1002),
            (Some(Arch::Arm), 0x1004, 0x1004, 0x1002),
            (Some(Arch::Amd64), 0, 0, 0),
            (Some(Arch::Arm64), 3, 3, 0),
            (Some(Arch::Arm), 1, 0, 0),
        ] {
            assert_eq!(lookup_address(arch, pointer, Position::First), first, "{arch:?} {pointer:#x}");
            assert_eq!(lookup_address(arch, pointer, Position::AfterSignalTrampoline), first, "{arch:?} {pointer:#x}");
            assert_eq!(lookup_address(arch, pointer, Position::Return), back, "{arch:?} {pointer:#x}");
            assert_eq!(lookup_address(arch, pointer, Position::LastException), back, "{arch:?} {pointer:#x}");
        }
    }
}
