//! A function as symbols spell it, to the function as a name holds it: no return type, no parameters, no compiler
//! noise; template arguments kept.
//!
//! One pass over the text with a counter for brackets: time is linear and nothing recurses, however deep the templates.

use std::borrow::Cow;

use super::noise::strip_suffixes;
use super::sanitise::head;

/// Longer text is cut first: no name shows so much of it. (A mangled name of 155 KB has been sighted.)
const MAX_INPUT: usize = 16 << 10;

/// Texts that symbol tables and tools write where they know no function.
const PLACEHOLDERS: &[&str] = &[
    "??",
    "<unknown>",
    "<redacted>",
    "<name omitted>",
    "<deduplicated_symbol>",
    "___lldb_unnamed_symbol",
    // What Apple tools show for any address of a stripped main executable.
    "_mh_execute_header",
    "__mh_execute_header",
    "<symbol omitted>",
    "<compiler-generated>",
];

/// How names are spelled, which decides what is noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Microsoft keeps lambda counters and hashes: names and hashes must meet theirs.
    Windows,
    /// Itanium names: lambda counters, clone suffixes and the like go.
    Itanium,
    /// As Itanium, and Swift names stay whole.
    Apple,
}

/// The function, cleaned; None if the text names none.
pub(super) fn clean(raw: &str, style: Style) -> Option<Cow<'_, str>> {
    let raw = raw.trim_ascii();
    let raw = head(raw, MAX_INPUT);
    let marks = marks(raw);
    if raw.is_empty() || (marks & PLACEHOLDER != 0 && PLACEHOLDERS.iter().any(|p| raw.starts_with(p))) {
        return None;
    }
    if marks & OBJECTIVE_C != 0 && (raw.starts_with("-[") || raw.starts_with("+[")) {
        // An Objective-C method stays as it is; a block or a clone of it loses its suffix.
        let end = raw.find(']').map_or(raw.len(), |i| i + 1);
        return Some(Cow::Borrowed(&raw[..end]));
    }
    let text = if marks & SUFFIX != 0 || raw.contains("::h") { strip_suffixes(raw, style) } else { raw };
    if style == Style::Apple && marks & INNER != 0 && is_swift(text) {
        return Some(Cow::Borrowed(text));
    }
    if marks & INNER == 0 {
        return Some(Cow::Borrowed(text));
    }
    let cleaned = Cleaner { text, style, out: String::with_capacity(text.len()), had_parameters: false }.run();
    match cleaned.is_empty() {
        true => Some(Cow::Borrowed(text)),
        false => Some(Cow::Owned(cleaned)),
    }
}

/// The text may be a placeholder, be Objective-C, have a suffix, have something inside to be taken out.
const PLACEHOLDER: u8 = 1;
const OBJECTIVE_C: u8 = 2;
const SUFFIX: u8 = 4;
const INNER: u8 = 8;

/// Which of these a text can be, by its bytes: most functions are none, and are done.
fn marks(text: &str) -> u8 {
    const BY_BYTE: [u8; 256] = {
        let mut table = [0; 256];
        table[b'@' as usize] = SUFFIX;
        table[b'.' as usize] = SUFFIX;
        table[b'(' as usize] = SUFFIX | INNER;
        table[b'[' as usize] = SUFFIX | INNER | OBJECTIVE_C;
        table[b'{' as usize] = INNER;
        table[b'\'' as usize] = INNER;
        table[b'$' as usize] = INNER;
        table[b'?' as usize] = PLACEHOLDER;
        table[b'<' as usize] = PLACEHOLDER;
        table
    };
    let underscores = if text.starts_with('_') { PLACEHOLDER } else { 0 };
    text.bytes().fold(underscores, |marks, byte| marks | BY_BYTE[usize::from(byte)])
}

/// A demangled Swift function: parameters have labels, and a result always follows.
fn is_swift(text: &str) -> bool {
    text.contains(") -> ")
        || text.contains("closure #")
        || (text.contains(": ") && text.contains('(') && !text.contains("::"))
}

struct Cleaner<'a> {
    text: &'a str,
    style: Style,
    out: String,
    had_parameters: bool,
}

