//! Streams that are plain text: Facebook's Android streams, `/proc` files without a field of their own.

use crate::directory::Stream;
use crate::faults::Faults;
use crate::kind;
use crate::reader::{Source, TextError};
use crate::strings;
use std::borrow::Cow;

/// A stream of text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TextStream<'a> {
    /// Stream type.
    pub kind: u32,
    /// The stream type's name.
    pub name: &'static str,
    /// The text, without trailing NULs.
    pub text: Cow<'a, str>,
}

pub(crate) fn parse<'a>(stream: &Stream<'a>, source: &Source<'a>, faults: &mut Faults) -> Option<TextStream<'a>> {
    let bytes = strings::trim_nuls(stream.bytes);
    let text = text(bytes, source, stream, faults)?;
    Some(TextStream { kind: stream.kind, name: kind::name(stream.kind).unwrap_or_default(), text })
}

/// Bytes as text; `None` if too much was copied already. Only broken text is copied, which grows by that.
pub(crate) fn text<'a>(
    bytes: &'a [u8],
    source: &Source<'_>,
    stream: &Stream<'_>,
    faults: &mut Faults,
) -> Option<Cow<'a, str>> {
    const GROWTH: usize = 3;
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Some(Cow::Borrowed(text));
    }
    if !source.charge(bytes.len().saturating_mul(GROWTH)) {
        faults.add(stream.kind, None, stream.offset, format!("the text {}", TextError::Budget.reason()));
        return None;
    }
    Some(String::from_utf8_lossy(bytes))
}
