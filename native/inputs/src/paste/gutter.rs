//! Line numbers at the start of the lines, as code viewers copy them: `12: Exception Type:  EXC_CRASH (SIGABRT)`.

use crate::apple_text;

/// The text without the numbers, if nearly all lines have the number that follows the last line's.
///
/// The frames of a stack are numbered as well. A gutter is recognised because it goes on over lines that are not
/// frames, such as those of a report's header or of JSON.
pub(super) fn clean(text: &str) -> Option<String> {
    /// Numbered lines, at least: as many as a header has.
    const LINES: usize = 6;
    // A gutter starts with the text; what is around the report may have none.
    text.lines().take(LINES * LINES).find(|line| numbered(line).is_some())?;
    let filled = text.lines().filter(|line| !line.trim().is_empty()).count();
    let (mut following, mut other) = (0, 0);
    let mut expected = None;
    for line in text.lines() {
        let Some((number, rest)) = numbered(line) else {
            expected = expected.map(|number: u64| number.wrapping_add(1));
            continue;
        };
        if expected.is_none_or(|expected| expected == number) {
            following += 1;
            let rest = rest.trim_start();
            other += usize::from(rest.starts_with(['{', '"', '}']) || apple_text::begins_a_part(rest));
        }
        expected = Some(number.wrapping_add(1));
    }
    // JSON may have two lines only.
    let is_json = following == filled && other == filled;
    if (following < LINES && !is_json) || following * 10 < filled * 8 || other < 2 {
        return None;
    }
    let mut clean = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        clean.push_str(numbered(line).map_or(line, |(_, rest)| rest));
    }
    Some(clean)
}

/// The number that a line begins with, and what is behind it and its mark.
fn numbered(line: &str) -> Option<(u64, &str)> {
    let line = line.trim_start_matches([' ', '\t']);
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let number = line.get(..digits).filter(|digits| (1..=6).contains(&digits.len()))?.parse().ok()?;
    let rest = &line[digits..];
    let rest = match rest.as_bytes().first() {
        None | Some(b' ' | b'\t' | b'\r' | b'\n') => rest,
        Some(b':' | b'.' | b'|' | b')') => &rest[1..],
        Some(_) => return None,
    };
    // `12 | text`, `12: text`
    Some((number, rest.strip_prefix(" |").unwrap_or(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: [&str; 9] = [
        "Process:  App [3]",
        "Exception Type:  EXC_CRASH (SIGABRT)",
        "Crashed Thread:  0",
        "",
        "Thread 0 Crashed:",
        "0   App   0x1 f + 1",
        "1   App   0x2 g + 1",
        "",
        "Binary Images:",
    ];

    #[test]
    fn numbers_are_taken_away() {
        for mark in [":", ".", "|", " |", "\t", "  ", ")"] {
            let line = |(index, line): (usize, &&str)| format!("{:3}{mark} {line}\n", index + 1);
            let text: String = REPORT.iter().enumerate().map(line).collect();
            let clean = clean(&text).unwrap_or_default();
            assert!(clean.lines().map(str::trim).eq(REPORT), "{mark:?}: {clean}");
        }
    }

    #[test]
    fn frames_keep_their_numbers() {
        assert_eq!(clean(&REPORT.join("\n")), None);
        let frames: String = (0..20).map(|index| format!("{index}   App   0x1 f + 1\n")).collect();
        assert_eq!(clean(&frames), None);
    }
}
