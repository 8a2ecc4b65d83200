//! LinuxMaps (0x47670009): the text of `/proc/PID/maps`.

use vocabulary::{MemoryRegionInfo, Protection, RegionKind, RegionState};

use crate::directory::Stream;
use crate::faults::Faults;
use crate::streams::memory_info::in_order;
use crate::strings;

/// One line of `/proc/PID/maps`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MapEntry<'a> {
    /// First address.
    pub start: u64,
    /// One past the last address; may be the first.
    pub end: u64,
    /// `rwx`.
    pub protection: Protection,
    /// `s` instead of `p`: shared.
    pub shared: bool,
    /// Offset in the mapped file.
    pub offset: u64,
    /// Path or `[stack]` and the like; empty for anonymous memory.
    pub name: &'a [u8],
}

/// Names of anonymous memory that is a stack, in the maps of Linux and Android.
const STACKS: &[&[u8]] = &[b"[stack", b"[anon:stack_and_tls", b"[anon:thread stack", b"[anon:thread signal stack"];
/// Names of anonymous memory that allocators of Linux and Android give out.
const HEAPS: &[&[u8]] =
    &[b"[heap]", b"[anon:libc_malloc", b"[anon:scudo:", b"[anon:GWP-ASan", b"[anon:.bss", b"[anon:bionic_alloc"];

impl MapEntry<'_> {
    /// What the memory belongs to, as far as its name says.
    fn kind(&self) -> RegionKind {
        let begins = |names: &[&[u8]]| names.iter().any(|name| self.name.starts_with(name));
        match self.name {
            b"" => RegionKind::Private,
            _ if begins(STACKS) => RegionKind::Stack,
            _ if begins(HEAPS) => RegionKind::Heap,
            _ => RegionKind::Mapped,
        }
    }
}

/// The lines of a maps file, in its order. Lines that are not entries are left out.
pub fn map_entries(text: &[u8]) -> impl Iterator<Item = MapEntry<'_>> {
    text.split(|&byte| byte == b'\n').filter_map(parse_line)
}

/// A maps file, of which each line was parsed once.
#[derive(Default)]
pub(crate) struct Maps<'a> {
    /// Its entries.
    pub(crate) entries: Vec<MapEntry<'a>>,
    /// How many lines are not entries, without blank ones.
    others: usize,
}

impl<'a> Maps<'a> {
    /// Parse all lines.
    pub(crate) fn of(text: &'a [u8]) -> Self {
        let mut maps = Self::default();
        let mut rest = text;
        while !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let (line, next) = rest.split_at(end);
            rest = next.get(1..).unwrap_or_default();
            match parse_line(line) {
                Some(entry) => maps.entries.push(entry),
                None => maps.others += usize::from(!strings::trim_nuls(line).trim_ascii().is_empty()),
            }
        }
        maps
    }
}

/// `start-end rwxp offset major:minor inode   name`: all but the first two may be missing.
fn parse_line(line: &[u8]) -> Option<MapEntry<'_>> {
    let (start, rest) = hex_number(line)?;
    let (end, rest) = hex_number(rest.strip_prefix(b"-")?)?;
    let flags = rest.strip_prefix(b" ")?;
    let [r, w, x, p] = *flags.first_chunk::<4>()?;
    // Empty ones happen: a stack that grew into its guard page.
    if start > end {
        return None;
    }
    let rest = flags[4..].trim_ascii_start();
    let (offset, rest) = hex_number(rest).unwrap_or((0, rest));
    // Device and inode are of no use here.
    let name = rest.trim_ascii_start();
    let name = after_word(after_word(name));
    let protection = Protection { read: r == b'r', write: w == b'w', execute: x == b'x', guard: false };
    Some(MapEntry { start, end, protection, shared: p == b's', offset, name: name.trim_ascii_end() })
}

fn after_word(text: &[u8]) -> &[u8] {
    // Words are short: a search that compares many bytes at once takes longer to begin.
    let end = text.iter().position(|&byte| byte == b' ').unwrap_or(text.len());
    text[end..].trim_ascii_start()
}

/// The value of each hex digit. A map has many lines of five numbers.
const HEX: [u8; 256] = {
    let mut values = [NO_HEX; 256];
    let mut digit = 0;
    while digit < 16 {
        values[b"0123456789abcdef"[digit as usize] as usize] = digit;
        values[b"0123456789ABCDEF"[digit as usize] as usize] = digit;
        digit += 1;
    }
    values
};
const NO_HEX: u8 = 0xff;

/// A number of at most 16 hex digits, and what follows it.
fn hex_number(text: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0u64;
    let mut digits = 0;
    for &b in text {
        let digit = HEX[usize::from(b)];
        if digit == NO_HEX {
            break;
        }
        if digits == 16 {
            return None;
        }
        value = value << 4 | u64::from(digit);
        digits += 1;
    }
    (digits > 0).then(|| (value, &text[digits..]))
}

/// The maps as regions, sorted and without overlaps.
pub(crate) fn regions(maps: &Maps<'_>, stream: &Stream<'_>, faults: &mut Faults) -> Vec<MemoryRegionInfo> {
    if maps.others > 0 {
        let lines = maps.entries.len() + maps.others;
        let message = format!("{} of {lines} lines are no lines of a memory map: they are skipped", maps.others);
        faults.add(stream.kind, None, stream.offset, message);
    }
    let region = |entry: &MapEntry<'_>| MemoryRegionInfo {
        base: entry.start,
        size: entry.end - entry.start,
        protection: entry.protection,
        state: RegionState::Committed,
        kind: entry.kind(),
    };
    in_order(maps.entries.iter().map(region).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_all_kinds() {
        let text = b"00400000-0041a000 r-xp 00000100 08:01 3805         /tmp/a b (deleted)\n\
            garbage\n\
            7fff5aed0000-7fff5aef1000 rw-s 00000000 00:00 0\n\
            ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]";
        let entries: Vec<_> = map_entries(text).collect();
        assert_eq!(entries.len(), 3);
        assert_eq!((entries[0].start, entries[0].end, entries[0].offset), (0x40_0000, 0x41_a000, 0x100));
        assert_eq!(entries[0].name, b"/tmp/a b (deleted)");
        assert!(entries[0].protection.execute && !entries[0].protection.write && !entries[0].shared);
        assert!(entries[1].shared && entries[1].name.is_empty());
        assert_eq!(entries[2].name, b"[vsyscall]");
    }

    #[test]
    fn names_of_stacks_and_heaps() {
        let kind = |name: &str| {
            let line = format!("1000-2000 rwxp 00000000 00:00 0   {name}");
            parse_line(line.as_bytes()).map(|entry| entry.kind())
        };
        assert_eq!(kind(""), Some(RegionKind::Private));
        assert_eq!(kind("/lib/libc.so.6"), Some(RegionKind::Mapped));
        for name in ["[stack]", "[stack:4711]", "[anon:stack_and_tls:4711]"] {
            assert_eq!(kind(name), Some(RegionKind::Stack), "{name}");
        }
        for name in ["[heap]", "[anon:scudo:primary]", "[anon:libc_malloc]"] {
            assert_eq!(kind(name), Some(RegionKind::Heap), "{name}");
        }
    }

    #[test]
    fn lines_that_are_none() {
        for line in ["", "-", "1-", "2-1 r-xp", "1-2", "1-2 r-", "12345678901234567-2 r-xp", "1 -2 r-xp"] {
            assert_eq!(parse_line(line.as_bytes()), None, "{line}");
        }
        assert!(parse_line(b"1-2 r-xp").is_some());
    }
}
