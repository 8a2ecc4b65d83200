//! The units of a file: their positions, and the attributes of their first entries.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use gimli::{
    Abbreviations, AttributeValue, DebugInfoOffset, DebugLineOffset, EndianSlice, LittleEndian, Reader as _, SectionId,
    UnitType,
};

use super::Reader;
use super::code::Code;
use super::naming::LongEntries;
use super::scopes::Scopes;
use super::tables::{Refused, Tables};
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
    tables: Mutex<Tables<'d>>,
    strings: Strings<'d>,
    line_strings: Strings<'d>,
}

/// A unit, ready to be read.
pub(crate) struct Unit<'d> {
    /// What its header and its first entry say; it has no abbreviations.
    pub(crate) unit: gimli::Unit<Reader<'d>>,
    /// Where it begins and ends in `.debug_info`.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Whether it has no code, but entries that others refer to.
    pub(super) is_partial: bool,
    /// Where its line program begins.
    pub(crate) lines: Option<DebugLineOffset>,
    /// Bytes of its line program.
    pub(crate) line_bytes: u64,
    /// The code that its first entry states.
    pub(super) code: Code<'d>,
    /// Its abbreviations, read when first needed.
    table: OnceLock<Result<Arc<Abbreviations>, Refused>>,
    /// Its namespaces and types, listed when first needed.
    pub(super) scopes: OnceLock<Scopes<'d>>,
}

impl<'d> Units<'d> {
    /// List the units of an image, and read all that is needed to read their entries.
    pub(crate) fn of(image: &'d Image<'_>) -> Self {
        let mut units = Self::listed(image);
        let mut list = std::mem::take(&mut units.list);
        list.retain(|unit| match units.table(unit) {
            Ok(_) => true,
            Err(Refused::Damaged) => {
                units.broken += 1;
                false
            }
            Err(Refused::Excess) => {
                units.excess += 1;
                false
            }
        });
        units.list = list;
        units
    }

    /// List the units of an image; their abbreviations are read when they are needed.
    pub(crate) fn listed(image: &'d Image<'_>) -> Self {
        let section = |id: SectionId| -> Result<Reader<'d>, gimli::Error> {
            Ok(EndianSlice::new(image.section(id.name()), LittleEndian))
        };
        let dwarf = gimli::Dwarf::load(section).unwrap_or_default();
        let tables = Tables::new(image.section(".debug_abbrev"), limits::descriptions(image.bytes()));
        let mut units = Self {
            dwarf,
            list: Vec::new(),
            broken: 0,
            without_lines: 0,
            excess: 0,
            long_entries: LongEntries::default(),
            tables: Mutex::new(tables),
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

    /// The abbreviations of a unit.
    pub(super) fn table<'u>(&self, unit: &'u Unit<'d>) -> Result<&'u Abbreviations, Refused> {
        let read = || {
            let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
            tables.at(unit.unit.header.debug_abbrev_offset())
        };
        unit.table.get_or_init(read).as_deref().map_err(|&refused| refused)
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
        let info = image.section(".debug_info");
        let mut memory = Budget::new(limits::descriptions(image.bytes()));
        let no_table = Arc::new(Abbreviations::default());
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
            let unit = header.map_err(|_| Refused::Damaged).and_then(|header| self.open(header, &no_table, start, end));
            match unit {
                Ok(Some(unit)) if memory.take(size_of::<Unit<'_>>() as u64) => self.list.push(unit),
                Ok(None) => {}
                Ok(Some(_)) | Err(Refused::Excess) => self.excess += 1,
                Err(Refused::Damaged) => self.broken += 1,
            }
            start = end;
        }
    }

    /// Read the first entry. `None`: the unit has no entry.
    fn open(
        &self,
        header: gimli::UnitHeader<Reader<'d>>,
        no_table: &Arc<Abbreviations>,
        start: usize,
        end: usize,
    ) -> Result<Option<Unit<'d>>, Refused> {
        let encoding = header.encoding();
        let file = self.dwarf.file_type;
        let mut unit = gimli::Unit {
            abbreviations: Arc::clone(no_table),
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
        let has_only_types = matches!(unit.header.type_(), UnitType::Type { .. } | UnitType::SplitType { .. });
        if has_only_types || end - start <= unit.header.root_offset().0 {
            return Ok(None);
        }
        let damaged = |_| Refused::Damaged;
        let mut input = unit.header.range_from(unit.header.root_offset()..).map_err(damaged)?;
        let code = input.read_uleb128().map_err(damaged)?;
        if code == 0 {
            return Ok(None);
        }
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let root = tables.root(unit.header.debug_abbrev_offset(), code)?;
        drop(tables);
        // Attributes are read one by one, so that it does not matter where the entry began.
        let mut entry = gimli::EntriesRaw::new(input, encoding, no_table, unit.header.root_offset());
        let (mut name, mut comp_dir, mut low_pc, mut lines) = (None, None, None, None);
        let mut ranges = Code::default();
        for &spec in &root.attributes {
            let attribute = entry.read_attribute(spec).map_err(damaged)?;
            ranges.take(attribute.name(), || attribute.value());
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
        // It has only what other units refer to, and the line program of one of them, for the names of files.
        let is_partial = root.tag == gimli::DW_TAG_partial_unit;
        if is_partial {
            lines = None;
        }
        let reader = |text| EndianSlice::new(text, LittleEndian);
        unit.name = name.and_then(|value| self.text(&unit, &value)).map(reader);
        unit.comp_dir = comp_dir.and_then(|value| self.text(&unit, &value)).map(reader);
        if let Some(Ok(Some(address))) = low_pc.map(|value| self.dwarf.attr_address(&unit, value)) {
            unit.low_pc = address;
        }
        Ok(Some(Unit {
            unit,
            start,
            end,
            is_partial,
            lines,
            line_bytes: 0,
            code: ranges,
            table: OnceLock::new(),
            scopes: OnceLock::new(),
        }))
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
