//! What a function has pushed so far, read from its own code. Serves x86-64 too.
//!
//! Writers of dumps keep some code around the program counter, 128 bytes and more on each side. Where that reaches back to
//! the function's first byte, its instructions show how far the stack pointer moved: that alone leads from a frame without
//! rules to its return address.

use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic, OpKind, Register};

use crate::arch::Architecture;
use crate::callee::Callee;
use crate::process::Process;

/// The longest stretch of code that is read, in bytes.
const MAX_CODE: u64 = 1024;
/// Branches whose targets are remembered.
const MAX_TARGETS: usize = 32;

/// What a function did to the stack on the way from its first byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Pushed {
    /// Bytes between the stack pointer and the return address.
    pub(crate) bytes: u64,
    /// Distance from the return address down to the caller's frame pointer, if that was pushed.
    pub(crate) frame_pointer: Option<u64>,
}

/// What the function of a first frame has pushed so far. `None` if its code is not in the dump, or does what cannot be
/// followed.
pub(crate) fn pushed<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>) -> Option<Pushed> {
    let pc = callee.frame.address;
    let start = callee.function_start(pc)?;
    let length = pc.checked_sub(start).filter(|&length| length <= MAX_CODE)?;
    let code = callee.map.read(start, usize::try_from(length).ok()?.max(1))?;
    let bits = 8 * callee.registers.arch.pointer_size() as u32;
    simulate(code.get(..usize::try_from(length).ok()?)?, bits, start)
}

/// Follows straight code; after a jump or a return it goes on with the state of a branch that leads there.
fn simulate(code: &[u8], bits: u32, start: u64) -> Option<Pushed> {
    let mut decoder = Decoder::with_ip(bits, code, start, DecoderOptions::NONE);
    let mut state = Some(Pushed { bytes: 0, frame_pointer: None });
    let mut targets: Vec<(u64, Pushed)> = Vec::new();
    let mut instruction = Instruction::default();
    while decoder.can_decode() {
        let ip = decoder.ip();
        state = state.or_else(|| targets.iter().find(|(at, _)| *at == ip).map(|(_, state)| *state));
        decoder.decode_out(&mut instruction);
        if instruction.is_invalid() {
            return None;
        }
        let Some(before) = state else { continue };
        let target = instruction.near_branch_target();
        match instruction.flow_control() {
            FlowControl::ConditionalBranch => remember(&mut targets, target, before),
            FlowControl::UnconditionalBranch => {
                remember(&mut targets, target, before);
                state = None;
            }
            FlowControl::Return | FlowControl::IndirectBranch => state = None,
            FlowControl::Next => state = Some(after(&instruction, before)?),
            _ => {}
        }
    }
    let end = decoder.ip();
    state.or_else(|| targets.iter().find(|(at, _)| *at == end).map(|(_, state)| *state))
}

fn remember(targets: &mut Vec<(u64, Pushed)>, target: u64, state: Pushed) {
    if targets.len() < MAX_TARGETS {
        targets.push((target, state));
    }
}

/// The state after an instruction. `None` if the stack pointer can no longer be computed.
fn after(instruction: &Instruction, before: Pushed) -> Option<Pushed> {
    let is_sp = |register: Register| matches!(register, Register::RSP | Register::ESP);
    let is_fp = |register: Register| matches!(register, Register::RBP | Register::EBP);
    let on_sp =
        instruction.op_count() > 0 && instruction.op0_kind() == OpKind::Register && is_sp(instruction.op0_register());
    let first_is_fp =
        instruction.op_count() > 0 && instruction.op0_kind() == OpKind::Register && is_fp(instruction.op0_register());
    let mut state = before;
    match instruction.mnemonic() {
        Mnemonic::Sub | Mnemonic::Add if on_sp => {
            let amount = instruction.try_immediate(1).ok()?.cast_signed();
            let amount = if instruction.mnemonic() == Mnemonic::Sub { amount } else { amount.checked_neg()? };
            state.bytes = state.bytes.checked_add_signed(amount)?;
        }
        // These read it only.
        Mnemonic::Cmp | Mnemonic::Test => {}
        Mnemonic::Leave | Mnemonic::Enter => return None,
        _ if instruction.is_stack_instruction() => {
            let increment = i64::from(instruction.stack_pointer_increment());
            state.bytes = state.bytes.checked_add_signed(increment.checked_neg()?)?;
            if on_sp {
                return None;
            }
            match instruction.mnemonic() {
                Mnemonic::Push if first_is_fp && state.frame_pointer.is_none() => {
                    state.frame_pointer = Some(state.bytes);
                }
                Mnemonic::Pop if first_is_fp => state.frame_pointer = None,
                _ => {}
            }
        }
        _ if on_sp => return None,
        _ => {}
    }
    Some(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amd64(code: &[u8]) -> Option<(u64, Option<u64>)> {
        simulate(code, 64, 0x1000).map(|p| (p.bytes, p.frame_pointer))
    }

    #[test]
    fn a_leaf_moves_nothing() {
        assert_eq!(amd64(&[]), Some((0, None)));
        // mov eax, [rdi]; test eax, eax; add eax, 1
        assert_eq!(amd64(&[0x8b, 0x07, 0x85, 0xc0, 0x83, 0xc0, 1]), Some((0, None)));
    }

    #[test]
    fn pushes_and_room_for_locals() {
        // endbr64; push rbp; mov rbp, rsp; push rbx; sub rsp, 24; call; add rsp, 8
        let code = [
            0xf3, 0x0f, 0x1e, 0xfa, 0x55, 0x48, 0x89, 0xe5, 0x53, 0x48, 0x83, 0xec, 24, 0xe8, 1, 0, 0, 0, 0x48, 0x83,
            0xc4, 8,
        ];
        assert_eq!(amd64(&code), Some((32, Some(8))));
        // push r12; push ebp's 32-bit namesake does not exist here: push rbp; pop rbp; pop r12
        assert_eq!(amd64(&[0x41, 0x54, 0x55, 0x5d, 0x41, 0x5c]), Some((0, None)));
    }

    #[test]
    fn an_early_return_is_left_behind() {
        // push rbx; test edi, edi; je +2; pop rbx; ret; (target) mov eax, [rdi]
        let code = [0x53, 0x85, 0xff, 0x74, 0x02, 0x5b, 0xc3, 0x8b, 0x07];
        assert_eq!(amd64(&code), Some((8, None)));
        // A jump table: nothing leads behind it.
        assert_eq!(amd64(&[0xff, 0xe0, 0x90]), None);
    }

    #[test]
    fn what_cannot_be_followed_is_unknown() {
        assert_eq!(amd64(&[0x48, 0x83, 0xe4, 0xf0]), None); // and rsp, -16
        assert_eq!(amd64(&[0x48, 0x89, 0xec]), None); // mov rsp, rbp
        assert_eq!(amd64(&[0x48, 0x29, 0xc4]), None); // sub rsp, rax
        assert_eq!(amd64(&[0x5b]), None); // a pop below the return address
        assert_eq!(amd64(&[0x06]), None); // no instruction
    }

    #[test]
    fn thirty_two_bits() {
        // push ebp; mov ebp, esp; push edi; sub esp, 0x100
        let code = [0x55, 0x89, 0xe5, 0x57, 0x81, 0xec, 0, 1, 0, 0];
        assert_eq!(simulate(&code, 32, 0x1000), Some(Pushed { bytes: 0x108, frame_pointer: Some(4) }));
    }
}
