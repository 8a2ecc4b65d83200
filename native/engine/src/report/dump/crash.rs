//! `crash_info`: why the process was dumped.

use super::DumpReport;
use crate::json::Writer;

impl DumpReport<'_> {
    pub(super) fn crash_info(&self, w: &mut Writer) {
        let reason = self.reason.as_ref();
        let exception = self.dump.exception.as_ref();
        w.key("crash_info");
        w.begin_object();
        w.key("type");
        w.optional_string(reason.map(|r| r.text.as_str()));
        w.key("address");
        w.optional_hex(reason.and_then(|r| r.address), self.width);
        self.address_region(w);
        self.instruction(w);
        w.key("crashing_thread");
        w.optional_number(self.crashing.map(|i| i as u64));
        self.assertion(w);
        w.key("code");
        w.optional_hex(exception.map(|e| u64::from(e.code)), 8);
        w.key("flags");
        w.optional_hex(exception.map(|e| u64::from(e.flags)), 8);
        w.key("parameters");
        w.begin_array();
        for &parameter in exception.map_or(&[][..], |e| &e.parameters) {
            w.hex(parameter, self.width);
        }
        w.end_array();
        w.key("raw_address");
        w.optional_hex(exception.map(|e| e.address), self.width);
        w.key("access");
        w.optional_string(self.instruction.access.map(failure::reason::Access::as_str));
        w.key("signal");
        w.optional_string(reason.and_then(|r| r.signal));
        w.key("status");
        w.optional_hex(reason.and_then(|r| r.status).map(u64::from), 8);
        w.key("requested");
        w.bool(crate::facts::is_requested(self.dump, reason));
        w.key("note");
        w.optional_text(reason.and_then(|r| r.note.as_deref()));
        w.end_object();
    }

    /// The assertion as one text under rust-minidump's key, and its parts under ours.
    fn assertion(&self, w: &mut Writer) {
        let assertion = self.dump.assertion.as_ref();
        w.key("assertion");
        w.optional_text(assertion.map(assertion_text).as_deref());
        w.key("assertion_info");
        let Some(assertion) = assertion else { return w.null() };
        w.begin_object();
        for (key, text) in
            [("expression", &assertion.expression), ("function", &assertion.function), ("file", &assertion.file)]
        {
            w.key(key);
            w.optional_text(Some(text.as_str()).filter(|t| !t.is_empty()));
        }
        w.key("line");
        w.optional_number(Some(u64::from(assertion.line)).filter(|&line| line != 0));
        w.key("kind");
        match assertion.kind {
            1 => w.string("invalid_parameter"),
            2 => w.string("pure_virtual_call"),
            _ => w.null(),
        }
        w.end_object();
    }
}

fn assertion_text(assertion: &minidump::Assertion) -> String {
    let mut text = match (assertion.expression.as_str(), assertion.kind) {
        ("", 1) => "invalid parameter".to_owned(),
        ("", 2) => "pure virtual call".to_owned(),
        (expression, _) => expression.to_owned(),
    };
    if !assertion.function.is_empty() {
        text.push_str(" in ");
        text.push_str(&assertion.function);
    }
    if !assertion.file.is_empty() {
        text.push_str(" at ");
        text.push_str(&assertion.file);
        if assertion.line != 0 {
            text.push_str(&format!(":{}", assertion.line));
        }
    }
    text
}
