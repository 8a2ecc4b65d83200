//! A process in memory, with one thread.

use std::sync::Arc;

use symbols::SymbolMap;
use unwind::{Breakpad, Exception, Limits, LoadedModule, ModuleMap, Stack, SymbolSlot};
use vocabulary::{Arch, Os, Reg, Registers, Trust, amd64};
use vocabulary::{MemoryRegionInfo, ModuleRange, Protection, Region, RegionKind, RegionState};

pub(crate) const WINDOWS: Os = Os::Windows;
pub(crate) const MACOS: Os = Os::MacOs;
pub(crate) const LINUX: Os = Os::Linux;
pub(crate) const ANDROID: Os = Os::Android;

/// A process with one thread.
pub(crate) struct Process {
    pub(crate) arch: Arch,
    pub(crate) os: Os,
    pub(crate) registers: Registers,
    modules: Vec<Module>,
    /// The modules' ranges, sorted.
    ranges: Vec<ModuleRange>,
    memory: Vec<(u64, Vec<u8>)>,
    /// Sorted.
    space: Vec<MemoryRegionInfo>,
    auxiliary: Vec<u64>,
    /// Whether the thread is known.
    listed: bool,
    /// Code, flags, address, parameters.
    exception: Option<(u32, u32, u64, Vec<u64>)>,
    contexts: Vec<(u64, Registers)>,
}

struct Module {
    base: u64,
    name: String,
    symbols: Option<Arc<SymbolMap>>,
}

impl Process {
    pub(crate) fn new(arch: Arch, os: Os) -> Self {
        Self {
            arch,
            os,
            registers: Registers::new(arch),
            modules: Vec::new(),
            ranges: Vec::new(),
            memory: Vec::new(),
            space: Vec::new(),
            auxiliary: Vec::new(),
            listed: false,
            exception: None,
            contexts: Vec::new(),
        }
    }

    pub(crate) fn reg(mut self, reg: Reg, value: u64) -> Self {
        self.registers.set(reg, value);
        self
    }

    /// A module, with the text of its symbol file if it has one.
    pub(crate) fn module(mut self, base: u64, size: u32, name: &str, symbols: Option<&str>) -> Self {
        let range = ModuleRange { start: base, end: base + u64::from(size), module: self.modules.len() };
        self.ranges.push(range);
        self.ranges.sort_by_key(|range| range.start);
        let symbols = symbols.map(|text| Arc::new(SymbolMap::from_text(text.to_owned().into_bytes())));
        self.modules.push(Module { base, name: name.to_owned(), symbols });
        self
    }

    /// Words of memory in a row.
    pub(crate) fn words(self, address: u64, words: &[u64]) -> Self {
        let size = self.arch.pointer_size() as usize;
        let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()[..size].to_vec()).collect();
        self.bytes(address, &bytes)
    }

    pub(crate) fn bytes(mut self, address: u64, bytes: &[u8]) -> Self {
        self.memory.push((address, bytes.to_vec()));
        self
    }

    /// A region of the memory map: code, or data.
    pub(crate) fn region(self, address: u64, size: u64, executable: bool) -> Self {
        let protection = Protection { read: true, write: !executable, execute: executable, guard: false };
        self.described(address, size, protection)
    }

    /// A region of the memory map that may be read, written and executed.
    pub(crate) fn rwx(self, address: u64, size: u64) -> Self {
        self.described(address, size, Protection { read: true, write: true, execute: true, guard: false })
    }

    fn described(mut self, base: u64, size: u64, protection: Protection) -> Self {
        let (state, kind) = (RegionState::Committed, RegionKind::Unknown);
        self.space.push(MemoryRegionInfo { base, size, protection, state, kind });
        self.space.sort_by_key(|region| region.base);
        self
    }

    /// An address of code that the kernel puts above a program's arguments.
    pub(crate) fn auxiliary(mut self, address: u64) -> Self {
        self.auxiliary.push(address);
        self
    }

    /// Let the thread be known beside the registers that the walk begins with.
    pub(crate) fn listed(mut self) -> Self {
        self.listed = true;
        self
    }

    /// The exception, with its flags, address and parameters.
    pub(crate) fn exception(mut self, code: u32, flags: u32, address: u64, parameters: &[u64]) -> Self {
        self.exception = Some((code, flags, address, parameters.to_vec()));
        self
    }

    /// Registers that the system stored at an address.
    pub(crate) fn context(mut self, address: u64, registers: &[(Reg, u64)]) -> Self {
        let mut context = Registers::new(self.arch);
        for &(reg, value) in registers {
            context.set(reg, value);
        }
        self.contexts.push((address, context));
        self
    }

    /// Walk the thread's stack: (address, trust) of each frame, and the stack.
    pub(crate) fn walk(&self) -> (Vec<(u64, Trust)>, Stack) {
        let slots = self.modules.iter().map(|module| match &module.symbols {
            Some(symbols) => SymbolSlot::breakpad(Arc::clone(symbols)),
            None => SymbolSlot::Missing,
        });
        let map = ModuleMap::new(self, slots.collect());
        let stack = unwind::walk(&map, &self.registers, &Limits::default());
        (stack.frames.iter().map(|f| (f.address, f.trust)).collect(), stack)
    }
}

impl unwind::Process for Process {
    type Rules = Breakpad;

    fn os(&self) -> Os {
        self.os
    }
    fn region_at(&self, address: u64) -> Option<Region<'_>> {
        let regions = self.memory.iter().map(|(base, bytes)| Region { base: *base, bytes: bytes.into() });
        regions.into_iter().find(|region| region.base <= address && address < region.end())
    }
    fn modules(&self) -> impl ExactSizeIterator<Item = LoadedModule<'_>> {
        self.modules.iter().map(|module| LoadedModule { name: &module.name, base: module.base })
    }
    fn module_ranges(&self) -> &[ModuleRange] {
        &self.ranges
    }
    fn was_unloaded(&self, _: u64) -> bool {
        false
    }
    fn address_space(&self) -> &[MemoryRegionInfo] {
        &self.space
    }
    fn stack_pointers(&self) -> impl Iterator<Item = u64> {
        self.listed.then(|| self.registers.sp()).into_iter()
    }
    fn exception(&self) -> Option<Exception<'_>> {
        let (code, flags, address, parameters) = self.exception.as_ref()?;
        Some(Exception { code: *code, flags: *flags, address: *address, parameters })
    }
    fn auxiliary_code(&self) -> Vec<u64> {
        self.auxiliary.clone()
    }
    fn context_record(&self, address: u64, _: Arch) -> Option<Registers> {
        self.contexts.iter().find(|(at, _)| *at == address).map(|(_, registers)| *registers)
    }
}

/// The stack of [`linux_app`].
pub(crate) const STACK: u64 = 0x7000_0000;

/// A program of Linux on x86-64 that stopped in its first function, with its symbols and its stack.
pub(crate) fn linux_app(symbols: &str, stack: &[u64]) -> Process {
    Process::new(Arch::Amd64, LINUX)
        .reg(amd64::RIP, 0x40_1010)
        .reg(amd64::RSP, STACK)
        .module(0x40_0000, 0x10000, "app", Some(symbols))
        .words(STACK, stack)
}

/// The addresses of frames, without how they were found.
pub(crate) fn addresses(frames: &[(u64, Trust)]) -> Vec<u64> {
    frames.iter().map(|f| f.0).collect()
}
