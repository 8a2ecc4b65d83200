//! Addresses of code, and the pointers that hold them.
//!
//! A pointer to code carries more than an address: on 64-bit ARM a pointer authentication code and tags above the address,
//! on 32-bit ARM the Thumb bit below it. And an address that a call returns to is behind the call: the call itself may
//! belong to another line, and where it never returns even to another function. Both are taken off here alone.

use crate::Arch;

/// Bit 0 of a pointer to code of 32-bit ARM: the processor is in Thumb state there.
pub const THUMB: u64 = 1;

/// What pointer authentication leaves of a 64-bit ARM pointer wherever a process runs: its address space has 47 bits at
/// most.
const ARM64_WIDEST: u32 = 47;
/// The narrowest address space of a device, as on Android.
const ARM64_NARROWEST: u32 = 39;
/// Says to which half of the address space a 64-bit ARM pointer belongs, whatever is written above its address.
const ARM64_HALF: u64 = 1 << 55;

/// Where a frame's code is, without what a pointer carries beside the address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum CodeAddress {
    /// The next instruction of the frame, before which any other may be: a thread's program counter, or that of code which a
    /// signal or an exception interrupted.
    ProgramCounter(u64),
    /// The instruction behind a call that the frame is in.
    ReturnAddress(u64),
}

impl CodeAddress {
    /// The address itself.
    #[must_use]
    #[inline]
    pub const fn address(self) -> u64 {
        match self {
            Self::ProgramCounter(address) | Self::ReturnAddress(address) => address,
        }
    }

    /// The address whose function, line and unwind rules are the frame's: inside the call for a return address.
    #[must_use]
    #[inline]
    pub const fn lookup(self, arch: Option<Arch>) -> u64 {
        match (self, arch) {
            (Self::ProgramCounter(address), _) => address,
            (Self::ReturnAddress(address), Some(Arch::Arm64 | Arch::Arm64e | Arch::Arm64_32)) => {
                (address & !3).saturating_sub(4)
            }
            // Half of a long Thumb instruction is as good as its start.
            (Self::ReturnAddress(address), Some(Arch::Arm)) => (address & !THUMB).saturating_sub(2),
            (Self::ReturnAddress(address), Some(Arch::X86 | Arch::Amd64) | None) => address.saturating_sub(1),
        }
    }
}

/// How the pointers to code of one process hold addresses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CodePointers {
    arch: Option<Arch>,
    /// The bits of a 64-bit ARM pointer that are an address; pointer authentication and tags use the others.
    address_bits: u64,
    /// The bit of a 64-bit ARM pointer that is set in the upper half of the address space; 0 if all pointers are of the
    /// lower one.
    upper_half: u64,
}

impl CodePointers {
    /// Of a process whose images all end at or below `highest`; 0 if that is not known.
    ///
    /// Where the address space is narrow, authentication codes begin lower than is safe to say in general. The highest
    /// image shows how wide it is at least.
    #[must_use]
    pub const fn new(arch: Option<Arch>, highest: u64) -> Self {
        let used = u64::BITS - highest.saturating_sub(1).leading_zeros();
        let width = match used {
            _ if highest == 0 => ARM64_WIDEST,
            ..ARM64_NARROWEST => ARM64_NARROWEST,
            ARM64_WIDEST.. => ARM64_WIDEST,
            _ => used,
        };
        Self { arch, address_bits: (1 << width) - 1, upper_half: ARM64_HALF }
    }

    /// Of a process without the kernel's half of the address space, whose pointers hold an address in these bits.
    #[must_use]
    #[inline]
    pub const fn with_address_bits(arch: Arch, address_bits: u64) -> Self {
        Self { arch: Some(arch), address_bits, upper_half: 0 }
    }

    /// The same process with the kernel's half of the address space.
    #[must_use]
    #[inline]
    pub const fn in_both_halves(self) -> Self {
        Self { upper_half: ARM64_HALF, ..self }
    }

    /// The same process, if its address space is the narrowest that there is.
    #[must_use]
    #[inline]
    pub const fn narrowest(self) -> Self {
        Self { address_bits: (1 << ARM64_NARROWEST) - 1, ..self }
    }

    /// The processor, if it is known.
    #[must_use]
    pub const fn arch(self) -> Option<Arch> {
        self.arch
    }

