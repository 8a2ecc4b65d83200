//! Whether a word looks like a return address.

use crate::arch::Architecture;
use crate::callee::Callee;
use crate::code_memory::Outside;
use crate::process::Process;

/// How certain a return address is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Plausible {
    /// It cannot be one.
    No,
    /// It is in a module whose symbols name nothing there, in a module that was unloaded, or in memory that holds code or
    /// data. Enough if unwind rules computed it, too weak for a scan.
    Unnamed,
    /// It is where a function begins. Pointers to functions are common on a stack; a call that never returns, at the
    /// very end of the function before, is rare.
    FunctionStart,
    /// It is in generated code or in a module without symbols.
    Possible,
    /// It is in a function that symbols name.
    Named,
    /// The bytes before it are a call.
    AfterCall,
}

/// Classifies a word from the stack. `stored` includes its Thumb bit and pointer authentication code.
pub(crate) fn return_address<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>, stored: u64) -> Plausible {
    let address = A::strip(callee, stored);
    if address < LOWEST_CODE || !A::is_code_address(stored) {
        return Plausible::No;
    }
    let call = A::call_address(address);
    let Some(module) = callee.map.module_at(call) else {
        return outside_of_modules(callee, address, stored);
    };
    if callee.map.is_executable(call) == Some(false) {
        return Plausible::No;
    }
    let mut verdict = Plausible::Possible;
    if let Some((_, rva)) = callee.map.symbols_at(call) {
        let function_at = |rva: u64| callee.map.function_in(module, rva).map(|(_, found)| found);
        match function_at(rva) {
            // A return address follows a call, so it is never at its function's first bytes.
            Some(f) if (rva + (address - call)).saturating_sub(f.start) >= A::SHORTEST_CALL => {
                let begins = function_at(rva + (address - call)).is_some_and(|g| g.start > rva);
                verdict = if begins { Plausible::FunctionStart } else { Plausible::Named };
            }
            Some(_) => return Plausible::No,
            // The symbols name code, but not here; a module that was stripped to its exports still has unwind rules here.
            None if callee.map.has_rules_at(A::ARCH, call) => {}
            None => verdict = Plausible::Unnamed,
        }
    }
    match code_before(callee, address, stored) {
        Some(true) => Plausible::AfterCall,
        Some(false) => Plausible::No,
        None => verdict,
    }
}

/// Classifies a word that is in no module: generated code, or code of a module that was unloaded.
fn outside_of_modules<A: Architecture, P: Process>(
    callee: &Callee<'_, '_, A, P>,
    address: u64,
    stored: u64,
) -> Plausible {
    let call = A::call_address(address);
    let verdict = match callee.map.outside(call) {
        Outside::Generated => Plausible::Possible,
        Outside::Doubtful => Plausible::Unnamed,
        // Code of a module that was unloaded meanwhile is not there, but a frame may still be in it.
        Outside::NoCode | Outside::Unknown if callee.map.was_unloaded(call) => {
            return Plausible::Unnamed;
        }
        Outside::NoCode | Outside::Unknown => return Plausible::No,
    };
    match code_before(callee, address, stored) {
        // One word of data in 25 looks like a call.
        Some(true) if callee.map.executable_means_nothing() => Plausible::Unnamed,
        Some(true) => Plausible::AfterCall,
        Some(false) => Plausible::No,
        None => verdict,
    }
}

/// The first page is never mapped: addresses in it are small numbers.
pub(crate) const LOWEST_CODE: u64 = 0x1000;
/// The longest call instruction that is looked for (x86-64: opcode, ModRM, SIB, 32-bit displacement, prefix).
const LONGEST_CALL: u64 = 8;

/// Whether the code before a return address, where the dump holds it, is a call.
fn code_before<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>, address: u64, stored: u64) -> Option<bool> {
    let start = address.checked_sub(LONGEST_CALL)?;
    let bytes = callee.map.read(start, LONGEST_CALL as usize)?;
    A::follows_call(bytes, stored)
}
