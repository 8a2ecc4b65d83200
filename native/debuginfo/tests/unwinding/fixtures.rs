//! The fixtures' tables: signed return addresses, a debug file beside its stripped image.

use unwind::{UnwindRules as _, UnwindSource as _, Unwound};
use unwind_tables::Kind;
use vocabulary::{Arch, arm64};

use super::stub::Frame;
use super::{fixture, tables};

fn all(_: Kind) -> bool {
    true
}

#[test]
fn functions_that_sign_their_return_address_are_unwound() {
    let tables = tables(&fixture("arm64-pac.so"), all);
    assert_eq!(tables.names(), [".eh_frame"]);
    let mut frame = Frame::new(Arch::Arm64);
    let (mut stored, mut kept) = (0, 0);
    for rva in (0..0x2000).step_by(4) {
        let Some(rules) = tables.rules_at(Arch::Arm64, rva) else { continue };
        frame.registers.set(arm64::PC, rva);
        match rules.apply(&frame) {
            Unwound::Caller(caller) if caller.sp() > frame.registers.sp() => stored += 1,
            Unwound::Caller(caller) => kept += u32::from(caller.get(arm64::PC) == frame.registers.get(arm64::LR)),
            other => panic!("{rva:x}: {other:?}"),
        }
    }
    assert!(stored > 100 && kept > 20, "{stored} {kept}");
}

#[test]
fn a_debug_file_has_the_tables_that_its_image_lacks() {
    assert_eq!(tables(&fixture("thumb.so"), all).names(), [".debug_frame", ".ARM.exidx"]);
    assert_eq!(tables(&fixture("thumb-stripped.so"), all).names(), [".ARM.exidx"]);
    assert_eq!(tables(&fixture("thumb.so.debug"), all).names(), [".debug_frame"]);
}

#[test]
fn another_architecture_has_no_rules() {
    let tables = tables(&fixture("x86_64.so"), all);
    let addresses = || (0..0x2000).filter(|rva| tables.has_rules_at(Arch::Amd64, *rva));
    assert!(addresses().count() > 500);
    assert!(addresses().all(|rva| !tables.has_rules_at(Arch::X86, rva)));
    assert!(tables.count() > 8);
}
