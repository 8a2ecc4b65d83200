//! Does a call instruction end here?

/// Whether the last bytes are a call in the given mode: Thumb `bl`, `blx` (4 bytes) and `blx reg` (2), ARM `bl`,
/// `blx` and `blx reg`, conditional ones included.
pub(crate) fn ends_in_call(before: &[u8], thumb: bool) -> Option<bool> {
    let last = before.last_chunk::<4>()?;
    let (first, second) = (u16::from_le_bytes([last[0], last[1]]), u16::from_le_bytes([last[2], last[3]]));
    if thumb {
        // bl, blx: 11110xxx xxxxxxxx 11x?xxxx xxxxxxxx with bit 14 of the second half set.
        let long = first & 0xf800 == 0xf000 && second & 0xc000 == 0xc000;
        let register = second & 0xff87 == 0x4780;
        return Some(long || register);
    }
    let code = u32::from_le_bytes(*last);
    let bl = code & 0x0f00_0000 == 0x0b00_0000 && code >> 28 != 0xf;
    let blx = code & 0xfe00_0000 == 0xfa00_0000;
    let register = code & 0x0fff_fff0 == 0x012f_ff30;
    // `mov lr, pc; bx reg` and `ldr pc, […]` were calls before blx existed: lr is set two instructions earlier.
    let early = code & 0x0fff_fff0 == 0x012f_ff10 || code & 0x0e10_f000 == 0x0410_f000;
    Some(bl || blx || register || early)
}

#[cfg(test)]
mod tests {
    use super::ends_in_call;

    #[test]
    fn encodings() {
        let thumb = |a: u16, b: u16| {
            let [a, b] = [a.to_le_bytes(), b.to_le_bytes()];
            ends_in_call(&[a[0], a[1], b[0], b[1]], true)
        };
        assert_eq!(thumb(0xf7ff, 0xfffe), Some(true)); // bl
        assert_eq!(thumb(0xf000, 0xe800), Some(true)); // blx
        assert_eq!(thumb(0xbf00, 0x4798), Some(true)); // blx r3
        assert_eq!(thumb(0xbf00, 0x4770), Some(false)); // bx lr
        assert_eq!(thumb(0xbf00, 0xbf00), Some(false));
        let arm = |code: u32| ends_in_call(&code.to_le_bytes(), false);
        assert_eq!(arm(0xeb00_0001), Some(true)); // bl
        assert_eq!(arm(0x0b00_0001), Some(true)); // bleq
        assert_eq!(arm(0xfa00_0001), Some(true)); // blx
        assert_eq!(arm(0xe12f_ff33), Some(true)); // blx r3
        assert_eq!(arm(0xe1a0_0000), Some(false)); // nop
        assert_eq!(arm(0xe8bd_8010), Some(false)); // pop {r4, pc}
    }
}
