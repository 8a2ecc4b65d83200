//! The whole report as a crash.

use std::collections::HashMap;

use super::header::{self, Header};
use super::section::{self, Start};
use super::{exception_backtrace, frame, image, inlined, registers};
use crate::apple::{cpu, raised, termination};
use crate::json::Reader;
use crate::json::value::{hexadecimal, quote};
use crate::notes::Notes;
use crate::{Arch, Crash, Frame, Kind, LastException, Os, Thread, ips, limits};

/// The crash of a report. `before` is the JSON line before it, empty if there is none.
pub(crate) fn crash(before: &str, text: &str) -> Crash {
    let mut report = Report::default();
    report.crash.kind = Some(Kind::AppleText);
    report.crash.fatal = Some(true);
    report.frames_left = limits::FRAMES;
    let first = before.lines().count();
    let mut lines = text.lines().enumerate();
    for (number, line) in lines.by_ref() {
        report.number = first + number + 1;
        if report.begins_another(line) {
            report.note_another();
            break;
        }
        if report.line(line).is_none() {
            if let Some((number, _)) = lines.find(|(_, line)| section::begins_report(section::unquoted(line))) {
                report.number = first + number + 1;
                report.note_another();
            }
            break;
        }
    }
    report.flush();
    report.finish(before)
}

/// Where the lines belong.
#[derive(Default)]
enum Part {
    #[default]
    Header,
    Thread(usize),
    State(Option<usize>),
    LastException,
    Messages(String),
    Backtrace(String),
    Images,
    Other(String, String),
}

/// A report that is being read.
#[derive(Default)]
struct Report {
    crash: Crash,
    header: Header,
    part: Part,
    /// The line that is not complete yet, and its number.
    pending: String,
    pending_number: usize,
    /// The name of the header line that `pending` is the value of.
    name: String,
    number: usize,
    threads: HashMap<u64, usize>,
    last: Vec<Frame>,
    frames_left: usize,
    notes: Notes,
}

impl Report {
    /// Whether a line begins another report. Messages are the program's own words: there, it takes a field that only
    /// reports have.
    fn begins_another(&self, line: &str) -> bool {
        let line = section::unquoted(line);
        match self.part {
            Part::Header => false,
            Part::Messages(_) | Part::Backtrace(_) => line.starts_with("Incident Identifier:"),
            _ => section::begins_report(line),
        }
    }

    fn note_another(&mut self) {
        let place = format!("line {}", self.number);
        self.notes.note(|| place, "another report follows and is not read");
    }

    /// Read a line. None after the report's end.
    fn line(&mut self, whole: &str) -> Option<()> {
        let line = section::unquoted(whole);
        if section::is_wrapping(line) {
            self.flush();
            return Some(());
        }
        if let Some(start) = section::of(line) {
            self.flush();
            return self.begin(start);
        }
        match &mut self.part {
            Part::Messages(text) | Part::Backtrace(text) | Part::Other(_, text) => {
                text.push_str(section::unquoted_text(whole));
                text.push('\n');
            }
            Part::State(thread) => {
                let thread = thread.and_then(|i| self.crash.threads.get_mut(i));
                if let Some(thread) = thread
                    && !line.is_empty()
                {
                    registers::read(line, thread);
                }
            }
            Part::Header => self.header_line(line),
            Part::Thread(_) | Part::LastException | Part::Images => self.joined(line),
        }
        Some(())
    }

    /// A line of the header; one without a name goes on with the last one.
    fn header_line(&mut self, line: &str) {
        if frame::parse(line).is_some() {
            // Cut off before its thread.
            self.flush();
            let index = self.crash.threads.len();
            self.crash.threads.push(Thread::default());
            self.part = Part::Thread(index);
            self.joined(line);
            return;
        }
        if let Some((name, value)) = header::split(line) {
            self.flush();
            name.clone_into(&mut self.name);
            value.clone_into(&mut self.pending);
        } else if line.is_empty() {
            if !self.pending.is_empty() {
                self.flush();
            }
        } else if !self.name.is_empty() {
            let separator = match self.name.as_str() {
                "Path" => "",
                _ if self.pending.is_empty() => "",
                "Termination Description" | "Termination Reason" => "\n",
                name if name.starts_with("VM Region") => "\n",
                _ => " ",
            };
            self.pending.push_str(separator);
            self.pending.push_str(line);
        } else if !line.chars().all(|c| matches!(c, '-' | '=' | ' ')) && line != "Translated Report (Full Report Below)"
        {
            let place = format!("line {}", self.number);
            self.notes.note(|| place, format!("a line that says nothing here: {}", quote(line)));
        }
    }

