//! x86 and x86-64.

use iced_x86::{
    Decoder, DecoderOptions, FlowControl, Formatter, Instruction, InstructionInfoFactory, MemorySizeOptions, Mnemonic,
    NasmFormatter, OpAccess, OpKind, Register, UsedMemory,
};
use vocabulary::{Arch, Registers, amd64, x86};

use super::operand::{Decoded, MemoryAccess, Target, Use};

/// Numbers of the x86-64 registers in the order in which instructions encode them.
const AMD64: [u8; 16] = [
    amd64::RAX,
    amd64::RCX,
    amd64::RDX,
    amd64::RBX,
    amd64::RSP,
    amd64::RBP,
    amd64::RSI,
    amd64::RDI,
    amd64::R8,
    amd64::R8 + 1,
    amd64::R8 + 2,
    amd64::R8 + 3,
    amd64::R12,
    amd64::R12 + 1,
    amd64::R12 + 2,
    amd64::R15,
];

/// What addresses are made from.
struct Machine<'a> {
    registers: &'a Registers,
    /// Windows keeps the thread's environment block behind `fs` (x86) and `gs` (x86-64).
    teb: Option<u64>,
}

/// Decodes the instruction at the program counter.
pub(super) fn decode(bytes: &[u8], registers: &Registers, teb: Option<u64>) -> Option<Decoded> {
    let bits = if registers.arch == Arch::Amd64 { 64 } else { 32 };
    let mut decoder = Decoder::with_ip(bits, bytes, registers.pc(), DecoderOptions::NONE);
    let instruction = decoder.decode();
    if instruction.is_invalid() {
        return None;
    }
    let machine = Machine { registers, teb };
    let mut factory = InstructionInfoFactory::new();
    let used = factory.info(&instruction).used_memory();
    let accesses: Vec<_> = used.iter().filter_map(|memory| machine.access(&instruction, memory)).collect();
    let system = matches!(instruction.flow_control(), FlowControl::Interrupt | FlowControl::Exception);
    Some(Decoded {
        text: text(&instruction),
        length: instruction.len() as u64,
        target: machine.target(&instruction, &accesses),
        accesses,
        // AAM divides by its operand, too.
        divides: matches!(instruction.mnemonic(), Mnemonic::Div | Mnemonic::Idiv | Mnemonic::Aam),
        privileged: instruction.is_privileged() || system,
    })
}

/// The instruction in rust-minidump's dialect: `mov dword [rax], 0x5`.
fn text(instruction: &Instruction) -> String {
    let mut formatter = NasmFormatter::new();
    let options = formatter.options_mut();
    options.set_hex_prefix("0x");
    options.set_hex_suffix("");
    options.set_uppercase_hex(false);
    options.set_small_hex_numbers_in_decimal(false);
    options.set_add_leading_zero_to_hex_numbers(false);
    options.set_branch_leading_zeros(false);
    options.set_show_branch_size(false);
    options.set_signed_immediate_operands(true);
    options.set_space_after_operand_separator(true);
    options.set_space_between_memory_add_operators(true);
    options.set_space_between_memory_mul_operators(true);
    options.set_always_show_scale(true);
    options.set_rip_relative_addresses(true);
    options.set_memory_size_options(MemorySizeOptions::Always);
    let mut text = String::new();
    formatter.format(instruction, &mut text);
    text
}

