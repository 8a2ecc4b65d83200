//! Tables of abbreviations.
//!
//! The first entry of a unit needs one abbreviation, its other entries need all. Listing the units of a file therefore
//! reads one abbreviation of each, and a table is read when the unit's entries are.

use std::collections::HashMap;
use std::sync::Arc;

use gimli::{
    AttributeSpecification, DebugAbbrevOffset, DwAt, DwForm, DwTag, Encoding, EndianSlice, LittleEndian, Reader as _,
};

use super::Reader;
use super::shapes::Table;
use crate::limits::{self, Budget};

/// Why a unit is left out.
#[derive(Clone, Copy, Debug)]
pub(super) enum Refused {
    Damaged,
    Excess,
}

/// Tables of abbreviations by their offsets. Linkers share one among all units, others write one for each.
#[derive(Debug)]
pub(super) struct Tables<'d> {
    section: &'d [u8],
    known: HashMap<(usize, Encoding), Result<Arc<Table>, Refused>>,
    /// Bytes to read: all of the section once for each of four versions of DWARF, which linkers put into one file with one
    /// table. Tables do not overlap, or a few bytes would be the end of many.
    bytes: Budget,
    /// Bytes in memory.
    memory: Budget,
    /// Abbreviations of first entries, by table and code.
    roots: HashMap<(usize, u64), Result<Arc<Root>, Refused>>,
    /// Bytes to read for these. Nearly always it is the first of a table, or one table is shared by all units.
    root_bytes: Budget,
}

/// The abbreviation of a first entry.
#[derive(Debug)]
pub(super) struct Root {
    pub(super) tag: DwTag,
    pub(super) attributes: Vec<AttributeSpecification>,
}

impl<'d> Tables<'d> {
    /// The tables of a section. `memory`: how many bytes they may have in memory.
    pub(super) fn new(section: &'d [u8], memory: u64) -> Self {
        Self {
            section,
            known: HashMap::new(),
            bytes: Budget::new((section.len() as u64).saturating_mul(4)),
            memory: Budget::new(memory),
            roots: HashMap::new(),
            root_bytes: Budget::new((section.len() as u64).saturating_mul(4)),
        }
    }

    /// The table at an offset, for units of an encoding.
    pub(super) fn at(&mut self, at: DebugAbbrevOffset, encoding: Encoding) -> Result<Arc<Table>, Refused> {
        if let Some(known) = self.known.get(&(at.0, encoding)) {
            return known.clone();
        }
        // A refused table takes memory as well.
        if !self.memory.take(NO_TABLE) {
            return Err(Refused::Excess);
        }
        let size = self.section.get(at.0..).and_then(|table| TableSize::of(table, self.bytes.left()));
        let fits = size.is_some_and(|size| self.bytes.take(size.bytes) && self.memory.take(size.memory));
        let table = if fits {
            let read = gimli::DebugAbbrev::new(self.section, LittleEndian);
            let abbreviations = read.abbreviations(at).map_err(|_| Refused::Damaged);
            abbreviations.map(|abbreviations| Arc::new(Table::new(abbreviations, encoding)))
        } else {
            Err(if at.0 < self.section.len() { Refused::Excess } else { Refused::Damaged })
        };
        self.known.insert((at.0, encoding), table.clone());
        table
    }

    /// One abbreviation of the table at an offset, without reading more of the table than needed.
    pub(super) fn root(&mut self, at: DebugAbbrevOffset, encoding: Encoding, code: u64) -> Result<Arc<Root>, Refused> {
        if let Some(known) = self.roots.get(&(at.0, code)) {
            return known.clone();
        }
        // As many as there are units, and they are limited; so is the length of each.
        let rest = self.section.get(at.0..).unwrap_or_default();
        let most = usize::try_from(self.root_bytes.left()).unwrap_or(usize::MAX);
        let mut table = Bytes { bytes: rest.get(..most).unwrap_or(rest), at: 0 };
        let found = find(&mut table, code);
        if !self.root_bytes.take(table.at as u64 + 1) {
            // Odd enough to read the whole table, which is read once.
            let table = self.at(at, encoding)?;
            let found = table.abbreviations.get(code).ok_or(Refused::Damaged)?;
            return Ok(Arc::new(Root { tag: found.tag(), attributes: found.attributes().to_vec() }));
        }
        let size = found.as_ref().map_or(0, |found| found.attributes.len() as u64);
        if !self.memory.take(ABBREVIATION + ATTRIBUTE * size) {
            return Err(Refused::Excess);
        }
        self.roots.insert((at.0, code), found.clone());
        found
    }
}

