//! Frames that the dynamic linker of glibc leaves on a stack.
//!
//! The first call of a function through the procedure linkage table runs the linker: seven frames and more, with large ones
//! among them, whose return addresses and saved registers stay on the stack when it has come back. They confirm each other
//! as a true stack would. What such a chain leads to distinguishes it from a true one: the linker is called by itself, by the C
//! library (`dlopen`, `exit`) or by the kernel, and by other code for lazy binding alone.

use vocabulary::{Os, Registers};

use crate::apply;
use crate::arch::Architecture;
use crate::callee::Callee;
use crate::process::Process;
use crate::unwind_source::Unwound;

/// Frames of the linker that are followed.
const MAX_FRAMES: usize = 16;

/// Whether a scanned caller is in the dynamic linker, and its rules lead to code that calls the linker for lazy binding alone.
pub(crate) fn is_stale<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>, candidate: &Registers) -> bool {
    if callee.map.os() != Os::Linux {
        return false;
    }
    let module_of = |registers: &Registers| callee.map.module_at(A::call_address(A::strip(callee, registers.pc())));
    let name = |module: usize| callee.map.module_name(module).rsplit('/').next().unwrap_or("");
    let Some(linker) = module_of(candidate).filter(|&module| is_linker(name(module))) else { return false };
    if callee.frame.module == Some(linker) {
        return false;
    }
    let mut at = *candidate;
    for _ in 0..MAX_FRAMES {
        let call = A::call_address(A::strip(callee, at.pc()));
        let Some(rules) = callee.rules_at(call) else { return false };
        let Unwound::Caller(next) = apply::to_caller(callee, &at, &rules) else { return false };
        match module_of(&next) {
            Some(module) if module == linker && next.sp() > at.sp() => at = next,
            Some(module) => return !is_c_library(name(module)),
            None => return false,
        }
    }
    false
}

fn is_linker(file: &str) -> bool {
    ["ld-linux", "ld-2.", "ld.so", "ld64.so"].iter().any(|start| file.starts_with(start))
}

fn is_c_library(file: &str) -> bool {
    ["libc.so", "libc-2.", "libdl.so", "libdl-2.", "libpthread"].iter().any(|start| file.starts_with(start))
}
