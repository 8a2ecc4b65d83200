//! Modules by address, with their symbols and unwind rules.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::sync::Arc;

use symbols::SymbolMap;
use symbols::lookup::{FoundFunction, Searched};
use vocabulary::{Arch, Os};
use vocabulary::{MemoryRegionInfo, ModuleRange, Region};

use crate::code_memory::{CodeMemory, Outside};
use crate::code_pages::CodePages;
use crate::process::{Exception, LoadedModule, Process};
use crate::unwind_source::UnwindSource;

/// What is known of a module's symbols.
#[derive(Default)]
pub enum SymbolSlot<R> {
    /// Not looked up yet.
    #[default]
    Unresolved,
    /// Looked up; not available.
    Missing,
    /// Symbols, unwind rules, or both.
    Loaded(Arc<ModuleSymbols<R>>),
}

impl<R> Clone for SymbolSlot<R> {
    fn clone(&self) -> Self {
        match self {
            Self::Unresolved => Self::Unresolved,
            Self::Missing => Self::Missing,
            Self::Loaded(symbols) => Self::Loaded(Arc::clone(symbols)),
        }
    }
}

/// Symbols and unwind rules of one module. They need not come from the same file.
pub struct ModuleSymbols<R> {
    /// Its functions.
    pub functions: Option<Arc<SymbolMap>>,
    /// Its sources of unwind rules, the most trusted first.
    pub rules: Vec<R>,
}

/// The modules of a process, ordered for look-up, with their symbols.
pub struct ModuleMap<'d, P: Process> {
    /// The process that the modules are of.
    pub process: &'d P,
    os: Os,
    modules: Vec<LoadedModule<'d>>,
    slots: Vec<SymbolSlot<P::Rules>>,
    visited: Vec<Cell<bool>>,
    /// Modules and addresses in them that are not in the part of their symbols that is loaded.
    lacking: RefCell<Vec<(usize, u64)>>,
    code: CodeMemory,
    code_pages: CodePages,
    /// Addresses of code that the kernel put on the stack: see [`Self::is_auxiliary`].
    auxiliary: Vec<u64>,
    /// The address from which no code could be fetched.
    failed_fetch: Option<u64>,
    /// The range that was found last: neighbours in a stack are often in one module.
    last: Cell<usize>,
    /// The memory that was read last: mostly the stack that is walked.
    last_region: Cell<Option<Region<'d>>>,
    /// Index of the part of the address space that was looked up last.
    last_described: Cell<usize>,
    /// Bytes of symbols that may still be read while stacks are walked.
    to_read: Cell<usize>,
    /// The functions that were looked up last, each with its module: a walk looks at a function several times.
    searched: [RefCell<Option<(usize, Searched)>>; SEARCHED],
    /// Which of them is replaced next.
    oldest: Cell<usize>,
}

/// A function in the process, whose name is read when it is needed.
pub(crate) struct MappedFunction<'m> {
    /// First address in the process.
    pub(crate) start: u64,
    /// Its record.
    pub(crate) found: FoundFunction,
    symbols: &'m SymbolMap,
}

impl<'m> MappedFunction<'m> {
    /// Its name.
    pub(crate) fn name(&self) -> Cow<'m, str> {
        self.symbols.name_of(&self.found)
    }
}

/// Functions that are remembered: the callee, its caller, and what lies next to them.
const SEARCHED: usize = 4;

/// Bytes of symbols that are read while the stacks of a process are walked: crafted ones have rules or names of megabytes
/// for each of a hundred thousand frames. A recursion of half a million frames reads a tenth of it.
const SYMBOLS_READ: usize = 2 << 30;

/// Addresses that are noted as lacking in one run; the next run notes the others.
const LACKING: usize = 64 << 10;