    /// A line of frames or images; one that begins nothing goes on with the last one.
    fn joined(&mut self, line: &str) {
        let begins = match self.part {
            Part::Images => image::begins(line),
            _ => frame::begins(line),
        };
        if line.is_empty() || section::is_after_backtrace(line) {
            self.flush();
        } else if begins || self.pending.is_empty() {
            self.flush();
            line.clone_into(&mut self.pending);
            self.pending_number = self.number;
        } else if self.pending.len() < limits::ENTRY_BYTES {
            if !self.pending.ends_with(['/', '-']) {
                self.pending.push(' ');
            }
            self.pending.push_str(line);
        }
    }

    /// The pending line is complete.
    fn flush(&mut self) {
        let line = std::mem::take(&mut self.pending);
        let name = std::mem::take(&mut self.name);
        if line.is_empty() && name.is_empty() {
            return;
        }
        let place = format!("line {}", self.pending_number);
        match &self.part {
            Part::Header => header::read(&name, &line, &mut self.header, &mut self.crash),
            Part::Thread(_) | Part::LastException => self.frame(&line, place),
            Part::Images => self.image(&line, place),
            _ => {}
        }
    }

    fn frame(&mut self, line: &str, place: String) {
        if let Part::LastException = self.part
            && frame::parse(line).is_none()
        {
            self.addresses(line);
            return;
        }
        let Some(frame) = frame::parse(line) else {
            // After the last thread other things may follow, each with a name.
            if let Some((name, value)) = header::split(line) {
                header::more(name, value, &mut self.crash);
            } else {
                self.notes.note(|| place, format!("no frame: {}", quote(line)));
            }
            return;
        };
        if self.frames_left == 0 {
            return;
        }
        self.frames_left -= 1;
        if self.frames_left == 0 {
            self.notes.note(|| place, format!("more frames than {}; the rest is left out", limits::FRAMES));
        }
        match self.part {
            Part::Thread(index) => {
                if let Some(thread) = self.crash.threads.get_mut(index) {
                    thread.frames.push(frame);
                }
            }
            _ => self.last.push(frame),
        }
    }

    /// `(0x1849f2520 0x1840c0580)`: a backtrace without symbols.
    fn addresses(&mut self, text: &str) {
        for word in text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',')) {
            if word.starts_with("0x")
                && let Some(address) = hexadecimal(word)
                && self.frames_left > 0
            {
                self.frames_left -= 1;
                self.last.push(Frame { address: Some(address), ..Frame::default() });
            }
        }
    }

    fn image(&mut self, line: &str, place: String) {
        match image::parse(line) {
            Some((image, fault)) => {
                if let Some(fault) = fault {
                    self.notes.note(|| place.clone(), fault);
                }
                if self.crash.images.len() < limits::IMAGES {
                    self.crash.images.push(image);
                } else {
                    self.notes.note(|| place, format!("more images than {}", limits::IMAGES));
                }
            }
            None => match header::split(line) {
                Some((name, value)) => header::more(name, value, &mut self.crash),
                None => self.notes.note(|| place, format!("no image: {}", quote(line))),
            },
        }
    }

    /// A part begins. None if it is the report's end.
    fn begin(&mut self, start: Start<'_>) -> Option<()> {
        self.end_part();
        self.part = match start {
            Start::Thread { number, crashed, name, queue } => {
                let index = self.thread(number)?;
                let thread = self.crash.threads.get_mut(index)?;
                thread.name = name.map(str::to_owned).or(thread.name.take());
                thread.queue = queue.map(str::to_owned).or(thread.queue.take());
                if crashed {
                    self.crash.crashed = Some(index);
                }
                Part::Thread(index)
            }
            Start::State { number, flavor } => {
                let index = match number {
                    Some(number) => self.thread(number),
                    None => self.crashed_thread(),
                };
                if let Some(thread) = index.and_then(|i| self.crash.threads.get_mut(i)) {
                    thread.state.push(("flavor".to_owned(), flavor.to_owned()));
                }
                Part::State(index)
            }
            Start::LastException(rest) => {
                self.addresses(rest);
                Part::LastException
            }
            Start::Messages(rest) => Part::Messages(if rest.is_empty() { String::new() } else { format!("{rest}\n") }),
            Start::Backtrace => Part::Backtrace(String::new()),
            Start::Images => Part::Images,
            Start::Other(name) => Part::Other(name.to_owned(), String::new()),
            Start::End => return None,
        };
        Some(())
    }

    /// The index of the thread of a number; a new one the first time.
    fn thread(&mut self, number: u64) -> Option<usize> {
        if let Some(&index) = self.threads.get(&number) {
            return Some(index);
        }
        let index = self.crash.threads.len();
        if index == limits::THREADS {
            let place = format!("line {}", self.number);
            self.notes.note(|| place, format!("more threads than {index}; the rest of the report is left out"));
        }
        if index >= limits::THREADS {
            return None;
        }
        self.threads.insert(number, index);
        self.crash.threads.push(Thread { id: Some(number), ..Thread::default() });
        Some(index)
    }

    fn crashed_thread(&self) -> Option<usize> {
        self.crash.crashed.or_else(|| self.header.crashed.and_then(|number| self.threads.get(&number).copied()))
    }

    /// Keep the text of a part that ends.
    fn end_part(&mut self) {
        match std::mem::take(&mut self.part) {
            Part::Messages(text) => {
                let text = text.trim_matches('\n');
                if !text.is_empty() && self.crash.messages.len() < limits::ENTRIES {
                    self.crash.messages.push((None, text.to_owned()));
                }
            }
            Part::Backtrace(text) => {
                let text = text.trim_matches('\n');
                if !text.is_empty() && self.crash.backtraces.len() < limits::ENTRIES {
                    self.crash.backtraces.push(text.to_owned());
                }
            }
            Part::Other(name, text) => header::more(&name, text.trim_matches('\n'), &mut self.crash),
            _ => {}
        }
    }

    /// What follows from the rest.
    fn finish(mut self, before: &str) -> Crash {
        self.end_part();
        let crashed = self.crashed_thread();
        let mut crash = self.crash;
        for thread in &mut crash.threads {
            thread.frames = inlined::collapse(std::mem::take(&mut thread.frames));
        }
        if !self.last.is_empty() {
            crash.last_exception = Some(LastException { frames: inlined::collapse(self.last) });
        }
        crash.crashed = crashed;
        if crashed.is_none() && !crash.threads.is_empty() {
            self.notes.note(String::new, "no thread is marked as crashed; the first one is taken");
            crash.crashed = Some(0);
        }
        read_before(before, &mut crash, &mut self.notes);
        read_version(self.header.version, &mut crash);
        raised::from_messages(&mut crash);
        crash.last_exception = exception_backtrace(&crash).or(crash.last_exception);
        termination::from_exception(&mut crash);
        refine(&mut crash);
        crash.notes = self.notes.finish();
        crash
    }
}

