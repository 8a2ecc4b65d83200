//! A stored form that was opened, as a source of unwind rules.

use std::path::Path;

use symbols::index::{Bytes, Stamp};
use unwind::{UnwindRules, UnwindSource, UnwindState, Unwound};
use vocabulary::{Arch, Os};

use crate::dwarf;
use crate::error::Error;
use crate::format::{self, Section};
use crate::kind::Kind;

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
}

/// The rules at one address.
#[derive(Debug)]
pub enum Rules<'s> {
    /// Of `.eh_frame` or `.debug_frame`.
    Dwarf(dwarf::Rules<'s>),
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

    /// The usual names of its tables, in the order in which they are tried.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        self.sections.iter().filter_map(|section| section.kind.table_name()).collect()
    }
}

impl UnwindSource for Tables {
    type Rules<'s> = Rules<'s>;

    fn rules_at(&self, arch: Arch, rva: u64) -> Option<Rules<'_>> {
        if arch != self.arch {
            return None;
        }
        self.tables.iter().find_map(|table| match table {
            Table::Dwarf(table) => table.rules_at(&self.bytes, rva).map(Rules::Dwarf),
        })
    }

    fn count(&self) -> u64 {
        let counts = self.tables.iter().map(|table| match table {
            Table::Dwarf(table) => table.count(&self.bytes),
        });
        counts.max().unwrap_or(0)
    }
}

impl UnwindRules for Rules<'_> {
    fn apply(&self, callee: &impl UnwindState) -> Unwound {
        match self {
            Self::Dwarf(rules) => rules.apply(callee),
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Dwarf(rules) => rules.size(),
        }
    }
}
