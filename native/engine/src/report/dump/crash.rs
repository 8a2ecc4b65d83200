//! `crash_info`: why the process was dumped.

use super::DumpReport;
use crate::json::{Hex, Text, Writer};
use crate::report::exception::Exception;

impl DumpReport<'_> {
    pub(super) fn crash_info(&self, w: &mut Writer) {
        let reason = self.reason.as_ref();
        let exception = self.dump.exception.as_ref();
        w.key("crash_info");
        w.begin_object();
        w.field("type", reason.map(|r| r.text.as_str()));
        w.field("address", Hex(reason.and_then(|r| r.address), self.width));
        self.address_region(w);
        self.instruction(w);
        w.field("crashing_thread", self.crashing);
        self.assertion(w);
        let record = Exception {
            code: exception.map(|e| e.code),
            flags: exception.map(|e| e.flags),
            parameters: exception.map_or(&[][..], |e| &e.parameters),
            raw_address: exception.map(|e| e.address),
            access: self.instruction.access.map(failure::reason::Access::as_str),
            signal: reason.and_then(|r| r.signal),
        };
        record.write(w, self.width);
        w.field("status", Hex(reason.and_then(|r| r.status), 8));
        w.field("requested", crate::naming::is_requested(self.dump, reason));
        w.field("note", Text(reason.and_then(|r| r.note.as_deref())));
        w.end_object();
    }

    /// The assertion as one text under rust-minidump's key, and its parts under ours.
    fn assertion(&self, w: &mut Writer) {
        let assertion = self.dump.assertion.as_ref();
        w.field("assertion", Text(assertion.map(assertion_text).as_deref()));
        w.key("assertion_info");
        let Some(assertion) = assertion else { return w.null() };
        w.begin_object();
        for (key, text) in
            [("expression", &assertion.expression), ("function", &assertion.function), ("file", &assertion.file)]
        {
            w.field(key, Text(Some(text.as_str()).filter(|t| !t.is_empty())));
        }
        w.field("line", Some(u64::from(assertion.line)).filter(|&line| line != 0));
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
