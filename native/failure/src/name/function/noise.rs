//! What compilers and linkers hang on the end of a function's name, and an offset behind it.

use super::Style;

/// Suffixes of compilers and linkers, from the end. What would be nothing without its last suffix is left with it, so that
/// the result comes to itself.
pub(super) fn strip_suffixes(raw: &str, style: Style) -> &str {
    let mut text = raw;
    // A compiler adds no more than a few suffixes.
    for _ in 0..16 {
        let stripped = strip_one_suffix(text, style).trim_end();
        if stripped.len() == text.len() || stripped.is_empty() {
            break;
        }
        text = stripped;
    }
    text
}

fn strip_one_suffix(text: &str, style: Style) -> &str {
    match text.as_bytes() {
        // ` [clone .isra.0]` of binutils, ` (.cold)` of LLVM.
        [.., b']'] => return text.rfind(" [clone ").map_or(text, |i| &text[..i]),
        [.., b')'] => return text.rfind(" (.").map_or(text, |i| &text[..i]),
        // ` with unmangled suffix ".resume.0"` of Swift's demangler.
        [.., b'"'] => return text.rfind(" with unmangled suffix \"").map_or(text, |i| &text[..i]),
        _ => {}
    }
    // Rust's legacy mangling: `::h` and sixteen hex digits.
    if let Some((name, hash)) = text.rsplit_once("::h")
        && hash.len() == 16
        && hash.bytes().all(|b| b.is_ascii_hexdigit())
    {
        return name;
    }
    if let Some(i) = offset(text) {
        return &text[..i];
    }
    if !text.starts_with('?') && text.contains('@') {
        let stripped = strip_at(text);
        if stripped.len() < text.len() {
            return stripped;
        }
    }
    strip_clone(text, style)
}

/// Where `+0x1a` or ` + 52` starts, which text reports put behind a function.
fn offset(text: &str) -> Option<usize> {
    let hex = |digits: &str| !digits.is_empty() && digits.len() <= 16 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    let at = text.rfind('+').filter(|&i| i > 0)?;
    let (name, rest) = (&text[..at], &text[at + 1..]);
    let is_offset = match rest.strip_prefix("0x") {
        Some(digits) => hex(digits),
        None => {
            name.ends_with(' ')
                && rest.strip_prefix(' ').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        }
    };
    (is_offset && !name.ends_with("operator")).then_some(at)
}

/// Symbol versions, `@plt`, and the argument bytes of stdcall, fastcall and vectorcall.
fn strip_at(text: &str) -> &str {
    if let Some(i) = text.find("@@").or_else(|| text.find("@GLIBC")).or_else(|| text.find("@plt")).filter(|&i| i > 0) {
        return &text[..i];
    }
    if let Some((name, bytes)) = text.rsplit_once('@')
        && !bytes.is_empty()
        && bytes.bytes().all(|b| b.is_ascii_digit())
    {
        let plain = name.strip_prefix('_').or_else(|| name.strip_prefix('@')).unwrap_or(name);
        return if plain.is_empty() { name } else { plain };
    }
    text
}

/// `.isra.0`, `.cold`, `.llvm.123`; also a bare number, which compilers give to local symbols of one name.
fn strip_clone(text: &str, style: Style) -> &str {
    /// No source language names a function so.
    const CLONES: &[&str] = &["isra", "constprop", "cold", "llvm", "lto_priv", "localalias", "__uniq", "isra_part"];
    /// In languages that part names with dots these are functions: `Activity.resume`.
    const CLONES_OF_NATIVE: &[&str] =
        &["part", "warm", "hot", "unlikely", "resume", "destroy", "cleanup", "actor", "clone", "str", "eh"];
    let Some((name, last)) = text.rsplit_once('.') else { return text };
    if name.is_empty() || name.ends_with('.') {
        return text;
    }
    let digits = !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit());
    if CLONES.contains(&last) {
        return name;
    }
    if digits {
        // Of a number alone Windows knows nothing; there it belongs to a name.
        let kind = name.rsplit_once('.').map_or("", |(_, kind)| kind);
        let of_clone = CLONES.contains(&kind) || CLONES_OF_NATIVE.contains(&kind);
        return match of_clone {
            true => &name[..name.len().saturating_sub(kind.len() + 1)],
            false if style == Style::Windows => text,
            false => name,
        };
    }
    let native = || name.contains("::") || name.contains('(') || name.starts_with("_Z") || name.starts_with("_R");
    if CLONES_OF_NATIVE.contains(&last) && native() { name } else { text }
}
