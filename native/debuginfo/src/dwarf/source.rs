//! Where units are: in the sections of the image, in a file that several images share (dwz), or in the files that split
//! DWARF leaves them in.

use std::sync::{Arc, Mutex, PoisonError};

use gimli::{AttributeValue, DebugAbbrevOffset, Encoding, Section as _};

use super::Reader;
use super::abbreviations::Refused;
use super::shapes::Table;
use super::tables::{Root, Tables};
use crate::strings::Strings;

/// The sections of a file, or those parts of a package's that one unit has.
pub(super) struct Source<'d> {
    pub(super) dwarf: gimli::Dwarf<Reader<'d>>,
    /// The offset that its `.debug_info` begins at when those of all sources follow each other: entries refer to entries
    /// of other files, and with one number for each entry of all files nothing else has to know.
    pub(super) start: usize,
    tables: Mutex<Tables<'d>>,
    /// The units of a package have them in common.
    strings: Arc<Strings<'d>>,
    line_strings: Strings<'d>,
}

impl<'d> Source<'d> {
    /// `memory`: how many bytes its abbreviations may take.
    pub(super) fn new(dwarf: gimli::Dwarf<Reader<'d>>, start: usize, memory: u64) -> Self {
        Self {
            start,
            tables: Mutex::new(Tables::new(dwarf.debug_abbrev.reader().slice(), memory)),
            strings: Arc::new(Strings::new(dwarf.debug_str.reader().slice())),
            line_strings: Strings::new(dwarf.debug_line_str.reader().slice()),
            dwarf,
        }
    }

    /// Share the strings with another source if they are the same, so that a search for their ends is made once.
    pub(super) fn share_strings(&mut self, other: &Self) {
        let of = |source: &Self| source.dwarf.debug_str.reader().slice().as_ptr_range();
        if of(self) == of(other) {
            self.strings = Arc::clone(&other.strings);
        }
    }

    /// `.debug_info`.
    pub(super) fn info(&self) -> &'d [u8] {
        self.dwarf.debug_info.reader().slice()
    }

    /// `.debug_abbrev`.
    pub(super) fn abbreviations(&self) -> &'d [u8] {
        self.dwarf.debug_abbrev.reader().slice()
    }

    /// The offset after the last.
    pub(super) fn end(&self) -> usize {
        self.start.saturating_add(self.info().len())
    }

    /// The abbreviations at an offset, for units of an encoding.
    pub(super) fn table(&self, at: DebugAbbrevOffset, encoding: Encoding) -> Result<Arc<Table<'d>>, Refused> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner).at(at, encoding)
    }

    /// The abbreviation of a first entry.
    pub(super) fn root(&self, at: DebugAbbrevOffset, encoding: Encoding, code: u64) -> Result<Arc<Root>, Refused> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner).root(at, encoding, code)
    }

    /// The string at an offset of `.debug_str`.
    pub(super) fn string(&self, offset: usize) -> Option<&'d [u8]> {
        self.strings.at(offset)
    }

    /// The text that an attribute has, in the entry or in a section of strings of this source.
    pub(super) fn text(&self, unit: &gimli::Unit<Reader<'d>>, value: &AttributeValue<Reader<'d>>) -> Option<&'d [u8]> {
        match *value {
            AttributeValue::String(text) => Some(text.slice()),
            AttributeValue::DebugStrRef(offset) => self.strings.at(offset.0),
            AttributeValue::DebugLineStrRef(offset) => self.line_strings.at(offset.0),
            AttributeValue::DebugStrOffsetsIndex(index) => {
                let (format, base) = (unit.encoding().format, unit.str_offsets_base);
                self.strings.at(self.dwarf.debug_str_offsets.get_str_offset(format, base, index).ok()?.0)
            }
            _ => None,
        }
    }
}
