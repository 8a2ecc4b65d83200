//! Texts of an answer that are in many frames, as they were written first.
//!
//! Those of functions and files are kept with the symbols of their module, for later answers: to write a function anew means to
//! read its record, which is anywhere in a large file, and to make its name readable. An answer is the same either way.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, TryLockError};

use symbols::SymbolMap;
use symbols::lookup::{KeptBytes, NONE};

use crate::hash::Seeded;
use crate::json::Writer;
use crate::names::Names;

/// Bytes that the processor fetches together.
const CACHE_LINE: usize = 64;
/// Bytes of an entry of a table beside its text.
const ENTRY: usize = 64;

/// The texts of one module's symbols that answers have in common. They are kept as long as this is; [`KeptBytes`] limits them.
#[derive(Debug, Default)]
pub struct KeptTexts(Mutex<Table>);

/// The texts of an answer.
pub(super) struct Texts<'a> {
    names: Names,
    /// The fields with the names of modules, by the number of the module.
    modules: HashMap<Option<usize>, Vec<u8>, Seeded>,
    /// By the number of the module; `None` without symbols.
    symbols: Vec<Option<ModuleTexts<'a>>>,
}

/// The texts of a module.
struct ModuleTexts<'a> {
    map: &'a SymbolMap,
    /// `None` while another answer has them.
    kept: Option<MutexGuard<'a, Table>>,
    /// Those that are for this answer alone.
    own: Table,
}

/// A function of an address, the place in it, and its file: [`NONE`] for what is unknown.
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub(super) function: u64,
    pub(super) file: u32,
    pub(super) line: u32,
}

/// Texts, one after the other. They are kept by themselves, because the document is much larger than a cache of the processor.
#[derive(Debug, Default)]
pub(super) struct Table {
    written: Vec<u8>,
    texts: HashMap<Key, Text, Seeded>,
    bytes: KeptBytes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    /// A function that the compiler made, and an inlined one, as look-ups call it.
    Function(u64),
    Inlined(u64),
    /// The id of a file.
    File(u64),
}

/// Where a text is. That of a function has its offset in the middle, which differs from frame to frame.
#[derive(Clone, Copy, Debug)]
struct Text {
    start: usize,
    middle: usize,
    end: usize,
}

impl<'a> Texts<'a> {
    /// For modules with these symbols and kept texts, by number; `None` without symbols.
    pub(super) fn new(modules: impl Iterator<Item = Option<(&'a SymbolMap, &'a KeptTexts)>>) -> Self {
        let of_module =
            |(map, kept): (&'a SymbolMap, &'a KeptTexts)| ModuleTexts { map, kept: kept.lock(), own: Table::default() };
        let symbols = modules.map(|module| module.map(of_module)).collect();
        Self { names: Names::default(), modules: HashMap::default(), symbols }
    }

    /// The name of the module of a frame.
    pub(super) fn module(&mut self, w: &mut Writer, module: Option<usize>, name: &str) {
        if let Some(known) = self.modules.get(&module) {
            w.field_again(known);
        } else {
            let from = w.len();
            w.field("module", name);
            self.modules.insert(module, w.written(from..w.len()).to_vec());
        }
    }

    /// Fetch the texts of functions of a module, which are needed next.
    ///
    /// Each is far from the one before it. These reads do not depend on each other, so that the processor waits for all of them
    /// together.
    pub(super) fn touch(&self, module: usize, functions: impl Iterator<Item = u64>) {
        let Some(texts) = self.of(module) else { return };
        texts.map.touch_functions(functions.filter(|&function| match texts.find(Key::Function(function)) {
            Some((table, text)) => {
                let lines = (text.start..text.end).step_by(CACHE_LINE);
                let bytes = lines.filter_map(|at| table.written.get(at));
                std::hint::black_box(bytes.fold(0, |all, byte| all ^ byte));
                false
            }
            None => true,
        }));
    }

