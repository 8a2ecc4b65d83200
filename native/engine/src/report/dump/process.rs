//! The process: its id, its times, and what Windows notes about it.

use super::DumpReport;
use crate::json::{Hex, Writer};
use crate::limits;
use crate::time::iso8601;

impl DumpReport<'_> {
    pub(super) fn process(&self, w: &mut Writer) {
        w.field("pid", self.dump.pid());
        w.field("process_uptime", self.dump.uptime());
        w.key("process");
        w.begin_object();
        let misc = self.dump.misc.as_ref();
        let time = |field: fn(&minidump::MiscInfo) -> Option<u32>| misc.and_then(field).map(u64::from);
        w.field("create_time", time(|m| m.create_time).map(iso8601).as_deref());
        w.field("user_time_seconds", time(|m| m.user_time));
        w.field("kernel_time_seconds", time(|m| m.kernel_time));
        w.field("integrity_level", Hex(time(|m| m.integrity_level), 0));
        w.field("protected", time(|m| m.protected_process));
        w.key("command_line");
        let mut arguments = self.dump.linux.arguments().peekable();
        if arguments.peek().is_some() {
            w.list_up_to("arguments", limits::ARGUMENTS, arguments, |w, argument| w.text(&argument));
        } else {
            w.null();
        }
        if self.options.full {
            w.key("environment");
            w.entries("environment", self.dump.linux.environment(), |w, (name, value)| {
                w.foreign_key(&name);
                w.text(&value);
            });
        }
        w.end_object();
        self.misc(w);
    }

    fn misc(&self, w: &mut Writer) {
        w.key("misc");
        let Some(misc) = &self.dump.misc else { return w.null() };
        w.begin_object();
        w.field("build_string", misc.build_string.as_deref());
        w.field("debug_build_string", misc.debug_build_string.as_deref());
        for (key, value) in
            [("cpu_max_mhz", misc.max_mhz), ("cpu_current_mhz", misc.current_mhz), ("cpu_limit_mhz", misc.mhz_limit)]
        {
            w.field(key, value);
        }
        w.field("execute_flags", Hex(misc.execute_flags, 0));
        w.key("time_zone");
        match &misc.time_zone {
            None => w.null(),
            Some(zone) => {
                w.begin_object();
                w.key("bias_minutes");
                w.raw(zone.bias.to_string().as_bytes());
                w.field("name", if zone.id == 2 { &zone.daylight_name } else { &zone.standard_name });
                w.end_object();
            }
        }
        w.end_object();
    }
}
