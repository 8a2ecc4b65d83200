//! Errors as JavaScript engines print them: V8, Hermes, SpiderMonkey, JavaScriptCore.

use super::builder::{Builder, Index};
use super::frame::{owned, position, source_leaf};
use super::head;
use super::lines::{Lines, indent};
use crate::crash::{Language, ManagedFrame, Relation};

/// Nested errors that are distinguished.
const MAX_DEPTH: usize = 256;

pub(super) fn parse(lines: &mut Lines<'_>, builder: &mut Builder) {
    // Errors that have not ended, by indentation.
    let mut open: Vec<(usize, Index)> = Vec::new();
    let mut in_message = false;
    // Text before the first error: Node shows the source line first.
    let mut before: Option<(usize, &str)> = None;
    // Frames that Node leaves out since they stand below, in the cause.
    let mut left_out: Vec<LeftOut> = Vec::new();
    while let Some(line) = lines.next() {
        let number = lines.number();
        // Node opens the error's properties behind the last frame, and puts commas between errors.
        let text = line.trim();
        let call = text.strip_suffix(" {").unwrap_or(text).trim_end_matches(',');
        if text.is_empty() {
            if in_message && let Some(&(_, last)) = open.last() {
                builder.more_message(last, "");
            }
            continue;
        }
        if let Some(frame) = frame(call) {
            if open.is_empty() {
                let head = before.map_or((None, ""), |(_, text)| (None, text));
                open.push((0, builder.begin(number, Language::JavaScript, head, None)));
            }
            let column = indent(line);
            while open.len() > 1 && open.last().is_some_and(|&(at, _)| at > column) {
                open.pop();
            }
            if let Some(&(_, last)) = open.last() {
                builder.frame(number, last, frame);
            }
            in_message = false;
            continue;
        }
        if let (Some(count), Some(&(_, error))) = (matching_cause(text), open.last()) {
            left_out.push(LeftOut { line: number, error, at: builder.get(error).frames.len(), count });
            continue;
        }
        let cause = ["[cause]:", "Caused by:", "caused by:"].iter().find_map(|words| text.strip_prefix(words));
        if let Some(rest) = cause {
            let parent = open.last().map(|&(_, index)| (index, Relation::Cause));
            let index = builder.begin(number, Language::JavaScript, type_and_message(rest.trim()), parent);
            push(&mut open, indent(line), index);
            in_message = true;
            continue;
        }
        // `[errors]: [` of an AggregateError, and the errors in it.
        if text.starts_with("[errors]:") {
            in_message = false;
            continue;
        }
        let column = indent(line);
        match head::find(text).filter(|(type_name, _)| is_error(type_name)) {
            Some((type_name, message)) if open.is_empty() || (!in_message && column > open[0].0) => {
                while open.len() > 1 && open.last().is_some_and(|&(at, _)| at >= column) {
                    open.pop();
                }
                // Of an AggregateError; the first stands for its cause.
                let parent = open.last().map(|&(_, index)| {
                    let first = !builder.thrown.iter().any(|thrown| thrown.parent == Some(index));
                    (index, if first { Relation::Cause } else { Relation::Beside })
                });
                let index = builder.begin(number, Language::JavaScript, (Some(type_name), message), parent);
                push(&mut open, column, index);
                in_message = true;
            }
            _ if in_message => {
                if let Some(&(_, last)) = open.last() {
                    builder.more_message(last, line.trim_end());
                }
            }
            _ if open.is_empty() => {
                before.get_or_insert((number, text));
            }
            _ => {
                // `}` ends the properties of an error.
                if matches!(text, "}" | "]" | "}," | "],") {
                    while open.len() > 1 && open.last().is_some_and(|&(at, _)| at >= column) {
                        open.pop();
                    }
                }
            }
        }
    }
    fill(builder, left_out);
}

/// Frames that an error has in common with its cause, and that are printed there only.
struct LeftOut {
    line: usize,
    error: Index,
    /// How many frames stand before them.
    at: usize,
    count: usize,
}

/// `... 5 lines matching cause stack trace ...`
fn matching_cause(text: &str) -> Option<usize> {
    let (count, words) = text.strip_prefix("... ")?.split_once(' ')?;
    words.starts_with("lines matching cause stack trace").then(|| count.parse().ok()).flatten()
}

