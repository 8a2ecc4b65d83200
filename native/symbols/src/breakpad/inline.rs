//! INLINE and INLINE_ORIGIN records, in both dialects.
//!
//! The old dialect has no call file in INLINE and a file number in INLINE_ORIGIN. The parity of
//! its fields states the dialect of an INLINE record. An INLINE_ORIGIN record is ambiguous: in `0 3 blind_mice`
//! the `3` may be a file or the beginning of the name. The INLINE record that refers to it decides.

use super::fault::Fault;
use super::fields::Fields;
use super::number;

/// Which form of INLINE and INLINE_ORIGIN a record has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `INLINE depth call_line origin (address size)+`, `INLINE_ORIGIN id file name`
    Old,
    /// `INLINE depth call_line call_file origin (address size)+`, `INLINE_ORIGIN id name`
    New,
}

/// A function inlined into the FUNC before the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inline<'a> {
    /// How deep: 0 is inlined into the FUNC itself.
    pub depth: u32,
    /// Line of the call in the function one level out.
    pub call_line: u32,
    /// FILE id of the call; `None` in the old dialect, or if negative.
    pub call_file: Option<u32>,
    /// INLINE_ORIGIN id; `None` if negative.
    pub origin: Option<u32>,
    /// Which form the record has.
    pub dialect: Dialect,
    /// The code, at least one range.
    pub ranges: Ranges<'a>,
}

/// Address ranges of an INLINE record.
#[derive(Clone, Copy, Debug)]
pub enum Ranges<'a> {
    /// As they stand in the text, already checked.
    Text(&'a [u8]),
    /// From a writer: (address, size) pairs.
    Pairs(&'a [(u64, u64)]),
}

/// The name of an inlined function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InlineOrigin<'a> {
    /// The number INLINE records use.
    pub id: u32,
    /// Everything after the id: the name in the new dialect.
    pub name: &'a [u8],
}

impl<'a> Inline<'a> {
    pub(super) fn parse(mut fields: Fields<'a>) -> Result<Self, Fault> {
        let mut counting = fields;
        let mut tokens = 0usize;
        while counting.token().is_some() {
            tokens += 1;
        }
        if tokens < 5 {
            return Err(Fault::MissingField);
        }
        let dialect = if tokens.is_multiple_of(2) { Dialect::New } else { Dialect::Old };
        let depth = number::dec(token(&mut fields)?).ok_or(Fault::BadNumber)?;
        let call_line = number::dec(token(&mut fields)?).ok_or(Fault::BadNumber)?;
        let call_file = match dialect {
            Dialect::New => number::dec_or_unknown(token(&mut fields)?).ok_or(Fault::BadNumber)?,
            Dialect::Old => None,
        };
        let origin = number::dec_or_unknown(token(&mut fields)?).ok_or(Fault::BadNumber)?;
        let ranges = fields.trimmed();
        let mut checking = fields;
        while let Some(number) = checking.token() {
            number::hex(number).ok_or(Fault::BadNumber)?;
        }
        Ok(Self { depth, call_line, call_file, origin, dialect, ranges: Ranges::Text(ranges) })
    }
}

impl<'a> InlineOrigin<'a> {
    pub(super) fn parse(mut fields: Fields<'a>) -> Result<Self, Fault> {
        let id = number::dec(token(&mut fields)?).ok_or(Fault::BadNumber)?;
        let name = fields.name();
        if name.is_empty() { Err(Fault::EmptyName) } else { Ok(Self { id, name }) }
    }

    /// The name, as an INLINE record of the dialect refers to it. A negative number before the name is
    /// the old dialect's "file unknown" in either.
    #[must_use]
    pub fn name_in(&self, dialect: Dialect) -> &'a [u8] {
        let mut fields = Fields::new(self.name);
        let file = fields.token().unwrap_or_default();
        let old = match number::dec_or_unknown(file) {
            Some(Some(_)) => dialect == Dialect::Old,
            Some(None) => true,
            None => false,
        };
        let name = fields.name();
        if old && !name.is_empty() { name } else { self.name }
    }
}

impl Ranges<'_> {
    /// Call `found` with each (address, size) until it returns `false`.
    #[inline(always)]
    pub(crate) fn each(&self, mut found: impl FnMut(u64, u64) -> bool) {
        match self {
            Self::Text(text) => {
                let mut fields = Fields::new(text);
                let mut number = || number::hex(fields.token()?);
                while let (Some(address), Some(size)) = (number(), number()) {
                    if !found(address, size) {
                        break;
                    }
                }
            }
            Self::Pairs(pairs) => _ = pairs.iter().all(|&(address, size)| found(address, size)),
        }
    }

    /// The ranges as (address, size), in the order of the record.
    pub fn iter(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let (mut fields, pairs) = match self {
            Self::Text(text) => (Fields::new(text), [].as_slice()),
            Self::Pairs(pairs) => (Fields::new(&[]), *pairs),
        };
        let text = std::iter::from_fn(move || {
            let address = number::hex(fields.token()?)?;
            let size = number::hex(fields.token()?)?;
            Some((address, size))
        });
        text.chain(pairs.iter().copied())
    }
}

impl PartialEq for Ranges<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Ranges<'_> {}

fn token<'a>(fields: &mut Fields<'a>) -> Result<&'a [u8], Fault> {
    fields.token().ok_or(Fault::MissingField)
}
