//! The symbol index: a small file beside an untouched Breakpad text.
//!
//! One pass over the text finds where functions, public symbols and unwind records are; their lines
//! and inlined calls are read from the text when somebody asks. Nothing in a text makes building
//! fail: odd lines are skipped, counted and listed in [`SymbolIndex::diagnostics`].
//!
//! # Which record an address belongs to
//!
//! * Of the FUNC records that cover it, the one that starts last, of those the shortest, of those the
//!   first in the file (or the first with a name). So a nested function has its own addresses and the
//!   outer one the rest.
//! * Else the nearest PUBLIC (or FUNC of size 0) below it, if no FUNC starts from there on. It reaches
//!   to the next symbol; to the end of the run of unwind records (gaps up to 16 bytes are padding) that it begins in or that
//!   begins within its first 64 bytes, else to the next unwind record; the last symbol, with nothing to
//!   bound it, for 64 KiB; in a file with unwind records, for 256 bytes. On 32-bit ARM the Thumb bit of a
//!   PUBLIC is no part of its address.
//! * Line records: the first in the file that covers it, within its FUNC.
//! * Unwind records: of the STACK CFI INIT records that cover it, chosen like FUNC, and all STACK CFI
//!   records from its start to the address, wherever they stand. STACK WIN likewise, type 4 before
//!   type 0.
//!
//! A FUNC's lines are the line and INLINE records after it up to the next FUNC or PUBLIC, well-formed
//! or not; other records between them do no harm.
//!
//! # The file, version 2
//!
//! All numbers are little-endian. The head, at offset 0:
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `SYMIDX` CR LF |
//! | 4, 4 | version; number of sections (21) |
//! | 8 | bytes of the text |
//! | 8 | modification time of the text, nanoseconds since 1970; 0 if it was no file |
//! | 8 | fingerprint of the text: a checksum over its length and 16 samples |
//! | 8 | bytes of the index file |
//! | 8 | checksum of everything after the head |
//! | 16 each | offset and bytes of each section |
//! | 8 | checksum of the head up to here |
//!
//! The sections follow at multiples of 8, padded with zeros:
//!
//! | number | section | entries |
//! |---|---|---|
//! | 0 | records | u64 offsets of the MODULE line and the INFO lines that count, at most 8 |
//! | 1 | counts | nine u64: FUNC, PUBLIC, line, INLINE, FILE, INLINE_ORIGIN, CFI INIT, CFI, WIN |
//! | 2 | diagnostics | u32 kind, u32 0, u64 count, eight u64 line numbers (0: no more) |
//! | 3–5 | symbols | a table of FUNC and PUBLIC lines; flag: folded |
//! | 6–8 | unwind records | a table of STACK CFI INIT lines |
//! | 9–11, 12–14 | stack records | tables of STACK WIN lines of type 4 and of type 0 |
//! | 15 | deltas | u64 address, u64 offset: STACK CFI lines that do not follow their INIT, or whose INIT overlaps another; sorted |
//! | 16 | tails | u64 offset of a FUNC line, u64 offset where its lines end: FUNCs with other records among their lines, or with INLINE after line records; sorted |
//! | 17, 18 | files | u32 ids, sorted; 40-bit offsets of their FILE lines |
//! | 19, 20 | origins | the same for INLINE_ORIGIN |
//!
//! A table is three sections. The address space is cut at boundaries; each has a value that holds up
//! to the next. *Starts* are the low 32 bits of the boundaries, u32, in order. *Values* are 40 bits:
//! the offset of a line in 39, a flag above; all ones for "nothing here". *Pages* (u32 high bits,
//! u32 0, u64 number of the first boundary) say which boundaries have which high 32 bits.
//!
//! Offsets count from the first byte of the text, which may have 512 GiB. An offset is an offer: who
//! follows it parses the line there and takes what that gives. So a wrong index may give wrong
//! answers but never a fault, and the checksums see to it that a damaged one is not used.

mod build;
mod checksum;
mod diagnostics;
mod extent;
pub(crate) mod format;
mod map;
mod module;
mod open;
mod publics;
pub(crate) mod samples;
mod scan;
pub(crate) mod table;
mod writer;

pub use diagnostics::{Diagnostic, Kind};
pub use map::Bytes;
pub use module::ModuleRecord;

use crate::lookup::large::{Large, block::LargeBlock, rules::LargeRules};
use format::{Header, Pair, SECTIONS, Section};
use samples::Samples;
use std::ops::Range;
use std::path::PathBuf;
use table::{Span, Table, Value};
use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, KnownLayout};

