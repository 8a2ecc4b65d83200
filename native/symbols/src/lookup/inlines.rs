//! Source frames at an address: inlined calls and the function around them.

use super::block::{Block, Entry, LineEntry};
use super::inline_site::{InlineSite, MAX_CALLS, innermost_first};
use super::kept::KeptFunction;
use super::large::block::LargeBlock;
use super::line_ref::LineRef;
use super::packed_block::PackedBlock;
use super::symbol::Symbol;
use super::symbol_map::SymbolMap;
use super::text_block::TextBlock;
use crate::breakpad::lines::line_at;
use crate::breakpad::name::{OMITTED, function_name, name};
use crate::breakpad::{Dialect, Record, parse, quick};
use crate::index::table::Span;
use std::borrow::Cow;

/// One source-level frame at an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFrame<'a> {
    /// Name of the function, inlined or not; `<name omitted>` if the file does not give it.
    pub function: Cow<'a, str>,
    /// First address of the function that holds the code, relative to the module's base.
    pub function_start: u64,
    /// Source file.
    pub file: Option<Cow<'a, str>>,
    /// Source line, 1-based; 0 where the file says 0.
    pub line: Option<u32>,
    /// Whether the compiler inlined this function into the frame after it.
    pub inlined: bool,
    /// First address of the line record that gave file and line, relative to the module's base;
    /// `None` for a call site.
    pub line_start: Option<u64>,
}

