//! `Type: message`, and what stands before it.

/// Whether a text can be the name of an exception's type: names of letters, parted by dots, without a space.
pub(super) fn is_type(text: &str) -> bool {
    if text.len() > 1024 || text.bytes().any(|byte| byte.is_ascii_whitespace()) {
        return false;
    }
    // Generic types: the text after the name may contain anything.
    let name = text.split(['`', '<', '[']).next().unwrap_or("");
    !name.is_empty() && name.split('.').all(is_name)
}

fn is_name(part: &str) -> bool {
    part.split(['+', '/']).all(|name| {
        let mut characters = name.chars();
        characters.next().is_some_and(|c| c.is_alphabetic() || matches!(c, '_' | '$' | '@'))
            && characters.all(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '-'))
    })
}

/// Whether a type is surely one of an exception: it is qualified, or called so.
pub(super) fn is_surely_type(text: &str) -> bool {
    is_type(text)
        && (text.contains('.')
            || ["Exception", "Error", "Failure", "Fault", "Throwable"].iter().any(|end| text.ends_with(end)))
}

/// Type and message of `Type: message` or `Type`; None if the text does not begin with a type.
pub(super) fn split(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let (head, message) = match text.split_once(':') {
        // Not `c:\folder` and not `http://`; but a type with nothing behind it is one.
        Some((head, message)) if message.is_empty() || message.starts_with(char::is_whitespace) => (head, message),
        Some(_) => return None,
        None => (text, ""),
    };
    let head = without_code(head.trim_end());
    is_type(head).then_some((head, message.trim_start()))
}

/// A head without the code that .NET and Node put between an exception's type and the colon:
/// `System.Net.Sockets.SocketException (111)`, `SocketException (00000001, 11001)`, `TypeError [ERR_INVALID_ARG_TYPE]`.
pub(super) fn without_code(head: &str) -> &str {
    type_before_code(head).unwrap_or(head)
}

/// The HRESULT in parentheses behind a type that [`split`] or [`find`] took from this text:
/// `System.Runtime.InteropServices.COMException (0x80070005)`.
pub(super) fn hresult(text: &str, type_name: &str) -> Option<u32> {
    let rest = &text[text.find(type_name)? + type_name.len()..];
    let digits = rest.strip_prefix(" (0x")?.split_once(')')?.0;
    let code = u32::from_str_radix(digits, 16).ok()?;
    // Failures have the highest bit; other numbers are error codes of the system.
    (digits.len() == 8 && code & 0x8000_0000 != 0).then_some(code)
}

/// The type of `Type (code)` and `Type [CODE]`. None if there is no code.
fn type_before_code(head: &str) -> Option<&str> {
    let (type_name, code) = head.split_once(' ')?;
    let is_number = |part: &str| {
        let digits = part.trim_start().trim_start_matches('-');
        let digits = digits.strip_prefix("0x").unwrap_or(digits);
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let is_code = match (code.strip_prefix('('), code.strip_prefix('[')) {
        (Some(inside), _) => inside.strip_suffix(')').is_some_and(|codes| codes.split(',').all(is_number)),
        (_, Some(inside)) => inside.strip_suffix(']').is_some_and(|code| !code.contains('.') && is_name(code)),
        _ => false,
    };
    // Loggers write `com.example.Cart [main]: message`.
    let is_exception = ["Exception", "Error"].iter().any(|end| type_name.ends_with(end));
    (is_exception && is_code).then_some(type_name)
}

/// As [`split`], only for what is surely a type; and behind words that programs and run-times put before it:
/// `Unhandled exception. System.Exception: x`, `Exception in thread "main" java.lang.Error`.
pub(super) fn find(text: &str) -> Option<(&str, &str)> {
    /// Words before the type are few and short.
    const REACH: usize = 240;
    let text = text.trim();
    let mut start = 0;
    loop {
        let rest = text.get(start..)?;
        if let Some((type_name, message)) = split(rest)
            && is_surely_type(type_name)
        {
            // `Unhandled Exception: System.Exception: x`: the word before the type.
            let behind_words = start > 0 && matches!(type_name, "Exception" | "Error");
            let named = split(message).filter(|(name, _)| behind_words && name.contains('.') && is_surely_type(name));
            return Some(named.unwrap_or((type_name, message)));
        }
        let next = rest.find([' ', '\u{3000}'])?;
        start += next + rest[next..].chars().next().map_or(1, char::len_utf8);
        if start > REACH {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_messages() {
        assert_eq!(split("System.Exception: a: b"), Some(("System.Exception", "a: b")));
        assert_eq!(split("System.Exception:"), Some(("System.Exception", "")));
        assert_eq!(split("A.B`1[[System.Int32]]: x"), Some(("A.B`1[[System.Int32]]", "x")));
        assert_eq!(split("java.lang.Error"), Some(("java.lang.Error", "")));
        for head in [
            "Shop.NetException (111)",
            "Shop.NetException (00000001, 11001)",
            "Shop.NetException (-2147467259)",
            "Shop.NetException (0x80004005)",
            "Shop.NetException [ERR_SOCKET]",
        ] {
            assert_eq!(split(&format!("{head}: x")), Some(("Shop.NetException", "x")), "{head}");
            assert_eq!(find(&format!("Unhandled exception. {head}: x")), Some(("Shop.NetException", "x")), "{head}");
            assert_eq!(split(head), Some(("Shop.NetException", "")), "{head}");
        }
        for text in ["Shop.NetException (late): x", "Shop.Cart [main]: x", "Shop.NetException (111) twice: x"] {
            assert_eq!(split(text), None, "{text}");
        }
        assert_eq!(split("c:\\x"), None);
        assert_eq!(split("see http://x"), None);
        assert_eq!(find("Unhandled exception. System.Exception: x"), Some(("System.Exception", "x")));
        assert_eq!(find("Unhandled Exception: System.Exception: x"), Some(("System.Exception", "x")));
        assert_eq!(find("Exception: System.Exception: x"), Some(("Exception", "System.Exception: x")));
        assert_eq!(find("Exception in thread \"main\" a.B: x"), Some(("a.B", "x")));
        assert_eq!(find("Unbehandelte Ausnahme: a.B: x y"), Some(("a.B", "x y")));
        assert_eq!(find("Uncaught TypeError: x"), Some(("TypeError", "x")));
        assert_eq!(find("it went wrong: badly"), None);
    }

    #[test]
    fn codes_behind_types() {
        let of = |text: &str| hresult(text, find(text).map_or("", |(type_name, _)| type_name));
        assert_eq!(of("Unhandled exception. A.ComException (0x80070005): x"), Some(0x8007_0005));
        assert_eq!(of("A.ComException (0x80070005)"), Some(0x8007_0005));
        for text in ["A.NetException (111): x", "A.NetException (0x00000005): x", "A.NetException: x (0x80070005)"] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
