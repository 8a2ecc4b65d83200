//! The kinds of sections that a stored form holds.

/// What a section is. The numbers are those of the stored form.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u32)]
pub enum Kind {
    /// `.eh_frame` of ELF and PE, `__eh_frame` of Mach-O, as it is in the file.
    EhFrame = 1,
    /// `.debug_frame`, as it is in the file, decompressed.
    DebugFrame = 2,
    /// `.ARM.exidx`, as it is in the file.
    Exidx = 3,
    /// `.ARM.extab`, as it is in the file.
    Extab = 4,
    /// `.pdata` of PE, as it is in the file.
    Pdata = 5,
    /// `__unwind_info` of Mach-O, as it is in the file.
    UnwindInfo = 6,
    /// Where the entries of the [`Self::EhFrame`] before it begin: pairs of u32, the first address of a function and the offset of its
    /// entry in the section, sorted.
    EhFrameIndex = 16,
    /// The same for the [`Self::DebugFrame`] before it.
    DebugFrameIndex = 17,
    /// First addresses of functions, u32, sorted. On 32-bit ARM bit 0 is set for Thumb code.
    FunctionStarts = 18,
    /// Bytes of code that rules read. There may be several.
    Code = 19,
    /// Other bytes of the image that tables point to, such as `.xdata` and `.rdata` of PE. There may be several.
    Data = 20,
    /// Stubs through which code calls other images, on 32-bit ARM: none of them changes the stack.
    Stubs = 21,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::EhFrame,
        Self::DebugFrame,
        Self::Exidx,
        Self::Extab,
        Self::Pdata,
        Self::UnwindInfo,
        Self::EhFrameIndex,
        Self::DebugFrameIndex,
        Self::FunctionStarts,
        Self::Code,
        Self::Data,
        Self::Stubs,
    ];

    /// The kind of a number in the stored form.
    #[must_use]
    pub fn of(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|&kind| kind as u32 == number)
    }

    /// The usual name of the table, if the section is one by itself.
    #[must_use]
    pub const fn table_name(self) -> Option<&'static str> {
        match self {
            Self::EhFrame => Some(".eh_frame"),
            Self::DebugFrame => Some(".debug_frame"),
            Self::Exidx => Some(".ARM.exidx"),
            Self::Pdata => Some(".pdata"),
            Self::UnwindInfo => Some("__unwind_info"),
            Self::Extab
            | Self::EhFrameIndex
            | Self::DebugFrameIndex
            | Self::FunctionStarts
            | Self::Code
            | Self::Data
            | Self::Stubs => None,
        }
    }
}
