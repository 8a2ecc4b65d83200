//! `exception` and its inner ones.

use super::frame;
use crate::json::Reader;
use crate::{Language, ManagedFrame, Relation, Thrown, limits, managed};

/// What reading the exceptions of a log gathers.
#[derive(Default)]
pub(super) struct Exceptions {
    /// The exceptions, the outermost first.
    pub(super) thrown: Vec<Thrown>,
    /// `wrapperSdkName` of any of them.
    pub(super) wrapper: Option<String>,
    frames_left: usize,
    copies: managed::Copies,
}

impl Exceptions {
    /// Read the `exception` that is next.
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let mut exceptions = Self { frames_left: limits::FRAMES, ..Self::default() };
        exceptions.one(reader, None, Relation::Outer, 0);
        exceptions
    }

    /// Say whose the exceptions are, and read their stack traces. `hint` is what the log says of the language.
    pub(super) fn finish(&mut self, hint: Option<Language>) {
        let mut all = std::mem::take(&mut self.thrown);
        let mut has_inner = vec![false; all.len()];
        for parent in all.iter().filter_map(|thrown| thrown.parent) {
            if let Some(has) = has_inner.get_mut(parent) {
                *has = true;
            }
        }
        for (index, has_inner) in has_inner.into_iter().enumerate() {
            let Some(thrown) = all.get_mut(index) else { break };
            thrown.language = language(thrown, hint);
            type_from_message(thrown);
            let told = self.read_stack_trace(thrown);
            if !has_inner {
                self.add_told(index, told, &mut all);
            }
        }
        self.thrown = all;
    }

    fn one(&mut self, reader: &mut Reader<'_>, parent: Option<usize>, relation: Relation, depth: usize) {
        if self.thrown.len() >= limits::THROWN || depth >= limits::CAUSES_DEEP {
            reader.note("more exceptions than are taken; the rest is left out");
            return;
        }
        let index = self.thrown.len();
        self.thrown.push(Thrown { parent, relation, ..Thrown::default() });
        let mut inner = 0;
        let mut said = false;
        let mut thrown = Thrown { parent, relation, ..Thrown::default() };
        reader.object(|reader, name| match name {
            "type" => {
                thrown.type_name = reader.text();
                said = true;
            }
            "message" => {
                thrown.message = reader.text();
                said = true;
            }
            "hresult" | "hResult" => thrown.hresult = reader.bits().map(low),
            "stackTrace" => {
                thrown.stack_trace = reader.text();
                said = true;
            }
            "frames" | "frame" => {
                thrown.frames = self.frames(reader);
                said = true;
            }
            "wrapperSdkName" => {
                if let Some(name) = reader.text() {
                    self.wrapper = Some(name);
                }
                said = true;
            }
            "innerExceptions" | "innerException" => {
                reader.one_or_more(|reader, _| {
                    let relation = if inner == 0 { Relation::Cause } else { Relation::Beside };
                    let at = self.thrown.len();
                    self.one(reader, Some(index), relation, depth + 1);
                    // .NET lists the first inner exception of an aggregate twice.
                    if self.repeats(index, at) {
                        self.thrown.truncate(at);
                    } else {
                        inner += 1;
                    }
                });
                said = true;
            }
            _ => {}
        });
        if !said {
            // Null, or nothing that is known.
            self.thrown.remove(index);
            return;
        }
        self.thrown[index] = thrown;
    }

    /// Read the frames that are next; none if not one of them says anything.
    fn frames(&mut self, reader: &mut Reader<'_>) -> Vec<ManagedFrame> {
        let mut frames = Vec::new();
        reader.items(|reader, _| {
            if self.frames_left == 0 {
                return;
            }
            self.frames_left -= 1;
            if self.frames_left == 0 {
                reader.note(format!("more frames than {}; the rest is left out", limits::FRAMES));
            }
            frames.push(frame::managed(reader));
        });
        if frames.iter().all(frame::is_empty) {
            frames.clear();
        }
        frames
    }

    /// Frames from the text, if there are no others. Gives what the text contains of further exceptions, causes for
    /// one; their parents are counted from `thrown`, which is 0.
    fn read_stack_trace(&mut self, thrown: &mut Thrown) -> Vec<Thrown> {
        let Some(text) = thrown.stack_trace.as_deref() else { return Vec::new() };
        let hint = Some(thrown.language).filter(|&language| language != Language::Unknown);
        let Some(parsed) = managed::parse_sharing(text, hint, &mut self.copies) else { return Vec::new() };
        let mut told = parsed.thrown;
        // The images of a text are not those of the log; the frames name them, too.
        for frame in told.iter_mut().flat_map(|thrown| &mut thrown.frames).filter_map(|frame| frame.native.as_mut()) {
            frame.image = None;
        }
        if told.is_empty() {
            return told;
        }
        let outer = told.remove(0);
        if thrown.frames.is_empty() {
            thrown.frames = outer.frames;
            self.count_frames(thrown);
        }
        // The log says what system it is from; Dart runs on all of them.
        if thrown.language == Language::Unknown || parsed.language == Language::Dart {
            thrown.language = parsed.language;
        }
        thrown.type_name = thrown.type_name.take().filter(|name| !name.is_empty()).or(outer.type_name);
        thrown.message = thrown.message.take().or(outer.message);
        told
    }

    /// Add what the text of the exception at `of` contains of further ones.
    fn add_told(&mut self, of: usize, told: Vec<Thrown>, all: &mut Vec<Thrown>) {
        let first = all.len();
        for mut thrown in told.into_iter().take(limits::THROWN.saturating_sub(first)) {
            // In the text the exception itself is the first.
            thrown.parent = thrown.parent.map(|parent| if parent == 0 { of } else { first + parent - 1 });
            self.count_frames(&mut thrown);
            all.push(thrown);
        }
    }

    fn count_frames(&mut self, thrown: &mut Thrown) {
        thrown.frames.truncate(self.frames_left);
        self.frames_left -= thrown.frames.len();
    }

    /// Whether the exception at `at` is one that its parent already has.
    fn repeats(&self, parent: usize, at: usize) -> bool {
        let Some(new) = self.thrown.get(at) else { return false };
        let is_same = |old: &Thrown| {
            (&old.type_name, &old.message, &old.stack_trace, &old.frames)
                == (&new.type_name, &new.message, &new.stack_trace, &new.frames)
        };
        self.thrown[..at].iter().any(|old| old.parent == Some(parent) && is_same(old))
    }
}

