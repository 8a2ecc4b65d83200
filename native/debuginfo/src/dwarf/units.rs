//! The units of a file: where they are, and what their first entries say.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use gimli::{
    Abbreviations, AttributeValue, DebugAbbrevOffset, DebugInfoOffset, DebugLineOffset, EndianSlice, LittleEndian,
    SectionId,
};

use super::Reader;
use super::scopes::Scopes;
use crate::image::Image;
use crate::limits::{self, Budget};

/// All units of a file.
pub(crate) struct Units<'d> {
    pub(crate) dwarf: gimli::Dwarf<Reader<'d>>,
    /// In the order of the file.
    pub(crate) list: Vec<Unit<'d>>,
    /// Units that cannot be read at all.
    pub(crate) broken: u64,
    /// Units whose lines are left out, because too many share them.
    pub(crate) without_lines: u64,
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
    pub(super) scopes: OnceLock<Scopes>,
}

impl<'d> Units<'d> {
    /// List the units of an image.
    pub(crate) fn of(image: &'d Image<'_>) -> Self {
        let section = |id: SectionId| -> Result<Reader<'d>, gimli::Error> {
            Ok(EndianSlice::new(image.section(id.name()), LittleEndian))
        };
        let dwarf = gimli::Dwarf::load(section).unwrap_or_default();
        let mut units = Self { dwarf, list: Vec::new(), broken: 0, without_lines: 0 };
        units.list_all(image.section(".debug_info"), image.section(".debug_abbrev"));
        units.limit_lines(image.section(".debug_line"));
        units
    }

    /// The unit that holds an offset of `.debug_info`.
    pub(super) fn at(&self, offset: usize) -> Option<&Unit<'d>> {
        let next = self.list.partition_point(|unit| unit.start <= offset);
        self.list.get(next.checked_sub(1)?).filter(|unit| offset < unit.end)
    }

    fn list_all(&mut self, info: &[u8], abbrev: &[u8]) {
        let mut tables: HashMap<usize, Option<Arc<Abbreviations>>> = HashMap::new();
        let mut budget = Budget::new(limits::ABBREVIATIONS);
        let mut start = 0;
        while start < info.len() {
            // The length leads on, whatever is wrong inside.
            let Some(length) = initial_length(info, start) else {
                self.broken += 1;
                break;
            };
            let end = start + length;
            let header = self.dwarf.debug_info.header_from_offset(DebugInfoOffset(start));
            let unit = header.ok().and_then(|header| {
                let at = header.debug_abbrev_offset();
                let table = tables.entry(at.0).or_insert_with(|| self.abbreviations(at, abbrev, &mut budget));
                self.open(header, Arc::clone(table.as_ref()?), start, end)
            });
            match unit {
                Some(Some(unit)) => self.list.push(unit),
                Some(None) => {}
                None => self.broken += 1,
            }
            start = end;
        }
    }

    fn abbreviations(&self, at: DebugAbbrevOffset, section: &[u8], budget: &mut Budget) -> Option<Arc<Abbreviations>> {
        let length = table_length(section.get(at.0..)?)?;
        if !budget.take(length as u64) {
            return None;
        }
        self.dwarf.debug_abbrev.abbreviations(at).ok().map(Arc::new)
    }

    /// Read the first entry. `None`: it is damaged; `Some(None)`: there is none.
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
        unit.name = name.and_then(|value| self.dwarf.attr_string(&unit, value).ok());
        unit.comp_dir = comp_dir.and_then(|value| self.dwarf.attr_string(&unit, value).ok());
        if let Some(Ok(Some(address))) = low_pc.map(|value| self.dwarf.attr_address(&unit, value)) {
            unit.low_pc = address;
        }
        Some(Some(Unit { unit, start, end, lines, line_bytes: 0, scopes: OnceLock::new() }))
    }

    /// Line programs of honest files belong to a unit each. All of them together may be run twice.
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

/// The bytes from `start` to the end that an initial length there tells, the length's own included, and no more than there
/// are. `None`: there is no room for a length.
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

/// The bytes of a table of abbreviations, at least 1. `None`: one has more attributes than any real one. They need not take a
/// byte of an entry each, so that short entries could ask for endless work.
fn table_length(table: &[u8]) -> Option<usize> {
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
        if ends || here >= table.len() {
            return Some(here);
        }
        let (_, _, _) = number();
        let (_, _, _) = number(); // the byte that tells of children is 0 or 1
        for attributes in 0.. {
            if attributes > limits::ATTRIBUTES {
                return None;
            }
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
