//! A native frame as Android prints it: `#00 pc 00000000000411b8  /path/libshop.so (cart::total()+24) (BuildId: 3914dc78)`.

/// A frame's parts. The address is relative to the file, and already inside the call for all but the first frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NativeFrame<'t> {
    /// Number of the frame.
    pub(super) number: u32,
    /// Address in the file.
    pub(super) pc: u64,
    /// The file, or `<unknown>`, `[vdso]`; a library inside an archive is `base.apk!lib.so`.
    pub(super) path: &'t str,
    /// Function, without offset.
    pub(super) function: Option<&'t str>,
    /// Offset in the function.
    pub(super) offset: Option<u64>,
    /// Hexadecimal digits of the build id.
    pub(super) build_id: Option<&'t str>,
}

/// The frame of a line without what the log puts before it.
pub(super) fn parse(line: &str) -> Option<NativeFrame<'_>> {
    let rest = line.trim_start();
    let rest = rest.strip_prefix("native: ").unwrap_or(rest).strip_prefix('#')?;
    let (number, rest) = rest.split_once(' ')?;
    let number = number.parse().ok()?;
    let rest = rest.trim_start().strip_prefix("pc ")?.trim_start();
    let (pc, rest) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
    let pc = u64::from_str_radix(pc.strip_prefix("0x").unwrap_or(pc), 16).ok()?;
    let (rest, build_id) = group(rest.trim(), "(BuildId: ");
    let is_hex =
        |id: &&str| id.len() >= 16 && id.len().is_multiple_of(2) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let start = rest.find(" (").unwrap_or(rest.len());
    let (path, mut groups) = (rest[..start].trim_end(), rest[start..].trim());
    // The file was replaced; the library lies inside an archive.
    for known in ["(deleted)", "(offset "] {
        if groups.starts_with(known) {
            groups = groups.split_once(')').map_or("", |(_, rest)| rest.trim_start());
        }
    }
    let symbol = groups.strip_prefix('(').and_then(|groups| groups.strip_suffix(')'));
    let (function, offset) = match symbol.and_then(|symbol| symbol.rsplit_once('+')) {
        Some((function, offset)) if offset.parse::<u64>().is_ok() => (Some(function), offset.parse().ok()),
        _ => (symbol, None),
    };
    let function = function.filter(|function| !function.is_empty());
    Some(NativeFrame { number, pc, path, function, offset, build_id: build_id.filter(is_hex) })
}

/// A group in parentheses at the end of a text: what is before it, and what is in it.
fn group<'t>(text: &'t str, start: &str) -> (&'t str, Option<&'t str>) {
    match text.rfind(start) {
        Some(at) if text.ends_with(')') => (text[..at].trim_end(), Some(&text[at + start.len()..text.len() - 1])),
        _ => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        let line = "      #01 pc 00000000000411b8  /data/app/a==/lib/arm64/libshop.so (cart::total(cart::Item const*)+24) (BuildId: 3914dc78c1683aa2)";
        let frame = NativeFrame {
            number: 1,
            pc: 0x411b8,
            path: "/data/app/a==/lib/arm64/libshop.so",
            function: Some("cart::total(cart::Item const*)"),
            offset: Some(24),
            build_id: Some("3914dc78c1683aa2"),
        };
        assert_eq!(parse(line), Some(frame));
        let path = |line| parse(line).map(|frame| (frame.path, frame.function));
        assert_eq!(
            path("#00 pc 00019d20  /system/lib/libc.so (__epoll_pwait+20)"),
            Some(("/system/lib/libc.so", Some("__epoll_pwait")))
        );
        assert_eq!(
            path("  native: #00 pc 10  /a/b.apk!libx.so (offset 0x1000) (f+1)"),
            Some(("/a/b.apk!libx.so", Some("f")))
        );
        assert_eq!(
            path("#00 pc 10  /memfd:jit-cache (deleted) (a.b.C.d+1)"),
            Some(("/memfd:jit-cache", Some("a.b.C.d")))
        );
        assert_eq!(path("#00 pc 0  <unknown>"), Some(("<unknown>", None)));
        assert_eq!(path("#00 pc 0"), Some(("", None)));
        assert_eq!(path("#00 0x12 in f ()"), None);
        assert_eq!(path("#0 pcx"), None);
    }
}