impl<'d, P: Process> ModuleMap<'d, P> {
    /// `slots` has one entry per module of the process, in its order; missing entries count as unresolved.
    #[must_use]
    pub fn new(process: &'d P, mut slots: Vec<SymbolSlot<P::Rules>>) -> Self {
        let modules: Vec<_> = process.modules().collect();
        slots.resize_with(modules.len(), SymbolSlot::default);
        let os = process.os();
        Self {
            process,
            os,
            visited: vec![Cell::new(false); slots.len()],
            lacking: RefCell::default(),
            modules,
            slots,
            code: CodeMemory::new(process.address_space(), process.stack_pointers()),
            code_pages: CodePages::new(process.address_space(), process.module_ranges()),
            auxiliary: process.auxiliary_code(),
            failed_fetch: process.exception().and_then(|exception: Exception<'_>| exception.failed_fetch(os)),
            last: Cell::new(0),
            last_region: Cell::new(None),
            last_described: Cell::new(0),
            to_read: Cell::new(SYMBOLS_READ),
            searched: [const { RefCell::new(None) }; SEARCHED],
            oldest: Cell::new(0),
        }
    }

    /// The operating system of the process.
    pub(crate) const fn os(&self) -> Os {
        self.os
    }

    /// The module that holds an address.
    #[must_use]
    pub fn module_at(&self, address: u64) -> Option<usize> {
        let ranges = self.process.module_ranges();
        let hit = |r: &&ModuleRange| r.start <= address && address < r.end;
        if let Some(range) = ranges.get(self.last.get()).filter(hit) {
            return Some(range.module);
        }
        let at = ranges.partition_point(|r| r.start <= address).checked_sub(1)?;
        let range = ranges.get(at).filter(hit)?;
        self.last.set(at);
        Some(range.module)
    }

    /// The name of a module; empty for a number without a module.
    pub(crate) fn module_name(&self, module: usize) -> &'d str {
        self.modules.get(module).map_or("", |module| module.name)
    }

    /// Whether an address was in a module that has been unloaded.
    pub(crate) fn was_unloaded(&self, address: u64) -> bool {
        self.process.was_unloaded(address)
    }

    /// A module's symbols and unwind rules, if they are loaded. The module is marked as visited.
    fn loaded(&self, module: usize) -> Option<&ModuleSymbols<P::Rules>> {
        if let Some(visited) = self.visited.get(module) {
            visited.set(true);
        }
        match self.slots.get(module)? {
            SymbolSlot::Loaded(symbols) => Some(symbols),
            SymbolSlot::Missing | SymbolSlot::Unresolved => None,
        }
    }

    /// The symbols of a module, if they are loaded. The module is marked as visited.
    #[must_use]
    pub fn symbols(&self, module: usize) -> Option<&SymbolMap> {
        self.loaded(module)?.functions.as_deref()
    }

    /// The symbols of a module, if they are loaded and complete at an address. If they are not complete, that is noted.
    #[must_use]
    pub fn symbols_for(&self, module: usize, rva: u64) -> Option<&SymbolMap> {
        let symbols = self.symbols(module)?;
        if symbols.is_complete_at(rva) {
            return Some(symbols);
        }
        let mut lacking = self.lacking.borrow_mut();
        if lacking.len() < LACKING {
            lacking.push((module, rva));
        }
        None
    }

    /// The symbols for an address, and the address relative to its module.
    #[must_use]
    pub fn symbols_at(&self, address: u64) -> Option<(&SymbolMap, u64)> {
        let module = self.module_at(address)?;
        let rva = address.wrapping_sub(self.modules.get(module)?.base);
        Some((self.symbols_for(module, rva)?, rva))
    }

    /// Modules and addresses in them whose symbols were needed and are not in the part that is loaded: what a caller should
    /// fetch before it walks again.
    #[must_use]
    pub fn lacking(&self) -> Vec<(usize, u64)> {
        self.lacking.take()
    }