/// Puts the frames that were left out where they belong: in the cause they follow the same frame.
fn fill(builder: &mut Builder, left_out: Vec<LeftOut>) {
    let mut cause_of = vec![None; builder.thrown.len()];
    for (i, thrown) in builder.thrown.iter().enumerate().rev() {
        if let Some(slot) =
            thrown.parent.filter(|_| thrown.relation == Relation::Cause).and_then(|p| cause_of.get_mut(p))
        {
            *slot = Some(i);
        }
    }
    // From the innermost: its frames may be some of those that are left out further out. And each error once, so that
    // the work is that of the frames.
    let mut done = usize::MAX;
    for gap in left_out.into_iter().rev() {
        let Some(cause) = cause_of.get(gap.error).copied().flatten().filter(|_| gap.error != done) else { continue };
        done = gap.error;
        let frames = &builder.thrown[cause].frames;
        let before = gap.at.checked_sub(1).and_then(|at| builder.thrown[gap.error].frames.get(at));
        let start = frames.iter().position(|frame| Some(frame) == before).map_or(frames.len(), |at| at + 1);
        let missing = start..frames.len().min(start.saturating_add(gap.count));
        let wanted = missing.len();
        let missing = builder.copy(gap.line, cause, missing);
        if wanted < gap.count {
            builder.note(gap.line, format!("{} frames are said to be in the cause, which has {}", gap.count, wanted));
        }
        builder.insert(gap.line, gap.error, gap.at, missing);
    }
}

fn push(open: &mut Vec<(usize, Index)>, column: usize, index: Index) {
    if open.len() < MAX_DEPTH {
        open.push((column, index));
    }
}

fn is_error(type_name: &str) -> bool {
    ["Error", "Exception", "Violation", "Failure", "Rejection"].iter().any(|end| type_name.ends_with(end))
}

fn type_and_message(text: &str) -> (Option<&str>, &str) {
    match head::split(text).or_else(|| head::find(text)) {
        Some((type_name, message)) => (Some(type_name), message),
        None => (None, text),
    }
}

/// A frame of any engine; None if the line is not a frame.
pub(super) fn frame(text: &str) -> Option<ManagedFrame> {
    match text.strip_prefix("at ") {
        Some(call) => v8(call.trim()),
        None => at_sign(text),
    }
}

/// `at async new Foo.bar [as baz] (file.js:1:2)`, `at file.js:1:2`, `at foo (eval at bar (file.js:1:2),
/// <anonymous>:3:4)`.
fn v8(call: &str) -> Option<ManagedFrame> {
    let (name, inside) = match call.strip_suffix(')').and_then(|call| call.split_once(" (")) {
        Some((name, inside)) => (Some(name), inside),
        // `at foo(app.js:1:2)`: some printers leave the space out.
        None => match call.strip_suffix(')').and_then(|call| call.split_once('(')) {
            Some((name, inside)) if position(inside).1.is_some() && !name.contains([' ', '/']) => (Some(name), inside),
            _ if call == "<anonymous>" => (None, call),
            _ if position(strip_address(call)).1.is_some() => (None, strip_async(call).0),
            _ => return None,
        },
    };
    let place = Place::of(inside)?;
    let (class, method) = match name {
        Some(name) => function(name),
        None => (None, None),
    };
    Some(place.frame(class, method))
}

fn strip_address(inside: &str) -> &str {
    inside.strip_prefix("address at ").unwrap_or(inside)
}

fn strip_async(name: &str) -> (&str, bool) {
    match name.strip_prefix("async ") {
        Some(rest) => (rest.trim_start(), true),
        None => (name, false),
    }
}

/// The module of the engine's own functions.
const NATIVE: &str = "native";

/// Where a frame is.
struct Place<'t> {
    file: Option<&'t str>,
    line: Option<u32>,
    column: Option<u32>,
    /// Inside the engine.
    native: bool,
}

