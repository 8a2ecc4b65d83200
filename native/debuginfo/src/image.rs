//! The results of every reader: the builds in a file; and of a build its code, its symbols and its DWARF sections.

use std::borrow::Cow;

use vocabulary::DebugId;

use crate::Error;
use crate::deadline::Deadline;
pub use crate::described::Described;
use crate::limits;
use crate::release::Release;

/// The names of the DWARF sections that are read.
pub(crate) const DWARF_SECTIONS: [&str; 10] = [
    ".debug_abbrev",
    ".debug_addr",
    ".debug_aranges",
    ".debug_info",
    ".debug_line",
    ".debug_line_str",
    ".debug_ranges",
    ".debug_rnglists",
    ".debug_str",
    ".debug_str_offsets",
];

/// The purpose of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A program or a library as it runs.
    Image,
    /// Debug information that was put into a file of its own.
    Debug,
    /// A part of another file: split units, what several debug files share, an object file that was not linked yet.
    Part,
    /// Something else that is not loaded by itself.
    Other,
}

/// One module of one architecture in a file, from its headers alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// Where it begins in the file.
    pub offset: u64,
    /// Its bytes.
    pub size: u64,
    /// The architecture as Breakpad's tools spell it (`arm64`, `x86_64`, `x86`, `armv7`, …).
    pub arch: &'static str,
    /// Its purpose.
    pub kind: Kind,
    /// The usual name of a file of this kind and format, such as `image`.
    pub kind_name: &'static str,
    /// The address that the linker gave its first byte; 0 if it gave none, or if this file does not say.
    pub base: u64,
    /// Its id; some producers write none.
    pub debug_id: Option<DebugId>,
    /// What identifies the image file itself, as `vocabulary::code_id` spells it: the build id, the UUID, the time stamp
    /// and size.
    pub code_id: Option<String>,
    /// The debug information in it, by its name (`DWARF`); `None`: neither functions with lines nor inlined calls.
    pub debug_info: Option<&'static str>,
    /// Whether it has a symbol table with something in it, or says by a checksum which file has it.
    pub has_symbols: bool,
    /// Whether the file is compressed inside, so that each reader unpacks it.
    pub is_compressed: bool,
    /// The tables in it that frames may be unwound by, by their usual names, such as `.eh_frame`.
    pub unwind: Vec<&'static str>,
}

impl Build {
    /// The bytes of the build.
    ///
    /// # Errors
    /// The file ends before it.
    pub fn bytes<'d>(&self, file: &'d [u8]) -> Result<&'d [u8], Error> {
        let range = usize::try_from(self.offset).ok().zip(usize::try_from(self.size).ok());
        let bytes = range.and_then(|(start, size)| file.get(start..start.checked_add(size)?));
        bytes.ok_or(Error::Damaged { what: "the slice ends past the end of the file", offset: self.offset })
    }
}

/// The builds in a file.
#[derive(Clone, Debug, Default)]
pub struct Builds {
    /// Those that can be read, in the order of the file.
    pub list: Vec<Build>,
    /// How many others its header lists: damaged ones, and those that overlap others.
    pub refused: u64,
}

/// One module of one architecture.
#[derive(Debug, Default)]
pub struct Image<'d> {
    /// The operating system, for the MODULE record.
    pub os: &'static str,
    /// The architecture, for the MODULE record.
    pub arch: &'static str,
    /// Which build it is.
    pub debug_id: Option<DebugId>,
    /// What identifies the image file itself, for an INFO record.
    pub code_id: Option<String>,
    /// The address that is 0 in the records.
    pub base: u64,
    /// Sections of code as (first address, address after the last), sorted, relative to `base`, not overlapping.
    pub code: Vec<(u64, u64)>,
    /// Symbols of functions, sorted by address, without overlaps.
    pub symbols: Vec<Symbol<'d>>,
    /// Where functions are, as its unwind tables say.
    pub functions: Described<'d>,
    /// Whether the symbols are those that it exports, and other functions have none.
    pub only_exports: bool,
    /// Bytes of its slice of the file; 0 if only `dwarf` counts.
    pub size: u64,
    /// Its DWARF sections by their usual names, such as `.debug_info`; empty ones are left out.
    pub dwarf: Vec<(&'static str, Cow<'d, [u8]>)>,
    /// The DWARF sections of a file that several images share: entries and strings that those of `dwarf` refer to.
    pub shared: Vec<(&'static str, Cow<'d, [u8]>)>,
    /// Files with units that `dwarf` has skeletons of.
    pub split: Vec<SplitFile<'d>>,
    /// Object files that were linked into the image and have its debug information.
    pub objects: Vec<Image<'d>>,
    /// Of an object file: where its code was put. Addresses in its debug information are its own.
    pub placed: Vec<Placed>,
    /// How many parts of it are damaged: sections, the symbol table, the load commands.
    pub broken: u64,
    /// How many parts of it were left out or shortened because they exceed a limit: sections, names.
    pub excess: u64,
    /// How many other files with a part of it were not found, without those of `split`.
    pub missing: u64,
    /// Lets parts of the file leave memory that were looked at.
    pub release: Release<'d>,
    /// Until when it may be read.
    pub deadline: Deadline,
}

/// Code of an object file in the image that it was linked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Its first address in the object file.
    pub start: u64,
    /// The address after its last.
    pub end: u64,
    /// Where it begins in the image, relative to that one's base.
    pub rva: u64,
}

