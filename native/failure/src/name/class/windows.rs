//! Windows: Microsoft's classes, as public records show them.

use super::{Class, STOWED, hex};
use crate::codes;
use crate::name::facts::Facts;
use crate::reason::{Access, Reason};

const ACCESS_VIOLATION: u32 = 0xc000_0005;

pub(super) fn class(facts: &Facts<'_>, reason: &Reason) -> Class {
    let Some(code) = facts.code else {
        return match facts.hang {
            true => Class::new("APPLICATION_HANG", "cfffffff").event("hang"),
            false => Class::new("APPLICATION_FAULT", "0"),
        };
    };
    let text = hex(code);
    match code {
        0xc000_00fd => Class::new("STACK_OVERFLOW", text).overflowing(),
        ACCESS_VIOLATION if facts.stack_overflow => Class::new("STACK_OVERFLOW", text).overflowing(),
        ACCESS_VIOLATION => {
            // Without parameters (RaiseException by hand) there is no address.
            let given = facts.parameters.len() >= 2 || facts.fault_address.is_some();
            let address = given.then_some(reason.address).flatten();
            Class::memory(facts, address, facts.access.or(reason.access).unwrap_or(Access::Read), text)
        }
        0xc000_0006 => {
            let mut class = Class::new("IN_PAGE_ERROR", text);
            class.pseudo = Some(("hardware_disk", "Unknown"));
            class
        }
        0xc000_0374 => Class::new("HEAP_CORRUPTION", text),
        0xc000_0409 => fast_fail(facts, text),
        0xc000_0602 => Class::new("FAIL_FAST_EXCEPTION", text),
        STOWED => Class::new("STOWED_EXCEPTION", text),
        // .NET puts the HRESULT into the first parameter.
        0xe043_4352 | 0xe043_4f4d => match facts.parameters.first() {
            Some(&hresult) if hresult as u32 >> 31 == 1 => Class::new("CLR_EXCEPTION", hex(hresult as u32)),
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
        0xcfff_ffff => Class::new("APPLICATION_HANG", text).event("hang"),
        0xdfff_ffff => Class::new("MOAPPLICATION_HANG", text).event("hang"),
        _ if facts.hang => Class::new("APPLICATION_HANG", text).event("hang"),
        _ => Class::new("APPLICATION_FAULT", text),
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
        name => Class::new("FAIL_FAST", text).with(name),
    }
}
