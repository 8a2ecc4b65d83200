//! The report as a crash.

use super::frame::Frames;
use super::{image, thread};
use crate::apple::os::fill;
use crate::apple::{codes, cpu, os, raised};
use crate::apple_text::exception_backtrace;
use crate::json::Reader;
use crate::json::reader::Shape;
use crate::json::value::up_to;
use crate::notes::Notes;
use crate::{Arch, Crash, Error, Exception, Frame, Kind, Language, LastException, Os, Termination, Thrown, limits};

/// The crash of a report. `header` is the line before it, empty if there is none; `base` where the report lies.
pub(crate) fn crash(header: &str, body: &str, base: usize) -> Result<Crash, Error> {
    let mut crash = Crash { kind: Some(Kind::Ips), fatal: Some(true), ..Crash::default() };
    let mut notes = Notes::default();
    let mut reader = Reader::new(body, base, String::new());
    let mut faulting = None;
    let mut triggered = None;
    let mut frames = Frames { left: limits::FRAMES };
    reader.members(|reader, name| match name {
        "threads" => (crash.threads, triggered) = thread::read(reader, &mut frames),
        "usedImages" => crash.images = image::read(reader),
        "faultingThread" => faulting = reader.unsigned().and_then(|index| usize::try_from(index).ok()),
        "lastExceptionBacktrace" => {
            crash.last_exception =
                Some(LastException { frames: frames.read(reader) }).filter(|last| !last.frames.is_empty());
        }
        _ => member(reader, name, &mut crash),
    });
    resolve(&mut reader, &mut crash);
    crash.crashed = triggered.or(faulting);
    if crash.crashed.is_some_and(|index| index >= crash.threads.len()) {
        reader.note("the faulting thread is not in the list of threads");
        crash.crashed = None;
    }
    let (read, fault) = reader.finish();
    notes.extend(read);
    if let Some(fault) = fault {
        return Err(fault);
    }
    notes.extend(read_header(header, &mut crash));
    raised::from_messages(&mut crash);
    crash.last_exception = exception_backtrace(&crash).or(crash.last_exception);
    finish(&mut crash);
    crash.notes = notes.finish();
    Ok(crash)
}

/// A member that stands for itself.
fn member(reader: &mut Reader<'_>, name: &str, crash: &mut Crash) {
    let Crash { system, app, process, .. } = crash;
    match name {
        "incident" => crash.id = reader.text(),
        "captureTime" => crash.time = reader.text(),
        "procName" => process.name = reader.text(),
        "procPath" => process.path = reader.text(),
        "pid" => process.id = reader.unsigned(),
        "parentProc" => process.parent_name = reader.text(),
        "parentPid" => process.parent_id = reader.unsigned(),
        "procLaunch" => process.launched = reader.text(),
        "modelCode" => system.model = reader.text(),
        "cpuType" => system.arch = reader.string().and_then(|name| cpu::of_name(&name)),
        "translated" => system.translated = reader.boolean().unwrap_or_default(),
        "isSimulated" | "simulated" => system.simulator |= reader.boolean().unwrap_or_default(),
        "locale" | "userLocale" => system.locale = reader.text(),
        "osVersion" => read_os(reader, crash),
        "bundleInfo" => {
            reader.members(|reader, name| match name {
                "CFBundleIdentifier" => app.identifier = reader.text(),
                "CFBundleShortVersionString" => app.version = reader.text(),
                "CFBundleVersion" => app.build = reader.text(),
                _ => {}
            });
        }
        "exception" => crash.exception = Some(read_exception(reader)),
        "termination" => crash.termination = Some(read_termination(reader)),
        "exceptionReason" => crash.thrown.extend(read_reason(reader)),
        "asi" => read_messages(reader, crash),
        "asiBacktraces" => reader.items(|reader, _| {
            if let Some(text) = reader.any()
                && crash.backtraces.len() < limits::ENTRIES
            {
                crash.backtraces.push(text);
            }
        }),
        "version" => {}
        _ => {
            if crash.more.len() < limits::ENTRIES
                && let Some(text) = reader.any()
            {
                crash.more.push((name.to_owned(), text));
            }
        }
    }
}

/// `{"train": "macOS 13.0", "build": "22A380", "releaseType": "User"}`
fn read_os(reader: &mut Reader<'_>, crash: &mut Crash) {
    let system = &mut crash.system;
    if reader.shape() == Shape::String {
        if let Some(text) = reader.string() {
            os::read(&text, system);
        }
        return;
    }
    reader.members(|reader, name| match name {
        "train" => {
            if let Some(train) = reader.string() {
                os::read(&train, system);
            }
        }
        "build" => system.build = reader.text().or(system.build.take()),
        "releaseType" => system.release = reader.text(),
        _ => {}
    });
}

fn read_exception(reader: &mut Reader<'_>) -> Exception {
    let mut exception = Exception::default();
    let mut codes_text = None;
    reader.members(|reader, name| match name {
        "type" => exception.kind = reader.text(),
        "signal" => exception.signal = reader.text(),
        "subtype" => exception.subtype = reader.text(),
        "message" => exception.note = reader.text(),
        "codes" => codes_text = reader.scalar(),
        "rawCodes" => reader.items(|reader, index| {
            if index < 16 {
                exception.codes.extend(reader.bits());
            }
        }),
        _ => {}
    });
    if exception.codes.is_empty() {
        exception.codes = codes_text.as_deref().map(codes::numbers).unwrap_or_default();
    }
    if exception.kind.as_deref().is_some_and(codes::is_signal) && exception.signal.is_none() {
        exception.signal = exception.kind.take();
    }
    exception.address = exception.subtype.as_deref().and_then(codes::address_of);
    if exception.address.is_none() && exception.kind.as_deref() == Some("EXC_BAD_ACCESS") {
        exception.address = exception.codes.get(1).copied();
    }
    exception
}

