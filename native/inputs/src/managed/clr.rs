//! Exceptions as .NET (Core, Framework, Native) and Mono print them.
//!
//! The words between the parts are translated (`at`, `bei`, `à`, `在`), so the shape decides: a frame is indented, one word
//! and a method with its parameters; marks begin and end with `---`. Inner exceptions stand before the frames of the outer
//! one, and each ends with a mark. .NET on iOS prints them behind the outer one: `message (Type)`, the frames, a line
//! `--- inner exception ---`, the next.

use super::builder::{Builder, Index};
use super::frame::{leaf, mark, owned, trailing_number};
use super::lines::Lines;
use super::{event_log, head, jvm, unity};
use crate::crash::{Language, ManagedFrame, Relation, Repeated, Thrown};

/// Exceptions within one another that are kept apart; deeper ones belong to the last.
const MAX_DEPTH: usize = 1024;
/// `COR_E_FAILFAST`: the program ended itself.
pub(super) const FAIL_FAST: u32 = 0x8013_1623;

/// An exception whose frames are still to come.
#[derive(Clone, Copy)]
struct Open {
    index: Index,
    /// It is one of several of an aggregate, which ends with `<---`.
    numbered: bool,
}

/// Read exceptions. `first` is one that was begun already, by the head of an event of the event log.
pub(super) fn parse(lines: &mut Lines<'_>, builder: &mut Builder, first: Option<Index>) {
    let mut open: Vec<Open> = first.map(|index| Open { index, numbered: false }).into_iter().collect();
    read(lines, builder, &mut open, first.is_some());
    builder.thrown.iter_mut().for_each(complete);
}

/// What follows from an exception's own lines.
fn complete(thrown: &mut Thrown) {
    if thrown.type_name.is_some() {
        return;
    }
    if let Some((message, type_name)) = thrown.message.as_deref().and_then(type_at_end) {
        (thrown.type_name, thrown.message) = (Some(type_name.to_owned()), Some(message.to_owned()));
    } else if thrown.hresult.is_none() && thrown.frames.first().is_some_and(is_fail_fast) {
        thrown.hresult = Some(FAIL_FAST);
    }
}

/// The frame of who ends the process: `Environment.FailFast`, and a debug assertion.
fn is_fail_fast(frame: &ManagedFrame) -> bool {
    let method = frame.method.as_deref().unwrap_or("").trim_start_matches('_');
    match frame.class.as_deref() {
        Some("System.Environment") => method.starts_with("FailFast"),
        Some("System.Diagnostics.DebugProvider") => true,
        _ => false,
    }
}

/// Message and type of `message (Type)`.
fn type_at_end(text: &str) -> Option<(&str, &str)> {
    let (message, type_name) = text.trim_end().strip_suffix(')')?.rsplit_once('(')?;
    (type_name.contains('.') && head::is_type(type_name)).then_some((message.trim_end(), type_name))
}