    /// The address in a pointer: without pointer authentication code, tag and Thumb bit.
    #[must_use]
    #[inline]
    pub const fn strip(self, pointer: u64) -> u64 {
        match self.arch {
            Some(Arch::Arm64 | Arch::Arm64e) if pointer & self.upper_half == 0 => pointer & self.address_bits,
            Some(Arch::Arm64 | Arch::Arm64e) => pointer | !self.address_bits,
            Some(Arch::Arm) => pointer & !THUMB,
            Some(Arch::Arm64_32 | Arch::X86 | Arch::Amd64) | None => pointer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use CodeAddress::{ProgramCounter, ReturnAddress};
    use proptest::prelude::*;

    const ARCHS: [Option<Arch>; 7] = [
        Some(Arch::X86),
        Some(Arch::Amd64),
        Some(Arch::Arm),
        Some(Arch::Arm64),
        Some(Arch::Arm64e),
        Some(Arch::Arm64_32),
        None,
    ];

    #[test]
    fn pointer_authentication_codes_are_taken_off() {
        let signed = 0x2f31_8001_8a3b_4c50;
        let arm64e = |highest| CodePointers::new(Some(Arch::Arm64e), highest);
        assert_eq!(arm64e(0).strip(signed), 0x0001_8a3b_4c50);
        // With 39 bits of address the bits 39 to 46 are authentication, too.
        let narrow = 0x0012_3401_8a3b_4c50;
        assert_eq!(arm64e(0).strip(narrow), 0x3401_8a3b_4c50);
        assert_eq!(arm64e(0x2_1000_0000).strip(narrow), 0x0001_8a3b_4c50);
        assert_eq!(arm64e(0).narrowest().strip(narrow), 0x0001_8a3b_4c50);
        assert_eq!(CodePointers::new(Some(Arch::Arm64), 0x7fff_9000_0000).strip(narrow), 0x3401_8a3b_4c50);
        // The upper half, and processors without authentication.
        assert_eq!(arm64e(0).strip(0xffa5_fe00_1234_5678), 0xffff_fe00_1234_5678);
        assert_eq!(CodePointers::new(Some(Arch::Amd64), 0).strip(signed), signed);
        for highest in [1, 2, u64::MAX, 1 << 39, (1 << 39) + 1] {
            assert!(CodePointers::new(Some(Arch::Arm64), highest).strip(u64::MAX >> 9) < 1 << 47);
        }
    }

    proptest! {
        #[test]
        fn a_program_counter_is_looked_up_as_it_is(address: u64, arch in proptest::sample::select(&ARCHS[..])) {
            prop_assert_eq!(ProgramCounter(address).lookup(arch), address);
        }

        #[test]
        fn a_return_address_is_looked_up_inside_of_the_call(
            address in 8_u64..,
            arch in proptest::sample::select(&ARCHS[..]),
        ) {
            let lookup = ReturnAddress(address).lookup(arch);
            // The shortest calls have two bytes on x86 and in Thumb code, the longest instruction before an address eight.
            prop_assert!(lookup < address && address - lookup <= 8, "{lookup:#x}");
            prop_assert_eq!(ReturnAddress(address).address(), address);
        }

        #[test]
        fn no_address_wraps(address in 0_u64..8, arch in proptest::sample::select(&ARCHS[..])) {
            prop_assert!(ReturnAddress(address).lookup(arch) <= address);
        }

        #[test]
        fn stripping_twice_is_stripping_once(
            pointer: u64,
            highest: u64,
            arch in proptest::sample::select(&ARCHS[..]),
        ) {
            let pointers = CodePointers::new(arch, highest);
            prop_assert_eq!(pointers.strip(pointers.strip(pointer)), pointers.strip(pointer));
        }

        #[test]
        fn an_address_survives_any_authentication_code(
            address in 0_u64..1 << 47,
            code: u64,
            half in any::<bool>(),
            width in 39_u32..=47,
        ) {
            let bits = (1 << width) - 1;
            let address = address & bits;
            let plain = if half { address | !bits } else { address };
            let signed = address | (code & !bits & !ARM64_HALF) | if half { ARM64_HALF } else { 0 };
            let highest = 1 << width;
            prop_assert_eq!(CodePointers::new(Some(Arch::Arm64), highest).strip(signed), plain);
            let user = CodePointers::with_address_bits(Arch::Arm64e, bits);
            prop_assert_eq!(user.in_both_halves().strip(signed), plain);
            prop_assert_eq!(user.strip(address & bits | (code & !bits)), address & bits);
        }

        #[test]
        fn the_thumb_bit_is_no_part_of_an_address(address: u64) {
            let pointers = CodePointers::new(Some(Arch::Arm), 0);
            prop_assert_eq!(pointers.strip(address | THUMB), pointers.strip(address & !THUMB));
            prop_assert_eq!(ReturnAddress(address | THUMB).lookup(Some(Arch::Arm)), ReturnAddress(address & !THUMB).lookup(Some(Arch::Arm)));
        }
    }
}
