//! What differs between architectures, as a trait: the walk is written once.

use vocabulary::{Arch, CodeAddress, CodePointers, Os, Reg, Registers, Trust};

use crate::callee::Callee;
use crate::process::Process;
use crate::verdict::Verdict;

/// The conventions of an architecture. Implemented by an empty type per folder.
pub(crate) trait Architecture: Sized {
    /// Which numbering of registers.
    const ARCH: Arch;
    /// Registers a callee gives back unchanged, by the platform's calling convention.
    fn preserved(windows: bool) -> &'static [Reg];
    /// From a return address to an address inside the call that it belongs to.
    #[inline]
    fn call_address(return_address: u64) -> u64 {
        CodeAddress::ReturnAddress(return_address).lookup(Some(Self::ARCH))
    }
    /// The address in a stored pointer to code: without pointer authentication code and Thumb bit.
    #[inline]
    fn strip<P: Process>(callee: &Callee<'_, '_, Self, P>, address: u64) -> u64 {
        CodePointers::with_address_bits(Self::ARCH, callee.address_bits).strip(address)
    }
    /// Whether a stored word can be a code address at all, by its alignment and range.
    fn is_code_address(stored: u64) -> bool;
    /// Whether the bytes before a return address end in a call; `None` if they are too few to decide.
    /// `stored` is the return address as it lies on the stack, Thumb bit included.
    fn follows_call(before: &[u8], stored: u64) -> Option<bool>;
    /// The shortest call instruction, in bytes: a return address is at least as far into its function.
    const SHORTEST_CALL: u64;
    /// Frame pointers that callees save below the return address, at offsets that only their code shows.
    const GUESSED_FRAME_POINTERS: &'static [Reg] = &[];
    /// The register with the frame pointer.
    const FRAME_POINTER: Reg;
    /// The register with a function's result.
    const RESULT: Reg;
    /// The caller of a callee that has no frame of its own.
    fn leaf<P: Process>(callee: &Callee<'_, '_, Self, P>) -> Option<Registers>;
    /// The same where it is certain that the callee has none: its return address is where a call puts it.
    fn without_frame<P: Process>(callee: &Callee<'_, '_, Self, P>) -> Option<Registers>;
    /// The caller by the chain of frame pointers. `Some` with a zero program counter: the chain ends here.
    fn frame_pointer<P: Process>(callee: &Callee<'_, '_, Self, P>) -> Option<Registers>;
    /// Whether all code that may be below this frame is known to keep frame pointers, so that a zero ends their chain.
    /// Elsewhere the register may hold anything, and may point to a zero by chance.
    fn keeps_frame_pointers<P: Process>(callee: &Callee<'_, '_, Self, P>) -> bool {
        is_in_kept_chain(callee)
    }
    /// A scan found a return address at `slot`: what else can be restored in `caller`?
    fn after_scan<P: Process>(callee: &Callee<'_, '_, Self, P>, slot: u64, caller: &mut Registers);
    /// Whether a call pushes the return address, so that a function's frame lies right below the word that holds it.
    const CALL_PUSHES: bool = false;
    /// What the stack pointer is a multiple of at every call; 1 where no convention demands more.
    const STACK_ALIGNMENT: u64 = 1;
    /// Whether the platforms require unwind rules of all functions, so that a way along them is strong evidence.
    const RULES_FOR_ALL_CODE: bool = false;
    /// Whether compilers for Windows keep frame records.
    const FRAME_RECORDS_ON_WINDOWS: bool = true;
    /// Whether a function without rules whose return address is in the link register may have pushed something all the same.
    const LEAF_MAY_PUSH: bool = false;
    /// Whether compilers write unwind tables of a kind that Breakpad text cannot hold, so that a lack of rules means
    /// nothing for a module's functions.
    const TABLES_OUTSIDE_SYMBOLS: bool = false;

    /// What a verdict on a scanned candidate is worth here.
    fn weigh(verdict: Verdict) -> Verdict {
        verdict
    }
    /// Bytes of parameters on the stack of the function at a frame, which belong to its caller.
    fn parameters<P: Process>(_: &Callee<'_, '_, Self, P>) -> u32 {
        0
    }
    /// The caller of a function that aligned the stack for itself, where its own frame shows that.
    fn realigned<P: Process>(_: &Callee<'_, '_, Self, P>) -> Option<Registers> {
        None
    }
    /// Address of the registers that Windows put on the stack for the function of ntdll that dispatches exceptions.
    fn dispatched_context<P: Process>(_: &Callee<'_, '_, Self, P>) -> Option<u64> {
        None
    }
    /// Whether `is_certain` can be true at all.
    const HAS_CERTAINTY: bool = false;
    /// Whether a scanned caller is so well supported that it is preferred to nearer ones.
    fn is_certain<P: Process>(_: &Callee<'_, '_, Self, P>, _: &Registers) -> bool {
        false
    }
    /// Whether a scanned word without supporting evidence is too unlikely to be a return address here.
    fn is_unlikely<P: Process>(_: &Callee<'_, '_, Self, P>, _: u64) -> bool {
        false
    }
    /// Whether a word is rather a pointer to a function than a return address, where there are no symbols.
    fn begins_function<P: Process>(_: &Callee<'_, '_, Self, P>, _: u64) -> bool {
        false
    }
    /// The registers that Linux stored before it called a signal handler, if the handler returns to this frame.
    fn interrupted<P: Process>(trampoline: &Callee<'_, '_, Self, P>) -> Option<Registers>;
}

/// Whether code maintains the chain of frame pointers, on any architecture: the frame was found by it, or the platform
/// requires it.
pub(crate) fn is_in_kept_chain<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>) -> bool {
    callee.frame.trust == Trust::FramePointer || matches!(callee.map.os(), Os::MacOs | Os::Ios)
}
