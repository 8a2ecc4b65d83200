//! MetricKit payloads: `MXDiagnosticPayload`, one of its crash diagnostics, or a call stack tree alone.
//!
//! There is no table of images: a frame has its image's UUID and name, and how far into its text it lies, so that the
//! image's start is the address less the offset. A stack is a chain: each frame holds its caller in `subFrames`.

mod tree;

use std::ops::Range;
use std::sync::Arc;

use vocabulary::darwin;

use crate::apple::{codes, cpu, os, raised, termination};
use crate::bytes::text_of;
use crate::json::Reader;
use crate::json::reader::Shape;
use crate::notes::Notes;
use crate::{Crash, Error, Kind, Language, Os, Thrown, limits};

/// A crash of a payload.
#[derive(Debug)]
pub(crate) struct Diagnostic {
    span: Range<usize>,
    /// Its name: `crashDiagnostics[0]`.
    place: String,
    /// When the payload's time ends: the crash itself has none.
    time: Option<Arc<str>>,
}

impl Diagnostic {
    /// The same, `by` bytes further on.
    pub(crate) fn shifted(self, by: usize) -> Self {
        Self { span: self.span.start + by..self.span.end + by, ..self }
    }
}

/// The crashes of a text.
///
/// # Errors
///
/// If it has diagnostics of other things only.
pub(crate) fn diagnostics(text: &str, notes: &mut Notes) -> Result<Vec<Diagnostic>, Error> {
    let mut found = Vec::new();
    let mut others = Vec::new();
    let mut reader = Reader::new(text, 0, String::new());
    reader.one_or_more(|reader, _| payload(reader, &mut found, &mut others));
    let (read, fault) = reader.finish();
    notes.extend(read);
    if let Some(fault) = fault {
        return Err(fault);
    }
    if found.is_empty() && !others.is_empty() {
        return Err(Error::NotACrash(format!(
            "a MetricKit payload without crashDiagnostics, but with {}",
            others.join(", ")
        )));
    }
    for other in others {
        notes.note(String::new, format!("no crashes: {other}"));
    }
    Ok(found)
}

/// Read a payload or a diagnostic.
fn payload(reader: &mut Reader<'_>, found: &mut Vec<Diagnostic>, others: &mut Vec<String>) {
    const OTHERS_NAMED: usize = 16;
    if reader.shape() != Shape::Object {
        reader.wrong("a payload");
        return;
    }
    let start = reader.position();
    let outer = reader.place();
    let first = found.len();
    let (mut time, mut alone, mut left_out) = (None, false, 0_usize);
    reader.members(|reader, name| match name {
        "crashDiagnostics" => reader.items(|reader, _| {
            if reader.shape() != Shape::Object {
                reader.wrong("a diagnostic");
                return;
            }
            let start = reader.position();
            reader.skip();
            if found.len() >= limits::CRASHES_FREE + start / limits::CRASH_BYTES {
                left_out += 1;
            } else {
                let place = reader.place();
                found.push(Diagnostic { span: start..reader.position(), place, time: None });
            }
        }),
        "timeStampEnd" => time = reader.text().map(Arc::from),
        "callStackTree" | "callStacks" => alone = true,
        name if name.ends_with("Diagnostics") => {
            let mut count = 0;
            reader.items(|_, _| count += 1);
            if count > 0 && others.len() < OTHERS_NAMED {
                others.push(format!("{count} {name}"));
            }
        }
        _ => {}
    });
    if left_out > 0 {
        reader.note(format!("more crashes than their bytes can say anything about: {left_out} are left out"));
    }
    for diagnostic in &mut found[first..] {
        diagnostic.time.clone_from(&time);
    }
    if alone && found.len() == first {
        found.push(Diagnostic { span: start..reader.position(), place: outer, time });
    }
}

