//! Diagnostics of a text: kinds, counts, and the first lines of each.

use crate::breakpad::Fault;
use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// How many line numbers are recorded of each kind.
pub(super) const FIRST: usize = 8;

/// A kind of diagnostic. The numbers are written in index files: append, never renumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u32)]
pub enum Kind {
    /// The first word is neither a keyword nor an address.
    UnknownRecord = 0,
    /// A field is missing.
    MissingField = 1,
    /// A number is negative, too large, or not a number.
    BadNumber = 2,
    /// A FILE or INLINE_ORIGIN record has no name.
    EmptyName = 3,
    /// A STACK WIN record of an unknown type.
    BadWinType = 4,
    /// A line record that belongs to no FUNC.
    LineOutside = 5,
    /// An INLINE record that belongs to no FUNC.
    InlineOutside = 6,
    /// A FUNC record without a name. It is used.
    FuncUnnamed = 7,
    /// A FUNC record that runs past the end of the address space. It is not used.
    FuncWraps = 8,
    /// A second PUBLIC at an address. The first is used.
    PublicDuplicate = 9,
    /// A PUBLIC at address 0: an undefined symbol. It is not used.
    PublicZero = 10,
    /// A second MODULE record. The first is used.
    ModuleTwice = 11,
    /// FUNC records that overlap. Each address goes to the one that starts last.
    FuncOverlap = 12,
    /// A STACK record of size 0 or past the end of the address space. It is not used.
    StackEmpty = 13,
    /// A FILE or INLINE_ORIGIN id given twice. The first is used.
    IdTwice = 14,
    /// The text is larger than 512 GiB. The rest is not used.
    TooLarge = 15,
    /// FUNC records with the same range: folded functions. One of them is used.
    FuncIdentical = 16,
    /// A PUBLIC record without a name. It is used.
    PublicUnnamed = 17,
}

impl Kind {
    /// Every kind, in the order of their numbers.
    pub const ALL: [Self; 18] = [
        Self::UnknownRecord,
        Self::MissingField,
        Self::BadNumber,
        Self::EmptyName,
        Self::BadWinType,
        Self::LineOutside,
        Self::InlineOutside,
        Self::FuncUnnamed,
        Self::FuncWraps,
        Self::PublicDuplicate,
        Self::PublicZero,
        Self::ModuleTwice,
        Self::FuncOverlap,
        Self::StackEmpty,
        Self::IdTwice,
        Self::TooLarge,
        Self::FuncIdentical,
        Self::PublicUnnamed,
    ];

    /// The kind in one word, for reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownRecord => "unknown_record",
            Self::MissingField => "missing_field",
            Self::BadNumber => "bad_number",
            Self::EmptyName => "empty_name",
            Self::BadWinType => "bad_stack_win_type",
            Self::LineOutside => "line_outside_function",
            Self::InlineOutside => "inline_outside_function",
            Self::FuncUnnamed => "function_without_name",
            Self::FuncWraps => "function_past_address_space",
            Self::PublicDuplicate => "duplicate_public",
            Self::PublicZero => "public_at_zero",
            Self::ModuleTwice => "second_module_record",
            Self::FuncOverlap => "overlapping_functions",
            Self::StackEmpty => "empty_stack_record",
            Self::IdTwice => "duplicate_id",
            Self::TooLarge => "text_too_large",
            Self::FuncIdentical => "identical_functions",
            Self::PublicUnnamed => "public_without_name",
        }
    }

    /// Whether the record was discarded as malformed, so that the text may be called corrupt. The
    /// others are choices between well-formed records.
    #[must_use]
    pub const fn is_malformed(self) -> bool {
        matches!(
            self,
            Self::UnknownRecord
                | Self::MissingField
                | Self::BadNumber
                | Self::EmptyName
                | Self::BadWinType
                | Self::LineOutside
                | Self::InlineOutside
        )
    }
}

impl From<Fault> for Kind {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::UnknownRecord => Self::UnknownRecord,
            Fault::MissingField => Self::MissingField,
            Fault::BadNumber => Self::BadNumber,
            Fault::EmptyName => Self::EmptyName,
            Fault::BadWinType => Self::BadWinType,
        }
    }
}

/// A kind of diagnostic of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The kind.
    pub kind: Kind,
    /// How many records.
    pub count: u64,
    /// Line numbers of the first few, 1-based.
    pub first_lines: Vec<u64>,
}

/// A kind of diagnostic: its number, its count, and the first line numbers (0: no more).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct DiagnosticEntry {
    pub(super) kind: U32,
    pub(super) zero: U32,
    pub(super) count: U64,
    pub(super) first: [U64; FIRST],
}

/// Diagnostics while a text is read.
#[derive(Debug, Default)]
pub(super) struct Collector {
    kinds: [(u64, Vec<u64>); Kind::ALL.len()],
}

impl Collector {
    /// Count one, with its line number, 0 if that is unknown.
    pub(super) fn add(&mut self, kind: Kind, line: u64) {
        let (count, lines) = &mut self.kinds[kind as usize];
        *count += 1;
        if lines.len() < FIRST && line != 0 {
            lines.push(line);
        }
    }

    /// Whether another line number of this kind would be recorded.
    pub(super) fn wants_line(&self, kind: Kind) -> bool {
        self.kinds[kind as usize].1.len() < FIRST
    }

    /// As they are written to the index.
    pub(super) fn entries(&self) -> Vec<DiagnosticEntry> {
        let met = Kind::ALL.iter().zip(&self.kinds).filter(|(_, (count, _))| *count > 0);
        met.map(|(kind, (count, lines))| {
            let mut first = [0.into(); FIRST];
            for (slot, line) in first.iter_mut().zip(lines) {
                *slot = (*line).into();
            }
            DiagnosticEntry { kind: (*kind as u32).into(), zero: 0.into(), count: (*count).into(), first }
        })
        .collect()
    }
}

/// From the entries of an index; unknown kinds are left out.
pub(super) fn read(entries: &[DiagnosticEntry]) -> Vec<Diagnostic> {
    let known = entries.iter().filter_map(|entry| {
        let kind = *Kind::ALL.get(usize::try_from(entry.kind.get()).ok()?)?;
        let first_lines = entry.first.iter().map(|line| line.get()).filter(|&line| line != 0).collect();
        Some(Diagnostic { kind, count: entry.count.get(), first_lines })
    });
    known.take(Kind::ALL.len()).collect()
}
