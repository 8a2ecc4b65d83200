//! An index, over a text or with records of its own.

use super::build;
use super::content::Content;
use super::counts::Counts;
use super::diagnostics::{self, Diagnostic};
use super::error::Error;
use super::format::{self, Header, Pair, SECTIONS, Section, Stamp};
use super::map::Bytes;
use super::module::{self, ModuleRecord};
use super::table::{Table, Value};
use std::ops::Range;
use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, KnownLayout};

/// Symbols of one module: its Breakpad text and the index over it.
///
/// An [`IndexBuilder`](super::IndexBuilder) makes one from records, without a text.
///
/// It has the format alone; look-ups are in [`SymbolMap`](crate::SymbolMap). Addresses are relative to the module's base.
#[derive(Debug)]
pub struct SymbolIndex {
    records: Records,
    index: Bytes,
    sections: [Range<usize>; SECTIONS],
    module: Option<ModuleRecord>,
    diagnostics: Vec<Diagnostic>,
    counts: Counts,
}

/// The records that the tables point to.
#[derive(Debug)]
enum Records {
    Text(Bytes),
    /// In the index, lines and inlined calls packed.
    Packed(Range<usize>),
    /// The same, beside the index: in memory they are not copied to its end.
    Apart(Vec<u8>),
}

impl SymbolIndex {
    /// Index bytes for a text, as [`Self::open`] reads them (for a text whose modification time is
    /// unknown). Never fails on content: problems are listed in the diagnostics.
    #[must_use]
    pub fn build(text: &[u8]) -> Vec<u8> {
        build::build(text)
    }

    /// Index a text in memory.
    #[must_use]
    pub fn from_text(text: Vec<u8>) -> Self {
        let index = build::build(&text);
        Self::assemble(Some(Bytes::Owned(text)), Bytes::Owned(index))
    }

    /// A text and index bytes for it, both in memory.
    ///
    /// # Errors
    /// [`Error::Damaged`] or [`Error::Foreign`] as for [`Self::open`].
    pub fn from_parts(text: Vec<u8>, index: Vec<u8>) -> Result<Self, Error> {
        Header::check(&index)?.check_text(&text, None)?;
        Ok(Self::assemble(Some(Bytes::Owned(text)), Bytes::Owned(index)))
    }

    /// An index with records of its own, in memory.
    ///
    /// # Errors
    /// [`Error::Damaged`] or [`Error::Foreign`] as for [`Self::open_packed`].
    pub fn from_packed(index: Vec<u8>, source: Stamp) -> Result<Self, Error> {
        Header::check(&index)?.check_packed(&index, source)?;
        Ok(Self::assemble(None, Bytes::Owned(index)))
    }

    /// Make the checksums of index bytes right again: for tests that forge an index.
    #[doc(hidden)]
    pub fn reseal(index: &mut [u8]) {
        format::reseal(index);
    }

    pub(super) fn assemble(text: Option<Bytes>, index: Bytes) -> Self {
        let mut sections: [Range<usize>; SECTIONS] = Default::default();
        if let Ok((header, _)) = Header::read_from_prefix(&index) {
            for (i, range) in sections.iter_mut().enumerate() {
                *range = header.section(i, &index);
            }
        }
        let packed = sections[Section::Packed as usize].clone();
        let records = text.map_or(Records::Packed(packed), Records::Text);
        Self::with(records, index, sections)
    }

    /// An index whose packed records are beside it.
    pub(super) fn apart(packed: Vec<u8>, index: Vec<u8>) -> Self {
        let assembled = Self::assemble(None, Bytes::Owned(index));
        Self::with(Records::Apart(packed), assembled.index, assembled.sections)
    }

    fn with(records: Records, index: Bytes, sections: [Range<usize>; SECTIONS]) -> Self {
        let mut this =
            Self { records, index, sections, module: None, diagnostics: Vec::new(), counts: Counts::default() };
        this.module = module::read(this.text(), this.entries::<U64>(Section::Records).iter().map(|at: &U64| at.get()));
        this.diagnostics = diagnostics::read(this.entries(Section::Diagnostics));
        this.counts = Counts::from_words(this.entries(Section::Counts));
        this
    }

    /// The contents of the MODULE and INFO lines; `None` without a MODULE line. Callers compare its id
    /// with that of the module they need symbols for: look-ups do not.
    #[must_use]
    pub fn module(&self) -> Option<&ModuleRecord> {
        self.module.as_ref()
    }

