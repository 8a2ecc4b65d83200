//! The entries of a unit that are of interest, one after the other.

use std::sync::OnceLock;

use gimli::{
    Abbreviations, AttributeSpecification, AttributeValue, Encoding, EndianSlice, EntriesRaw, LittleEndian, UnitOffset,
};

use super::Reader;
use super::fields::{Attribute, is_read};
use super::shapes::{ALWAYS, CALLS, END, Last, Shape, Step, Table};

/// Goes through the entries of a unit.
pub(super) struct Entries<'t, 'd> {
    /// From the first entry to the end of the unit.
    bytes: &'d [u8],
    /// Where the first entry is in the unit.
    first: usize,
    /// Where the next entry is, and its depth.
    at: usize,
    next_depth: isize,
    /// Where the entry is in the unit that was given last, and its depth.
    entry: usize,
    depth: isize,
    /// The depth of the entry whose end is of interest.
    pub(super) watched: isize,
    /// Which entries are of interest beside functions: [`CALLS`], [`SCOPES`](super::shapes::SCOPES),
    /// [`JUMPS`](super::shapes::JUMPS).
    pub(super) interest: u8,
    table: &'t Table<'d>,
    encoding: Encoding,
}

/// No entry is watched.
pub(super) const NONE: isize = isize::MIN;

impl<'t, 'd> Entries<'t, 'd> {
    /// The entries of a unit, whose abbreviations are in `table`.
    pub(super) fn of(unit: &gimli::Unit<Reader<'d>>, table: &'t Table<'d>) -> Result<Self, gimli::Error> {
        let first = unit.header.root_offset();
        let bytes = unit.header.range_from(first..)?.slice();
        let encoding = unit.header.encoding();
        Ok(Self {
            bytes,
            first: first.0,
            at: 0,
            next_depth: 0,
            entry: first.0,
            depth: 0,
            watched: NONE,
            interest: 0,
            table,
            encoding,
        })
    }

