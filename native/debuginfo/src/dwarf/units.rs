//! The units of a file: their positions, and the attributes of their first entries.

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, OnceLock};

use gimli::{
    Abbreviations, AttributeValue, DebugInfoOffset, DebugLineOffset, EndianSlice, LittleEndian, Reader as _, SectionId,
    UnitType,
};

use super::Reader;
use super::abbreviations::Refused;
use super::aranges;
use super::code::Code;
use super::fields::Attribute;
use super::naming::LongEntries;
use super::scopes::Scopes;
use super::shapes::Table;
use super::source::Source;
use super::split::Split;
use crate::image::{Image, SplitFile};
use crate::limits::{self, Budget};
use crate::release::Release;
use crate::wanted::Wanted;

/// Bytes of `.debug_info` that are looked at until they may leave memory.
const RELEASED: usize = 16 << 20;

/// All units of a file.
pub(crate) struct Units<'d> {
    main: Source<'d>,
    /// The file that the image shares with others, if there is one; then those of split units.
    others: Vec<Source<'d>>,
    has_shared: bool,
    /// In the order of the file; those that are in files of their own come last.
    pub(crate) list: Vec<Unit<'d>>,
    /// Units of the shared file, which have no code.
    shared: Vec<Unit<'d>>,
    /// Units that cannot be read at all.
    pub(crate) broken: u64,
    /// Units whose entries are in files that were not found.
    pub(crate) missing: u64,
    /// Units whose lines are left out, because too many share them.
    pub(crate) without_lines: u64,
    /// Units that are left out because they or their abbreviations are too many for so few bytes.
    pub(crate) excess: u64,
    pub(super) long_entries: LongEntries<'d>,
    /// Whether all functions are wanted.
    pub(super) are_whole: bool,
    /// The image, if only some of its units are listed; and all of them, listed when an entry of another one is needed.
    image: Option<&'d Image<'d>>,
    whole: OnceLock<Box<Self>>,
}

/// A unit, ready to be read.
pub(crate) struct Unit<'d> {
    /// What its header and its first entry say; it has no abbreviations.
    pub(crate) unit: gimli::Unit<Reader<'d>>,
    /// Where it begins and ends in the `.debug_info` of all sources.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Which source it is in: 0 is the image, others follow.
    source: usize,
    /// Where the `.debug_info` of its source begins, and that of the shared file.
    pub(super) info_start: usize,
    pub(super) shared_start: usize,
    /// What the image has of it, if its entries are in another file.
    skeleton: Option<Box<gimli::Unit<Reader<'d>>>>,
    /// The name of the file that has its entries.
    split_name: Option<&'d [u8]>,
    /// Whether it has no code, but entries that others refer to.
    pub(crate) is_partial: bool,
    /// Where its line program begins.
    pub(crate) lines: Option<DebugLineOffset>,
    /// Bytes of its line program.
    pub(crate) line_bytes: u64,
    /// The code that its first entry states.
    pub(super) code: Code<'d>,
    /// Its abbreviations, read when first needed.
    table: OnceLock<Result<Arc<Table<'d>>, Refused>>,
    /// Its namespaces and types, listed when first needed.
    pub(super) scopes: OnceLock<Scopes>,
    /// Those outside functions and types, listed when first needed and `scopes` are not listed.
    pub(super) outer_scopes: OnceLock<Scopes>,
    /// Bytes of functions and types that were read for those inside them.
    pub(super) listed_again: AtomicUsize,
}

