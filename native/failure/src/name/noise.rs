//! What compilers and linkers hang on the end of a function's name.

use super::function::Style;

/// Suffixes of compilers and linkers, from the end.
pub(super) fn strip_suffixes(raw: &str, style: Style) -> &str {
    let mut text = raw;
    // More than a few suffixes are no compiler's work.
    for _ in 0..8 {
        let before = text.len();
        text = strip_one_suffix(text, style).trim_end();
        if text.len() == before || text.is_empty() {
            break;
        }
    }
    if text.is_empty() { raw } else { text }
}

fn strip_one_suffix(text: &str, style: Style) -> &str {
    // ` [clone .isra.0]` of binutils, ` (.cold)` of LLVM.
    for (open, close) in [(" [clone ", ']'), (" (.", ')')] {
        if let Some(i) = text.rfind(open)
            && text.ends_with(close)
        {
            return &text[..i];
        }
    }
    // Rust's legacy mangling: `::h` and sixteen hex digits.
    if let Some((name, hash)) = text.rsplit_once("::h")
        && hash.len() == 16
        && hash.bytes().all(|b| b.is_ascii_hexdigit())
    {
        return name;
    }
    // Symbol versions, `@plt`, and the argument bytes of stdcall and fastcall.
    if let Some(i) = text.find("@@").or_else(|| text.find("@GLIBC")).or_else(|| text.find("@plt")).filter(|&i| i > 0)
        && !text.starts_with('?')
    {
        return &text[..i];
    }
    if let Some((name, bytes)) = text.rsplit_once('@')
        && !bytes.is_empty()
        && bytes.bytes().all(|b| b.is_ascii_digit())
        && !text.starts_with('?')
    {
        let plain = name.strip_prefix('_').or_else(|| name.strip_prefix('@')).unwrap_or(name);
        return if plain.is_empty() { name } else { plain };
    }
    if style != Style::Windows {
        return strip_clone(text);
    }
    text
}

/// `.isra.0`, `.cold`, `.llvm.123`; also a bare number, which compilers give to local symbols of one name.
fn strip_clone(text: &str) -> &str {
    const CLONES: &[&str] = &[
        "isra",
        "part",
        "constprop",
        "cold",
        "llvm",
        "lto_priv",
        "localalias",
        "warm",
        "hot",
        "unlikely",
        "resume",
        "destroy",
        "cleanup",
        "actor",
        "__uniq",
        "clone",
        "str",
        "eh",
    ];
    let Some((name, last)) = text.rsplit_once('.') else { return text };
    let digits = !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit());
    if !name.is_empty() && !name.ends_with('.') && (digits || CLONES.contains(&last)) { name } else { text }
}