impl<'t> Place<'t> {
    fn of(inside: &'t str) -> Option<Place<'t>> {
        let nowhere = Place { file: None, line: None, column: None, native: true };
        let inside = strip_address(inside.trim());
        if matches!(
            inside,
            "native" | "<anonymous>" | "native code" | "[native code]" | "unknown" | "InternalBytecode.js"
        ) || inside.starts_with("index ")
        {
            return Some(nowhere);
        }
        // The position in evaluated code is behind the last comma, that of `eval` before it.
        if let Some(eval) = inside.strip_prefix("eval at ") {
            let outer = eval.rfind('(').and_then(|at| eval[at + 1..].split(')').next()).unwrap_or("");
            let (file, line, column) = position(outer);
            return Some(Place { file: Some(file).filter(|file| !file.is_empty()), line, column, native: false });
        }
        // `wasm://wasm/0a1b:wasm-function[12]:0x1f`.
        if let Some((file, _)) = inside.split_once(":wasm-function[") {
            return Some(Place { file: Some(file), native: false, ..nowhere });
        }
        let (file, line, column) = position(inside);
        line.is_some().then_some(Place { file: Some(file), line, column, native: false })
    }

    fn frame(self, class: Option<String>, method: Option<String>) -> ManagedFrame {
        let file = self.file.filter(|file| !matches!(*file, "<anonymous>" | "native" | "unknown"));
        ManagedFrame {
            class,
            method,
            file: file.and_then(owned),
            line: self.line.filter(|&line| line > 0),
            column: self.column,
            module: if self.native { Some(NATIVE.to_owned()) } else { file.and_then(bundle) },
            ..ManagedFrame::default()
        }
    }
}

/// The bundle or script of a path or address: `index.android.bundle`, `main.js`; run-time modules keep their whole
/// name: `node:fs`.
fn bundle(file: &str) -> Option<String> {
    if file.starts_with("node:") || file.starts_with("internal/") {
        return owned(file);
    }
    let name = source_leaf(file);
    // `main.8f3a2b1c.chunk.js`: bundlers put a digest of the content in.
    let is_digest = |part: &str| {
        part.len() >= 8 && part.bytes().all(|b| b.is_ascii_hexdigit()) && part.bytes().any(|b| b.is_ascii_digit())
    };
    let mut parts: Vec<&str> = name.split('.').collect();
    if parts.len() > 2 {
        parts.retain(|part| !is_digest(part));
    }
    owned(&parts.join("."))
}

/// Class and method: without `async`, `new` and `[as x]`.
fn function(name: &str) -> (Option<String>, Option<String>) {
    let name = strip_async(name.trim()).0;
    // Promise.all (index 0).
    let (name, constructs) = match name.strip_prefix("new ") {
        Some(name) => (name, true),
        None => (name, false),
    };
    let name = name.split(" [as ").next().unwrap_or(name).trim();
    if matches!(
        name,
        "" | "<anonymous>" | "anonymous" | "?" | "<unknown>" | "global code" | "eval code" | "module code"
    ) {
        return (None, None);
    }
    if constructs {
        return (owned(name), Some("constructor".to_owned()));
    }
    match name.rsplit_once('.') {
        Some((class, method)) if !class.is_empty() && !method.is_empty() => (owned(class), owned(method)),
        _ => (None, owned(name)),
    }
}

/// `foo@http://x/a.js:1:2`, `@a.js:1:2`, `foo@[native code]`, `async*foo@a.js:1:2`; Safari's `a.js:1:2` alone.
fn at_sign(text: &str) -> Option<ManagedFrame> {
    // Packages have an `@` of their own: `f@file:///node_modules/@scope/a.js:1:2`.
    let (name, place) = text.split_once('@')?;
    if name.contains(' ') && !matches!(name, "global code" | "eval code" | "module code") {
        return None;
    }
    let place = place.split(" line ").next().unwrap_or(place);
    let parsed = line_and_column(place).or_else(|| Place::of(place))?;
    let name = name.rsplit('*').next().unwrap_or("");
    // `outer/inner/<`: what stands before belongs to the function around it.
    let name = name.trim_end_matches(['<', '/']);
    let (class, method) = function(name);
    Some(parsed.frame(class, method))
}

/// `1:2021896`: React Native leaves out the file of its bundle. Unknown lines and columns are written as -1.
fn line_and_column(place: &str) -> Option<Place<'_>> {
    let (line, column) = place.split_once(':')?;
    let number = |text: &str| if text == "-1" { Some(None) } else { text.parse::<u32>().ok().map(Some) };
    Some(Place { file: None, line: number(line)?, column: number(column)?, native: false })
}

/// Whether a line is surely of JavaScript.
pub(super) fn is_sure(line: &str) -> bool {
    let text = line.trim();
    let text = text.strip_suffix(" {").unwrap_or(text);
    let Some(frame) = frame(text) else { return false };
    match text.strip_prefix("at ") {
        None => frame.line.is_some() && frame.column.is_some() || text.ends_with("@[native code]"),
        Some(call) => {
            frame.column.is_some()
                || call.ends_with("(native)")
                || call.ends_with("(<anonymous>)")
                || (frame.line.is_some() && [".js:", ".bundle:", ".ts:", ".jsx:"].iter().any(|end| call.contains(end)))
        }
    }
}