impl Placed {
    /// Sorted; what follows in both files is one, and no address is placed twice.
    #[must_use]
    pub fn in_order(mut list: Vec<Self>) -> Vec<Self> {
        list.sort_unstable_by_key(|part| (part.start, part.end, part.rva));
        let mut placed: Vec<Self> = Vec::with_capacity(list.len());
        for part in list {
            match placed.last_mut() {
                Some(last) if part.start < last.end => {}
                Some(last) if part.start == last.end && last.at(part.start) == Some(part.rva) => last.end = part.end,
                _ if part.start < part.end && part.rva.checked_add(part.end - part.start).is_some() => {
                    placed.push(part)
                }
                _ => {}
            }
        }
        placed
    }

    /// Where an address of it, or the one after its last, is in the image.
    #[must_use]
    pub fn at(&self, address: u64) -> Option<u64> {
        self.rva.checked_add(address.checked_sub(self.start)?)
    }
}

/// A file of split DWARF, or a package of several.
#[derive(Debug)]
pub struct SplitFile<'d> {
    /// The id of its unit; `None`: a package, with an index of units by their ids.
    pub id: Option<u64>,
    /// Its sections by their usual names, such as `.debug_info.dwo`; empty ones are left out.
    pub dwarf: Vec<(&'static str, Cow<'d, [u8]>)>,
}

impl SplitFile<'_> {
    /// Bytes of its sections.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.dwarf.iter().map(|(_, bytes)| bytes.len() as u64).sum()
    }
}

/// A section by its name; empty if it is missing.
pub(crate) fn section<'s>(sections: &'s [(&'static str, Cow<'_, [u8]>)], name: &str) -> &'s [u8] {
    sections.iter().find(|(known, _)| *known == name).map_or(&[], |(_, bytes)| bytes)
}

/// A symbol of the symbol table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symbol<'d> {
    /// Its address, relative to the image's base.
    pub address: u64,
    /// The address after the last; the next symbol's, or that of all code, if the table does not say.
    pub end: u64,
    /// Whether the table says where it ends.
    pub is_sized: bool,
    /// Its name as compilers write it, without the prefix of the format.
    pub name: &'d [u8],
}

/// Let symbols without a size, sorted by address, reach to the next one.
pub(crate) fn reach_to_next(symbols: &mut [Symbol<'_>]) {
    let mut end = u64::MAX;
    for symbol in symbols.iter_mut().rev() {
        symbol.end = end;
        end = symbol.address;
    }
}

/// Whether a name is missing: empty, or nothing but spaces at its start.
pub(crate) fn is_blank(name: &[u8]) -> bool {
    name.iter().take(limits::START).all(u8::is_ascii_whitespace)
}

impl<'d> Image<'d> {
    /// This image with the symbols and the debug information of the file that they were moved to.
    pub(crate) fn linked_to(self, moved: Result<Self, Error>) -> Self {
        match moved {
            Ok(moved) if (moved.arch, moved.base) == (self.arch, self.base) => {
                Self { debug_id: self.debug_id, code_id: self.code_id, functions: self.functions, ..moved }
            }
            _ => Self { broken: self.broken + 1, ..self },
        }
    }
}

impl Image<'_> {
    /// The index of the symbol that an address may belong to.
    pub(crate) fn symbol_at(&self, address: u64) -> Option<usize> {
        let at = self.symbols.partition_point(|symbol| symbol.address <= address).checked_sub(1)?;
        self.symbols.get(at).is_some_and(|symbol| address < symbol.end).then_some(at)
    }

    /// A section; empty if it is missing.
    #[must_use]
    pub fn section(&self, name: &str) -> &[u8] {
        section(&self.dwarf, name)
    }

    /// Bytes of the build with its sections decompressed, and of the sections of other files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let sections = |which: fn(&Cow<'_, [u8]>) -> bool| -> u64 {
            self.dwarf.iter().filter(|(_, section)| which(section)).map(|(_, section)| section.len() as u64).sum()
        };
        // Sections in the file may overlap, so they are not counted again.
        let own = match self.size {
            0 => sections(|_| true),
            size => size.saturating_add(sections(|section| matches!(section, Cow::Owned(_)))),
        };
        let shared: u64 = self.shared.iter().map(|(_, section)| section.len() as u64).sum();
        let split: u64 = self.split.iter().map(SplitFile::bytes).sum();
        let objects: u64 = self.objects.iter().map(Image::bytes).sum();
        own.saturating_add(shared).saturating_add(split).saturating_add(objects)
    }

    /// The section of code that holds an address.
    #[must_use]
    pub fn code_at(&self, address: u64) -> Option<(u64, u64)> {
        let next = self.code.partition_point(|&(start, _)| start <= address);
        self.code.get(next.checked_sub(1)?).copied().filter(|&(_, end)| address < end)
    }

    /// The part of a range of absolute addresses that is code of this module, relative to its base; `None` for functions
    /// that the linker left out, which DWARF has at address 0 or past the end of all code.
    #[must_use]
    pub fn code_within(&self, start: u64, end: u64) -> Option<(u64, u64)> {
        if !self.placed.is_empty() {
            let next = self.placed.partition_point(|part| part.start <= start);
            let part = self.placed.get(next.checked_sub(1)?).filter(|part| start < part.end && start < end)?;
            return part.at(start).zip(part.at(end.min(part.end)));
        }
        let (start, end) = (start.checked_sub(self.base)?, end.checked_sub(self.base)?);
        let (_, limit) = self.code_at(start)?;
        (start < end).then_some((start, end.min(limit)))
    }
}
