#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use proptest::prelude::*;
use symbols::SymbolMap;

use super::super::postfix::{self, Machine};
use super::super::rows::CfiRows;
use super::*;

/// A callee with these registers, and memory that holds what a word's address is multiplied by.
struct Callee(Registers);

impl UnwindState for Callee {
    fn registers(&self) -> &Registers {
        &self.0
    }
    fn word(&self, address: u64) -> Option<u64> {
        (!address.is_multiple_of(7)).then(|| address.wrapping_mul(0x9e37_79b9) & self.0.arch.word_mask())
    }
    fn bytes(&self, _: u64, _: usize) -> Option<&[u8]> {
        None
    }
    fn is_exact(&self) -> bool {
        false
    }
    fn preserved(&self) -> &'static [Reg] {
        &[3, 6]
    }
    fn callee_parameters(&self) -> u32 {
        0
    }
    fn may_be_return_address(&self, _: u64) -> bool {
        true
    }
}

/// An expression as the interpreter of the postfix language has it.
struct Variables<'a> {
    callee: &'a Callee,
    cfa: Option<u64>,
}

impl Machine for Variables<'_> {
    fn get(&self, name: &[u8]) -> Option<u64> {
        if name == b".cfa" {
            return self.cfa;
        }
        self.callee.0.get(register(self.callee.0.arch, name)?)
    }
    fn set(&mut self, _: &[u8], _: u64) -> bool {
        false
    }
    fn load(&self, address: u64) -> Option<u64> {
        self.callee.word(address)
    }
    fn mask(&self) -> u64 {
        self.callee.0.arch.word_mask()
    }
}

fn interpreted(text: &[u8], callee: &Callee, cfa: Option<u64>) -> Option<u64> {
    postfix::run(text, &mut Variables { callee, cfa }).filter(|left| left.count == 1).map(|left| left.top)
}

fn callee(arch: Arch, values: &[u64]) -> Callee {
    let mut registers = Registers::new(arch);
    for (reg, value) in (0..).zip(values) {
        // Some are unknown.
        if value % 5 != 0 {
            registers.set(reg, value & arch.word_mask());
        }
    }
    Callee(registers)
}

const WORDS: &[&str] = &[
    "+",
    "-",
    "*",
    "/",
    "%",
    "@",
    "^",
    "=",
    ".cfa",
    "$rsp",
    "$rbp",
    "$eax",
    "$esp",
    "x29",
    "sp",
    "r11",
    "lr",
    ".undef",
    "0",
    "8",
    "-16",
    "4095",
    "0x18",
    "18446744073709551615",
    "99999999999999999999",
    "nonsense",
];

proptest! {
    #[test]
    fn compiled_expressions_have_the_values_of_interpreted_ones(
        words in prop::collection::vec(prop::sample::select(WORDS), 0..9),
        values in prop::collection::vec(any::<u64>(), 16),
        cfa in prop::option::of(any::<u64>()),
    ) {
        let text = words.join(" ");
        for arch in [Arch::Amd64, Arch::X86, Arch::Arm, Arch::Arm64] {
            let callee = callee(arch, &values);
            let compiled = Expression::compile(arch, text.as_bytes()).value(&callee, cfa);
            prop_assert_eq!(compiled, interpreted(text.as_bytes(), &callee, cfa), "{} on {:?}", text, arch);
        }
    }

    #[test]
    fn usual_expressions_have_the_values_of_interpreted_ones(
        base in prop::sample::select(&[".cfa", "$rsp", "$rbp"][..]),
        offset in any::<u16>(),
        operator in prop::sample::select(&["+", "-"][..]),
        load in prop::sample::select(&["", " ^"][..]),
        values in prop::collection::vec(any::<u64>(), 16),
        cfa in any::<u64>(),
    ) {
        let text = format!("{base} {offset} {operator}{load}");
        let callee = callee(Arch::Amd64, &values);
        let compiled = Expression::compile(Arch::Amd64, text.as_bytes());
        prop_assert_eq!(compiled.value(&callee, Some(cfa)), interpreted(text.as_bytes(), &callee, Some(cfa)));
        let is_code = matches!(compiled, Expression::Code(_));
        prop_assert!(!is_code);
    }

    #[test]
    fn rows_that_are_kept_are_those_that_are_compiled(addresses in prop::collection::vec(0u64..0x3000, 1..300)) {
        let mut text = "MODULE Linux x86_64 000102030405060708090A0B0C0D0E0F0 a\n".to_owned();
        for function in 0..0x80_u64 {
            let (start, size) = (function * 0x60, 0x40 + function % 0x30);
            text += &format!("STACK CFI INIT {start:x} {size:x} .cfa: $rsp 8 + .ra: .cfa 8 - ^\n");
            text += &format!("STACK CFI {:x} .cfa: $rsp {} + $rbp: .cfa 16 - ^\n", start + 4, 16 + function);
        }
        let symbols = Arc::new(SymbolMap::from_text(text.into_bytes()));
        let rows = CfiRows::new(Arc::clone(&symbols));
        let callee = callee(Arch::Amd64, &[0x1001, 0x1002, 0x1003, 0x1004, 0x1006, 0x1007, 0x1008, 0x1009]);
        for rva in addresses.iter().chain(&addresses) {
            let kept = rows.at(Arch::Amd64, *rva);
            let own = symbols.cfi_at(*rva).map(|text| Row::compile(Arch::Amd64, &text));
            let result = |row: &Row| (row.apply(&callee), row.size, row.searched);
            prop_assert_eq!(kept.as_deref().map(result), own.as_ref().map(result));
        }
    }
}

#[test]
fn rules_for_two_architectures_do_not_mix() {
    let text = "MODULE Linux x86_64 000102030405060708090A0B0C0D0E0F0 a\nSTACK CFI INIT 0 10 .cfa: sp 8 + .ra: x30\n";
    let rows = CfiRows::new(Arc::new(SymbolMap::from_text(text.as_bytes().to_vec())));
    let applied = |arch| rows.at(arch, 4).unwrap().apply(&callee(arch, &[1; 40]));
    assert!(matches!(applied(Arch::Arm64), Unwound::Caller(_)));
    assert_eq!(applied(Arch::Amd64), Unwound::Failed);
    assert!(matches!(applied(Arch::Arm64), Unwound::Caller(_)));
}
