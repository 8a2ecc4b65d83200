//! The instruction against the exception: which access faulted, how, and whether the two agree.

use failure::reason::{Access, Reason};
use minidump::{Context, Dump, Exception, RegionState};
use vocabulary::{Arch, Os};

use super::operand::{MemoryAccess, Use};
use super::{Adjusted, Analysis};

const ACCESS_VIOLATION: u32 = 0xc000_0005;
const SI_KERNEL: u32 = 0x80;
/// Mach: `EXC_BAD_ACCESS` with `EXC_I386_GPFLT`.
const MACH_PROTECTION_FAULT: (u32, u32) = (1, 13);

/// What kind of exception it is, as far as the instruction is evidence about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// A memory fault with an address.
    At(u64),
    /// A general protection fault of x86-64: the system gives no address.
    Protection,
    /// A signal whose code was not recorded and whose address is 0: it may be either.
    Unclear,
    /// A division of integers by zero.
    Division,
    /// An instruction that programs may not run.
    Privileged,
    /// Something else.
    Other,
}

fn fault(dump: &Dump<'_>, exception: &Exception, reason: &Reason, arch: Arch) -> Fault {
    let Exception { code, flags, ref parameters, .. } = *exception;
    let amd64 = arch == Arch::Amd64;
    let x86 = matches!(arch, Arch::X86 | Arch::Amd64);
    let os = dump.os();
    match (os, code) {
        (Os::Windows, ACCESS_VIOLATION) => match parameters[..] {
            [0, u64::MAX, ..] if amd64 => Fault::Protection,
            [_, _, ..] => reason.address.map_or(Fault::Other, Fault::At),
            _ => Fault::Other,
        },
        (Os::Windows, 0xc000_0006) => reason.address.map_or(Fault::Other, Fault::At),
        (Os::Windows, 0xc000_0094) => Fault::Division,
        (Os::Windows, 0xc000_0096) => Fault::Privileged,
        (Os::MacOs | Os::Ios, _) if amd64 && (code, flags) == MACH_PROTECTION_FAULT => Fault::Protection,
        (Os::MacOs | Os::Ios, 3) if x86 && flags == 1 => Fault::Division,
        // FPE_INTDIV. ARM has no such trap: there a library raises the signal.
        (Os::Linux | Os::Android, 8) if x86 && flags == 1 => Fault::Division,
        _ if !matches!(reason.signal, Some("SIGSEGV" | "SIGBUS")) => Fault::Other,
        (Os::Linux | Os::Android, _) if amd64 && flags == SI_KERNEL && exception.address == 0 => Fault::Protection,
        // Breakpad before 2015 has no codes.
        (Os::Linux | Os::Android, _) if amd64 && flags == 0 && exception.address == 0 => Fault::Unclear,
        // Memory tagging found out later (SEGV_MTEAERR): neither address nor instruction are the crash's.
        (Os::Linux | Os::Android, 11) if flags == 8 => Fault::Other,
        _ => reason.address.map_or(Fault::Other, Fault::At),
    }
}

/// Whether an address of x86-64 can exist: all bits above the lower half's are the same.
const fn is_canonical(address: u64) -> bool {
    ((address << 16) as i64 >> 16) as u64 == address
}

fn not_canonical(access: &MemoryAccess) -> Option<u64> {
    let first = access.address?;
    let last = first.wrapping_add(access.size.unwrap_or(1).saturating_sub(1));
    (!is_canonical(first) || !is_canonical(last)).then_some(first)
}

/// The processor reports an access that reads and writes back as a write, whichever part fails: seen for ADD, XCHG,
/// LOCK ADD and CMPXCHG on unmapped and on read-only memory.
const fn access(kind: Use) -> Access {
    match kind {
        Use::Read => Access::Read,
        Use::Write | Use::ReadWrite => Access::Write,
    }
}

/// The analysis, completed.
pub(super) fn judge(
    dump: &Dump<'_>,
    exception: &Exception,
    reason: &Reason,
    context: &Context,
    mut analysis: Analysis,
) -> Analysis {
    analysis.access = reason.access;
    let arch = context.registers.arch;
    let fault = fault(dump, exception, reason, arch);
    match fault {
        Fault::At(address) => at(dump, exception, reason, context, address, &mut analysis),
        // All ones can also be an address: null with an offset of -1.
        Fault::Protection if dump.os() == Os::Windows && touches(&analysis, u64::MAX) => {
            at(dump, exception, reason, context, u64::MAX, &mut analysis);
        }
        Fault::Protection => protection(&mut analysis),
        Fault::Unclear => {
            at(dump, exception, reason, context, 0, &mut analysis);
            if analysis.adjusted.is_none() && analysis.access.is_none() {
                // No access is to address 0: then the address was not reported.
                analysis.inconsistencies.clear();
                adjust(&mut analysis);
            }
        }
        Fault::Division if analysis.decoded.as_ref().is_some_and(|d| !d.divides) => {
            analysis.inconsistencies.push("int_div_by_zero_not_possible");
        }
        Fault::Privileged if analysis.decoded.as_ref().is_some_and(|d| !d.privileged) => {
            analysis.inconsistencies.push("priv_instruction_crash_without_priv_instruction");
        }
        Fault::Division | Fault::Privileged | Fault::Other => {}
    }
    analysis
}

