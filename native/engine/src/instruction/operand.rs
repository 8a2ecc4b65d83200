//! What an instruction does to memory and to the program counter: the common shape of every processor.

use vocabulary::{Reg, Registers};

/// How an instruction uses memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// It reads.
    Read,
    /// It writes.
    Write,
    /// It reads and writes back.
    ReadWrite,
}

impl Use {
    /// rust-minidump's spelling.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::ReadWrite => "readwrite",
        }
    }

    /// A load or a store.
    pub(super) const fn load_if(load: bool) -> Self {
        if load { Self::Read } else { Self::Write }
    }
}

/// One use of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MemoryAccess {
    /// First byte; `None` if it hangs on something the dump does not have (segment bases, vector registers).
    pub(crate) address: Option<u64>,
    /// Bytes; `None` if the instruction alone does not determine them.
    pub(crate) size: Option<u64>,
    /// Read, write.
    pub(crate) kind: Use,
    /// The pointer was null: the register that holds the base is 0, and the address is an offset from it.
    pub(crate) null_base: bool,
    /// The stack is used without being named: a push, a pop, a call, a return.
    pub(crate) implicit: bool,
    /// The segment register, where its base is not 0.
    pub(crate) segment: Option<&'static str>,
}

impl MemoryAccess {
    /// An access of `size` bytes.
    pub(super) const fn new(address: Option<u64>, size: u64, kind: Use) -> Self {
        Self { address, size: Some(size), kind, null_base: false, implicit: false, segment: None }
    }

    /// Whether the address is one of the bytes. Where the size is unknown, the page from the first byte on counts.
    pub(super) fn covers(&self, address: u64, mask: u64) -> bool {
        let Some(first) = self.address else { return false };
        let size = self.size.unwrap_or(4096).max(1);
        ((address & mask).wrapping_sub(first & mask) & mask) < size
    }
}

/// Where an instruction sends the program counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// To this address.
    Address(u64),
    /// To the address in memory here.
    Memory(u64),
}

/// A decoded instruction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Decoded {
    /// The instruction in assembler.
    pub(crate) text: String,
    /// Its bytes.
    pub(crate) length: u64,
    /// Its uses of memory, in the processor's order as far as it is fixed.
    pub(crate) accesses: Vec<MemoryAccess>,
    /// A jump, call or return whose target is certain; conditional ones are not.
    pub(crate) target: Option<Target>,
    /// It divides integers.
    pub(crate) divides: bool,
    /// Programs may not run it, or it calls the system.
    pub(crate) privileged: bool,
}

/// A base register and what is added to it, for processors whose addresses have one base.
#[derive(Clone, Copy)]
pub(super) struct Base<'a> {
    pub(super) registers: &'a Registers,
    pub(super) register: Reg,
}

impl Base<'_> {
    /// The register's own value.
    pub(super) fn value(&self) -> Option<u64> {
        self.registers.get(self.register)
    }

    /// An access at an offset from the base. `pointer` says whether the base is one that may be null: the stack
    /// pointer and the program counter are not.
    pub(super) fn access(&self, offset: Option<u64>, size: u64, kind: Use) -> MemoryAccess {
        let arch = self.registers.arch;
        let base = self.value();
        let sum = base.zip(offset).map(|(base, offset)| base.wrapping_add(offset) & arch.word_mask());
        let pointer = self.register != arch.sp() && self.register != arch.pc();
        MemoryAccess { null_base: pointer && base == Some(0), ..MemoryAccess::new(sum, size, kind) }
    }
}

/// The low `bits` of a number, with their sign; `bits` is 1 to 32.
pub(super) const fn signed(value: u32, bits: u32) -> u64 {
    let shift = 32 - bits;
    ((value << shift) as i32 >> shift) as i64 as u64
}

/// Bits `low..low + count` of an instruction; `count` is 1 to 31.
pub(super) const fn field(word: u32, low: u32, count: u32) -> u32 {
    word >> low & ((1 << count) - 1)
}

/// One bit of an instruction.
pub(super) const fn bit(word: u32, index: u32) -> bool {
    word >> index & 1 == 1
}
