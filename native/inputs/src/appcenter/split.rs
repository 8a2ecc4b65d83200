//! A container split into its logs, each as it was sent: for a service that stores logs and decodes them later.
//!
//! Nothing of a container is decoded here, and no tree of values is made. Splitting keeps where the first logs lie and
//! counts the rest; a log is copied, and repaired if it is broken, on request. So the memory that this takes
//! does not depend on what is in a container, only on its size.

use std::borrow::Cow;
use std::ops::Range;

use super::head;
use super::log_kind::LogKind;
use crate::json::Reader;
use crate::json::mend::mend_json;
use crate::json::reader::Shape;
use crate::notes::Notes;
use crate::{Error, Note, encoding};

/// What is taken of a container.
#[derive(Clone, Copy, Debug)]
pub struct SplitLimits {
    /// Logs; the rest is counted.
    pub logs: usize,
    /// Bytes of a log that is repaired if its JSON is broken; a larger one stays as it was sent.
    pub repaired_bytes: usize,
    /// Bytes that the `data` of an attachment may have in the container to be in the head of its log.
    pub data_bytes: usize,
}

/// The logs of a container, by where they lie.
#[derive(Debug)]
pub struct Split {
    limits: SplitLimits,
    /// The body as UTF-8, if it was sent as something else.
    converted: Option<String>,
    spans: Vec<Span>,
    beyond: usize,
    notes: Vec<Note>,
}

/// A requested log.
#[derive(Debug)]
pub struct SplitLog<'a> {
    /// Which one of the container's it is.
    pub number: usize,
    /// What it is; `None` if neither its type nor its fields say it.
    pub kind: Option<LogKind>,
    /// Its text: as it was sent if that is sound, else repaired as far as it can be.
    pub text: Cow<'a, [u8]>,
    /// The fields that say what the log is, as a short JSON object; see [`head`].
    pub head: Vec<u8>,
    /// What was wrong with it.
    pub notes: Vec<Note>,
}

#[derive(Debug)]
struct Span {
    number: usize,
    range: Range<usize>,
    /// Whether it is strict JSON, as far as that was checked.
    strict: bool,
}

impl Split {
    /// Find the logs of a body: of `{"logs": […]}`, of a list of logs, of a single log, or of one log instead of the
    /// list. If `logs` is given several times, the last one counts.
    ///
    /// # Errors
    ///
    /// If the body is empty, no JSON, or holds no list of logs; or if it is UTF-16 of more bytes than are repaired.
    pub fn new(body: &[u8], limits: SplitLimits) -> Result<Self, Error> {
        let mut notes = Notes::default();
        let converted = match body {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
                if body.len() > limits.repaired_bytes {
                    let (size, limit) = (body.len() as u64, limits.repaired_bytes as u64);
                    return Err(Error::TooBig { what: "the body in UTF-16", size, limit });
                }
                Some(encoding::text(body, &mut notes).into_owned())
            }
            _ => None,
        };
        let bytes = converted.as_deref().map_or(body, str::as_bytes);
        let text = same_length(bytes);
        if let Cow::Owned(_) = text {
            notes.note(String::new, "bytes that are no UTF-8");
        }
        let base = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let mut reader = Reader::new(&text[base..], base, String::new());
        let mut found = Found { limits, base, spans: Vec::new(), beyond: 0 };
        found.read(&mut reader, bytes)?;
        if reader.peek().is_some() {
            reader.note_byte("text after the document is left out");
        }
        let (read, fault) = reader.finish();
        if let Some(fault) = fault {
            return Err(fault);
        }
        notes.extend(read);
        drop(text);
        Ok(Self { limits, converted, spans: found.spans, beyond: found.beyond, notes: notes.finish() })
    }

    /// How many logs can be requested.
    #[must_use]
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is no log.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// How many more logs the container has.
    #[must_use]
    pub const fn beyond(&self) -> usize {
        self.beyond
    }

    /// What is wrong with the container outside of its logs.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// A log of the body that was split.
    #[must_use]
    pub fn log<'a>(&'a self, body: &'a [u8], index: usize) -> Option<SplitLog<'a>> {
        let span = self.spans.get(index)?;
        let bytes = self.converted.as_deref().map_or(body, str::as_bytes).get(span.range.clone())?;
        let repairable = bytes.len() <= self.limits.repaired_bytes;
        let text = if repairable { String::from_utf8_lossy(bytes) } else { same_length(bytes) };
        let strict = span.strict && matches!(text, Cow::Borrowed(_));
        let (kind, head) = head::of(&text, strict, self.limits.data_bytes);
        if strict {
            return Some(SplitLog { number: span.number, kind, text: Cow::Borrowed(bytes), head, notes: Vec::new() });
        }
        let kept = |why: String| (Cow::Borrowed(bytes), vec![Note { place: String::new(), message: why }]);
        let (text, notes) = if repairable {
            // Repair makes a log a little longer. More than that is a crafted input.
            mend_json(bytes, bytes.len() + bytes.len() / 2 + 4096).map_or_else(
                |error| kept(format!("broken JSON, which is kept as it was sent: {error}")),
                |(mended, notes)| (Cow::Owned(mended), notes),
            )
        } else {
            let limit = self.limits.repaired_bytes;
            kept(format!("larger than {limit} bytes, and kept as it was sent without a look at its JSON"))
        };
        Some(SplitLog { number: span.number, kind, text, head, notes })
    }
}

