//! Windows: Microsoft's classes, as public records show them.

use std::borrow::Cow;

use vocabulary::Language;

use super::{Class, STOWED, hex};
use crate::codes;
use crate::name::choices::Profile;
use crate::name::facts::Facts;
use crate::name::sanitise::module_leaf;
use crate::reason::{Access, Reason};

const ACCESS_VIOLATION: u32 = 0xc000_0005;

pub(super) fn class(facts: &Facts<'_>, reason: &Reason) -> Class {
    let Some(code) = facts.code else {
        return match facts.hang {
            true => hang(facts, "cfffffff".to_owned(), false),
            false => Class::new("APPLICATION_FAULT", "0")
                .because("there is no exception")
                .code_from("the default 0, because the crash has no exception code"),
        };
    };
    let text = hex(code);
    match code {
        0xc000_00fd => {
            let mismatch = facts.stack_pointer_mismatch.then_some("STACK_POINTER_MISMATCH");
            let mut class = Class::new("STACK_OVERFLOW", text).with(mismatch).overflowing();
            // The stack is broken: 1 record.
            class.without_stack = facts.stack_pointer_mismatch.then_some(("unknown", "noop"));
            class
        }
        ACCESS_VIOLATION if facts.stack_overflow => Class::new("STACK_OVERFLOW", text)
            .overflowing()
            .because("a memory fault at the limit of the thread's stack"),
        ACCESS_VIOLATION => {
            // Without parameters (RaiseException by hand) there is no address.
            let given = facts.parameters.len() >= 2 || facts.fault_address.is_some();
            let address = given.then_some(reason.address).flatten();
            let mut class = Class::memory(facts, address, facts.access.or(reason.access), text);
            if facts.profile == Profile::Windbg
                && let Some(pattern) = address.filter(|_| facts.access != Some(Access::Execute)).and_then(fill_pattern)
            {
                class.parts.push(Cow::Owned(format!("FILL_PATTERN_{pattern:x}")));
            }
            class
        }
        0xc000_0006 => {
            let mut class = Class::new("IN_PAGE_ERROR", text);
            class.pseudo = Some(("hardware_disk", "Unknown"));
            class
        }
        0xc000_0374 => Class::new("HEAP_CORRUPTION", text).heap_error(facts),
        0xc000_0409 => fast_fail(facts, text),
        0xc000_0602 => Class::new("FAIL_FAST_EXCEPTION", text),
        STOWED => Class::new("STOWED_EXCEPTION", text),
        // .NET puts the HRESULT into the first parameter.
        0xe043_4352 | 0xe043_4f4d => match facts.parameters.first() {
            Some(&hresult) if hresult as u32 >> 31 == 1 => Class::new("CLR_EXCEPTION", hex(hresult as u32))
                .code_from("the HRESULT in the exception's first parameter"),
            _ => Class::new("CLR_EXCEPTION", text),
        },
        0xe06d_7363 => Class::new("CPP_EXCEPTION", text),
        0xe000_0008 => Class::new("APPLICATION_FAULT", text).event("memory"),
        0xc000_041d => Class::new("FATAL_USER_CALLBACK_EXCEPTION", text),
        0x8000_0003 => Class::new("BREAKPOINT", text),
        0x8000_0004 => Class::new("SINGLE_STEP", text),
        0xc000_0094 => Class::new("INTEGER_DIVIDE_BY_ZERO", text),
        0xc000_0095 => Class::new("INTEGER_OVERFLOW", text),
        0xc000_001d => Class::new("ILLEGAL_INSTRUCTION", text),
        0xc000_0096 => Class::new("PRIVILEGED_INSTRUCTION", text),
        0xc000_0420 => Class::new("ASSERTION", text),
        0xc000_0008 => Class::new("INVALID_HANDLE", text),
        0xcfff_ffff => hang(facts, text, false),
        0xdfff_ffff => hang(facts, text, true),
        _ if facts.hang => hang(facts, text, false),
        _ => Class::new("APPLICATION_FAULT", text),
    }
}

