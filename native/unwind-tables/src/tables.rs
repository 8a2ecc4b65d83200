//! A stored form that was opened, as a source of unwind rules.

use std::path::Path;
use std::sync::OnceLock;

use symbols::index::{Bytes, Stamp};
use unwind::{UnwindRules, UnwindSource, UnwindState, Unwound};
use vocabulary::{Arch, Os};
use zerocopy::little_endian::U32;

use crate::compact;
use crate::dwarf;
use crate::error::Error;
use crate::exidx;
use crate::format::{self, Section};
use crate::image::Image;
use crate::kind::Kind;
use crate::pdata;
use crate::stored_code::StoredCode;

/// The unwind tables of one module in one file. They are tried in the order in which they were added.
#[derive(Debug)]
pub struct Tables {
    bytes: Bytes,
    arch: Arch,
    os: Os,
    sections: Vec<Section>,
    tables: Vec<Table>,
}

/// How the rules of one table are found.
#[derive(Debug)]
enum Table {
    Dwarf(dwarf::Table),
    Pdata(Section),
    /// With the number of its functions, once they were counted.
    Compact(Section, OnceLock<u64>),
    Exidx(exidx::Table),
}

/// The rules at one address.
#[derive(Debug)]
pub enum Rules<'s> {
    /// Of `.eh_frame` or `.debug_frame`.
    Dwarf(dwarf::Rules<'s>),
    /// Of `.pdata`, x86-64.
    PdataX64(pdata::x64::Rules<'s, Tables>),
    /// Of `.pdata`, ARM64.
    PdataArm64(pdata::arm64::Rules<'s>),
    /// Of `__unwind_info`.
    Compact(compact::Rules<'s, Tables>),
    /// Of `.ARM.exidx`.
    Exidx(exidx::Rules<'s>),
    /// Of the code itself, where no table describes it.
    Code(exidx::Code<'s>),
    /// Of a stub that jumps to another image: it has no frame.
    Stub,
}

impl Tables {
    /// Open a stored form that was made from a state of a file. Only its head is read.
    ///
    /// # Errors
    /// [`Error::Foreign`], [`Error::Damaged`].
    pub fn open(bytes: Bytes, source: Stamp) -> Result<Self, Error> {
        let (head, entries) = format::check(&bytes, source)?;
        let arch = format::arch_of(head.arch.get()).ok_or(Error::Damaged("an unknown architecture"))?;
        let (os, base) = (format::os_of(head.os.get()), head.base.get());
        let sections: Vec<Section> = entries.iter().filter_map(Section::of).collect();
        let tables = sections.iter().enumerate().filter_map(|(at, section)| {
            let behind = sections.get(at + 1).copied();
            match section.kind {
                Kind::EhFrame | Kind::DebugFrame => dwarf::Table::new(arch, base, *section, behind).map(Table::Dwarf),
                Kind::Pdata if matches!(arch, Arch::Amd64 | Arch::Arm64) => Some(Table::Pdata(*section)),
                Kind::UnwindInfo => Some(Table::Compact(*section, OnceLock::new())),
                Kind::Exidx => {
                    let table = behind.filter(|section| section.kind == Kind::Extab);
                    Some(Table::Exidx(exidx::Table::new(*section, table)))
                }
                _ => None,
            }
        });
        let tables = tables.collect();
        Ok(Self { tables, sections, arch, os, bytes })
    }

    /// Map a file with a stored form.
    ///
    /// # Errors
    /// As [`Self::open`]; the file cannot be read.
    pub fn open_file(path: &Path, source: Stamp) -> Result<Self, Error> {
        Self::open(Bytes::open(path)?, source)
    }

    /// As [`Self::open_file`], whatever state of the file the stored form was made from: for files that are not kept.
    ///
    /// # Errors
    /// As [`Self::open_file`].
    pub fn open_kept(path: &Path) -> Result<Self, Error> {
        let bytes = Bytes::open(path)?;
        let source = format::source(&bytes).ok_or(Error::Foreign)?;
        Self::open(bytes, source)
    }

    /// The architecture of the image.
    #[must_use]
    pub fn arch(&self) -> Arch {
        self.arch
    }

    /// The operating system of the image.
    #[must_use]
    pub fn os(&self) -> Os {
        self.os
    }

    /// What the code at an address shows by itself: for functions that no table describes, on 32-bit ARM. Such rules are a guess and
    /// come last.
    #[must_use]
    pub fn code_at(&self, arch: Arch, rva: u64) -> Option<Rules<'_>> {
        if arch != Arch::Arm || self.arch != arch {
            return None;
        }
        let start = self.tables.iter().find_map(|table| match table {
            Table::Exidx(table) => table.start(&self.bytes, rva),
            Table::Dwarf(_) | Table::Pdata(_) | Table::Compact(..) => None,
        });
        exidx::Code::at(self.code(), start, rva).map(Rules::Code)
    }

    fn code(&self) -> StoredCode<'_> {
        StoredCode { whole: &self.bytes, sections: &self.sections }
    }

    /// The bytes that sections are in.
    pub(crate) fn whole(&self) -> &[u8] {
        &self.bytes
    }

    /// The sections, in the order in which they were added.
    pub(crate) fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// The table of call frame information in a section.
    pub(crate) fn dwarf(&self, section: &Section) -> Option<&dwarf::Table> {
        self.tables.iter().find_map(|table| match table {
            Table::Dwarf(table) if table.is_in(section) => Some(table),
            _ => None,
        })
    }

    /// First addresses of functions, sorted.
    pub(crate) fn function_starts(&self) -> &[U32] {
        self.code().function_starts()
    }

    /// The table of `.ARM.exidx`.
    pub(crate) fn exidx(&self) -> Option<&exidx::Table> {
        self.tables.iter().find_map(|table| match table {
            Table::Exidx(table) => Some(table),
            _ => None,
        })
    }

    /// The usual names of its tables, in the order in which they are tried.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        self.sections.iter().filter_map(|section| section.kind.table_name()).collect()
    }
}

impl Image for Tables {
    fn bytes_from(&self, rva: u64) -> Option<&[u8]> {
        let parts = self.sections.iter().filter(|section| matches!(section.kind, Kind::Data | Kind::Code));
        parts
            .filter_map(|section| {
                let distance = usize::try_from(rva.checked_sub(section.rva)?).ok()?;
                section.bytes(&self.bytes).get(distance..).filter(|bytes| !bytes.is_empty())
            })
            .next()
    }

    fn function_start(&self, rva: u64) -> Option<u64> {
        let section = self.sections.iter().find(|section| section.kind == Kind::FunctionStarts)?;
        let (starts, _) = section.bytes(&self.bytes).as_chunks::<4>();
        let next = starts.partition_point(|start| u64::from(u32::from_le_bytes(*start)) <= rva);
        starts.get(next.checked_sub(1)?).map(|start| u32::from_le_bytes(*start).into())
    }
}

impl UnwindSource for Tables {
    type Rules<'s> = Rules<'s>;

    fn rules_at(&self, arch: Arch, rva: u64) -> Option<Rules<'_>> {
        if arch != self.arch {
            return None;
        }
        // Windows itself unwinds x86-64 by `.pdata`, so it is right. DWARF beside it is GCC's (MinGW): where a function with a frame
        // pointer ends, its row for the return instruction says `CFA rsp-8`, and should say `rsp+8` (0x183f of `basic64-dwarf.dll`,
        // a test file of dump_syms).
        let is_first = |table: &&Table| arch == Arch::Amd64 && matches!(table, Table::Pdata(_));
        let by_trust = self.tables.iter().filter(is_first).chain(self.tables.iter().filter(|table| !is_first(table)));
        let found = by_trust.into_iter().find_map(|table| match table {
            Table::Dwarf(table) => table.rules_at(&self.bytes, rva).map(Rules::Dwarf),
            Table::Pdata(section) => {
                let section = section.bytes(&self.bytes);
                match arch {
                    Arch::Amd64 => {
                        let functions = pdata::x64::Functions::new(section);
                        pdata::x64::Rules::at(self, functions, rva).map(Rules::PdataX64)
                    }
                    _ => {
                        let functions = pdata::arm64::Functions::new(section);
                        pdata::arm64::Rules::at(self, functions, rva).map(Rules::PdataArm64)
                    }
                }
            }
            Table::Compact(section, _) => {
                compact::Rules::at(arch, self, section.bytes(&self.bytes), rva).map(Rules::Compact)
            }
            Table::Exidx(table) if self.code().is_stub(rva) => None,
            Table::Exidx(table) => table.rules_at(self.code(), rva).map(Rules::Exidx),
        });
        found.or_else(|| self.code().is_stub(rva).then_some(Rules::Stub))
    }

    fn has_rules_at(&self, arch: Arch, rva: u64) -> bool {
        match self.rules_at(arch, rva) {
            // Rules for leaves are for code that no table describes.
            Some(Rules::PdataX64(rules)) => rules.is_in_table(),
            Some(Rules::PdataArm64(rules)) => rules.is_in_table(),
            rules => rules.is_some(),
        }
    }

    fn count(&self) -> u64 {
        let counts = self.tables.iter().map(|table| match table {
            Table::Dwarf(table) => table.count(&self.bytes),
            Table::Pdata(section) => {
                let section = section.bytes(&self.bytes);
                let count = match self.arch {
                    Arch::Amd64 => pdata::x64::Functions::new(section).len(),
                    _ => pdata::arm64::Functions::new(section).len(),
                };
                count as u64
            }
            Table::Compact(section, count) => {
                let index = || compact::Index::new(section.bytes(&self.bytes));
                *count.get_or_init(|| index().map_or(0, |index| index.count()))
            }
            Table::Exidx(table) => table.count(&self.bytes),
        });
        counts.max().unwrap_or(0)
    }
}

impl UnwindRules for Rules<'_> {
    fn apply(&self, callee: &impl UnwindState) -> Unwound {
        match self {
            Self::Dwarf(rules) => rules.apply(callee),
            Self::PdataX64(rules) => rules.apply(callee),
            Self::PdataArm64(rules) => rules.apply(callee),
            Self::Compact(rules) => rules.apply(callee),
            Self::Exidx(rules) => rules.apply(callee),
            Self::Code(code) => code.apply(callee),
            Self::Stub if callee.is_exact() => Unwound::Leaf,
            Self::Stub => Unwound::Failed,
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Dwarf(rules) => rules.size(),
            Self::PdataX64(rules) => rules.size(),
            Self::PdataArm64(rules) => rules.size(),
            Self::Compact(rules) => rules.size(),
            Self::Exidx(rules) => rules.size(),
            // A function is read: some hundred instructions.
            Self::Code(_) => 1024,
            Self::Stub => 0,
        }
    }
}
