//! Recognises an input by its content alone.

use std::ops::Range;

use crate::json::Reader;
use crate::json::reader::Shape;
use crate::magic::first_bytes;
use crate::managed::Recognised;
use crate::notes::Notes;
use crate::{
    Crash, Error, Language, android, appcenter, apple_text, ips, limits, managed, metrickit, other_kinds, windows_error,
};

/// What a text turned out to be. Ranges are bytes of the text.
#[derive(Debug)]
pub(crate) enum Content {
    /// App Center logs.
    Logs(appcenter::Logs),
    /// Apple's JSON report: the line before it, if there is one, and the report.
    Ips { header: Range<usize>, body: Range<usize> },
    /// Apple's text report: the JSON line before it, if there is one, and the report.
    AppleText { header: Range<usize>, body: Range<usize> },
    /// The crashes of MetricKit payloads.
    MetricKit(Vec<metrickit::Diagnostic>),
    /// Android's text report.
    Android(android::Report),
    /// A crash as Windows Error Reporting describes it.
    WindowsError(Box<Crash>),
    /// The text of an exception.
    StackTrace(Box<managed::Parsed>),
}

/// What a text is.
///
/// # Errors
///
/// If it is in none of the formats, or a report of something other than a crash.
pub(crate) fn text(text: &str, notes: &mut Notes) -> Result<Content, Error> {
    if text.trim_start().is_empty() {
        return Err(Error::Empty);
    }
    let mut unknown = None;
    if begins_like_json(text) {
        match json(text, notes) {
            // A report may stand inside of other JSON. Only JSON may be as long as that, and what follows are texts.
            Err(error @ Error::UnknownJson(_)) if text.len() <= limits::TEXT_BYTES => unknown = Some(error),
            known => return known,
        }
    }
    if let Some(json) = ips::report_after_text(text) {
        return self::json(&text[json.clone()], notes).map(|content| content.shifted(json.start));
    }
    if let Some(content) = ips::reports_in_text(text).find_map(|start| in_text(text, start, notes)) {
        return content;
    }
    if apple_text::looks_like(text) {
        return Ok(Content::AppleText { header: 0..0, body: 0..text.len() });
    }
    if let Some(error) = unknown {
        return Err(error);
    }
    if let Some(report) = android::recognise(text) {
        return Ok(Content::Android(report));
    }
    if let Some(kind) = other_kinds::with_frames(text) {
        return Err(kind.into());
    }
    let recognised = managed::recognise(text);
    if let Some(outcome) = windows_error::recognise(text) {
        // Pasted together with the event of .NET, which has the exception's frames.
        return match recognised {
            Recognised::Trace(parsed) if parsed.has_frames() => Ok(Content::StackTrace(parsed)),
            _ => outcome.map(|crash| Content::WindowsError(Box::new(crash))),
        };
    }
    if let Recognised::Trace(parsed) = recognised {
        return Ok(Content::StackTrace(parsed));
    }
    if let Some(refusal) = apple_text::refusal(text) {
        return Err(refusal);
    }
    if let Some(kind) = other_kinds::of_text(text) {
        return Err(kind.into());
    }
    if let Recognised::Within(language, line) = recognised {
        return Err(Error::NotACrash(format!(
            "a long text with a trace of {} on line {line}; give the trace alone",
            in_words(language)
        )));
    }
    Err(Error::Unrecognised(first_bytes(text.as_bytes())))
}

/// Whether a text begins like a document of JSON: an object or an array.
pub(crate) fn begins_like_json(text: &str) -> bool {
    text.trim_start().starts_with('{') || begins_array(text)
}