/// A hang; of a packaged application if the facts or the frame that the reporter pushes on the stack say so.
fn hang(facts: &Facts<'_>, text: String, packaged: bool) -> Class {
    let pushed = facts.frames.first().and_then(|frame| frame.function).is_some_and(is_hang_frame);
    let packaged = packaged || pushed || facts.package.is_some() || facts.hang_kind.is_some();
    let name = if packaged { "MOAPPLICATION_HANG" } else { "APPLICATION_HANG" };
    let from = if facts.code.is_some() { "the exception code" } else { "the code of all reports of hangs" };
    Class::new(name, text).event("hang").because("the report is of a hang").code_from(from)
}

/// The pseudo frame of a packaged application that hung.
pub(crate) fn is_hang_frame(function: &str) -> bool {
    function.strip_prefix("HANG_").is_some_and(|kind| !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_uppercase()))
}

/// A stowed exception of which more is known than that it is one.
pub(super) fn stowed(facts: &Facts<'_>) -> Option<Class> {
    let stowed = facts.stowed.unwrap_or_default();
    let thrown = facts.thrown.filter(|thrown| thrown.language == Language::Clr);
    let hresult = stowed.hresult.or_else(|| crate::name::managed::class_and_code(&thrown?).map(|found| found.1))?;
    let type_name = thrown.and_then(|thrown| thrown.type_name).or(stowed.kind);
    let text = stowed.text.filter(|text| !text.is_empty() && thrown.is_none()).map(|text| format!("TEXT_{text}"));
    Some(
        Class::new("STOWED_EXCEPTION", hex(hresult))
            .with(type_name.map(str::to_owned))
            .with(text)
            .because("an exception that the run-time kept until the process ended")
            .code_from("the stowed exception's HRESULT"),
    )
}

/// Application Verifier is at work: the facts say so, or its frames are on the stack.
pub(super) fn verified(facts: &Facts<'_>) -> bool {
    const DEEPEST: usize = 64;
    facts.verifier
        || facts.frames.iter().take(DEEPEST).filter_map(|frame| frame.module).any(|module| {
            let stem = module_leaf(module).split('.').next().unwrap_or("");
            ["verifier", "vrfcore", "vfbasics"].iter().any(|known| stem.eq_ignore_ascii_case(known))
        })
}

/// An address that is exactly what allocators, compilers and testers fill memory with. Any other repeated byte is an
/// address like others: it alone does not say that it was read from filled memory.
fn fill_pattern(address: u64) -> Option<u32> {
    const FILLS: [u32; 10] = [
        0x4141_4141,
        0xabab_abab,
        0xbaad_f00d,
        0xbdbd_bdbd,
        0xcccc_cccc,
        0xcdcd_cdcd,
        0xdddd_dddd,
        0xf0f0_f0f0,
        0xfdfd_fdfd,
        0xfeee_feee,
    ];
    u32::try_from(address).ok().filter(|address| FILLS.contains(address))
}

impl Class {
    /// What the heap found wrong: `ACTIONABLE_BlockNotBusy`.
    fn heap_error(self, facts: &Facts<'_>) -> Class {
        match facts.heap_error.filter(|error| !error.is_empty()) {
            Some(error) => self.with(Some("ACTIONABLE")).with(Some(error.to_owned())),
            None => self,
        }
    }
}

fn fast_fail(facts: &Facts<'_>, text: String) -> Class {
    let subcode = facts.parameters.first().map(|&p| p as u32);
    match subcode.and_then(codes::fastfail) {
        // Both records of this subcode have the whole of it.
        Some("STACK_COOKIE_CHECK_FAILURE") => Class::new("FAIL_FAST", text)
            .with(Some("STACK_BUFFER_OVERRUN"))
            .with(Some("STACK_COOKIE_CHECK_FAILURE"))
            .with(Some("MISSING_GSFRAME")),
        name => Class::new("FAIL_FAST", text).with(name).heap_error(facts),
    }
    .because("a fail-fast; the exception's first parameter is its subcode")
}
