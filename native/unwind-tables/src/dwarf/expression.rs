//! DWARF expressions in unwind rules: small programs over registers and memory.

use gimli::{Encoding, Evaluation, EvaluationResult, EvaluationStorage, Expression, Format, Piece, Value};
use unwind::UnwindState;

use super::Slice;
use super::registers::register;

/// Instructions of one expression, jumps counted: those of signal frames and stubs have a dozen.
const MAX_STEPS: u32 = 512;
/// Values on its stack.
const MAX_STACK: usize = 32;

/// Space for one evaluation, without allocation.
struct Space;

impl<'s> EvaluationStorage<Slice<'s>> for Space {
    type Stack = [Value; MAX_STACK];
    type ExpressionStack = [(Slice<'s>, Slice<'s>); 1];
    type Result = [Piece<Slice<'s>>; 1];
}

/// The value of an expression for a frame, with a value on its stack first (that of the CFA, for registers).
pub(super) fn evaluate(
    expression: Expression<Slice<'_>>,
    first: Option<u64>,
    address_size: u8,
    callee: &impl UnwindState,
) -> Option<u64> {
    let registers = callee.registers();
    let encoding = Encoding { address_size, format: Format::Dwarf32, version: 4 };
    let mut evaluation = Evaluation::<_, Space>::new_in(expression.0, encoding);
    evaluation.set_max_iterations(MAX_STEPS);
    if let Some(first) = first {
        evaluation.set_initial_value(first);
    }
    let mut state = evaluation.evaluate().ok()?;
    loop {
        state = match state {
            EvaluationResult::Complete => break,
            EvaluationResult::RequiresRegister { register: number, .. } => {
                let value = registers.get(register(registers.arch, number)?)?;
                evaluation.resume_with_register(Value::Generic(value)).ok()?
            }
            EvaluationResult::RequiresMemory { address, size, .. } => {
                let bytes = callee.bytes(address, size.into())?;
                let value = bytes.iter().rev().fold(0, |value: u64, &byte| value << 8 | u64::from(byte));
                evaluation.resume_with_memory(Value::Generic(value)).ok()?
            }
            EvaluationResult::RequiresCallFrameCfa => evaluation.resume_with_call_frame_cfa(first?).ok()?,
            _ => return None,
        };
    }
    evaluation.value_result()?.to_u64(registers.arch.word_mask()).ok()
}
