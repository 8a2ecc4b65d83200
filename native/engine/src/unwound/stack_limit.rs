//! Whether a crash without a dump was a stack overflow. Without memory, the system's description of the region decides,
//! or an address that can only be the stack's guard.

use inputs::Crash;

use super::ExceptionFacts;
use crate::crash::REACH;

/// `KERN_PROTECTION_FAILURE`: something is mapped there, but not for this.
const PROTECTED: u32 = 2;
/// The names of the system's description of the faulting region: in text, `.ips`, MetricKit.
const REGION: [&str; 4] = ["VM Region Info", "vmRegionInfo", "vmregioninfo", "virtualMemoryRegionInfo"];

/// Whether the crash was a stack overflow.
pub(super) fn is_overflow(crash: &Crash, exception: &ExceptionFacts) -> bool {
    exception.is_memory_fault() && (says_guard(crash) || is_at_the_stack(crash, exception))
}

/// The region of the faulting address, which an arrow points to, is a stack's guard.
fn says_guard(crash: &Crash) -> bool {
    let texts = crash.more.iter().filter(|(name, _)| REGION.contains(&name.as_str())).map(|(_, text)| text);
    let mut pointed = texts.flat_map(|text| text.lines()).filter_map(|line| line.trim_start().strip_prefix("--->"));
    pointed.any(|region| region.trim_start().get(..11).is_some_and(|name| name.eq_ignore_ascii_case("STACK GUARD")))
}

/// Memory within a push's or a prologue's reach of the stack pointer, and not for writing: that is the guard.
fn is_at_the_stack(crash: &Crash, exception: &ExceptionFacts) -> bool {
    let protected = match exception.code {
        Some(_) => exception.flags == PROTECTED,
        None => {
            exception.signal.as_deref() == Some("SIGBUS") || exception.signal_code.as_deref() == Some("SEGV_ACCERR")
        }
    };
    let Some(thread) = crash.crashed.and_then(|index| crash.threads.get(index)).filter(|_| protected) else {
        return false;
    };
    let register = |names: &[&str]| {
        thread.registers.iter().find(|(name, _)| names.contains(&name.as_str())).map_or(0, |(_, value)| *value)
    };
    let (sp, pc) = (register(&["sp", "rsp", "esp"]), register(&["pc", "rip", "eip"]));
    exception.fault_address.is_some_and(|address| sp != 0 && address != pc && address.abs_diff(sp) <= REACH)
}

#[cfg(test)]
mod tests {
    use inputs::{Exception, Thread};

    use super::*;

    fn crash(code: u64, address: u64, region: &str) -> Crash {
        let registers = [("sp", 0x7000_4000), ("pc", 0x1000)].map(|(name, value)| (name.to_owned(), value)).to_vec();
        Crash {
            exception: Some(Exception {
                kind: Some("EXC_BAD_ACCESS".to_owned()),
                codes: vec![code, address],
                address: Some(address),
                ..Exception::default()
            }),
            threads: vec![Thread { registers, ..Thread::default() }],
            crashed: Some(0),
            more: vec![("VM Region Info".to_owned(), region.to_owned())],
            ..Crash::default()
        }
    }

    #[test]
    fn by_the_region_or_by_the_stack_pointer() {
        let guard = "0x10 is in 0x0-0x20\n      REGION TYPE  START - END\n--->  Stack Guard  0-20 [ 56.0M] ---/rwx";
        let heap = "0x10 is in 0x0-0x20\n      STACK GUARD  0-8\n--->  MALLOC_TINY  8-20 [ 56.0M] r--/rwx";
        for (code, address, region, expected) in [
            (1, 0x10, guard, true),
            (1, 0x10, heap, false),
            (2, 0x7000_3ff8, heap, true),
            (2, 0x7000_4000 - 0x1_0001, heap, false),
            (1, 0x7000_3ff8, heap, false),
            // A jump there is not a push.
            (2, 0x1000, heap, false),
        ] {
            let crash = crash(code, address, region);
            assert_eq!(is_overflow(&crash, &ExceptionFacts::of(&crash)), expected, "{code} {address:#x} {region}");
        }
    }
}
