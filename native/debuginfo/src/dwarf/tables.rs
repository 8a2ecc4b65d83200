//! Tables of abbreviations.
//!
//! The first entry of a unit needs one abbreviation, its other entries need all. Listing the units of a file therefore
//! reads one abbreviation of each, and a table is read when the unit's entries are.

use std::collections::HashMap;
use std::sync::Arc;

use gimli::{AttributeSpecification, DebugAbbrevOffset, DwTag, Encoding};

use super::abbreviations::{Bytes, Refused};
use super::shapes::Table;
use crate::limits::{self, Budget};

/// Tables of abbreviations by their offsets. Linkers share one among all units, others write one for each.
#[derive(Debug)]
pub(super) struct Tables<'d> {
    section: &'d [u8],
    known: HashMap<(usize, Encoding), Result<Arc<Table<'d>>, Refused>>,
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
    pub(super) fn at(&mut self, at: DebugAbbrevOffset, encoding: Encoding) -> Result<Arc<Table<'d>>, Refused> {
        if let Some(known) = self.known.get(&(at.0, encoding)) {
            return known.clone();
        }
        // A refused table takes memory as well.
        if !self.memory.take(NO_TABLE) {
            return Err(Refused::Excess);
        }
        let rest = self.section.get(at.0..).unwrap_or_default();
        let table = match read(rest, encoding, &mut self.bytes, &mut self.memory) {
            _ if rest.is_empty() => Err(Refused::Damaged),
            table => table.map(Arc::new),
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
            let found = table.shape(code).ok_or(Refused::Damaged)?;
            return Ok(Arc::new(Root { tag: found.tag, attributes: table.attributes(found).collect() }));
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
    loop {
        let this = table.number()?;
        if this == 0 {
            return Err(Refused::Damaged);
        }
        let tag = DwTag(table.short()?);
        let _children = table.number()?;
        if this != code {
            table.skip_attributes(limits::ATTRIBUTES)?;
            continue;
        }
        let mut attributes = Vec::new();
        while let Some(attribute) = table.attribute()? {
            if attributes.len() > limits::ATTRIBUTES {
                return Err(Refused::Excess);
            }
            attributes.push(attribute);
        }
        return Ok(Arc::new(Root { tag, attributes }));
    }
}

/// Bytes of the entry for a refused table.
const NO_TABLE: u64 = 64;
/// Bytes of an abbreviation in memory, and of what is made of each attribute.
const ABBREVIATION: u64 = 64;
const ATTRIBUTE: u64 = 24;

/// Read a table, which is charged to the budgets: what is left of its section, and of memory.
fn read<'d>(
    section: &'d [u8],
    encoding: Encoding,
    bytes: &mut Budget,
    memory: &mut Budget,
) -> Result<Table<'d>, Refused> {
    let most = usize::try_from(bytes.left()).unwrap_or(usize::MAX);
    let within = section.get(..most).unwrap_or(section);
    let mut input = Bytes { bytes: within, at: 0 };
    let read = abbreviations(&mut input, encoding, memory);
    // A table may end where the budget does, and without a mark where the section does; then it takes a byte.
    let is_cut = within.len() < section.len() && input.at >= within.len() && !matches!(read, Ok((_, true)));
    let fits = !is_cut && bytes.take(input.at.max(1) as u64);
    if fits { read.map(|(table, _)| table) } else { Err(Refused::Excess) }
}

/// The abbreviations of a table, and whether a mark ends it.
fn abbreviations<'d>(
    input: &mut Bytes<'d>,
    encoding: Encoding,
    memory: &mut Budget,
) -> Result<(Table<'d>, bool), Refused> {
    let mut table = Table::new(input.bytes, encoding);
    let mut attributes = Vec::new();
    while input.at < input.bytes.len() {
        let code = input.number()?;
        if code == 0 {
            return Ok((table, true));
        }
        let tag = DwTag(input.short()?);
        let has_children = input.number()?;
        attributes.clear();
        let first = input.at;
        while let Some(attribute) = input.attribute()? {
            if attribute.name().0 == 0 || attribute.form() == gimli::DW_FORM_null {
                return Err(Refused::Damaged);
            }
            // Attributes need not take a byte of an entry, so that short entries could cause unbounded work.
            if attributes.len() > limits::ATTRIBUTES {
                return Err(Refused::Excess);
            }
            attributes.push(attribute);
        }
        if tag == gimli::DW_TAG_null || has_children > 1 {
            return Err(Refused::Damaged);
        }
        if !memory.take(ABBREVIATION + ATTRIBUTE * attributes.len() as u64) {
            return Err(Refused::Excess);
        }
        if !table.add(code, tag, has_children == 1, first, &attributes) {
            return Err(Refused::Damaged);
        }
    }
    Ok((table, false))
}

#[cfg(test)]
mod tests {
    use gimli::{Encoding, Format};

    use super::{Refused, read};
    use crate::limits::Budget;

    /// The bytes that reading a table takes of a budget of so many; `None`: it is refused as too long.
    fn taken(section: &[u8], most: u64) -> Option<u64> {
        let encoding = Encoding { format: Format::Dwarf32, version: 5, address_size: 8 };
        let (mut bytes, mut memory) = (Budget::new(most), Budget::new(1 << 20));
        match read(section, encoding, &mut bytes, &mut memory) {
            Ok(_) => Some(most - bytes.left()),
            Err(Refused::Excess | Refused::Damaged) => None,
        }
    }

    #[test]
    fn a_table_may_take_the_rest_of_the_budget() {
        // One abbreviation without attributes, and the start of another table.
        let section = [1, 0x11, 0, 0, 0, 0, 2, 0x11, 0, 0, 0, 0];
        assert_eq!(taken(&section, 6), Some(6));
        assert_eq!(taken(&section, 12), Some(6));
        assert_eq!(taken(&section, 5), None);
        assert_eq!(taken(&section[6..], 6), Some(6));
        // Without the mark at its end.
        assert_eq!(taken(&section[..5], 6), Some(5));
        assert_eq!(taken(&section[..5], 4), None);
    }

    #[test]
    fn damaged_tables_are_refused() {
        // No tag; a value for children that does not exist; one code twice, in order and after a gap; no name; no form.
        let damaged: [&[u8]; 6] = [
            &[1, 0, 0, 0, 0, 0],
            &[1, 0x11, 2, 0, 0, 0],
            &[1, 0x11, 0, 0, 0, 1, 0x11, 0, 0, 0, 0],
            &[3, 0x11, 0, 0, 0, 3, 0x11, 0, 0, 0, 0],
            &[1, 0x11, 0, 0, 1, 0, 0, 0],
            &[1, 0x11, 0, 1, 0, 0, 0, 0],
        ];
        for section in damaged {
            assert_eq!(taken(section, 64), None, "{section:?}");
        }
        // A code after a gap that is in order later.
        assert_eq!(taken(&[2, 0x11, 0, 0, 0, 1, 0x11, 0, 0, 0, 2, 0x11, 0, 0, 0, 0], 64), None);
        assert_eq!(taken(&[2, 0x11, 0, 0, 0, 1, 0x11, 0, 0, 0, 0], 64), Some(11));
    }
}
