//! Pieces inside a C++ or Rust name that a compiler numbered, or that several compilers spell differently.

use super::bracket::closing_within;

/// Longest lambda, in bytes with its parameters.
const MAX_LAMBDA: usize = 2048;

/// What stands for an anonymous namespace in names: Microsoft's spelling, whose hashes are known.
pub(super) const ANONYMOUS: &str = "`anonymous namespace'";

/// What such a piece becomes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// This text; may be empty.
    Text(&'static str),
    /// This text in braces: `{closure#0}` to `{closure}`.
    Braced(&'a str),
}

impl Piece<'_> {
    pub(super) fn push_to(&self, out: &mut String) {
        match self {
            Piece::Text(text) => out.push_str(text),
            Piece::Braced(kind) => {
                out.push('{');
                out.push_str(kind);
                out.push('}');
            }
        }
    }
}

/// The piece a text starts with, and its bytes.
pub(super) fn piece(rest: &str) -> Option<(usize, Piece<'_>)> {
    match *rest.as_bytes() {
        // A lambda, as clang's debug information has its class.
        [b'(', ..]
            if rest.starts_with("(anonymous class)::operator()") || rest.starts_with("(anonymous class)::__invoke") =>
        {
            Some(("(anonymous class)".len(), Piece::Text("{lambda}")))
        }
        // The same in GCC's: `main::<lambda(int)>`. Microsoft's begin with `<lambda_`.
        [b'<', b'l', ..] if rest.starts_with("<lambda(") => {
            Some((closing_within(rest, MAX_LAMBDA)?, Piece::Text("{lambda}")))
        }
        [b'(', ..] => ["(anonymous namespace)", "(anonymous class)", "(anonymous)"]
            .iter()
            .find(|a| rest.starts_with(**a))
            .map(|a| (a.len(), Piece::Text(ANONYMOUS))),
        [b'`', b'a', ..] if rest.starts_with("`anonymous-namespace'") => Some((21, Piece::Text(ANONYMOUS))),
        // GCC's own messages.
        [b'{', b'a', ..] if rest.starts_with("{anonymous}") => Some((11, Piece::Text(ANONYMOUS))),
        // Microsoft's, not undecorated: `?A0x1a2b3c4d::`.
        [b'?', b'A', b'0', b'x', ..] => {
            let digits = rest[4..].bytes().take_while(u8::is_ascii_hexdigit).count();
            (digits > 0 && rest[4 + digits..].starts_with("::")).then_some((4 + digits, Piece::Text(ANONYMOUS)))
        }
        [b'{', ..] => braces(rest),
        [b'\'', b'l' | b'u' | b'b', ..] => quoted(rest),
        [b'[', ..] => bracketed(rest),
        // Clang's unnamed types: `$_12`.
        [b'$', b'_', b'0'..=b'9', ..] => {
            Some((2 + rest[2..].bytes().take_while(u8::is_ascii_digit).count(), Piece::Text("$_")))
        }
        _ => None,
    }
}

/// `{lambda(int)#1}` to `{lambda}`, `{closure#0}` to `{closure}`, `{unnamed type#2}` to `{unnamed}`.
fn braces(rest: &str) -> Option<(usize, Piece<'_>)> {
    if rest.starts_with("{lambda(") {
        return Some((closing_within(rest, MAX_LAMBDA)?, Piece::Text("{lambda}")));
    }
    let end = rest.bytes().take(80).position(|b| b == b'}')?;
    let (kind, number) = rest[1..end].split_once('#')?;
    let numbered = !kind.contains('{') && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    numbered.then_some((end + 1, if kind == "unnamed type" { Piece::Text("{unnamed}") } else { Piece::Braced(kind) }))
}

/// LLVM's `'lambda0'(int)` and `'unnamed'`. The parameters of a lambda are not part of it.
fn quoted(rest: &str) -> Option<(usize, Piece<'_>)> {
    let end = 1 + rest[1..].bytes().take(40).position(|b| b == b'\'')?;
    let kind = rest[1..end].trim_end_matches(|c: char| c.is_ascii_digit());
    let text = match kind {
        "lambda" => "{lambda}",
        "unnamed" => "{unnamed}",
        "block-literal" => "{block}",
        _ => return None,
    };
    let parameters = if kind == "lambda" && rest[end + 1..].starts_with('(') {
        closing_within(&rest[end + 1..], MAX_LAMBDA)?
    } else {
        0
    };
    Some((end + 1 + parameters, Piece::Text(text)))
}

/// `[abi:cxx11]`, and the hash of a crate in Rust's long spelling: `core[846817f741e54dfd]`.
fn bracketed(rest: &str) -> Option<(usize, Piece<'_>)> {
    let end = rest.bytes().take(120).position(|b| b == b']')?;
    let inner = &rest[1..end];
    let hash = (8..=16).contains(&inner.len()) && inner.bytes().all(|b| b.is_ascii_hexdigit());
    (hash || inner.starts_with("abi:")).then_some((end + 1, Piece::Text("")))
}

/// A text with its pieces replaced: template arguments.
pub(super) fn push_replaced(text: &str, out: &mut String) {
    let mut copied = 0;
    let mut i = 0;
    while let Some(found) =
        text.as_bytes()[i..].iter().position(|b| matches!(b, b'(' | b'<' | b'`' | b'{' | b'?' | b'\'' | b'[' | b'$'))
    {
        i += found;
        match piece(&text[i..]) {
            Some((used, piece)) => {
                out.push_str(&text[copied..i]);
                piece.push_to(out);
                i += used;
                copied = i;
            }
            None => i += 1,
        }
    }
    out.push_str(&text[copied..]);
}
