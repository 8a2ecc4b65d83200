//! Lines that only .NET, Mono and Unity print.

use super::super::head::without_code;
use super::super::unity::is_log_call;
use super::{Line, is_identifier, is_number, is_qualified};

/// `at` in the languages that .NET is translated into (`Word_At`).
const AT: [&str; 22] = [
    "at",
    "bei",
    "à",
    "en",
    "in",
    "a",
    "em",
    "w",
    "v",
    "в",
    "ved",
    "vid",
    "bij",
    "kohteessa",
    "konum:",
    "konum",
    "在",
    "於",
    "場所",
    "위치:",
    "위치",
    "σε",
];

/// What the run-time writes into the event log of Windows when it ends a process (events 1023, 1025 and 1026).
const CRASHES: [&str; 2] = [
    "Description: The process was terminated due to an",
    "Description: The application requested process termination through",
];

/// What a line says; see [`Line`].
pub(super) fn line(line: &str) -> Option<Line> {
    let text = line.trim().trim_end_matches("<---").trim_end();
    if text.starts_with("--- End of ") && text.ends_with(" ---") && text.contains("stack trace") {
        return Some(Line::Head);
    }
    if CRASHES.iter().any(|start| text.starts_with(start)) {
        return Some(Line::Crash);
    }
    if let Some(found) = unity(text) {
        return Some(if is_log_call(text) { Line::LogCall } else { found });
    }
    let Some((word, call)) = text.split_once([' ', '\u{3000}']) else { return head(text) };
    let indented = line.starts_with([' ', '\t', '\u{3000}']);
    if (word == "at" || indented) && AT.contains(&word) {
        return frame(call.trim(), word == "at");
    }
    head(text)
}

/// Unity: `Shop.Cart.Total () (at Assets/Cart.cs:31)`, `Shop.Cart:Total()`.
fn unity(text: &str) -> Option<Line> {
    let (name, rest) = text.split_once('(')?;
    let name = name.trim_end();
    let close = closing(rest)?;
    let (parameters, tail) = (&rest[..close], rest[close + 1..].trim());
    if !name.starts_with(|c: char| c.is_alphabetic() || c == '_') || !are_parameters(parameters) {
        return None;
    }
    if tail.starts_with("(at ") {
        let is_named = is_method(name) || name.split(':').all(is_identifier);
        return tail_of(tail).filter(|_| is_named).map(|_| Line::Frame);
    }
    let (class, method) = name.rsplit_once(':')?;
    let is_class = is_qualified(class) || (is_identifier(class) && class.starts_with(char::is_uppercase));
    (tail.is_empty() && is_class && is_identifier(method)).then_some(Line::BareFrame)
}

/// `System.Exception: message`, perhaps behind the words that run-times put before it.
fn head(text: &str) -> Option<Line> {
    let text = ["Unhandled exception. ", "Unhandled Exception: ", "Exception Info: ", "---> ", "Unhandled exception: "]
        .iter()
        .fold(text, |text, words| text.strip_prefix(words).unwrap_or(text));
    // A failure of the run-time itself.
    if text.starts_with("Fatal error. Internal CLR error.") {
        return Some(Line::Head);
    }
    let name = text.split_once(": ").map_or(text.trim_end_matches(':'), |(name, _)| name);
    let name = without_code(name).split(['`', '[', '<']).next().unwrap_or("");
    let last = name.rsplit('.').next().unwrap_or("");
    let is_exception = last.ends_with("Exception") || (name.contains('.') && last.ends_with("Error"));
    (is_exception && (is_qualified(name) || is_identifier(name))).then_some(Line::Head)
}

