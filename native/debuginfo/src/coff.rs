//! What images of Windows and their debug files share: numbers of processors, and how C names are decorated.

/// The architecture as Breakpad's tools spell it, from the machine of a COFF header.
pub(crate) const fn arch(machine: u16) -> &'static str {
    match machine {
        0x14c => "x86",
        0x8664 => "x86_64",
        // ARM64EC and ARM64X: ARM64 code in a process of x86-64.
        0xaa64 | 0xa641 | 0xa64e => "arm64",
        0x1c0 | 0x1c2 | 0x1c4 => "arm",
        _ => "unknown",
    }
}

/// A name of C on x86 without what the calling convention adds, and the bytes of parameters that it tells:
/// `_cdecl`, `_stdcall@8`, `@fastcall@8`.
pub(crate) fn undecorated(name: &[u8]) -> (&[u8], u32) {
    let Some(rest) = name.strip_prefix(b"_").or_else(|| name.strip_prefix(b"@")).filter(|rest| !rest.is_empty()) else {
        return (name, 0);
    };
    let at = rest.iter().rposition(|&byte| byte == b'@');
    let bytes = at.and_then(|at| std::str::from_utf8(rest.get(at + 1..)?).ok()?.parse().ok());
    match (at, bytes) {
        (Some(at), Some(bytes)) if at > 0 => (rest.get(..at).unwrap_or(rest), bytes),
        _ if name.starts_with(b"@") => (name, 0),
        _ => (rest, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::undecorated;

    #[test]
    fn names_of_c_lose_what_the_calling_convention_adds() {
        let cases: [(&str, (&str, u32)); 9] = [
            ("_main", ("main", 0)),
            ("_WinMain@16", ("WinMain", 16)),
            ("@fast@8", ("fast", 8)),
            ("@feat.00", ("@feat.00", 0)),
            ("__security_check_cookie", ("_security_check_cookie", 0)),
            ("?f@@YAXXZ", ("?f@@YAXXZ", 0)),
            ("_", ("_", 0)),
            ("_@8", ("@8", 0)),
            ("_a@b", ("a@b", 0)),
        ];
        for (name, (plain, bytes)) in cases {
            assert_eq!(undecorated(name.as_bytes()), (plain.as_bytes(), bytes), "{name}");
        }
    }
}
