//! From the addresses of all stacks to functions, files and lines: each place once.
//!
//! The worker threads of a process sit in the same few wait functions, so a dump with thousands of frames
//! has far fewer distinct places. Each is looked up once, and the report's writer renders each once.

use std::borrow::Cow;
use std::collections::HashMap;

use symbols::SymbolIndex;
use symbols::lookup::SourceFrame;
use unwind::{ModuleMap, Stack};

use crate::hash::Seeded;

/// An address in a module, and what the symbols say about it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Index of the module in the dump, or of the image in the report.
    pub module: Option<usize>,
    /// The address the symbols were asked for.
    pub lookup: u64,
    first: u32,
    count: u32,
}

/// All places of all stacks.
#[derive(Debug, Default)]
pub(crate) struct Places<'a> {
    places: Vec<Place>,
    sources: Vec<SourceFrame<'a>>,
    of_frame: Vec<Vec<u32>>,
    known: HashMap<(Option<usize>, u64), u32, Seeded>,
    found: Vec<SourceFrame<'a>>,
}

impl<'a> Places<'a> {
    /// Look up every frame of every stack of a dump. Modules whose symbols are not at hand are noted by `map`.
    pub(crate) fn of(map: &'a ModuleMap<'_>, bases: &[u64], stacks: &[Stack]) -> Self {
        let mut all = Self::default();
        let symbols = |module| Some((map.symbols(module)?, *bases.get(module)?));
        for stack in stacks {
            all.add_stack(stack.frames.iter().map(|frame| (frame.module, frame.lookup)), symbols);
        }
        all
    }

    fn add_stack(
        &mut self,
        frames: impl Iterator<Item = (Option<usize>, u64)>,
        symbols: impl Fn(usize) -> Option<(&'a SymbolIndex, u64)>,
    ) {
        let mut ids = Vec::with_capacity(frames.size_hint().0);
        for (module, lookup) in frames {
            ids.push(self.place(module, lookup, &symbols));
        }
        self.of_frame.push(ids);
    }

    /// The id of a place, looked up if it is a new one.
    pub(crate) fn place(
        &mut self,
        module: Option<usize>,
        lookup: u64,
        symbols: impl FnOnce(usize) -> Option<(&'a SymbolIndex, u64)>,
    ) -> u32 {
        if let Some(&id) = self.known.get(&(module, lookup)) {
            return id;
        }
        let place = self.look_up(module, lookup, symbols);
        let id = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        self.places.push(place);
        self.known.insert((module, lookup), id);
        id
    }

    /// A place by its id.
    pub(crate) fn get(&self, id: u32) -> Option<Place> {
        self.places.get(id as usize).copied()
    }

    fn look_up(
        &mut self,
        module: Option<usize>,
        lookup: u64,
        symbols: impl FnOnce(usize) -> Option<(&'a SymbolIndex, u64)>,
    ) -> Place {
        let first = u32::try_from(self.sources.len()).unwrap_or(u32::MAX);
        if let Some((symbols, base)) = module.and_then(symbols) {
            self.found.clear();
            symbols.frames_at(lookup.wrapping_sub(base), &mut self.found);
            for source in &mut self.found {
                // Names of a symbol table may still be mangled; those of debug information are not.
                if let Some(text) = symbols::demangle::demangle(&source.function) {
                    source.function = Cow::Owned(text);
                }
            }
            self.sources.append(&mut self.found);
        }
        let count = u32::try_from(self.sources.len()).unwrap_or(u32::MAX).saturating_sub(first);
        Place { module, lookup, first, count }
    }

    /// How many distinct places there are; their ids are below it.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// The place of a frame, and its id. Indices as in the stacks given.
    pub(crate) fn of_frame(&self, thread: usize, frame: usize) -> Option<(usize, Place)> {
        let id = *self.of_frame.get(thread)?.get(frame)? as usize;
        Some((id, *self.places.get(id)?))
    }

    /// Source-level frames of a place, innermost first; the last is the function itself.
    pub(crate) fn sources(&self, place: &Place) -> &[SourceFrame<'a>] {
        let first = place.first as usize;
        self.sources.get(first..first.saturating_add(place.count as usize)).unwrap_or(&[])
    }
}