/// App Center's wrapper for Unity gives the kind of the log entry as type; the message begins with the exception's.
fn type_from_message(thrown: &mut Thrown) {
    let is_log_type = matches!(thrown.type_name.as_deref(), Some("Exception" | "Error" | "Assert" | "Warning" | "Log"));
    if thrown.language == Language::Clr
        && is_log_type
        && let Some((type_name, message)) = thrown.message.as_deref().and_then(managed::type_in_message)
    {
        (thrown.type_name, thrown.message) = (Some(type_name.to_owned()), Some(message.to_owned()));
    }
}

#[allow(clippy::cast_possible_truncation, reason = "an HRESULT has 32 bits; sign extension goes")]
const fn low(bits: u64) -> u32 {
    bits as u32
}

/// Whose an exception is: by its frames and its type, else what the log says.
fn language(thrown: &Thrown, hint: Option<Language>) -> Language {
    let name = thrown.type_name.as_deref().unwrap_or_default();
    let begins = |names: &[&str]| names.iter().any(|known| name.starts_with(known));
    if begins(&[
        "java.",
        "javax.",
        "kotlin.",
        "kotlinx.",
        "android.",
        "androidx.",
        "dalvik.",
        "com.google.",
        "com.facebook.react.",
        "org.apache.",
    ]) {
        return Language::Jvm;
    }
    if begins(&["System.", "Microsoft.", "Mono.", "Xamarin.", "UnityEngine.", "Newtonsoft."]) {
        return Language::Clr;
    }
    let has_file =
        |end: &str| thrown.frames.iter().any(|frame| frame.file.as_deref().is_some_and(|file| file.ends_with(end)));
    if has_file(".java") || has_file(".kt") {
        return Language::Jvm;
    }
    if has_file(".dart") {
        return Language::Dart;
    }
    if has_file(".cs") {
        return Language::Clr;
    }
    hint.unwrap_or_default()
}
