//! Exceptions as .NET (Core, Framework, Native) and Mono print them.
//!
//! The words between the parts are translated (`at`, `bei`, `à`, `在`), so the shape decides: a frame is indented, one word
//! and a method with its parameters; marks begin and end with `---`. Inner exceptions stand before the frames of the outer
//! one, and each ends with a mark.

use super::builder::{Builder, Index};
use super::frame::{leaf, mark, owned, trailing_number};
use super::head;
use super::jvm;
use super::lines::Lines;
use crate::crash::{Language, ManagedFrame, Relation};

/// Exceptions within one another that are kept apart; deeper ones belong to the last.
const MAX_DEPTH: usize = 1024;

/// An exception whose frames are still to come.
#[derive(Clone, Copy)]
struct Open {
    index: Index,
    /// It is one of several of an aggregate, which ends with `<---`.
    numbered: bool,
}

pub(super) fn parse(lines: &mut Lines<'_>, builder: &mut Builder) {
    let mut open: Vec<Open> = Vec::new();
    // Lines before the first frame belong to the message.
    let mut in_message = true;
    while let Some(line) = lines.next() {
        let number = lines.number();
        let text = line.trim();
        if text.is_empty() {
            if in_message && let Some(last) = open.last() {
                builder.more_message(last.index, "");
            }
            continue;
        }
        if let Some(rest) = text.strip_prefix("--->") {
            inner(rest, number, builder, &mut open);
            in_message = true;
            continue;
        }
        if text.len() > 6 && text.starts_with("---") && text.trim_end_matches('<').trim_end().ends_with("---") {
            if is_end_of_managed(text) {
                // Xamarin: the Java exception behind it follows.
                jvm::parse(lines, builder, open.last().map(|open| (open.index, Relation::Cause)));
                return;
            }
            if open.len() > 1 && ends_inner(line, text) {
                open.pop();
            } else if let Some(last) = open.last() {
                builder.frame(number, last.index, mark(text));
            }
            in_message = false;
            continue;
        }
        let (text, closes) = match text.strip_suffix("<---") {
            Some(text) => (text.trim_end(), true),
            None => (text, false),
        };
        if let Some(frame) = frame(line, text) {
            if open.is_empty() {
                open.push(Open { index: builder.begin(number, Language::Clr, (None, ""), None), numbered: false });
            }
            if let Some(last) = open.last() {
                builder.frame(number, last.index, frame);
            }
            in_message = false;
        } else if !text.is_empty() {
            message(text, line, number, in_message, builder, &mut open);
        }
        if closes {
            let keep = open.iter().rposition(|open| open.numbered).unwrap_or(open.len());
            open.truncate(keep.max(1));
            in_message = false;
        }
    }
}

/// A line that is no frame: the first exception, or one more line of a message.
fn message(text: &str, line: &str, number: usize, in_message: bool, builder: &mut Builder, open: &mut Vec<Open>) {
    let Some(last) = open.last() else {
        let (type_name, message) = match head::find(text) {
            Some((type_name, message)) => (Some(type_name), message),
            None => (None, text),
        };
        // .NET Framework and Mono: `A: a ---> B: b ---> C: c`, and the frames of C follow.
        let mut parts = message.split(" ---> ");
        let message = parts.next().unwrap_or("");
        let index = builder.begin(number, Language::Clr, (type_name, message), None);
        open.push(Open { index, numbered: false });
        for part in parts {
            inner(part, number, builder, open);
        }
        return;
    };
    if in_message {
        let mut parts = line.split(" ---> ");
        builder.more_message(last.index, parts.next().unwrap_or("").trim_end());
        for part in parts {
            inner(part, number, builder, open);
        }
    }
}

/// The start of an inner exception: `Type: message`, perhaps behind `(Inner Exception #1) `.
fn inner(text: &str, number: usize, builder: &mut Builder, open: &mut Vec<Open>) {
    let text = text.trim();
    let (text, numbered) = match numbered(text) {
        Some((rest, n)) => (rest, Some(n)),
        None => (text, None),
    };
    let mut parts = text.split(" ---> ");
    let first = parts.next().unwrap_or("");
    let (type_name, message) = match head::split(first).or_else(|| head::find(first)) {
        Some((type_name, message)) => (Some(type_name), message),
        None => (None, first),
    };
    let parent = open.last().map(|open| open.index);
    // An aggregate prints its first inner exception twice: as inner exception, and with its number.
    if let (Some(0), Some(parent)) = (numbered, parent) {
        let same = builder.thrown.iter().rposition(|thrown| {
            thrown.parent == Some(parent)
                && thrown.relation == Relation::Cause
                && thrown.type_name.as_deref() == type_name
                && thrown.message.as_deref().unwrap_or("").lines().next().unwrap_or("") == message
        });
        if let Some(index) = same {
            builder.get(index).frames.clear();
            open.push(Open { index, numbered: true });
            return;
        }
    }
    let relation = if numbered.is_some_and(|n| n > 0) { Relation::Beside } else { Relation::Cause };
    let index = builder.begin(number, Language::Clr, (type_name, message), parent.map(|parent| (parent, relation)));
    if open.len() < MAX_DEPTH {
        open.push(Open { index, numbered: numbered.is_some() });
    }
    for part in parts.take(MAX_DEPTH) {
        inner_of_line(part, number, builder, open);
    }
}

