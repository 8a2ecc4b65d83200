//! Android's tombstone in protobuf form (`tombstone.proto`).

/// Whether the bytes begin like one: perhaps the architecture as a number, then the build's fingerprint as a text
/// (`google/panther/panther:14/…:user/release-keys`).
pub(super) fn is_protobuf(bytes: &[u8]) -> bool {
    let rest = match bytes {
        [0x08, 1..=5, rest @ ..] => rest,
        _ => bytes,
    };
    let [0x12, length @ 1..=0x7f, rest @ ..] = rest else { return false };
    let Some(text) = rest.get(..usize::from(*length)) else { return false };
    text.iter().all(u8::is_ascii_graphic) && text.contains(&b'/') && text.contains(&b':')
}

#[cfg(test)]
mod tests {
    use super::is_protobuf;

    #[test]
    fn by_its_first_fields() {
        assert!(is_protobuf(b"\x08\x01\x12\x09a/b:14/x:\x1a\x01x"));
        assert!(is_protobuf(b"\x12\x09a/b:14/x:"));
        assert!(!is_protobuf(b"\x12\x09a/b"));
        assert!(!is_protobuf(b"\x12\x03abc"));
        assert!(!is_protobuf(b""));
    }
}
