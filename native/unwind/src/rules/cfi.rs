//! `STACK CFI`: from a callee's registers to its caller's.

use symbols::breakpad::rules;
use symbols::lookup::CfiRules;
use vocabulary::{Arch, Reg, Registers};

use super::expression::Expression;
use super::register_name::register;
use crate::unwind_source::{UnwindState, Unwound};

/// A register on the left of a rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Target {
    Cfa,
    Ra,
    Register(Reg),
}

/// More rules than any architecture has registers that are worth restoring.
const MAX_RULES: usize = 40;
/// Breakpad's documented spelling of "cannot be recovered"; dump_syms drops such rules, other writers do not.
const UNDEFINED: &[u8] = b".undef";

/// Rules in force as text, the last one for a register wins.
struct RuleSet<'a> {
    rules: [(Target, &'a [u8]); MAX_RULES],
    count: usize,
}

impl<'a> RuleSet<'a> {
    fn find(&self, target: Target) -> Option<&'a [u8]> {
        self.rules[..self.count].iter().find(|(t, _)| *t == target).map(|(_, e)| *e)
    }

    fn put(&mut self, target: Target, expression: &'a [u8]) {
        if let Some(rule) = self.rules[..self.count].iter_mut().find(|(t, _)| *t == target) {
            rule.1 = expression;
        } else if self.count < MAX_RULES {
            self.rules[self.count] = (target, expression);
            self.count += 1;
        }
    }

    /// Add the rules of one record.
    fn add(&mut self, arch: Arch, text: &'a [u8]) {
        for (name, expression) in rules(text) {
            self.put_named(arch, name, expression);
        }
    }

    fn put_named(&mut self, arch: Arch, name: &[u8], expression: &'a [u8]) {
        let target = match name {
            b".cfa" => Target::Cfa,
            b".ra" => Target::Ra,
            _ => match register(arch, name) {
                Some(reg) => Target::Register(reg),
                // Vector and status registers: of no use for walking.
                None => return,
            },
        };
        self.put(target, expression);
    }
}

/// The rules that hold at one address, compiled.
#[derive(Debug)]
pub struct Row {
    arch: Arch,
    /// The return address and the CFA.
    rules: Result<(Expression, Expression), Without>,
    registers: Box<[(Reg, Expression)]>,
    /// Bytes of their text, and bytes that were read to find it.
    pub(super) size: usize,
    pub(super) searched: usize,
}

/// What rules give that have no return address or no CFA.
#[derive(Clone, Copy, Debug)]
enum Without {
    /// The stack ends.
    Caller,
    /// Nothing.
    Rules,
}

impl Row {
    /// Compile the rules for registers of an architecture.
    pub(super) fn compile(arch: Arch, text: &CfiRules<'_>) -> Self {
        let size = text.init.len() + text.deltas.iter().map(|delta| delta.len()).sum::<usize>();
        let mut set = RuleSet { rules: [(Target::Cfa, &[]); MAX_RULES], count: 0 };
        set.add(arch, text.init);
        for delta in &text.deltas {
            set.add(arch, delta);
        }
        let compile = |text| Expression::compile(arch, text);
        let rules = match (set.find(Target::Ra), set.find(Target::Cfa)) {
            (None, _) => Err(Without::Rules),
            (Some(UNDEFINED), _) => Err(Without::Caller),
            (Some(_), None) => Err(Without::Rules),
            (Some(ra), Some(cfa)) => Ok((compile(ra), compile(cfa))),
        };
        let registers = set.rules[..set.count].iter().filter_map(|&(target, text)| match target {
            Target::Register(reg) => Some((reg, compile(text))),
            Target::Cfa | Target::Ra => None,
        });
        Self { arch, rules, registers: registers.collect(), size, searched: text.read }
    }

    /// Whether they are for registers of an architecture.
    pub(super) fn is_for(&self, arch: Arch) -> bool {
        self.arch == arch
    }

    /// Bytes of memory.
    pub(super) fn bytes(&self) -> usize {
        let code = self.registers.iter().map(|(_, expression)| expression.heap_bytes()).sum::<usize>();
        let rules = self.rules.iter().map(|(ra, cfa)| ra.heap_bytes() + cfa.heap_bytes()).sum::<usize>();
        size_of::<Self>() + size_of_val::<[_]>(&self.registers) + code + rules
    }

    /// Apply the rules to a callee. Preserved registers without a rule pass through; every other register of the caller is
    /// unknown.
    pub(super) fn apply(&self, callee: &impl UnwindState) -> Unwound {
        let (ra, cfa) = match &self.rules {
            Ok(rules) => rules,
            Err(Without::Caller) => return Unwound::Root,
            Err(Without::Rules) => return Unwound::Failed,
        };
        let registers = callee.registers();
        let Some(cfa) = cfa.value(callee, None) else { return Unwound::Failed };
        let Some(ra) = ra.value(callee, Some(cfa)) else { return Unwound::Failed };
        let arch = registers.arch;
        let mut caller = Registers::new(arch);
        for &reg in callee.preserved() {
            if let Some(value) = registers.get(reg) {
                caller.set(reg, value);
            }
        }
        caller.set(arch.sp(), cfa);
        for (reg, expression) in &self.registers {
            // A register whose rule fails, or that is `.undef`, is unknown; to let the callee's value through
            // instead, as Breakpad does, gives the caller a register it never had.
            match expression.value(callee, Some(cfa)) {
                Some(value) => caller.set(*reg, value),
                None => caller.forget(*reg),
            }
        }
        caller.set(arch.pc(), ra);
        Unwound::Caller(caller)
    }
}

#[cfg(test)]
mod tests;
