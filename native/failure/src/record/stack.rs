//! Frames as debuggers print them: `module!function+0x1a`, `module+0x1a`, an address.

/// A frame's text, taken apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Printed<'a> {
    pub(super) module: Option<&'a str>,
    pub(super) function: Option<&'a str>,
    pub(super) offset: Option<u64>,
    pub(super) inline: bool,
}

const INLINE: &str = "(Inline Function)";

/// Takes a frame's text apart. Every text is a frame; one without a module is in none.
pub(super) fn printed(text: &str) -> Printed<'_> {
    let mut text = text.trim();
    let mut inline = false;
    if let Some(i) = text.find(INLINE) {
        inline = true;
        let (before, after) = (text[..i].trim(), text[i + INLINE.len()..].trim_start_matches(['-', '`', ' ']));
        text = if before.is_empty() { after } else { before };
    }
    // A source line: `app!f+0x1 [c:\src\a.c @ 12]`.
    if let Some(i) = text.rfind(" [")
        && text.ends_with(']')
    {
        text = text[..i].trim_end();
    }
    let frame = match text.split_once('!') {
        // What the debugger writes where a context was switched.
        Some((_, "[.ecxr]")) => Printed::default(),
        Some((module, function)) => {
            let (function, _) = without_offset(function);
            Printed { module: some(module), function: some(function), offset: None, inline: false }
        }
        None if is_address(text) => Printed::default(),
        None => {
            let (module, offset) = without_offset(text);
            Printed { module: some(module), offset, ..Printed::default() }
        }
    };
    Printed { inline, ..frame }
}

fn some(text: &str) -> Option<&str> {
    let text = text.trim();
    (!text.is_empty()).then_some(text)
}

/// `<ip>`, `0x000001f3``ef330000`, `436f6900`.
fn is_address(text: &str) -> bool {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    text.is_empty() || text.starts_with('<') || digits.is_some_and(all_hex) || (text.len() >= 8 && all_hex(text))
}

fn all_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'`')
}

/// Takes `+0x1a` (or `+1a`, as headers of reports have it) off the end.
fn without_offset(text: &str) -> (&str, Option<u64>) {
    let Some((before, last)) = text.rsplit_once('+') else { return (text, None) };
    // `abort + 164`, as Apple's reports and backtraces have it: the number is decimal.
    if before.ends_with(' ') {
        let (name, digits) = (before.trim_end(), last.trim_start());
        return match digits.strip_prefix("0x") {
            Some(hexadecimal) if all_hex(hexadecimal) => (name, super::number::hex(digits)),
            None if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                (name, digits.parse().ok())
            }
            _ => (text, None),
        };
    }
    let digits = last.strip_prefix("0x");
    let is_offset = match digits {
        Some(digits) => all_hex(digits),
        // Not the `+` of `operator+`, nor one of C#'s nested classes.
        None => all_hex(last) && !last.bytes().any(|b| b.is_ascii_uppercase()) && !before.ends_with("operator"),
    };
    match is_offset {
        true => (before, super::number::hex(last)),
        false => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (Option<&str>, Option<&str>) {
        let frame = printed(text);
        (frame.module, frame.function)
    }

    #[test]
    fn frames() {
        assert_eq!(
            parts("bitcoind!secp256k1_ecdsa_recover+0x1ea44f"),
            (Some("bitcoind"), Some("secp256k1_ecdsa_recover"))
        );
        assert_eq!(parts("bitcoind+0x7a8fa"), (Some("bitcoind"), None));
        assert_eq!(parts("3+0x1126"), (Some("3"), None));
        assert_eq!(parts("KERNELBASE!lstrlenA+1a"), (Some("KERNELBASE"), Some("lstrlenA")));
        assert_eq!(parts("a!B::operator+"), (Some("a"), Some("B::operator+")));
        assert_eq!(parts("a!B::operator++0x12"), (Some("a"), Some("B::operator+")));
        assert_eq!(parts("a!P.App+<>c.<M>b__5_2+0x3"), (Some("a"), Some("P.App+<>c.<M>b__5_2")));
        assert_eq!(parts("a!P.App+Bad"), (Some("a"), Some("P.App+Bad")));
        assert_eq!(parts("a!f+0x1 [c:\\src\\a.c @ 12]"), (Some("a"), Some("f")));
        for text in ["0x000001f3`ef330000", "<ip>", "01f56060", "00000000", "", "unknown![.ecxr]"] {
            assert_eq!(parts(text), (None, None), "{text}");
        }
        assert_eq!(parts("libsystem_c.dylib!abort + 164"), (Some("libsystem_c.dylib"), Some("abort")));
        assert_eq!(printed("App + 20").offset, Some(20));
        assert_eq!(parts("App!-[A b:] + 0x14"), (Some("App"), Some("-[A b:]")));
        assert_eq!(printed("a+0x10").offset, Some(16));
        let inlined = printed("ExtendedTools!PhAddItemCircularBuffer_ULONG64 (Inline Function)");
        assert!(inlined.inline);
        assert_eq!(inlined.function, Some("PhAddItemCircularBuffer_ULONG64"));
        assert!(printed("(Inline Function) --------`-------- a!f").inline);
    }
}