impl<'d> Units<'d> {
    /// List the units of an image, and read all that is needed to read their entries; of some of them, if its time is over.
    pub(crate) fn of(image: &'d Image<'d>) -> Self {
        let mut units = Self { are_whole: true, ..Self::listed(image) };
        let mut list = std::mem::take(&mut units.list);
        list.retain(|unit| match units.table(unit) {
            _ if image.deadline.is_over() => false,
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

    /// List those units of an image that `.debug_aranges` has for some addresses, if it has all of these. `None`: it has not, or
    /// units are in other files.
    pub(crate) fn by_aranges(image: &'d Image<'d>, wanted: &Wanted) -> Option<Self> {
        let section = image.section(".debug_aranges");
        let is_apart = !image.shared.is_empty() || !image.split.is_empty() || !image.objects.is_empty();
        if section.is_empty() || is_apart || wanted.as_slice().len() > limits::LISTED {
            return None;
        }
        let offsets = aranges::units_at(section, wanted, image.base)?;
        let mut units = Self { image: Some(image), ..Self::none(image) };
        let no_table = Arc::new(Abbreviations::default());
        let info = units.main.info();
        for start in offsets {
            let end = start + initial_length(info, start)?;
            let unit = units.open(0, &no_table, start, end).ok()??;
            // Skeletons, and units that others share, are read with all.
            if unit.unit.dwo_id.is_some() || unit.is_partial {
                return None;
            }
            units.list.push(unit);
        }
        units.limit_lines(image.section(".debug_line"), image.release);
        Some(units)
    }

    /// List the first units of an image, so many of them. `None`: parts of it are in other files, or the first units are damaged.
    pub(crate) fn first(image: &'d Image<'d>, count: usize) -> Option<Self> {
        if !image.shared.is_empty() || !image.split.is_empty() {
            return None;
        }
        let mut units = Self { image: Some(image), ..Self::none(image) };
        let no_table = Arc::new(Abbreviations::default());
        let info = units.main.info();
        let mut start = 0;
        while start < info.len() && units.list.len() < count {
            let end = start + initial_length(info, start)?;
            units.list.extend(units.open(0, &no_table, start, end).ok()?);
            start = end;
        }
        units.limit_lines(image.section(".debug_line"), image.release);
        Some(units)
    }

    /// The sections of an image, and no unit.
    fn none(image: &'d Image<'_>) -> Self {
        let section = |id: SectionId| -> Result<Reader<'d>, gimli::Error> {
            Ok(EndianSlice::new(image.section(id.name()), LittleEndian))
        };
        let dwarf = gimli::Dwarf::load(section).unwrap_or_default();
        let memory = limits::descriptions(image.bytes());
        Self {
            main: Source::new(dwarf, 0, memory),
            others: Vec::new(),
            has_shared: !image.shared.is_empty(),
            list: Vec::new(),
            shared: Vec::new(),
            broken: 0,
            missing: 0,
            without_lines: 0,
            excess: 0,
            long_entries: LongEntries::default(),
            are_whole: false,
            image: None,
            whole: OnceLock::new(),
        }
    }

    /// List the units of an image; their abbreviations are read when they are needed.
    pub(crate) fn listed(image: &'d Image<'d>) -> Self {
        let mut units = Self::none(image);
        let memory = limits::descriptions(image.bytes());
        if units.has_shared {
            let section = |id: SectionId| -> Result<Reader<'d>, gimli::Error> {
                Ok(EndianSlice::new(crate::image::section(&image.shared, id.name()), LittleEndian))
            };
            let dwarf = gimli::Dwarf::load(section).unwrap_or_default();
            units.others.push(Source::new(dwarf, units.main.end(), memory));
            units.shared = units.list_all(1, image);
        }
        units.list = units.list_all(0, image);
        units.limit_lines(image.section(".debug_line"), image.release);
        units.join_split(image);
        units
    }

    fn source_at(&self, index: usize) -> &Source<'d> {
        index.checked_sub(1).and_then(|index| self.others.get(index)).unwrap_or(&self.main)
    }

    /// The sections that a unit is in.
    pub(super) fn dwarf(&self, unit: &Unit<'d>) -> &gimli::Dwarf<Reader<'d>> {
        &self.source_at(unit.source).dwarf
    }

    /// The sections of the image, which have the lines of all units.
    pub(super) const fn of_image(&self) -> &gimli::Dwarf<Reader<'d>> {
        &self.main.dwarf
    }

