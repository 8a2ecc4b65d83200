//! Frames as .NET (Core, Framework, Native) and Mono print them: one word, perhaps translated, and a method with its
//! parameters.

use super::clr_method::{closing, split_method};
use super::frame::{owned, source_leaf, trailing_number};
use super::{head, unity};
use crate::crash::ManagedFrame;

/// A frame; None if the line is not a frame.
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
    let offset = u64::from_str_radix(offset, 16).ok()?;
    let known = (name != "<BaseAddress>").then_some(name);
    let (class, method) = known.map_or((None, None), |name| {
        let (class, method) = split_method(name.split('(').next().unwrap_or(name));
        (owned(class), owned(method))
    });
    Some(ManagedFrame {
        class,
        method,
        module: owned(module),
        // Behind a function's name it counts from the function's start.
        module_offset: known.is_none().then_some(offset),
        text: owned(call),
        ..ManagedFrame::default()
    })
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
    let place = unity::source(tail).map_or_else(|| place(tail), |(file, line)| Some((file?, line)));
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

/// File and line of `in c:\f.cs:line 12`, `[0x00012] in /x/f.cs:12`, `<0x1f + 0x3> in <guid>:0`. None where neither is
/// given.
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
        // A translated word: only with a position that no other language prints.
        return frame(line, text).is_some_and(|f| f.class.is_some() && (f.line.is_some() || text.ends_with(')')))
            || unity::frame(text).is_some_and(|(_, evidence)| evidence == unity::Evidence::Own);
    };
    if native(call).is_some() {
        return true;
    }
    let Some(open) = call.find('(') else { return false };
    let Some(close) = closing(&call[open..]).map(|close| open + close) else { return false };
    let (inside, tail) = (&call[open + 1..close], call[close + 1..].trim());
    // Java's parentheses hold a file, those of JavaScript a position; .NET's parameters, or nothing.
    let file = source_leaf(inside).rsplit_once(':').is_some_and(|(_, line)| line.bytes().all(|b| b.is_ascii_digit()));
    let known = matches!(inside, "Native Method" | "Unknown Source" | "native" | "<anonymous>" | "SourceFile");
    let java = [".java", ".kt", ".scala", ".groovy"].iter().any(|end| inside.ends_with(end));
    call[..open].contains('.')
        && !file
        && !known
        && !java
        && !inside.starts_with("eval at ")
        && !inside.starts_with("address at ")
        && (tail.is_empty()
            || place(tail).is_some()
            || unity::source(tail).is_some()
            || tail.starts_with(['[', '<', '+'])
            || inside.contains(' '))
}