/// A general protection fault: the first access that is not canonical, else a jump that is not.
fn protection(analysis: &mut Analysis) {
    if adjust(analysis) {
        return;
    }
    let Some(decoded) = &analysis.decoded else { return };
    // The same fault is raised for vectors that are not aligned, and for privileged instructions.
    if let Some(odd) = decoded.accesses.iter().find(|a| misaligned(a)) {
        analysis.access = Some(access(odd.kind));
        return;
    }
    let known = decoded.accesses.iter().all(|a| a.address.is_some());
    let jump = decoded.target.is_some() && analysis.target.is_none();
    if known && !jump && !decoded.privileged {
        analysis.inconsistencies.push("non_canonical_address_falsely_reported");
    }
}

fn touches(analysis: &Analysis, address: u64) -> bool {
    analysis.decoded.iter().flat_map(|d| &d.accesses).any(|a| a.covers(address, u64::MAX))
}

fn misaligned(access: &MemoryAccess) -> bool {
    match (access.address, access.size) {
        (Some(address), Some(size @ (16 | 32 | 64))) => address % size != 0,
        _ => false,
    }
}

/// Finds the address that is not canonical; false if all are.
fn adjust(analysis: &mut Analysis) -> bool {
    let accesses = analysis.decoded.iter().flat_map(|d| &d.accesses);
    let data = accesses.filter_map(|a| Some((not_canonical(a)?, access(a.kind)))).next();
    let code = analysis.target.filter(|&t| !is_canonical(t)).map(|t| (t, Access::Execute));
    let Some((address, access)) = data.or(code) else { return false };
    analysis.adjusted = Some(Adjusted::NonCanonical(address));
    // Windows calls each of these a read.
    analysis.access = Some(access);
    true
}

/// Bits of an address that count: on arm64 the top byte may be a tag, which kernels hide or not.
const fn significant(arch: Arch) -> u64 {
    match arch {
        Arch::Arm64 => 0x00ff_ffff_ffff_ffff,
        other => other.word_mask(),
    }
}

/// A fault at a known address.
fn at(
    dump: &Dump<'_>,
    exception: &Exception,
    reason: &Reason,
    context: &Context,
    address: u64,
    analysis: &mut Analysis,
) {
    let registers = &context.registers;
    let mask = significant(registers.arch);
    let told = reason.access;
    let accesses = analysis.decoded.as_ref().map_or(&[][..], |d| &d.accesses);
    let agrees = |a: &&MemoryAccess| match told {
        Some(Access::Read) => a.kind != Use::Write,
        Some(Access::Write) => a.kind != Use::Read,
        Some(Access::Execute) => false,
        None => true,
    };
    let touching = accesses.iter().filter(|a| a.covers(address, mask)).find(agrees);
    // On ARM the processor drops bit 0 of a jump's target before it fetches from there; the kernel reports both.
    let half = if registers.arch == Arch::Arm { !1 } else { u64::MAX };
    let at_pc = address & mask & half == registers.pc() & mask & half;
    let length = analysis.decoded.as_ref().map_or(1, |d| d.length);
    // The second page of an instruction that lies in two.
    let fetch = address.is_multiple_of(4096) && (1..length).contains(&address.wrapping_sub(registers.pc()));
    let jump = touching.is_none() && analysis.target.is_some_and(|t| t & mask == address & mask);
    let executed = told == Some(Access::Execute) || (told.is_none() && (at_pc || fetch || jump));
    let known = analysis.decoded.is_some() && accesses.iter().all(|a| a.address.is_some());

    if executed {
        analysis.access = Some(Access::Execute);
    } else if let Some(touching) = touching {
        analysis.access = told.or(Some(access(touching.kind)));
        if touching.null_base {
            analysis.adjusted = touching.address.map(Adjusted::NullPointer);
        }
    } else if known {
        // Some writers make the address up. How it was touched is not in doubt if there is only one way.
        analysis.access = told.or(only_use(accesses));
        analysis.inconsistencies.push("crashing_access_not_found_in_memory_accesses");
    }
    if dump.os() == Os::Windows && exception.code == ACCESS_VIOLATION && is_allowed(dump, address, told) {
        analysis.inconsistencies.push("access_violation_when_access_allowed");
    }
}

/// How memory is used, if all accesses use it the same way.
fn only_use(accesses: &[MemoryAccess]) -> Option<Access> {
    let first = access(accesses.first()?.kind);
    accesses.iter().all(|a| access(a.kind) == first).then_some(first)
}

/// Whether the memory map permits the access that is reported to have failed.
fn is_allowed(dump: &Dump<'_>, address: u64, told: Option<Access>) -> bool {
    let Some(region) = dump.region_info_at(address).filter(|r| r.state == RegionState::Committed) else { return false };
    let protection = region.protection;
    !protection.guard
        && match told {
            Some(Access::Read) => protection.read,
            Some(Access::Write) => protection.write,
            Some(Access::Execute) => protection.execute,
            None => false,
        }
}
