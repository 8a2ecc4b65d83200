//! Sections with unwind tables: the rules at addresses of the code, applied to frames, and all rules as text. The first byte selects the
//! table and the architecture; the rest is the table, what it leads to, and the code, one after the other.
#![no_main]

use libfuzzer_sys::fuzz_target;
use symbolicate_fuzz::{Limit, within};
use symbols::index::Stamp;
use unwind::{UnwindRules as _, UnwindSource as _, UnwindState};
use unwind_tables::{Builder, Kind, cfi};
use vocabulary::{Arch, Os, Reg, Registers};

const LIMIT: Limit = Limit { base: 4 << 20, factor: 64 };
const TEXT: u64 = 64 << 10;
/// Where the sections are, relative to the base.
const DATA: u64 = 0x1_0000;
const CODE: u64 = 0x2000;

const TABLES: [(Kind, Arch); 10] = [
    (Kind::Pdata, Arch::Amd64),
    (Kind::Pdata, Arch::Arm64),
    (Kind::UnwindInfo, Arch::Amd64),
    (Kind::UnwindInfo, Arch::Arm64),
    (Kind::EhFrame, Arch::Amd64),
    (Kind::EhFrame, Arch::Arm64),
    (Kind::EhFrame, Arch::X86),
    (Kind::DebugFrame, Arch::Arm),
    (Kind::DebugFrame, Arch::Amd64),
    (Kind::Exidx, Arch::Arm),
];

fuzz_target!(|bytes: &[u8]| {
    if let [which, rest @ ..] = bytes {
        within(LIMIT, bytes.len(), || ask(TABLES[usize::from(*which) % TABLES.len()], rest));
    }
});

fn ask((kind, arch): (Kind, Arch), bytes: &[u8]) {
    let third = bytes.len() / 3;
    let (table, rest) = bytes.split_at(third);
    let (data, code) = rest.split_at(third);
    let mut builder = Builder::new(arch, Os::Windows, 0);
    match kind {
        Kind::EhFrame => builder.eh_frame(DATA * 2, table, None),
        Kind::DebugFrame => builder.debug_frame(table),
        _ => builder.section(kind, DATA * 2, table),
    }
    builder.section(if kind == Kind::Exidx { Kind::Extab } else { Kind::Data }, DATA, data);
    builder.section(Kind::Code, CODE, code);
    builder.function_starts([CODE + 1, CODE + 0x100, CODE + 0x201]);
    let tables = builder.open(Stamp { size: 1, modified: 0 }).expect("a form that was just made");
    for rva in (0..256).map(|step| CODE + step * 7).chain([1, DATA, u64::from(u32::MAX), u64::MAX - 8]) {
        for is_exact in [true, false] {
            for rules in tables.rules_at(arch, rva).into_iter().chain(tables.code_at(arch, rva)) {
                let _ = rules.apply(&Frame::new(arch, rva, is_exact));
                let _ = rules.size();
            }
        }
    }
    let text = cfi::text(&tables, TEXT);
    assert!(text.len() as u64 <= TEXT, "{} bytes of text", text.len());
}

struct Frame {
    registers: Registers,
    is_exact: bool,
}

impl Frame {
    fn new(arch: Arch, pc: u64, is_exact: bool) -> Self {
        let mut registers = Registers::new(arch);
        for register in 0..33 {
            registers.set(register, 0x7ff0_0000 + u64::from(register) * 0x1_0000);
        }
        registers.set(arch.pc(), pc);
        Self { registers, is_exact }
    }
}

impl UnwindState for Frame {
    fn registers(&self) -> &Registers {
        &self.registers
    }
    fn word(&self, address: u64) -> Option<u64> {
        (address % 11 != 0).then(|| address.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }
    fn bytes(&self, _: u64, _: usize) -> Option<&[u8]> {
        None
    }
    fn is_exact(&self) -> bool {
        self.is_exact
    }
    fn preserved(&self) -> &'static [Reg] {
        &[3, 4, 5, 6, 12, 13, 14, 15, 19, 20, 29]
    }
    fn callee_parameters(&self) -> u32 {
        0
    }
    fn may_be_return_address(&self, _: u64) -> bool {
        true
    }
}
