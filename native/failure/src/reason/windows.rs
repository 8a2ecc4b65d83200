//! Windows exceptions: what a code, its parameters and its address mean.

use std::borrow::Cow;

use super::{Access, Raw, Reason};
use crate::codes;

/// Exception codes with names of their own. `EXCEPTION_…` are the SDK's second names for some NTSTATUS values; the rest
/// are codes that run-times raise and no header of Windows lists.
const EXCEPTIONS: &[(u32, &str)] = &[
    // Crashpad's dump on request ("simulated").
    (0x0517_a7ed, "Simulated Exception"),
    // Delphi and C++Builder; https://docwiki.embarcadero.com names it cDelphiException.
    (0x0eed_fade, "Unhandled Delphi Exception"),
    // "CCG " and its kin: C++ exceptions of GCC for Windows (libgcc's unwind-seh.c).
    (0x2047_4343, "STATUS_GCC_THROW"),
    (0x2147_4343, "STATUS_GCC_UNWIND"),
    (0x2247_4343, "STATUS_GCC_FORCED"),
    // How a program passes the name of a thread to debuggers.
    (0x406d_1388, "MS_VC_EXCEPTION"),
    (0x8000_0001, "EXCEPTION_GUARD_PAGE"),
    (0x8000_0002, "EXCEPTION_DATATYPE_MISALIGNMENT"),
    (0x8000_0003, "EXCEPTION_BREAKPOINT"),
    (0x8000_0004, "EXCEPTION_SINGLE_STEP"),
    (0xc000_0005, "EXCEPTION_ACCESS_VIOLATION"),
    (0xc000_0006, "EXCEPTION_IN_PAGE_ERROR"),
    (0xc000_0008, "EXCEPTION_INVALID_HANDLE"),
    (0xc000_001d, "EXCEPTION_ILLEGAL_INSTRUCTION"),
    (0xc000_0025, "EXCEPTION_NONCONTINUABLE_EXCEPTION"),
    (0xc000_0026, "EXCEPTION_INVALID_DISPOSITION"),
    (0xc000_008c, "EXCEPTION_BOUNDS_EXCEEDED"),
    (0xc000_008d, "EXCEPTION_FLT_DENORMAL_OPERAND"),
    (0xc000_008e, "EXCEPTION_FLT_DIVIDE_BY_ZERO"),
    (0xc000_008f, "EXCEPTION_FLT_INEXACT_RESULT"),
    (0xc000_0090, "EXCEPTION_FLT_INVALID_OPERATION"),
    (0xc000_0091, "EXCEPTION_FLT_OVERFLOW"),
    (0xc000_0092, "EXCEPTION_FLT_STACK_CHECK"),
    (0xc000_0093, "EXCEPTION_FLT_UNDERFLOW"),
    (0xc000_0094, "EXCEPTION_INT_DIVIDE_BY_ZERO"),
    (0xc000_0095, "EXCEPTION_INT_OVERFLOW"),
    (0xc000_0096, "EXCEPTION_PRIV_INSTRUCTION"),
    (0xc000_00fd, "EXCEPTION_STACK_OVERFLOW"),
    (0xc000_0194, "EXCEPTION_POSSIBLE_DEADLOCK"),
    // Chromium's allocators, out of memory.
    (0xe000_0008, "Out of Memory"),
    // "CCR", .NET 4 and later; "COM", .NET before 4.
    (0xe043_4352, "MANAGED_EXCEPTION_CODE_V4"),
    (0xe043_4f4d, "MANAGED_EXCEPTION_CODE_V2"),
    // "msc", Visual C++; https://learn.microsoft.com/troubleshoot KB 185294.
    (0xe06d_7363, "Unhandled C++ Exception"),
];

const ACCESS_VIOLATION: u32 = 0xc000_0005;
const IN_PAGE_ERROR: u32 = 0xc000_0006;
const STACK_BUFFER_OVERRUN: u32 = 0xc000_0409;
const SIMULATED: u32 = 0x0517_a7ed;

/// The bits of a status that are not its code: severity, customer and reserved bits.
const SEVERITY: u32 = 0xf000_0000;
const FACILITY_WIN32: u32 = 7;
const FACILITY_VISUALCPP: u32 = 109;