impl Cleaner<'_> {
    fn run(mut self) -> String {
        let bytes = self.text.as_bytes();
        // Where the name may start in `out`: after the last space at top level, if parameters follow.
        let mut start = 0;
        let mut in_operator = false;
        // Length of `out` after the last `operator` of an `operator()`.
        let mut call = 0;
        let mut i = 0;
        while i < bytes.len() {
            let rest = &self.text[i..];
            match bytes[i] {
                b'(' => {
                    if let Some(used) = anonymous(rest) {
                        self.out.push_str("`anonymous namespace'");
                        i += used;
                        continue;
                    }
                    let Some(end) = closing(rest, b'(', b')') else { break };
                    i += end;
                    if end == 2 && self.out.ends_with("operator") && call != self.out.len() {
                        // `operator()`, whose own parameters are still to come.
                        call = self.out.len();
                        continue;
                    }
                    self.had_parameters = true;
                    in_operator = false;
                    if is_tail(&self.text[i..]) && !self.out.ends_with("decltype") {
                        break;
                    }
                }
                b'<' if !self.ends_with_operator() => {
                    // Template arguments are kept as they are.
                    let end = closing(rest, b'<', b'>').unwrap_or(rest.len());
                    self.out.push_str(&rest[..end]);
                    i += end;
                }
                b'`' => {
                    let end = closing(rest, b'`', b'\'').unwrap_or(rest.len());
                    self.out.push_str(&rest[..end]);
                    i += end;
                }
                b'\'' if self.style != Style::Windows && rest.starts_with("'lambda") => {
                    self.out.push_str("{lambda}");
                    i += rest[1..].find('\'').map_or(rest.len(), |j| j + 2);
                }
                b'{' if self.style != Style::Windows => i += self.braces(rest),
                b'[' if rest.starts_with("[abi:") => i += rest.find(']').map_or(rest.len(), |j| j + 1),
                b'$' if self.style != Style::Windows && rest.starts_with("$_") => {
                    // Clang's unnamed types: `$_12`.
                    self.out.push_str("$_");
                    i += 2 + rest[2..].bytes().take_while(u8::is_ascii_digit).count();
                }
                b' ' if !in_operator => {
                    // A conversion operator's type belongs to the name, and so do an operator's template arguments.
                    in_operator = self.out.ends_with("operator");
                    let part_of_name = self.ends_with_operator();
                    self.out.push(' ');
                    if !part_of_name {
                        start = self.out.len();
                    }
                    i += 1;
                }
                byte => {
                    let width = utf8_width(byte);
                    self.out.push_str(self.text.get(i..i + width).unwrap_or("_"));
                    i += width;
                }
            }
        }
        if self.had_parameters && start > 0 && start < self.out.len() {
            self.out.drain(..start);
        }
        let trimmed = self.out.trim_end().len();
        self.out.truncate(trimmed);
        self.out
    }

    /// The text so far ends in an operator's name, so that `<` and `>` are part of it.
    fn ends_with_operator(&self) -> bool {
        let tail = self.out.trim_end_matches(['<', '=', '-']);
        tail.ends_with("operator")
    }

    /// `{lambda(int)#1}` to `{lambda}`, `{closure#0}` to `{closure}`; other braces as they are. Returns the bytes used.
    fn braces(&mut self, rest: &str) -> usize {
        let end = closing(rest, b'{', b'}').unwrap_or(rest.len());
        let inner = rest[1..end].strip_suffix('}').unwrap_or("");
        if inner.starts_with("lambda(") {
            self.out.push_str("{lambda}");
        } else if let Some((kind, number)) = inner.split_once('#')
            && number.bytes().all(|b| b.is_ascii_digit())
        {
            self.out.push('{');
            self.out.push_str(kind);
            self.out.push('}');
        } else {
            self.out.push_str(&rest[..end]);
        }
        end
    }
}

/// What may follow the last parameter list.
fn is_tail(rest: &str) -> bool {
    let rest = rest.trim_start();
    rest.is_empty()
        || ["const", "volatile", "noexcept", "&", "[", "(", "restrict", ".", "@", "requires"]
            .iter()
            .any(|tail| rest.starts_with(tail))
}

fn anonymous(rest: &str) -> Option<usize> {
    ["(anonymous namespace)", "(anonymous class)", "(anonymous)"]
        .iter()
        .find(|a| rest.starts_with(**a))
        .map(|a| a.len())
}

/// Bytes up to and with the bracket that closes the one `rest` starts with. `->`, `>=` and the operators of `<` and
/// `>` are not brackets.
fn closing(rest: &str, open: u8, close: u8) -> Option<usize> {
    let bytes = rest.as_bytes();
    let mut depth = 0_usize;
    let mut i = 0;
    while i < bytes.len() {
        let byte = bytes[i];
        if byte == b'o' && open == b'<' && bytes[i..].starts_with(b"operator") {
            i += 8;
            while bytes.get(i).is_some_and(|b| matches!(b, b'<' | b'>' | b'=' | b'-')) {
                i += 1;
            }
            continue;
        }
        if byte == open {
            depth += 1;
        } else if byte == close && !(close == b'>' && i > 0 && matches!(bytes[i - 1], b'-')) {
            depth -= 1;
            if depth == 0 {
                return Some(i + 1);
            }
        }
        i += 1;
    }
    None
}

fn utf8_width(byte: u8) -> usize {
    match byte {
        0xf0.. => 4,
        0xe0.. => 3,
        0xc0.. => 2,
        _ => 1,
    }
}

