//! Segments and sections of a slice: where its code is and where its DWARF.

use std::borrow::Cow;

use object::LittleEndian;
use object::macho::{self, SectionFlags};
use object::read::macho::{LoadCommandData, MachHeader, Section, Segment};

use crate::compressed::{Unpacked, unpack_old};
use crate::limits::Budget;
use crate::ranges;

/// What the load commands of segments say.
#[derive(Debug, Default)]
pub(super) struct Sections<'d> {
    /// Address of `__TEXT`, which is where the module begins.
    pub(super) base: Option<u64>,
    /// For each section in the order of the file its addresses, and whether it is code.
    pub(super) all: Vec<(u64, u64, bool)>,
    /// DWARF sections by their names in other formats.
    pub(super) dwarf: Vec<(&'static str, Cow<'d, [u8]>)>,
    /// DWARF sections that are cut or cannot be decompressed.
    pub(super) damaged: u64,
    /// DWARF sections that become too long when decompressed, or that the file has more than once.
    pub(super) excess: u64,
}

/// The names of the sections that are read, and in Mach-O, where a name has at most 16 bytes.
const DWARF: [(&str, &[u8], &[u8]); 9] = [
    (".debug_abbrev", b"__debug_abbrev", b"__zdebug_abbrev"),
    (".debug_addr", b"__debug_addr", b"__zdebug_addr"),
    (".debug_info", b"__debug_info", b"__zdebug_info"),
    (".debug_line", b"__debug_line", b"__zdebug_line"),
    (".debug_line_str", b"__debug_line_str", b"__zdebug_line_st"),
    (".debug_ranges", b"__debug_ranges", b"__zdebug_ranges"),
    (".debug_rnglists", b"__debug_rnglists", b"__zdebug_rnglist"),
    (".debug_str", b"__debug_str", b"__zdebug_str"),
    (".debug_str_offsets", b"__debug_str_offs", b"__zdebug_str_off"),
];

impl<'d> Sections<'d> {
    /// Take in a load command, if it is of a segment.
    pub(super) fn add<Mach: MachHeader<Endian = LittleEndian>>(
        &mut self,
        command: LoadCommandData<'d, LittleEndian>,
        slice: &'d [u8],
        decompressed: &mut Budget,
    ) {
        let Ok(Some((segment, data))) = Mach::Segment::from_command(command) else { return };
        if segment.name() == b"__TEXT" {
            self.base.get_or_insert(segment.vmaddr(LittleEndian).into());
        }
        let sections = segment.sections(LittleEndian, data).unwrap_or_default();
        for section in sections {
            let start: u64 = section.addr(LittleEndian).into();
            let end = start.saturating_add(section.size(LittleEndian).into());
            self.all.push((start, end, is_code(section)));
        }
        for placed in segment.section_offsets(LittleEndian, sections) {
            let Ok((section, offset)) = placed else {
                self.damaged += 1;
                continue;
            };
            let name = section.name();
            let Some(&(known, _, compressed)) = DWARF.iter().find(|known| known.1 == name || known.2 == name) else {
                continue;
            };
            // Only one can be read; more of a name would count the same bytes again.
            if self.dwarf.iter().any(|(taken, _)| *taken == known) {
                self.excess += 1;
                continue;
            }
            let Ok(bytes) = section.data(LittleEndian, slice, offset) else {
                self.damaged += 1;
                continue;
            };
            let bytes =
                if name == compressed { unpack_old(bytes, decompressed) } else { Unpacked::Whole(bytes.into()) };
            match bytes {
                Unpacked::Whole(bytes) if !bytes.is_empty() => self.dwarf.push((known, bytes)),
                Unpacked::Whole(_) => {}
                Unpacked::Damaged => self.damaged += 1,
                Unpacked::TooLong => self.excess += 1,
            }
        }
    }

    /// Sections of code, sorted, relative to the base, without overlaps.
    pub(super) fn code(&self, base: u64) -> Vec<(u64, u64)> {
        let code = self.all.iter().filter(|&&(start, end, is_code)| is_code && base <= start && start < end);
        let mut code: Vec<_> = code.map(|&(start, end, _)| (start - base, end - base)).collect();
        ranges::cut(&mut code);
        code
    }
}

/// Whether a section is code.
pub(super) fn is_code<S: Section<Endian = LittleEndian>>(section: &S) -> bool {
    let flags = section.flags(LittleEndian);
    let instructions = macho::S_ATTR_PURE_INSTRUCTIONS.0 | macho::S_ATTR_SOME_INSTRUCTIONS.0;
    SectionFlags(flags.0 & instructions).0 != 0 || section.name() == b"__text"
}
