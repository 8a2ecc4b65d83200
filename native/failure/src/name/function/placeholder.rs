//! Texts that stand where a function is not known: placeholders of symbol tables and tools, and address expressions.

/// Texts that symbol tables and tools write where they know no function; what follows them does not matter.
const STARTS: &[&str] = &[
    "?? ",
    "<unknown",
    "<redacted>",
    "<name omitted>",
    "<deduplicated_symbol>",
    "___lldb_unnamed_symbol",
    // What Apple tools show for any address of a stripped main executable.
    "_mh_execute_header",
    "__mh_execute_header",
    // What bitcode builds call functions whose names were hidden: `__hidden#123_`.
    "__hidden#",
    "_hidden#",
    "<symbol omitted>",
    "<compiler-generated>",
];

/// As [`STARTS`], but only whole: what goes on is something else (`??__E` starts MSVC's initialisers).
const WHOLE: &[&str] = &["?", "??", "???", "????", "(null)", "(unknown)", "[unknown]", "<unavailable>", "<null>"];

/// Whether a text, without white space around it, names no function.
///
/// An address expression is not a function: `0x100040000 + 31108`, `0`, `00000001028d885c + 8`, `+ 28`. It differs from run to run, so
/// that it would split the bucket.
#[must_use]
pub fn is_placeholder(text: &str) -> bool {
    let Some(first) = text.bytes().next() else { return true };
    match first {
        b'?' | b'<' | b'_' | b'(' | b'[' if STARTS.iter().any(|start| text.starts_with(start)) => true,
        b'?' | b'<' | b'(' | b'[' if WHOLE.contains(&text) => true,
        b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' | b'+' | b'(' | b'[' => is_address_expression(text),
        _ => false,
    }
}

/// Whether a text begins with `0x`, or has nothing but numbers and what joins them. No language's identifiers
/// begin with a digit.
fn is_address_expression(text: &str) -> bool {
    if matches!(text.as_bytes(), [b'0', b'x' | b'X', ..]) {
        return true;
    }
    let of_numbers =
        |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b'x' | b'X') || JOINING.contains(&byte.into());
    if !text.bytes().all(of_numbers) {
        return false;
    }
    let mut numbers = text.split(JOINING).filter(|word| !word.is_empty()).peekable();
    numbers.peek().is_some() && numbers.all(is_number)
}

/// What stands between the numbers of an address expression.
const JOINING: [char; 9] = [' ', '\t', '+', '-', '`', '(', ')', '[', ']'];

fn is_number(word: &str) -> bool {
    let digits = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")).unwrap_or(word);
    let is_hex = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    // A word of hexadecimal letters may be a name; whole addresses have sixteen digits.
    let is_whole = digits.len() == 16 && digits.bytes().any(|byte| byte.is_ascii_digit());
    is_hex && (word.starts_with(|first: char| first.is_ascii_digit()) || is_whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders() {
        for text in [
            "",
            "0",
            "???",
            "??",
            "?? (in App)",
            "<redacted>",
            "__hidden#123_",
            "__hidden#123_ + 28",
            "<unknown in App.pdb>",
            "(null)",
            "0x0",
            "0x100ac0000",
            "0x100040000 + 31108",
            "0x100040000 + 0x7984\t// -[Cart total] + 0x1c",
            "0X12",
            "00000001028d885c + 8",
            "fffffe0026851cdc",
            "000000000000000000",
            "+ 28",
            "+0x1c",
            "12345",
            "[0x7fff68d69cc9]",
            "(0x7fff68d69cc9)",
            "00007ff6`12345678",
        ] {
            assert!(is_placeholder(text), "{text:?}");
        }
    }

    #[test]
    fn names() {
        for text in [
            "main",
            "-[Cart total]",
            "+[Cart total]",
            "deadbeef",
            "f",
            "add + 1",
            "abc12345",
            "??__EgList@@YAXXZ",
            "(anonymous namespace)::f",
            "<lambda>",
            "<module>",
            "[] add",
            "a0",
            "_0x1234",
            "__hidden",
            "operator+",
        ] {
            assert!(!is_placeholder(text), "{text:?}");
        }
    }
}
