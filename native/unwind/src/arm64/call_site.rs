//! Does a call instruction end here?

/// Whether the last four bytes are `bl`, `blr` or an authenticated `blr`.
pub(crate) fn ends_in_call(before: &[u8]) -> Option<bool> {
    let code = u32::from_le_bytes(before.last_chunk::<4>().copied()?);
    let bl = code >> 26 == 0b10_0101;
    let blr = code & 0xffff_fc1f == 0xd63f_0000;
    // blraaz, blrabz (d63f_081f, d63f_0c1f) and blraa, blrab (d73f_08xx, d73f_0cxx).
    let authenticated = code & 0xfeff_f800 == 0xd63f_0800;
    Some(bl || blr || authenticated)
}

#[cfg(test)]
mod tests {
    use super::ends_in_call;

    #[test]
    fn encodings() {
        for call in [0x9400_0001_u32, 0x97ff_ffff, 0xd63f_0100, 0xd63f_081f, 0xd73f_0909, 0xd63f_0c1f] {
            assert_eq!(ends_in_call(&call.to_le_bytes()), Some(true), "{call:08x}");
        }
        for other in [0x1400_0001_u32, 0xd65f_03c0, 0xd503_201f, 0xd61f_0100] {
            assert_eq!(ends_in_call(&other.to_le_bytes()), Some(false), "{other:08x}");
        }
        assert_eq!(ends_in_call(&[1, 2]), None);
    }
}
