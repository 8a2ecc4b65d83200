//! Exceptions as Python prints them (`traceback`): the innermost frame last, the outermost exception last.

use super::builder::{Builder, Index};
use super::frame::{owned, source_leaf};
use super::head;
use super::lines::{Lines, indent};
use crate::crash::{Language, ManagedFrame, Relation};

/// Nested groups that are distinguished.
const MAX_DEPTH: usize = 256;
/// Repetitions of a line that are written out: Python's own recursion limit.
const MAX_REPEATS: u64 = 1000;

const TRACEBACK: &str = "Traceback (most recent call last):";
const GROUP: &str = "+ Exception Group Traceback (most recent call last):";
const CAUSE: &str = "The above exception was the direct cause of the following exception:";
const CONTEXT: &str = "During handling of the above exception, another exception occurred:";

/// What is being read at one depth of groups.
#[derive(Default)]
struct Level {
    /// Column of the bars of a group; 0 outside.
    column: usize,
    /// The exception that is being read.
    current: Option<Index>,
    /// Its frames, the innermost last, each with its line.
    frames: Vec<(usize, ManagedFrame)>,
    /// A traceback or a member of a group has begun: an exception comes, whatever it is called.
    begun: bool,
    /// Its head was read: what follows is its message.
    in_message: bool,
    /// The exception that was read before, and how it stands to the next.
    before: Option<(Index, Relation)>,
    /// The group whose members stand here, and how many of them there were.
    group: Option<(Index, usize)>,
}

pub(super) fn parse(lines: &mut Lines<'_>, builder: &mut Builder) {
    let mut levels = vec![Level::default()];
    let mut groups = false;
    while let Some(line) = lines.next() {
        let number = lines.number();
        groups |= line.contains(GROUP);
        // Without groups a bar is an operator at the start of a source line.
        let (bars, text) = if groups { unbar(line) } else { (None, line) };
        let column = bars.unwrap_or(0);
        while levels.len() > 1 && levels.last().is_some_and(|level| level.column > column) {
            end_level(&mut levels, builder, number);
        }
        if is_separator(text) {
            // `+-+---- 1 ----` opens the members one column to the right, `+---- 2 ----` goes on with the next.
            let at = column + if text.starts_with("-+-") { 2 } else { 0 };
            open_member(&mut levels, builder, at, number);
            continue;
        }
        if levels.len() == 1 {
            levels[0].column = column;
        }
        let Some(level) = levels.last_mut() else { return };
        one(level, builder, text, number);
    }
    while levels.len() > 1 {
        end_level(&mut levels, builder, lines.number());
    }
    if let Some(level) = levels.last_mut() {
        end(level, builder, lines.number());
    }
    outermost_first(builder);
}

/// The column of a group's bar and the text after it.
fn unbar(line: &str) -> (Option<usize>, &str) {
    let trimmed = line.trim_start_matches(' ');
    match trimmed.strip_prefix(['|', '+']) {
        Some(rest) if line.len() > trimmed.len() => {
            (Some(line.len() - trimmed.len()), rest.strip_prefix(' ').unwrap_or(rest))
        }
        _ => (None, line),
    }
}

/// `---------------- 1 ----------------`, `-+---------------- 1 ----------------`,
/// `------------------------------------`.
fn is_separator(text: &str) -> bool {
    text.starts_with("-+---") || (text.starts_with("------") && text.ends_with("---"))
}

fn open_member(levels: &mut Vec<Level>, builder: &mut Builder, column: usize, number: usize) {
    let room = levels.len() < MAX_DEPTH;
    let Some(level) = levels.last_mut() else { return };
    if level.column == column && level.group.is_some() {
        end(level, builder, number);
        level.before = None;
        level.begun = true;
    } else if room {
        flush(level, builder);
        let group = level.current.map(|group| (group, 0));
        levels.push(Level { column, group, begun: true, ..Level::default() });
    }
}

fn end_level(levels: &mut Vec<Level>, builder: &mut Builder, number: usize) {
    if let Some(level) = levels.last_mut() {
        end(level, builder, number);
    }
    levels.pop();
    if let Some(level) = levels.last_mut() {
        level.in_message = false;
    }
}

/// Gives the frames to their exception, the innermost first.
fn flush(level: &mut Level, builder: &mut Builder) {
    let Some(current) = level.current else { return };
    for (number, frame) in level.frames.drain(..).rev() {
        builder.frame(number, current, frame);
    }
}

/// What was read is complete.
fn end(level: &mut Level, builder: &mut Builder, number: usize) {
    if level.current.is_none() && !level.frames.is_empty() {
        begin(level, builder, (None, ""), number);
    }
    flush(level, builder);
    level.current = None;
    level.in_message = false;
}

fn begin(level: &mut Level, builder: &mut Builder, head: (Option<&str>, &str), number: usize) {
    let of = level.group.as_mut().map(|(group, members)| {
        *members += 1;
        (*group, if *members == 1 { Relation::Cause } else { Relation::Beside })
    });
    let index = builder.begin(number, Language::Python, head, of);
    // The chain is printed from the inside out: what was read before belongs to this one.
    if let Some((before, relation)) = level.before.take()
        && before < builder.thrown.len()
        && index < builder.thrown.len()
    {
        let inner = builder.get(before);
        inner.parent = Some(index);
        inner.relation = relation;
        if let Some((_, members)) = &mut level.group {
            *members -= 1;
            let relation = if *members <= 1 { Relation::Cause } else { Relation::Beside };
            builder.get(index).relation = relation;
        }
    }
    level.current = Some(index);
    level.in_message = true;
    level.begun = false;
}

