//! `linux`: files of `/proc` and data of the dynamic linker, field by field.

use std::collections::HashSet;

use minidump::LinuxDsoDebug;

use super::DumpReport;
use crate::json::{Hex, Writer};
use crate::limits;

/// Names of the auxiliary vector's entries, by type: Linux, `include/uapi/linux/auxvec.h`.
const AUXV: &[(u64, &str)] = &[
    (2, "AT_EXECFD"),
    (3, "AT_PHDR"),
    (4, "AT_PHENT"),
    (5, "AT_PHNUM"),
    (6, "AT_PAGESZ"),
    (7, "AT_BASE"),
    (8, "AT_FLAGS"),
    (9, "AT_ENTRY"),
    (10, "AT_NOTELF"),
    (11, "AT_UID"),
    (12, "AT_EUID"),
    (13, "AT_GID"),
    (14, "AT_EGID"),
    (15, "AT_PLATFORM"),
    (16, "AT_HWCAP"),
    (17, "AT_CLKTCK"),
    (23, "AT_SECURE"),
    (24, "AT_BASE_PLATFORM"),
    (25, "AT_RANDOM"),
    (26, "AT_HWCAP2"),
    (27, "AT_RSEQ_FEATURE_SIZE"),
    (28, "AT_RSEQ_ALIGN"),
    (31, "AT_EXECFN"),
    (32, "AT_SYSINFO"),
    (33, "AT_SYSINFO_EHDR"),
    (51, "AT_MINSIGSTKSZ"),
];

impl DumpReport<'_> {
    pub(super) fn linux_files(&self, w: &mut Writer) {
        w.key("linux");
        let linux = &self.dump.linux;
        if linux.cpu_info.is_none() && linux.proc_status.is_none() && linux.auxv.is_empty() && linux.dso_debug.is_none()
        {
            return w.null();
        }
        w.begin_object();
        w.key("status");
        w.part(2, |w| fields(w, linux.proc_status));
        // The first processor only: the file repeats the same fields for each.
        w.key("cpu");
        w.part(2, |w| fields(w, linux.cpu_info.map(first_block)));
        w.key("auxv");
        w.list_up_to("auxv", limits::AUXV, &linux.auxv, |w, &(kind, value)| {
            w.begin_object();
            w.field("type", kind.min(1 << 53));
            w.field("name", AUXV.iter().find(|(known, _)| *known == kind).map(|(_, name)| *name));
            w.field("value", Hex(value, self.width));
            w.end_object();
        });
        w.key("linker");
        match &linux.dso_debug {
            None => w.null(),
            Some(linker) => self.linker(w, linker),
        }
        w.end_object();
    }

    /// The dynamic linker's own list of what it loaded.
    fn linker(&self, w: &mut Writer, linker: &LinuxDsoDebug) {
        w.begin_object();
        w.field("version", linker.version);
        for (key, address) in [("breakpoint", linker.brk), ("base_addr", linker.ldbase), ("dynamic", linker.dynamic)] {
            w.field(key, Hex(address, self.width));
        }
        w.key("objects");
        w.list("objects", &linker.objects, |w, object| {
            w.begin_object();
            w.field("name", &object.name);
            w.field("load_bias", Hex(object.addr, self.width));
            w.field("dynamic", Hex(object.ld, self.width));
            w.end_object();
        });
        w.end_object();
    }
}

/// The lines up to the first empty one.
fn first_block(text: &[u8]) -> &[u8] {
    let end = text.windows(2).position(|pair| pair == b"\n\n").unwrap_or(text.len());
    &text[..end]
}

/// Lines of `name: value` as an object; of a name that comes twice the first one.
fn fields(w: &mut Writer, text: Option<&[u8]>) {
    let Some(text) = text else { return w.null() };
    let mut names = HashSet::new();
    // The kernel writes some sixty.
    const MOST: usize = 4096;
    let lines = text.split(|&b| b == b'\n').filter_map(|line| {
        let colon = line.iter().position(|&b| b == b':')?;
        let (name, value) = (line[..colon].trim_ascii(), line[colon + 1..].trim_ascii());
        (!name.is_empty() && names.insert(name)).then_some((name, value))
    });
    let lines = lines.take(MOST);
    w.entries("fields", lines, |w, (name, value)| {
        w.foreign_key(&String::from_utf8_lossy(name));
        w.text(&String::from_utf8_lossy(value));
    });
}
