//! The unwind rules that a module of a dump may have: those of its Breakpad symbols, and those of unwind tables.

use std::sync::Arc;

use unwind::{Breakpad, BreakpadRules, ModuleSymbols, SymbolSlot, UnwindRules, UnwindSource, UnwindState, Unwound};
use unwind_tables::Tables;
use vocabulary::Arch;

use crate::resolution::{FileRules, Resolution};

/// A source of unwind rules.
#[derive(Clone)]
pub enum Rules {
    /// Records of Breakpad symbols.
    Breakpad(Breakpad),
    /// Unwind tables of the binary, or of a debug file.
    Tables(Arc<Tables>),
    /// The code of the binary, where none of the others has a rule.
    Code(Arc<Tables>),
}

/// The rules at one address.
pub enum RulesAt<'s> {
    /// A Breakpad record.
    Breakpad(BreakpadRules<'s>),
    /// An entry of a table.
    Tables(unwind_tables::Rules<'s>),
}

/// The symbols and unwind rules of a module: tables in the order in which they were found, then those of the symbols; last what code
/// shows.
pub(crate) fn slot(resolution: &Resolution) -> SymbolSlot<Rules> {
    let symbols = resolution.symbols();
    let files = || resolution.unwind().iter().map(|found| &found.rules);
    let tables = || files().filter_map(|rules| if let FileRules::Tables(tables) = rules { Some(tables) } else { None });
    let texts = files().filter_map(|rules| if let FileRules::Records(text) = rules { Some(text) } else { None });
    let records = symbols.into_iter().chain(texts).flat_map(|text| Breakpad::of(text).map(Rules::Breakpad));
    let code = tables().filter(|tables| tables.arch() == Arch::Arm).map(|tables| Rules::Code(Arc::clone(tables)));
    let rules = tables().map(|tables| Rules::Tables(Arc::clone(tables))).chain(records).chain(code);
    let rules: Vec<Rules> = rules.collect();
    if rules.is_empty() {
        return SymbolSlot::Missing;
    }
    SymbolSlot::Loaded(Arc::new(ModuleSymbols { functions: symbols.cloned(), rules }))
}

impl UnwindSource for Rules {
    type Rules<'s> = RulesAt<'s>;

    #[inline]
    fn rules_at(&self, arch: Arch, rva: u64) -> Option<RulesAt<'_>> {
        match self {
            Self::Breakpad(source) => source.rules_at(arch, rva).map(RulesAt::Breakpad),
            Self::Tables(source) => source.rules_at(arch, rva).map(RulesAt::Tables),
            Self::Code(source) => source.code_at(arch, rva).map(RulesAt::Tables),
        }
    }

    #[inline]
    fn has_rules_at(&self, arch: Arch, rva: u64) -> bool {
        match self {
            Self::Breakpad(source) => source.has_rules_at(arch, rva),
            Self::Tables(source) => source.has_rules_at(arch, rva),
            Self::Code(source) => source.code_at(arch, rva).is_some(),
        }
    }

    #[inline]
    fn count(&self) -> u64 {
        match self {
            Self::Breakpad(source) => source.count(),
            Self::Tables(source) => source.count(),
            Self::Code(_) => 0,
        }
    }

    #[inline]
    fn is_exact(&self) -> bool {
        match self {
            Self::Breakpad(source) => source.is_exact(),
            Self::Tables(source) => source.is_exact(),
            Self::Code(_) => false,
        }
    }
}

impl UnwindRules for RulesAt<'_> {
    #[inline]
    fn apply(&self, callee: &impl UnwindState) -> Unwound {
        match self {
            Self::Breakpad(rules) => rules.apply(callee),
            Self::Tables(rules) => rules.apply(callee),
        }
    }

    #[inline]
    fn size(&self) -> usize {
        match self {
            Self::Breakpad(rules) => rules.size(),
            Self::Tables(rules) => rules.size(),
        }
    }

    #[inline]
    fn parameters(&self) -> Option<u32> {
        match self {
            Self::Breakpad(rules) => rules.parameters(),
            Self::Tables(rules) => rules.parameters(),
        }
    }

    #[inline]
    fn searched(&self) -> usize {
        match self {
            Self::Breakpad(rules) => rules.searched(),
            Self::Tables(rules) => rules.searched(),
        }
    }
}
