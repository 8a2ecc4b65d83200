//! Exceptions that only carry another one across the border of a language. The carried exception becomes their cause,
//! since a failure is named after the innermost cause: otherwise all errors of a program's JavaScript or C# are one
//! failure, that of the bridge.
//!
//! Sighted: React Native on Android (`JavascriptException`, the JavaScript stack in the message) and iOS
//! (`RCTFatalException`), Xamarin, MAUI and .NET on iOS (the managed stack in an Objective-C exception's reason, or in
//! a section `Xamarin Exception Stack:` of a text report) and Android (`JavaProxyThrowable`), Unity
//! (`AndroidJavaException`).

use std::borrow::Cow;

use super::builder::Builder;
use super::lines::Lines;
use super::{clr, clr_frame, head, javascript, jvm};
use crate::crash::{Crash, Language, Relation, Thrown};
use crate::limits;

/// The section of a text report that has the managed stack (HockeyApp, App Center).
const XAMARIN_STACK: &str = "Xamarin Exception Stack";

/// The bundles of React Native, whose names frames leave out.
const ANDROID_BUNDLE: &str = "index.android.bundle";
const IOS_BUNDLE: &str = "main.jsbundle";

/// Bytes of a message that are read for a carried exception.
const MAX_MESSAGE: usize = 4 << 20;

/// What an exception carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Carries {
    /// JavaScript, of the bundle of this name.
    JavaScript(&'static str),
    /// .NET; its frames may be only in the carrier, translated to those of Java.
    Clr { frames_outside: bool },
    /// Java.
    Jvm,
}

/// Add the exceptions that others carry, and take message text out of types.
pub(crate) fn open(crash: &mut Crash) {
    let mut budget = MAX_MESSAGE;
    for index in 0..crash.thrown.len() {
        separate_message(&mut crash.thrown[index]);
        let Some(carries) = carries(&crash.thrown[index], &crash.more) else { continue };
        if crash.thrown.iter().any(|one| one.parent == Some(index) && one.relation == Relation::Cause) {
            continue;
        }
        let carrier = &crash.thrown[index];
        let message = carrier.message.as_deref().unwrap_or("");
        let section = crash.more.iter().find(|(name, _)| name == XAMARIN_STACK).map(|(_, text)| text.as_str());
        let text = match (carries, section) {
            (Carries::Clr { frames_outside: false }, Some(frames)) if !has_clr_frames(message) => {
                Cow::Owned([clr_head(carrier).as_str(), "\n", frames].concat())
            }
            _ => Cow::Borrowed(message),
        };
        budget = match budget.checked_sub(text.len()) {
            Some(left) => left,
            None => return,
        };
        let mut carried = read(&text, carries);
        let outer_has_frames = matches!(carries, Carries::Clr { frames_outside: true } | Carries::Jvm);
        let says_enough = carried.first().is_some_and(|first| {
            carried.iter().any(|one| !one.frames.is_empty()) || (outer_has_frames && first.type_name.is_some())
        });
        if says_enough {
            // .NET gives the Objective-C exception the managed type's name.
            if carries == (Carries::Clr { frames_outside: false }) && carried[0].type_name.is_none() {
                carried[0].type_name.clone_from(&crash.thrown[index].type_name);
            }
            append(crash, index, carried);
        }
    }
}

/// The language of a text whose outermost exception is one of Java's that carries another: its frames come first in the
/// text, and are not those of the exception itself.
pub(super) fn is_java_carrier(text: &str) -> bool {
    /// Lines before the exception: of a log, or of a program.
    const PREAMBLE: usize = 32;
    let mut heads = Lines::new(text).take(PREAMBLE).filter_map(|line| head::find(line));
    heads.next().is_some_and(|(type_name, _)| is_java_carrier_type(type_name))
}

fn is_java_carrier_type(type_name: &str) -> bool {
    matches!(last_part(type_name), "JavascriptException" | "JavaProxyThrowable") && type_name.contains('.')
}

/// The last part of a qualified name.
fn last_part(type_name: &str) -> &str {
    type_name.rsplit(['.', ':']).next().unwrap_or(type_name)
}

