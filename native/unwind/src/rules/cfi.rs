//! `STACK CFI`: from a callee's registers to its caller's.

use symbols::breakpad::rules;
use symbols::lookup::CfiRules;
use vocabulary::{Arch, Reg, Registers};

use super::postfix::{self, Machine};
use crate::unwind_source::{UnwindState, Unwound};

/// A register on the left of a rule.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Cfa,
    Ra,
    Register(Reg),
}

/// More rules than any architecture has registers that are worth restoring.
const MAX_RULES: usize = 40;
/// Breakpad's documented spelling of "cannot be recovered"; dump_syms drops such rules, other writers do not.
const UNDEFINED: &[u8] = b".undef";

/// Rules in force, the last one for a register wins.
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

/// The number of a register by its name in rules: `$rsp` on x86, `x29` or `sp` on ARM; dumpers differ in the `$`.
fn register(arch: Arch, name: &[u8]) -> Option<Reg> {
    let name = name.strip_prefix(b"$").unwrap_or(name);
    if matches!(arch, Arch::Arm | Arch::Arm64) {
        let letter = if arch == Arch::Arm { b'r' } else { b'x' };
        match name {
            [l, d] if *l == letter && d.is_ascii_digit() => return Some(d - b'0'),
            [l, t @ b'1'..=b'3', d] if *l == letter && d.is_ascii_digit() => {
                let number = (t - b'0') * 10 + (d - b'0');
                return (number <= if arch == Arch::Arm { 15 } else { 30 }).then_some(number);
            }
            b"ip" if arch == Arch::Arm => return Some(12),
            _ => {}
        }
    }
    let position = arch.register_names().iter().position(|n| n.as_bytes() == name)?;
    Reg::try_from(position).ok()
}

struct Variables<'a, S> {
    callee: &'a S,
    cfa: Option<u64>,
}

impl<S: UnwindState> Machine for Variables<'_, S> {
    fn get(&self, name: &[u8]) -> Option<u64> {
        if name == b".cfa" {
            return self.cfa;
        }
        let registers = self.callee.registers();
        registers.get(register(registers.arch, name)?)
    }
    fn set(&mut self, _: &[u8], _: u64) -> bool {
        false
    }
    fn load(&self, address: u64) -> Option<u64> {
        self.callee.word(address)
    }
    fn mask(&self) -> u64 {
        self.callee.registers().arch.word_mask()
    }
}

/// Apply the rules that hold at a callee's address. Preserved registers without a rule pass through; every other register
/// of the caller is unknown.
pub(super) fn apply(rules: &CfiRules<'_>, callee: &impl UnwindState) -> Unwound {
    let registers = callee.registers();
    let arch = registers.arch;
    let mut set = RuleSet { rules: [(Target::Cfa, &[]); MAX_RULES], count: 0 };
    set.add(arch, rules.init);
    for delta in rules.deltas.iter() {
        set.add(arch, delta);
    }
    let mut machine = Variables { callee, cfa: None };
    let mut eval = |expression: &[u8], cfa: Option<u64>| {
        machine.cfa = cfa;
        postfix::run(expression, &mut machine).filter(|left| left.count == 1).map(|left| left.top)
    };

    let Some(ra_rule) = set.find(Target::Ra) else { return Unwound::Failed };
    if ra_rule == UNDEFINED {
        return Unwound::Root;
    }
    let Some(cfa) = set.find(Target::Cfa).and_then(|rule| eval(rule, None)) else { return Unwound::Failed };
    let Some(ra) = eval(ra_rule, Some(cfa)) else { return Unwound::Failed };

    let mut caller = Registers::new(arch);
    for &reg in callee.preserved() {
        if let Some(value) = registers.get(reg) {
            caller.set(reg, value);
        }
    }
    caller.set(arch.sp(), cfa);
    for &(target, expression) in &set.rules[..set.count] {
        let Target::Register(reg) = target else { continue };
        // A register whose rule fails, or that is `.undef`, is unknown; to let the callee's value through
        // instead, as Breakpad does, gives the caller a register it never had.
        match eval(expression, Some(cfa)) {
            Some(value) => caller.set(reg, value),
            None => caller.forget(reg),
        }
    }
    caller.set(arch.pc(), ra);
    Unwound::Caller(caller)
}