/// As [`inner`], for what follows on the same line.
fn inner_of_line(part: &str, number: usize, builder: &mut Builder, open: &mut Vec<Open>) {
    let (type_name, message) = match head::split(part).or_else(|| head::find(part)) {
        Some((type_name, message)) => (Some(type_name), message),
        None => (None, part.trim()),
    };
    let parent = open.last().map(|open| (open.index, Relation::Cause));
    let index = builder.begin(number, Language::Clr, (type_name, message), parent);
    if open.len() < MAX_DEPTH {
        open.push(Open { index, numbered: false });
    }
}

/// `(Inner Exception #12) rest`, in any language: parentheses, and a number behind `#` at their end.
fn numbered(text: &str) -> Option<(&str, u32)> {
    let (words, rest) = text.strip_prefix('(')?.split_once(')')?;
    let (before, n) = trailing_number(words)?;
    before.ends_with('#').then_some((rest.trim_start(), n))
}

/// Whether a mark ends an inner exception, and does not part frames of the same one. .NET indents the first and not the
/// second; texts that lost their white space are known by the English words.
fn ends_inner(line: &str, text: &str) -> bool {
    if text.contains("previous location") {
        return false;
    }
    line.starts_with([' ', '\t']) || text.contains("inner exception")
}

/// `--- End of managed Java.Lang.RuntimeException stack trace ---`.
fn is_end_of_managed(text: &str) -> bool {
    text.contains("End of managed ") && text.contains(" stack trace")
}

/// A frame; None if the line is none.
pub(super) fn frame(line: &str, text: &str) -> Option<ManagedFrame> {
    let indented = line.starts_with([' ', '\t', '\u{3000}']);
    let space = text.find([' ', '\u{3000}'])?;
    let (word, rest) = text.split_at(space);
    // `위치:` and `konum:` have a colon; everything else is a word.
    if word != "at" && (!indented || word.len() > 24 || word.contains(['(', '.', '/', '\\', '<', '='])) {
        return None;
    }
    let call = rest.trim();
    native(call).or_else(|| method(call, word == "at"))
}

/// .NET Native without symbols: `App!<BaseAddress>+0x1234`, `App!Ns.Type.Method+0x12`.
fn native(call: &str) -> Option<ManagedFrame> {
    let (module, rest) = call.split_once('!')?;
    if module.is_empty() || module.contains([' ', '(']) {
        return None;
    }
    let (name, offset) = rest.rsplit_once("+0x")?;
    u64::from_str_radix(offset, 16).ok()?;
    let known = (name != "<BaseAddress>").then_some(name);
    let (class, method) = known.map_or((None, None), |name| {
        let (class, method) = split_method(name.split('(').next().unwrap_or(name));
        (owned(class), owned(method))
    });
    Some(ManagedFrame { class, method, module: owned(module), text: owned(call), ..ManagedFrame::default() })
}

/// `A.B.C(X y) in c:\f.cs:line 12`. `sure`: the word before it says that it is a frame.
fn method(call: &str, sure: bool) -> Option<ManagedFrame> {
    // `(wrapper managed-to-native) A.B (int)`.
    let (call, wrapped) = match call.strip_prefix("(wrapper ").and_then(|rest| rest.split_once(") ")) {
        Some((_, call)) => (call, true),
        None => (call, false),
    };
    let open = call.find('(');
    let Some(open) = open else {
        // `at A.B.C`, as some printers shorten it.
        let plain = sure && call.contains('.') && !call.contains(' ');
        let (class, name) = split_method(call);
        return plain.then(|| ManagedFrame { class: owned(class), method: owned(name), ..ManagedFrame::default() });
    };
    let name = call[..open].trim_end();
    // A sentence may hold parentheses, a method's name has no spaces but in template arguments.
    let has_space = name.split('<').next().is_some_and(|start| start.contains(' ')) && !name.contains(['[', '|']);
    if name.is_empty() || has_space || (!sure && !wrapped && !name.contains('.')) {
        return None;
    }
    let close = open + closing(&call[open..])?;
    let tail = call[close + 1..].trim();
    let place = place(tail);
    let (class, name) = split_method(name);
    if name.is_empty() {
        return None;
    }
    Some(ManagedFrame {
        class: owned(class),
        method: owned(name),
        parameters: Some(call[open + 1..close].trim().to_owned()),
        file: place.and_then(|place| owned(place.0)),
        line: place.and_then(|place| place.1),
        ..ManagedFrame::default()
    })
}

