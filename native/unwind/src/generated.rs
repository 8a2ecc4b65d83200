//! Code that belongs to no module: what a just-in-time compiler wrote.
//!
//! Without a memory map such code cannot be distinguished from data, and with one it may be in memory that holds both. Most
//! compilers keep frame pointers, so a chain of frame records leads through their code and back into a module. (Sighted in
//! dumps of Unity games, whose Mono compiles methods into anonymous memory: nineteen frames in a row.)

use vocabulary::Registers;

use crate::arch::Architecture;
use crate::callee::Callee;
use crate::code_memory::Outside;
use crate::frame_record;
use crate::plausible::{self, LOWEST_CODE, Plausible};
use crate::process::Process;

/// Frame records that are followed through generated code.
const MAX_RECORDS: usize = 64;

/// Whether a caller may be in generated code: its address is in no module nothing shows that it is data, and from
/// its frame pointer a chain of records leads through more such code back into a module.
pub(crate) fn leads_back<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>, caller: &Registers) -> bool {
    let may_be_code = |address: u64| {
        address >= LOWEST_CODE
            && A::is_code_address(address)
            && callee.map.module_at(address).is_none()
            && callee.map.region_at(address).is_none_or(|r| r.base != stack_base(callee))
            && callee.map.outside(address) != Outside::NoCode
    };
    if !may_be_code(A::strip(callee, caller.pc())) {
        return false;
    }
    let frame = crate::frame::Frame { sp: caller.sp(), ..*callee.frame };
    let at = Callee { registers: caller, frame: &frame, ..*callee };
    let mut fp = caller.get(A::FRAME_POINTER);
    for _ in 0..MAX_RECORDS {
        let Some(record) = fp.and_then(|fp| frame_record::read(&at, fp)) else { return false };
        let address = A::strip(callee, record.return_address);
        if callee.map.module_at(A::call_address(address)).is_some() {
            return plausible::return_address(callee, record.return_address) >= Plausible::Unnamed;
        }
        if !may_be_code(address) || record.saved == 0 {
            return false;
        }
        fp = Some(record.saved);
    }
    false
}

/// Where the memory of the callee's stack begins.
fn stack_base<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>) -> u64 {
    callee.map.region_at(callee.registers.sp()).map_or(u64::MAX, |r| r.base)
}
