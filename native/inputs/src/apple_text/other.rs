//! Apple's text reports of something else than a crash, which have much of a crash report's form.

use super::section::{self, Start};
use super::{frame, header, image};
use crate::Frame;
use crate::json::value::quote;

/// Beginnings of lines, and what they say of the report.
const BEGINNINGS: [(&str, &str); 24] = [
    ("panic(cpu ", PANIC),
    ("*** Panic Report ***", PANIC),
    ("Debugger message: panic", PANIC),
    ("Panicked task ", PANIC),
    ("Panicked thread: ", PANIC),
    ("BSD process name corresponding to current thread", PANIC),
    ("RTKit Task List", PANIC),
    ("Sleep Wake failure", SLEEP_WAKE),
    ("Sleep Wake Failure", SLEEP_WAKE),
    ("Sleep transition timed out", SLEEP_WAKE),
    ("Powerstats for:", MICROSTACKSHOTS),
    ("Heaviest stack for the target process:", MICROSTACKSHOTS),
    ("Heaviest stack for the target process ", MICROSTACKSHOTS),
    ("Microstackshots:", MICROSTACKSHOTS),
    ("Analysis of sampling ", "a sample of a running process"),
    ("Sampling process ", "a sample of a running process"),
    ("Call graph:", "a sample of a running process"),
    ("Total number in stack (recursive counted multiple", "a sample of a running process"),
    ("Spindump analysis", SPINDUMP),
    ("Num samples:", SPINDUMP),
    ("Heaviest stack for the main thread of the target process:", SPINDUMP),
    ("Process 0 info:", "a stackshot: the threads of all processes"),
    ("Largest process:", JETSAM),
    ("Jetsam Level:", "a stackshot: the threads of all processes"),
];

const PANIC: &str = "a kernel panic";
const SLEEP_WAKE: &str = "a report of a failure to sleep or to wake";
const MICROSTACKSHOTS: &str = "a report of a process's use of power (microstackshots)";
const SPINDUMP: &str = "a spindump: samples of running processes";
const JETSAM: &str = "a jetsam report: processes that were ended for memory";

/// What `Event:` says, by a part of it.
const EVENTS: [(&str, &str); 9] = [
    ("cpu usage", "a report of too much processor time"),
    ("disk write", "a report of too much writing to disk"),
    ("wakeups", "a report of too many wakeups"),
    ("sleep wake", SLEEP_WAKE),
    ("hang", "a report of a hang"),
    ("spin", "a report of a hang"),
    ("unresponsive", "a report of a hang"),
    ("stackshot", "a stackshot"),
    ("memory", "a report of too much memory"),
];

/// What the lines of a text say of it. A header field, a thread's first line or a line of addresses alone stands in
/// manuals and change logs as well: what one line begins must fit another line.
#[derive(Default)]
pub(super) struct Evidence {
    /// Header fields that other texts hardly have.
    fields: usize,
    /// First lines of parts.
    parts: usize,
    frames: usize,
    images: usize,
    /// An exception.
    exception: bool,
    /// The header of a crash report, which others do not have whole.
    header: bool,
    /// The stack of a thread.
    stack: bool,
    /// The number of the last line that looked like a frame.
    last_frame: Option<u32>,
    event: Option<String>,
    other: Option<&'static str>,
}

impl Evidence {
    pub(super) fn of(text: &str) -> Self {
        let mut evidence = Self::default();
        for line in text.lines().map(section::unquoted) {
            evidence.line(line);
            if evidence.exception && evidence.is_report() {
                break;
            }
        }
        evidence
    }

    fn line(&mut self, line: &str) {
        if let Some((_, what)) = BEGINNINGS.iter().find(|(beginning, _)| line.starts_with(beginning)) {
            self.other = self.other.or(Some(what));
        }
        match section::of(line) {
            Some(Start::Thread { crashed, name, queue, .. }) => {
                // `Thread 1: a sentence` is not a thread header.
                let is_thread = crashed || queue.is_some() || name.is_none() || line.contains(" name:");
                self.parts += usize::from(is_thread);
                self.stack |= is_thread;
            }
            Some(Start::Images) => self.parts += 1,
            Some(Start::LastException(_)) => (self.parts, self.stack) = (self.parts + 1, true),
            _ => self.field_or_address(line),
        }
    }

    fn field_or_address(&mut self, line: &str) {
        if let Some((name, value)) = header::split(line) {
            self.fields += usize::from(header::is_typical(line));
            match name {
                "Exception Type" | "Exception Codes" => self.exception |= !value.is_empty(),
                "Code Type" => self.header |= !value.is_empty(),
                "Event" if self.event.is_none() => self.event = Some(value.to_owned()),
                _ => {}
            }
            return;
        }
        if self.is_frame(line) {
            (self.frames, self.stack) = (self.frames + 1, true);
        } else if image::parse(line).is_some_and(|(image, _)| image.debug_id.is_some()) {
            self.images += 1;
        }
    }

    /// Other texts list numbers, too: the address of a frame follows a name and is not a small number, and frames
    /// are numbered from 0 on.
    fn is_frame(&mut self, line: &str) -> bool {
        let is_frame = |frame: &Frame| frame.image_name.is_some() && frame.address > Some(0xffff);
        if frame::parse(line).as_ref().is_none_or(|frame| !is_frame(frame)) {
            return false;
        }
        let digits = line.bytes().take_while(u8::is_ascii_digit).count();
        let number: Option<u32> = line[..digits].parse().ok();
        let last = std::mem::replace(&mut self.last_frame, number);
        number == Some(0) || number == last.and_then(|last| last.checked_add(1))
    }

    /// The text has the form of Apple's reports.
    pub(super) const fn is_report(&self) -> bool {
        let addresses = self.frames + self.images;
        self.fields >= 3
            || (self.parts > 0 && self.fields + addresses > 0)
            || (self.fields > 0 && addresses > 0)
            || self.frames >= 4
    }

    /// The report is of a crash: it contains an exception or a stack, or was cut off before them.
    pub(super) fn is_crash(&self) -> bool {
        self.is_report() && (self.exception || ((self.stack || self.header) && self.other().is_none()))
    }

    /// What the report describes, if it is not a crash.
    pub(super) fn other(&self) -> Option<String> {
        if self.exception {
            return None;
        }
        let event = self.event.as_deref().filter(|_| self.other.is_some() || self.fields > 1).map(|event| {
            let lower = event.to_ascii_lowercase();
            let known = EVENTS.iter().find(|(part, _)| lower.contains(part)).map(|(_, what)| (*what).to_owned());
            known.unwrap_or_else(|| format!("a report of the event {}", quote(event)))
        });
        event.or_else(|| self.other.map(str::to_owned))
    }
}