    /// What was malformed or unusual in the text.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Whether it is of a text, whose author can mend the faults that are reported. Records of other files were made by readers.
    #[must_use]
    pub const fn is_of_text(&self) -> bool {
        matches!(self.records, Records::Text(_))
    }

    /// How many records of each kind the text has.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// What it describes at best.
    #[must_use]
    pub fn content(&self) -> Content {
        Content::of(&self.counts, self.module())
    }

    /// The text; of an index without one its records, whose lines and inlined calls are packed.
    #[must_use]
    #[inline]
    pub fn text(&self) -> &[u8] {
        match &self.records {
            Records::Text(text) => text,
            Records::Packed(range) => self.index.get(range.clone()).unwrap_or_default(),
            Records::Apart(packed) => packed,
        }
    }

    /// Whether the index has records of its own, without a text.
    #[must_use]
    #[inline]
    pub const fn is_packed(&self) -> bool {
        !matches!(self.records, Records::Text(_))
    }

    /// Bytes of the index.
    #[must_use]
    pub fn index_size(&self) -> usize {
        match &self.records {
            Records::Apart(packed) => self.index.len() + packed.len(),
            _ => self.index.len(),
        }
    }

    fn entries<T: FromBytes + Immutable + KnownLayout>(&self, section: Section) -> &[T] {
        let bytes = self.index.get(self.sections[section as usize].clone()).unwrap_or_default();
        <[T]>::ref_from_bytes(bytes).unwrap_or_default()
    }

    fn table(&self, first: Section) -> Table<'_> {
        let [pages, starts, values] = match first {
            Section::SymbolPages => [Section::SymbolPages, Section::SymbolStarts, Section::SymbolValues],
            Section::CfiPages => [Section::CfiPages, Section::CfiStarts, Section::CfiValues],
            Section::FramePages => [Section::FramePages, Section::FrameStarts, Section::FrameValues],
            _ => [Section::FpoPages, Section::FpoStarts, Section::FpoValues],
        };
        Table { pages: self.entries(pages), starts: self.entries(starts), values: self.entries(values) }
    }

    pub(crate) fn symbols(&self) -> Table<'_> {
        self.table(Section::SymbolPages)
    }

    pub(crate) fn inits(&self) -> Table<'_> {
        self.table(Section::CfiPages)
    }

    /// STACK WIN records of type 4, then of type 0.
    pub(crate) fn wins(&self) -> [Table<'_>; 2] {
        [self.table(Section::FramePages), self.table(Section::FpoPages)]
    }

    /// STACK CFI lines with addresses in a range, in the order of (address, offset).
    pub(crate) fn side_deltas(&self, from: u64, to: u64) -> &[Pair] {
        let deltas = self.entries::<Pair>(Section::Deltas);
        let first = deltas.partition_point(|delta| delta.key.get() < from);
        let past = deltas.partition_point(|delta| delta.key.get() <= to);
        deltas.get(first..past).unwrap_or_default()
    }

    /// Where the block of the FUNC line at `offset` ends, if it contains lines of other records.
    pub(crate) fn tail(&self, offset: u64) -> Option<u64> {
        let tails = self.entries::<Pair>(Section::Tails);
        let found = tails.binary_search_by_key(&offset, |tail| tail.key.get()).ok()?;
        tails.get(found).map(|tail| tail.offset.get())
    }

    pub(crate) fn file_offset(&self, id: u32) -> Option<u64> {
        find_id(self.entries(Section::FileIds), self.entries(Section::FileOffsets), id)
    }

    pub(crate) fn origin_offset(&self, id: u32) -> Option<u64> {
        find_id(self.entries(Section::OriginIds), self.entries(Section::OriginOffsets), id)
    }
}

/// The offset of an id's record. Ids are sorted, and nearly always 0, 1, 2, … without a gap: then the
/// last is one less than their number.
fn find_id(ids: &[U32], offsets: &[Value], id: u32) -> Option<u64> {
    let at = if ids.last()?.get() as usize == ids.len() - 1 {
        id as usize
    } else {
        ids.binary_search_by_key(&id, |id| id.get()).ok()?
    };
    offsets.get(at)?.get().map(|(offset, _)| offset)
}
