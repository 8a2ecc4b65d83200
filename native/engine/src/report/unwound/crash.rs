//! `crash_info`, `termination`, `application_info`: why the process ended, and what it recorded before.

use super::UnwoundReport;
use crate::json::{Hex, Null, Text, Writer};
use crate::report::exception::Exception;

impl UnwoundReport<'_> {
    pub(super) fn crash_info(&self, w: &mut Writer) {
        let exception = &self.exception;
        let thrown = self.root.and_then(|root| self.crash.thrown.get(root.thrown));
        let of_thrown = || thrown.and_then(|thrown| thrown.type_name.as_deref()).filter(|name| !name.is_empty());
        let of_termination = || self.crash.termination.as_ref()?.indicator.as_deref();
        w.key("crash_info");
        w.begin_object();
        w.field("type", Text(exception.text.as_deref().or_else(of_thrown).or_else(of_termination)));
        w.field("address", Hex(exception.fault_address, self.width));
        for key in ["adjusted_address", "instruction", "memory_accesses", "possible_bit_flips"] {
            w.field(key, Null);
        }
        w.field("crashing_thread", self.crashed);
        w.field("assertion", Null);
        // The address is unknown where an input has only an offset in a module.
        let given = self.crash.exception.as_ref().is_some_and(|exception| exception.address.is_some());
        let known = given || !self.crash.kind.is_some_and(inputs::Kind::has_call_addresses);
        let record = Exception {
            code: exception.code,
            // Without an exception code, the flags are the code of the signal.
            flags: Some(exception.flags).filter(|&flags| exception.code.is_some() || flags != 0),
            parameters: &exception.parameters,
            raw_address: exception.code.filter(|_| known).map(|_| exception.address),
            access: exception.access.map(failure::reason::Access::as_str),
            signal: exception.signal.as_deref(),
        };
        record.write(w, self.width);
        let delivered = self.crash.exception.as_ref();
        for (key, text) in [
            ("exception", delivered.and_then(|exception| exception.kind.as_deref())),
            ("subtype", delivered.and_then(|exception| exception.subtype.as_deref())),
        ] {
            w.field(key, Text(text));
        }
        w.field("requested", false);
        w.field("note", Text(exception.note.as_deref()));
        w.end_object();
    }

    pub(super) fn termination(&self, w: &mut Writer) {
        w.key("termination");
        let Some(termination) = &self.crash.termination else { return w.null() };
        w.begin_object();
        w.field("namespace", termination.namespace.as_deref());
        w.field("code", Hex(termination.code, 0));
        w.field("indicator", Text(termination.indicator.as_deref()));
        w.field("by", termination.by.as_deref());
        w.key("details");
        w.list("details", &termination.details, |w, line| w.text(line));
        w.end_object();
    }

    pub(super) fn application_info(&self, w: &mut Writer) {
        w.key("application_info");
        if self.crash.messages.is_empty() && self.crash.backtraces.is_empty() {
            return w.null();
        }
        w.begin_object();
        w.key("messages");
        w.list("messages", &self.crash.messages, |w, (module, message)| {
            w.begin_object();
            w.field("module", module.as_deref());
            w.field("message", Text(message));
            w.end_object();
        });
        w.key("backtraces");
        w.list("backtraces", &self.crash.backtraces, |w, text| w.text(text));
        w.end_object();
    }
}
