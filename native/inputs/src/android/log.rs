//! Lines as the log of Android shows them.

/// A line without what the log puts before it: `01-19 10:18:58.123  9001  9055 F DEBUG   : `, `F/DEBUG   ( 123): `.
/// Lines that are not from the log stay as they are.
pub(super) fn message(line: &str) -> &str {
    /// The tags of the processes that print reports.
    const TAGS: [&str; 4] = ["DEBUG", "crash_dump64", "crash_dump32", "ActivityManager"];
    let head = line.as_bytes().get(..96).map_or(line, |_| line.get(..96).unwrap_or(line));
    for tag in TAGS {
        if let Some(at) = head.find(tag)
            && head[..at].ends_with([' ', '/'])
            && let rest = &line[at + tag.len()..]
            && let Some((between, rest)) = rest.split_once(':')
            && between.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'(' | b')' | b' '))
        {
            return rest.strip_prefix(' ').unwrap_or(rest);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::message;

    #[test]
    fn heads_of_both_formats() {
        for line in [
            "01-19 10:18:58.123  9001  9055 F DEBUG   : pid: 1",
            "F/DEBUG   (  123): pid: 1",
            "01-19 10:18:58.123 F/DEBUG ( 123): pid: 1",
            "01-19 10:18:58.123  9001  9055 F crash_dump64: pid: 1",
            "pid: 1",
        ] {
            assert_eq!(message(line), "pid: 1", "{line}");
        }
        assert_eq!(message("a DEBUG line"), "a DEBUG line");
    }
}
