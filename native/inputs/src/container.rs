//! An opened input: recognised, split into its crashes, each of which is decoded on request.

use std::borrow::Cow;
use std::ops::Range;

use crate::appcenter::{AttachedFile, Logs};
use crate::bytes::{Bytes, text_of};
use crate::compressed::Format;
use crate::item::Item;
use crate::magic;
use crate::notes::Notes;
use crate::recognise::{self, Content};
use crate::{
    Crash, Error, Note, android, apple_text, encoding, ips, limits, managed, metrickit, other_kinds, paste, stack_trace,
};

/// An opened input of any kind.
///
/// Opening reads the whole input once, but retains only where its crashes lie: a container of ten thousand logs is
/// never decoded at once. A container is immutable; threads may decode its crashes side by side.
#[derive(Debug)]
pub struct Container {
    bytes: Bytes,
    /// None: a minidump.
    content: Option<Content>,
    notes: Vec<Note>,
}

impl Container {
    /// Recognise an input by its content, and find the crashes in it.
    ///
    /// # Errors
    ///
    /// If it is not a crash at all; see [`Error`]. A known container without a crash is not an error: its length is 0
    /// and its notes list what is in it.
    pub fn open(bytes: impl Into<Bytes>) -> Result<Self, Error> {
        let mut bytes = bytes.into();
        let mut notes = Notes::default();
        if let Some(format) = Format::of(&bytes) {
            bytes = format.decompress(&bytes, &mut notes)?.into();
        }
        if magic::is_minidump(&bytes) {
            return Ok(Self { bytes, content: None, notes: notes.finish() });
        }
        if let Some(kind) = other_kinds::of_bytes(&bytes) {
            return Err(kind.into());
        }
        if looks_binary(&bytes) {
            return Err(Error::Unrecognised(magic::first_bytes(&bytes)));
        }
        // Fewer bytes are neither too many nor too many lines.
        if bytes.len() > limits::TEXT_LINES {
            check_size(&bytes, bytes.len() as u64)?;
            check_lines(&bytes)?;
        }
        let content;
        let text = encoding::text(&bytes, &mut notes);
        match paste::clean(&text, &mut notes) {
            // Ranges have to be those of the bytes.
            Cow::Borrowed(text) if text.len() == bytes.len() => content = recognise::text(text, &mut notes)?,
            text => {
                let text = text.into_owned();
                content = recognise::text(&text, &mut notes).map_err(|error| match error {
                    // Of the bytes as they came: what could not be decoded stands in the text as something else.
                    Error::Unrecognised(_) => Error::Unrecognised(magic::first_bytes(&bytes)),
                    other => other,
                })?;
                bytes = text.into();
            }
        }
        Ok(Self { bytes, content: Some(content), notes: notes.finish() })
    }

    /// Why an input other than a minidump is refused for its size and its first bytes, some thousand of them; `None` if all of
    /// it has to be looked at.
    #[must_use]
    pub fn refused_by_size(head: &[u8], size: u64) -> Option<Error> {
        if Format::of(head).is_some() {
            let limit = limits::UNPACKED_BYTES as u64;
            return (size > limit).then_some(Error::TooBig { what: "a compressed input", size, limit });
        }
        if let Some(kind) = other_kinds::of_bytes(head) {
            return Some(kind.into());
        }
        if looks_binary(head) {
            return Some(Error::Unrecognised(magic::first_bytes(head)));
        }
        check_size(head, size).err()
    }

    /// One App Center log, whatever its type says, and the files that belong to its crash.
    ///
    /// # Errors
    ///
    /// If the log is too long, or is not JSON.
    pub fn of_log(log: impl Into<Bytes>, files: Vec<AttachedFile>) -> Result<Self, Error> {
        let mut bytes = log.into();
        let mut notes = Notes::default();
        if bytes.len() > limits::JSON_BYTES {
            let (size, limit) = (bytes.len() as u64, limits::JSON_BYTES as u64);
            return Err(Error::TooBig { what: "a text in JSON", size, limit });
        }
        let text = encoding::text(&bytes, &mut notes);
        let logs = Logs::single(&text, files, &mut notes)?;
        if text.len() != bytes.len() || matches!(text, Cow::Owned(_)) {
            // Ranges have to be those of the bytes.
            bytes = text.into_owned().into();
        }
        Ok(Self { bytes, content: Some(Content::Logs(logs)), notes: notes.finish() })
    }

