//! Streams that are plain text: Facebook's Android streams, `/proc` files without a field of their own.

use crate::directory::Stream;
use crate::kind;
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

pub(crate) fn parse<'a>(stream: &Stream<'a>) -> TextStream<'a> {
    TextStream {
        kind: stream.kind,
        name: kind::name(stream.kind).unwrap_or_default(),
        text: String::from_utf8_lossy(strings::trim_nuls(stream.bytes)),
    }
}
