//! The lines before the threads: `Name: value`.

use crate::apple::os::fill;
use crate::apple::{codes, cpu, os, termination};
use crate::json::value::up_to;
use crate::{Crash, Exception, Os, Termination, limits};

/// Names that a report has and other texts hardly have.
const TYPICAL: [&str; 13] = [
    "Incident Identifier",
    "CrashReporter Key",
    "Hardware Model",
    "Code Type",
    "Parent Process",
    "Date/Time",
    "OS Version",
    "Report Version",
    "Exception Type",
    "Exception Codes",
    "Crashed Thread",
    "Triggered by Thread",
    "Highlighted Thread",
];

/// What the header says and the whole report needs.
#[derive(Default)]
pub(super) struct Header {
    /// The number of the crashed thread.
    pub(super) crashed: Option<u64>,
    /// `Version`, whose two numbers stand in different order on different systems.
    pub(super) version: Option<String>,
}

/// Whether a line is one that only a report has.
pub(super) fn is_typical(line: &str) -> bool {
    split(line).is_some_and(|(name, _)| TYPICAL.contains(&name))
}

/// Name and value of a line.
pub(super) fn split(line: &str) -> Option<(&str, &str)> {
    const LONGEST: usize = 48;
    let (name, value) = line.split_once(':')?;
    let good = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '/' | '(' | ')' | '-' | '_' | '\'' | '.');
    let is_name = name.starts_with(|c: char| c.is_ascii_uppercase()) && name.len() <= LONGEST && name.chars().all(good);
    (is_name && (value.is_empty() || value.starts_with([' ', '\t']))).then_some((name.trim_end(), value.trim()))
}

/// Take over a line.
pub(super) fn read(name: &str, value: &str, header: &mut Header, crash: &mut Crash) {
    let Crash { system, app, process, .. } = crash;
    match name {
        _ if value.is_empty() => {}
        "Incident Identifier" => crash.id = Some(value.to_owned()),
        "Hardware Model" => system.model = Some(value.to_owned()),
        "Process" => (process.name, process.id) = name_and_id(value),
        "Path" => process.path = Some(value.to_owned()),
        "Identifier" => app.identifier = Some(value.to_owned()),
        "Version" => header.version = Some(value.to_owned()),
        "Code Type" => {
            system.arch = cpu::of_name(value);
            system.translated = value.contains("(Translated)");
        }
        "Parent Process" => (process.parent_name, process.parent_id) = name_and_id(value),
        "Date/Time" => crash.time = Some(value.to_owned()),
        "Launch Time" => process.launched = Some(value.to_owned()),
        "OS Version" => {
            (system.name, system.version, system.build, system.os) = (None, None, None, Os::Unknown);
            os::read(value, system);
        }
        "Release Type" => system.release = Some(value.to_owned()),
        "Exception Type" => exception_type(value, crash.exception.get_or_insert_default()),
        "Exception Subtype" => exception_subtype(value, crash.exception.get_or_insert_default()),
        "Exception Codes" => exception_codes(value, crash.exception.get_or_insert_default()),
        "Exception Note" | "Exception Message" | "Exception Reason" => {
            let note = &mut crash.exception.get_or_insert_default().note;
            *note = Some(note.take().map_or_else(|| value.to_owned(), |known| format!("{known}; {value}")));
        }
        "Termination Reason" => {
            let known = crash.termination.take().unwrap_or_default();
            let read = termination::read(value);
            let details = read.details.into_iter().chain(known.details).collect();
            let indicator = read.indicator.or(known.indicator);
            crash.termination = Some(Termination { by: known.by, indicator, details, ..read });
        }
        "Termination Signal" => fill(&mut crash.termination.get_or_insert_default().indicator, value),
        "Termination Description" => crash.termination.get_or_insert_default().details.push(value.to_owned()),
        "Terminating Process" => crash.termination.get_or_insert_default().by = Some(value.to_owned()),
        "Crashed Thread" | "Triggered by Thread" | "Highlighted Thread" => {
            header.crashed = value.split([' ', '\t', ',']).next().and_then(|number| number.parse().ok());
        }
        _ => more(name, value, crash),
    }
}

/// Store a line that has no field of its own.
pub(super) fn more(name: &str, value: &str, crash: &mut Crash) {
    if crash.more.len() < limits::ENTRIES {
        crash.more.push((name.to_owned(), up_to(value, limits::ENTRY_BYTES).to_owned()));
    }
}

/// `TouchCanvas [1052]`
fn name_and_id(value: &str) -> (Option<String>, Option<u64>) {
    let said = |name: &str| Some(name.trim()).filter(|name| !matches!(*name, "" | "???")).map(str::to_owned);
    if let Some((name, id)) = value.rsplit_once('[')
        && let Some(id) = id.trim_end().strip_suffix(']')
    {
        return (said(name), id.trim().parse().ok());
    }
    (said(value), None)
}

/// `EXC_CRASH (SIGABRT)`, `SIGSEGV`, `EXC_CRASH (Code Signature Invalid)`
fn exception_type(value: &str, exception: &mut Exception) {
    let (kind, inside) = match value.split_once('(') {
        Some((kind, rest)) => (kind.trim(), rest.trim_end().strip_suffix(')').unwrap_or(rest)),
        None => (value, ""),
    };
    if codes::is_signal(kind) {
        exception.signal = Some(kind.to_owned());
    } else {
        exception.kind = Some(kind.to_owned());
    }
    if codes::is_signal(inside) {
        exception.signal = Some(inside.to_owned());
    } else if !inside.is_empty() {
        exception.note = Some(inside.to_owned());
    }
}

/// `KERN_INVALID_ADDRESS at 0x0000000000000010`
fn exception_subtype(value: &str, exception: &mut Exception) {
    exception.subtype = Some(value.to_owned());
    exception.address = codes::address_of(value).or(exception.address);
}

/// `0x0000000000000001, 0x0000000000000010`, or words as in a subtype.
fn exception_codes(value: &str, exception: &mut Exception) {
    exception.codes = codes::numbers(value);
    if exception.codes.is_empty() {
        if exception.subtype.is_none() {
            exception.subtype = Some(value.to_owned());
        }
        exception.address = codes::address_of(value).or(exception.address);
    } else if exception.kind.as_deref() == Some("EXC_BAD_ACCESS") && exception.address.is_none() {
        exception.address = exception.codes.get(1).copied();
    }
}
