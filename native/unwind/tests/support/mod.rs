//! A process made by hand: every register, module and stack word is under the test's control.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "each test file uses a part of it")]

use std::sync::Arc;

use minidump::{Arch, Dump, Reg, Registers};
use symbols::SymbolMap;
use unwind::{Limits, ModuleMap, Stack, SymbolSlot, Trust};

/// Platform ids of `MINIDUMP_SYSTEM_INFO`.
pub const WINDOWS: u32 = 2;
pub const MACOS: u32 = 0x8101;
pub const LINUX: u32 = 0x8201;
pub const ANDROID: u32 = 0x8203;

/// A process with one thread.
pub struct Process {
    pub arch: Arch,
    pub platform: u32,
    pub registers: Registers,
    modules: Vec<(u64, u32, String, Option<String>)>,
    memory: Vec<(u64, Vec<u8>)>,
    /// Address, size, and protection as Windows spells it.
    regions: Vec<(u64, u64, u32)>,
    /// Key and value.
    auxv: Vec<(u64, u64)>,
    /// Threads' stack pointers.
    thread: bool,
    /// Code, flags, address, parameters.
    exception: Option<(u32, u32, u64, Vec<u64>)>,
}

impl Process {
    pub fn new(arch: Arch, platform: u32) -> Self {
        let registers = Registers::new(arch);
        Self {
            arch,
            platform,
            registers,
            modules: Vec::new(),
            memory: Vec::new(),
            regions: Vec::new(),
            auxv: Vec::new(),
            thread: false,
            exception: None,
        }
    }

    pub fn reg(mut self, reg: Reg, value: u64) -> Self {
        self.registers.set(reg, value);
        self
    }

    /// A module, with the text of its symbol file if it has one.
    pub fn module(mut self, base: u64, size: u32, name: &str, symbols: Option<&str>) -> Self {
        self.modules.push((base, size, name.into(), symbols.map(Into::into)));
        self
    }

    /// Words of memory in a row.
    pub fn words(mut self, address: u64, words: &[u64]) -> Self {
        let size = self.arch.pointer_size() as usize;
        let bytes = words.iter().flat_map(|w| w.to_le_bytes()[..size].to_vec()).collect();
        self.memory.push((address, bytes));
        self
    }

    pub fn bytes(mut self, address: u64, bytes: &[u8]) -> Self {
        self.memory.push((address, bytes.to_vec()));
        self
    }

    /// A region of the memory map: code, or data.
    pub fn region(mut self, address: u64, size: u64, executable: bool) -> Self {
        self.regions.push((address, size, if executable { 0x20 } else { 0x04 }));
        self
    }

    /// A region of the memory map that may be read, written and executed.
    pub fn rwx(mut self, address: u64, size: u64) -> Self {
        self.regions.push((address, size, 0x40));
        self
    }

    /// An entry of the auxiliary vector of Linux.
    pub fn auxv(mut self, key: u64, value: u64) -> Self {
        self.auxv.push((key, value));
        self
    }

    /// List the thread in the dump, with its registers (x86-64).
    pub fn listed(mut self) -> Self {
        self.thread = true;
        self
    }

    /// The exception, with its flags, address and parameters.
    pub fn exception(mut self, code: u32, flags: u32, address: u64, parameters: &[u64]) -> Self {
        self.exception = Some((code, flags, address, parameters.to_vec()));
        self
    }

    /// Walk the thread's stack: (address, trust) of each frame, and the stack.
    pub fn walk(&self) -> (Vec<(u64, Trust)>, Stack) {
        let bytes = self.dump();
        let dump = Dump::parse(&bytes).unwrap();
        // An exception here is of no listed thread and has no registers: the walk is given them.
        assert!(dump.faults.iter().all(|fault| fault.stream == Some(6)), "{:?}", dump.faults);
        let slots = self.modules.iter().map(|(.., text)| match text {
            Some(text) => SymbolSlot::Loaded(Arc::new(SymbolMap::from_text(text.clone().into_bytes()))),
            None => SymbolSlot::Missing,
        });
        let map = ModuleMap::new(&dump, slots.collect());
        let stack = unwind::walk(&map, &self.registers, &Limits::default());
        (stack.frames.iter().map(|f| (f.address, f.trust)).collect(), stack)
    }

