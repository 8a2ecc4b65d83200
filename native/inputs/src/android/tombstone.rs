//! The tombstone of a native crash as text.

use super::frame;
use super::images::Images;
use super::log::message;
use crate::{Crash, Exception, Kind, Note, Os, Thread, limits};

/// What every tombstone begins with; other threads come after `--- ---`.
const FIRST_LINE: &str = "*** *** *** *** ";

/// Whether a text is a tombstone, or the part of one that was pasted: a thread's line and its frames.
pub(super) fn looks_like(text: &str) -> bool {
    let (mut thread, mut signal) = (false, false);
    for line in text.lines().map(message) {
        let line = line.trim();
        thread |= identity(line).is_some();
        signal |= signal_of(line).is_some();
        if (thread || signal) && frame::parse(line).is_some_and(|frame| !frame.path.is_empty()) {
            return true;
        }
    }
    false
}

/// The crash of a tombstone.
pub(super) fn crash(text: &str) -> Crash {
    let mut crash = Crash { kind: Some(Kind::AndroidTombstone), fatal: Some(true), ..Crash::default() };
    crash.system.os = Os::Android;
    crash.system.name = Some("Android".to_owned());
    let mut images = Images::default();
    let (mut frames, mut lost) = (0, 0_u64);
    for (number, line) in text.lines().map(message).enumerate() {
        let trimmed = line.trim();
        if frames > 0 && trimmed.starts_with(FIRST_LINE) {
            let message = "another report follows and is not read".to_owned();
            crash.notes.push(Note { place: format!("line {}", number + 1), message });
            break;
        }
        if let Some(Identity { pid, tid, name, process }) = identity(trimmed) {
            // The first is the thread that crashed.
            if crash.threads.is_empty() {
                crash.process.id = pid;
                if crash.process.name.is_none() {
                    crash.process.name = process.map(str::to_owned);
                }
            }
            if crash.threads.len() < limits::THREADS {
                crash.threads.push(Thread { id: tid, name: name.map(str::to_owned), ..Thread::default() });
            }
        } else if let Some(native) = frame::parse(trimmed) {
            if crash.threads.is_empty() {
                crash.threads.push(Thread::default());
            }
            if frames == limits::FRAMES {
                lost += 1;
                continue;
            }
            frames += 1;
            let frame = images.frame(native, &mut crash);
            if let Some(thread) = crash.threads.last_mut() {
                // A second list of the same thread: the stack of its memory, or of the thread that freed it.
                if native.number == 0 && !thread.frames.is_empty() {
                    crash.threads.push(Thread::default());
                }
            }
            if let Some(thread) = crash.threads.last_mut() {
                thread.frames.push(frame);
            }
        } else if let Some(exception) = signal_of(trimmed) {
            crash.exception.get_or_insert(exception);
        } else if let Some(said) = trimmed.strip_prefix("Abort message: ") {
            let said = said.trim_matches('\'');
            if crash.messages.is_empty() {
                crash.messages.push((None, said.to_owned()));
            }
        } else if let Some(cause) = trimmed.strip_prefix("Cause: ") {
            if let Some(exception) = &mut crash.exception {
                exception.note.get_or_insert_with(|| cause.to_owned());
            }
        } else if let Some(thread) = crash.threads.last_mut() {
            if thread.frames.is_empty() {
                registers(trimmed, thread);
            }
        } else {
            super::header(trimmed, &mut crash);
        }
    }
    if lost > 0 {
        let message = format!("more than {} frames: {lost} left out", limits::FRAMES);
        crash.notes.push(Note { place: "backtrace".to_owned(), message });
    }
    crash.crashed = (!crash.threads.is_empty()).then_some(0);
    crash
}

/// Whose frames follow.
struct Identity<'t> {
    pid: Option<u64>,
    tid: Option<u64>,
    name: Option<&'t str>,
    process: Option<&'t str>,
}

/// `pid: 9001, tid: 9055, name: DefaultDispatch  >>> com.example.shop <<<`; Play Console has only the process, and zeros:
/// `pid: 0, tid: 0 >>> com.example.shop <<<`.
fn identity(line: &str) -> Option<Identity<'_>> {
    let (pid, rest) = line.strip_prefix("pid: ")?.split_once(',')?;
    let rest = rest.trim_start().strip_prefix("tid: ")?;
    let (tid, rest) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
    let rest = rest.strip_prefix(',').unwrap_or(rest);
    let (name, process) = rest.split_once(">>>").unwrap_or((rest, ""));
    let name = name.trim().strip_prefix("name: ").map(str::trim).filter(|name| !name.is_empty());
    let process = process.split_once("<<<").map(|(process, _)| process.trim()).filter(|name| !name.is_empty());
    let pid = pid.trim().parse::<u64>().ok()?;
    let known = |id: u64| (id > 0).then_some(id);
    Some(Identity { pid: known(pid), tid: tid.parse().ok().and_then(known), name, process })
}

/// `signal 11 (SIGSEGV), code 1 (SEGV_MAPERR), fault addr 0x10 (read)`.
fn signal_of(line: &str) -> Option<Exception> {
    // Older systems log the line in another form: `Fatal signal 11 (SIGSEGV), code 1, fault addr 0x0`.
    let rest = line.strip_prefix("signal ").or_else(|| line.split_once("Fatal signal ").map(|(_, rest)| rest))?;
    let (number, rest) = rest.split_once(" (")?;
    number.parse::<u32>().ok()?;
    let (name, rest) = rest.split_once(')')?;
    if !name.starts_with("SIG") {
        return None;
    }
    let mut exception = Exception { signal: Some(name.to_owned()), ..Exception::default() };
    if let Some((_, code)) = rest.split_once("code ") {
        let digits = code.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(code.len());
        exception.codes = code[..digits].parse::<i32>().map(i32::cast_unsigned).map(u64::from).into_iter().collect();
        let named = code[digits..].trim_start().strip_prefix('(').and_then(|name| name.split([')', ' ']).next());
        exception.subtype = named.map(str::to_owned);
    }
    if let Some((_, address)) = rest.split_once("fault addr ") {
        let word = address.split([' ', ',']).next().unwrap_or("");
        exception.address = u64::from_str_radix(word.strip_prefix("0x").unwrap_or(word), 16).ok();
    }
    Some(exception)
}

/// `    x0  0000000000000000  x1  0000007f1a20b799`.
fn registers(line: &str, thread: &mut Thread) {
    let mut words = line.split_whitespace();
    let mut found = Vec::new();
    while let (Some(name), Some(value)) = (words.next(), words.next()) {
        let is_name = name.len() <= 4 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        match u64::from_str_radix(value, 16) {
            Ok(value) if is_name => found.push((name.to_owned(), value)),
            _ => return,
        }
    }
    let room = limits::REGISTERS.saturating_sub(thread.registers.len());
    thread.registers.extend(found.into_iter().take(room));
}
