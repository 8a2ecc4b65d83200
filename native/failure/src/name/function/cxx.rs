//! C++ and Rust names, by whatever tool they were undecorated: binutils, LLVM, undname, the debuggers.
//!
//! One pass over the top level of the text. What is in brackets there is skipped or copied whole, so every byte is
//! looked at a few times at most.

use std::borrow::Cow;

use super::bracket::closing;
use super::operator;
use super::piece::{piece, push_replaced};

/// Words that say what kind of function it is, or how it is called.
const WORDS: &[&str] = &[
    "public:",
    "protected:",
    "private:",
    "[thunk]:",
    "static",
    "virtual",
    "inline",
    "__cdecl",
    "__stdcall",
    "__thiscall",
    "__fastcall",
    "__vectorcall",
    "__clrcall",
    "__regcall",
    "__pascal",
    "class",
    "struct",
    "union",
    "enum",
];

/// The prefixes of functions that a compiler made from another one.
const MADE_FROM: &[&str] = &["[thunk]:", "non-virtual thunk to ", "virtual thunk to ", "covariant return thunk to "];

const BLOCK_IN: &str = "invocation function for block in ";

/// The name: no return type, no parameters, no compiler noise.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    let mut rest = text;
    while let Some(inner) = MADE_FROM.iter().find_map(|prefix| rest.strip_prefix(prefix)) {
        rest = inner.trim_start();
    }
    let block = rest.strip_prefix(BLOCK_IN);
    let scan = Scan { text: block.unwrap_or(rest), out: String::with_capacity(rest.len()), start: 0, typed: false };
    let mut name = scan.run();
    if name.is_empty() {
        return Cow::Borrowed(text);
    }
    if block.is_some() {
        name.push_str("_block_invoke");
    }
    if name == text { Cow::Borrowed(text) } else { Cow::Owned(name) }
}

struct Scan<'a> {
    text: &'a str,
    out: String,
    /// Where the name starts in `out`, if it turns out that types stand before it.
    start: usize,
    /// Parameters or a calling convention were seen: what stands before the name is a type.
    typed: bool,
}