    fn dump(&self) -> Vec<u8> {
        let processor: u16 = match self.arch {
            Arch::X86 => 0,
            Arch::Arm => 5,
            Arch::Amd64 => 9,
            Arch::Arm64 => 12,
        };
        let mut system = vec![0; 56];
        system[..2].copy_from_slice(&processor.to_le_bytes());
        system[20..24].copy_from_slice(&self.platform.to_le_bytes());
        let mut file = vec![0; 32 + 8 * 12];
        let mut directory: Vec<u8> = Vec::new();
        let mut stream = |file: &mut Vec<u8>, kind: u32, bytes: &[u8]| {
            directory.extend([kind, bytes.len() as u32, file.len() as u32].map(u32::to_le_bytes).concat());
            file.extend_from_slice(bytes);
        };
        stream(&mut file, 7, &system);

        let mut list = (self.modules.len() as u32).to_le_bytes().to_vec();
        for (base, size, name, _) in &self.modules {
            let at = file.len() as u32;
            let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
            file.extend((name.len() as u32).to_le_bytes());
            file.extend(&name);
            file.extend([0, 0]);
            let mut record = vec![0; 108];
            record[..8].copy_from_slice(&base.to_le_bytes());
            record[8..12].copy_from_slice(&size.to_le_bytes());
            record[20..24].copy_from_slice(&at.to_le_bytes());
            list.extend(record);
        }
        stream(&mut file, 4, &list);

        let mut list = (self.memory.len() as u32).to_le_bytes().to_vec();
        for (address, bytes) in &self.memory {
            list.extend(address.to_le_bytes());
            list.extend([bytes.len() as u32, file.len() as u32].map(u32::to_le_bytes).concat());
            file.extend_from_slice(bytes);
        }
        stream(&mut file, 5, &list);

        let mut list = [16_u32, 48].map(u32::to_le_bytes).concat();
        list.extend((self.regions.len() as u64).to_le_bytes());
        for (address, size, protection) in &self.regions {
            let mut record = vec![0; 48];
            record[..8].copy_from_slice(&address.to_le_bytes());
            record[8..16].copy_from_slice(&address.to_le_bytes());
            record[24..32].copy_from_slice(&size.to_le_bytes());
            record[32..36].copy_from_slice(&0x1000_u32.to_le_bytes());
            record[36..40].copy_from_slice(&protection.to_le_bytes());
            list.extend(record);
        }
        if !self.regions.is_empty() {
            stream(&mut file, 16, &list);
        }

        if let Some((code, flags, address, parameters)) = &self.exception {
            let mut record = vec![0; 168];
            record[8..12].copy_from_slice(&code.to_le_bytes());
            record[12..16].copy_from_slice(&flags.to_le_bytes());
            record[24..32].copy_from_slice(&address.to_le_bytes());
            record[32..36].copy_from_slice(&(parameters.len() as u32).to_le_bytes());
            for (i, parameter) in parameters.iter().enumerate() {
                record[40 + 8 * i..48 + 8 * i].copy_from_slice(&parameter.to_le_bytes());
            }
            stream(&mut file, 6, &record);
        }

        if !self.auxv.is_empty() {
            let words = self.auxv.iter().flat_map(|&(key, value)| [key, value]);
            let size = self.arch.pointer_size() as usize;
            let bytes: Vec<u8> = words.flat_map(|w| w.to_le_bytes()[..size].to_vec()).collect();
            stream(&mut file, 0x4767_0008, &bytes);
        }
        if self.thread {
            let mut context = vec![0; 1232];
            context[48..52].copy_from_slice(&0x10_000b_u32.to_le_bytes());
            context[152..160].copy_from_slice(&self.registers.sp().to_le_bytes());
            let at = file.len() as u32;
            file.extend(context);
            let mut list = 1_u32.to_le_bytes().to_vec();
            let mut record = vec![0; 48];
            record[40..44].copy_from_slice(&1232_u32.to_le_bytes());
            record[44..48].copy_from_slice(&at.to_le_bytes());
            list.extend(record);
            stream(&mut file, 3, &list);
        }

        let count = (directory.len() / 12) as u32;
        file[..4].copy_from_slice(b"MDMP");
        file[4..8].copy_from_slice(&0xa793_u32.to_le_bytes());
        file[8..12].copy_from_slice(&count.to_le_bytes());
        file[12..16].copy_from_slice(&32_u32.to_le_bytes());
        file[32..32 + directory.len()].copy_from_slice(&directory);
        file
    }
}

/// The addresses of frames, without how they were found.
pub fn addresses(frames: &[(u64, Trust)]) -> Vec<u64> {
    frames.iter().map(|f| f.0).collect()
}
