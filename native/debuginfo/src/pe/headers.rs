//! The headers of a PE file of either width, in one form.

use object::LittleEndian as LE;
use object::pe::{self, ImageDosHeader, ImageNtHeaders32, ImageNtHeaders64};
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader as _, optional_header_magic};

use crate::Error;
use crate::fields::Fields;
use crate::strings::Strings;

/// What the headers of a file say.
#[derive(Debug)]
pub struct Headers<'d> {
    /// The file.
    pub bytes: &'d [u8],
    /// The processor.
    pub machine: u16,
    /// When it was linked, or a hash; part of the code id.
    pub time_stamp: u32,
    /// Bytes of the image in memory; part of the code id.
    pub size_of_image: u32,
    /// The address that the linker gave its first byte.
    pub base: u64,
    /// Whether addresses have 8 bytes.
    pub is_64: bool,
    /// Whether it can be run or loaded.
    pub is_executable: bool,
    /// The sections, in the order of the file.
    pub sections: Vec<Section<'d>>,
    /// Indices of the sections by their addresses.
    by_address: Vec<usize>,
    /// Directories, as (address relative to the base, bytes).
    directories: Vec<(u32, u32)>,
    /// Entries of the COFF symbol table, 18 bytes each.
    pub(super) symbols: &'d [u8],
    /// Names that are longer than 8 bytes.
    pub(super) strings: Strings<'d>,
}

/// A section.
#[derive(Clone, Copy, Debug)]
pub struct Section<'d> {
    /// Its name; empty if the table of names is damaged.
    pub name: &'d [u8],
    /// Its address relative to the base.
    pub address: u32,
    /// Its bytes in memory.
    pub size: u32,
    /// Its bytes in the file: fewer than `size` if the rest is zero, more if they are padded. `None`: the file ends before
    /// them, or has none, as a file that debug information was put into.
    pub data: Option<&'d [u8]>,
    /// Whether it is code.
    pub is_code: bool,
}

/// The directory of exported symbols.
pub const EXPORTS: usize = 0;
/// The directory of unwind information: `.pdata`.
pub const EXCEPTIONS: usize = 3;
/// The directory of debug information.
pub const DEBUG: usize = 6;

/// Bytes of an entry of the COFF symbol table.
pub(super) const SYMBOL: usize = 18;

impl<'d> Headers<'d> {
    /// Read the headers of a file.
    ///
    /// # Errors
    /// It is no PE file, or its headers are damaged.
    pub fn read(bytes: &'d [u8]) -> Result<Self, Error> {
        match optional_header_magic(bytes) {
            Ok(pe::IMAGE_NT_OPTIONAL_HDR32_MAGIC) => of::<ImageNtHeaders32>(bytes),
            Ok(pe::IMAGE_NT_OPTIONAL_HDR64_MAGIC) => of::<ImageNtHeaders64>(bytes),
            // Every program for DOS begins so.
            _ => Err(Error::Unsupported("not a PE file: a program for DOS, or its headers are damaged")),
        }
    }

    /// The first section of a name that the file has bytes for.
    #[must_use]
    pub fn section(&self, name: &[u8]) -> Option<&Section<'d>> {
        self.sections.iter().find(|section| section.name == name && section.data.is_some())
    }

    /// A directory, as (address relative to the base, bytes); `None`: it is not there.
    #[must_use]
    pub fn directory(&self, which: usize) -> Option<(u32, u32)> {
        self.directories.get(which).copied().filter(|&(address, size)| address != 0 && size != 0)
    }

    /// The index of the section that an address, relative to the base, is in: of several the one that begins last.
    pub(super) fn section_at(&self, address: u32) -> Option<usize> {
        let start = |at: &usize| self.sections.get(*at).map_or(0, |section| section.address);
        let next = self.by_address.partition_point(|at| start(at) <= address);
        self.by_address.get(next.checked_sub(1)?).copied()
    }

    /// The bytes of the file from an address, relative to the base, to the end of its section.
    #[must_use]
    pub fn at(&self, address: u32) -> Option<&'d [u8]> {
        let section = self.sections.get(self.section_at(address)?)?;
        let inside = usize::try_from(address - section.address).ok()?;
        section.data?.get(inside..).filter(|rest| !rest.is_empty())
    }

    /// Whether an address, relative to the base, is in code.
    pub(super) fn is_code(&self, address: u32) -> bool {
        let section = self.section_at(address).and_then(|at| self.sections.get(at));
        section.is_some_and(|section| section.is_code && address - section.address < section.size)
    }
}

