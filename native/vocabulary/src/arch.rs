//! Processor architectures.

/// A processor architecture.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Arch {
    /// 32-bit x86.
    X86,
    /// x86-64, `x86_64h` included.
    Amd64,
    /// 32-bit ARM: armeabi-v7a, `armv7`, `armv7s`, `armv7k`.
    Arm,
    /// 64-bit ARM.
    Arm64,
    /// 64-bit ARM of Apple with pointer authentication.
    Arm64e,
    /// 64-bit ARM with 32-bit pointers, as in the Apple Watch.
    Arm64_32,
}

impl Arch {
    /// The name in reports: that of the instruction set and pointer size, which `arm64e` shares with `arm64`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::X86 => "x86",
            Self::Amd64 => "amd64",
            Self::Arm => "arm",
            Self::Arm64 | Self::Arm64e => "arm64",
            Self::Arm64_32 => "arm64_32",
        }
    }

    /// Bytes in a pointer: 4 or 8.
    #[must_use]
    pub const fn pointer_size(self) -> u64 {
        match self {
            Self::X86 | Self::Arm | Self::Arm64_32 => 4,
            Self::Amd64 | Self::Arm64 | Self::Arm64e => 8,
        }
    }

    /// The largest address: also the mask of wrapping arithmetic in machine words.
    #[must_use]
    pub const fn word_mask(self) -> u64 {
        match self.pointer_size() {
            4 => 0xffff_ffff,
            _ => u64::MAX,
        }
    }

    /// x86 or x86-64.
    #[must_use]
    pub const fn is_x86(self) -> bool {
        matches!(self, Self::X86 | Self::Amd64)
    }
}
