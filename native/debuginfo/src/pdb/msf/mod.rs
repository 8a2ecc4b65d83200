//! The container of a PDB file: numbered streams. [`pages`] reads the usual form (MSF 7.00), [`chunks`] the compressed one
//! (MSFZ); what is in the streams is the same.

mod chunks;
mod file;
mod pages;

use std::borrow::Cow;

use crate::Error;
use crate::present::Present;
use chunks::Chunks;
use pages::Pages;

/// The first bytes of files that are read.
pub(super) const MAGICS: [&[u8]; 2] = [pages::MAGIC, chunks::MAGIC];

/// Streams that are listed: their numbers have 16 bits.
const STREAMS: usize = 1 << 16;

/// The streams of a file.
#[derive(Debug)]
pub(super) struct Msf<'d> {
    form: Form<'d>,
    /// Which parts of the file are there; `None`: all.
    present: Option<&'d Present>,
}

#[derive(Debug)]
enum Form<'d> {
    Pages(Pages<'d>),
    Chunks(Chunks<'d>),
}

impl<'d> Msf<'d> {
    /// Read the header and the directory. `present` says which parts of the file are there; `None`: all.
    ///
    /// # Errors
    /// The header or the directory is damaged or not there, or of a version that is not read.
    pub(super) fn open(file: &'d [u8], present: Option<&'d Present>) -> Result<Self, Error> {
        let form = match file.starts_with(chunks::MAGIC) {
            true => Form::Chunks(Chunks::open(file, present)?),
            false => Form::Pages(Pages::open(file, present)?),
        };
        Ok(Self { form, present })
    }

    /// Whether parts of the file were needed that are not there.
    pub(super) fn is_waiting(&self) -> bool {
        self.present.is_some_and(Present::is_waiting)
    }

    /// Whether only some parts of the file are there.
    pub(super) const fn is_in_part(&self) -> bool {
        self.present.is_some()
    }

    /// Whether what is read of a stream is decompressed first.
    pub(super) const fn is_compressed(&self) -> bool {
        matches!(self.form, Form::Chunks(_))
    }

    /// How many streams exceed the file.
    pub(super) const fn excess(&self) -> u64 {
        match &self.form {
            Form::Pages(pages) => pages.excess,
            Form::Chunks(chunks) => chunks.excess,
        }
    }

    /// How many parts could not be decompressed, so far.
    pub(super) fn broken(&self) -> u64 {
        match &self.form {
            Form::Pages(_) => 0,
            Form::Chunks(chunks) => chunks.broken(),
        }
    }

    /// Bytes of all streams, at most.
    pub(super) const fn bytes(&self) -> u64 {
        match &self.form {
            Form::Pages(pages) => pages.bytes(),
            Form::Chunks(chunks) => chunks.bytes(),
        }
    }

    /// A stream; `None`: no stream has this number, it is refused, or parts of it are outside the file.
    pub(super) fn stream(&self, number: u16) -> Option<Stream<'_>> {
        Some(match &self.form {
            Form::Pages(pages) => Stream::Pages(pages.stream(number)?),
            Form::Chunks(chunks) => Stream::Chunks(chunks.stream(number)?),
        })
    }
}

/// A stream.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stream<'m> {
    Pages(pages::Stream<'m>),
    Chunks(chunks::Stream<'m>),
}

impl<'m> Stream<'m> {
    /// How many bytes it has.
    pub(super) const fn len(&self) -> usize {
        match self {
            Self::Pages(stream) => stream.len(),
            Self::Chunks(stream) => stream.len(),
        }
    }

    /// All of it; a copy if it is scattered.
    pub(super) fn bytes(&self) -> Cow<'m, [u8]> {
        self.range(0, self.len()).unwrap_or_default()
    }

    /// A part of it; a copy if it is scattered. `None`: the stream ends before, or the part is not there or damaged.
    pub(super) fn range(&self, start: usize, length: usize) -> Option<Cow<'m, [u8]>> {
        match self {
            Self::Pages(stream) => stream.range(start, length),
            Self::Chunks(stream) => stream.range(start, length),
        }
    }
}
