//! Near-equal functions made equal, for the looser hashes.

use std::borrow::Cow;

use super::bracket::closing;
use super::operator;
use super::piece::ANONYMOUS;

/// Scopes in scopes that are unfolded: `` `A::f'::`2'::… ``.
const MAX_DEPTH: usize = 4;

/// Inline namespaces of the standard libraries, which differ by library and version.
const INLINE: &[&str] = &["__1::", "__ndk1::", "__cxx11::", "__Cr::", "__fs::", "_V2::"];

/// The cleaned name with template argument lists as `<T>`, the rest of what compilers number or spell in their own way
/// gone. Borrowed if nothing changes.
pub(super) fn collapse(name: &str) -> Cow<'_, str> {
    let plain = routine(name);
    let mut out = String::with_capacity(plain.len());
    push(plain, 0, &mut out);
    if out == name { Cow::Borrowed(name) } else { Cow::Owned(out) }
}

/// A routine of the C library without the suffix of its variant for a processor: `__memcpy_avx_unaligned_erms`.
fn routine(name: &str) -> &str {
    let name = name.strip_prefix("__GI_").or_else(|| name.strip_prefix("IA__")).unwrap_or(name);
    let Some(plain) = name.strip_prefix("__") else { return name };
    if !["mem", "str", "wcs", "wmem", "stp"].iter().any(|start| plain.starts_with(start)) {
        return name;
    }
    const VARIANTS: &[&str] = &[
        "_sse",
        "_ssse",
        "_avx",
        "_evex",
        "_erms",
        "_neon",
        "_sve",
        "_generic",
        "_simd",
        "_zva",
        "_mops",
        "_a64fx",
        "_falkor",
        "_thunderx",
        "_ifunc",
        "_unaligned",
    ];
    VARIANTS.iter().filter_map(|variant| plain.find(variant)).min().map_or(name, |at| &plain[..at])
}

fn push(text: &str, depth: usize, out: &mut String) {
    let from = out.len();
    let bytes = text.as_bytes();
    let mut i = 0;
    while let Some(&byte) = bytes.get(i) {
        let rest = &text[i..];
        // Whether a component of the name starts here, so that a bracket does not begin an argument list.
        let component = out.len() == from || out.ends_with([':', '.', '+', ' ', '<', '&']);
        i += match byte {
            b'<' if component => component_bracket(rest, out),
            b'<' => {
                // `f::<u8>` of Rust is `f<u8>`.
                out.push_str("<T>");
                closing(rest).unwrap_or(rest.len())
            }
            b':' if rest.starts_with("::<") && !component && !is_component_of_rust(&rest[2..]) => 2,
            b'`' => backtick(rest, depth, out),
            b'o' if operator::starts(text, i) => {
                let used = operator::with_symbol(rest);
                out.push_str(rest[..used].strip_suffix("()").unwrap_or(&rest[..used]));
                used
            }
            b's' if component && rest.starts_with("std::") => {
                out.push_str("std::");
                5 + INLINE.iter().find(|inline| rest[5..].starts_with(**inline)).map_or(0, |inline| inline.len())
            }
            b'$' => dollar(rest, out),
            b'>' => {
                out.push('>');
                1 + managed_counter(&rest[1..], out)
            }
            // `T *` and `T*`.
            b' ' if rest[1..].starts_with(['*', '&']) => 1,
            _ => {
                let width = rest.bytes().skip(1).take_while(|b| b & 0xc0 == 0x80).count() + 1;
                out.push_str(&rest[..width]);
                width
            }
        };
    }
}

/// `::<` starts a component and no arguments: `a::<impl B for C>::f`, `<lambda_1>`.
fn is_component_of_rust(rest: &str) -> bool {
    rest.starts_with("<impl ") || rest.starts_with("<lambda") || rest.starts_with("<unnamed")
}

/// A `<` where a component starts: it stays, and what it holds is collapsed by itself.
fn component_bracket(rest: &str, out: &mut String) -> usize {
    for (start, kind) in [("<lambda_", "{lambda}"), ("<unnamed-", "{unnamed}")] {
        if rest.starts_with(start)
            && let Some(end) = rest.bytes().take(80).position(|b| b == b'>')
        {
            out.push_str(kind);
            return end + 1;
        }
    }
    if rest.starts_with("<name omitted>") || rest.starts_with("<unknown in ") {
        let end = closing(rest).unwrap_or(rest.len());
        out.push_str(&rest[..end]);
        return end;
    }
    out.push('<');
    1
}

/// `` `anonymous namespace' ``, and the scopes of what is inside a function: `` `A::f'::`2' ``.
fn backtick(rest: &str, depth: usize, out: &mut String) -> usize {
    let Some(end) = closing(rest) else {
        out.push_str(rest);
        return rest.len();
    };
    let (whole, after) = (&rest[..end], &rest[end..]);
    let inner = whole.strip_prefix('`').and_then(|inner| inner.strip_suffix('\'')).unwrap_or("");
    if whole == ANONYMOUS {
        out.push_str("(anonymous namespace)");
    } else if !inner.is_empty() && inner.bytes().all(|b| b.is_ascii_digit()) && after.starts_with("::") {
        return end + 2;
    } else if inner.starts_with("adjustor{") || inner.starts_with("vtordisp{") {
        // A thunk of the function it leads to.
    } else if after.starts_with("::") && depth < MAX_DEPTH {
        push(&super::cxx::clean(inner), depth + 1, out);
    } else {
        out.push_str(whole);
    }
    end
}

/// Rust's closures and such in Microsoft's symbols: `closure$0` is `{closure}` elsewhere. The counter of any other
/// goes.
fn dollar(rest: &str, out: &mut String) -> usize {
    let digits = rest[1..].bytes().take_while(u8::is_ascii_digit).count();
    let scope = |kind: &&str| {
        let before = out.strip_suffix(*kind)?;
        (digits > 0 && (before.is_empty() || before.ends_with("::"))).then_some(before.len())
    };
    let kinds = ["closure", "closure_env", "impl", "async_fn", "async_fn_env", "async_block", "async_block_env"];
    let Some((kind, at)) = kinds.iter().find_map(|kind| Some((kind, scope(kind)?))) else {
        out.push('$');
        return 1;
    };
    out.truncate(at);
    out.push('{');
    out.push_str(kind);
    out.push('}');
    1 + digits
}

/// The counters of what the C# compiler makes, behind the `>`: `<Main>b__5_2`, `<>c__DisplayClass22_0`, `<Run>d__7`.
/// Pushes what stays.
fn managed_counter(rest: &str, out: &mut String) -> usize {
    let [letter, b'_', b'_', ..] = *rest.as_bytes() else { return 0 };
    if !letter.is_ascii_lowercase() {
        return 0;
    }
    let word = 3 + rest[3..].bytes().take_while(|b| b.is_ascii_alphabetic() || *b == b'|').count();
    let counter = rest[word..].bytes().take_while(|b| b.is_ascii_digit() || *b == b'_').count();
    out.push_str(&rest[..word]);
    word + counter
}
