//! `crash_info`, `termination`, `application_info`: why the process ended, and what it said then.

use super::UnwoundReport;
use crate::json::Writer;

impl UnwoundReport<'_> {
    pub(super) fn crash_info(&self, w: &mut Writer) {
        let exception = &self.exception;
        let thrown = self.root.and_then(|root| self.crash.thrown.get(root.thrown));
        let of_thrown = || thrown.and_then(|thrown| thrown.type_name.as_deref()).filter(|name| !name.is_empty());
        let of_termination = || self.crash.termination.as_ref()?.indicator.as_deref();
        w.key("crash_info");
        w.begin_object();
        w.key("type");
        w.optional_text(exception.text.as_deref().or_else(of_thrown).or_else(of_termination));
        w.key("address");
        w.optional_hex(exception.fault_address, self.width);
        for key in ["adjusted_address", "instruction", "memory_accesses", "possible_bit_flips"] {
            w.key(key);
            w.null();
        }
        w.key("crashing_thread");
        w.optional_number(self.crashed.map(|index| index as u64));
        w.key("assertion");
        w.null();
        w.key("code");
        w.optional_hex(exception.code.map(u64::from), 8);
        w.key("flags");
        // Without an exception code, the flags are the code of the signal.
        let flags = Some(exception.flags).filter(|&flags| exception.code.is_some() || flags != 0);
        w.optional_hex(flags.map(u64::from), 8);
        w.key("parameters");
        w.begin_array();
        for &parameter in &exception.parameters {
            w.hex(parameter, self.width);
        }
        w.end_array();
        w.key("raw_address");
        // A report that has only an offset in a module does not know the address.
        let given = self.crash.exception.as_ref().is_some_and(|exception| exception.address.is_some());
        let known = given || !self.crash.kind.is_some_and(inputs::Kind::has_call_addresses);
        w.optional_hex(exception.code.filter(|_| known).map(|_| exception.address), self.width);
        w.key("access");
        w.optional_string(exception.access.map(failure::reason::Access::as_str));
        w.key("signal");
        w.optional_string(exception.signal.as_deref());
        let delivered = self.crash.exception.as_ref();
        for (key, text) in [
            ("exception", delivered.and_then(|exception| exception.kind.as_deref())),
            ("subtype", delivered.and_then(|exception| exception.subtype.as_deref())),
        ] {
            w.key(key);
            w.optional_text(text);
        }
        w.key("requested");
        w.bool(false);
        w.key("note");
        w.optional_text(exception.note.as_deref());
        w.end_object();
    }

    pub(super) fn termination(&self, w: &mut Writer) {
        w.key("termination");
        let Some(termination) = &self.crash.termination else { return w.null() };
        w.begin_object();
        w.key("namespace");
        w.optional_string(termination.namespace.as_deref());
        w.key("code");
        w.optional_hex(termination.code, 0);
        w.key("indicator");
        w.optional_text(termination.indicator.as_deref());
        w.key("by");
        w.optional_string(termination.by.as_deref());
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
            w.key("module");
            w.optional_string(module.as_deref());
            w.key("message");
            w.text(message);
            w.end_object();
        });
        w.key("backtraces");
        w.list("backtraces", &self.crash.backtraces, |w, text| w.text(text));
        w.end_object();
    }
}