impl SymbolMap {
    /// The source frames at an address, the innermost first: inlined calls, then the function.
    /// `out` is cleared first. `false` if no symbol covers the address.
    ///
    /// The innermost frame has the file and line of the line record; each frame after it has those of
    /// the call site in it. In the old dialect a call site has no file, and the frame shares that of the
    /// line record (as in Breakpad).
    pub fn frames_at<'a>(&'a self, rva: u64, out: &mut Vec<SourceFrame<'a>>) -> bool {
        out.clear();
        let Some(span) = self.find_symbol(rva) else { return false };
        let Some(symbol) = Symbol::read(&self.index, span.offset) else { return false };
        let (line, mut calls) = match self.kept(&span).or_else(|| self.touched(&span, &symbol)) {
            Some(kept) => {
                let mut calls = Vec::new();
                kept.calls_at(rva, &mut calls);
                (kept.line_at(rva), calls)
            }
            None => self.line_and_sites(&symbol, rva),
        };
        if calls.len() > MAX_CALLS {
            calls.clear();
        }
        if calls.len() > 1 {
            innermost_first(&mut calls);
        }
        let line_file = line.and_then(|line| self.file_name(line.file));
        let mut frame = SourceFrame {
            function: Cow::Borrowed(""),
            function_start: symbol.start,
            file: line_file.clone(),
            line: line.map(|line| line.line),
            inlined: true,
            line_start: line.map(|line| line.address),
        };
        for call in &calls {
            frame.function = self.origin_name(call.origin, call.dialect);
            let file = match call.dialect {
                Dialect::New => call.call_file.and_then(|file| self.file_name(file)),
                Dialect::Old => line_file.clone(),
            };
            let outer = SourceFrame { file, line: Some(call.call_line), line_start: None, ..frame.clone() };
            out.push(std::mem::replace(&mut frame, outer));
        }
        frame.function = function_name(symbol.name);
        frame.inlined = false;
        out.push(frame);
        true
    }

    /// The decoded function at a place in the table of symbols, if it is kept.
    #[inline]
    pub(super) fn kept(&self, span: &Span) -> Option<&KeptFunction> {
        self.kept.get(span.number)
    }

    /// Note that a function is looked up. The second time it is decoded and kept.
    #[inline]
    pub(super) fn touched(&self, span: &Span, symbol: &Symbol<'_>) -> Option<&KeptFunction> {
        if symbol.is_public {
            return None;
        }
        self.kept.touch(span.number, self.index.symbols().starts.len(), || {
            if self.index.is_packed() {
                KeptFunction::decode(symbol, PackedBlock::of(&self.index, symbol))
            } else {
                KeptFunction::decode(symbol, TextBlock::of(&self.index, symbol))
            }
        })
    }

    /// The line record that covers an address of a function, and the calls that do, in the order of the file.
    #[inline]
    fn line_and_sites(&self, symbol: &Symbol<'_>, rva: u64) -> (Option<LineRef>, Vec<InlineSite>) {
        if self.index.is_packed() {
            self.line_and_sites_in(PackedBlock::of(&self.index, symbol), symbol, rva)
        } else {
            self.line_and_sites_in(TextBlock::of(&self.index, symbol), symbol, rva)
        }
    }

    #[inline]
    fn line_and_sites_in<'a>(
        &'a self,
        mut block: impl Block<'a>,
        symbol: &Symbol<'_>,
        rva: u64,
    ) -> (Option<LineRef>, Vec<InlineSite>) {
        let mut calls: Vec<InlineSite> = Vec::new();
        let mut line: Option<LineEntry<'_>> = None;
        if block.is_large() || self.has_large_block(symbol) {
            return self.line_and_sites_in_large(symbol, rva);
        }
        while let Some(entry) = block.next() {
            if block.is_large() {
                break;
            }
            match entry {
                Entry::Inline(inline) if calls.len() <= MAX_CALLS => calls.extend(InlineSite::at(&inline, rva)),
                Entry::Inline(_) => {}
                Entry::Line(entry) if line.is_none() && entry.covers(rva) => {
                    line = Some(entry);
                    if !block.goes_on() {
                        break;
                    }
                }
                Entry::Line(_) => {}
            }
        }
        if block.is_large() {
            return self.line_and_sites_in_large(symbol, rva);
        }
        (line.map(|line| LineRef::of(&line)), calls)
    }

    #[cold]
    fn line_and_sites_in_large(&self, symbol: &Symbol<'_>, rva: u64) -> (Option<LineRef>, Vec<InlineSite>) {
        self.with_large_block(symbol, |block| {
            let mut calls = Vec::new();
            block.calls_at(rva, &mut calls);
            (block.line_at(rva), calls)
        })
    }

    /// Whether the block of a function is known to be a large one.
    #[inline]
    pub(super) fn has_large_block(&self, symbol: &Symbol<'_>) -> bool {
        self.large_blocks.get(symbol.offset as u64).is_some()
    }

    /// Search the large block of a function.
    pub(super) fn with_large_block<R>(&self, symbol: &Symbol<'_>, ask: impl FnOnce(&LargeBlock) -> R) -> R {
        self.large_blocks.with(symbol.offset as u64, || self.read_large_block(symbol), ask)
    }

    fn read_large_block(&self, symbol: &Symbol<'_>) -> LargeBlock {
        if self.index.is_packed() {
            LargeBlock::read(PackedBlock::of(&self.index, symbol))
        } else {
            LargeBlock::read(TextBlock::of(&self.index, symbol))
        }
    }

    /// The name of a FILE record.
    #[must_use]
    pub fn file_name(&self, id: u32) -> Option<Cow<'_, str>> {
        let line = line_at(self.index.text(), self.index.file_offset(id)?);
        match quick::head(line) {
            Some((quick::Head::File { .. }, at)) if line.last() != Some(&0) => Some(name(line.get(at..)?)),
            _ => match parse(line) {
                Ok(Some(Record::File(file))) => Some(name(file.name)),
                _ => None,
            },
        }
    }

    pub(super) fn origin_name(&self, id: Option<u32>, dialect: Dialect) -> Cow<'_, str> {
        let Some(offset) = id.and_then(|id| self.index.origin_offset(id)) else { return Cow::Borrowed(OMITTED) };
        let line = line_at(self.index.text(), offset);
        match quick::head(line) {
            // A name that begins with a number may begin with the old dialect's file.
            Some((quick::Head::Origin { .. }, at))
                if line.last() != Some(&0) && line.get(at).is_some_and(|b| b.is_ascii_alphabetic()) =>
            {
                name(line.get(at..).unwrap_or_default())
            }
            _ => match parse(line) {
                Ok(Some(Record::InlineOrigin(origin))) => name(origin.name_in(dialect)),
                _ => Cow::Borrowed(OMITTED),
            },
        }
    }
}