fn read_termination(reader: &mut Reader<'_>) -> Termination {
    let mut termination = Termination::default();
    let (mut by, mut pid) = (None, None);
    reader.members(|reader, name| match name {
        "namespace" => termination.namespace = reader.text(),
        "code" => termination.code = reader.bits(),
        "indicator" => termination.indicator = reader.text(),
        "byProc" => by = reader.text(),
        "byPid" => pid = reader.unsigned(),
        "flags" => {}
        _ if reader.shape() == Shape::Word => {}
        _ => reader.items(|reader, _| {
            if let Some(text) = reader.any()
                && termination.details.len() < limits::ENTRIES
            {
                termination.details.push(text);
            }
        }),
    });
    termination.by = match (by, pid) {
        (Some(by), Some(pid)) => Some(format!("{by} [{pid}]")),
        (by, pid) => by.or(pid.map(|pid| format!("[{pid}]"))),
    };
    termination
}

/// `exceptionReason`: the Objective-C exception in its parts.
fn read_reason(reader: &mut Reader<'_>) -> Option<Thrown> {
    let mut thrown = Thrown { language: Language::ObjectiveC, ..Thrown::default() };
    let mut class = None;
    reader.members(|reader, name| match name {
        "name" | "exceptionName" => thrown.type_name = reader.text(),
        "composed_message" | "composedMessage" => thrown.message = reader.text(),
        "class" | "className" => class = reader.text(),
        _ => {}
    });
    thrown.type_name = thrown.type_name.or(class);
    (thrown.type_name.is_some() || thrown.message.is_some()).then_some(thrown)
}

/// `{"libsystem_c.dylib": ["abort() called"]}`
fn read_messages(reader: &mut Reader<'_>, crash: &mut Crash) {
    reader.members(|reader, image| {
        reader.items(|reader, _| {
            if let Some(text) = reader.any()
                && crash.messages.len() < limits::ENTRIES
            {
                crash.messages.push((Some(up_to(image, limits::LABEL_BYTES).to_owned()), text));
            }
        });
    });
}

/// The line before the report fills what the report itself does not say.
fn read_header(header: &str, crash: &mut Crash) -> Vec<crate::Note> {
    if header.is_empty() {
        return Vec::new();
    }
    let mut reader = Reader::new(header, 0, String::new());
    reader.members(|reader, name| {
        let Some(text) = reader.any() else { return };
        header_member(name, &text, crash);
    });
    reader.finish().0
}

/// A member of the line before a report, of JSON or text.
pub(crate) fn header_member(name: &str, text: &str, crash: &mut Crash) {
    match name {
        "app_name" | "name" => fill(&mut crash.process.name, text),
        "timestamp" => fill(&mut crash.time, text),
        "app_version" => fill(&mut crash.app.version, text),
        "build_version" => fill(&mut crash.app.build, text),
        "bundleID" | "bundle_id" => fill(&mut crash.app.identifier, text),
        "incident_id" => fill(&mut crash.id, text),
        "os_version" => os::read(text, &mut crash.system),
        _ => {
            if crash.more.len() < limits::ENTRIES && !crash.more.iter().any(|(known, _)| known == name) {
                crash.more.push((name.to_owned(), text.to_owned()));
            }
        }
    }
}

/// Frames have offsets yet: add the start of their image.
fn resolve(reader: &mut Reader<'_>, crash: &mut Crash) {
    let Crash { threads, last_exception, images, .. } = crash;
    let mut wrong = 0;
    let mut add = |frame: &mut Frame| {
        let Some(offset) = frame.address else { return };
        match frame.image.map(|index| images.get(index)) {
            Some(Some(image)) => frame.address = Some(image.start.wrapping_add(offset)),
            // No image at all: the offset is the address.
            None => {}
            Some(None) => {
                wrong += 1;
                (frame.image, frame.address) = (None, None);
            }
        }
    };
    threads.iter_mut().flat_map(|thread| &mut thread.frames).for_each(&mut add);
    last_exception.iter_mut().flat_map(|last| &mut last.frames).for_each(&mut add);
    if wrong > 0 {
        reader.note(format!("frames that name an image that is not there, and have no address: {wrong}"));
    }
}

/// What follows from the rest.
fn finish(crash: &mut Crash) {
    let Crash { system, process, images, .. } = crash;
    let main = images.iter().find(|image| image.path.is_some() && image.path == process.path);
    let main = main.or_else(|| images.iter().find(|image| Some(&image.name) == process.name.as_ref()));
    // The report says ARM-64 for both kinds; the program's image says which.
    let of_image = main.and_then(|image| image.arch.as_deref()).and_then(cpu::of_name);
    if matches!((system.arch, of_image), (None, Some(_)) | (Some(Arch::Arm64), Some(Arch::Arm64e))) {
        system.arch = of_image;
    }
    system.simulator |= process.path.as_deref().is_some_and(|path| path.contains("/CoreSimulator/"));
    if system.os == Os::Unknown {
        system.os = Os::MacOs;
    }
}