/// `A.B.C(X y) in c:\f.cs:line 12`, `App!<BaseAddress>+0x12`, `A.B.C (X y) [0x0001f] in <guid>:0`.
fn frame(call: &str, english: bool) -> Option<Line> {
    if let Some((module, rest)) = call.split_once('!') {
        let offset = rest.rsplit_once("+0x").is_some_and(|(_, offset)| u64::from_str_radix(offset, 16).is_ok());
        return (offset && !module.is_empty() && !module.contains([' ', '(', '"'])).then_some(Line::Frame);
    }
    let call = match call.strip_prefix("(wrapper ") {
        Some(rest) => rest.split_once(") ")?.1,
        None => call,
    };
    let open = call.find('(')?;
    let (name, rest) = (call[..open].trim_end(), &call[open + 1..]);
    let close = closing(rest)?;
    let (parameters, tail) = (&rest[..close], rest[close + 1..].trim());
    if !is_method(name) || !are_parameters(parameters) {
        return None;
    }
    match tail_of(tail)? {
        Tail::Place => Some(Line::Frame),
        // A translated word is also a word of sentences and programs (`in`, `a`, `v`).
        Tail::Nothing => (english || parameters.is_empty() || parameters.contains(' ')).then_some(Line::BareFrame),
    }
}

/// Where the parenthesis that is open before the text is closed.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (i, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 0 => return Some(i),
            b')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// `Namespace.Type.Method`, with the names that compilers make up: `<Main>b__0`, `.ctor`, `Type`1[T]`, `<M>g__f|0_1`.
fn is_method(name: &str) -> bool {
    // Mono and Unity put a colon before the method; explicit interface implementations have dots of their own.
    let parts = name.split(['.', ':', '+', '/']).filter(|part| !part.is_empty());
    let is_part = |part: &str| {
        part.chars().all(|c| {
            c.is_alphanumeric()
                || matches!(c, '_' | '$' | '<' | '>' | '`' | '[' | ']' | ',' | '|' | '-' | '@' | ' ' | '=' | '&')
        })
    };
    let plain = name.split(['<', '[', '`']).next().unwrap_or("");
    name.contains('.') && !plain.contains(' ') && parts.clone().count() >= 2 && parts.clone().all(is_part)
}

/// Types, each perhaps with a name: `String s, List`1 x, System.Int32&`. Expressions have operators, quotes, numbers.
fn are_parameters(text: &str) -> bool {
    let starts = |part: &str| {
        part.trim().is_empty() || part.trim().starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '<' | '('))
    };
    !text.contains(['"', '\'', '=', ';', '{', '}', ':', '\\'])
        && !text.contains("->")
        && text
            .split(',')
            .all(|part| starts(part.trim_start_matches([']', '['])) && part.split_whitespace().count() <= 3)
}

/// What follows a method's parameters.
enum Tail {
    Nothing,
    Place,
}

/// None: something that no run-time prints.
fn tail_of(tail: &str) -> Option<Tail> {
    if tail.is_empty() {
        return Some(Tail::Nothing);
    }
    // .NET Native without symbols: an offset.
    if let Some(offset) = tail.strip_prefix("+ 0x") {
        return u64::from_str_radix(offset, 16).is_ok().then_some(Tail::Place);
    }
    // Unity: `(at Assets/Cart.cs:31)`.
    if let Some(place) = tail.strip_prefix("(at ") {
        return place
            .strip_suffix(')')?
            .rsplit_once(':')
            .is_some_and(|(_, line)| is_number(line))
            .then_some(Tail::Place);
    }
    // Mono: `[0x0001f] in <guid>:0`, `<0x3d1f8 + 0x00023> in <0ecb#1>:0`.
    if tail.starts_with("[0x") || tail.starts_with("<0x") {
        return Some(Tail::Place);
    }
    // ` in c:\f.cs:line 12`, translated: a word, a path, a colon, perhaps a word, a number.
    let (word, path) = tail.split_once([' ', '\u{3000}'])?;
    let path = path.trim_end_matches(['.', '。']);
    let (file, line) = path.rsplit_once(':')?;
    let line = line.rsplit(' ').next().unwrap_or("");
    let is_word = word.chars().all(char::is_alphabetic) || word == "파일";
    let is_path = file.contains(['/', '\\', '.']);
    (is_word && is_path && is_number(line)).then_some(Tail::Place)
}
