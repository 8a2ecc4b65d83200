//! The threads of a process that did not respond (`/data/anr`, `ApplicationExitInfo`).

use super::frame;
use super::images::Images;
use super::log::message;
use crate::managed::jvm_frame;
use crate::{Crash, Frame, Given, Kind, Note, Os, Thread, limits};

/// Whether a text is such a list: a thread's line in the way of Android's run-time, and a frame or state below it.
pub(super) fn looks_like(text: &str) -> bool {
    let mut thread = false;
    for line in text.lines().map(message) {
        let line = line.trim();
        thread |= thread_of(line).is_some();
        if thread && (line.starts_with("| group=\"") || line.starts_with("| sysTid=")) {
            return true;
        }
    }
    false
}

/// The crash: the main thread, which did not respond, and all others.
pub(super) fn crash(text: &str) -> Crash {
    let mut crash = Crash { kind: Some(Kind::AndroidAnr), fatal: Some(true), ..Crash::default() };
    crash.system.os = Os::Android;
    crash.system.name = Some("Android".to_owned());
    let mut images = Images::default();
    let mut in_thread = false;
    let (mut frames, mut lost) = (0, 0_u64);
    for line in text.lines().map(message) {
        let trimmed = line.trim();
        if let Some((pid, time)) = process_of(trimmed) {
            // Other processes follow the one that did not respond.
            if !crash.threads.is_empty() {
                break;
            }
            crash.process.id = Some(pid);
            crash.time = time.map(str::to_owned);
        } else if trimmed.starts_with("----- end ") {
            break;
        } else if let Some(name) = thread_of(trimmed) {
            in_thread = crash.threads.len() < limits::THREADS;
            if in_thread {
                crash.threads.push(Thread { name: Some(name.to_owned()), ..Thread::default() });
            }
        } else if let Some(thread) = crash.threads.len().checked_sub(1).filter(|_| in_thread) {
            if let Some(rest) = trimmed.strip_prefix("| sysTid=") {
                crash.threads[thread].id = rest.split(' ').next().and_then(|id| id.parse().ok());
                continue;
            }
            let native = frame::parse(trimmed);
            let Some(frame) = native.map(|native| images.frame(native, &mut crash)).or_else(|| managed(trimmed)) else {
                state(trimmed, &mut crash.threads[thread]);
                continue;
            };
            if frames == limits::FRAMES {
                lost += 1;
            } else {
                frames += 1;
                crash.threads[thread].frames.push(frame);
            }
        } else {
            super::header(trimmed, &mut crash);
            if let Some(reason) = ["Subject: ", "Reason: "].iter().find_map(|name| trimmed.strip_prefix(name)) {
                crash.messages.push((None, reason.to_owned()));
            }
        }
    }
    if lost > 0 {
        let message = format!("more than {} frames: {lost} left out", limits::FRAMES);
        crash.notes.push(Note { place: "threads".to_owned(), message });
    }
    let main = crash.threads.iter().position(|thread| thread.name.as_deref() == Some("main"));
    crash.crashed = main.or((!crash.threads.is_empty()).then_some(0));
    crash
}

/// `----- pid 9001 at 2024-01-19 10:18:58.400 -----`.
fn process_of(line: &str) -> Option<(u64, Option<&str>)> {
    let rest = line.strip_prefix("----- pid ")?.strip_suffix("-----")?;
    let (pid, time) = rest.split_once(' ')?;
    Some((pid.parse().ok()?, time.strip_prefix("at ").map(str::trim)))
}

/// The name of `"main" prio=5 tid=1 Sleeping`. Other virtual machines write thread ids in hexadecimal.
fn thread_of(line: &str) -> Option<&str> {
    let (name, rest) = line.strip_prefix('"')?.rsplit_once('"')?;
    let (_, id) = rest.split_once(" tid=")?;
    let id = id.split(' ').next()?;
    (rest.contains("prio=") && !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())).then_some(name)
}

/// `at java.lang.Thread.sleep(Native method)`.
fn managed(line: &str) -> Option<Frame> {
    // Android writes the words in its own way.
    let line = line.replace("(Native method)", "(Native Method)");
    let frame = jvm_frame(&line)?;
    let given = Given {
        function: frame.function().map(std::borrow::Cow::into_owned),
        file: frame.file,
        line: frame.line,
        ..Given::default()
    };
    Some(Frame { given: Some(given), ..Frame::default() })
}

/// `- waiting to lock <0x0a1b2c3d> (a java.lang.Object) held by thread 12`.
fn state(line: &str, thread: &mut Thread) {
    let waits = ["- waiting to lock ", "- waiting on ", "- sleeping on "].iter().any(|start| line.starts_with(start));
    if waits && thread.state.is_empty() {
        thread.state.push(("waits".to_owned(), line.trim_start_matches("- ").to_owned()));
    }
}