fn one(level: &mut Level, builder: &mut Builder, text: &str, number: usize) {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        if level.in_message
            && let Some(current) = level.current
        {
            builder.more_message(current, "");
        }
        return;
    }
    if trimmed.ends_with(TRACEBACK) && trimmed.len() <= TRACEBACK.len() + 24 {
        if level.current.is_some() || !level.frames.is_empty() {
            end(level, builder, number);
        }
        level.in_message = false;
        level.begun = true;
        return;
    }
    if trimmed == CAUSE || trimmed == CONTEXT {
        let relation = if trimmed == CAUSE { Relation::Cause } else { Relation::Beside };
        let current = level.current;
        end(level, builder, number);
        level.before = current.map(|current| (current, relation));
        return;
    }
    // A message may quote a traceback; frames of its own stand at the left of it.
    if let Some(frame) = frame(text) {
        if level.in_message && indent(text) > 2 {
            if let Some(current) = level.current {
                builder.more_message(current, text.trim_end());
            }
            return;
        }
        if level.current.is_some() {
            end(level, builder, number);
        }
        if level.frames.len() < super::builder::MAX_FRAMES {
            level.frames.push((number, frame));
        } else {
            builder.note(number, "a frame more than can be kept");
        }
        return;
    }
    if let Some(times) = repeated(trimmed) {
        if let Some((_, last)) = level.frames.last().cloned() {
            let kept = times.min(MAX_REPEATS);
            let room = super::builder::MAX_FRAMES.saturating_sub(level.frames.len());
            let copies = usize::try_from(kept).unwrap_or(room).min(room);
            let copies = builder.granted(number, &last, copies);
            level.frames.extend((0..copies).map(|_| (number, last.clone())));
            if kept < times {
                builder.note(number, format!("{times} repetitions of a frame: {kept} kept"));
            }
        }
        return;
    }
    let at_left = !text.starts_with([' ', '\t']);
    if level.in_message {
        if let Some(current) = level.current {
            builder.more_message(current, text.trim_end());
        }
    } else if at_left {
        let head = match head::split(trimmed) {
            Some((type_name, message))
                if level.begun || !level.frames.is_empty() || head::is_surely_type(type_name) =>
            {
                (Some(type_name), message)
            }
            _ if level.frames.is_empty() => return,
            _ => (None, trimmed),
        };
        begin(level, builder, head, number);
    }
    // What is left is a line of source, or the marks under it.
}

/// `[Previous line repeated 12 more times]`.
fn repeated(text: &str) -> Option<u64> {
    let rest = text.strip_prefix("[Previous line repeated ")?;
    let (count, words) = rest.split_once(' ')?;
    words.starts_with("more time").then(|| count.parse().ok()).flatten()
}

/// `  File "a/b.py", line 12, in f`; without `in` the position of a syntax error.
pub(super) fn frame(text: &str) -> Option<ManagedFrame> {
    let rest = text.trim().strip_prefix("File \"")?;
    let (file, rest) = rest.rsplit_once("\", line ")?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let line = rest[..digits].parse().ok()?;
    let method = rest[digits..].strip_prefix(", in ");
    Some(ManagedFrame {
        class: module(file),
        method: method.and_then(owned),
        file: owned(file),
        line: Some(line).filter(|&line: &u32| line > 0),
        module: owned(source_leaf(file)).filter(|name| !name.starts_with('<')),
        ..ManagedFrame::default()
    })
}

/// The module of a file: `b` of `a/b.py`, `a` of `a/__init__.py`; of frozen modules their own name.
fn module(file: &str) -> Option<String> {
    if let Some(frozen) = file.strip_prefix("<frozen ") {
        return owned(frozen.strip_suffix('>').unwrap_or(frozen));
    }
    let name = source_leaf(file);
    let stem = name.strip_suffix(".py").or_else(|| name.strip_suffix(".pyc")).or_else(|| name.strip_suffix(".pyx"))?;
    if matches!(stem, "__init__" | "__main__") {
        let folder = file.len() - name.len();
        return owned(source_leaf(file[..folder].trim_end_matches(['/', '\\'])));
    }
    owned(stem)
}

/// Exceptions were found from the inside out; the outermost goes first.
fn outermost_first(builder: &mut Builder) {
    let count = builder.thrown.len();
    let mut place: Vec<Option<usize>> = vec![None; count];
    let mut order = Vec::with_capacity(count);
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut roots = Vec::new();
    for (i, thrown) in builder.thrown.iter().enumerate() {
        match thrown.parent {
            Some(parent) if parent != i => children[parent].push(i),
            _ => roots.push(i),
        }
    }
    // The last that was printed is the one that ended the program.
    let mut stack: Vec<usize> = roots;
    while let Some(i) = stack.pop() {
        if place[i].is_none() {
            place[i] = Some(order.len());
            order.push(i);
            stack.extend(children[i].iter().rev());
        }
    }
    let mut old: Vec<_> = std::mem::take(&mut builder.thrown).into_iter().map(Some).collect();
    for i in order {
        if let Some(mut thrown) = old[i].take() {
            thrown.parent = thrown.parent.and_then(|parent| place[parent]);
            if builder.thrown.is_empty() {
                thrown.parent = None;
                thrown.relation = Relation::Outer;
            }
            builder.thrown.push(thrown);
        }
    }
}

/// Whether a line is surely of Python.
pub(super) fn is_sure(line: &str) -> bool {
    let text = unbar(line).1.trim();
    text.ends_with(TRACEBACK) || frame(text).is_some()
}