/// The JSON line before the report fills what the report itself does not say.
fn read_before(before: &str, crash: &mut Crash, notes: &mut Notes) {
    if before.is_empty() {
        return;
    }
    let mut reader = Reader::new(before, 0, String::new());
    reader.members(|reader, name| {
        if let Some(text) = reader.any() {
            ips::header_member(name, &text, crash);
        }
    });
    notes.extend(reader.finish().0);
}

/// `Version: 3.0 (1)` is version and build; before iOS 15 `Version: 1 (3.0)` is build and version there.
fn read_version(version: Option<String>, crash: &mut Crash) {
    let Some(text) = version else { return };
    let (first, second) = match text.split_once('(') {
        Some((first, rest)) => (first.trim(), rest.trim_end().trim_end_matches(')').trim()),
        None => (text.trim(), ""),
    };
    let said = |text: &str| Some(text.to_owned()).filter(|text| !matches!(text.as_str(), "" | "???"));
    let major = crash.system.version.as_deref().and_then(|version| version.split('.').next()?.parse::<u32>().ok());
    let legacy_ios = crash.system.os == Os::Ios && major.is_some_and(|major| major < 15);
    let (version, build) = if legacy_ios && !second.is_empty() { (second, first) } else { (first, second) };
    crash.app.version = crash.app.version.take().or(said(version));
    crash.app.build = crash.app.build.take().or(said(build));
}

/// The program's own image is more specific than `Code Type`; paths show a simulator and the system.
fn refine(crash: &mut Crash) {
    let Crash { system, process, images, .. } = crash;
    let main = images.iter().find(|image| image.path.is_some() && image.path == process.path);
    let main =
        main.or_else(|| images.iter().find(|image| Some(&image.name) == process.name.as_ref())).or(images.first());
    let of_image = main.and_then(|image| image.arch.as_deref()).and_then(cpu::of_name);
    if matches!((system.arch, of_image), (None, Some(_)) | (Some(Arch::Arm64), Some(Arch::Arm64e))) {
        system.arch = of_image;
    }
    let path = process.path.as_deref().or(main.and_then(|image| image.path.as_deref())).unwrap_or_default();
    system.simulator |= path.contains("/CoreSimulator/");
    if system.os == Os::Unknown {
        system.os = match path {
            _ if path.starts_with("/private/var/") || path.starts_with("/var/") => Os::Ios,
            _ if path.starts_with("/Applications/") || path.starts_with("/Users/") => Os::MacOs,
            _ => Os::Unknown,
        };
    }
}
