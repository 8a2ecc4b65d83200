//! The members of a static library (`ar`) by their names, as Apple's tools and LLVM's write it.

use std::collections::HashMap;

const MAGIC: &[u8] = b"!<arch>\n";
/// Bytes of a member's header: name, date, owner, group, mode, size, and two bytes that end it.
const HEADER: usize = 60;

/// Whether a file is a static library.
pub(super) fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// The members of an archive, the first of each name. A damaged header ends the list, since sizes lead from one to the next.
pub(super) fn members(bytes: &[u8]) -> HashMap<&[u8], &[u8]> {
    let mut members = HashMap::new();
    let mut at = MAGIC.len();
    while let Some((name, data, next)) = member(bytes, at) {
        members.entry(name).or_insert(data);
        at = next;
    }
    members
}

/// The member whose header is at an offset, and the offset of the next.
fn member(bytes: &[u8], at: usize) -> Option<(&[u8], &[u8], usize)> {
    let header = bytes.get(at..at.checked_add(HEADER)?)?;
    if !header.ends_with(b"`\n") {
        return None;
    }
    let size = number(header.get(48..58)?)?;
    let start = at + HEADER;
    let end = start.checked_add(size)?;
    let mut data = bytes.get(start..end)?;
    let mut name = header.get(..16)?.trim_ascii_end();
    // BSD's way: the name of this length is at the start of the data.
    if let Some(length) = name.strip_prefix(b"#1/").and_then(number) {
        let (long, rest) = data.split_at_checked(length)?;
        name = long.get(..memchr::memchr(0, long).unwrap_or(long.len()))?;
        data = rest;
    }
    // GNU's way ends short names with a slash.
    let name = name.strip_suffix(b"/").filter(|name| !name.is_empty()).unwrap_or(name);
    Some((name, data, end.checked_add(end % 2)?))
}

fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits.trim_ascii()).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{MAGIC, members};

    fn header(name: &str, size: usize) -> Vec<u8> {
        format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, 644).into_bytes()
    }

    #[test]
    fn names_are_short_or_before_the_data() {
        let archive = [
            MAGIC,
            &header("#1/12", 15),
            b"a long.o\0\0\0\0one\n",
            &header("b.o/", 3),
            b"two\n",
            &header("b.o", 5),
            b"again",
        ]
        .concat();
        let found = members(&archive);
        assert_eq!(found.get(b"a long.o".as_slice()), Some(&b"one".as_slice()));
        assert_eq!(found.get(b"b.o".as_slice()), Some(&b"two".as_slice()));
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn damage_ends_the_list() {
        let good = [MAGIC, &header("a.o", 2), b"ab"].concat();
        for bad in [header("b.o", usize::MAX), header("b.o", 9), header("#1/9", 3), vec![b' '; 60]] {
            let archive = [good.clone(), bad, b"abc".to_vec()].concat();
            assert_eq!(members(&archive).len(), 1);
        }
        assert!(members(b"!<arch>").is_empty() && members(b"").is_empty());
    }
}