/// Whether a text begins with an array of JSON. Lines of logs begin with brackets, too: `[main] INFO …`,
/// `[  123.456789] BUG: …`, `[2024-01-19 10:18:58] …`.
fn begins_array(text: &str) -> bool {
    const LONGEST: usize = 32;
    let Some(inside) = text.trim_start().strip_prefix('[').map(str::trim_start) else { return false };
    match inside.chars().next() {
        None | Some('{' | '[' | '"' | '\u{201c}' | '\u{201d}' | '\\') => true,
        Some(']') => is_blank(&inside[1..]),
        Some(_) => {
            let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.');
            let end = inside.find(|c| !is_part(c)).unwrap_or(inside.len());
            let (word, rest) = (&inside[..end], inside[end..].trim_start());
            let is_value = matches!(word, "true" | "false" | "null") || word.parse::<f64>().is_ok();
            let goes_on = rest.is_empty() || rest.starts_with(',') || rest.strip_prefix(']').is_some_and(is_blank);
            word.len() <= LONGEST && is_value && goes_on
        }
    }
}

fn is_blank(text: &str) -> bool {
    text.trim_start().is_empty()
}

const fn in_words(language: Language) -> &'static str {
    match language {
        Language::Jvm => "Java",
        Language::JavaScript => "JavaScript",
        Language::Python => "Python",
        Language::Dart => "Dart",
        _ => ".NET",
    }
}

/// The JSON report that begins inside a text, as in Markdown's fences; None if it is not one of Apple's.
fn in_text(text: &str, start: usize, notes: &mut Notes) -> Option<Result<Content, Error>> {
    let text = &text[start..];
    let mut read = Notes::default();
    let content = match json(text, &mut read) {
        Ok(content) => content,
        Err(error @ Error::NotACrash(_)) => return Some(Err(error)),
        Err(_) => return None,
    };
    let is_crash = match &content {
        Content::Ips { header, body } => {
            ips::crash(&text[header.clone()], &text[body.clone()], 0).is_ok_and(|crash| ips::is_sound(&crash))
        }
        Content::AppleText { body, .. } => apple_text::looks_like(&text[body.clone()]),
        Content::MetricKit(diagnostics) => diagnostics
            .first()
            .and_then(|first| metrickit::crash(text.as_bytes(), first).ok())
            .is_some_and(|crash| ips::is_sound(&crash)),
        _ => false,
    };
    if !is_crash {
        return None;
    }
    notes.extend(read.finish());
    Some(Ok(content.shifted(start)))
}

/// What a JSON text is: the first document decides.
fn json(text: &str, notes: &mut Notes) -> Result<Content, Error> {
    let mut reader = Reader::new(text, 0, String::new());
    let start = reader.peek().map_or(0, |_| reader.position());
    if reader.shape() == Shape::Array {
        let mut first = Members::default();
        if reader.begin_array() && reader.next_item() {
            first = reader.quietly(Members::read);
        }
        if first.is_log() {
            return Ok(Content::Logs(appcenter::logs(text, notes)?));
        }
        if first.is_metrickit() {
            return metrickit::diagnostics(text, notes).map(Content::MetricKit);
        }
        return Err(Error::UnknownJson(format!("an array of {}", first.describe())));
    }
    let members = reader.quietly(Members::read);
    if members.logs || members.is_log() {
        return Ok(Content::Logs(appcenter::logs(text, notes)?));
    }
    if members.is_metrickit() {
        return metrickit::diagnostics(text, notes).map(Content::MetricKit);
    }
    let end = reader.position();
    if members.is_ips_body() {
        ips::check_bug_type(members.bug_type.as_deref(), true, notes)?;
        return Ok(Content::Ips { header: 0..0, body: start..end });
    }
    if let Some(what) = members.other {
        return Err(Error::NotACrash(format!("it is {what}")));
    }
    if !members.is_ips_header() {
        return Err(Error::UnknownJson(members.describe()));
    }
    let header = start..end;
    match reader.peek() {
        None => Err(Error::Missing {
            place: format!("byte {end}"),
            message: "the report after the first line is missing".to_owned(),
        }),
        Some(b'{') => {
            let body = reader.position();
            let report = reader.quietly(Members::read);
            ips::check_bug_type(members.bug_type.as_deref(), report.is_ips_body(), notes)?;
            Ok(Content::Ips { header, body: body..reader.position() })
        }
        Some(_) => {
            let body = reader.position()..text.len();
            let is_crash = apple_text::looks_like(&text[body.clone()]);
            ips::check_bug_type(members.bug_type.as_deref(), is_crash, notes)?;
            if !is_crash && let Some(refusal) = apple_text::refusal(&text[body.clone()]) {
                return Err(refusal);
            }
            Ok(Content::AppleText { header, body })
        }
    }
}

