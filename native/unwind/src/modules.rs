//! Modules by address, and their symbols.

use std::cell::Cell;
use std::sync::Arc;

use minidump::{Dump, ModuleRange, Os};
use symbols::SymbolMap;

use crate::code_memory::{CodeMemory, Outside};
use crate::code_pages::CodePages;

/// What is known of a module's symbols.
#[derive(Clone, Default)]
pub enum SymbolSlot {
    /// Nobody has looked for them yet.
    #[default]
    Unresolved,
    /// They were looked for and are not to be had.
    Missing,
    /// Here they are.
    Loaded(Arc<SymbolMap>),
}

/// Keys in the auxiliary vector: `AT_ENTRY`, `AT_SYSINFO_EHDR`.
const TOLD: &[u64] = &[9, 33];

/// The modules of a dump, ordered for look-up, with their symbols.
pub struct ModuleMap<'d> {
    /// The dump that the modules are of.
    pub dump: &'d Dump<'d>,
    slots: Vec<SymbolSlot>,
    touched: Vec<Cell<bool>>,
    code: CodeMemory,
    code_pages: CodePages,
    /// Addresses of code that the kernel put on the stack: see [`Self::is_told_by_kernel`].
    told: Vec<u64>,
    /// The range that was found last: neighbours in a stack are often in one module.
    last: Cell<usize>,
    /// Bytes of symbols that may still be read while stacks are walked.
    to_read: Cell<usize>,
}

/// Bytes of symbols that are read while the stacks of a dump are walked: hostile ones have rules or names of megabytes for
/// each of a hundred thousand frames. A recursion of half a million frames reads a tenth of it.
const SYMBOLS_READ: usize = 2 << 30;

impl<'d> ModuleMap<'d> {
    /// `slots` has one entry per module of the dump, in its order; missing entries count as unresolved.
    #[must_use]
    pub fn new(dump: &'d Dump<'d>, mut slots: Vec<SymbolSlot>) -> Self {
        slots.resize(dump.modules.len(), SymbolSlot::Unresolved);
        let touched = vec![Cell::new(false); slots.len()];
        let told = dump.linux.auxv.iter().filter(|(key, _)| TOLD.contains(key)).map(|&(_, value)| value).collect();
        Self {
            dump,
            slots,
            touched,
            code: CodeMemory::new(dump),
            code_pages: CodePages::of(dump),
            told,
            last: Cell::new(0),
            to_read: Cell::new(SYMBOLS_READ),
        }
    }

    /// The module that holds an address.
    #[must_use]
    pub fn module_at(&self, address: u64) -> Option<usize> {
        let ranges = &self.dump.module_ranges;
        let hit = |r: &&ModuleRange| r.start <= address && address < r.end;
        if let Some(range) = ranges.get(self.last.get()).filter(hit) {
            return Some(range.module);
        }
        let at = ranges.partition_point(|r| r.start <= address).checked_sub(1)?;
        let range = ranges.get(at).filter(hit)?;
        self.last.set(at);
        Some(range.module)
    }

    /// The symbols of a module, if they are at hand. Asking for unresolved ones is noted.
    #[must_use]
    pub fn symbols(&self, module: usize) -> Option<&SymbolMap> {
        if let Some(touched) = self.touched.get(module) {
            touched.set(true);
        }
        match self.slots.get(module)? {
            SymbolSlot::Loaded(index) => Some(index),
            SymbolSlot::Missing | SymbolSlot::Unresolved => None,
        }
    }

    /// The symbols for an address, and the address relative to its module.
    #[must_use]
    pub fn symbols_at(&self, address: u64) -> Option<(&SymbolMap, u64)> {
        let module = self.module_at(address)?;
        let base = self.dump.modules.get(module)?.base;
        Some((self.symbols(module)?, address.wrapping_sub(base)))
    }

    /// Count bytes of symbols that were read.
    pub(crate) fn has_read(&self, bytes: usize) {
        self.to_read.set(self.to_read.get().saturating_sub(bytes));
    }

    /// Whether so much was read that no stack is walked any further.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.to_read.get() == 0
    }

    /// Modules that were looked into.
    pub fn looked_into(&self) -> impl Iterator<Item = usize> + '_ {
        self.touched.iter().enumerate().filter(|(_, t)| t.get()).map(|(i, _)| i)
    }

    /// Modules that were looked into while unresolved: what a caller should fetch before it walks again.
    pub fn touched(&self) -> impl Iterator<Item = usize> + '_ {
        self.looked_into().filter(|&i| matches!(self.slots.get(i), Some(SymbolSlot::Unresolved)))
    }

    /// Whether code can run at an address: `None` if the dump does not say.
    #[must_use]
    pub fn is_executable(&self, address: u64) -> Option<bool> {
        self.dump.is_executable(address)
    }

    /// Whether Linux wrote an address above a program's arguments: the entry point, which follows the code of whatever is
    /// linked before it and so looks like a return address, or the beginning of the vDSO.
    pub(crate) fn is_told_by_kernel(&self, address: u64) -> bool {
        self.told.contains(&address)
    }

    /// Whether an address may be in a module or in executable memory, or right behind it. Quick, and not certain.
    #[inline]
    pub(crate) fn may_be_code(&self, address: u64) -> bool {
        self.code_pages.may_hold(address)
    }

    /// What an address outside of all modules may hold.
    pub(crate) fn outside(&self, address: u64) -> Outside {
        self.code.outside(self.dump, address)
    }

    /// Whether executable memory is known to hold data as well, everywhere.
    pub(crate) const fn executable_means_nothing(&self) -> bool {
        self.code.means_nothing()
    }

    /// Whether the exception says that no code could be fetched from an address: it is about that very address. A pointer
    /// into data was called, whatever module the data are of.
    pub(crate) fn failed_to_fetch(&self, address: u64) -> bool {
        const ACCESS_VIOLATION: u32 = 0xc000_0005;
        const SIGSEGV: u32 = 11;
        const EXC_BAD_ACCESS: u32 = 1;
        // An address that is not mapped, and one that may not be run; not a page of code that could not be read.
        const KERN_CODES: [u32; 2] = [1, 2];
        let Some(exception) = &self.dump.exception else { return false };
        let fault = match (self.dump.os(), exception.code) {
            (Os::Windows, ACCESS_VIOLATION) => exception.parameters.get(1).copied(),
            (Os::Linux | Os::Android, SIGSEGV) => Some(exception.address),
            (Os::MacOs | Os::Ios, EXC_BAD_ACCESS) if KERN_CODES.contains(&exception.flags) => Some(exception.address),
            _ => None,
        };
        fault == Some(address)
    }

    /// The bits of a pointer that are an address: all, unless pointers are signed or tagged. Crashpad writes the mask
    /// of the others; without it, enough bits for the highest module, 47 at least.
    pub(crate) fn address_bits(&self) -> u64 {
        if let Some(mask) = self.dump.crashpad.as_ref().and_then(|c| c.address_mask).filter(|&m| m != 0) {
            return !mask;
        }
        let highest = self.dump.module_ranges.last().map_or(0, |r| r.end).max((1 << 47) - 1);
        u64::MAX >> highest.leading_zeros()
    }
}
