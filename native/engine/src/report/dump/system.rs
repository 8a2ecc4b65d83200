//! `system_info`: the machine and its operating system.

use std::borrow::Cow;

use vocabulary::{Arch, Os};

use super::DumpReport;
use crate::json::{Hex, Writer};
use crate::report::system::System;

impl DumpReport<'_> {
    pub(super) fn system_info(&self, w: &mut Writer) {
        let system = self.dump.system.as_ref();
        w.key("system_info");
        w.begin_object();
        let os = match (self.dump.os(), system.map(|system| system.platform_id)) {
            (Os::Unknown, None | Some(u32::MAX)) => None,
            (Os::Unknown, Some(id)) => Some(Cow::Owned(format!("0x{id:08x}"))),
            (os, _) => Some(Cow::Borrowed(os.as_str())),
        };
        // Where SystemInfo is missing or unknown, the contexts identify the processor.
        let known = system.map(minidump::SystemInfo::cpu_name).filter(|name| *name != "unknown");
        let os_version = system.map(minidump::SystemInfo::os_version);
        let cpu_info = system.and_then(minidump::SystemInfo::cpu_info);
        let row = System {
            os: os.as_deref(),
            os_version: os_version.as_deref(),
            cpu: known.or_else(|| self.dump.arch().map(Arch::as_str)).unwrap_or("unknown"),
            cpu_info: cpu_info.as_deref(),
            cpu_count: system.map(|s| s.cpu_count),
            microcode: self.dump.linux.cpu_info.and_then(microcode),
        };
        row.write(w);
        let windows = system.filter(|s| s.os == Os::Windows);
        w.field("product_type", windows.and_then(|s| product_type(s.product_type)));
        w.field("suite_mask", Hex(windows.map(|s| u64::from(s.suite_mask)), 4));
        w.end_object();
    }
}

/// What kind of Windows: `VER_NT_*`.
const fn product_type(product: u8) -> Option<&'static str> {
    match product {
        1 => Some("workstation"),
        2 => Some("domain_controller"),
        3 => Some("server"),
        _ => None,
    }
}

/// The first processor's `microcode : 0x…` line of `/proc/cpuinfo`.
fn microcode(cpuinfo: &[u8]) -> Option<u64> {
    for line in cpuinfo.split(|&b| b == b'\n') {
        let Some(rest) = line.strip_prefix(b"microcode") else { continue };
        let value = String::from_utf8_lossy(rest);
        let digits = value.trim_start_matches([' ', '\t', ':']).trim().trim_start_matches("0x");
        return u64::from_str_radix(digits, 16).ok();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn microcode_of_the_first_processor() {
        assert_eq!(microcode(b"model\t: 70\nmicrocode\t: 0xde\nmicrocode\t: 0x1\n"), Some(0xde));
        assert_eq!(microcode(b"microcode\t: none\n"), None);
        assert_eq!(microcode(b""), None);
    }
}
