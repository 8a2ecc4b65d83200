//! Exceptions as Java, Kotlin and Android print them (`Throwable.printStackTrace`).

use super::builder::{Builder, Index};
use super::frame::{owned, position};
use super::head;
use super::lines::{Lines, indent};
use crate::crash::{Language, ManagedFrame, Os, Process, Relation};

/// Indentations of suppressed exceptions that are distinguished.
const MAX_DEPTH: usize = 256;

pub(super) fn parse(lines: &mut Lines<'_>, builder: &mut Builder, of: Option<(Index, Relation)>) {
    // The exceptions that the next `Caused by` or `Suppressed` may belong to, by indentation.
    let mut levels: Vec<(usize, Index)> = Vec::new();
    let mut in_message = false;
    let mut behind_blank = false;
    while let Some(line) = lines.next() {
        let number = lines.number();
        let text = line.trim();
        if text.is_empty() {
            behind_blank = true;
            if in_message && let Some(&(_, last)) = levels.last() {
                builder.more_message(last, "");
            }
            continue;
        }
        let behind_blank = std::mem::take(&mut behind_blank);
        if let Some(frame) = frame(text) {
            if levels.is_empty() {
                levels.push((0, builder.begin(number, Language::Jvm, (None, ""), of)));
            }
            leave(&mut levels, line);
            if let Some(&(_, last)) = levels.last() {
                builder.frame(number, last, frame);
            }
            in_message = false;
            continue;
        }
        if let Some(count) = elided(text) {
            leave(&mut levels, line);
            if let Some(&(_, last)) = levels.last() {
                fill(builder, number, last, count);
            }
            in_message = false;
            continue;
        }
        let (relation, rest) = if let Some(rest) = text.strip_prefix("Caused by:") {
            (Some(Relation::Cause), rest)
        } else if let Some(rest) = text.strip_prefix("Suppressed:") {
            (Some(Relation::Beside), rest)
        } else {
            (None, text)
        };
        let rest = rest.trim();
        match relation {
            Some(relation) => {
                let column = indent(line);
                let deeper = usize::from(relation == Relation::Beside);
                // A cause stands as deep as its exception, a suppressed one deeper.
                while levels.len() > 1 && levels.last().is_some_and(|&(at, _)| at + deeper > column) {
                    levels.pop();
                }
                let parent = levels.last().map(|&(_, index)| (index, relation)).or(of);
                let rest = circular(rest, builder, number).unwrap_or(rest);
                let index = builder.begin(number, Language::Jvm, type_and_message(rest), parent);
                if relation == Relation::Cause
                    && let Some(last) = levels.last_mut()
                {
                    last.1 = index;
                } else if levels.len() < MAX_DEPTH {
                    levels.push((column, index));
                }
                in_message = true;
            }
            None if text.starts_with("[CIRCULAR REFERENCE") => {
                circular(text, builder, number);
                in_message = false;
            }
            None if in_message => {
                if let Some(&(_, last)) = levels.last() {
                    builder.more_message(last, line.trim_end());
                }
            }
            None if levels.is_empty() => {
                if let Some(process) = process(text) {
                    (builder.process, builder.os) = (process, Os::Android);
                } else if let Some(comment) = text.strip_prefix("# ") {
                    exported(comment, builder);
                } else if let Some((type_name, message)) = head::find(text) {
                    levels.push((indent(line), builder.begin(number, Language::Jvm, (Some(type_name), message), of)));
                    in_message = true;
                }
            }
            None if text.starts_with("FATAL EXCEPTION: ") => {
                builder.note(number, "another report follows and is not read");
                lines.by_ref().for_each(drop);
            }
            // Crashlytics exports the stacks of the other threads, each below its name.
            None if behind_blank && indent(line) == 0 && text.ends_with(':') => {
                builder.note(number, "the stacks of other threads follow and are not read");
                lines.by_ref().for_each(drop);
            }
            // Something a program printed between frames.
            None => {}
        }
    }
}

/// Frames stand deeper than their exception: one that stands less deep ends what was suppressed. Texts that lost their
/// white space say nothing.
fn leave(levels: &mut Vec<(usize, Index)>, line: &str) {
    let column = indent(line);
    while column > 0 && levels.len() > 1 && levels.last().is_some_and(|&(at, _)| column <= at) {
        levels.pop();
    }
}

fn type_and_message(text: &str) -> (Option<&str>, &str) {
    match head::split(text).or_else(|| head::find(text)) {
        Some((type_name, message)) => (Some(type_name), message),
        None => (None, text),
    }
}

/// An exception that was printed already: named, not read again. Gives `Type: message`.
fn circular<'t>(text: &'t str, builder: &mut Builder, number: usize) -> Option<&'t str> {
    let rest = text.strip_prefix("[CIRCULAR REFERENCE:")?;
    builder.note(number, "an exception is its own cause: it was printed above");
    Some(rest.strip_suffix(']').unwrap_or(rest).trim())
}

