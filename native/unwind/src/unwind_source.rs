//! Unwind rules of a module, from whatever file they came.
//!
//! A module may have several sources (`STACK CFI` text, `.eh_frame`, `.ARM.exidx`, `.pdata`, compact unwind, frame data of a
//! PDB); the walk tries them in their order. A source finds the rules for an address once; the walk may then apply
//! them to several sets of registers, as it does to put scanned candidates to the test.

use vocabulary::{Arch, Reg, Registers};

/// The unwind rules of one module in one file.
pub trait UnwindSource {
    /// The rules that hold at one address.
    type Rules<'s>: UnwindRules
    where
        Self: 's;

    /// The rules for code of an architecture at an address, which counts from the module's base. `None`: the source has no
    /// rule there.
    fn rules_at(&self, arch: Arch, rva: u64) -> Option<Self::Rules<'_>>;

    /// Whether the source has rules for an address. May be quicker than [`Self::rules_at`].
    fn has_rules_at(&self, arch: Arch, rva: u64) -> bool {
        self.rules_at(arch, rva).is_some()
    }

    /// How many stretches of code the source describes. Few rules for many functions show a module that was built
    /// without unwind tables.
    fn count(&self) -> u64;

    /// Whether its rules compute the caller exactly, so that they confirm or refute a guess. `STACK WIN` records do not:
    /// they count bytes, and the return address may lie nearby.
    fn is_exact(&self) -> bool {
        true
    }
}

/// The unwind rules that hold at one address.
pub trait UnwindRules {
    /// Compute the caller's registers from the callee's.
    fn apply(&self, callee: &impl UnwindState) -> Unwound;

    /// Bytes that are interpreted each time the rules are applied.
    fn size(&self) -> usize;

    /// Bytes of parameters on the stack of the function that the rules are for, if they state them.
    fn parameters(&self) -> Option<u32> {
        None
    }

    /// Bytes that were read to find the rules.
    fn searched(&self) -> usize {
        0
    }
}

/// The frame whose caller unwind rules compute, as far as they may use it.
pub trait UnwindState {
    /// The registers in the frame, as far as they are known. The program counter is the frame's address.
    fn registers(&self) -> &Registers;

    /// A machine word of memory.
    fn word(&self, address: u64) -> Option<u64>;

    /// Bytes of memory, if they are available.
    fn bytes(&self, address: u64, length: usize) -> Option<&[u8]>;

    /// Whether the frame may be at any instruction, as a thread's first frame and an interrupted one are. Others
    /// are after a call, where neither prologue nor epilogue is halfway done.
    fn is_exact(&self) -> bool;

    /// Registers that a function gives back unchanged, by the platform's calling convention: those without a rule hold in
    /// the caller, too.
    fn preserved(&self) -> &'static [Reg];

    /// Bytes of parameters on the stack of the function that this frame called.
    fn callee_parameters(&self) -> u32;

    /// Whether a word looks like a return address.
    fn may_be_return_address(&self, word: u64) -> bool;
}

/// What unwind rules computed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unwound {
    /// The registers of the caller, after the callee has returned.
    Caller(Registers),
    /// The same from rules that count bytes. If that is no caller, a scan from `search_from` may find the return address.
    Counted {
        /// The registers of the caller.
        caller: Registers,
        /// Where the return address was looked for first.
        search_from: u64,
    },
    /// The same by the callee's code, which no rule describes: where that pushes and pops shows where the return address is.
    ByCode(Registers),
    /// The callee is the frame of a signal handler's return: all registers are those of the code that was interrupted.
    Interrupted(Registers),
    /// The callee has no frame: its return address is where a call puts it, and nothing else has changed.
    Leaf,
    /// The return address is undefined: nothing called this function, the stack ends.
    Root,
    /// The rules cannot be applied: memory or a register is unknown, or they are damaged.
    Failed,
}
