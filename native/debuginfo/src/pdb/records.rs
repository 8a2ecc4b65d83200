//! The symbol records of a module: which of them open a scope, and the fields of those that are read.
//!
//! Layouts: `cvinfo.h` of Microsoft's `microsoft-pdb`.

use crate::fields::{Fields, aligned};

const S_END: u16 = 0x0006;
const S_INLINESITE_END: u16 = 0x114e;
const S_PROC_ID_END: u16 = 0x114f;
const S_BLOCK32: u16 = 0x1103;
const S_WITH32: u16 = 0x1104;
const S_THUNK32: u16 = 0x1102;
const S_SEPCODE: u16 = 0x1132;
const S_LPROC32: u16 = 0x110f;
const S_GPROC32: u16 = 0x1110;
const S_LPROC32_ID: u16 = 0x1146;
const S_GPROC32_ID: u16 = 0x1147;
const S_LPROC32_DPC: u16 = 0x1155;
const S_LPROC32_DPC_ID: u16 = 0x1156;
const S_INLINESITE: u16 = 0x114d;
const S_INLINESITE2: u16 = 0x115d;
/// Forms of compilers before 2005, whose texts have a length before them.
const S_LPROC32_ST: u16 = 0x100a;
const S_GPROC32_ST: u16 = 0x100b;
pub(super) const S_PUB32: u16 = 0x110e;

/// A function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Procedure<'b> {
    pub(super) section: u16,
    pub(super) offset: u32,
    pub(super) size: u32,
    pub(super) name: &'b [u8],
    /// Its type; 0: unknown.
    pub(super) signature: u32,
    /// The type is the number of an id record, and not of a type record.
    pub(super) is_id: bool,
    /// Where the record is that ends its scope: an offset of the symbols.
    pub(super) end: usize,
}

/// Code that was moved away from its function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Separated {
    pub(super) section: u16,
    pub(super) offset: u32,
    pub(super) size: u32,
    /// Where its function begins.
    pub(super) parent: (u16, u32),
}

/// A call that was inlined.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site<'b> {
    /// The called function: the number of an id record.
    pub(super) inlinee: u32,
    /// Where its code is, and of which lines: [`super::annotations`].
    pub(super) annotations: &'b [u8],
}

/// A record that matters to the nesting of scopes or to code.
#[derive(Clone, Copy, Debug)]
pub(super) enum Symbol<'b> {
    Procedure(Procedure<'b>),
    Separated(Separated),
    Site(Site<'b>),
    /// Another scope: a block.
    Block,
    /// The end of the innermost scope.
    End,
}

/// The records of a module, in the order of its stream.
#[derive(Clone, Debug)]
pub(super) struct Records<'b> {
    bytes: &'b [u8],
    at: usize,
    /// The last record ends past the stream, or is too short for its kind.
    pub(super) is_damaged: bool,
}

impl<'b> Records<'b> {
    /// The records in `bytes`, from an offset on.
    pub(super) const fn new(bytes: &'b [u8], at: usize) -> Self {
        Self { bytes, at, is_damaged: false }
    }

    /// Go to the record that ends a scope, if there is one at this offset after the last record.
    #[inline]
    pub(super) fn skip_to_end(&mut self, end: usize) {
        if end > self.at && is_end(self.bytes, end) {
            self.at = end;
        }
    }

    /// The next record: its kind and what follows.
    #[inline]
    pub(super) fn raw(&mut self) -> Option<(u16, Fields<'b>)> {
        let all = Fields(self.bytes);
        if self.at >= self.bytes.len() {
            return None;
        }
        let length = all.u16(self.at).map_or(0, usize::from);
        let Some(record) = length.checked_sub(2).and_then(|length| all.bytes(self.at + 4, length)) else {
            self.is_damaged = true;
            self.at = self.bytes.len();
            return None;
        };
        let kind = all.u16(self.at + 2)?;
        self.at = aligned(self.at + 2 + length);
        Some((kind, Fields(record)))
    }
}

impl<'b> Iterator for Records<'b> {
    type Item = Symbol<'b>;

