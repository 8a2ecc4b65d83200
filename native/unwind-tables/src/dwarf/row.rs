//! Applying a row of rules to a frame.

use std::cell::RefCell;

use gimli::{CfaRule, Register, RegisterRule, UnwindContext, UnwindContextStorage, UnwindSection, UnwindTableRow};
use unwind::{UnwindState, Unwound};
use vocabulary::{Reg, Registers};

use super::registers::register;
use super::{Rules, Slice, expression};

/// Rules of a row: 64-bit ARM has 65 registers, and its signal frames rules for all of them.
const MAX_RULES: usize = 96;
/// Rows that a program may keep for later; compilers keep one or two.
const MAX_KEPT: usize = 8;

/// Space for the rows of a program, without allocation.
struct Space;

impl UnwindContextStorage<usize> for Space {
    type Rules = [(Register, RegisterRule<usize>); MAX_RULES];
    type Stack = [UnwindTableRow<usize, Self>; MAX_KEPT];
}

thread_local! {
    /// It is used again, because it is large.
    static CONTEXT: RefCell<UnwindContext<usize, Space>> = RefCell::new(UnwindContext::new_in());
}

/// Apply the rules of an entry. `None`: memory or a register is unknown, or the entry is damaged.
pub(super) fn apply<'s, S>(section: &S, rules: &Rules<'s>, callee: &impl UnwindState) -> Option<Unwound>
where
    S: UnwindSection<Slice<'s>>,
{
    CONTEXT.with(|context| {
        let mut context = context.try_borrow_mut().ok()?;
        let (entry, bases) = (&rules.entry, &rules.frames.bases);
        let row = entry.unwind_info_for_address(section, bases, &mut context, rules.address).ok()?;
        let frame = Frame { section, callee, address_size: rules.frames.address_size, cfa: None };
        frame.caller(row, entry.cie().return_address_register(), entry.is_signal_trampoline())
    })
}

/// A frame with the section that its rules are of.
struct Frame<'f, S, U> {
    section: &'f S,
    callee: &'f U,
    address_size: u8,
    cfa: Option<u64>,
}

impl<'s, S: UnwindSection<Slice<'s>>, U: UnwindState> Frame<'_, S, U> {
    fn caller(
        mut self,
        row: &UnwindTableRow<usize, Space>,
        return_address: Register,
        is_interrupted: bool,
    ) -> Option<Unwound> {
        let registers = self.callee.registers();
        let arch = registers.arch;
        let return_rule = row.register(return_address);
        if return_rule == Some(RegisterRule::Undefined) {
            return Some(Unwound::Root);
        }
        let cfa = match row.cfa() {
            CfaRule::RegisterAndOffset { register: number, offset } => {
                registers.get(register(arch, *number)?)?.wrapping_add_signed(*offset)
            }
            CfaRule::Expression(expression) => self.evaluate(expression, None)?,
        };
        let cfa = cfa & arch.word_mask();
        self.cfa = Some(cfa);
        let mut caller = Registers::new(arch);
        for &preserved in self.callee.preserved() {
            if let Some(value) = registers.get(preserved) {
                caller.set(preserved, value);
            }
        }
        caller.set(arch.sp(), cfa);
        for &(number, ref rule) in row.registers() {
            let Some(number) = register(arch, number) else { continue };
            match self.value(number, rule) {
                Some(value) => caller.set(number, value),
                None => caller.forget(number),
            }
        }
        let address = match (return_rule, register(arch, return_address)) {
            (Some(rule), number) => self.value(number.unwrap_or(arch.pc()), &rule)?,
            // Without a rule it is still in the link register.
            (None, Some(number)) if number != arch.pc() => registers.get(number)?,
            (None, _) => return None,
        };
        if !is_interrupted && let Some(link) = register(arch, return_address).filter(|&number| number != arch.pc()) {
            // The call overwrote what it held before.
            caller.forget(link);
        }
        caller.set(arch.pc(), address);
        Some(if is_interrupted { Unwound::Interrupted(caller) } else { Unwound::Caller(caller) })
    }

    /// What a register held in the caller.
    fn value(&self, own: Reg, rule: &RegisterRule<usize>) -> Option<u64> {
        let registers = self.callee.registers();
        let cfa = self.cfa?;
        match rule {
            RegisterRule::SameValue => registers.get(own),
            RegisterRule::Offset(offset) => {
                self.callee.word(cfa.wrapping_add_signed(*offset) & registers.arch.word_mask())
            }
            RegisterRule::ValOffset(offset) => Some(cfa.wrapping_add_signed(*offset)),
            RegisterRule::Register(other) => registers.get(register(registers.arch, *other)?),
            RegisterRule::Expression(expression) => self.callee.word(self.evaluate(expression, self.cfa)?),
            RegisterRule::ValExpression(expression) => self.evaluate(expression, self.cfa),
            RegisterRule::Constant(value) => Some(*value),
            RegisterRule::Undefined | RegisterRule::Architectural => None,
        }
    }

    fn evaluate(&self, expression: &gimli::UnwindExpression<usize>, first: Option<u64>) -> Option<u64> {
        expression::evaluate(expression.get(self.section).ok()?, first, self.address_size, self.callee)
    }
}
