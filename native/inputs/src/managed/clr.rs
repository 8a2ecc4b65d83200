//! Exceptions as .NET (Core, Framework, Native) and Mono print them.
//!
//! The words between the parts are translated (`at`, `bei`, `à`, `在`), so the shape decides: a frame is indented, one
//! word and a method with its parameters; marks begin and end with `---`. Inner exceptions stand before the frames of
//! the outer one, and each ends with a mark. .NET on iOS prints them behind the outer one: `message (Type)`, the
//! frames, a line `--- inner exception ---`, the next.

use super::builder::{Builder, Index};
use super::clr_frame::frame;
use super::frame::{mark, trailing_number};
use super::hresult::{EXECUTION_ENGINE, FAIL_FAST};
use super::lines::Lines;
use super::{event_log, head, jvm, unity};
use crate::crash::{Language, ManagedFrame, Relation, Repeated, Thrown};

/// Nested exceptions that are distinguished; deeper ones belong to the last.
const MAX_DEPTH: usize = 1024;

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

/// The frame of the function that ends the process: `Environment.FailFast`, and a debug assertion.
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

/// Whether a line begins a copy of the outermost exception: Mono prints `Unhandled Exception:` and the exception, and
/// logs `[ERROR] FATAL UNHANDLED EXCEPTION: ` with the exception again.
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

/// Read frames that repeat. They are stored once, with their number beside them: it may be any.
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

const UNHANDLED: &str = "Unhandled managed exception:";

/// A line that is not a frame: the first exception, or one more line of a message.
fn message(text: &str, line: &str, number: usize, in_message: bool, builder: &mut Builder, open: &mut Vec<Open>) {
    let Some(last) = open.last() else {
        // Mono prints it on a line of its own, and the run-time of iOS before `message (Type)`.
        if text.ends_with("Unhandled Exception:") || text.ends_with(UNHANDLED) {
            return;
        }
        let text = text.strip_prefix(UNHANDLED).unwrap_or(text).trim_start();
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
            builder.get(index).hresult = Some(EXECUTION_ENGINE);
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
