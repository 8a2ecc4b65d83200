//! EXC_RESOURCE: a process used more than it was allowed. Layout from XNU's `kern/exc_resource.h`: the code's bits
//! 61..64 are the resource, 58..61 the flavor, and the rest depends on it.
//!
//! The words are rust-minidump's, the numbers the header's: it reads three bits of the CPU percentages where there are
//! seven, twelve of the wakeups where there are twenty, and calls the megabytes of I/O per cent.

use super::Raw;
use super::mach_codes::codes;

/// Resources, from 1.
const KINDS: [&str; 6] = ["CPU", "WAKEUPS", "MEMORY", "IO", "THREADS", "PORTS"];

/// The resource of an exception: `CPU`, `MEMORY`…
pub(super) fn kind(raw: &Raw<'_>) -> Option<&'static str> {
    let index = (codes(raw).0 >> 61).checked_sub(1)?;
    KINDS.get(usize::try_from(index).ok()?).copied()
}

/// The resource that a word names, as reports write it: `CPU`, `CPU_FATAL`, `WAKEUPS`, `RESOURCE_TYPE_MEMORY`.
pub(super) fn kind_of_word(word: &str) -> Option<&'static str> {
    let word = word.trim().split([' ', ',', ':', '(']).next()?.to_ascii_uppercase();
    let word = word.strip_prefix("RESOURCE_TYPE_").unwrap_or(&word);
    let named = KINDS
        .iter()
        .find(|kind| word.strip_prefix(**kind).is_some_and(|rest| matches!(rest.as_bytes(), [] | [b'_', ..])));
    named.copied().or(match word {
        "DISK" | "DISKWRITES" | "DISK_WRITES" | "LOGICAL_WRITES" | "PHYSICAL_WRITES" => Some("IO"),
        "HIGH_WATERMARK" | "HIGH" => Some("MEMORY"),
        "PORT" | "PORT_SPACE" => Some("PORTS"),
        _ => None,
    })
}

pub(super) fn text(raw: &Raw<'_>) -> String {
    let Some(kind) = kind(raw) else {
        return format!("EXC_RESOURCE / {:#010x}", raw.flags);
    };
    let (code, subcode) = codes(raw);
    let detail = detail(kind, code, subcode).unwrap_or_else(|| format!("{code:#018x} / {subcode:#018x}"));
    format!("EXC_RESOURCE / RESOURCE_TYPE_{kind} / {detail}")
}

fn detail(kind: &str, code: u64, subcode: u64) -> Option<String> {
    Some(match (kind, (code >> 58) & 7) {
        ("CPU", flavor @ (1 | 2)) => {
            let flavor = if flavor == 1 { "FLAVOR_CPU_MONITOR" } else { "FLAVOR_CPU_MONITOR_FATAL" };
            let (interval, limit, consumed) = ((code >> 7) & 0x1ff_ffff, code & 0x7f, subcode & 0x7f);
            format!("{flavor} interval: {interval}s CPU limit: {limit}% CPU consumed: {consumed}%")
        }
        ("WAKEUPS", 1) => {
            let (interval, permitted, observed) = ((code >> 20) & 0xfff, code & 0xf_ffff, subcode & 0xf_ffff);
            format!(
                "FLAVOR_WAKEUPS_MONITOR interval: {interval}s wakeups permitted: {permitted} wakeups observed: {observed}"
            )
        }
        ("MEMORY", flavor @ 1..=3) => {
            let flavor = match flavor {
                1 => "FLAVOR_HIGH_WATERMARK",
                2 => "FLAVOR_DIAG_MEMLIMIT",
                _ => "FLAVOR_CONCLAVE_LIMIT",
            };
            format!("{flavor} high watermark limit: {}MiB", code & 0x1fff)
        }
        ("IO", flavor @ (1 | 2)) => {
            let flavor = if flavor == 1 { "FLAVOR_IO_PHYSICAL_WRITES" } else { "FLAVOR_IO_LOGICAL_WRITES" };
            let (interval, limit, observed) = ((code >> 15) & 0x1_ffff, code & 0x7fff, subcode & 0x7fff);
            format!("{flavor} interval: {interval}s I/O limit: {limit}MiB I/O observed: {observed}MiB")
        }
        ("THREADS", 1) => format!("FLAVOR_THREADS_HIGH_WATERMARK high watermark limit: {}", code & 0x7fff),
        ("PORTS", 1) => format!("FLAVOR_PORT_SPACE_FULL ports allocated: {}", code & 0xff_ffff),
        _ => return None,
    })
}
