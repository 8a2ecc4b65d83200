//! A frame in a memory where every word is known, and real files to take tables from.
#![allow(dead_code, clippy::print_stderr, reason = "each test uses a part of it; a skipped test says so")]

use std::path::PathBuf;

use object::{Object as _, ObjectSection as _, SectionKind};
use symbols::index::Stamp;
use unwind::{UnwindRules as _, UnwindSource as _, UnwindState, Unwound};
use unwind_tables::{Builder, Kind, Tables};
use vocabulary::{Arch, Os, Reg, Registers};

pub(crate) const SOURCE: Stamp = Stamp { size: 1, modified: 0 };

/// The word at an address of a memory that holds something different everywhere, except where something was stored.
pub(crate) fn word(address: u64) -> u64 {
    address.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29) & 0x7fff_ffff_fff8
}

/// A frame.
#[derive(Clone)]
pub(crate) struct Frame {
    pub(crate) registers: Registers,
    pub(crate) is_exact: bool,
    pub(crate) stored: Vec<(u64, u64)>,
}

impl Frame {
    /// With a different value in every register.
    pub(crate) fn new(arch: Arch, pc: u64, is_exact: bool) -> Self {
        let mut registers = Registers::new(arch);
        for register in 0..33 {
            registers.set(register, 0x7ff0_0000_0000 + u64::from(register) * 0x1_0000);
        }
        registers.set(arch.pc(), pc);
        registers.set(arch.sp(), 0x7ffe_0000_1000);
        Self { registers, is_exact, stored: Vec::new() }
    }
}

impl UnwindState for Frame {
    fn registers(&self) -> &Registers {
        &self.registers
    }
    fn word(&self, address: u64) -> Option<u64> {
        Some(self.stored.iter().rev().find(|(at, _)| *at == address).map_or_else(|| word(address), |(_, value)| *value))
    }
    fn bytes(&self, _: u64, _: usize) -> Option<&[u8]> {
        None
    }
    fn is_exact(&self) -> bool {
        self.is_exact
    }
    fn preserved(&self) -> &'static [Reg] {
        match self.registers.arch {
            Arch::Amd64 => &[3, 4, 5, 6, 12, 13, 14, 15],
            _ => &[19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29],
        }
    }
    fn callee_parameters(&self) -> u32 {
        0
    }
    fn may_be_return_address(&self, _: u64) -> bool {
        true
    }
}

/// The caller by the tables. `rva` is the frame's address; a call is looked up before it.
pub(crate) fn caller(tables: &Tables, rva: u64, frame: &Frame) -> Option<Unwound> {
    let arch = frame.registers.arch;
    let call = match arch {
        Arch::Arm64 => 4,
        _ => 1,
    };
    let at = if frame.is_exact { rva } else { rva - call };
    tables.rules_at(arch, at).map(|rules| rules.apply(frame))
}

/// A real file of the corpora, if they are there.
pub(crate) fn corpus(path: &str) -> Option<Vec<u8>> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora/debug-files").join(path);
    let read = std::fs::read(&file).ok();
    if read.is_none() {
        eprintln!("skipped: {}", file.display());
    }
    read
}

/// The sections of a PE or Mach-O file, all that tables may point to included.
pub(crate) fn builder(file: &[u8]) -> Builder<'static> {
    let object = object::File::parse(file).expect("an object file");
    let arch = match object.architecture() {
        object::Architecture::Aarch64 => Arch::Arm64,
        _ => Arch::Amd64,
    };
    let base = object.relative_address_base();
    let os = if object.format() == object::BinaryFormat::Pe { Os::Windows } else { Os::MacOs };
    let mut builder = Builder::new(arch, os, base);
    for section in object.sections() {
        let kind = match (section.name(), section.kind()) {
            (Ok(".pdata"), _) => Kind::Pdata,
            (Ok("__unwind_info"), _) => Kind::UnwindInfo,
            (_, SectionKind::Text) => Kind::Code,
            (_, SectionKind::ReadOnlyData | SectionKind::Data) => Kind::Data,
            _ => continue,
        };
        let bytes = section.data().unwrap_or_default().to_vec();
        builder.section(kind, section.address() - base, bytes);
    }
    builder
}

pub(crate) fn tables(file: &[u8]) -> Tables {
    builder(file).open(SOURCE).expect("tables")
}