/// Why an index could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The index file is not one of ours, of another version, cut or damaged.
    #[error("symbol index: {0}")]
    Damaged(&'static str),
    /// The index file belongs to another text.
    #[error("symbol index is for another text: {0} differs")]
    Foreign(&'static str),
}

/// How many records of each kind a text has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// FUNC records.
    pub functions: u64,
    /// PUBLIC records.
    pub publics: u64,
    /// Line records.
    pub lines: u64,
    /// INLINE records.
    pub inlines: u64,
    /// FILE records.
    pub files: u64,
    /// INLINE_ORIGIN records.
    pub origins: u64,
    /// STACK CFI INIT records.
    pub cfi_inits: u64,
    /// STACK CFI records other than INIT.
    pub cfi_deltas: u64,
    /// STACK WIN records.
    pub wins: u64,
}

/// Symbols of one module: its Breakpad text and the index over it.
///
/// Look-ups are in [`crate::lookup`]. Addresses are relative to the module's base.
#[derive(Debug)]
pub struct SymbolIndex {
    text: Bytes,
    index: Bytes,
    sections: [Range<usize>; SECTIONS],
    /// For the tables of symbols and of unwind records.
    samples: [Samples; 2],
    module: Option<ModuleRecord>,
    diagnostics: Vec<Diagnostic>,
    counts: Counts,
    pub(crate) large_blocks: Large<LargeBlock>,
    pub(crate) large_rules: Large<LargeRules>,
}

impl SymbolIndex {
    /// Index bytes for a text, as [`Self::open`] reads them (for a text whose modification time is
    /// unknown). Never fails on content: what was odd is in the diagnostics.
    #[must_use]
    pub fn build(text: &[u8]) -> Vec<u8> {
        build::build(text)
    }

    /// Index a text in memory.
    #[must_use]
    pub fn from_text(text: Vec<u8>) -> Self {
        let index = build::build(&text);
        Self::assemble(Bytes::Owned(text), Bytes::Owned(index))
    }

    /// A text and index bytes for it, both in memory.
    ///
    /// # Errors
    /// [`Error::Damaged`] or [`Error::Foreign`] as for [`Self::open`].
    pub fn from_parts(text: Vec<u8>, index: Vec<u8>) -> Result<Self, Error> {
        match Header::check(&index) {
            Ok(header) if header.text_size.get() != text.len() as u64 => Err(Error::Foreign("size")),
            Ok(header) if header.text_fingerprint.get() != checksum::fingerprint(&text) => {
                Err(Error::Foreign("content"))
            }
            Ok(_) => Ok(Self::assemble(Bytes::Owned(text), Bytes::Owned(index))),
            Err(format::Reject::Damaged(why)) => Err(Error::Damaged(why)),
            Err(format::Reject::Foreign(why)) => Err(Error::Foreign(why)),
        }
    }

    /// Make the checksums of index bytes right again: for tests that forge an index.
    #[doc(hidden)]
    pub fn reseal(index: &mut [u8]) {
        format::reseal(index);
    }

    fn assemble(text: Bytes, index: Bytes) -> Self {
        let mut sections: [Range<usize>; SECTIONS] = Default::default();
        if let Ok((header, _)) = Header::read_from_prefix(&index) {
            for (i, range) in sections.iter_mut().enumerate() {
                *range = header.section(i, &index);
            }
        }
        let mut this = Self {
            text,
            index,
            sections,
            samples: Default::default(),
            module: None,
            diagnostics: Vec::new(),
            counts: Counts::default(),
            large_blocks: Large::default(),
            large_rules: Large::default(),
        };
        this.samples = [this.table(Section::SymbolPages).samples(), this.table(Section::CfiPages).samples()];
        this.module = module::read(&this.text, this.entries::<U64>(Section::Records).iter().map(|at: &U64| at.get()));
        this.diagnostics = diagnostics::read(this.entries(Section::Diagnostics));
        this.counts = Counts::from_words(this.entries(Section::Counts));
        this
    }

    /// What the MODULE and INFO lines say; `None` if there is no MODULE line. Callers compare its id
    /// with the module they want symbols for: look-ups do not.
    #[must_use]
    pub fn module(&self) -> Option<&ModuleRecord> {
        self.module.as_ref()
    }

    /// What was odd in the text.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// How many records of each kind the text has.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Bytes of the index.
    #[must_use]
    pub fn index_size(&self) -> usize {
        self.index.len()
    }

    /// The lowest address a symbol covers and the one past the highest.
    #[must_use]
    pub fn span(&self) -> Option<(u64, u64)> {
        self.symbols().span()
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

    /// The symbol that covers an address.
    #[inline]
    pub(crate) fn find_symbol(&self, rva: u64) -> Option<Span> {
        self.symbols().find(&self.samples[0], rva)
    }

    /// The STACK CFI INIT record that covers an address.
    #[inline]
    pub(crate) fn find_cfi(&self, rva: u64) -> Option<Span> {
        self.table(Section::CfiPages).find(&self.samples[1], rva)
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

    /// Where the block of the FUNC line at `offset` ends, if it has foreign lines in it.
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
