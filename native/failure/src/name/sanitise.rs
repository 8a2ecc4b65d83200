//! Text that is fit for a name.

use std::borrow::Cow;
use std::fmt::Write as _;

use md5::{Digest, Md5};
use vocabulary::path::leaf;

use crate::hash::hex_text;

/// The longest name, in characters.
pub(super) const MAX_NAME: usize = 512;
/// The longest image or class part; real file names stay far below.
pub(super) const MAX_PART: usize = 120;
/// The longest code; signals that come as text may be anything.
pub(super) const MAX_CODE: usize = 32;

/// Replaces what a name must not hold.
///
/// Which characters is Microsoft's rule, read off records whose hash is known: `<`, `>`, the backtick, the apostrophe,
/// space, `&`, `/` and `\` become `_`, one for one; punctuation such as `:` `,` `.` `+` `*` `-` `$` `[` `]` stays.
/// `!` parts image from function, so it is replaced inside both. Control characters are replaced too, and other than
/// ASCII characters are written as `u` and their code point, so that names in any script stay different.
fn sanitise(text: &str) -> Cow<'_, str> {
    const FIT: [u8; 256] = {
        let mut table = [b'_'; 256];
        let mut byte = 0x21;
        while byte < 0x7f {
            if !matches!(byte, b'<' | b'>' | b'`' | b'\'' | b'&' | b'/' | b'\\' | b'!' | b'"') {
                table[byte as usize] = byte;
            }
            byte += 1;
        }
        table
    };
    if text.is_ascii() {
        if text.bytes().all(|byte| FIT[usize::from(byte)] == byte) {
            return Cow::Borrowed(text);
        }
        let fit = text.bytes().map(|byte| FIT[usize::from(byte)]).collect();
        return Cow::Owned(String::from_utf8(fit).unwrap_or_default());
    }
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' | '>' | '`' | '\'' | ' ' | '&' | '/' | '\\' | '!' | '"' => out.push('_'),
            '\u{21}'..='\u{7e}' => out.push(character),
            '\0'..='\u{7f}' => out.push('_'),
            _ => {
                let _ = write!(out, "u{:04x}", u32::from(character));
            }
        }
    }
    Cow::Owned(out)
}

/// Text that is fit for a name, `limit` bytes at most.
pub(super) fn sanitised(text: &str, limit: usize) -> Cow<'_, str> {
    // What would be cut anyway need not be rewritten whole; the digest of the rest keeps it distinct.
    let start = head(text, 32 * limit);
    let mut fit = sanitise(start);
    if start.len() < text.len() {
        let digest: [u8; 16] = Md5::digest(text.as_bytes()).into();
        fit.to_mut().push_str(&hex_text(&digest[..2]));
    }
    if fit.len() > limit {
        cut(fit.to_mut(), limit);
    }
    fit
}

/// Cuts ASCII text to `limit` bytes, its last nine a `~` and eight hex digits of the whole text's MD5, so that what was
/// different stays different. `limit` is at least 16.
pub(super) fn cut(text: &mut String, limit: usize) {
    if text.len() <= limit {
        return;
    }
    let digest: [u8; 16] = Md5::digest(text.as_bytes()).into();
    text.truncate(head(text, limit.saturating_sub(9)).len());
    text.push('~');
    text.push_str(&hex_text(&digest[..4]));
}

/// The start of a text, at most `limit` bytes of it.
pub(super) fn head(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// A module's path as Linux lists it, without the mark of a file that was replaced while the process ran.
pub(super) fn undeleted(path: &str) -> &str {
    path.strip_suffix(" (deleted)").unwrap_or(path)
}

/// The file name at the end of a module's path.
pub(super) fn module_leaf(path: &str) -> &str {
    leaf(undeleted(path).trim_end_matches(['/', '\\']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters() {
        let cases = [
            ("`anonymous namespace'::X", "_anonymous_namespace_::X"),
            ("`Foo::Bar'::`2'::<lambda_1>::operator", "_Foo::Bar_::_2_::_lambda_1_::operator"),
            (
                "rtc::FunctorMessageHandler<bool,`lambda at ../../pc/rtpsender.cc:109:22'>::OnMessage",
                "rtc::FunctorMessageHandler_bool,_lambda_at_.._.._pc_rtpsender.cc:109:22__::OnMessage",
            ),
            ("A.App+<>c__DisplayClass22_0.<Dispose>b__0", "A.App+__c__DisplayClass22_0._Dispose_b__0"),
            ("operator unsigned short const *", "operator_unsigned_short_const_*"),
            ("a!b\n\u{7f}\0", "a_b___"),
            ("größe", "gru00f6u00dfe"),
        ];
        for (raw, expected) in cases {
            assert_eq!(sanitise(raw), expected);
        }
    }

    #[test]
    fn cut_text_stays_distinct() {
        let mut a = "x".repeat(600);
        let mut b = format!("{a}y");
        cut(&mut a, 100);
        cut(&mut b, 100);
        assert_eq!((a.len(), b.len()), (100, 100));
        assert_ne!(a, b);
    }

    #[test]
    fn leaves() {
        assert_eq!(module_leaf("/system/lib64/libc.so"), "libc.so");
        assert_eq!(module_leaf(r"C:\Windows\System32\ntdll.dll"), "ntdll.dll");
        assert_eq!(module_leaf("/usr/lib/libc.so.6 (deleted)"), "libc.so.6");
        assert_eq!(module_leaf("a/"), "a");
        assert_eq!(module_leaf(""), "");
    }
}
