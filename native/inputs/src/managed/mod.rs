//! The text of a managed exception, as its run-time prints it: .NET, Java and Kotlin, JavaScript, Python, Dart.
//!
//! Nothing here is an error: what looks like neither a frame nor an exception is part of a message, or skipped. Work
//! and memory grow with the text, and frames and exceptions are limited, which the notes report.

mod builder;
mod carried;
mod clr;
mod clr_frame;
mod clr_method;
mod dart;
mod event_log;
mod evidence;
mod frame;
mod head;
mod hresult;
mod javascript;
mod jvm;
mod language;
mod lines;
mod logcat;
mod python;
mod unity;

use std::borrow::Cow;

use builder::Builder;
pub(crate) use carried::open as open_carriers;
use evidence::Evidence;
use lines::Lines;

use crate::crash::{Arch, Exception, Image, Language, ManagedFrame, Note, Os, Process, Thrown};
use crate::limits;

/// Frames that texts may still have written out again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Copies {
    bytes: usize,
}

impl Default for Copies {
    fn default() -> Self {
        Self { bytes: limits::COPIED_BYTES }
    }
}

impl Copies {
    /// How many of so many copies of a frame the limits allow.
    fn take(&mut self, frame: &ManagedFrame, wanted: usize) -> usize {
        let texts = [&frame.class, &frame.method, &frame.parameters, &frame.file, &frame.module, &frame.text];
        let bytes = limits::COPY_BYTES + texts.into_iter().flatten().map(String::len).sum::<usize>();
        let granted = wanted.min(self.bytes / bytes);
        self.bytes -= granted * bytes;
        granted
    }
}

/// What a text says of exceptions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// Whose exceptions they are.
    pub language: Language,
    /// The exceptions, the outermost first; [`Thrown::parent`] and [`Thrown::relation`] are set.
    pub thrown: Vec<Thrown>,
    /// The process, where the text names it (Android's log, the event log of Windows).
    pub process: Process,
    /// The system, where only one prints such a text.
    pub os: Os,
    /// The processor, where the text names it.
    pub arch: Option<Arch>,
    /// The images that frames with addresses are in.
    pub images: Vec<Image>,
    /// The native exception, where the text has its code.
    pub exception: Option<Exception>,
    /// What was tolerated or lost. Places are lines of the text.
    pub notes: Vec<Note>,
}

impl Parsed {
    /// Whether an exception has a frame.
    pub(crate) fn has_frames(&self) -> bool {
        self.thrown.iter().any(|thrown| thrown.frames.iter().any(|frame| !frame.mark))
    }
}

/// Parse a text that is known to be that of an exception, as its run-time prints it. None if nothing in it looks like
/// one.
///
/// This is lenient, for texts that a format declares to be traces; [`recognise`] is for texts of unknown content.
///
/// `hint` is the language that the caller knows of; a text that is clearly of another one overrules it.
///
/// In [`Parsed::thrown`] a cause is [`Relation::Cause`](crate::Relation); what was suppressed, further exceptions of an
/// aggregate or group, and what a Python handler was busy with are [`Relation::Beside`](crate::Relation).
#[must_use]
pub fn parse(text: &str, hint: Option<Language>) -> Option<Parsed> {
    parse_sharing(text, hint, &mut Copies::default())
}

/// As [`parse`], of one of several texts that have one allowance of copied frames together.
pub(crate) fn parse_sharing(text: &str, hint: Option<Language>, copies: &mut Copies) -> Option<Parsed> {
    let event = event_log::of_xml(text);
    let text = event.as_deref().unwrap_or(text);
    parse_as(language::of(text, hint)?, text, copies)
}

fn parse_as(language: Language, text: &str, copies: &mut Copies) -> Option<Parsed> {
    let mut builder = Builder::sharing(copies);
    let mut lines = Lines::new(text);
    let language = if carried::is_java_carrier(text) { Language::Jvm } else { language };
    match language {
        Language::Jvm => jvm::parse(&mut lines, &mut builder, None),
        Language::JavaScript => javascript::parse(&mut lines, &mut builder),
        Language::Python => python::parse(&mut lines, &mut builder),
        Language::Dart => dart::parse(&mut lines, &mut builder),
        _ => {
            let event = event_log::head(&mut lines, &mut builder);
            clr::parse(&mut lines, &mut builder, event);
        }
    }
    *copies = builder.copies;
    builder.finish(language)
}

/// What a text of unknown content is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recognised {
    /// Not the trace of an exception.
    No,
    /// The trace of an exception.
    Trace(Box<Parsed>),
    /// A long text about something else, with a trace of this language on this line (from 1).
    Within(Language, usize),
}

/// Say what a text of unknown content is, and parse it as [`parse`] does if its lines prove that it is a trace.
///
/// A head without a frame (`Type: message`) proves nothing: log lines and source code look the same.
#[must_use]
pub fn recognise(text: &str) -> Recognised {
    let event = event_log::of_xml(text);
    let text = event.as_deref().unwrap_or(text);
    let (language, crash) = match evidence::of(text) {
        _ if event_log::is_alone(text) => (Language::Clr, true),
        Evidence::Trace { language, crash } => (language, crash),
        Evidence::Within(language, line) => return Recognised::Within(language, line),
        Evidence::None => return Recognised::No,
    };
    match parse_as(language, text, &mut Copies::default()) {
        Some(parsed) if crash || parsed.has_frames() => Recognised::Trace(Box::new(parsed)),
        _ => Recognised::No,
    }
}

/// The frame of a line of a Java stack: `at a.b.C.m(File.java:12)`.
pub(crate) fn jvm_frame(line: &str) -> Option<ManagedFrame> {
    jvm::frame(line)
}

/// The frames of a bare `stackTrace` text, without the head `Type: message`. Of a whole exception: those of the
/// outermost.
///
/// `hint` is the language that the caller knows of; a text that is clearly of another one overrules it.
#[must_use]
pub fn frames(text: &str, hint: Option<Language>) -> (Language, Vec<ManagedFrame>) {
    match parse(text, hint) {
        Some(parsed) => (parsed.language, parsed.thrown.into_iter().next().map(|t| t.frames).unwrap_or_default()),
        None => (hint.unwrap_or_default(), Vec::new()),
    }
}

/// Type and message of a message that begins with an exception's type: `NullReferenceException: Object reference…`.
pub(crate) fn type_in_message(message: &str) -> Option<(&str, &str)> {
    head::split(message).filter(|(type_name, text)| head::is_surely_type(type_name) && !text.is_empty())
}

impl ManagedFrame {
    /// The function as names and reports have it: `Namespace.Type.Method`, or what is known of it. None for marks and
    /// frames that could not be taken apart.
    #[must_use]
    pub fn function(&self) -> Option<Cow<'_, str>> {
        match (self.class.as_deref(), self.method.as_deref()) {
            // A constructor's name begins with its dot.
            (Some(class), Some(method)) => Some(Cow::Owned(format!("{class}.{method}"))),
            (Some(name), None) | (None, Some(name)) => Some(Cow::Borrowed(name)),
            (None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests;
