//! A frame: the part of its object that depends on its code location alone.

use crate::json::{Hex, Writer};
use crate::resolve::Source;

/// Where a frame is, as far as it is known.
pub(super) struct Half<'a> {
    /// The address that was looked up, or the address in the input.
    pub(super) offset: Option<u64>,
    pub(super) module: Option<&'a str>,
    pub(super) module_offset: Option<u64>,
    pub(super) function: Option<&'a str>,
    pub(super) function_offset: Option<u64>,
    pub(super) file: Option<&'a str>,
    pub(super) line: Option<u32>,
    /// Hex digits of an address.
    pub(super) width: usize,
}

/// A function inlined at a code location.
pub(super) struct Inlined<'a> {
    pub(super) function: &'a str,
    pub(super) file: Option<&'a str>,
    pub(super) line: Option<u32>,
}

impl<'a> From<&'a Source<'_>> for Inlined<'a> {
    fn from(source: &'a Source<'_>) -> Self {
        Self { function: &source.function, file: source.file.as_deref(), line: source.line }
    }
}

impl Half<'_> {
    /// The keys up to `inlines`, those innermost first.
    pub(super) fn write<'i>(&self, w: &mut Writer, inlines: impl Iterator<Item = Inlined<'i>>) {
        w.field("offset", Hex(self.offset, self.width));
        w.field("module", self.module);
        w.field("module_offset", Hex(self.module_offset, self.width));
        w.field("function", self.function);
        w.field("function_offset", Hex(self.function_offset, self.width));
        w.field("file", self.file);
        w.field("line", self.line);
        let mut inlines = inlines.peekable();
        if inlines.peek().is_none() {
            return w.raw(br#""inlines":null"#);
        }
        w.key("inlines");
        w.list("inlines", inlines, |w, inlined| {
            w.begin_object();
            w.field("function", inlined.function);
            w.field("file", inlined.file);
            w.field("line", inlined.line);
            w.end_object();
        });
    }
}
