//! Events of the event log, and the details that Windows shows.
//!
//! Windows translates the words, so the shape decides: which values follow one another.
//!
//! ```text
//! Faulting application name: Shop.exe, version: 1.0.0.0, time stamp: 0x62cf0990
//! Faulting module name: coreclr.dll, version: 6.0.822.36306, time stamp: 0x62cf0045
//! Exception code: 0xc0000005
//! Fault offset: 0x00000000001d1fdd
//! ```

use std::borrow::Cow;

use super::signature::{self, PARAMETERS, number, owned};
use crate::{Crash, Error, Kind, event_xml};

/// Values of event 1000 up to the offset, and with those behind it.
const SIGNATURE: usize = 8;
const VALUES: usize = 15;
/// Lines of an event.
const LINES: usize = 24;

/// The crash of a text. None for other texts.
pub(super) fn read(text: &str) -> Option<Result<Crash, Error>> {
    if let Some(mut outcome) = event_xml::events(text).find_map(|values| of_values(&values)) {
        if let (Ok(crash), Some(time)) = (&mut outcome, event_xml::time(text)) {
            crash.time = Some(time.to_owned());
        }
        return Some(outcome);
    }
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = line.trim();
        // A comment in source code is an example.
        if !line.starts_with(char::is_alphabetic) {
            continue;
        }
        if is_application(line) {
            let values = application_error(line, lines.clone());
            if let Some(crash) = of_application_error(&values) {
                return Some(Ok(crash));
            }
        } else if let Some(event) = after_colon(line).filter(|value| signature::is_event(value)) {
            let values = parameters(lines.clone());
            if let Some(outcome) = signature::crash(Kind::WindowsEvent, event, &values) {
                return Some(outcome);
            }
        }
    }
    None
}

/// The crash of an event's values.
fn of_values(values: &[Cow<'_, str>]) -> Option<Result<Crash, Error>> {
    /// Values between the name of a report's event and its parameters: the response, the cabinet.
    const BETWEEN: usize = 2;
    let values: Vec<&str> = values.iter().map(AsRef::as_ref).collect();
    if let Some(crash) = of_application_error(&values) {
        return Some(Ok(crash));
    }
    let event = values.iter().take(4).position(|value| signature::is_event(value))?;
    let parameters = values.get(event + 1 + BETWEEN..)?;
    signature::crash(Kind::WindowsEvent, values[event], parameters)
}

/// The crash of the values of event 1000.
fn of_application_error(values: &[&str]) -> Option<Crash> {
    let [name, version, stamp, module, module_version, module_stamp, code, offset, ..] = *values else { return None };
    let fits = !name.is_empty()
        && !module.is_empty()
        && [version, module_version].into_iter().all(signature::is_version)
        && [stamp, module_stamp, code, offset].into_iter().all(|text| number(text).is_some());
    if !fits {
        return None;
    }
    let mut crash = signature::crash(Kind::WindowsEvent, "APPCRASH", &values[..SIGNATURE])?.ok()?;
    let value = |index: usize| values.get(index).copied().unwrap_or("").trim();
    crash.process.id = number(value(8)).filter(|&id| u32::try_from(id).is_ok());
    crash.process.launched = owned(value(9)).filter(|time| number(time).is_some());
    let path = |index| owned(value(index)).filter(|path: &String| path.contains('\\'));
    crash.process.path = path(10);
    for (name, path) in [(name, path(10)), (module, path(11))] {
        if let Some(image) = crash.images.iter_mut().find(|image| image.name.eq_ignore_ascii_case(name)) {
            image.path = path.or(image.path.take());
        }
    }
    crash.id =
        owned(value(12)).filter(|id| id.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b'-' | b'{' | b'}')));
    crash.app.identifier = owned(value(13)).filter(|name| name.contains('_') && !name.contains([' ', '<']));
    Some(crash)
}

/// Whether a line begins event 1000: `Faulting application name: Shop.exe, version: 1.0.0.0, time stamp: 0x62cf0990`.
fn is_application(line: &str) -> bool {
    let mut parts = parts(line).skip(1);
    line.contains("0x")
        && parts.next().is_some_and(signature::is_version)
        && parts.next().is_some_and(|stamp| stamp.starts_with("0x") && number(stamp).is_some())
}

/// The values of event 1000, from its first line on. Old systems write all of it on one line.
fn application_error<'t>(first: &'t str, lines: impl Iterator<Item = &'t str>) -> Vec<&'t str> {
    let mut values = Vec::with_capacity(VALUES);
    let lines = lines.map(str::trim).filter(|line| !line.is_empty()).take(LINES);
    for line in std::iter::once(first).chain(lines) {
        if line.starts_with('<') || values.len() >= VALUES {
            break;
        }
        if values.len() < SIGNATURE {
            values.extend(parts(line).take(VALUES));
        } else {
            values.push(after_colon(line).unwrap_or(""));
        }
    }
    values
}

/// The values of a line, which are separated by commas of any script.
fn parts(line: &str) -> impl Iterator<Item = &str> {
    line.split([',', '，', '、']).map(|part| {
        let (_, value) = part.rsplit_once([':', '：']).unwrap_or_else(|| {
            // `version 1.0.0.0`: before Windows 7.
            let part = part.trim_end().trim_end_matches('.');
            part.rsplit_once(' ').unwrap_or(("", part))
        });
        value.trim()
    })
}

/// The value of `label: value`.
fn after_colon(line: &str) -> Option<&str> {
    line.split_once([':', '：']).map(|(_, value)| value.trim())
}

/// The parameters after the name of an event: lines `P1: Shop.exe` and on, else what the next lines have.
fn parameters<'t>(lines: impl Iterator<Item = &'t str> + Clone) -> Vec<&'t str> {
    /// Lines before the first parameter: the response, the cabinet, a heading.
    const BEFORE: usize = 6;
    let lines = lines.map(str::trim).filter(|line| !line.is_empty());
    let first = lines.clone().take(BEFORE).position(|line| numbered(line, 1));
    let lines = lines.skip(first.unwrap_or(0)).take(PARAMETERS).enumerate();
    let lines = lines.take_while(|(index, line)| first.is_none() || numbered(line, index + 1));
    lines.map_while(|(_, line)| after_colon(line)).collect()
}

/// Whether a line is the parameter of this number: `P1: Shop.exe`.
fn numbered(line: &str, number: usize) -> bool {
    let digits = line.strip_prefix('P').and_then(|rest| rest.split_once([':', '：']));
    digits.is_some_and(|(digits, _)| digits.trim().parse() == Ok(number))
}
