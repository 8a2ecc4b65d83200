//! `system_info` and `process`.

use vocabulary::{Arch, Os};

use super::UnwoundReport;
use crate::json::Writer;

impl UnwoundReport<'_> {
    pub(super) fn system_info(&self, w: &mut Writer) {
        let system = &self.crash.system;
        w.key("system_info");
        w.begin_object();
        w.key("os");
        w.optional_string(match system.os {
            Os::Unknown => system.name.as_deref(),
            os => Some(os.as_str()),
        });
        w.key("os_ver");
        match (system.version.as_deref(), system.build.as_deref()) {
            // Windows' build begins with its version.
            (Some(version), Some(build)) if build.starts_with(version) => w.string(build),
            (Some(version), Some(build)) => w.string(&[version, " ", build].concat()),
            (version, build) => w.optional_string(version.or(build)),
        }
        w.key("cpu_arch");
        w.string(system.arch.map_or("unknown", Arch::as_str));
        w.key("cpu_info");
        w.optional_string(Some("arm64e").filter(|_| system.arch == Some(Arch::Arm64e)));
        w.key("cpu_count");
        w.null();
        w.key("cpu_microcode_version");
        w.null();
        w.end_object();
    }

    pub(super) fn process(&self, w: &mut Writer) {
        let process = &self.crash.process;
        w.key("pid");
        w.optional_number(process.id);
        w.key("process_uptime");
        w.null();
        w.key("process");
        w.begin_object();
        for (key, text) in [
            ("create_time", &process.launched),
            ("name", &process.name),
            ("path", &process.path),
            ("parent_name", &process.parent_name),
        ] {
            w.key(key);
            w.optional_string(text.as_deref());
        }
        w.key("parent_pid");
        w.optional_number(process.parent_id);
        w.end_object();
    }
}
