//! `system_info`: the machine and its operating system.

use vocabulary::{Arch, Os};

use super::DumpReport;
use crate::json::Writer;

impl DumpReport<'_> {
    pub(super) fn system_info(&self, w: &mut Writer) {
        let system = self.dump.system.as_ref();
        w.key("system_info");
        w.begin_object();
        w.key("os");
        match (self.dump.os(), system.map(|system| system.platform_id)) {
            (Os::Unknown, None | Some(u32::MAX)) => w.null(),
            (Os::Unknown, Some(id)) => w.hex(u64::from(id), 8),
            (os, _) => w.string(os.as_str()),
        }
        w.key("os_ver");
        w.optional_string(system.map(minidump::SystemInfo::os_version).as_deref());
        w.key("cpu_arch");
        // Where SystemInfo is missing or says nothing known, the contexts may.
        let told = system.map(minidump::SystemInfo::cpu_name).filter(|name| *name != "unknown");
        w.string(told.or_else(|| self.dump.arch().map(Arch::as_str)).unwrap_or("unknown"));
        w.key("cpu_info");
        w.optional_string(system.and_then(minidump::SystemInfo::cpu_info).as_deref());
        w.key("cpu_count");
        w.optional_number(system.map(|s| u64::from(s.cpu_count)));
        w.key("cpu_microcode_version");
        w.optional_hex(self.dump.linux.cpu_info.and_then(microcode), 0);
        w.key("product_type");
        let windows = system.filter(|s| s.os == Os::Windows);
        w.optional_string(windows.and_then(|s| product_type(s.product_type)));
        w.key("suite_mask");
        w.optional_hex(windows.map(|s| u64::from(s.suite_mask)), 4);
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
