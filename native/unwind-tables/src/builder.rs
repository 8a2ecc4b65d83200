//! Making a stored form.

use std::borrow::Cow;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use symbols::atomic;
use symbols::index::{Bytes, Stamp};
use vocabulary::{Arch, Os};
use zerocopy::IntoBytes;

use crate::dwarf;
use crate::dwarf::index::Source;
use crate::format::{self, Entry, Head, MAGIC, MAX_SECTIONS, TABLE, VERSION};
use crate::kind::Kind;
use crate::tables::Tables;

/// Collects the sections of a stored form.
#[derive(Clone, Debug)]
pub struct Builder<'d> {
    arch: Arch,
    os: Os,
    base: u64,
    sections: Vec<(Kind, u64, Cow<'d, [u8]>)>,
}

impl<'d> Builder<'d> {
    /// For an image. `base` is the address in the file that relative addresses count from: of an ELF file the lowest that is
    /// loaded, of Mach-O that of `__TEXT`, of a PE file the preferred base.
    #[must_use]
    pub fn new(arch: Arch, os: Os, base: u64) -> Self {
        Self { arch, os, base, sections: Vec::new() }
    }

    /// Add a section; empty ones, and those beyond the limit of [`MAX_SECTIONS`], are left out. Tables are tried in the order in
    /// which they are added. `rva` is relative to the image's base.
    pub fn section(&mut self, kind: Kind, rva: u64, bytes: impl Into<Cow<'d, [u8]>>) {
        let bytes = bytes.into();
        if !bytes.is_empty() && self.sections.len() < MAX_SECTIONS {
            self.sections.push((kind, rva, bytes));
        }
    }

    /// Add `.eh_frame`, with the index of its entries: from `header`, the bytes of `.eh_frame_hdr` and their address, if it is
    /// sound.
    pub fn eh_frame(&mut self, rva: u64, bytes: impl Into<Cow<'d, [u8]>>, header: Option<(u64, &[u8])>) {
        self.frames(Kind::EhFrame, Kind::EhFrameIndex, rva, bytes.into(), header);
    }

    /// Add `.debug_frame`, with the index of its entries.
    pub fn debug_frame(&mut self, bytes: impl Into<Cow<'d, [u8]>>) {
        self.frames(Kind::DebugFrame, Kind::DebugFrameIndex, 0, bytes.into(), None);
    }

    fn frames(&mut self, kind: Kind, index: Kind, rva: u64, bytes: Cow<'d, [u8]>, header: Option<(u64, &[u8])>) {
        let source = Source { arch: self.arch, kind, base: self.base, rva, bytes: &bytes };
        let rows = dwarf::index::build(&source, header);
        if !rows.is_empty() {
            self.section(kind, rva, bytes);
            self.section(index, 0, rows.as_bytes().to_vec());
        }
    }

    /// Add the first addresses of functions, in any order, relative to the image's base. Those past 4 GiB are left out.
    pub fn function_starts(&mut self, starts: impl IntoIterator<Item = u64>) {
        let mut starts: Vec<u32> = starts.into_iter().filter_map(|start| u32::try_from(start).ok()).collect();
        starts.sort_unstable();
        starts.dedup();
        self.section(Kind::FunctionStarts, 0, starts.iter().flat_map(|start| start.to_le_bytes()).collect::<Vec<u8>>());
    }

    /// Leave sections out.
    #[doc(hidden)]
    pub fn retain(&mut self, keep: impl Fn(Kind) -> bool) {
        self.sections.retain(|(kind, ..)| keep(*kind));
    }

    /// Whether there is no table in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sections.iter().all(|(kind, ..)| kind.table_name().is_none())
    }

    /// The bytes of the stored form. `source` is the state of the file that the sections are of.
    #[must_use]
    pub fn bytes(&self, source: Stamp) -> Vec<u8> {
        let mut bytes = Vec::new();
        // Writing to memory does not fail.
        let _ = self.write(source, &mut bytes);
        bytes
    }

    /// The tables, in memory.
    ///
    /// # Errors
    /// None, as long as the form that is written is the one that is read.
    pub fn open(&self, source: Stamp) -> Result<Tables, crate::Error> {
        Tables::open(Bytes::Owned(self.bytes(source)), source)
    }

    /// Write the stored form into a file, which appears whole or not at all.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn create(&self, path: &Path, source: Stamp) -> io::Result<()> {
        // The content of its sections is not checked when it is opened, so it has to be on the disk.
        atomic::write(path, |file| {
            let mut out = BufWriter::with_capacity(1 << 20, file);
            self.write(source, &mut out)?;
            out.flush()
        })
    }

    fn write(&self, source: Stamp, out: &mut impl Write) -> io::Result<()> {
        let mut offset = TABLE + self.sections.len() * size_of::<Entry>();
        let mut entries = Vec::with_capacity(self.sections.len());
        for (kind, rva, bytes) in &self.sections {
            entries.push(Entry {
                kind: (*kind as u32).into(),
                reserved: 0.into(),
                rva: (*rva).into(),
                offset: (offset as u64).into(),
                size: (bytes.len() as u64).into(),
            });
            offset += bytes.len().next_multiple_of(8);
        }
        let mut head = Head {
            magic: MAGIC,
            version: VERSION.into(),
            sections: u32::try_from(entries.len()).unwrap_or(0).into(),
            arch: format::arch_number(self.arch).into(),
            os: format::os_number(self.os).into(),
            base: self.base.into(),
            source_size: source.size.into(),
            source_modified: source.modified.into(),
            size: (offset as u64).into(),
            checksum: 0.into(),
        };
        head.checksum = format::checksum(head, &entries).into();
        out.write_all(head.as_bytes())?;
        out.write_all(entries.as_bytes())?;
        for (_, _, bytes) in &self.sections {
            out.write_all(bytes)?;
            out.write_all([0; 8].get(..bytes.len().next_multiple_of(8) - bytes.len()).unwrap_or_default())?;
        }
        Ok(())
    }
}