impl Machine<'_> {
    /// A register's value, cut to the part that the instruction names.
    fn register(&self, register: Register) -> Option<u64> {
        if !register.is_gpr() {
            return None;
        }
        let number = register.full_register().number();
        let own = match self.registers.arch {
            Arch::Amd64 => *AMD64.get(number)?,
            // The encoding's order is that of our numbers, as far as there are registers.
            _ => u8::try_from(number).ok().filter(|&n| n <= x86::EDI)?,
        };
        let value = self.registers.get(own)?;
        Some(match register.size() {
            1 => value & 0xff,
            2 => value & 0xffff,
            4 => value & 0xffff_ffff,
            _ => value,
        })
    }

    /// The base of a segment that need not begin at 0, with its name.
    fn segment(&self, register: Register) -> Option<(&'static str, Option<u64>)> {
        let (name, environment) = match register {
            Register::FS => ("fs", self.registers.arch == Arch::X86),
            Register::GS => ("gs", self.registers.arch == Arch::Amd64),
            _ => return None,
        };
        Some((name, self.teb.filter(|_| environment)))
    }

    fn access(&self, instruction: &Instruction, memory: &UsedMemory) -> Option<MemoryAccess> {
        let kind = match memory.access() {
            OpAccess::Read | OpAccess::CondRead => Use::Read,
            OpAccess::Write | OpAccess::CondWrite => Use::Write,
            OpAccess::ReadWrite | OpAccess::ReadCondWrite => Use::ReadWrite,
            OpAccess::None | OpAccess::NoMemAccess => return None,
        };
        let segment = self.segment(memory.segment());
        let address = memory.virtual_address(0, |register, _, _| match register {
            Register::ES | Register::CS | Register::SS | Register::DS => Some(0),
            Register::FS | Register::GS => segment.and_then(|(_, base)| base),
            _ => self.register(register),
        });
        let size = match memory.memory_size().size() {
            // String instructions with a prefix: one turn is what faults.
            0 if instruction.is_string_instruction() => string_size(instruction.mnemonic()),
            0 => None,
            size => Some(size as u64),
        };
        let named = names(instruction, memory);
        let stack = memory.base().full_register() == Register::RSP;
        Some(MemoryAccess {
            address: address.map(|a| a & self.registers.arch.word_mask()),
            size,
            kind,
            null_base: segment.is_none() && !stack && self.null_base(memory),
            implicit: !named && instruction.is_stack_instruction(),
            segment: segment.map(|(name, _)| name),
        })
    }

    /// Whether the pointer is null. Without a scale, base and index can be either's place: a large index is the
    /// pointer then, and the base of 0 is the index.
    fn null_base(&self, memory: &UsedMemory) -> bool {
        const SMALL: u64 = 0x1_0000;
        if memory.base() == Register::None || self.register(memory.base()) != Some(0) {
            return false;
        }
        memory.index() == Register::None
            || memory.scale() != 1
            || self.register(memory.index()).is_some_and(|index| index < SMALL)
    }

    fn target(&self, instruction: &Instruction, accesses: &[MemoryAccess]) -> Option<Target> {
        let loaded = |access: Option<&MemoryAccess>| access?.address.map(Target::Memory);
        let pointer = self.registers.arch.pointer_size();
        let near = |access: &&MemoryAccess| access.kind == Use::Read && access.size == Some(pointer);
        match instruction.flow_control() {
            FlowControl::UnconditionalBranch | FlowControl::Call => match instruction.op0_kind() {
                OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64 => {
                    Some(Target::Address(instruction.near_branch_target()))
                }
                _ => None,
            },
            FlowControl::IndirectBranch | FlowControl::IndirectCall => match instruction.op0_kind() {
                OpKind::Register => self.register(instruction.op0_register()).map(Target::Address),
                OpKind::Memory => loaded(accesses.iter().find(|a| near(a) && !a.implicit)),
                _ => None,
            },
            FlowControl::Return if instruction.mnemonic() == Mnemonic::Ret => loaded(accesses.iter().find(near)),
            _ => None,
        }
    }
}

/// Whether the memory is the instruction's operand, not used besides.
fn names(instruction: &Instruction, memory: &UsedMemory) -> bool {
    (0..instruction.op_count()).any(|i| instruction.op_kind(i) == OpKind::Memory)
        && instruction.memory_index() == memory.index()
        && match instruction.memory_base() {
            // Relative to the program counter: the operand contains the sum.
            Register::RIP | Register::EIP => memory.base() == Register::None,
            base => base == memory.base() && instruction.memory_displacement64() == memory.displacement(),
        }
}

const fn string_size(mnemonic: Mnemonic) -> Option<u64> {
    match mnemonic {
        Mnemonic::Movsb | Mnemonic::Stosb | Mnemonic::Lodsb | Mnemonic::Cmpsb | Mnemonic::Scasb => Some(1),
        Mnemonic::Movsw | Mnemonic::Stosw | Mnemonic::Lodsw | Mnemonic::Cmpsw | Mnemonic::Scasw => Some(2),
        Mnemonic::Movsd | Mnemonic::Stosd | Mnemonic::Lodsd | Mnemonic::Cmpsd | Mnemonic::Scasd => Some(4),
        Mnemonic::Movsq | Mnemonic::Stosq | Mnemonic::Lodsq | Mnemonic::Cmpsq | Mnemonic::Scasq => Some(8),
        _ => None,
    }
}