/// Where the parenthesis that opens a text is closed.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (i, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(i);
                }
            }
            _ => {}
        }
    }
    None
}

/// File and line of `in c:\f.cs:line 12`, `[0x00012] in /x/f.cs:12`, `<0x1f + 0x3> in <guid>:0`. None where there is none.
fn place(tail: &str) -> Option<(&str, Option<u32>)> {
    // Offsets that Mono puts before.
    let mut tail = tail;
    while let Some(rest) = tail.strip_prefix(['[', '<']) {
        tail = rest.split_once([']', '>'])?.1.trim_start();
    }
    let (_, path) = tail.split_once([' ', '\u{3000}'])?;
    // Some translations end the sentence.
    let path = path.trim().trim_end_matches(['.', '。']);
    let (before, line) = trailing_number(path)?;
    // The word before the number is translated: `:line 12`, `:Zeile 12`, `:行号 12`, `:12`.
    let colon = before.rfind(':')?;
    let file = &before[..colon];
    // `<filename unknown>`, `<guid of the assembly>`.
    let known = !file.starts_with('<') && !file.is_empty();
    known.then_some((file, Some(line).filter(|&line| line > 0)))
}

/// Class and method of `A.B.C`, without the method's type arguments: dots inside brackets part nothing, and those of
/// `..ctor` belong to the method.
pub(super) fn split_method(name: &str) -> (&str, &str) {
    let bytes = name.as_bytes();
    let mut depth = 0_usize;
    let mut dot = None;
    for (i, byte) in bytes.iter().enumerate().rev() {
        match byte {
            b'>' | b']' => depth += 1,
            b'<' | b'[' => depth = depth.saturating_sub(1),
            b'.' if depth == 0 => {
                dot = Some(i);
                break;
            }
            _ => {}
        }
    }
    let (class, method) = match dot {
        Some(dot) if dot > 0 && bytes[dot - 1] == b'.' => (&name[..dot - 1], &name[dot..]),
        Some(0) => ("", name),
        Some(dot) => (&name[..dot], &name[dot + 1..]),
        None => ("", name),
    };
    // Type arguments: `M[T]`, and Mono's `M<T>`; but `<M>b__0` is a name.
    let end = match method.find(['[', '<']) {
        Some(end) if end > 0 => end,
        _ => method.len(),
    };
    (class, &method[..end])
}

/// Whether a line is surely of .NET.
pub(super) fn is_sure(line: &str) -> bool {
    let text = line.trim();
    if let Some(rest) = text.strip_prefix("--->") {
        return head::find(rest).is_some();
    }
    if text.starts_with("--- ") && text.ends_with("---") {
        return true;
    }
    let Some(call) = text.strip_prefix("at ") else {
        // A translated word: only with a place that no other language prints.
        return frame(line, text).is_some_and(|f| f.class.is_some() && (f.line.is_some() || text.ends_with(')')));
    };
    if native(call).is_some() {
        return true;
    }
    let Some(open) = call.find('(') else { return false };
    let Some(close) = closing(&call[open..]).map(|close| open + close) else { return false };
    let (inside, tail) = (&call[open + 1..close], call[close + 1..].trim());
    // Java's parentheses hold a file, those of JavaScript a place; .NET's parameters, or nothing.
    let file = leaf(inside).rsplit_once(':').is_some_and(|(_, line)| line.bytes().all(|b| b.is_ascii_digit()));
    let known = matches!(inside, "Native Method" | "Unknown Source" | "native" | "<anonymous>" | "SourceFile");
    let java = [".java", ".kt", ".scala", ".groovy"].iter().any(|end| inside.ends_with(end));
    call[..open].contains('.')
        && !file
        && !known
        && !java
        && !inside.starts_with("eval at ")
        && !inside.starts_with("address at ")
        && (tail.is_empty() || place(tail).is_some() || tail.starts_with(['[', '<', '+']) || inside.contains(' '))
}