    /// The fields of a function, and where in it the frame is.
    pub(super) fn function(&mut self, w: &mut Writer, module: usize, function: u64, offset: u64) {
        let Some(Some(texts)) = self.symbols.get_mut(module) else { return };
        let key = Key::Function(function);
        if let Some((table, text)) = texts.find(key) {
            w.key_again(table.written(text.start..text.middle));
            w.hex(offset, 1);
            w.field_again(table.written(text.middle..text.end));
            return;
        }
        let refused = self.names.refused();
        let (name, size) = texts.map.batch_function(function);
        let from = w.len();
        w.field("function", &self.names.readable(name)[..]);
        w.key("function_offset");
        let to = w.len();
        w.hex(offset, 1);
        let rest = w.len();
        if size > 0 {
            w.key("function_size");
            w.hex(size, 1);
        }
        // Another answer may have room for the readable name.
        let lasts = self.names.refused() == refused;
        texts.keep(key, w.written(from..to), w.written(rest..w.len()), lasts);
    }

    /// The name of an inlined function, the first key of its object.
    pub(super) fn inlined(&mut self, w: &mut Writer, module: usize, function: u64) {
        let Some(Some(texts)) = self.symbols.get_mut(module) else { return };
        let key = Key::Inlined(function);
        if let Some((table, text)) = texts.find(key) {
            w.field_again(table.written(text.start..text.end));
            return;
        }
        let refused = self.names.refused();
        let from = w.len();
        w.field("function", &self.names.readable(texts.map.batch_name(function))[..]);
        let lasts = self.names.refused() == refused;
        texts.keep(key, w.written(from..w.len()), &[], lasts);
    }

    /// The file and the line of a row; a line is written only together with its file.
    pub(super) fn place(&mut self, w: &mut Writer, module: usize, row: Row) {
        let Some(Some(texts)) = self.symbols.get_mut(module) else { return };
        if row.file == NONE {
            return;
        }
        let key = Key::File(row.file.into());
        if let Some((table, text)) = texts.find(key) {
            w.field_again(table.written(text.start..text.end));
        } else {
            let Some(file) = texts.map.file_name(row.file) else { return };
            let from = w.len();
            w.field("file", &file[..]);
            texts.keep(key, w.written(from..w.len()), &[], true);
        }
        if row.line != NONE && row.line != 0 {
            w.field("line", row.line);
        }
    }

    fn of(&self, module: usize) -> Option<&ModuleTexts<'a>> {
        self.symbols.get(module)?.as_ref()
    }
}

impl ModuleTexts<'_> {
    #[inline]
    fn find(&self, key: Key) -> Option<(&Table, Text)> {
        let kept = self.kept.as_deref().and_then(|table| Some((table, *table.texts.get(&key)?)));
        kept.or_else(|| Some((&self.own, *self.own.texts.get(&key)?)))
    }

    /// Keep a text of two parts; for later answers too if it `lasts` and there is room.
    #[cold]
    fn keep(&mut self, key: Key, before: &[u8], after: &[u8], lasts: bool) {
        match self.kept.as_deref_mut().filter(|table| lasts && table.bytes.has_room()) {
            Some(table) => {
                // A list that is full becomes twice as long.
                table.bytes.add(2 * (before.len() + after.len() + ENTRY));
                table.add(key, before, after);
            }
            None => self.own.add(key, before, after),
        }
    }
}

impl Table {
    fn add(&mut self, key: Key, before: &[u8], after: &[u8]) {
        let start = self.written.len();
        self.written.extend_from_slice(before);
        let middle = self.written.len();
        self.written.extend_from_slice(after);
        self.texts.insert(key, Text { start, middle, end: self.written.len() });
    }

    fn written(&self, range: Range<usize>) -> &[u8] {
        self.written.get(range).unwrap_or_default()
    }
}

impl KeptTexts {
    /// The texts, unless another answer has them now: then this one makes its own, and does not wait.
    pub(super) fn lock(&self) -> Option<MutexGuard<'_, Table>> {
        match self.0.try_lock() {
            Ok(table) => Some(table),
            // Whoever panicked had added a text as a whole or not at all.
            Err(TryLockError::Poisoned(table)) => Some(table.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}
