//! `failure`: what the crash is called, and its hashes.

use failure::name::RULES_VERSION;

use crate::facts::{Named, NamedStack, Seen};
use crate::json::Writer;

/// `failure` and what is under it.
pub(super) fn write(w: &mut Writer, named: &Named) {
    let failure = &named.failure;
    w.key("failure");
    w.begin_object();
    for (key, text) in [("name", &failure.name), ("hash", &failure.hash), ("symbol", &failure.symbol)] {
        w.key(key);
        w.string(text);
    }
    w.key("problem_classes");
    w.begin_array();
    for class in &failure.problem_classes {
        w.string(class);
    }
    w.end_array();
    for (key, text) in [("code", &failure.code), ("image", &failure.image), ("function", &failure.function)] {
        w.key(key);
        w.string(text);
    }
    w.key("event_type");
    w.string(failure.event_type);
    blamed(w, named);
    w.key("hashes");
    w.begin_object();
    w.key("strict");
    w.string(&failure.hashes.strict);
    w.key("coarse");
    w.string(&failure.hashes.coarse);
    w.key("address");
    w.optional_string(failure.hashes.address.as_deref());
    w.key("other_vocabulary");
    w.optional_string(failure.hashes.other_vocabulary.as_deref());
    w.key("rules_version");
    w.string(&failure.hashes.rules_version);
    w.end_object();
    w.key("rules_version");
    w.number(u64::from(RULES_VERSION));
    w.key("why");
    w.list("why", &failure.why, |w, sentence| w.string(sentence));
    naming_facts(w, &named.seen);
    w.end_object();
}

/// What naming saw and the rest of the report does not show.
fn naming_facts(w: &mut Writer, seen: &Seen) {
    w.key("facts");
    w.begin_object();
    w.key("access");
    w.optional_string(seen.access);
    w.key("mapping");
    w.optional_string(seen.mapping);
    w.key("message");
    w.optional_text(seen.message.as_deref());
    for (key, text) in [
        ("thrown_language", seen.thrown_language),
        ("thrown_type", seen.thrown_type.as_deref()),
        ("heap_error", seen.heap_error.as_deref()),
    ] {
        w.key(key);
        w.optional_string(text);
    }
    w.key("fault_address");
    w.optional_string(seen.fault_address.map(|address| format!("{address:#x}")).as_deref());
    w.key("stack_overflow");
    w.bool(seen.stack_overflow);
    w.key("sent");
    w.bool(seen.sent);
    w.key("privileged_instruction");
    w.bool(seen.privileged_instruction);
    unwound(w, seen);
    w.key("verifier");
    w.bool(seen.verifier);
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
    w.key("thread");
    w.optional_number(blamed.thread.map(|t| t as u64).filter(|_| named.stack == NamedStack::Thread));
    w.key("frame");
    w.number(frame as u64);
    w.key("inline");
    w.optional_number(Some(depth as u64).filter(|_| depth < inlines));
    if named.stack == NamedStack::LastException {
        w.key("stack");
        w.string("last_exception_backtrace");
    }
    w.end_object();
}

/// What only naming of crashes without a dump sees.
fn unwound(w: &mut Writer, seen: &Seen) {
    let Some(unwound) = &seen.unwound else { return };
    w.key("process");
    w.optional_string(unwound.process.as_deref());
    w.key("instruction");
    w.optional_hex(unwound.instruction, 0);
    w.key("signal_code");
    w.optional_string(unwound.signal_code.as_deref());
    w.key("thrown_hresult");
    w.optional_hex(unwound.thrown_hresult.map(u64::from), 8);
    w.key("hang");
    w.bool(unwound.hang);
}
