//! The entries of a unit that are of interest, one after the other.

use std::sync::OnceLock;

use gimli::{Abbreviations, AttributeValue, DwAt, Encoding, EndianSlice, EntriesRaw, LittleEndian, UnitOffset};

use super::Reader;
use super::fields::is_read;
use super::shapes::{Kind, Last, Shape, Step, Table};

/// Goes through the entries of a unit.
pub(super) struct Entries<'t, 'd> {
    /// From the first entry to the end of the unit.
    bytes: &'d [u8],
    /// Where the first entry is in the unit.
    first: usize,
    at: usize,
    depth: isize,
    /// The depth of the entry whose end is of interest.
    pub(super) watched: isize,
    /// Whether calls are of interest.
    pub(super) with_calls: bool,
    table: &'t Table,
    encoding: Encoding,
}

/// No entry is watched.
pub(super) const NONE: isize = isize::MIN;

/// An entry of interest. Its attributes are read or skipped before the next.
pub(super) struct Entry<'t> {
    pub(super) kind: Kind,
    pub(super) depth: isize,
    /// Where it begins in the unit.
    pub(super) offset: usize,
    pub(super) has_children: bool,
    /// Whether it says where the next entry after its children is.
    pub(super) has_sibling: bool,
    /// Whether it is a namespace.
    pub(super) is_namespace: bool,
    /// `None`: the end of entries.
    shape: Option<&'t Shape>,
}

impl<'t, 'd> Entries<'t, 'd> {
    /// The entries of a unit, whose abbreviations are in `table`.
    pub(super) fn of(unit: &gimli::Unit<Reader<'d>>, table: &'t Table) -> Result<Self, gimli::Error> {
        let first = unit.header.root_offset();
        let bytes = unit.header.range_from(first..)?.slice();
        let encoding = unit.header.encoding();
        Ok(Self { bytes, first: first.0, at: 0, depth: 0, watched: NONE, with_calls: true, table, encoding })
    }

    /// The next entry of interest.
    ///
    /// # Errors
    /// An entry before it is damaged, or the unit ends in one.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Option<Entry<'t>>, gimli::Error> {
        while let Some(&first) = self.bytes.get(self.at) {
            let offset = self.at;
            let code = if first < 0x80 {
                self.at += 1;
                u64::from(first)
            } else {
                self.number()?
            };
            if code == 0 {
                self.depth -= 1;
                if self.depth != self.watched {
                    continue;
                }
                return Ok(Some(Entry {
                    kind: Kind::End,
                    depth: self.depth,
                    offset: self.first + offset,
                    has_children: false,
                    has_sibling: false,
                    is_namespace: false,
                    shape: None,
                }));
            }
            let Some(shape) = self.table.shape(code) else {
                return Err(gimli::Error::InvalidAbbreviationCode(code));
            };
            let depth = self.depth;
            self.depth += isize::from(shape.has_children);
            if shape.kind == Kind::Other || (shape.kind == Kind::Call && !self.with_calls) {
                self.take_shape(shape)?;
                continue;
            }
            return Ok(Some(Entry {
                kind: shape.kind,
                depth,
                offset: self.first + offset,
                has_children: shape.has_children,
                has_sibling: shape.has_sibling,
                is_namespace: shape.tag == gimli::DW_TAG_namespace,
                shape: Some(shape),
            }));
        }
        Ok(None)
    }

    /// The code of the entry that was given last, from the first address to before the second, if it has one range at a fixed
    /// place.
    #[inline]
    pub(super) fn code(&self, entry: &Entry<'_>) -> Option<(u64, u64)> {
        entry.shape?.code?.read(self.bytes.get(self.at..)?)
    }

    /// Skip the attributes of the entry that was given last. The offset in the unit at which the entry after its children is, if
    /// it says so.
    #[inline]
    pub(super) fn sibling(&mut self, entry: &Entry<'_>) -> Result<Option<usize>, gimli::Error> {
        let mut sibling = None;
        let mut found = |name, value| {
            if let (gimli::DW_AT_sibling, AttributeValue::UnitRef(UnitOffset(offset))) = (name, value) {
                sibling = Some(offset);
            }
        };
        if let Some((shape, field)) = entry.shape.and_then(|shape| Some((shape, shape.sibling?))) {
            let from = self.at;
            self.take_shape(shape)?;
            if let Some(value) = field.value(self.bytes.get(from..self.at).unwrap_or_default()) {
                found(field.name, value);
            }
        } else {
            self.unusual_attributes(entry, found)?;
        }
        Ok(sibling)
    }

    /// Read the attributes of the entry that was given last, those that [`is_read`] accepts. The one that says where the next
    /// entry is may be left out.
    #[inline]
    pub(super) fn attributes(
        &mut self,
        entry: &Entry<'_>,
        mut found: impl FnMut(DwAt, AttributeValue<Reader<'d>>),
    ) -> Result<(), gimli::Error> {
        if let Some(shape) = entry.shape
            && let Some(fields) = self.table.fields(shape)
        {
            let from = self.at;
            self.take_shape(shape)?;
            let bytes = self.bytes.get(from..self.at).unwrap_or_default();
            for field in fields {
                if let Some(value) = field.value(bytes) {
                    found(field.name, value);
                }
            }
            return Ok(());
        }
        self.unusual_attributes(entry, found)
    }

    /// Read attributes by their forms.
    fn unusual_attributes(
        &mut self,
        entry: &Entry<'_>,
        mut found: impl FnMut(DwAt, AttributeValue<Reader<'d>>),
    ) -> Result<(), gimli::Error> {
        let mut raw = self.raw();
        for &spec in entry.shape.map_or(&[][..], |shape| self.table.attributes(shape)) {
            let attribute = raw.read_attribute_inline(spec)?;
            if is_read(attribute.name()) {
                found(attribute.name(), attribute.value());
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
    pub(super) fn skip_children(&mut self, entry: &Entry<'_>, sibling: usize) -> bool {
        let next = sibling.checked_sub(self.first).filter(|&next| next > self.at);
        // The children end with a zero byte.
        let ends = next.and_then(|next| self.bytes.get(next - 1)) == Some(&0);
        if let Some(next) = next.filter(|_| ends) {
            (self.at, self.depth) = (next, entry.depth);
        }
        ends
    }

    /// Skip the attributes of the entry that was given last.
    pub(super) fn skip(&mut self, entry: &Entry<'_>) -> Result<(), gimli::Error> {
        entry.shape.map_or(Ok(()), |shape| self.take_shape(shape))
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
            Last::Attribute(at) => {
                let mut raw = self.raw();
                raw.skip_attributes(self.table.attribute(at).as_slice())?;
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

/// For gimli's readers of attributes, which are given the abbreviation of each entry.
pub(super) fn no_abbreviations() -> &'static Abbreviations {
    static NONE: OnceLock<Abbreviations> = OnceLock::new();
    NONE.get_or_init(Abbreviations::default)
}