/// `Process: com.example.shop, PID: 1234`, which Android logs before an exception that ends the process.
fn process(text: &str) -> Option<Process> {
    let (name, id) = text.strip_prefix("Process: ")?.split_once(", PID: ")?;
    let id = id.trim().parse().ok()?;
    (!name.contains(' ')).then(|| Process { name: owned(name), id: Some(id), ..Process::default() })
}

/// A comment above a stack that the console of Crashlytics exports: `Application: com.example.shop`, `Platform: android`.
fn exported(comment: &str, builder: &mut Builder) {
    match comment.split_once(": ") {
        Some(("Application", name)) if head::is_type(name) => builder.process.name = owned(name),
        Some(("Platform", "android")) => builder.os = Os::Android,
        _ => {}
    }
}

/// `... 12 more`, `... 12 common frames omitted` (logback).
fn elided(text: &str) -> Option<usize> {
    let (count, words) = text.strip_prefix("... ")?.split_once(' ')?;
    (words == "more" || words.starts_with("common frames")).then(|| count.parse().ok()).flatten()
}

/// The frames that an exception has in common with the one it belongs to.
fn fill(builder: &mut Builder, number: usize, index: Index, count: usize) {
    let Some(parent) = builder.get(index).parent else { return };
    let frames = builder.thrown.get(parent).map_or(0, |parent| parent.frames.len());
    if count > frames {
        builder.note(
            number,
            format!("{count} frames are said to be those of the enclosing exception, which has {frames}"),
        );
    }
    for frame in builder.copy(number, parent, frames.saturating_sub(count)..frames) {
        if !builder.frame(number, index, frame) {
            return;
        }
    }
}

/// A frame; None if the line is not a frame: `at loader/module@1.2/a.b.C.m(File.java:12) ~[x.jar:1.0]`.
pub(super) fn frame(text: &str) -> Option<ManagedFrame> {
    let call = text.strip_prefix("at ")?.trim();
    // logback: the jar, `~` if it is a guess.
    let (call, jar) = match call.rsplit_once(" ~[").or_else(|| call.rsplit_once(" [")) {
        Some((call, jar)) if jar.ends_with(']') && call.ends_with(')') => (call, jar.strip_suffix(']')),
        _ => (call, None),
    };
    let (name, inside) = call.strip_suffix(')')?.rsplit_once('(')?;
    let (qualified, module) = match name.rfind('/') {
        // `$$Lambda/0x0000.run`: a hidden class has a slash of its own.
        Some(slash) if !name[slash..].starts_with("/0x") => (&name[slash + 1..], Some(&name[..slash])),
        _ => (name, None),
    };
    let (class, method) = qualified.rsplit_once('.')?;
    if class.is_empty()
        || method.is_empty()
        || method.contains([' ', '(', ':'])
        || class.contains(' ')
        || !class.split(['.', '$', '/']).all(is_part)
    {
        return None;
    }
    let (file, line) = match inside {
        "Native Method" | "Unknown Source" => (None, None),
        inside => {
            let (file, line, column) = position(inside);
            // Java prints no column, parameters hold spaces.
            if column.is_some() || (line.is_none() && (!is_file(file) || file.contains(' '))) {
                return None;
            }
            (Some(file).filter(|file| !matches!(*file, "Unknown Source" | "Native Method" | "SourceFile")), line)
        }
    };
    let jar = jar.map(|jar| jar.split(':').next().unwrap_or(jar)).filter(|jar| !matches!(*jar, "na" | "?" | ""));
    let module = module.map(|module| {
        // `app//a.b.C`: the loader alone; `java.base@17.0.1`: without the version.
        module.rsplit('/').next().unwrap_or("").split('@').next().unwrap_or("")
    });
    Some(ManagedFrame {
        class: owned(class),
        method: owned(method),
        file: file.and_then(owned),
        line: line.filter(|&line| line > 0),
        module: jar.and_then(owned).or_else(|| module.and_then(owned)),
        ..ManagedFrame::default()
    })
}

fn is_part(part: &str) -> bool {
    part.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '<' | '>' | '@' | '+'))
}

/// What stands in parentheses is a source file: `Foo.java`, `SourceFile`, `PG`, `r8-map-id-0a1b`.
fn is_file(text: &str) -> bool {
    text == "SourceFile"
        || text == "PG"
        || text == "D8$$SyntheticClass"
        || text.starts_with("r8-map-id-")
        || text.rsplit_once('.').is_some_and(|(_, end)| {
            matches!(end, "java" | "kt" | "kts" | "scala" | "groovy" | "clj" | "dart" | "aj" | "xtend")
        })
}

/// Whether a line is surely of a JVM.
pub(super) fn is_sure(line: &str) -> bool {
    let text = line.trim();
    match frame(text) {
        Some(_) => {
            let inside = text.rsplit_once('(').map_or("", |(_, inside)| inside);
            // `at Foo.bar(app.js:12)` belongs to no language, but is closest to JavaScript.
            !inside.contains(".js:") && !inside.contains(".bundle:")
        }
        None => text.starts_with("Caused by: ") && head::split(&text[11..]).is_some_and(|(t, _)| t.contains('.')),
    }
}