pub(super) fn read(raw: &Raw<'_>, reason: &mut Reason) {
    let parameter = |i: usize| raw.parameters.get(i).copied();
    match raw.code {
        // `[how, address, status]`. RaiseException may be called with these codes and no parameters.
        ACCESS_VIOLATION | IN_PAGE_ERROR => {
            reason.access = access(parameter(0));
            match parameter(1) {
                Some(address) => reason.address = Some(address),
                None => {
                    reason.note = Some("the exception has no parameters: the address is where it was raised".into())
                }
            }
            if raw.code == IN_PAGE_ERROR {
                // An NTSTATUS has 32 bits; on 64-bit systems it comes sign-extended.
                reason.status = parameter(2).map(|status| status as u32);
            }
        }
        SIMULATED => reason.requested = true,
        code => reason.note = hresult_note(code),
    }
}

fn access(how: Option<u64>) -> Option<Access> {
    match how? {
        0 => Some(Access::Read),
        1 => Some(Access::Write),
        8 => Some(Access::Execute),
        _ => None,
    }
}

pub(super) fn text(raw: &Raw<'_>) -> String {
    let how = || {
        Some(match access(raw.parameters.first().copied())? {
            Access::Read => "READ",
            Access::Write => "WRITE",
            Access::Execute => "EXEC",
        })
    };
    match (raw.code, raw.parameters) {
        (ACCESS_VIOLATION, _) => match how() {
            Some(how) => format!("EXCEPTION_ACCESS_VIOLATION_{how}"),
            None => code_text(raw.code),
        },
        (IN_PAGE_ERROR, &[_, _, status, ..]) => match how() {
            Some(how) => format!("EXCEPTION_IN_PAGE_ERROR_{how} / {}", status_text(status as u32)),
            None => code_text(raw.code),
        },
        // The subcode of __fastfail; its upper half is not defined.
        (STACK_BUFFER_OVERRUN, &[subcode, ..]) => {
            format!("EXCEPTION_STACK_BUFFER_OVERRUN / {}", fast_fail_text(subcode as u32))
        }
        (code, _) => code_text(code),
    }
}

fn status_text(status: u32) -> Cow<'static, str> {
    codes::ntstatus(status).map_or_else(|| Cow::Owned(format!("{status:#010x}")), Cow::Borrowed)
}

fn fast_fail_text(subcode: u32) -> String {
    codes::fastfail(subcode).map_or_else(|| format!("{subcode:#010x}"), |name| format!("FAST_FAIL_{name}"))
}

/// The name of an exception code.
fn code_text(code: u32) -> String {
    match EXCEPTIONS.binary_search_by_key(&code, |row| row.0) {
        Ok(i) => EXCEPTIONS[i].1.to_owned(),
        Err(_) => error_text(code),
    }
}

/// The name of a code that may be a Win32 error, an NTSTATUS or an HRESULT, tried in this order as rust-minidump does:
/// small numbers are Win32 errors first.
pub(super) fn error_text(code: u32) -> String {
    if let Some(name) = codes::winerror(code).or_else(|| codes::ntstatus(code)).or_else(|| codes::hresult(code)) {
        return name.to_owned();
    }
    let facility = (code & !SEVERITY) >> 16;
    // A Win32 error wrapped in a status. Only these two facilities wrap them; in another the low half means something
    // else. Visual C++ raises its own for delay-loaded DLLs: 0xc06d007e, module not found.
    let wraps = facility == FACILITY_VISUALCPP || (facility == FACILITY_WIN32 && code >> 28 == 8);
    if code & SEVERITY != 0
        && wraps
        && let (Some(facility), Some(error)) = (codes::facility(facility), codes::winerror(code & 0xffff))
    {
        return format!("{facility} / {error}");
    }
    format!("unknown {code:#010x}")
}

/// For an HRESULT without a name: at least its facility.
fn hresult_note(code: u32) -> Option<Cow<'static, str>> {
    if code >> 28 != 8 || codes::ntstatus(code).or_else(|| codes::hresult(code)).is_some() {
        return None;
    }
    let facility = codes::facility((code >> 16) & 0x1fff)?;
    Some(Cow::Owned(format!("read as an HRESULT: {facility}, code {:#x}", code & 0xffff)))
}
