//! `failure`: the name of the crash, and its hashes.

use failure::name::RULES_VERSION;

use crate::json::{Hex, Text, Writer};
use crate::naming::{Named, NamedStack, Seen};

/// `failure` and its keys.
pub(super) fn write(w: &mut Writer, named: &Named) {
    let failure = &named.failure;
    w.key("failure");
    w.begin_object();
    for (key, text) in [("name", &failure.name), ("hash", &failure.hash), ("symbol", &failure.symbol)] {
        w.field(key, text);
    }
    w.key("problem_classes");
    w.begin_array();
    for class in &failure.problem_classes {
        w.string(class);
    }
    w.end_array();
    for (key, text) in [("code", &failure.code), ("image", &failure.image), ("function", &failure.function)] {
        w.field(key, text);
    }
    w.field("event_type", failure.event_type);
    blamed(w, named);
    w.key("hashes");
    w.begin_object();
    w.field("strict", &failure.hashes.strict);
    w.field("coarse", &failure.hashes.coarse);
    w.field("address", failure.hashes.address.as_deref());
    w.field("other_vocabulary", failure.hashes.other_vocabulary.as_deref());
    w.field("rules_version", &failure.hashes.rules_version);
    w.end_object();
    w.field("rules_version", RULES_VERSION);
    w.key("why");
    w.list("why", &failure.why, |w, sentence| w.string(sentence));
    naming_facts(w, &named.seen);
    w.end_object();
}

/// Facts that naming used and that the rest of the report does not contain.
fn naming_facts(w: &mut Writer, seen: &Seen) {
    w.key("facts");
    w.begin_object();
    w.field("access", seen.access);
    w.field("mapping", seen.mapping);
    w.field("message", Text(seen.message.as_deref()));
    for (key, text) in [
        ("thrown_language", seen.thrown_language),
        ("thrown_type", seen.thrown_type.as_deref()),
        ("heap_error", seen.heap_error.as_deref()),
    ] {
        w.field(key, text);
    }
    w.field("fault_address", seen.fault_address.map(|address| format!("{address:#x}")).as_deref());
    w.field("stack_overflow", seen.stack_overflow);
    w.field("sent", seen.sent);
    w.field("privileged_instruction", seen.privileged_instruction);
    unwound(w, seen);
    w.field("verifier", seen.verifier);
    w.end_object();
}

/// The blamed frame, as an index into the thread's `frames`; an inlined function blamed is counted
/// from the innermost of its frame's `inlines`.
fn blamed(w: &mut Writer, named: &Named) {
    w.key("blamed");
    let Some(blamed) = named.failure.blamed else { return w.null() };
    let Some(&frame) = named.physical.get(blamed.frame) else { return w.null() };
    let inlines = named.physical.iter().filter(|&&f| f == frame).count() - 1;
    let depth = named.physical.iter().take(blamed.frame).filter(|&&f| f == frame).count();
    w.begin_object();
    w.field("thread", blamed.thread.map(|t| t as u64).filter(|_| named.stack == NamedStack::Thread));
    w.field("frame", frame);
    w.field("inline", Some(depth as u64).filter(|_| depth < inlines));
    if named.stack == NamedStack::LastException {
        w.field("stack", "last_exception_backtrace");
    }
    w.end_object();
}

/// What only naming of crashes without a dump sees.
fn unwound(w: &mut Writer, seen: &Seen) {
    let Some(unwound) = &seen.unwound else { return };
    w.field("process", unwound.process.as_deref());
    w.field("instruction", Hex(unwound.instruction, 0));
    w.field("signal_code", unwound.signal_code.as_deref());
    w.field("thrown_hresult", Hex(unwound.thrown_hresult, 8));
    w.field("hang", unwound.hang);
}
