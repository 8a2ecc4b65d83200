//! The keys of `system_info` that every report has.

use crate::json::{Hex, Writer};

/// The machine and its operating system; `None` where the input does not say.
pub(super) struct System<'a> {
    pub(super) os: Option<&'a str>,
    pub(super) os_version: Option<&'a str>,
    pub(super) cpu: &'a str,
    pub(super) cpu_info: Option<&'a str>,
    pub(super) cpu_count: Option<u8>,
    pub(super) microcode: Option<u64>,
}

impl System<'_> {
    /// The keys from `os` to `cpu_microcode_version`.
    pub(super) fn write(&self, w: &mut Writer) {
        w.field("os", self.os);
        w.field("os_ver", self.os_version);
        w.field("cpu_arch", self.cpu);
        w.field("cpu_info", self.cpu_info);
        w.field("cpu_count", self.cpu_count.map(u32::from));
        w.field("cpu_microcode_version", Hex(self.microcode, 0));
    }
}
