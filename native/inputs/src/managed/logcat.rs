//! What Android's `logcat` and Android Studio put before each line of a log.

use memchr::memmem;

/// The tag of what ends a process on Android.
const RUNTIME: &str = "AndroidRuntime";

/// A line of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry<'t> {
    /// How bad it is: `E` is an error.
    level: u8,
    /// Who wrote it.
    pub(super) tag: &'t str,
    /// The process, where the format has it.
    pub(super) pid: Option<u32>,
    /// What was written.
    pub(super) text: &'t str,
}

/// The writer of a crash in a log of all processes: other lines stand between those of the crash. None if the text is
/// not a log or has no such writer.
pub(super) fn writer_of_crash(text: &str) -> Option<(&str, Option<u32>)> {
    let mut from = 0;
    while let Some(at) = memmem::find(&text.as_bytes()[from..], RUNTIME.as_bytes()) {
        let at = from + at;
        let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
        if let Some(found) = entry(&text[start..end]).filter(|found| found.tag == RUNTIME && found.level == b'E') {
            return Some((found.tag, found.pid));
        }
        from = end;
    }
    None
}

/// A line of a log taken apart; None if it is not a log line.
pub(super) fn entry(line: &str) -> Option<Entry<'_>> {
    let first = *line.as_bytes().first()?;
    if !first.is_ascii_digit() && !is_level(first) {
        return None;
    }
    let rest = match date_and_time(line) {
        Some(rest) => rest.trim_start(),
        None => line,
    };
    if let Some(found) = level_and_tag(rest, None) {
        return Some(found);
    }
    // Without a date, a number at a line's start says nothing.
    if rest.len() == line.len() {
        return None;
    }
    // `1234  1250 E Tag : text`, `1234-1250/package E/Tag: text`, `1234-1250 Tag  package  E  text`; before it a user.
    let (mut pid, mut rest) = number(rest)?;
    let mut studio = false;
    for _ in 0..2 {
        studio |= rest.starts_with('-');
        let next = rest.strip_prefix('-').unwrap_or(rest).trim_start();
        let Some((value, after)) = number(next) else { break };
        // A user, the process, the thread.
        if after.trim_start().starts_with(|c: char| c.is_ascii_digit()) && !after.starts_with('-') {
            pid = value;
        }
        rest = after;
    }
    let rest = match rest.strip_prefix('/') {
        Some(package) => package.split_once(' ')?.1,
        None => rest,
    };
    let rest = rest.trim_start();
    if let Some(found) = level_and_tag(rest, Some(pid)) {
        return Some(found);
    }
    if is_level(*rest.as_bytes().first()?) && rest.as_bytes().get(1) == Some(&b' ') {
        let (tag, text) = rest[2..].split_once(':')?;
        let level = rest.as_bytes()[0];
        return Some(Entry { level, tag: tag.trim(), pid: Some(pid), text: text.strip_prefix(' ').unwrap_or(text) });
    }
    if !studio {
        return None;
    }
    let (tag, rest) = rest.split_once(' ')?;
    let (_package, rest) = rest.trim_start().split_once(' ')?;
    let rest = rest.trim_start();
    let text = rest.get(1..).filter(|_| is_level(rest.as_bytes()[0]))?;
    Some(Entry { level: rest.as_bytes()[0], tag, pid: Some(pid), text: text.strip_prefix("  ").unwrap_or(text) })
}

/// `E/Tag( 1234): text`, `E/Tag: text`.
fn level_and_tag(text: &str, pid: Option<u32>) -> Option<Entry<'_>> {
    let bytes = text.as_bytes();
    if !is_level(*bytes.first()?) || bytes.get(1) != Some(&b'/') {
        return None;
    }
    let rest = &text[2..];
    let end = rest.find(['(', ':'])?;
    let tag = rest[..end].trim_end();
    if tag.is_empty() || tag.contains(['/', '\t']) {
        return None;
    }
    let (pid, rest) = match rest[end..].strip_prefix('(') {
        Some(inside) => {
            let (number, rest) = inside.split_once(')')?;
            (Some(number.trim().parse().ok()?), rest)
        }
        None => (pid, &rest[end..]),
    };
    let text = rest.strip_prefix(':')?;
    // `C:\` and `http://` are not tags.
    (text.is_empty() || text.starts_with(' ')).then(|| Entry {
        level: bytes[0],
        tag,
        pid,
        text: text.strip_prefix(' ').unwrap_or(text),
    })
}

const fn is_level(byte: u8) -> bool {
    matches!(byte, b'V' | b'D' | b'I' | b'W' | b'E' | b'F' | b'A')
}

/// What follows `11-29 10:00:00.123`, with a year before it or without.
fn date_and_time(line: &str) -> Option<&str> {
    let (date, rest) = line.split_once(' ')?;
    let (time, _) = rest.split_once(' ')?;
    let is = |text: &str, between: &[char], parts: std::ops::RangeInclusive<usize>| {
        text.len() <= 15
            && parts.contains(&text.split(between).count())
            && text.split(between).all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
    };
    (is(date, &['-'], 2..=3) && is(time, &[':', '.'], 3..=4)).then(|| &rest[time.len()..])
}

fn number(text: &str) -> Option<(u32, &str)> {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    Some((text[..end].parse().ok()?, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats() {
        for (line, pid) in [
            ("E/AndroidRuntime( 1234): \tat a.B.c(B.java:1)", Some(1234)),
            ("E/AndroidRuntime: \tat a.B.c(B.java:1)", None),
            ("11-29 10:00:00.123  1234  1250 E AndroidRuntime: \tat a.B.c(B.java:1)", Some(1234)),
            ("11-29 10:00:00.123 10086  1234  1250 E AndroidRuntime: \tat a.B.c(B.java:1)", Some(1234)),
            ("2026-11-29 10:00:00.123  1234  1250 E AndroidRuntime  : \tat a.B.c(B.java:1)", Some(1234)),
            ("11-29 10:00:00.123 E/AndroidRuntime( 1234): \tat a.B.c(B.java:1)", Some(1234)),
            ("2026-11-29 10:00:00.123 1234-1250/com.example E/AndroidRuntime: \tat a.B.c(B.java:1)", Some(1234)),
            (
                "2026-11-29 10:00:00.123  1234-1250  AndroidRuntime          com.example   E  \tat a.B.c(B.java:1)",
                Some(1234),
            ),
        ] {
            assert_eq!(
                entry(line),
                Some(Entry { level: b'E', tag: RUNTIME, pid, text: "\tat a.B.c(B.java:1)" }),
                "{line}"
            );
        }
        for line in [
            "",
            "E",
            "Error: x",
            "D/",
            "1234 E x: y",
            "\tat a.B.c(B.java:1)",
            "A/b/c: d",
            "E/x:y",
            "2026-11-29 10:00:00",
        ] {
            assert_eq!(entry(line), None, "{line}");
        }
    }

    #[test]
    fn writer() {
        let log = "I/Zygote: x\nE/AndroidRuntime( 7): FATAL EXCEPTION: main\nE/AndroidRuntime( 7): a.B";
        assert_eq!(writer_of_crash(log), Some((RUNTIME, Some(7))));
        assert_eq!(writer_of_crash("AndroidRuntime\nD/AndroidRuntime( 7): Calling main entry"), None);
    }
}
