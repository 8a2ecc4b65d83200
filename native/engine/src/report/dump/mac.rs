//! What only macOS dumps have.

use super::DumpReport;
use crate::json::{Hex, Text, Writer};

impl DumpReport<'_> {
    pub(super) fn mac(&self, w: &mut Writer) {
        let mac = &self.dump.mac;
        w.key("mac_crash_info");
        if mac.crash_info.is_empty() {
            w.null();
        } else {
            w.begin_object();
            w.field("num_records", mac.crash_info.len());
            w.key("records");
            w.list("records", &mac.crash_info, |w, record| {
                w.begin_object();
                for (key, value) in [
                    ("thread", record.thread),
                    ("dialog_mode", record.dialog_mode),
                    ("abort_cause", record.abort_cause),
                ] {
                    w.field(key, Hex(value, self.width));
                }
                for (key, text) in [
                    ("module", &record.module),
                    ("message", &record.message),
                    ("signature_string", &record.signature_string),
                    ("backtrace", &record.backtrace),
                    ("message2", &record.message2),
                ] {
                    w.field(key, Text(text.as_deref()));
                }
                w.end_object();
            });
            w.end_object();
        }
        w.field("mac_boot_args", Text(mac.boot_args.as_deref()));
    }
}
