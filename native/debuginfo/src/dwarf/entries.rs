//! The entries of a unit that are of interest, one after the other.

use gimli::{
    AttributeSpecification, AttributeValue, DwAt, Encoding, EndianSlice, EntriesRaw, LittleEndian, UnitOffset,
};

use super::Reader;
use super::fields::is_read;
use super::shapes::{Kind, Shape, Step, Table, VARIABLE, shape};

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
    /// `None`: its abbreviation has a code after a gap.
    shape: Option<&'t Shape>,
    attributes: &'t [AttributeSpecification],
}

impl<'t, 'd> Entries<'t, 'd> {
    /// The entries of a unit, whose abbreviations are in `table`.
    pub(super) fn of(unit: &gimli::Unit<Reader<'d>>, table: &'t Table) -> Result<Self, gimli::Error> {
        let first = unit.header.root_offset();
        let bytes = unit.header.range_from(first..)?.slice();
        Ok(Self { bytes, first: first.0, at: 0, depth: 0, watched: NONE, table, encoding: unit.header.encoding() })
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
                    attributes: &[],
                }));
            }
            let Some(shape) = self.table.shape(code) else {
                if let Some(entry) = self.unusual(code, offset)? {
                    return Ok(Some(entry));
                }
                continue;
            };
            let depth = self.depth;
            self.depth += isize::from(shape.has_children);
            if shape.kind == Kind::Other {
                self.take_shape(shape)?;
                continue;
            }
            let Some(abbreviation) = self.table.abbreviations.get(code) else { continue };
            return Ok(Some(Entry {
                kind: shape.kind,
                depth,
                offset: self.first + offset,
                has_children: shape.has_children,
                has_sibling: shape.has_sibling,
                is_namespace: abbreviation.tag() == gimli::DW_TAG_namespace,
                shape: Some(shape),
                attributes: abbreviation.attributes(),
            }));
        }
        Ok(None)
    }

    /// Read the attributes of the entry that was given last, those that [`is_read`] accepts. The one that says where the next
    /// entry is may be left out unless it is asked for.
    #[inline]
    pub(super) fn attributes(
        &mut self,
        entry: &Entry<'_>,
        with_sibling: bool,
        mut found: impl FnMut(DwAt, AttributeValue<Reader<'d>>),
    ) -> Result<(), gimli::Error> {
        if let Some(shape) = entry.shape.filter(|shape| !(with_sibling && shape.is_sibling_apart))
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
        for &spec in entry.attributes {
            let attribute = raw.read_attribute_inline(spec)?;
            if is_read(attribute.name()) {
                found(attribute.name(), attribute.value());
            }
        }
        self.at = raw.next_offset().0;
        Ok(())
    }

    /// As [`Self::attributes`], for an entry whose attributes were read just now: they begin at `at`.
    pub(super) fn attributes_again(
        &mut self,
        at: usize,
        entry: &Entry<'_>,
        with_sibling: bool,
        found: impl FnMut(DwAt, AttributeValue<Reader<'d>>),
    ) -> Result<(), gimli::Error> {
        self.at = at;
        self.attributes(entry, with_sibling, found)
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
        if let Some(shape) = entry.shape {
            return self.take_shape(shape);
        }
        let mut raw = self.raw();
        raw.skip_attributes(entry.attributes)?;
        self.at = raw.next_offset().0;
        Ok(())
    }

    /// Forms are read by gimli, from here on; offsets count from the first entry.
    fn raw(&self) -> EntriesRaw<'t, Reader<'d>> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let rest = EndianSlice::new(rest, LittleEndian);
        EntriesRaw::new(rest, self.encoding, &self.table.abbreviations, UnitOffset(self.at))
    }

    /// An entry whose abbreviation has a code after a gap.
    #[cold]
    fn unusual(&mut self, code: u64, offset: usize) -> Result<Option<Entry<'t>>, gimli::Error> {
        let table = self.table;
        let abbreviation = table.abbreviations.get(code).ok_or(gimli::Error::InvalidAbbreviationCode(code))?;
        let shape = shape(abbreviation, self.encoding);
        let entry = Entry {
            kind: shape.kind,
            depth: self.depth,
            offset: self.first + offset,
            has_children: shape.has_children,
            has_sibling: shape.has_sibling,
            is_namespace: abbreviation.tag() == gimli::DW_TAG_namespace,
            shape: None,
            attributes: abbreviation.attributes(),
        };
        self.depth += isize::from(shape.has_children);
        if entry.kind == Kind::Other {
            self.skip(&entry)?;
            return Ok(None);
        }
        Ok(Some(entry))
    }

    #[inline]
    fn take_shape(&mut self, shape: &Shape) -> Result<(), gimli::Error> {
        match shape.size {
            VARIABLE => self.take_steps(self.table.steps(shape)),
            size => self.take_bytes(size.into()),
        }
    }

    fn take_steps(&mut self, steps: &[Step]) -> Result<(), gimli::Error> {
        for step in steps {
            match *step {
                Step::Bytes(bytes) => self.take_bytes(bytes.into())?,
                Step::Number => {
                    let rest = self.bytes.get(self.at..).unwrap_or_default();
                    let last = rest.iter().position(|byte| byte & 0x80 == 0).ok_or_else(|| self.ends())?;
                    self.at += last + 1;
                }
                Step::Text => {
                    let rest = self.bytes.get(self.at..).unwrap_or_default();
                    self.at += memchr::memchr(0, rest).ok_or_else(|| self.ends())? + 1;
                }
                Step::Block => {
                    let bytes = self.number()?;
                    self.take_bytes(bytes)?;
                }
                Step::Attribute(spec) => {
                    let mut raw = self.raw();
                    raw.skip_attributes(&[spec])?;
                    self.at = raw.next_offset().0;
                }
            }
        }
        Ok(())
    }

    #[inline]
    fn take_bytes(&mut self, bytes: u64) -> Result<(), gimli::Error> {
        // A section of more bytes than an address space does not exist.
        let next = usize::try_from(bytes).ok().and_then(|bytes| self.at.checked_add(bytes));
        self.at = next.filter(|&next| next <= self.bytes.len()).ok_or_else(|| self.ends())?;
        Ok(())
    }

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