    /// The sections and the unit that the addresses of a unit's first entry are in: the image's also for split ones.
    pub(super) fn of_root<'u>(
        &'u self,
        unit: &'u Unit<'d>,
    ) -> (&'u gimli::Dwarf<Reader<'d>>, &'u gimli::Unit<Reader<'d>>) {
        match &unit.skeleton {
            Some(skeleton) => (&self.main.dwarf, skeleton),
            None => (self.dwarf(unit), &unit.unit),
        }
    }

    /// The unit that holds an offset of `.debug_info`.
    pub(super) fn at(&self, offset: usize) -> Option<&Unit<'d>> {
        let is_shared =
            self.has_shared && self.others.first().is_some_and(|shared| (shared.start..shared.end()).contains(&offset));
        let list = if is_shared { &self.shared } else { &self.list };
        let next = list.partition_point(|unit| unit.start <= offset);
        let found = next.checked_sub(1).and_then(|at| list.get(at)).filter(|unit| offset < unit.end);
        found.or_else(|| {
            let image = self.image?;
            self.whole.get_or_init(|| Box::new(Self::listed(image))).at(offset)
        })
    }

    /// The abbreviations of a unit.
    pub(super) fn table<'u>(&self, unit: &'u Unit<'d>) -> Result<&'u Table<'d>, Refused> {
        let header = &unit.unit.header;
        let read = || self.source_at(unit.source).table(header.debug_abbrev_offset(), header.encoding());
        unit.table.get_or_init(read).as_deref().map_err(|&refused| refused)
    }

    /// Whether a unit may have inlined calls, as its abbreviations say.
    pub(crate) fn has_calls(&self, unit: &Unit<'d>) -> bool {
        self.table(unit).is_ok_and(Table::has_calls)
    }

    /// The text at an offset of the section of strings that a unit refers to.
    #[inline]
    pub(super) fn string(&self, unit: &Unit<'d>, offset: usize) -> Option<&'d [u8]> {
        self.source_at(unit.source).string(offset)
    }

    /// The text that an attribute has, in the entry or in a section of strings.
    pub(super) fn text(&self, unit: &Unit<'d>, value: &AttributeValue<Reader<'d>>) -> Option<&'d [u8]> {
        self.text_in(self.source_at(unit.source), &unit.unit, value)
    }

    /// The text that an attribute of a line program has.
    pub(super) fn text_of_lines(&self, unit: &Unit<'d>, value: &AttributeValue<Reader<'d>>) -> Option<&'d [u8]> {
        self.text_in(&self.main, unit.skeleton.as_deref().unwrap_or(&unit.unit), value)
    }

    fn text_in(
        &self,
        source: &Source<'d>,
        unit: &gimli::Unit<Reader<'d>>,
        value: &AttributeValue<Reader<'d>>,
    ) -> Option<&'d [u8]> {
        match *value {
            AttributeValue::DebugStrRefSup(offset) => self.others.first().filter(|_| self.has_shared)?.string(offset.0),
            _ => source.text(unit, value),
        }
    }

    /// List the units of a source; some of them, if the time of the image is over.
    fn list_all(&mut self, source: usize, image: &Image<'_>) -> Vec<Unit<'d>> {
        let info = self.source_at(source).info();
        let mut list = Vec::new();
        let mut memory = Budget::new(limits::descriptions(image.bytes()));
        let no_table = Arc::new(Abbreviations::default());
        let (mut start, mut kept) = (0, 0);
        let mut watch = image.deadline.watch();
        while start < info.len() && !watch.is_over() {
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
            match self.open(source, &no_table, start, end) {
                Ok(Some(unit)) if memory.take(size_of::<Unit<'_>>() as u64) => list.push(unit),
                Ok(None) => {}
                Ok(Some(_)) | Err(Refused::Excess) => self.excess += 1,
                Err(Refused::Damaged) => self.broken += 1,
            }
            start = end;
            if start - kept > RELEASED {
                image.release.part(info.get(kept..start).unwrap_or_default());
                kept = start;
            }
        }
        image.release.part(info.get(kept..).unwrap_or_default());
        list
    }

    /// Put the units whose entries are in other files in the place of their skeletons.
    fn join_split(&mut self, image: &'d Image<'_>) {
        if !self.list.iter().any(|unit| unit.unit.dwo_id.is_some()) {
            return;
        }
        let split = Split::of(image);
        self.broken += split.broken;
        // In real files each part of a package belongs to one unit.
        let bytes: u64 = image.split.iter().map(SplitFile::bytes).sum();
        let mut budget = Budget::new(bytes.saturating_mul(2));
        let no_table = Arc::new(Abbreviations::default());
        let mut joined = Vec::new();
        let skeletons: Vec<_> = self.list.extract_if(.., |unit| unit.unit.dwo_id.is_some()).collect();
        let mut left = Vec::new();
        for skeleton in skeletons {
            let found = skeleton.unit.dwo_id.and_then(|id| split.find(id, &self.main.dwarf));
            let Some(dwarf) = found else {
                // A unit that refers to a module of Clang looks like a skeleton, and has no code.
                self.missing += u64::from(!skeleton.code.is_missing());
                left.push(skeleton);
                continue;
            };
            let start = self.others.last().map_or(self.main.end(), Source::end);
            let mut source = Source::new(dwarf, start, limits::descriptions(0));
            // An image has two packages at most, in itself and beside it.
            for last in self.others.iter().rev().take(2) {
                source.share_strings(last);
            }
            if !budget.take((source.info().len() + source.abbreviations().len()) as u64) {
                self.excess += 1;
                left.push(skeleton);
                continue;
            }
            self.others.push(source);
            match self.open_split(&skeleton, &no_table) {
                Some(mut unit) => {
                    unit.unit.copy_relocated_attributes(&skeleton.unit);
                    unit.unit.comp_dir = unit.unit.comp_dir.or(skeleton.unit.comp_dir);
                    (unit.lines, unit.line_bytes, unit.code) = (skeleton.lines, skeleton.line_bytes, skeleton.code);
                    unit.skeleton = Some(Box::new(skeleton.unit));
                    joined.push(unit);
                }
                None => {
                    self.broken += 1;
                    self.others.pop();
                    left.push(skeleton);
                }
            }
        }
        self.list.extend(left);
        self.list.sort_by_key(|unit| unit.start);
        self.list.extend(joined);
    }

    /// The unit of a skeleton, in the last source.
    fn open_split(&self, skeleton: &Unit<'d>, no_table: &Arc<Abbreviations>) -> Option<Unit<'d>> {
        let source = self.others.len();
        let info = self.source_at(source).info();
        let mut start = 0;
        while start < info.len() {
            let end = start + initial_length(info, start)?;
            match self.open(source, no_table, start, end) {
                Ok(Some(unit)) if unit.unit.dwo_id == skeleton.unit.dwo_id => return Some(unit),
                Ok(_) => start = end,
                Err(_) => return None,
            }
        }
        None
    }

    /// Read the first entry of the unit at an offset of a source. `None`: the unit has no entry.
    fn open(
        &self,
        source: usize,
        no_table: &Arc<Abbreviations>,
        start: usize,
        end: usize,
    ) -> Result<Option<Unit<'d>>, Refused> {
        let (index, source) = (source, self.source_at(source));
        let header =
            source.dwarf.debug_info.header_from_offset(DebugInfoOffset(start)).map_err(|_| Refused::Damaged)?;
        let encoding = header.encoding();
        let file = source.dwarf.file_type;
        let dwo_id = match header.type_() {
            UnitType::Skeleton(id) | UnitType::SplitCompilation(id) => Some(id),
            _ => None,
        };
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
            dwo_id,
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
        let root = source.root(unit.header.debug_abbrev_offset(), encoding, code)?;
        // Attributes are read one by one, so that it does not matter where the entry began.
        let mut entry = gimli::EntriesRaw::new(input, encoding, no_table, unit.header.root_offset());
        let (mut name, mut comp_dir, mut low_pc, mut lines, mut split_name) = (None, None, None, None, None);
        let mut ranges = Code::default();
        for &spec in &root.attributes {
            let attribute = entry.read_attribute(spec).map_err(damaged)?;
            ranges.take(&Attribute::Value(attribute.name(), attribute.value()));
            match (attribute.name(), attribute.value()) {
                (gimli::DW_AT_name, value) => name = Some(value),
                (gimli::DW_AT_comp_dir, value) => comp_dir = Some(value),
                (gimli::DW_AT_dwo_name | gimli::DW_AT_GNU_dwo_name, value) => split_name = Some(value),
                (gimli::DW_AT_low_pc, value) => low_pc = Some(value),
                (gimli::DW_AT_stmt_list, AttributeValue::DebugLineRef(offset)) => lines = Some(offset),
                (gimli::DW_AT_str_offsets_base, AttributeValue::DebugStrOffsetsBase(base)) => {
                    unit.str_offsets_base = base;
                }
                (gimli::DW_AT_addr_base | gimli::DW_AT_GNU_addr_base, AttributeValue::DebugAddrBase(base)) => {
                    unit.addr_base = base
                }
                (
                    gimli::DW_AT_rnglists_base | gimli::DW_AT_GNU_ranges_base,
                    AttributeValue::DebugRngListsBase(base),
                ) => unit.rnglists_base = base,
                (gimli::DW_AT_GNU_dwo_id, AttributeValue::DwoId(id)) => unit.dwo_id = Some(id),
                _ => {}
            }
        }
        // It has only what other units refer to, and the line program of one of them, for the names of files.
        let is_partial = root.tag == gimli::DW_TAG_partial_unit;
        if is_partial {
            lines = None;
        }
        let reader = |text| EndianSlice::new(text, LittleEndian);
        unit.name = name.and_then(|value| self.text_in(source, &unit, &value)).map(reader);
        unit.comp_dir = comp_dir.and_then(|value| self.text_in(source, &unit, &value)).map(reader);
        if let Some(Ok(Some(address))) = low_pc.map(|value| source.dwarf.attr_address(&unit, value)) {
            unit.low_pc = address;
        }
        let split_name = split_name.and_then(|value| self.text_in(source, &unit, &value));
        Ok(Some(Unit {
            unit,
            start: source.start.saturating_add(start),
            end: source.start.saturating_add(end),
            source: index,
            info_start: source.start,
            shared_start: self.main.end(),
            skeleton: None,
            split_name,
            is_partial,
            lines,
            line_bytes: 0,
            code: ranges,
            table: OnceLock::new(),
            scopes: OnceLock::new(),
            outer_scopes: OnceLock::new(),
            listed_again: AtomicUsize::new(0),
        }))
    }

    /// In real files each line program belongs to one unit. All of them together may be run twice.
    fn limit_lines(&mut self, section: &[u8], release: Release<'_>) {
        let mut budget = Budget::new((section.len() as u64).saturating_mul(2));
        for (number, unit) in self.list.iter_mut().enumerate() {
            // The system may map 64 KB around each place.
            if number % 1024 == 1023 {
                release.part(section);
            }
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

/// The paths and ids of the units that an image has skeletons of.
pub(crate) fn skeletons(image: &Image<'_>) -> Vec<(Vec<u8>, u64)> {
    let units = Units::listed(image);
    let skeletons = units.list.iter().filter_map(|unit| {
        let name = unit.split_name?;
        let directory = unit.unit.comp_dir.map_or(&[][..], |directory| directory.slice());
        let cut = |text: &[u8]| text.get(..limits::PATH).unwrap_or(text).to_vec();
        let path =
            if name.starts_with(b"/") { cut(name) } else { [&cut(directory), b"/".as_slice(), &cut(name)].concat() };
        Some((path, unit.unit.dwo_id?.0))
    });
    skeletons.collect()
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
