//! `system_info` and `process`.

use std::borrow::Cow;

use vocabulary::{Arch, Os};

use super::UnwoundReport;
use crate::json::{Null, Writer};
use crate::report::system::System;

impl UnwoundReport<'_> {
    pub(super) fn system_info(&self, w: &mut Writer) {
        let system = &self.crash.system;
        w.key("system_info");
        w.begin_object();
        let os_version = match (system.version.as_deref(), system.build.as_deref()) {
            // Windows' build begins with its version.
            (Some(version), Some(build)) if build.starts_with(version) => Some(Cow::Borrowed(build)),
            (Some(version), Some(build)) => Some(Cow::Owned([version, " ", build].concat())),
            (version, build) => version.or(build).map(Cow::Borrowed),
        };
        let row = System {
            os: match system.os {
                Os::Unknown => system.name.as_deref(),
                os => Some(os.as_str()),
            },
            os_version: os_version.as_deref(),
            cpu: system.arch.map_or("unknown", Arch::as_str),
            cpu_info: Some("arm64e").filter(|_| system.arch == Some(Arch::Arm64e)),
            cpu_count: None,
            microcode: None,
        };
        row.write(w);
        w.end_object();
    }

    pub(super) fn process(&self, w: &mut Writer) {
        let process = &self.crash.process;
        w.field("pid", process.id);
        w.field("process_uptime", Null);
        w.key("process");
        w.begin_object();
        for (key, text) in [
            ("create_time", &process.launched),
            ("name", &process.name),
            ("path", &process.path),
            ("parent_name", &process.parent_name),
        ] {
            w.field(key, text.as_deref());
        }
        w.field("parent_pid", process.parent_id);
        w.end_object();
    }
}