/// Find an abbreviation by its code.
fn find(table: &mut Bytes<'_>, code: u64) -> Result<Arc<Root>, Refused> {
    let mut attributes = Vec::new();
    loop {
        let this = table.number()?;
        if this == 0 {
            return Err(Refused::Damaged);
        }
        let is_it = this == code;
        let tag = DwTag(table.short()?);
        let _children = table.number()?;
        for count in 0.. {
            let (name, form) = (table.short()?, table.short()?);
            if (name, form) == (0, 0) {
                break;
            }
            let form = DwForm(form);
            let constant = if form == gimli::DW_FORM_implicit_const { Some(table.signed()?) } else { None };
            if count > limits::ATTRIBUTES {
                return Err(Refused::Excess);
            }
            if is_it {
                attributes.push(AttributeSpecification::new(DwAt(name), form, constant));
            }
        }
        if is_it {
            return Ok(Arc::new(Root { tag, attributes }));
        }
    }
}

/// Bytes that are read as numbers of base 128, nearly all of which have one byte.
struct Bytes<'d> {
    bytes: &'d [u8],
    at: usize,
}

impl Bytes<'_> {
    #[inline]
    fn number(&mut self) -> Result<u64, Refused> {
        match self.bytes.get(self.at) {
            Some(&byte) if byte < 0x80 => {
                self.at += 1;
                Ok(byte.into())
            }
            _ => self.long(|rest| rest.read_uleb128()),
        }
    }

    #[inline]
    fn short(&mut self) -> Result<u16, Refused> {
        u16::try_from(self.number()?).map_err(|_| Refused::Damaged)
    }

    fn signed(&mut self) -> Result<i64, Refused> {
        self.long(|rest| rest.read_sleb128())
    }

    fn long<T>(&mut self, read: impl FnOnce(&mut Reader<'_>) -> gimli::Result<T>) -> Result<T, Refused> {
        let mut rest = EndianSlice::new(self.bytes.get(self.at..).unwrap_or_default(), LittleEndian);
        let before = rest.len();
        let number = read(&mut rest).map_err(|_| Refused::Damaged)?;
        self.at += before - rest.len();
        Ok(number)
    }
}

/// Bytes of the entry for a refused table.
const NO_TABLE: u64 = 64;
/// Bytes of an abbreviation in memory, and of each attribute.
const ABBREVIATION: u64 = 176;
const ATTRIBUTE: u64 = 28;

/// How big a table of abbreviations is.
#[derive(Clone, Copy)]
struct TableSize {
    /// In the file, at least 1.
    bytes: u64,
    /// In memory, about.
    memory: u64,
}

impl TableSize {
    /// Scan a table. `None`: it has more bytes than `most`, or an abbreviation has more attributes than any real one. Attributes
    /// need not take a byte of an entry, so that short entries could cause unbounded work.
    fn of(table: &[u8], most: u64) -> Option<Self> {
        let within = table.get(..usize::try_from(most).unwrap_or(usize::MAX));
        let (table, is_cut) = within.map_or((table, false), |within| (within, within.len() < table.len()));
        let mut memory = 0;
        let mut at = 0;
        let mut number = || {
            let from = at;
            while table.get(at).is_some_and(|byte| byte & 0x80 != 0) {
                at += 1;
            }
            at += 1;
            let last = table.get(at - 1).copied().unwrap_or(0);
            // Whether it is 0, and where it ends; long ways to write 0 are 0.
            (last == 0 && table.get(from..at - 1).unwrap_or_default().iter().all(|&b| b == 0x80), last, at)
        };
        loop {
            let (ends, _, here) = number();
            // A table may end where the budget does.
            if is_cut && here + usize::from(!ends) > table.len() {
                return None;
            }
            if ends || here >= table.len() {
                return Some(Self { bytes: here as u64, memory });
            }
            memory += ABBREVIATION;
            let (_, _, _) = number();
            let (_, _, _) = number(); // the byte for children is 0 or 1
            for attributes in 0.. {
                if attributes > limits::ATTRIBUTES {
                    return None;
                }
                memory += ATTRIBUTE;
                let (no_name, _, here) = number();
                let (no_form, form, _) = number();
                if (no_name && no_form) || here >= table.len() {
                    break;
                }
                if u16::from(form) == gimli::DW_FORM_implicit_const.0 {
                    let (_, _, _) = number();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::TableSize;

    #[test]
    fn a_table_may_take_the_rest_of_the_budget() {
        // One abbreviation without attributes, and the start of another table.
        let section = [1, 0x11, 0, 0, 0, 0, 2, 0x11, 0, 0, 0, 0];
        assert_eq!(TableSize::of(&section, 6).map(|size| size.bytes), Some(6));
        assert_eq!(TableSize::of(&section, 12).map(|size| size.bytes), Some(6));
        assert!(TableSize::of(&section, 5).is_none());
        assert_eq!(TableSize::of(&section[6..], 6).map(|size| size.bytes), Some(6));
    }
}