    /// How many crashes it has.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.content {
            Some(Content::Logs(logs)) => logs.len(),
            Some(Content::MetricKit(diagnostics)) => diagnostics.len(),
            _ => 1,
        }
    }

    /// Whether it has no crashes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What was tolerated in the container as a whole, and which of its logs are not crashes.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// The crash of an index, decoded now.
    ///
    /// # Errors
    ///
    /// If there is no crash of this index, or nothing can be read of it.
    pub fn crash(&self, index: usize) -> Result<Item<'_>, Error> {
        if index >= self.len() {
            return Err(Error::NoSuchCrash { index, len: self.len() });
        }
        let unwound = |crash: Crash| Item::Unwound(Box::new(crash));
        let mut item = match &self.content {
            None => Ok(Item::Minidump { bytes: Cow::Borrowed(&self.bytes), context: None }),
            Some(Content::Logs(logs)) => logs.crash(&self.bytes, index),
            Some(Content::Ips { header, body }) => {
                ips::crash(&self.text(header), &self.text(body), body.start).map(unwound)
            }
            Some(Content::AppleText { header, body }) => {
                Ok(unwound(apple_text::crash(&self.text(header), &self.text(body))))
            }
            Some(Content::MetricKit(diagnostics)) => metrickit::crash(&self.bytes, &diagnostics[index]).map(unwound),
            Some(Content::Android(report)) => Ok(unwound(android::crash(*report, &self.text(&(0..self.bytes.len()))))),
            Some(Content::WindowsError(crash)) => Ok(Item::Unwound(crash.clone())),
            Some(Content::StackTrace(parsed)) => Ok(unwound(stack_trace::crash(parsed))),
        }?;
        if let Item::Unwound(crash) = &mut item {
            managed::open_carriers(crash);
        }
        Ok(item)
    }

    fn text(&self, range: &Range<usize>) -> Cow<'_, str> {
        text_of(&self.bytes, range)
    }
}

/// Refuse a text that is too long, by its size and its first bytes: the rest of a large file is not read.
fn check_size(head: &[u8], size: u64) -> Result<(), Error> {
    let (what, limit) = if is_json(head) {
        ("a text in JSON", limits::JSON_BYTES as u64)
    } else {
        ("a text that is not JSON", limits::TEXT_BYTES as u64)
    };
    if size > limit { Err(Error::TooBig { what, size, limit }) } else { Ok(()) }
}

/// Refuse a text that is not JSON and has too many lines.
fn check_lines(bytes: &[u8]) -> Result<(), Error> {
    if is_json(bytes) {
        return Ok(());
    }
    let lines = memchr::memchr_iter(b'\n', bytes).count();
    if lines > limits::TEXT_LINES {
        return Err(Error::TooManyLines { lines: lines as u64, limit: limits::TEXT_LINES as u64 });
    }
    Ok(())
}

/// Whether a text begins like JSON.
fn is_json(bytes: &[u8]) -> bool {
    const LOOKED_AT: usize = 4 << 10;
    let head = &bytes[..bytes.len().min(LOOKED_AT)];
    recognise::begins_like_json(&encoding::text(head, &mut Notes::default()))
}

/// Whether the bytes are not text: NUL bytes near the start, and no byte order mark of UTF-16.
fn looks_binary(bytes: &[u8]) -> bool {
    const LOOKED_AT: usize = 64;
    let head = &bytes[..bytes.len().min(LOOKED_AT)];
    !bytes.starts_with(&[0xff, 0xfe]) && !bytes.starts_with(&[0xfe, 0xff]) && head.contains(&0)
}
