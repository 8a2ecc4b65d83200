//! From an address in a report to the address to look up.
//!
//! A report's addresses are pointers: on arm64 with authentication bits above the address, on 32-bit ARM with the Thumb
//! bit. And most of them are return addresses: the instruction that called lies before them, possibly in another line,
//! and where a call never returns even in another function. The address that is shown stays as it was delivered.

use vocabulary::Arch;

/// What authentication leaves of an arm64 pointer wherever a process runs: its address space has 47 bits at most.
const ARM64_WIDEST: u32 = 47;
/// The narrowest address space of a device; no image list shows that it is narrower.
const ARM64_NARROWEST: u32 = 39;
/// Says to which half of the address space an arm64 pointer belongs, whatever is written above its address.
const ARM64_HALF: u64 = 1 << 55;

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

/// Code pointers of one process.
#[derive(Clone, Copy, Debug)]
pub struct CodePointers {
    arch: Option<Arch>,
    /// Bits of an address.
    width: u32,
}

impl CodePointers {
    /// Of a process whose images all end at or below `highest`; 0 if that is not known.
    ///
    /// Where the address space is narrow, authentication bits begin lower than is safe to say in general. The highest
    /// image tells how wide it is at least.
    #[must_use]
    pub fn new(arch: Option<Arch>, highest: u64) -> Self {
        let used = u64::BITS - highest.saturating_sub(1).leading_zeros();
        let width = if highest == 0 { ARM64_WIDEST } else { used.clamp(ARM64_NARROWEST, ARM64_WIDEST) };
        CodePointers { arch, width }
    }

    /// The pointer without authentication and Thumb bits.
    #[must_use]
    pub fn address(self, pointer: u64) -> u64 {
        match self.arch {
            Some(Arch::Arm64 | Arch::Arm64e) => {
                let mask = (1 << self.width) - 1;
                if pointer & ARM64_HALF == 0 { pointer & mask } else { pointer | !mask }
            }
            Some(Arch::Arm) => pointer & !1,
            Some(Arch::Arm64_32 | Arch::X86 | Arch::Amd64) | None => pointer,
        }
    }

    /// The address whose function and line are the frame's: inside the call for return addresses.
    #[must_use]
    pub fn lookup_address(self, pointer: u64, position: Position) -> u64 {
        let address = self.address(pointer);
        match position {
            Position::First | Position::AfterSignalTrampoline => address,
            Position::Return | Position::LastException => match self.arch {
                Some(Arch::Arm64 | Arch::Arm64e | Arch::Arm64_32) => (address & !3).saturating_sub(4),
                // Half of a long Thumb instruction is as good as its start.
                Some(Arch::Arm) => address.saturating_sub(2),
                Some(Arch::X86 | Arch::Amd64) | None => address.saturating_sub(1),
            },
        }
    }
}

/// [`CodePointers::lookup_address`] where the images are not known.
#[must_use]
pub fn lookup_address(arch: Option<Arch>, pointer: u64, position: Position) -> u64 {
    CodePointers::new(arch, 0).lookup_address(pointer, position)
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

    #[test]
    fn authentication_goes() {
        let signed = 0x2f31_8001_8a3b_4c50;
        assert_eq!(CodePointers::new(Some(Arch::Arm64e), 0).address(signed), 0x0001_8a3b_4c50);
        // With 39 bits of address the bits 39 to 46 are authentication, too.
        let narrow = 0x0012_3401_8a3b_4c50;
        assert_eq!(CodePointers::new(Some(Arch::Arm64e), 0).address(narrow), 0x3401_8a3b_4c50);
        assert_eq!(CodePointers::new(Some(Arch::Arm64e), 0x2_1000_0000).address(narrow), 0x0001_8a3b_4c50);
        assert_eq!(CodePointers::new(Some(Arch::Arm64), 0x7fff_9000_0000).address(narrow), 0x3401_8a3b_4c50);
        // The upper half, and processors without authentication.
        assert_eq!(CodePointers::new(Some(Arch::Arm64e), 0).address(0xffa5_fe00_1234_5678), 0xffff_fe00_1234_5678);
        assert_eq!(CodePointers::new(Some(Arch::Amd64), 0).address(signed), signed);
        for highest in [1, 2, u64::MAX, 1 << 39, (1 << 39) + 1] {
            assert!(CodePointers::new(Some(Arch::Arm64), highest).address(u64::MAX >> 9) < 1 << 47);
        }
    }
}