impl Content {
    /// The same, `by` bytes further on.
    fn shifted(self, by: usize) -> Self {
        let shift = |range: Range<usize>| range.start + by..range.end + by;
        match self {
            Self::Ips { header, body } => Self::Ips { header: shift(header), body: shift(body) },
            Self::AppleText { header, body } => Self::AppleText { header: shift(header), body: shift(body) },
            Self::MetricKit(diagnostics) => {
                Self::MetricKit(diagnostics.into_iter().map(|diagnostic| diagnostic.shifted(by)).collect())
            }
            other => other,
        }
    }
}

/// The names of a JSON object that distinguish the formats.
#[derive(Default)]
struct Members {
    logs: bool,
    log_type: bool,
    metrickit: bool,
    threads: bool,
    images: bool,
    process: bool,
    header: bool,
    native_log: bool,
    exception: bool,
    device: bool,
    bug_type: Option<String>,
    /// What the report is of, where a name says that it is not a crash.
    other: Option<&'static str>,
    names: Vec<String>,
}

impl Members {
    /// Read the object that is next; only up to a member that decides alone.
    fn read(reader: &mut Reader<'_>) -> Self {
        const NAMED: usize = 8;
        let mut found = Self::default();
        if !reader.begin_object() {
            return found;
        }
        while let Some(name) = reader.next_member() {
            found.other = found.other.or(ips::other_report(&name));
            match &*name {
                "logs" | "Logs" => {
                    found.logs = reader.shape() == Shape::Array;
                    if found.logs {
                        break;
                    }
                }
                "type" | "Type" => found.log_type = reader.string().is_some_and(|name| appcenter::is_log_type(&name)),
                "errorId" | "ErrorId" => found.log_type = true,
                "callStackTree" | "callStacks" | "diagnosticMetaData" => found.metrickit = true,
                name if name.ends_with("Diagnostics") => found.metrickit = true,
                "threads" => found.threads = true,
                "usedImages" => found.images = true,
                "procName" | "faultingThread" | "procPath" => found.process = true,
                "app_name" | "os_version" | "incident_id" => found.header = true,
                "bug_type" => {
                    found.header = true;
                    found.bug_type = reader.scalar().map(|kind| kind.into_owned());
                }
                "osExceptionType" | "binaries" => found.native_log = true,
                "exception" => found.exception = true,
                "device" => found.device = true,
                _ => {}
            }
            if found.names.len() < NAMED {
                found.names.push(name.into_owned());
            }
        }
        found
    }

    const fn is_log(&self) -> bool {
        self.log_type || (self.native_log && !self.images) || (self.exception && self.device)
    }

    const fn is_metrickit(&self) -> bool {
        self.metrickit
    }

    const fn is_ips_body(&self) -> bool {
        self.images || (self.threads && self.process)
    }

    const fn is_ips_header(&self) -> bool {
        self.header
    }

    fn describe(&self) -> String {
        if self.names.is_empty() {
            return "no members".to_owned();
        }
        let names: Vec<String> = self.names.iter().map(|name| crate::json::value::quote(name)).collect();
        format!("the members {}", names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_of_json_and_of_logs() {
        for text in
            ["[{}]", " [\n  {", "[", "[]", "[ ]\n", "[[1]]", "[\"a\"]", "[1, 2]", "[1]", "[-1.5e3,", "[null]", "[1"]
        {
            assert!(begins_array(text), "{text:?}");
        }
        for text in [
            "[main] INFO a",
            "[mono-rt] [ERROR] a",
            "[  123.456789] BUG: a",
            "[12:30:01] a",
            "[2024-01-19 10:18:58] a",
            "[1] a",
            "[] a",
            "[ERROR:flutter/a.cc(41)] a",
            "[null] a",
            "a",
        ] {
            assert!(!begins_array(text), "{text:?}");
        }
    }
}