    #[inline]
    fn next(&mut self) -> Option<Symbol<'b>> {
        loop {
            let (kind, record) = self.raw()?;
            let symbol = match kind {
                S_GPROC32 | S_LPROC32 | S_GPROC32_ID | S_LPROC32_ID | S_LPROC32_DPC | S_LPROC32_DPC_ID
                | S_GPROC32_ST | S_LPROC32_ST => procedure(kind, record).map(Symbol::Procedure),
                S_THUNK32 => thunk(record).map(Symbol::Procedure),
                S_SEPCODE => separated(record).map(Symbol::Separated),
                S_INLINESITE => site(record, 12).map(Symbol::Site),
                S_INLINESITE2 => site(record, 16).map(Symbol::Site),
                S_BLOCK32 | S_WITH32 => Some(Symbol::Block),
                S_END | S_PROC_ID_END | S_INLINESITE_END => Some(Symbol::End),
                _ => continue,
            };
            // A record that is too short still opens a scope.
            self.is_damaged |= symbol.is_none();
            return Some(symbol.unwrap_or(Symbol::Block));
        }
    }
}

/// Whether a record that ends a scope is at an offset of symbols.
#[inline]
pub(super) fn is_end(symbols: &[u8], at: usize) -> bool {
    let all = Fields(symbols);
    all.u16(at) == Some(2) && matches!(all.u16(at.saturating_add(2)), Some(S_END | S_PROC_ID_END | S_INLINESITE_END))
}

/// Bytes of a function's record before its name, and one of the name.
pub(super) const PROCEDURE: usize = 40;

/// The function whose record may be at an offset of symbols: one that is in no other scope. Its name may be cut.
#[inline]
pub(super) fn procedure_at(symbols: &[u8], at: usize) -> Option<Procedure<'_>> {
    let record = Fields(symbols.get(at..)?);
    let kind = record.u16(2)?;
    let is_function =
        matches!(kind, S_GPROC32 | S_LPROC32 | S_GPROC32_ID | S_LPROC32_ID | S_LPROC32_DPC | S_LPROC32_DPC_ID);
    // A record of fewer bytes has no name.
    if !is_function || usize::from(record.u16(0)?) < PROCEDURE - 2 || record.u32(4)? != 0 {
        return None;
    }
    procedure(kind, Fields(record.0.get(4..)?)).filter(|procedure| procedure.end % 4 == 0)
}

/// `parent, end, next, size, debug start, debug end, type, offset` in 4 bytes each, `section` in 2, `flags` in 1, `name`.
fn procedure(kind: u16, record: Fields<'_>) -> Option<Procedure<'_>> {
    let name = match kind {
        S_GPROC32_ST | S_LPROC32_ST => record.bytes(36, usize::from(record.u8(35)?))?,
        _ => record.text(35)?,
    };
    Some(Procedure {
        size: record.u32(12)?,
        end: record.size(4)?,
        signature: record.u32(24)?,
        offset: record.u32(28)?,
        section: record.u16(32)?,
        name,
        is_id: matches!(kind, S_GPROC32_ID | S_LPROC32_ID | S_LPROC32_DPC_ID),
    })
}

/// `parent, end, next, offset` in 4 bytes each, `section, size` in 2, `kind` in 1, `name`.
fn thunk(record: Fields<'_>) -> Option<Procedure<'_>> {
    Some(Procedure {
        offset: record.u32(12)?,
        end: record.size(4)?,
        section: record.u16(16)?,
        size: record.u16(18)?.into(),
        name: record.text(21)?,
        signature: 0,
        is_id: false,
    })
}

/// `parent, end, size, flags, offset, offset of the parent` in 4 bytes each, `section, section of the parent` in 2.
fn separated(record: Fields<'_>) -> Option<Separated> {
    Some(Separated {
        size: record.u32(8)?,
        offset: record.u32(16)?,
        section: record.u16(24)?,
        parent: (record.u16(26)?, record.u32(20)?),
    })
}

/// `parent, end, inlinee` in 4 bytes each, the number of invocations in one of the two forms, annotations.
fn site(record: Fields<'_>, annotations: usize) -> Option<Site<'_>> {
    Some(Site { inlinee: record.u32(8)?, annotations: record.0.get(annotations..)? })
}
