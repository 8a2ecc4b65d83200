//! File names that no file system could have.

/// Characters in one part of a path, beyond which it is cut: the limit of NTFS, APFS and Linux's file systems.
/// Every frame of a report names its module, so a name of megabytes would come back a thousand times as long.
const LONGEST_PART: usize = 255;

/// What is reported of a name that was cut.
pub(crate) const SHORTENED: &str = "the module's file name is longer than 255 characters: it is shortened";

/// A path whose file name is cut to what a file system can hold, and whether it was.
pub(crate) fn shortened(mut path: String) -> (String, bool) {
    if path.len() <= LONGEST_PART {
        return (path, false);
    }
    let start = path.bytes().rposition(|b| matches!(b, b'/' | b'\\')).map_or(0, |slash| slash + 1);
    let name = path.get(start..).unwrap_or_default();
    let Some((length, _)) = name.char_indices().nth(LONGEST_PART) else { return (path, false) };
    path.truncate(start + length);
    path.shrink_to_fit();
    (path, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_file_name_counts() {
        let folders = "/a".repeat(300);
        assert_eq!(shortened(format!("{folders}/b")), (format!("{folders}/b"), false));
        assert_eq!(shortened("é".repeat(255)), ("é".repeat(255), false));
        assert_eq!(shortened(format!("C:\\{}", "é".repeat(256))), (format!("C:\\{}", "é".repeat(255)), true));
        assert_eq!(shortened(String::new()), (String::new(), false));
    }
}