/// The logs that were found so far.
struct Found {
    limits: SplitLimits,
    base: usize,
    spans: Vec<Span>,
    beyond: usize,
}

impl Found {
    /// Read the document.
    fn read(&mut self, reader: &mut Reader<'_>, bytes: &[u8]) -> Result<(), Error> {
        match reader.peek() {
            None => return Err(Error::Empty),
            Some(b'[') => reader.items(|reader, number| self.add(reader, number)),
            Some(b'{') => {
                let start = reader.position();
                let (mut list, mut lone) = (false, false);
                reader.object(|reader, name| match name {
                    "logs" => {
                        (self.spans, self.beyond) = (Vec::new(), 0);
                        list = matches!(reader.shape(), Shape::Array | Shape::Object);
                        if list {
                            reader.items(|reader, number| self.add(reader, number));
                        }
                    }
                    "type" => lone = true,
                    _ => {}
                });
                if !list && lone {
                    let range = self.base + start..self.base + reader.position();
                    let strict = strict_length(&bytes[range.clone()], self.limits.repaired_bytes) == Some(range.len());
                    self.spans.push(Span { number: 0, range, strict });
                } else if !list {
                    return Err(no_list());
                }
            }
            Some(_) => return Err(no_list()),
        }
        Ok(())
    }

    /// Add the log that is next.
    fn add(&mut self, reader: &mut Reader<'_>, number: usize) {
        if reader.shape() != Shape::Object {
            reader.wrong("a log");
            return;
        }
        if self.spans.len() >= self.limits.logs {
            self.beyond += 1;
            return;
        }
        let start = self.base + reader.position();
        let strict = strict_length(reader.rest(), self.limits.repaired_bytes);
        match strict {
            Some(length) => reader.advance(length),
            None => reader.skip(),
        }
        let range = start..self.base + reader.position();
        self.spans.push(Span { number, range, strict: strict.is_some() });
    }
}

fn no_list() -> Error {
    Error::Missing { place: "the body".to_owned(), message: "it holds no list of logs".to_owned() }
}

/// How long the value is that the bytes begin with, if it is strict JSON and not longer than the limit. Where this
/// stops, a lenient reader has not come to the end either, so all attempts together take linear time.
fn strict_length(bytes: &[u8], limit: usize) -> Option<usize> {
    let bytes = &bytes[..bytes.len().min(limit)];
    let mut values = serde_json::Deserializer::from_slice(bytes).into_iter::<serde::de::IgnoredAny>();
    values.next()?.ok()?;
    Some(values.byte_offset())
}

/// The bytes as text of the same length: a byte that is not UTF-8 becomes a question mark.
fn same_length(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.push_str(&"???"[..chunk.invalid().len()]);
    }
    Cow::Owned(text)
}