    /// The shape of the next entry of interest. Its attributes are read or skipped before the next.
    ///
    /// Where it is and how deep are fields of this: to return them with the shape would copy memory that was just written.
    ///
    /// # Errors
    /// An entry before it is damaged, or the unit ends in one.
    #[inline(always)]
    pub(super) fn next(&mut self) -> Result<Option<&'t Shape>, gimli::Error> {
        loop {
            self.skip_others();
            let Some(&first) = self.bytes.get(self.at) else { break };
            self.entry = self.first + self.at;
            let code = if first < 0x80 {
                self.at += 1;
                u64::from(first)
            } else {
                self.number()?
            };
            if code == 0 {
                self.next_depth -= 1;
                if self.next_depth != self.watched {
                    continue;
                }
                self.depth = self.next_depth;
                return Ok(Some(&END));
            }
            let Some(shape) = self.table.shape(code) else {
                return Err(gimli::Error::InvalidAbbreviationCode(code));
            };
            self.depth = self.next_depth;
            self.next_depth += isize::from(shape.has_children);
            if shape.interest() & (self.interest | ALWAYS) == 0 {
                self.take_shape(shape)?;
                continue;
            }
            return Ok(Some(shape));
        }
        if self.at > self.bytes.len() { Err(self.ends()) } else { Ok(None) }
    }

    /// Add calls to what is of interest, or leave them out.
    #[inline]
    pub(super) const fn with_calls(&mut self, with: bool) {
        self.interest = if with { self.interest | CALLS } else { self.interest & !CALLS };
    }

    /// Go to the entry at an offset of the unit, and read up to another offset. Depths count from there on.
    pub(super) fn read_part(&mut self, from: usize, to: usize) {
        (self.at, self.next_depth) = (from.saturating_sub(self.first), 0);
        self.bytes = self.bytes.get(..to.saturating_sub(self.first)).unwrap_or(self.bytes);
    }

    /// Where the entry that was given last begins in the unit.
    pub(super) const fn offset(&self) -> usize {
        self.entry
    }

    /// The depth of the entry that was given last.
    pub(super) const fn depth(&self) -> isize {
        self.depth
    }

    /// Skip entries up to one that is of interest, that ends those in a watched one, or that takes more than an addition.
    #[inline]
    fn skip_others(&mut self) {
        if self.table.has_long_codes() { self.skip_by_table::<true>() } else { self.skip_by_table::<false>() }
    }

    /// Nothing here depends on what kind of entry it is, so that the processor need not guess it. It waits for each entry until it
    /// knows where the next one is: a fifth less if no code has two bytes.
    #[inline]
    fn skip_by_table<const LONG: bool>(&mut self) {
        let (bytes, skips, watched) = (self.bytes, self.table.skips(), self.watched);
        let interest = self.interest | ALWAYS;
        let (mut at, mut depth) = (self.at, self.next_depth);
        while let Some((number, long, is_long)) = code::<LONG>(bytes, at) {
            let Some(skip) = skips.get(number) else { break };
            let Some(&variable) = bytes.get(at + long + usize::from(skip.at)) else { break };
            let below = depth + isize::from(skip.deeper);
            if (skip.interest & interest) | (variable & skip.stops) | u8::from(is_long) != 0 || below == watched {
                break;
            }
            depth = below;
            at += long + usize::from(skip.bytes) + usize::from(variable & skip.adds);
        }
        (self.at, self.next_depth) = (at, depth);
    }

    /// The code of the entry that was given last, from the first address to before the second, if it has one range at a fixed
    /// place.
    #[inline]
    pub(super) fn code(&self, shape: &Shape) -> Option<(u64, u64)> {
        shape.code?.read(self.bytes.get(self.at..)?)
    }

    /// Skip the attributes of the entry that was given last. The offset in the unit at which the entry after its children is, if
    /// it says so.
    #[inline]
    pub(super) fn sibling(&mut self, shape: &Shape) -> Result<Option<usize>, gimli::Error> {
        if let Some(number) = &shape.sibling {
            let from = self.at;
            self.take_shape(shape)?;
            let number = number.read(self.bytes.get(from..self.at).unwrap_or_default());
            return Ok(number.and_then(|offset| usize::try_from(offset).ok()));
        }
        let mut sibling = None;
        self.unusual_attributes(shape, |attribute| {
            if let Attribute::Value(gimli::DW_AT_sibling, AttributeValue::UnitRef(UnitOffset(offset))) = *attribute {
                sibling = Some(offset);
            }
        })?;
        Ok(sibling)
    }

    /// Read the attributes of the entry that was given last, those that [`is_read`] accepts. The one that says where the next
    /// entry is may be left out.
    #[inline]
    pub(super) fn attributes(
        &mut self,
        shape: &Shape,
        mut found: impl FnMut(&Attribute<'_, 'd>),
    ) -> Result<(), gimli::Error> {
        if let Some(fields) = self.table.fields(shape) {
            let from = self.at;
            self.take_shape(shape)?;
            let bytes = self.bytes.get(from..self.at).unwrap_or_default();
            for field in fields {
                found(&Attribute::Field(field, bytes));
            }
            return Ok(());
        }
        self.unusual_attributes(shape, found)
    }

    /// Read attributes by their forms.
    fn unusual_attributes(
        &mut self,
        shape: &Shape,
        mut found: impl FnMut(&Attribute<'_, 'd>),
    ) -> Result<(), gimli::Error> {
        let mut raw = self.raw();
        for spec in self.table.attributes(shape) {
            let attribute = raw.read_attribute_inline(spec)?;
            if is_read(attribute.name()) {
                found(&Attribute::Value(attribute.name(), attribute.value()));
            }
        }
        self.at = raw.next_offset().0;
        Ok(())
    }

    /// Go back to the attributes of the entry that was given last, which begin at `at`.
    pub(super) const fn again(&mut self, at: usize) {
        self.at = at;
    }

    /// Where the attributes of the entry begin that was given last.
    pub(super) const fn place(&self) -> usize {
        self.at
    }

    /// Go to the entry after the children of the entry whose attributes were read last, which says that it is at this offset
    /// of the unit. `false`: it is not there.
    pub(super) fn skip_children(&mut self, sibling: usize) -> bool {
        let next = sibling.checked_sub(self.first).filter(|&next| next > self.at);
        // The children end with a zero byte.
        let ends = next.and_then(|next| self.bytes.get(next - 1)) == Some(&0);
        if let Some(next) = next.filter(|_| ends) {
            (self.at, self.next_depth) = (next, self.depth);
        }
        ends
    }

    /// Skip the attributes of the entry that was given last.
    #[inline]
    pub(super) fn skip(&mut self, shape: &Shape) -> Result<(), gimli::Error> {
        self.take_shape(shape)
    }

    /// Forms are read by gimli, from here on; offsets count from the first entry.
    fn raw(&self) -> EntriesRaw<'static, Reader<'d>> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let rest = EndianSlice::new(rest, LittleEndian);
        EntriesRaw::new(rest, self.encoding, no_abbreviations(), UnitOffset(self.at))
    }

    /// Skip the attributes of an entry.
    #[inline(always)]
    fn take_shape(&mut self, shape: &Shape) -> Result<(), gimli::Error> {
        if shape.has_steps {
            self.take_steps(self.table.steps(shape))?;
        }
        // Each addition is of some thousand bytes at most, and what is read is checked.
        self.at += shape.size as usize;
        if self.at > self.bytes.len() { Err(self.ends()) } else { Ok(()) }
    }

    fn take_steps(&mut self, steps: &[Step]) -> Result<(), gimli::Error> {
        let mut at = self.at;
        for step in steps {
            at += step.bytes as usize;
            match (step.last, self.bytes.get(at)) {
                (_, None) => return Err(self.ends()),
                (Last::Block, Some(&bytes)) if bytes < 0x80 => at += 1 + usize::from(bytes),
                (Last::Number, Some(&byte)) if byte < 0x80 => at += 1,
                (last, _) => {
                    self.at = at;
                    self.take_last(last)?;
                    at = self.at;
                }
            }
        }
        self.at = at;
        Ok(())
    }

    /// Skip an attribute that begins here.
    #[inline(never)]
    fn take_last(&mut self, last: Last) -> Result<(), gimli::Error> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        match last {
            Last::Number => {
                let last = rest.iter().position(|byte| byte & 0x80 == 0).ok_or_else(|| self.ends())?;
                self.at += last + 1;
            }
            Last::Text => self.at += memchr::memchr(0, rest).ok_or_else(|| self.ends())? + 1,
            Last::Block => {
                let bytes = self.number()?;
                self.take_bytes(bytes)?;
            }
            Last::Form(form) => {
                let mut raw = self.raw();
                raw.skip_attributes(&[AttributeSpecification::new(gimli::DW_AT_null, form, None)])?;
                self.at = raw.next_offset().0;
            }
        }
        Ok(())
    }

    #[cold]
    fn take_bytes(&mut self, bytes: u64) -> Result<(), gimli::Error> {
        // A section of more bytes than an address space does not exist.
        let next = usize::try_from(bytes).ok().and_then(|bytes| self.at.checked_add(bytes));
        self.at = next.filter(|&next| next <= self.bytes.len()).ok_or_else(|| self.ends())?;
        Ok(())
    }

    #[cold]
    fn number(&mut self) -> Result<u64, gimli::Error> {
        let mut rest = EndianSlice::new(self.bytes.get(self.at..).unwrap_or_default(), LittleEndian);
        let before = rest.len();
        let number = gimli::Reader::read_uleb128(&mut rest)?;
        self.at += before - rest.len();
        Ok(number)
    }

    fn ends(&self) -> gimli::Error {
        let rest = EndianSlice::new(self.bytes.get(self.at..).unwrap_or_default(), LittleEndian);
        gimli::Error::UnexpectedEof(gimli::Reader::offset_id(&rest))
    }
}

/// The code of the entry that begins here, its bytes after the first one, and whether there are more than two in all.
#[inline(always)]
fn code<const LONG: bool>(bytes: &[u8], at: usize) -> Option<(usize, usize, bool)> {
    if !LONG {
        return Some((usize::from(*bytes.get(at)?), 0, false));
    }
    // A code has one byte, or two if the first has its highest bit; or more, if the second has.
    let code = usize::from(u16::from_le_bytes(*bytes.get(at..)?.first_chunk::<2>()?));
    let long = code >> 7 & 1;
    Some((code & 0x7f | code >> 1 & 0x3f80 & 0usize.wrapping_sub(long), long, code & 0x8080 == 0x8080))
}

/// For gimli's readers of attributes, which are given the abbreviation of each entry.
pub(super) fn no_abbreviations() -> &'static Abbreviations {
    static NONE: OnceLock<Abbreviations> = OnceLock::new();
    NONE.get_or_init(Abbreviations::default)
}
