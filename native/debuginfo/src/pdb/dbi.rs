//! The DBI stream (3): the linker's modules, their contributions to sections, and the numbers of further streams.

use std::borrow::Cow;

use super::msf::Msf;
use crate::fields::{Fields, aligned};

/// Bytes of the header.
const HEADER: usize = 64;
/// Bytes of a module's entry before its names.
const MODULE: usize = 64;
/// A stream that does not exist.
const NO_STREAM: u16 = u16::MAX;

/// The head of the stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dbi {
    /// The age that images of this build have in their CodeView record.
    pub(super) age: u32,
    /// The processor, as in a COFF header.
    pub(super) machine: u16,
    /// The stream of global and public symbols.
    pub(super) symbols: Option<u16>,
    /// The stream that lists the public ones.
    pub(super) publics: Option<u16>,
    /// Bytes of the parts, in their order.
    parts: [usize; 7],
}

/// The parts of the stream that are read, in the order of the header's sizes.
const MODULES: usize = 0;
const CONTRIBUTIONS: usize = 1;
const STREAMS: usize = 6;

/// A module: what one object file gave to the image.
#[derive(Clone, Debug)]
pub(super) struct Module<'b> {
    /// Its name, such as a path of an object file; other modules refer to it by it.
    pub(super) name: &'b [u8],
    /// Its stream.
    pub(super) stream: Option<u16>,
    /// Bytes of its symbols at the start of the stream.
    pub(super) symbols: usize,
    /// Bytes of line records in an old form, which are not read.
    pub(super) old_lines: usize,
    /// Bytes of its lines.
    pub(super) lines: usize,
}

/// Code or data that a module gave to a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Contribution {
    pub(super) section: u16,
    pub(super) offset: u32,
    pub(super) size: u32,
    pub(super) module: u16,
}

/// Numbers of further streams.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Streams {
    /// Frame data of x86 in the old form.
    pub(super) fpo: Option<u16>,
    /// From addresses in the image to those in the records.
    pub(super) omap: Option<u16>,
    /// Headers of the image's sections.
    pub(super) sections: Option<u16>,
    /// Frame data of x86.
    pub(super) frame_data: Option<u16>,
}

impl Dbi {
    /// Read the head of the stream; `None`: the file does not have it, or it is cut.
    pub(super) fn of(msf: &Msf<'_>) -> Option<Self> {
        let head = msf.stream(3)?.range(0, HEADER)?;
        let head = Fields(&head);
        // Older forms of the header begin with something else.
        if head.u32(0)? != u32::MAX {
            return None;
        }
        let part = |at| head.size(at);
        let parts = [part(24)?, part(28)?, part(32)?, part(36)?, part(40)?, part(52)?, part(48)?];
        let stream = |at| head.u16(at).filter(|&stream| stream != NO_STREAM);
        let (symbols, publics) = (stream(20), stream(16));
        Some(Self { age: head.u32(8)?, machine: head.u16(58)?, symbols, publics, parts })
    }

    /// The bytes of a part; empty if it is outside the stream.
    fn part<'m>(&self, msf: &'m Msf<'_>, which: usize) -> Cow<'m, [u8]> {
        let before = self.parts.iter().take(which).try_fold(HEADER, |sum, &part| sum.checked_add(part));
        let part = |start| msf.stream(3)?.range(start, *self.parts.get(which)?);
        before.and_then(part).unwrap_or_default()
    }

    /// The bytes of the list of modules, for [`modules`].
    pub(super) fn module_bytes<'m>(&self, msf: &'m Msf<'_>) -> Cow<'m, [u8]> {
        self.part(msf, MODULES)
    }

    /// Contributions to sections, by section and offset, not overlapping.
    pub(super) fn contributions(&self, msf: &Msf<'_>) -> Vec<Contribution> {
        let bytes = self.part(msf, CONTRIBUTIONS);
        let all = Fields(&bytes);
        // The two known versions; the second has another field at the end.
        let size = match all.u32(0) {
            Some(0xf12e_ba2d) => 28,
            Some(0xf131_51e4) => 32,
            _ => return Vec::new(),
        };
        let entry = |bytes| {
            let entry = Fields(bytes);
            let (section, offset, size) = (entry.u16(0)?, entry.u32(4)?, entry.u32(8)?);
            Some(Contribution { section, offset, size, module: entry.u16(16)? }).filter(|found| found.size > 0)
        };
        let entries = bytes.get(4..).unwrap_or_default().chunks_exact(size);
        let mut list: Vec<Contribution> = entries.filter_map(entry).collect();
        if !list.is_sorted_by_key(|found| (found.section, found.offset)) {
            list.sort_by_key(|found| (found.section, found.offset));
        }
        list
    }

    /// Numbers of further streams.
    pub(super) fn streams(&self, msf: &Msf<'_>) -> Streams {
        let bytes = self.part(msf, STREAMS);
        let stream = |index: usize| Fields(&bytes).u16(index * 2).filter(|&stream| stream != NO_STREAM);
        Streams { fpo: stream(0), omap: stream(4), sections: stream(5), frame_data: stream(9) }
    }
}

/// The modules in a list of them, and whether all of it could be read.
pub(super) fn modules(bytes: &[u8]) -> (Vec<Module<'_>>, bool) {
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let Some((module, next)) = module(Fields(bytes), at) else { return (found, false) };
        found.push(module);
        at = next;
    }
    (found, true)
}

fn module(all: Fields<'_>, at: usize) -> Option<(Module<'_>, usize)> {
    let stream = all.u16(at + 34)?;
    let (symbols, old_lines, lines) = (all.size(at + 36)?, all.size(at + 40)?, all.size(at + 44)?);
    let name = all.text(at + MODULE)?;
    let object = at + MODULE + name.len() + 1;
    let next = aligned(object + all.text(object)?.len() + 1);
    let stream = Some(stream).filter(|&stream| stream != NO_STREAM);
    Some((Module { name, stream, symbols, old_lines, lines }, next))
}
