//! The units of a file: their positions, and the attributes of their first entries.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use gimli::{
    Abbreviations, AttributeValue, DebugAbbrevOffset, DebugInfoOffset, DebugLineOffset, EndianSlice, LittleEndian,
    SectionId,
};

use super::Reader;
use super::naming::LongEntries;
use super::scopes::Scopes;
use crate::image::Image;
use crate::limits::{self, Budget};
use crate::strings::Strings;

/// All units of a file.
pub(crate) struct Units<'d> {
    pub(crate) dwarf: gimli::Dwarf<Reader<'d>>,
    /// In the order of the file.
    pub(crate) list: Vec<Unit<'d>>,
    /// Units that cannot be read at all.
    pub(crate) broken: u64,
    /// Units whose lines are left out, because too many share them.
    pub(crate) without_lines: u64,
    /// Units that are left out because they or their abbreviations are too many for so few bytes.
    pub(crate) excess: u64,
    pub(super) long_entries: LongEntries<'d>,
    strings: Strings<'d>,
    line_strings: Strings<'d>,
}

/// A unit, ready to be read.
pub(crate) struct Unit<'d> {
    pub(crate) unit: gimli::Unit<Reader<'d>>,
    /// Where it begins and ends in `.debug_info`.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Where its line program begins.
    pub(crate) lines: Option<DebugLineOffset>,
    /// Bytes of its line program.
    pub(crate) line_bytes: u64,
    /// Its namespaces and types, listed when first needed.
    pub(super) scopes: OnceLock<Scopes<'d>>,
}

impl<'d> Units<'d> {
    /// List the units of an image.
    pub(crate) fn of(image: &'d Image<'_>) -> Self {
        let section = |id: SectionId| -> Result<Reader<'d>, gimli::Error> {
            Ok(EndianSlice::new(image.section(id.name()), LittleEndian))
        };
        let dwarf = gimli::Dwarf::load(section).unwrap_or_default();
        let mut units = Self {
            dwarf,
            list: Vec::new(),
            broken: 0,
            without_lines: 0,
            excess: 0,
            long_entries: LongEntries::default(),
            strings: Strings::new(image.section(".debug_str")),
            line_strings: Strings::new(image.section(".debug_line_str")),
        };
        units.list_all(image);
        units.limit_lines(image.section(".debug_line"));
        units
    }

    /// The unit that holds an offset of `.debug_info`.
    pub(super) fn at(&self, offset: usize) -> Option<&Unit<'d>> {
        let next = self.list.partition_point(|unit| unit.start <= offset);
        self.list.get(next.checked_sub(1)?).filter(|unit| offset < unit.end)
    }

    /// The text that an attribute has, in the entry or in a section of strings.
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

    fn list_all(&mut self, image: &Image<'_>) {
        let (info, abbrev) = (image.section(".debug_info"), image.section(".debug_abbrev"));
        let mut tables = Tables {
            known: HashMap::new(),
            bytes: Budget::new(abbrev.len() as u64),
            memory: Budget::new(limits::descriptions(image.bytes())),
        };
        let mut memory = Budget::new(limits::descriptions(image.bytes()));
        let mut start = 0;
        while start < info.len() {
            // The length leads to the next unit even if this one is damaged.
            let Some(length) = initial_length(info, start) else {
                self.broken += 1;
                break;
            };
            let end = start + length;
            if memory.is_used_up() {
                self.excess += 1;
                start = end;
                continue;
            }
            let header = self.dwarf.debug_info.header_from_offset(DebugInfoOffset(start));
            let unit = header.map_err(|_| Refused::Damaged).and_then(|header| {
                let table = tables.at(header.debug_abbrev_offset(), abbrev, &self.dwarf.debug_abbrev)?;
                self.open(header, table, start, end).ok_or(Refused::Damaged)
            });
            match unit {
                Ok(Some(unit)) if memory.take(size_of::<Unit<'_>>() as u64) => self.list.push(unit),
                Ok(None) => {}
                Ok(Some(_)) | Err(Refused::Excess) => self.excess += 1,
                Err(Refused::Damaged) => self.broken += 1,
            }
            start = end;
        }
    }

    /// Read the first entry. `None`: it is damaged; `Some(None)`: the unit has no entry.
    fn open(
        &self,
        header: gimli::UnitHeader<Reader<'d>>,
        abbreviations: Arc<Abbreviations>,
        start: usize,
        end: usize,
    ) -> Option<Option<Unit<'d>>> {
        let encoding = header.encoding();
        let file = self.dwarf.file_type;
        let mut unit = gimli::Unit {
            abbreviations: Arc::clone(&abbreviations),
            name: None,
            comp_dir: None,
            low_pc: 0,
            str_offsets_base: gimli::DebugStrOffsetsBase::default_for_encoding_and_file(encoding, file),
            addr_base: gimli::DebugAddrBase(0),
            loclists_base: gimli::DebugLocListsBase::default_for_encoding_and_file(encoding, file),
            rnglists_base: gimli::DebugRngListsBase::default_for_encoding_and_file(encoding, file),
            line_program: None,
            dwo_id: None,
            header,
        };
        if end - start <= unit.header.root_offset().0 {
            return Some(None);
        }
        let mut entries = unit.header.entries_raw(&abbreviations, None).ok()?;
        let Some(root) = entries.read_abbreviation().ok()? else { return Some(None) };
        let (mut name, mut comp_dir, mut low_pc, mut lines) = (None, None, None, None);
        for &spec in root.attributes() {
            let attribute = entries.read_attribute(spec).ok()?;
            match (attribute.name(), attribute.value()) {
                (gimli::DW_AT_name, value) => name = Some(value),
                (gimli::DW_AT_comp_dir, value) => comp_dir = Some(value),
                (gimli::DW_AT_low_pc, value) => low_pc = Some(value),
                (gimli::DW_AT_stmt_list, AttributeValue::DebugLineRef(offset)) => lines = Some(offset),
                (gimli::DW_AT_str_offsets_base, AttributeValue::DebugStrOffsetsBase(base)) => {
                    unit.str_offsets_base = base;
                }
                (gimli::DW_AT_addr_base, AttributeValue::DebugAddrBase(base)) => unit.addr_base = base,
                (gimli::DW_AT_rnglists_base, AttributeValue::DebugRngListsBase(base)) => unit.rnglists_base = base,
                _ => {}
            }
        }
        let reader = |text| EndianSlice::new(text, LittleEndian);
        unit.name = name.and_then(|value| self.text(&unit, &value)).map(reader);
        unit.comp_dir = comp_dir.and_then(|value| self.text(&unit, &value)).map(reader);
        if let Some(Ok(Some(address))) = low_pc.map(|value| self.dwarf.attr_address(&unit, value)) {
            unit.low_pc = address;
        }
        Some(Some(Unit { unit, start, end, lines, line_bytes: 0, scopes: OnceLock::new() }))
    }

    /// In real files each line program belongs to one unit. All of them together may be run twice.
    fn limit_lines(&mut self, section: &[u8]) {
        let mut budget = Budget::new((section.len() as u64).saturating_mul(2));
        for unit in &mut self.list {
            let Some(offset) = unit.lines else { continue };
            if section.is_empty() {
                unit.lines = None;
                continue;
            }
            unit.line_bytes = initial_length(section, offset.0).unwrap_or(0) as u64;
            if !budget.take(unit.line_bytes) {
                unit.lines = None;
                self.without_lines += 1;
            }
        }
    }
}