/// The function with every template argument list as `<T>`: near-equal functions made equal, for the looser hashes.
pub(super) fn collapse_templates(name: &str) -> Cow<'_, str> {
    if !name.contains('<') {
        return Cow::Borrowed(name);
    }
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(i) = rest.find('<') {
        out.push_str(&rest[..i]);
        rest = &rest[i..];
        // Rust's `<Type as Trait>::f` starts with a bracket, and what is in it is the name.
        if out.is_empty() || out.ends_with("operator") || out.ends_with("operator<") {
            out.push('<');
            rest = &rest[1..];
            continue;
        }
        let Some(end) = closing(rest, b'<', b'>') else { break };
        out.push_str("<T>");
        rest = &rest[end..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(raw: &str, style: Style) -> Option<String> {
        clean(raw, style).map(Cow::into_owned)
    }

    #[test]
    fn itanium() {
        let cases = [
            ("foo", "foo"),
            ("foo(int, char const*)", "foo"),
            ("ns::Foo::bar(int) const", "ns::Foo::bar"),
            ("void ns::foo<int, std::vector<char> >(int)", "ns::foo<int, std::vector<char> >"),
            ("(anonymous namespace)::foo(int)", "`anonymous namespace'::foo"),
            ("Foo::operator()(int) const", "Foo::operator"),
            ("Foo::operator<<(int)", "Foo::operator<<"),
            ("bool operator< <int>(A<int> const&)", "operator< <int>"),
            ("Foo::operator unsigned int() const", "Foo::operator unsigned int"),
            ("Foo::operator->() const", "Foo::operator->"),
            ("operator new(unsigned long)", "operator new"),
            ("f(int)::{lambda(char)#2}::operator()(char) const", "f::{lambda}::operator"),
            ("f(int)::'lambda0'(char)::operator()(char) const", "f::{lambda}::operator"),
            ("f()::$_12::operator()() const", "f::$_::operator"),
            ("foo(int) [clone .isra.0] [clone .cold]", "foo"),
            ("foo(int) (.cold)", "foo"),
            ("foo.isra.0.part.1", "foo"),
            ("foo.llvm.1234567", "foo"),
            ("memcpy@@GLIBC_2.14", "memcpy"),
            ("read@plt", "read"),
            ("std::string::foo[abi:cxx11](int)", "std::string::foo"),
            ("core::ptr::drop_in_place::h0123456789abcdef", "core::ptr::drop_in_place"),
            ("<alloc::vec::Vec<T> as core::ops::Drop>::drop", "<alloc::vec::Vec<T> as core::ops::Drop>::drop"),
            ("app::main::{{closure}}", "app::main::{{closure}}"),
            ("app::main::{closure#0}", "app::main::{closure}"),
            ("non-virtual thunk to A::f()", "A::f"),
            ("decltype(auto) ns::f<int>(int)", "ns::f<int>"),
            ("com.example.Main.run(Main.java:12)", "com.example.Main.run"),
        ];
        for (raw, expected) in cases {
            assert_eq!(cleaned(raw, Style::Itanium).as_deref(), Some(expected), "{raw}");
        }
        for raw in ["", "  ", "??", "<redacted>", "<name omitted>", "___lldb_unnamed_symbol12"] {
            assert_eq!(cleaned(raw, Style::Itanium), None, "{raw}");
        }
    }

    #[test]
    fn windows() {
        let cases = [
            ("static void Foo<A, B>::bar(int)", "Foo<A, B>::bar"),
            ("`anonymous namespace'::X::f", "`anonymous namespace'::X::f"),
            ("`Foo::Bar'::`2'::<lambda_1>::operator()", "`Foo::Bar'::`2'::<lambda_1>::operator"),
            ("Foo::`scalar deleting destructor'(unsigned int)", "Foo::`scalar deleting destructor'"),
            ("_foo@12", "foo"),
            ("@foo@8", "foo"),
            (
                "CApiConvertString::operator unsigned short const *",
                "CApiConvertString::operator unsigned short const *",
            ),
            ("public: virtual int __cdecl A::f(void)", "A::f"),
            ("System.Windows.Input.KeyboardNavigation..ctor", "System.Windows.Input.KeyboardNavigation..ctor"),
            ("?f@@YAXXZ", "?f@@YAXXZ"),
        ];
        for (raw, expected) in cases {
            assert_eq!(cleaned(raw, Style::Windows).as_deref(), Some(expected), "{raw}");
        }
    }

    #[test]
    fn apple() {
        let cases = [
            ("-[Foo bar:baz:]", "-[Foo bar:baz:]"),
            ("-[Foo bar].cold.1", "-[Foo bar]"),
            ("App.Model.load(from: Swift.String) -> ()", "App.Model.load(from: Swift.String) -> ()"),
            ("std::__1::vector<int>::at(unsigned long)", "std::__1::vector<int>::at"),
        ];
        for (raw, expected) in cases {
            assert_eq!(cleaned(raw, Style::Apple).as_deref(), Some(expected), "{raw}");
        }
    }

    #[test]
    fn collapsing() {
        assert_eq!(collapse_templates("a<b<c>, d>::e<f>"), "a<T>::e<T>");
        assert_eq!(collapse_templates("A::operator<"), "A::operator<");
        assert_eq!(collapse_templates("A::operator<<"), "A::operator<<");
        assert_eq!(collapse_templates("<A as B<C>>::f"), "<A as B<T>>::f");
        assert_eq!(collapse_templates("a<b"), "a<b");
    }
}
