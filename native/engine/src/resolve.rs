//! From the addresses of all stacks to functions, files and lines: each place once.
//!
//! The worker threads of a process sit in the same few wait functions, so a dump with thousands of frames
//! has far fewer distinct places. Each is looked up once, and the report's writer renders each once.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use symbols::lookup::SourceFrame;
use unwind::{ModuleMap, Stack};

/// An address in a module, and what the symbols say about it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Index of the module in the dump.
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
}

impl<'a> Places<'a> {
    /// Look up every frame of every stack. Modules whose symbols are not at hand are noted by `map`.
    pub(crate) fn of(map: &'a ModuleMap<'_>, bases: &[u64], stacks: &[Stack]) -> Self {
        let mut all = Self::default();
        let mut known: HashMap<(Option<usize>, u64), u32> = HashMap::new();
        let mut found = Vec::new();
        for stack in stacks {
            let mut ids = Vec::with_capacity(stack.frames.len());
            for frame in &stack.frames {
                let id = match known.entry((frame.module, frame.lookup)) {
                    Entry::Occupied(entry) => *entry.get(),
                    Entry::Vacant(entry) => {
                        let place = all.look_up(map, bases, frame.module, frame.lookup, &mut found);
                        all.places.push(place);
                        *entry.insert(u32::try_from(all.places.len() - 1).unwrap_or(u32::MAX))
                    }
                };
                ids.push(id);
            }
            all.of_frame.push(ids);
        }
        all
    }

    fn look_up(
        &mut self,
        map: &'a ModuleMap<'_>,
        bases: &[u64],
        module: Option<usize>,
        lookup: u64,
        found: &mut Vec<SourceFrame<'a>>,
    ) -> Place {
        let first = u32::try_from(self.sources.len()).unwrap_or(u32::MAX);
        if let Some(index) = module
            && let Some(base) = bases.get(index)
            && let Some(symbols) = map.symbols(index)
        {
            found.clear();
            symbols.frames_at(lookup.wrapping_sub(*base), found);
            for source in found.iter_mut() {
                // Names of a symbol table may still be mangled; those of debug information are not.
                if let Some(text) = symbols::demangle::demangle(&source.function) {
                    source.function = Cow::Owned(text);
                }
            }
            self.sources.append(found);
        }
        let count = u32::try_from(self.sources.len()).unwrap_or(u32::MAX).saturating_sub(first);
        Place { module, lookup, first, count }
    }

    /// How many distinct places there are; their ids are below it.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// The place of a frame, and its id. Indices as in the stacks given to [`Places::of`].
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
