//! Breakpad's records as sources of unwind rules.

use std::sync::Arc;

use symbols::SymbolMap;
use symbols::breakpad::Win;
use vocabulary::Arch;

use super::rows::{CfiRows, FoundRow};
use super::stack_win;
use crate::modules::{ModuleSymbols, SymbolSlot};
use crate::unwind_source::{UnwindRules, UnwindSource, UnwindState, Unwound};

/// The unwind rules in a Breakpad symbol file.
#[derive(Clone)]
pub enum Breakpad {
    /// `STACK WIN` records, which describe 32-bit x86.
    Win(Arc<SymbolMap>),
    /// `STACK CFI` records.
    Cfi(Arc<CfiRows>),
}

/// The rules at one address.
pub enum BreakpadRules<'s> {
    /// A `STACK WIN` record.
    Win(Win<'s>),
    /// `STACK CFI` rules.
    Cfi(FoundRow<'s>),
}

impl SymbolSlot<Breakpad> {
    /// A module with a Breakpad symbol file, for names and for unwind rules.
    #[must_use]
    pub fn breakpad(symbols: Arc<SymbolMap>) -> Self {
        let rules = Breakpad::of(&symbols).to_vec();
        Self::Loaded(Arc::new(ModuleSymbols { functions: Some(symbols), rules }))
    }
}

impl Breakpad {
    /// The sources of unwind rules in a symbol file, the most trusted first.
    #[must_use]
    pub fn of(symbols: &Arc<SymbolMap>) -> [Self; 2] {
        [Self::Win(Arc::clone(symbols)), Self::Cfi(Arc::new(CfiRows::new(Arc::clone(symbols))))]
    }
}

impl UnwindSource for Breakpad {
    type Rules<'s> = BreakpadRules<'s>;

    fn rules_at(&self, arch: Arch, rva: u64) -> Option<BreakpadRules<'_>> {
        match self {
            Self::Win(symbols) if arch == Arch::X86 => symbols.win_at(rva).map(BreakpadRules::Win),
            Self::Win(_) => None,
            Self::Cfi(rows) => rows.at(arch, rva).map(BreakpadRules::Cfi),
        }
    }

    fn has_rules_at(&self, arch: Arch, rva: u64) -> bool {
        match self {
            Self::Win(symbols) => arch == Arch::X86 && symbols.win_at(rva).is_some(),
            Self::Cfi(rows) => rows.symbols().has_cfi_at(rva),
        }
    }

    fn count(&self) -> u64 {
        match self {
            Self::Win(symbols) => symbols.counts().wins,
            Self::Cfi(rows) => rows.symbols().counts().cfi_inits,
        }
    }

    fn is_exact(&self) -> bool {
        matches!(self, Self::Cfi(_))
    }
}

impl UnwindRules for BreakpadRules<'_> {
    fn apply(&self, callee: &impl UnwindState) -> Unwound {
        match self {
            Self::Win(record) => stack_win::apply(record, callee),
            Self::Cfi(row) => row.apply(callee),
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Win(record) => record.program.map_or(0, <[u8]>::len),
            Self::Cfi(row) => row.size,
        }
    }

    fn searched(&self) -> usize {
        match self {
            Self::Win(_) => 0,
            Self::Cfi(row) => row.searched,
        }
    }

    fn parameters(&self) -> Option<u32> {
        match self {
            Self::Win(record) => Some(record.param_size),
            Self::Cfi(_) => None,
        }
    }
}