/// One crash of a payload.
pub(crate) fn crash(bytes: &[u8], diagnostic: &Diagnostic) -> Result<Crash, Error> {
    let text = text_of(bytes, &diagnostic.span);
    let mut reader = Reader::new(&text, diagnostic.span.start, diagnostic.place.clone());
    let mut crash = Crash {
        kind: Some(Kind::MetricKit),
        fatal: Some(true),
        time: diagnostic.time.as_deref().map(str::to_owned),
        ..Crash::default()
    };
    let mut tree = tree::Tree::default();
    reader.members(|reader, name| match name {
        "callStackTree" => tree.read(reader),
        // A tree alone.
        "callStacks" => tree.read_stacks(reader),
        "binaryInfo" => tree.read_binaries(reader),
        "diagnosticMetaData" | "metaData" => {
            reader.members(|reader, name| meta(reader, name, &mut crash));
        }
        "callStackPerThread" => {}
        _ => meta(reader, name, &mut crash),
    });
    tree.finish(&mut reader, &mut crash);
    finish(&mut crash);
    let (notes, fault) = reader.finish();
    crash.notes = notes;
    fault.map_or(Ok(crash), Err)
}

/// A member of `diagnosticMetaData`.
fn meta(reader: &mut Reader<'_>, name: &str, crash: &mut Crash) {
    let Crash { system, app, process, .. } = crash;
    match name {
        "appVersion" | "applicationVersion" => app.version = reader.text(),
        "appBuildVersion" | "applicationBuildVersion" => app.build = reader.text(),
        "bundleIdentifier" => app.identifier = reader.text(),
        "deviceType" => system.model = reader.text(),
        "platformArchitecture" => system.arch = reader.string().and_then(|name| cpu::of_name(&name)),
        "osVersion" => {
            if let Some(text) = reader.string() {
                os::read(&text, system);
            }
        }
        "regionFormat" => system.country = reader.text(),
        "pid" => process.id = reader.unsigned(),
        "exceptionType" => {
            let Some(number) = reader.scalar() else { return };
            let named =
                number.parse().ok().and_then(darwin::exception_name).map_or_else(|| number.into_owned(), str::to_owned);
            crash.exception.get_or_insert_default().kind = Some(named);
        }
        "exceptionCode" => {
            let code = reader.bits();
            crash.exception.get_or_insert_default().codes = code.into_iter().collect();
        }
        "signal" => {
            let Some(number) = reader.scalar() else { return };
            let named =
                number.parse().ok().and_then(darwin::signal_name).map_or_else(|| number.into_owned(), str::to_owned);
            crash.exception.get_or_insert_default().signal = Some(named);
        }
        "terminationReason" => {
            if let Some(text) = reader.text() {
                crash.termination = Some(termination::read(&text));
            }
        }
        "objectiveCexceptionReason" => crash.thrown.extend(reason(reader)),
        "virtualMemoryRegionInfo" => {
            if let Some(text) = reader.any() {
                // "0 is not in any region. …", "0x10 is not in any region. …"
                let address = text.split_whitespace().next().and_then(|word| codes::numbers(word).first().copied());
                crash.exception.get_or_insert_default().address = address;
                crash.more.push((name.to_owned(), text));
            }
        }
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

/// The parts of an Objective-C exception.
fn reason(reader: &mut Reader<'_>) -> Option<Thrown> {
    let mut thrown = Thrown { language: Language::ObjectiveC, ..Thrown::default() };
    let mut class = None;
    reader.members(|reader, name| match name {
        "exceptionName" => thrown.type_name = reader.text(),
        "className" => class = reader.text(),
        "composedMessage" => thrown.message = reader.text(),
        _ => {}
    });
    thrown.type_name = thrown.type_name.or(class);
    (thrown.type_name.is_some() || thrown.message.is_some()).then_some(thrown)
}

fn finish(crash: &mut Crash) {
    raised::from_messages(crash);
    if crash.system.os == Os::Unknown {
        crash.system.os = Os::Ios;
    }
}
