//! The frame whose caller is looked for, and look-ups in the process and the symbols for it.

use std::borrow::Cow;
use std::marker::PhantomData;

use vocabulary::{Registers, Trust};

use crate::code_memory::Outside;
use crate::frame::Frame;
use crate::modules::ModuleMap;
use crate::process::Process;
use crate::unwind_source::{UnwindRules, UnwindSource};

/// Bytes of the rules that hold at one address: real ones have some hundred.
const MAX_RULE_BYTES: usize = 64 << 10;
/// Parsing rules takes this many times the work of reading a name.
const RULE_COST: usize = 8;

/// The rules for one address in a module of a process.
pub(crate) type Rules<'w, P> = <<P as Process>::Rules as UnwindSource>::Rules<'w>;

/// The frame whose caller is looked for.
pub(crate) struct Callee<'w, 'd, A, P: Process> {
    pub(crate) map: &'w ModuleMap<'d, P>,
    pub(crate) registers: &'w Registers,
    pub(crate) frame: &'w Frame,
    /// Bytes of parameters on the stack of the frame below; needed on x86 alone.
    pub(crate) callee_params: u32,
    /// The bits of a pointer that are an address: pointer authentication uses others.
    pub(crate) address_bits: u64,
    /// How many frames in a row, this one the last, were scanned for and nothing confirmed them.
    pub(crate) guesses: u32,
    pub(crate) arch: PhantomData<A>,
}

impl<A, P: Process> Clone for Callee<'_, '_, A, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A, P: Process> Copy for Callee<'_, '_, A, P> {}

impl<'w, A, P: Process> Callee<'w, '_, A, P> {
    /// Whether this is a thread's first frame, or one that a signal or an exception interrupted: all its registers are
    /// known, and it may be at any instruction, not only after a call.
    pub(crate) fn is_first(&self) -> bool {
        self.frame.trust == Trust::Context
    }

    /// A machine word of memory.
    pub(crate) fn word(&self, address: u64) -> Option<u64> {
        self.map.word(address, self.registers.arch)
    }

    /// Whether the frame's address is in code: in a module or in generated code. Outside of modules the description of the
    /// address space must confirm it.
    pub(crate) fn is_in_code(&self) -> bool {
        if self.is_first() && self.map.failed_to_fetch(self.frame.address) {
            return false;
        }
        match self.frame.module {
            Some(_) => self.map.is_executable(self.frame.address).unwrap_or(true),
            None => match self.map.outside(self.frame.address) {
                Outside::NoCode | Outside::Unknown => false,
                Outside::Doubtful => !self.map.executable_means_nothing(),
                Outside::Generated => true,
            },
        }
    }

    /// Where the function at an address begins. `None` without symbols.
    pub(crate) fn function_start(&self, address: u64) -> Option<u64> {
        Some(self.map.function_at(address)?.start)
    }

    /// The name of the function at the frame's address, if symbols name it.
    pub(crate) fn name(&self) -> Option<Cow<'w, str>> {
        let name = self.map.function_at(self.frame.lookup)?.name();
        self.map.has_read(name.len());
        Some(name)
    }

    /// Whether symbols name the function at an address, and its name passes a test.
    pub(crate) fn is_named(&self, address: u64, test: fn(&str) -> bool) -> bool {
        self.map.function_at(address).is_some_and(|function| {
            let name = function.name();
            self.map.has_read(name.len());
            test(&name)
        })
    }

    /// The rules that hold at an address, of each source that has some, the most trusted first. Those are left out that are
    /// more than real ones ever are.
    pub(crate) fn all_rules_at(&self, address: u64) -> impl Iterator<Item = Rules<'w, P>> {
        let (map, arch) = (self.map, self.registers.arch);
        let (sources, rva) = map.sources_at(address);
        sources.iter().filter_map(move |source| within_limits(map, source.rules_at(arch, rva)?))
    }

    /// The rules that compute the caller of an address exactly, of the most trusted source that has some.
    pub(crate) fn rules_at(&self, address: u64) -> Option<Rules<'w, P>> {
        let arch = self.registers.arch;
        let (sources, rva) = self.map.sources_at(address);
        let rules = sources.iter().filter(|source| source.is_exact()).find_map(|source| source.rules_at(arch, rva))?;
        within_limits(self.map, rules)
    }

    /// Bytes of parameters of the function at this frame: `STACK WIN` has them best.
    pub(crate) fn parameters_by_symbols(&self) -> u32 {
        let arch = self.registers.arch;
        let (sources, rva) = self.map.sources_at(self.frame.lookup);
        let mut rules = sources.iter().filter(|s| !s.is_exact()).filter_map(|s| s.rules_at(arch, rva));
        let function = || Some(self.map.function_at(self.frame.lookup)?.found.param_size);
        rules.find_map(|rules| rules.parameters()).or_else(function).unwrap_or(0)
    }

    /// Whether an address is in the function of this frame, or in another part of it: a function with several ranges has
    /// a record for each, and a part that was split off is named after it. `None` without symbols.
    pub(crate) fn is_own_function(&self, address: u64) -> Option<bool> {
        let own = self.map.function_at(self.frame.lookup)?;
        let Some(other) = self.map.function_at(address) else { return Some(false) };
        if other.start == own.start {
            return Some(true);
        }
        let (own, other) = (own.name(), other.name());
        self.map.has_read(own.len() + other.len());
        Some(whole(&other) == whole(&own))
    }

    /// Whether the frame's module has unwind rules, but none for the frame's address.
    pub(crate) fn has_no_rules_among_others(&self) -> bool {
        let arch = self.registers.arch;
        let (sources, rva) = self.map.sources_at(self.frame.lookup);
        let exact = || sources.iter().filter(|source| source.is_exact());
        exact().any(|source| source.count() > 0) && !exact().any(|source| source.has_rules_at(arch, rva))
    }
}

/// Rules that are not too long to be real. That they were read is counted.
fn within_limits<P: Process, R: UnwindRules>(map: &ModuleMap<'_, P>, rules: R) -> Option<R> {
    let size = rules.size();
    map.has_read(size.saturating_mul(RULE_COST).saturating_add(rules.searched()));
    (size <= MAX_RULE_BYTES).then_some(rules)
}

/// The name of the function that a part was split off.
fn whole(name: &str) -> &str {
    name.split(" [clone .cold").next().unwrap_or(name).trim_end_matches(".cold")
}
