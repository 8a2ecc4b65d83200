//! A crash as text that a golden file can hold: what is absent is left out, a line for each frame and image.

use std::fmt::{Debug, Write as _};

use inputs::{Container, Crash, Frame, Item, ManagedFrame};

/// All crashes of an input, or the error.
pub(crate) fn of_input(bytes: &[u8]) -> String {
    let mut out = String::new();
    let container = match Container::open(bytes) {
        Ok(container) => container,
        Err(error) => return format!("error: {error}\n"),
    };
    for note in container.notes() {
        writeln!(out, "note: {}: {}", note.place, note.message).unwrap();
    }
    for index in 0..container.len() {
        writeln!(out, "== {index}").unwrap();
        match container.crash(index) {
            Err(error) => writeln!(out, "error: {error}").unwrap(),
            Ok(Item::Minidump { bytes, context }) => {
                writeln!(out, "minidump of {} bytes", bytes.len()).unwrap();
                if let Some(crash) = context {
                    of_crash(&crash, &mut out);
                }
            }
            Ok(Item::Unwound(crash)) => of_crash(&crash, &mut out),
        }
    }
    out
}

fn of_crash(crash: &Crash, out: &mut String) {
    let mut line = |name: &str, value: &dyn Debug| {
        let text = plain(&format!("{value:?}"));
        if !matches!(text.as_str(), "-" | "[]" | "false") {
            writeln!(out, "{name}: {text}").unwrap();
        }
    };
    line("kind", &crash.kind.map(|kind| kind.as_str()));
    line("id", &crash.id);
    line("time", &crash.time);
    line("fatal", &crash.fatal);
    line("system", &crash.system);
    line("app", &crash.app);
    line("process", &crash.process);
    line("exception", &crash.exception);
    line("termination", &crash.termination);
    line("user", &crash.user);
    for (name, value) in &crash.properties {
        line(&format!("property {name}"), value);
    }
    for (name, value) in &crash.more {
        line(&format!("more {name}"), value);
    }
    for message in &crash.messages {
        line("message", message);
    }
    for text in &crash.backtraces {
        line("backtrace", text);
    }
    for attachment in &crash.attachments {
        line("attachment", attachment);
    }
    for (index, thread) in crash.threads.iter().enumerate() {
        let mark = if crash.crashed == Some(index) { " crashed" } else { "" };
        writeln!(out, "thread {index}{mark}: {}", plain(&format!("{:?}", (thread.id, &thread.name, &thread.queue))))
            .unwrap();
        for frame in &thread.frames {
            writeln!(out, "  {}", of_frame(frame)).unwrap();
        }
        if !thread.registers.is_empty() {
            let values: Vec<String> =
                thread.registers.iter().map(|(name, value)| format!("{name}={value:#x}")).collect();
            writeln!(out, "  registers {}", values.join(" ")).unwrap();
        }
        for (name, text) in &thread.state {
            writeln!(out, "  state {name}: {text}").unwrap();
        }
    }
    if let Some(last) = &crash.last_exception {
        writeln!(out, "last exception").unwrap();
        for frame in &last.frames {
            writeln!(out, "  {}", of_frame(frame)).unwrap();
        }
    }
    for thrown in &crash.thrown {
        let head =
            (thrown.language, thrown.relation, thrown.parent, &thrown.type_name, &thrown.message, thrown.hresult);
        writeln!(out, "thrown {}", plain(&format!("{head:?}"))).unwrap();
        if let Some(text) = &thrown.stack_trace {
            writeln!(out, "  text {text:?}").unwrap();
        }
        for frame in &thrown.frames {
            writeln!(out, "  {}", of_managed(frame)).unwrap();
        }
    }
    for image in &crash.images {
        let id = image.debug_id.map_or_else(|| "-".to_owned(), |id| id.to_string());
        let rest = (&image.path, &image.debug_file, &image.arch, &image.identifier, &image.version, &image.source);
        writeln!(
            out,
            "image {:#x}-{:#x} {:?} {id} {}",
            image.start,
            image.end,
            image.name,
            plain(&format!("{rest:?}"))
        )
        .unwrap();
    }
    for note in &crash.notes {
        writeln!(out, "note: {}: {}", note.place, note.message).unwrap();
    }
}

fn of_frame(frame: &Frame) -> String {
    let mut out = frame.address.map_or_else(|| "-".to_owned(), |address| format!("{address:#x}"));
    if let Some(index) = frame.image {
        write!(out, " image {index}").unwrap();
    }
    if let Some(name) = &frame.image_name {
        write!(out, " in {name:?}").unwrap();
    }
    if let Some(base) = frame.image_base {
        write!(out, " base {base:#x}").unwrap();
    }
    if let Some(given) = &frame.given {
        let place = (&given.function, given.offset, &given.file, given.line);
        write!(out, " given {}", plain(&format!("{place:?}"))).unwrap();
        for inline in &given.inlines {
            write!(out, " < {}", plain(&format!("{inline:?}"))).unwrap();
        }
    }
    out
}

fn of_managed(frame: &ManagedFrame) -> String {
    if let Some(native) = &frame.native {
        return format!("native {}", of_frame(native));
    }
    let parts = (
        &frame.class,
        &frame.method,
        &frame.parameters,
        &frame.file,
        frame.line,
        &frame.module,
        &frame.text,
        frame.mark,
    );
    plain(&format!("{parts:?}"))
}

/// Debug text without what says nothing: `Some(…)` as its inside, `field: None` left out.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    let mut open: Vec<bool> = Vec::new();
    let mut quoted = false;
    while let Some(c) = rest.chars().next() {
        if quoted {
            out.push(c);
            rest = &rest[c.len_utf8()..];
            if c == '\\' {
                let next = rest.chars().next().unwrap();
                out.push(next);
                rest = &rest[next.len_utf8()..];
            } else if c == '"' {
                quoted = false;
            }
            continue;
        }
        if let Some(after) = rest.strip_prefix("Some(") {
            open.push(true);
            rest = after;
            continue;
        }
        if let Some(after) = rest.strip_prefix("None") {
            out.push('-');
            rest = after;
            continue;
        }
        rest = &rest[c.len_utf8()..];
        match c {
            '(' | '[' | '{' => open.push(false),
            ')' | ']' | '}' if open.pop() == Some(true) => continue,
            '"' => quoted = true,
            _ => {}
        }
        out.push(c);
    }
    // Fields that are absent.
    let mut lean = String::new();
    for part in out.split(", ") {
        let name = part.rsplit(['{', ' ']).nth(1).unwrap_or_default();
        if part.ends_with(": -") && name.ends_with(':') && !part.contains('"') {
            if let Some(at) = part.find('{') {
                lean.push_str(&part[..=at]);
            }
            continue;
        }
        if !lean.is_empty() && !lean.ends_with('{') {
            lean.push_str(", ");
        }
        lean.push_str(part);
    }
    lean
}
