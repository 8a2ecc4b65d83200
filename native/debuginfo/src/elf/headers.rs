//! The headers of an ELF file of either class and byte order, in one form.

use object::elf;
use object::elf::{FileHeader32, FileHeader64};
use object::read::elf::{FileHeader, NoteIterator, ProgramHeader as _, SectionHeader as _};
use object::{BigEndian, Endian, LittleEndian};

use crate::Error;
use crate::limits::Budget;
use crate::strings::Strings;

/// What the headers of a file say.
#[derive(Debug)]
pub struct Headers<'d> {
    /// The file.
    pub bytes: &'d [u8],
    /// Whether addresses have 8 bytes.
    pub is_64: bool,
    /// Whether numbers are little-endian.
    pub is_little: bool,
    /// The kind of file: `elf::ET_EXEC`, `elf::ET_DYN`, …
    pub kind: elf::FileType,
    /// The processor: `elf::EM_X86_64`, …
    pub machine: elf::Machine,
    /// The sections, in the order of the file; the first is empty. There may be none.
    pub sections: Vec<Section<'d>>,
    /// The segments, in the order of the file.
    pub segments: Vec<Segment>,
    /// The build id, from the first note that is one.
    pub build_id: Option<&'d [u8]>,
}

/// A section.
#[derive(Clone, Copy, Debug)]
pub struct Section<'d> {
    /// Its name; empty if the table of names is damaged.
    pub name: &'d [u8],
    /// Its kind: `elf::SHT_PROGBITS`, …
    pub kind: elf::SectionType,
    /// Its flags: `elf::SHF_ALLOC`, …
    pub flags: elf::SectionFlags,
    /// Its address in memory.
    pub address: u64,
    /// Where it begins in the file.
    pub offset: u64,
    /// Its bytes.
    pub size: u64,
    /// The section that belongs to it, such as a symbol table's strings.
    pub link: u32,
}

impl Section<'_> {
    /// Whether it has all of these flags.
    #[must_use]
    pub const fn has(&self, flags: elf::SectionFlags) -> bool {
        self.flags.0 & flags.0 == flags.0
    }

    /// Whether the file has bytes for it: debug files have the sections of their image without contents.
    #[must_use]
    pub fn is_in_file(&self) -> bool {
        self.kind != elf::SHT_NOBITS && self.kind != elf::SHT_NULL && self.size > 0
    }

    /// Whether it is code that is loaded.
    #[must_use]
    pub const fn is_code(&self) -> bool {
        self.has(elf::SectionFlags(elf::SHF_ALLOC.0 | elf::SHF_EXECINSTR.0))
    }
}

/// A segment.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    /// Its kind: `elf::PT_LOAD`, …
    pub kind: elf::ProgramType,
    /// Its flags: `elf::PF_X`, …
    pub flags: elf::ProgramFlags,
    /// Its address in memory.
    pub address: u64,
    /// Its bytes in memory.
    pub memory_size: u64,
    /// Where it begins in the file.
    pub offset: u64,
    /// Its bytes in the file.
    pub size: u64,
}

impl<'d> Headers<'d> {
    /// Read the headers of a file.
    ///
    /// # Errors
    /// The file header is damaged. Damaged tables of sections or segments are as if they were empty.
    pub fn read(bytes: &'d [u8]) -> Result<Self, Error> {
        match bytes {
            [0x7f, b'E', b'L', b'F', class, order, ..] => match (elf::FileClass(*class), elf::DataEncoding(*order)) {
                (elf::ELFCLASS32, elf::ELFDATA2LSB) => of::<FileHeader32<LittleEndian>>(bytes),
                (elf::ELFCLASS64, elf::ELFDATA2LSB) => of::<FileHeader64<LittleEndian>>(bytes),
                (elf::ELFCLASS32, elf::ELFDATA2MSB) => of::<FileHeader32<BigEndian>>(bytes),
                (elf::ELFCLASS64, elf::ELFDATA2MSB) => of::<FileHeader64<BigEndian>>(bytes),
                _ => Err(Error::Damaged { what: "the ELF header states no known class and byte order", offset: 4 }),
            },
            _ => Err(Error::Damaged { what: "no ELF header", offset: 0 }),
        }
    }

    /// The first section of a name that the file has bytes for.
    #[must_use]
    pub fn section(&self, name: &[u8]) -> Option<&Section<'d>> {
        self.sections.iter().find(|section| section.name == name && section.is_in_file())
    }

    /// The bytes of a section as they are in the file. `None`: the file ends before it.
    #[must_use]
    pub fn data(&self, section: &Section<'_>) -> Option<&'d [u8]> {
        if section.kind == elf::SHT_NOBITS {
            return Some(&[]);
        }
        let (start, size) = (usize::try_from(section.offset).ok()?, usize::try_from(section.size).ok()?);
        self.bytes.get(start..start.checked_add(size)?)
    }

    /// A number of so many bytes, at most 8, in the file's byte order. `None`: the bytes end before it.
    #[must_use]
    pub fn number(&self, bytes: &[u8], at: usize, size: usize) -> Option<u64> {
        let digits = bytes.get(at..at.checked_add(size)?)?;
        let add = |sum: u64, digit: &u8| sum << 8 | u64::from(*digit);
        Some(if self.is_little { digits.iter().rev().fold(0, add) } else { digits.iter().fold(0, add) })
    }

    /// The address that the loader places at the module's base: that of the first loaded segment's page.
    #[must_use]
    pub fn base(&self) -> u64 {
        const PAGE: u64 = 4096;
        let first = self.segments.iter().find(|segment| segment.kind == elf::PT_LOAD);
        first.map_or(0, |segment| segment.address & !(PAGE - 1))
    }

    /// Whether the code of the image was left out, as `objcopy --only-keep-debug` does.
    #[must_use]
    pub fn is_without_code(&self) -> bool {
        let mut code = self.sections.iter().filter(|section| section.is_code()).peekable();
        code.peek().is_some() && code.all(|section| !section.is_in_file())
    }
}