    /// The function at an address.
    pub(crate) fn function_at(&self, address: u64) -> Option<MappedFunction<'_>> {
        let module = self.module_at(address)?;
        let base = self.modules.get(module)?.base;
        let (symbols, found) = self.function_in(module, address.wrapping_sub(base))?;
        Some(MappedFunction { start: base.wrapping_add(found.start), symbols, found })
    }

    /// The symbols of a module, and the function at an address relative to it.
    pub(crate) fn function_in(&self, module: usize, rva: u64) -> Option<(&SymbolMap, FoundFunction)> {
        let symbols = self.symbols_for(module, rva)?;
        for one in &self.searched {
            if let Some((of, searched)) = &*one.borrow()
                && *of == module
                && searched.addresses.contains(&rva)
            {
                return Some((symbols, searched.found?));
            }
        }
        let searched = symbols.search(rva);
        let found = searched.found;
        let oldest = self.oldest.get();
        self.oldest.set((oldest + 1) % SEARCHED);
        if let Some(one) = self.searched.get(oldest) {
            one.replace(Some((module, searched)));
        }
        Some((symbols, found?))
    }

    /// The sources of unwind rules for an address, and the address relative to its module.
    pub(crate) fn sources_at(&self, address: u64) -> (&[P::Rules], u64) {
        let found = self.module_at(address).and_then(|module| {
            let base = self.modules.get(module)?.base;
            Some((self.loaded(module)?.rules.as_slice(), address.wrapping_sub(base)))
        });
        found.unwrap_or((&[], 0))
    }

    /// Whether there are unwind rules for an address.
    pub(crate) fn has_rules_at(&self, arch: Arch, address: u64) -> bool {
        let (sources, rva) = self.sources_at(address);
        sources.iter().any(|source| source.has_rules_at(arch, rva))
    }

    /// Count bytes of symbols that were read.
    pub(crate) fn has_read(&self, bytes: usize) {
        self.to_read.set(self.to_read.get().saturating_sub(bytes));
    }

    /// Whether so much was read that no stack is walked any further.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.to_read.get() == 0
    }

    /// Modules whose symbols were needed, loaded or not.
    pub fn visited(&self) -> impl Iterator<Item = usize> + '_ {
        self.visited.iter().enumerate().filter(|(_, visited)| visited.get()).map(|(module, _)| module)
    }

    /// Modules whose symbols were needed and have not been looked for: what a caller should fetch before it walks again.
    pub fn unresolved(&self) -> impl Iterator<Item = usize> + '_ {
        self.visited().filter(|&module| matches!(self.slots.get(module), Some(SymbolSlot::Unresolved)))
    }

    /// The consecutive memory around an address.
    #[inline]
    pub(crate) fn region_at(&self, address: u64) -> Option<Region<'d>> {
        match self.last_region.get() {
            Some(last) if last.contains(address) => Some(last),
            _ => {
                let region = self.process.region_at(address)?;
                self.last_region.set(Some(region));
                Some(region)
            }
        }
    }

    /// Bytes of memory, if they lie in one region.
    #[inline]
    pub(crate) fn read(&self, address: u64, length: usize) -> Option<&'d [u8]> {
        self.region_at(address)?.read(address, length)
    }

    /// A machine word of memory.
    #[inline]
    pub(crate) fn word(&self, address: u64, arch: Arch) -> Option<u64> {
        let region = self.region_at(address)?;
        match arch.pointer_size() {
            4 => region.read(address, 4)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes).into()),
            _ => region.read(address, 8)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes)),
        }
    }

    /// Whether code can run at an address: `None` if the address space is not described there.
    #[must_use]
    pub fn is_executable(&self, address: u64) -> Option<bool> {
        match self.described_at(address) {
            Some(region) => Some(region.protection.execute),
            // A map that was cut must not turn the modules behind the cut into data.
            None if self.process.address_space().is_empty() || self.module_at(address).is_some() => None,
            None => Some(false),
        }
    }

    /// The part of the address space that holds an address.
    fn described_at(&self, address: u64) -> Option<&MemoryRegionInfo> {
        let space = self.process.address_space();
        let hit = |part: &&MemoryRegionInfo| part.base <= address && address < part.end();
        if let Some(last) = space.get(self.last_described.get()).filter(hit) {
            return Some(last);
        }
        let at = space.partition_point(|part| part.base <= address).checked_sub(1)?;
        let part = space.get(at).filter(hit)?;
        self.last_described.set(at);
        Some(part)
    }

    /// Whether Linux wrote an address above a program's arguments: the entry point, which follows the code of whatever is
    /// linked before it and so looks like a return address, or the beginning of the vDSO.
    pub(crate) fn is_auxiliary(&self, address: u64) -> bool {
        self.auxiliary.contains(&address)
    }

    /// Whether an address may be in a module or in executable memory, or right behind it. Quick, and not certain.
    #[inline]
    pub(crate) fn may_be_code(&self, address: u64) -> bool {
        self.code_pages.may_hold(address)
    }

    /// What an address outside of all modules may hold.
    pub(crate) fn outside(&self, address: u64) -> Outside {
        self.code.outside(self.process.address_space(), address)
    }

    /// Whether executable memory is known to hold data as well, everywhere.
    pub(crate) const fn executable_means_nothing(&self) -> bool {
        self.code.means_nothing()
    }

    /// Whether the exception is that no code could be fetched from this very address.
    pub(crate) fn failed_to_fetch(&self, address: u64) -> bool {
        self.failed_fetch == Some(address)
    }

    /// The bits of a pointer that are an address: all, unless pointers are signed or tagged. Without a mask of the others
    /// enough bits for the highest module, 47 at least.
    pub(crate) fn address_bits(&self) -> u64 {
        if let Some(mask) = self.process.pointer_authentication_mask() {
            return !mask;
        }
        let highest = self.process.module_ranges().last().map_or(0, |r| r.end).max((1 << 47) - 1);
        u64::MAX >> highest.leading_zeros()
    }
}