fn of<'d, Pe: ImageNtHeaders>(bytes: &'d [u8]) -> Result<Headers<'d>, Error> {
    let damaged = |what| Error::Damaged { what, offset: 0 };
    let dos = ImageDosHeader::parse(bytes).map_err(|_| damaged("the DOS header is cut"))?;
    let mut offset = dos.nt_headers_offset().into();
    let (nt, directories) = Pe::parse(bytes, &mut offset).map_err(|_| damaged("the PE header is cut"))?;
    let (header, optional) = (nt.file_header(), nt.optional_header());
    let (symbols, strings) = symbols(bytes, header).unwrap_or_default();
    let strings = Strings::new(strings);
    let table = nt.sections(bytes, offset).map_err(|_| damaged("the table of sections is cut"))?;
    let sections = table.iter().map(|section| {
        let size = section.virtual_size.get(LE);
        let code = pe::IMAGE_SCN_CNT_CODE.0 | pe::IMAGE_SCN_MEM_EXECUTE.0;
        Section {
            name: name(section, &strings),
            address: section.virtual_address.get(LE),
            size: if size == 0 { section.size_of_raw_data.get(LE) } else { size },
            data: data(bytes, section),
            is_code: section.characteristics.get(LE).0 & code != 0,
        }
    });
    let sections: Vec<Section<'d>> = sections.collect();
    let mut by_address: Vec<usize> = (0..sections.len()).collect();
    by_address.sort_by_key(|&at| sections.get(at).map(|section| section.address));
    Ok(Headers {
        bytes,
        machine: header.machine.get(LE).0,
        time_stamp: header.time_date_stamp.get(LE),
        size_of_image: optional.size_of_image(),
        base: optional.image_base(),
        is_64: nt.is_type_64(),
        is_executable: header.characteristics.get(LE).0 & pe::IMAGE_FILE_EXECUTABLE_IMAGE.0 != 0,
        sections,
        by_address,
        directories: directories.iter().map(|entry| entry.address_range()).collect(),
        symbols,
        strings,
    })
}

/// The COFF symbol table, and the strings after it, which begin with their length.
fn symbols<'d>(bytes: &'d [u8], header: &pe::ImageFileHeader) -> Option<(&'d [u8], &'d [u8])> {
    let start = usize::try_from(header.pointer_to_symbol_table.get(LE)).ok().filter(|&start| start > 0)?;
    let size = usize::try_from(header.number_of_symbols.get(LE)).ok()?.checked_mul(SYMBOL)?;
    let file = Fields(bytes);
    let table = file.bytes(start, size)?;
    let strings = bytes.get(start + size..)?;
    let length = Fields(strings).size(0).unwrap_or(0);
    Some((table, strings.get(..length).unwrap_or(strings)))
}

/// The bytes of a section in the file, without padding.
fn data<'d>(bytes: &'d [u8], section: &pe::ImageSectionHeader) -> Option<&'d [u8]> {
    let start = usize::try_from(section.pointer_to_raw_data.get(LE)).ok().filter(|&start| start > 0)?;
    let (raw, size) = (section.size_of_raw_data.get(LE), section.virtual_size.get(LE));
    let size = if size == 0 { raw } else { raw.min(size) };
    Fields(bytes).bytes(start, usize::try_from(size).ok()?).filter(|data| !data.is_empty())
}

/// The name of a section: 8 bytes, or a slash and where it is among the strings.
fn name<'d>(section: &'d pe::ImageSectionHeader, strings: &Strings<'d>) -> &'d [u8] {
    match section.name_offset() {
        Ok(Some(offset)) => usize::try_from(offset).ok().and_then(|at| strings.at(at)).unwrap_or_default(),
        Ok(None) => section.raw_name(),
        Err(_) => &[],
    }
}
