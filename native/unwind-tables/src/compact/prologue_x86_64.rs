//! Reading the prologue of an x86-64 function: pushes, the frame pointer, one allocation. Other instructions may precede it.

use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic, OpKind, Register};
use vocabulary::{Arch, Reg, amd64};

use crate::row::{Place, ReturnAddress, Row, amd64_register};

/// Registers that a prologue pushes, at most.
const PUSHED: usize = 8;

/// The rules before the instruction at `offset` of a function that begins with `code`, if its prologue has not run as far as the rules of
/// its body need.
pub(super) fn row(code: &[u8], offset: usize, body: &Row) -> Option<Row> {
    let run = code.get(..offset)?;
    let needs_frame = body.cfa.base == amd64::RBP;
    let mut depth = 8i64;
    let mut frame: Option<i64> = None;
    let mut saved: [Option<(Reg, i64)>; PUSHED] = [None; PUSHED];
    let mut count = 0;
    let mut decoder = Decoder::new(64, run, DecoderOptions::NONE);
    let mut instruction = Instruction::default();
    while decoder.can_decode() {
        decoder.decode_out(&mut instruction);
        match step(&instruction)? {
            Step::Push(register) => {
                depth += 8;
                *saved.get_mut(count)? = Some((register, depth));
                count += 1;
            }
            Step::SetFrame => frame = Some(depth),
            Step::Allocate(bytes) => depth = depth.checked_add(bytes)?,
            // Before the prologue there may be anything; after its instructions the body begins.
            Step::Other if frame.is_some() || (!needs_frame && depth > 8) => return None,
            Step::Other => {}
        }
        if !needs_frame && depth == body.cfa.offset {
            return None;
        }
    }
    let cfa = match frame {
        Some(depth) => Place { base: amd64::RBP, offset: depth },
        None => Place { base: amd64::RSP, offset: depth },
    };
    let below = |distance: i64| Place { offset: cfa.offset - distance, ..cfa };
    let mut row = Row::at_entry(Arch::Amd64);
    row.cfa = cfa;
    row.return_address = ReturnAddress::Stored(below(8));
    // Others are pushed to align the stack.
    let is_preserved = |register: Reg| matches!(register, amd64::RBX | amd64::RBP | amd64::R12..=amd64::R15);
    for &(register, distance) in saved.iter().flatten().filter(|(register, _)| is_preserved(*register)) {
        row.save(register, below(distance));
    }
    Some(row)
}

enum Step {
    Push(Reg),
    /// mov rbp, rsp
    SetFrame,
    Allocate(i64),
    /// It does not change the stack pointer.
    Other,
}

/// What an instruction does to a frame; `None` for one that no prologue has, and none before it.
fn step(instruction: &Instruction) -> Option<Step> {
    let number = |register: Register| u8::try_from(register.number()).ok().map(amd64_register);
    let to = instruction.op0_register();
    match instruction.mnemonic() {
        Mnemonic::INVALID | Mnemonic::Pop | Mnemonic::Leave => None,
        Mnemonic::Push if to.is_gpr64() => Some(Step::Push(number(to)?)),
        Mnemonic::Mov if to == Register::RBP && instruction.op1_register() == Register::RSP => Some(Step::SetFrame),
        Mnemonic::Sub if to == Register::RSP && instruction.op1_kind() != OpKind::Register => {
            Some(Step::Allocate(instruction.immediate(1).cast_signed()))
        }
        _ if instruction.stack_pointer_increment() != 0 && instruction.flow_control() != FlowControl::Return => None,
        _ if to == Register::RSP && !matches!(instruction.mnemonic(), Mnemonic::Cmp | Mnemonic::Test) => None,
        _ if matches!(instruction.flow_control(), FlowControl::Call | FlowControl::IndirectCall) => None,
        _ => Some(Step::Other),
    }
}
