//! Does a call instruction end here? The same encodings serve x86 and x86-64.

/// Whether the last bytes are a call: `E8 rel32`, or `FF /2` and `FF /3` with any operand. A byte string can look
/// like a call by chance (about 1 in 25 for random bytes); it cannot fail to look like one.
pub(crate) fn ends_in_call(before: &[u8]) -> bool {
    let n = before.len();
    if n >= 5 && before[n - 5] == 0xe8 {
        return true;
    }
    // 9A: far call with a 16:32 pointer, 7 bytes; seen in WoW64's transition stubs.
    if n >= 7 && before[n - 7] == 0x9a {
        return true;
    }
    (2..=7.min(n)).any(|length| is_indirect_call(&before[n - length..]))
}

/// Whether exactly these bytes are `call r/m`.
fn is_indirect_call(code: &[u8]) -> bool {
    let [0xff, modrm, rest @ ..] = code else { return false };
    let (mode, operation, rm) = (modrm >> 6, modrm >> 3 & 7, modrm & 7);
    if operation != 2 && operation != 3 {
        return false;
    }
    let has_sib = mode != 3 && rm == 4;
    let sib = usize::from(has_sib);
    let displacement = match mode {
        0 if rm == 5 => 4,
        0 if has_sib && rest.first().is_some_and(|s| s & 7 == 5) => 4,
        0 | 3 => 0,
        1 => 1,
        _ => 4,
    };
    rest.len() == sib + displacement
}

#[cfg(test)]
mod tests {
    use super::ends_in_call;

    #[test]
    fn encodings() {
        for call in [
            &[0xe8, 1, 2, 3, 4][..],
            &[0xff, 0xd0],                   // call eax
            &[0xff, 0x10],                   // call [eax]
            &[0xff, 0x50, 0x18],             // call [eax+18h]
            &[0xff, 0x14, 0x24],             // call [esp]
            &[0xff, 0x54, 0x24, 0x10],       // call [esp+10h]
            &[0xff, 0x15, 1, 2, 3, 4],       // call [disp32] / [rip+disp32]
            &[0xff, 0x90, 1, 2, 3, 4],       // call [eax+disp32]
            &[0xff, 0x94, 0x24, 1, 2, 3, 4], // call [esp+disp32]
            &[0xff, 0x14, 0x85, 1, 2, 3, 4], // call [eax*4+disp32]
            &[0x41, 0xff, 0xd3],             // call r11
        ] {
            let mut bytes = vec![0x90; 8 - call.len()];
            bytes.extend_from_slice(call);
            assert!(ends_in_call(&bytes), "{call:02x?}");
        }
        assert!(!ends_in_call(&[0x90; 8]));
        assert!(!ends_in_call(&[0xff, 0xe0])); // jmp eax
        assert!(!ends_in_call(&[]));
    }
}