fn of<'d, Elf>(bytes: &'d [u8]) -> Result<Headers<'d>, Error>
where
    Elf: FileHeader,
    Elf::Endian: Default,
{
    let header = Elf::parse(bytes).map_err(|_| Error::Damaged { what: "the ELF header is cut", offset: 0 })?;
    let endian = Elf::Endian::default();
    let mut headers = Headers {
        bytes,
        is_64: header.is_type_64(),
        is_little: endian.is_little_endian(),
        kind: header.e_type(endian),
        machine: header.e_machine(endian),
        sections: Vec::new(),
        segments: Vec::new(),
        build_id: None,
    };
    let table = header.section_headers(endian, bytes).unwrap_or_default();
    let names = header.section_strings_index(endian, bytes).ok().and_then(|index| table.get(index.0));
    // Many names may be parts of one long text, and many notes the same bytes.
    let names = Strings::new(names.and_then(|names| names.data(endian, bytes).ok()).unwrap_or_default());
    let mut unread = Budget::new(bytes.len() as u64);
    for section in table {
        headers.sections.push(Section {
            name: usize::try_from(section.sh_name(endian)).ok().and_then(|at| names.at(at)).unwrap_or_default(),
            kind: section.sh_type(endian),
            flags: section.sh_flags(endian),
            address: section.sh_addr(endian).into(),
            offset: section.sh_offset(endian).into(),
            size: section.sh_size(endian).into(),
            link: section.link(endian).0.try_into().unwrap_or(0),
        });
        if headers.build_id.is_none()
            && let Ok(Some(notes)) = section.notes(endian, bytes)
            && unread.take(section.sh_size(endian).into())
        {
            headers.build_id = build_id::<Elf>(notes, endian);
        }
    }
    for segment in header.program_headers(endian, bytes).unwrap_or_default() {
        headers.segments.push(Segment {
            kind: segment.p_type(endian),
            flags: segment.p_flags(endian),
            address: segment.p_vaddr(endian).into(),
            memory_size: segment.p_memsz(endian).into(),
            offset: segment.p_offset(endian).into(),
            size: segment.p_filesz(endian).into(),
        });
        // Sections first: in debug files the segments keep the offsets of the image.
        if headers.build_id.is_none()
            && let Ok(Some(notes)) = segment.notes(endian, bytes)
            && unread.take(segment.p_filesz(endian).into())
        {
            headers.build_id = build_id::<Elf>(notes, endian);
        }
    }
    Ok(headers)
}

fn build_id<'d, Elf: FileHeader>(mut notes: NoteIterator<'d, Elf>, endian: Elf::Endian) -> Option<&'d [u8]> {
    while let Ok(Some(note)) = notes.next() {
        if note.name() == elf::ELF_NOTE_GNU && note.n_type(endian) == elf::NT_GNU_BUILD_ID {
            return Some(note.desc()).filter(|id| !id.is_empty());
        }
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Headers;

    /// A file with so many sections over the same notes, none of which is an id, and one with an id.
    fn with_notes(sections: u16) -> Vec<u8> {
        let note = |kind: u32, id: &[u8]| {
            let id_length = u32::try_from(id.len()).unwrap();
            [&[4, id_length, kind].map(u32::to_le_bytes).concat(), b"GNU\0".as_slice(), id].concat()
        };
        let (notes, id) = (note(1, &[]).repeat(1000), note(3, &[7; 8]));
        let at = 64 + notes.len() as u64 + id.len() as u64;
        let mut file = b"\x7fELF\x02\x01\x01".to_vec();
        file.resize(16, 0);
        // Kind, processor, version, entry, segments, sections, flags, sizes and counts.
        file.extend([3u16, 62].map(u16::to_le_bytes).concat());
        file.extend(1u32.to_le_bytes());
        file.extend([0, 0, at].map(u64::to_le_bytes).concat());
        file.extend(0u32.to_le_bytes());
        file.extend([64, 0, 0, 64, sections + 1, 0].map(u16::to_le_bytes).concat());
        file.extend(notes.iter().chain(&id));
        let mut section = |offset: u64, size: usize| {
            file.extend([0u32, 7].map(u32::to_le_bytes).concat());
            file.extend([0, 0, offset, size as u64].map(u64::to_le_bytes).concat());
            file.extend([0u8; 8]);
            file.extend([4u64, 0].map(u64::to_le_bytes).concat());
        };
        (0..sections).for_each(|_| section(64, notes.len()));
        section(64 + notes.len() as u64, id.len());
        file
    }

    #[test]
    fn notes_are_read_once() {
        assert_eq!(Headers::read(&with_notes(1)).unwrap().build_id, Some([7; 8].as_slice()));
        assert_eq!(Headers::read(&with_notes(20)).unwrap().build_id, None);
    }
}
