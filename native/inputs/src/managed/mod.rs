//! The text of a managed exception, as its run-time prints it: .NET, Java and Kotlin, JavaScript, Python.
//!
//! Nothing here is an error: what looks like no frame and no exception is part of a message, or passed over. Work and
//! memory grow with the text, and frames and exceptions are limited, which the notes tell.

mod builder;
mod clr;
mod frame;
mod head;
mod javascript;
mod jvm;
mod language;
mod lines;
mod python;

use std::borrow::Cow;

use builder::Builder;
use lines::Lines;

use crate::crash::{Language, ManagedFrame, Note, Thrown};

/// What a text says of exceptions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// Whose exceptions they are.
    pub language: Language,
    /// The exceptions, the outermost first; [`Thrown::parent`] and [`Thrown::relation`] are set.
    pub thrown: Vec<Thrown>,
    /// What was tolerated or lost. Places are lines of the text.
    pub notes: Vec<Note>,
}

/// Parse the text of an exception as its run-time prints it. None if nothing in it looks like one.
///
/// `hint` is the language that the caller knows of; a text that is clearly of another one overrules it.
///
/// In [`Parsed::thrown`] a cause is [`Relation::Cause`](crate::Relation); what was suppressed, further exceptions of an
/// aggregate or group, and what a Python handler was busy with are [`Relation::Beside`](crate::Relation).
#[must_use]
pub fn parse(text: &str, hint: Option<Language>) -> Option<Parsed> {
    let language = language::of(text, hint)?;
    let mut builder = Builder::default();
    let mut lines = Lines::new(text);
    match language {
        Language::Jvm => jvm::parse(&mut lines, &mut builder, None),
        Language::JavaScript => javascript::parse(&mut lines, &mut builder),
        Language::Python => python::parse(&mut lines, &mut builder),
        _ => clr::parse(&mut lines, &mut builder),
    }
    builder.finish(language)
}

/// The frames of a bare `stackTrace` text, without the head `Type: message`. Of a whole exception: those of the outermost.
///
/// `hint` is the language that the caller knows of; a text that is clearly of another one overrules it.
#[must_use]
pub fn frames(text: &str, hint: Option<Language>) -> (Language, Vec<ManagedFrame>) {
    match parse(text, hint) {
        Some(parsed) => (parsed.language, parsed.thrown.into_iter().next().map(|t| t.frames).unwrap_or_default()),
        None => (hint.unwrap_or_default(), Vec::new()),
    }
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