fn carries(thrown: &Thrown, more: &[(String, String)]) -> Option<Carries> {
    let type_name = thrown.type_name.as_deref().unwrap_or("");
    let message = thrown.message.as_deref().unwrap_or("");
    match last_part(type_name) {
        "JavascriptException" | "CppException" if type_name.contains('.') => Some(Carries::JavaScript(ANDROID_BUNDLE)),
        "RCTFatalException" | "JSError" => Some(Carries::JavaScript(IOS_BUNDLE)),
        "JavaProxyThrowable" => Some(Carries::Clr { frames_outside: true }),
        "AndroidJavaException" => Some(Carries::Jvm),
        // An Objective-C exception is called as the managed one: frames show that it carries one.
        _ => {
            let may_carry = matches!(thrown.language, Language::ObjectiveC | Language::Clr | Language::Unknown);
            let has_section = || more.iter().any(|(name, _)| name == XAMARIN_STACK);
            (may_carry
                && thrown.frames.is_empty()
                && thrown.stack_trace.is_none()
                && (has_section() || has_clr_frames(message)))
            .then_some(Carries::Clr { frames_outside: false })
        }
    }
}

fn has_clr_frames(text: &str) -> bool {
    Lines::new(text).skip(1).any(|line| clr_frame::frame(line, line.trim()).is_some())
}

/// `Type: message` of a carrier that is called as what it carries.
fn clr_head(carrier: &Thrown) -> String {
    let message = carrier.message.as_deref().unwrap_or("");
    match carrier.type_name.as_deref() {
        Some(name) if head::split(message).is_none_or(|(type_name, _)| type_name != name) => {
            format!("{name}: {message}")
        }
        _ => message.to_owned(),
    }
}

/// The carried exceptions, the outermost first.
fn read(message: &str, carries: Carries) -> Vec<Thrown> {
    let mut builder = Builder::default();
    let language = match carries {
        Carries::JavaScript(bundle) => {
            let message = message.trim_start();
            let message = message.strip_prefix("Unhandled JS Exception: ").unwrap_or(message);
            // The stack follows the message on its line, sometimes behind the name of the engine.
            let text = match message.split_once(", stack:\n") {
                Some((head, frames)) => {
                    let head = head.rsplit_once(", js engine: ").map_or(head, |(head, _)| head);
                    Cow::Owned([head, "\n", frames].concat())
                }
                None => Cow::Borrowed(message),
            };
            javascript::parse(&mut Lines::new(&text), &mut builder);
            name_bundle(&mut builder.thrown, bundle);
            Language::JavaScript
        }
        Carries::Clr { .. } => {
            // .NET 8 and later: `[System.Exception]: message`.
            let text = match message.strip_prefix('[').and_then(|rest| rest.split_once("]: ")) {
                Some((type_name, rest)) if head::is_type(type_name) => Cow::Owned([type_name, ": ", rest].concat()),
                _ => Cow::Borrowed(message),
            };
            clr::parse(&mut Lines::new(&text), &mut builder, None);
            Language::Clr
        }
        Carries::Jvm => {
            jvm::parse(&mut Lines::new(message), &mut builder, None);
            Language::Jvm
        }
    };
    builder.finish(language).map_or_else(Vec::new, |parsed| parsed.thrown)
}

/// Frames that have a line and no file are in the program's one bundle.
fn name_bundle(thrown: &mut [Thrown], bundle: &str) {
    for frame in thrown.iter_mut().flat_map(|one| &mut one.frames) {
        if frame.module.is_none() && frame.file.is_none() && frame.line.is_some() {
            frame.module = Some(bundle.to_owned());
        }
    }
}

/// Append the carried exceptions, the first of them as the cause of their carrier.
fn append(crash: &mut Crash, carrier: usize, carried: Vec<Thrown>) {
    let first = crash.thrown.len();
    for mut one in carried.into_iter().take(limits::THROWN.saturating_sub(first)) {
        (one.parent, one.relation) = match one.parent {
            Some(parent) => (Some(first + parent), one.relation),
            None => (Some(carrier), Relation::Cause),
        };
        crash.thrown.push(one);
    }
}

/// `RCTFatalException: Unhandled JS Exception: …` as a type: what follows the name is message text, and no part of a
/// bucket.
fn separate_message(thrown: &mut Thrown) {
    let Some((name, text)) = thrown.type_name.as_deref().and_then(|name| name.split_once(": ")) else { return };
    if name.is_empty() {
        return;
    }
    let (name, text) = (name.to_owned(), text.trim().to_owned());
    if thrown.message.is_none() && !text.is_empty() {
        thrown.message = Some(text);
    }
    thrown.type_name = Some(name);
}
