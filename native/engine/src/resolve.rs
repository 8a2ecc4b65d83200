//! From the addresses of all stacks to functions, files and lines: each distinct address once.
//!
//! The worker threads of a process sit in the same few wait functions, so a dump with thousands of frames
//! has far fewer distinct addresses. Each is looked up once, and the report's writer renders each once.

use std::borrow::Cow;
use std::collections::HashMap;

use symbols::SymbolMap;
use symbols::lookup::SourceFrame;
use unwind::Stack;

use crate::hash::Seeded;
use crate::limits::{LOOKED_UP_BYTES, SOURCES};
use crate::names::{Name, Names};
use crate::process::ModuleMap;

/// A source-level frame: a function at an address, or one that was inlined there.
#[derive(Clone, Debug)]
pub(crate) struct Source<'a> {
    pub(crate) function: Name<'a>,
    /// First address of the function that holds the code, relative to the module's base.
    pub(crate) function_start: u64,
    pub(crate) file: Option<Name<'a>>,
    pub(crate) line: Option<u32>,
    /// Whether the compiler inlined this function into the frame after it.
    pub(crate) inlined: bool,
}

// There may be many of them.
const _: () = assert!(size_of::<Source<'_>>() <= 72);

/// What looking a source-level frame up costs beside reading its names, in bytes read.
const SOURCE_COST: usize = 256;
/// How many times more a name costs whose bytes are replaced one by one.
const COPY_COST: usize = 16;

/// Distinct places that memory is reserved for at once: a small dump has no more.
const EXPECTED_PLACES: usize = 64;

/// What reading a name costs, in bytes read.
#[expect(clippy::ptr_arg, reason = "whether the name is a copy decides")]
fn reading_cost(name: &Cow<'_, str>) -> usize {
    match name {
        Cow::Borrowed(name) => name.len(),
        Cow::Owned(name) => name.len().saturating_mul(COPY_COST),
    }
}

/// An address in a module, and what the symbols state about it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Index of the module in the dump, or of the image in the report.
    pub module: Option<usize>,
    /// The address that was looked up.
    pub lookup: u64,
    first: u32,
    count: u32,
}

/// All places of all stacks.
#[derive(Debug, Default)]
pub(crate) struct Places<'a> {
    places: Vec<Place>,
    sources: Vec<Source<'a>>,
    of_frame: Vec<Vec<u32>>,
    known: HashMap<(Option<usize>, u64), u32, Seeded>,
    found: Vec<SourceFrame<'a>>,
    /// The names of functions, readable.
    pub(crate) names: Names,
    /// Bytes of names that were read.
    looked_up: usize,
    /// Places that were not looked up, and inlined calls that were left out, because there were too many.
    unknown: u64,
    inlines_omitted: u64,
}

impl<'a> Places<'a> {
    /// Look up every frame of every stack of a dump. Modules whose symbols are not loaded are noted by `map`.
    pub(crate) fn of(map: &'a ModuleMap<'_>, bases: &[u64], stacks: &[Stack]) -> Self {
        let frames: usize = stacks.iter().map(|stack| stack.frames.len()).sum();
        let expected = frames.min(EXPECTED_PLACES);
        let mut all = Self {
            places: Vec::with_capacity(expected),
            sources: Vec::with_capacity(expected),
            of_frame: Vec::with_capacity(stacks.len()),
            known: HashMap::with_capacity_and_hasher(expected, Seeded::default()),
            ..Self::default()
        };
        let symbols = |module, lookup: u64| {
            let base = *bases.get(module)?;
            Some((map.symbols_for(module, lookup.wrapping_sub(base))?, base))
        };
        for stack in stacks {
            all.add_stack(stack.frames.iter().map(|frame| (frame.module, frame.lookup)), symbols);
        }
        all
    }

    fn add_stack(
        &mut self,
        frames: impl Iterator<Item = (Option<usize>, u64)>,
        symbols: impl Fn(usize, u64) -> Option<(&'a SymbolMap, u64)>,
    ) {
        let mut ids = Vec::with_capacity(frames.size_hint().0);
        for (module, lookup) in frames {
            ids.push(self.place(module, lookup, &symbols));
        }
        self.of_frame.push(ids);
    }

    /// The id of a place, looked up if it is a new one. `symbols` gives those of a module for an address, and the module's base.
    pub(crate) fn place(
        &mut self,
        module: Option<usize>,
        lookup: u64,
        symbols: impl FnOnce(usize, u64) -> Option<(&'a SymbolMap, u64)>,
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
        symbols: impl FnOnce(usize, u64) -> Option<(&'a SymbolMap, u64)>,
    ) -> Place {
        let first = u32::try_from(self.sources.len()).unwrap_or(u32::MAX);
        if let Some((symbols, base)) = module.and_then(|module| symbols(module, lookup)) {
            if self.looked_up >= LOOKED_UP_BYTES {
                self.unknown += 1;
                return Place { module, lookup, first, count: 0 };
            }
            self.found.clear();
            symbols.frames_at(lookup.wrapping_sub(base), &mut self.found);
            let file = |source: &SourceFrame<'_>| source.file.as_ref().map_or(0, reading_cost);
            let costs = self.found.iter().map(|source| SOURCE_COST + reading_cost(&source.function) + file(source));
            self.looked_up += costs.sum::<usize>();
            if self.sources.len() + self.found.len() > SOURCES {
                // The function itself comes last.
                let inlined = self.found.len().saturating_sub(1);
                self.found.drain(..inlined);
                self.inlines_omitted += inlined as u64;
            }
            for source in self.found.drain(..) {
                let SourceFrame { function, function_start, file, line, inlined, .. } = source;
                // Names of a symbol table may still be mangled; those of debug information are not.
                let function = self.names.readable(function);
                let file = file.map(|file| self.names.kept(file));
                self.sources.push(Source { function, function_start, file, line, inlined });
            }
        }
        let count = u32::try_from(self.sources.len()).unwrap_or(u32::MAX).saturating_sub(first);
        Place { module, lookup, first, count }
    }

    /// Count what a report lacks because it would have been too much to look up.
    pub(crate) fn omitted(&self) -> [(&'static str, u64); 3] {
        [
            ("looked_up_places", self.unknown),
            ("inlines", self.inlines_omitted),
            ("demangled_names", self.names.refused()),
        ]
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
    pub(crate) fn sources(&self, place: &Place) -> &[Source<'a>] {
        let first = place.first as usize;
        self.sources.get(first..first.saturating_add(place.count as usize)).unwrap_or(&[])
    }
}