/// The bytes from `start` to the end that an initial length there states, the length's own included, and at most the rest of
/// the section. `None`: the section ends before the length does.
fn initial_length(section: &[u8], start: usize) -> Option<usize> {
    let rest = section.get(start..)?;
    let (short, after) = rest.split_first_chunk::<4>()?;
    let short = u32::from_le_bytes(*short);
    let length = if short == u32::MAX {
        u64::from_le_bytes(*after.first_chunk::<8>()?).saturating_add(12)
    } else {
        u64::from(short).saturating_add(4)
    };
    Some(usize::try_from(length).unwrap_or(usize::MAX).min(rest.len()))
}

/// Why a unit is left out.
#[derive(Clone, Copy, Debug)]
enum Refused {
    Damaged,
    Excess,
}

/// Tables of abbreviations by their offsets. Linkers share one among all units, others write one for each.
struct Tables {
    known: HashMap<usize, Result<Arc<Abbreviations>, Refused>>,
    /// Bytes to read: all of the section once. Tables do not overlap, or a few bytes would be the end of many.
    bytes: Budget,
    /// Bytes in memory.
    memory: Budget,
}

impl Tables {
    fn at(
        &mut self,
        at: DebugAbbrevOffset,
        section: &[u8],
        read: &gimli::DebugAbbrev<Reader<'_>>,
    ) -> Result<Arc<Abbreviations>, Refused> {
        if let Some(known) = self.known.get(&at.0) {
            return known.clone();
        }
        // A refused table takes memory as well.
        if !self.memory.take(NO_TABLE) {
            return Err(Refused::Excess);
        }
        let size = section.get(at.0..).and_then(|table| TableSize::of(table, self.bytes.left()));
        let fits = size.is_some_and(|size| self.bytes.take(size.bytes) && self.memory.take(size.memory));
        let table = if fits {
            read.abbreviations(at).map(Arc::new).map_err(|_| Refused::Damaged)
        } else {
            Err(if at.0 < section.len() { Refused::Excess } else { Refused::Damaged })
        };
        self.known.insert(at.0, table.clone());
        table
    }
}

/// Bytes of the entry for a refused table.
const NO_TABLE: u64 = 64;
/// Bytes of an abbreviation in memory, and of each attribute.
const ABBREVIATION: u64 = 160;
const ATTRIBUTE: u64 = 16;

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
            if here >= table.len() && is_cut {
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
