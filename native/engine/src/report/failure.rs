//! `failure`: what the crash is called, and its hashes.

use super::Report;
use crate::json::Writer;

impl Report<'_> {
    pub(super) fn failure(&self, w: &mut Writer) {
        let failure = &self.failure;
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
        self.blamed(w);
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
        w.number(u64::from(::failure::name::RULES_VERSION));
        w.key("why");
        w.begin_array();
        for sentence in &failure.why {
            w.string(sentence);
        }
        w.end_array();
        self.naming_facts(w);
        w.end_object();
    }

    /// What naming saw and the rest of the report does not show.
    fn naming_facts(&self, w: &mut Writer) {
        let seen = &self.seen;
        w.key("facts");
        w.begin_object();
        for (key, text) in [
            ("access", seen.access),
            ("mapping", seen.mapping),
            ("message", seen.message.as_deref()),
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
        w.key("verifier");
        w.bool(seen.verifier);
        w.end_object();
    }

    /// The blamed frame, as an index into the thread's `frames`; an inlined function blamed is counted
    /// from the innermost of its frame's `inlines`.
    fn blamed(&self, w: &mut Writer) {
        w.key("blamed");
        let Some(blamed) = self.failure.blamed else { return w.null() };
        let Some(&frame) = self.physical.get(blamed.frame) else { return w.null() };
        let inlines = self.physical.iter().filter(|&&f| f == frame).count() - 1;
        let depth = self.physical.iter().take(blamed.frame).filter(|&&f| f == frame).count();
        w.begin_object();
        w.key("thread");
        w.optional_number(blamed.thread.map(|t| t as u64));
        w.key("frame");
        w.number(frame as u64);
        w.key("inline");
        w.optional_number(Some(depth as u64).filter(|_| depth < inlines));
        w.end_object();
    }
}