fn read(lines: &mut Lines<'_>, builder: &mut Builder, open: &mut Vec<Open>, event: bool) {
    // Lines before the first frame belong to the message.
    let mut in_message = true;
    // The next line is the head of an inner exception.
    let mut inner_next = false;
    // Frames belong to a line of Unity's log.
    let mut logging = false;
    while let Some(line) = lines.next() {
        let number = lines.number();
        let text = line.trim();
        if text.is_empty() {
            logging = false;
            if in_message && let Some(last) = open.last() {
                builder.more_message(last.index, "");
            }
            continue;
        }
        if event && event_log::ends(text) {
            return;
        }
        if event && in_message && event_log::is_label(text) {
            continue;
        }
        if let Some(rest) = text.strip_prefix("--->") {
            inner(rest, number, builder, open);
            in_message = true;
            continue;
        }
        if !in_message && is_copy(text, builder) {
            return;
        }
        if in_message && !event && unity::is_log_call(text) && !open.iter().any(|open| is_typed(builder, *open)) {
            // What was read so far is the log line.
            open.clear();
            builder.forget_untyped();
            logging = true;
        }
        if logging && unity::frame(text).is_some() {
            continue;
        }
        logging = false;
        if text == "--- inner exception ---" {
            inner_next = true;
            continue;
        }
        if std::mem::take(&mut inner_next) {
            inner(text, number, builder, open);
            in_message = true;
            continue;
        }
        if let Some(rest) = text.strip_prefix(unity::RETHROW).filter(|_| !open.is_empty() && !in_message) {
            let head = type_and_message(rest);
            let index = builder.around(number, Language::Clr, head);
            set_hresult(builder, index, rest, head.0);
            *open = vec![Open { index, numbered: false }];
            in_message = true;
            continue;
        }
        if let Some(times) = repeat(text) {
            if let Some(last) = open.last() {
                repeated(lines, builder, last.index, times);
            }
            in_message = false;
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
        if let Some(frame) = frame(line, text).or_else(|| unity_frame(text, builder, open)) {
            if open.is_empty() {
                open.push(Open { index: builder.begin(number, Language::Clr, (None, ""), None), numbered: false });
            }
            if let Some(last) = open.last() {
                builder.frame(number, last.index, frame);
            }
            in_message = false;
        } else if !text.is_empty() {
            message(text, line, number, in_message, builder, open);
        }
        if closes {
            let keep = open.iter().rposition(|open| open.numbered).unwrap_or(open.len());
            open.truncate(keep.max(1));
            in_message = false;
        }
    }
}

fn is_typed(builder: &mut Builder, open: Open) -> bool {
    builder.get(open.index).type_name.is_some()
}

/// Whether a line begins a copy of the outermost exception: Mono prints `Unhandled Exception:` and the exception, and logs
/// `[ERROR] FATAL UNHANDLED EXCEPTION: ` with the exception again.
fn is_copy(text: &str, builder: &mut Builder) -> bool {
    let Some(rest) = text.strip_prefix("[ERROR] FATAL UNHANDLED EXCEPTION: ") else { return false };
    let (type_name, message) = type_and_message(rest.split(" ---> ").next().unwrap_or(rest));
    builder.thrown.first().is_some_and(|first| {
        let line = first.message.as_deref().unwrap_or("").lines().next().unwrap_or("");
        first.type_name.as_deref() == type_name && line == message
    })
}

/// Keep the HRESULT that a head has behind its type.
fn set_hresult(builder: &mut Builder, index: Index, head: &str, type_name: Option<&str>) {
    if let Some(code) = type_name.and_then(|type_name| head::hresult(head, type_name)) {
        builder.get(index).hresult = Some(code);
    }
}

/// A frame as Unity prints it; one that only looks so belongs to an exception whose type is known.
fn unity_frame(text: &str, builder: &mut Builder, open: &[Open]) -> Option<ManagedFrame> {
    let (frame, evidence) = unity::frame(text)?;
    let typed = open.last().is_some_and(|last| is_typed(builder, *last));
    (typed || evidence == unity::Evidence::Own).then_some(frame)
}

/// `Repeat 24061 times:`, of a full stack: how often the frames that follow, between two rules, are there.
fn repeat(text: &str) -> Option<u64> {
    let words = text.strip_prefix("Repeated ").or_else(|| text.strip_prefix("Repeat "))?;
    words.strip_suffix(" times:")?.parse().ok()
}

/// Read frames that repeat. They are kept once, and their number beside them: it may be any.
fn repeated(lines: &mut Lines<'_>, builder: &mut Builder, index: Index, times: u64) {
    let mut period = 0;
    let mut rules = 0;
    loop {
        let mut next = lines.clone();
        let Some(line) = next.next() else { break };
        let text = line.trim();
        let frame = frame(line, text);
        if frame.is_none() && (text.is_empty() || !text.bytes().all(|byte| byte == b'-')) {
            break;
        }
        *lines = next;
        match frame {
            Some(frame) => period += usize::from(builder.frame(lines.number(), index, frame)),
            None => rules += 1,
        }
        if rules == 2 {
            break;
        }
    }
    let thrown = builder.get(index);
    // The deepest recursion is the first that is printed.
    if period > 0 && thrown.repeated.is_none() {
        let calls = thrown.frames.iter().filter(|frame| !frame.mark).count();
        let first = calls.saturating_sub(period);
        thrown.repeated = Some(Repeated { first, period, times });
    }
}

/// A line that is no frame: the first exception, or one more line of a message.
fn message(text: &str, line: &str, number: usize, in_message: bool, builder: &mut Builder, open: &mut Vec<Open>) {
    let Some(last) = open.last() else {
        // Mono prints it on a line of its own.
        if text.ends_with("Unhandled Exception:") {
            return;
        }
        let internal = text.starts_with("Fatal error. Internal CLR error.");
        let (type_name, message) = match head::find(text) {
            _ if text.starts_with("Stack overflow.") => (Some("System.StackOverflowException"), text),
            _ if internal => (Some("System.ExecutionEngineException"), text),
            // The type stands at the end, and the message may begin with anything.
            _ if type_at_end(text).is_some() && head::split(text).is_none() => (None, text),
            Some((type_name, message)) => (Some(type_name), message),
            None => (None, text),
        };
        // .NET Framework and Mono: `A: a ---> B: b ---> C: c`, and the frames of C follow.
        let mut parts = message.split(" ---> ");
        let message = parts.next().unwrap_or("");
        let index = builder.begin(number, Language::Clr, (type_name, message), None);
        set_hresult(builder, index, text, type_name);
        if internal {
            builder.get(index).hresult = Some(event_log::EXECUTION_ENGINE);
        }
        open.push(Open { index, numbered: false });
        for part in parts {
            inner(part, number, builder, open);
        }
        return;
    };
    if in_message {
        let mut parts = line.split(" ---> ");
        let first = parts.next().unwrap_or("").trim_end();
        // What a program or its log wrote above the exception was taken for its message.
        match head::split(first).filter(|(name, _)| name.ends_with("Exception")) {
            Some((type_name, message)) if builder.get(last.index).type_name.is_none() => {
                let thrown = builder.get(last.index);
                thrown.type_name = Some(type_name.to_owned());
                thrown.hresult = head::hresult(first, type_name);
                thrown.message = Some(message.to_owned()).filter(|message| !message.is_empty());
            }
            _ => builder.more_message(last.index, first),
        }
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
    let (type_name, message) = type_and_message(first);
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
    set_hresult(builder, index, first, type_name);
    if open.len() < MAX_DEPTH {
        open.push(Open { index, numbered: numbered.is_some() });
    }
    for part in parts.take(MAX_DEPTH) {
        inner_of_line(part, number, builder, open);
    }
}

fn type_and_message(text: &str) -> (Option<&str>, &str) {
    if head::split(text).is_none() && type_at_end(text).is_some() {
        return (None, text);
    }
    match head::split(text).or_else(|| head::find(text)) {
        Some((type_name, message)) => (Some(type_name), message),
        None => (None, text),
    }
}

/// As [`inner`], for what follows on the same line.
fn inner_of_line(part: &str, number: usize, builder: &mut Builder, open: &mut Vec<Open>) {
    let parent = open.last().map(|open| (open.index, Relation::Cause));
    let head = type_and_message(part.trim());
    let index = builder.begin(number, Language::Clr, head, parent);
    set_hresult(builder, index, part, head.0);
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

/// Where the parenthesis that opens a text is closed.
pub(super) fn closing(text: &str) -> Option<usize> {
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
            // Unity: `Shop.Cart:Total`, `Shop.Cart:.ctor`.
            b':' if depth == 0 && i > 0 => return (&name[..i], without_arguments(&name[i + 1..])),
            _ => {}
        }
    }
    let (class, method) = match dot {
        Some(dot) if dot > 0 && bytes[dot - 1] == b':' => (&name[..dot - 1], &name[dot..]),
        Some(dot) if dot > 0 && bytes[dot - 1] == b'.' => (&name[..dot - 1], &name[dot..]),
        Some(0) => ("", name),
        Some(dot) => (&name[..dot], &name[dot + 1..]),
        None => ("", name),
    };
    (class, without_arguments(method))
}

/// A method without its type arguments: `M[T]`, and Mono's `M<T>`; but `<M>b__0` is a name.
fn without_arguments(method: &str) -> &str {
    match method.find(['[', '<']) {
        Some(end) if end > 0 => &method[..end],
        _ => method,
    }
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
        return frame(line, text).is_some_and(|f| f.class.is_some() && (f.line.is_some() || text.ends_with(')')))
            || unity::frame(text).is_some_and(|(_, evidence)| evidence == unity::Evidence::Own);
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
        && (tail.is_empty()
            || place(tail).is_some()
            || unity::source(tail).is_some()
            || tail.starts_with(['[', '<', '+'])
            || inside.contains(' '))
}