impl Scan<'_> {
    fn run(mut self) -> String {
        let text = self.text;
        let mut i = 0;
        while let Some(&byte) = text.as_bytes().get(i) {
            let rest = &text[i..];
            if let Some((used, piece)) = piece(rest) {
                piece.push_to(&mut self.out);
                i += used;
                continue;
            }
            match byte {
                b'(' => match self.parenthesis(rest) {
                    Some(used) => i += used,
                    None => break,
                },
                // What closes no bracket ends a declarator: `(*f(int))(char)`.
                b')' if self.typed => break,
                // Template arguments are retained.
                b'<' | b'{' => {
                    let end = closing(rest).unwrap_or(rest.len());
                    match byte {
                        b'<' => push_replaced(&rest[..end], &mut self.out),
                        _ => self.out.push_str(&rest[..end]),
                    }
                    i += end;
                }
                b'`' => {
                    let end = closing(rest).unwrap_or(rest.len());
                    self.out.push_str(&rest[..end]);
                    i += end;
                }
                b'o' if operator::starts(text, i) => i += self.operator(rest),
                b' ' => {
                    if is_tail(rest) {
                        break;
                    }
                    if !(rest.starts_with(" (") && self.out[self.start..] == *"decltype") {
                        self.space();
                    }
                    i += 1;
                }
                _ => {
                    let width = rest.bytes().skip(1).take_while(|b| b & 0xc0 == 0x80).count() + 1;
                    self.out.push_str(&rest[..width]);
                    i += width;
                }
            }
        }
        self.finish()
    }

    fn finish(mut self) -> String {
        if self.typed && self.start > 0 && self.start < self.out.len() {
            self.out.drain(..self.start);
            // `char *f(int)`.
            let stars = self.out.len() - self.out.trim_start_matches(['*', '&']).len();
            if stars < self.out.len() {
                self.out.drain(..stars);
            }
        }
        let trimmed = self.out.trim_end().len();
        self.out.truncate(trimmed);
        self.out
    }

    /// A space at top level: a new word starts, which may be the name.
    fn space(&mut self) {
        let word = &self.out[self.start..];
        if WORDS.contains(&word) {
            self.typed |= word.ends_with(':') || word.starts_with("__");
            self.out.truncate(self.start);
        } else if !word.is_empty() || self.start > 0 {
            self.out.push(' ');
            self.start = self.out.len();
        }
    }

    /// A `(` at top level. Returns the bytes used; None: the name ends here.
    fn parenthesis(&mut self, rest: &str) -> Option<usize> {
        let at_word = self.start == self.out.len();
        if at_word && let Some(used) = declarator(rest) {
            self.typed = true;
            return Some(used);
        }
        let end = closing(rest)?;
        let word = &self.out[self.start..];
        if ["decltype", "noexcept", "__attribute__", "alignas"].contains(&word) {
            self.out.push_str(&rest[..end]);
            return Some(end);
        }
        if at_word {
            // A tuple as return type, `(A, B) f()`; or a remark behind the name, `f (in libfoo)`.
            let after = rest[end..].trim_start_matches(['*', '&']);
            let more = after.starts_with(' ') && !is_tail(after) && !self.out.ends_with(' ');
            return more.then_some(end);
        }
        self.typed = true;
        // What is inside a function: `f(int) const::{lambda}`.
        let after = &rest[end..];
        let qualifiers = after.len() - skip_qualifiers(after).len();
        after[qualifiers..].starts_with("::").then_some(end + qualifiers)
    }

    /// `operator` and all that belongs to it, up to the parameters. Returns the bytes used.
    fn operator(&mut self, rest: &str) -> usize {
        let mut used = operator::with_symbol(rest);
        let word = "operator";
        let (symbol, after) = (&rest[word.len()..used], &rest[used..]);
        self.out.push_str(word);
        match symbol {
            // Microsoft drops the last one: `operator()` is `operator`.
            "()" if !after.starts_with('<') => {}
            "" if after.starts_with([' ', '"']) => used += self.conversion(after),
            _ => {
                self.out.push_str(symbol);
                // `operator< <int>(…)`: the arguments belong to the name.
                if after.starts_with(" <") {
                    self.out.push(' ');
                    used += 1;
                }
            }
        }
        used
    }

    /// The rest of `operator new`, `operator unsigned int`, `operator A<B> const&`, `operator"" _x`.
    fn conversion(&mut self, rest: &str) -> usize {
        let mut i = 0;
        while let Some(&byte) = rest.as_bytes().get(i) {
            let here = &rest[i..];
            if let Some((used, piece)) = piece(here) {
                piece.push_to(&mut self.out);
                i += used;
                continue;
            }
            let width = match byte {
                // A function pointer's type has parameters of its own: `operator void (*)(int)()`.
                b'(' if here.starts_with("(*)(") || here.starts_with("(&)(") => {
                    closing(&here[3..]).map_or(here.len(), |end| 3 + end)
                }
                b'(' => break,
                b'<' => closing(here).unwrap_or(here.len()),
                b')' | b'`' => break,
                _ => here.bytes().skip(1).take_while(|b| b & 0xc0 == 0x80).count() + 1,
            };
            push_replaced(&here[..width], &mut self.out);
            i += width;
        }
        i
    }
}

/// Bytes of `(*` or `(__cdecl*` or `(A::*`, behind which a function's name stands that gives back a pointer to another.
fn declarator(rest: &str) -> Option<usize> {
    let inner = &rest[1..];
    let window = inner.as_bytes().get(..inner.len().min(200))?;
    let stars = window.iter().position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b':' | b' ')))?;
    let before = &inner[..stars];
    if !matches!(window[stars], b'*' | b'&') || !(before.is_empty() || before.ends_with("::") || before.contains("__"))
    {
        return None;
    }
    let behind = inner[stars..].trim_start_matches(['*', '&']);
    // `(*)` names nothing.
    behind.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '~' | '<' | '`' | ' ' | '(')).then(|| {
        let name = behind.trim_start();
        rest.len() - name.len()
    })
}

/// The rest without the qualifiers it starts with.
fn skip_qualifiers(rest: &str) -> &str {
    const QUALIFIERS: &[&str] =
        &["const", "volatile", "noexcept", "restrict", "__restrict", "__ptr64", "__unaligned", "&&", "&"];
    let mut text = rest;
    loop {
        let trimmed = text.trim_start();
        let Some(next) = QUALIFIERS.iter().find_map(|q| trimmed.strip_prefix(q)) else {
            return if trimmed.is_empty() { trimmed } else { text };
        };
        // `constant` is none.
        if next.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            return text;
        }
        text = next;
    }
}

/// Nothing but qualifiers follows.
fn is_tail(rest: &str) -> bool {
    skip_qualifiers(rest).is_empty()
}
