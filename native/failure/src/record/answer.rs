//! Failures and explanations as JSON, with the keys of a report's `failure`.

use serde::Serialize;

use crate::name::{Explanation, Failure, FrameNote, RULES_VERSION};

#[derive(Serialize)]
struct Answer<'a> {
    name: &'a str,
    hash: &'a str,
    symbol: &'a str,
    problem_classes: &'a [String],
    code: &'a str,
    image: &'a str,
    function: &'a str,
    event_type: &'a str,
    blamed: Option<Blamed>,
    hashes: Hashes<'a>,
    rules_version: u32,
    why: &'a [String],
}

#[derive(Serialize)]
struct Blamed {
    thread: Option<usize>,
    frame: usize,
}

#[derive(Serialize)]
struct Hashes<'a> {
    strict: &'a str,
    coarse: &'a str,
    address: Option<&'a str>,
    other_vocabulary: Option<&'a str>,
    rules_version: &'a str,
}

impl<'a> Answer<'a> {
    fn of(failure: &'a Failure) -> Self {
        Answer {
            name: &failure.name,
            hash: &failure.hash,
            symbol: &failure.symbol,
            problem_classes: &failure.problem_classes,
            code: &failure.code,
            image: &failure.image,
            function: &failure.function,
            event_type: failure.event_type,
            blamed: failure.blamed.map(|blamed| Blamed { thread: blamed.thread, frame: blamed.frame }),
            hashes: Hashes {
                strict: &failure.hashes.strict,
                coarse: &failure.hashes.coarse,
                address: failure.hashes.address.as_deref(),
                other_vocabulary: failure.hashes.other_vocabulary.as_deref(),
                rules_version: &failure.hashes.rules_version,
            },
            rules_version: RULES_VERSION,
            why: &failure.why,
        }
    }
}

/// Appends a failure as a JSON object.
pub fn write_failure(failure: &Failure, out: &mut Vec<u8>) {
    // Writing to memory does not fail, and there are only texts and numbers in it.
    let _ = serde_json::to_writer(out, &Answer::of(failure));
}

#[derive(Serialize)]
struct Explained<'a> {
    #[serde(flatten)]
    failure: Answer<'a>,
    class_from: &'a str,
    code_from: &'a str,
    frames: Vec<Note<'a>>,
}

#[derive(Serialize)]
struct Note<'a> {
    frame: usize,
    image: Option<&'a str>,
    function: Option<&'a str>,
    outcome: &'static str,
    why: Option<&'a str>,
    rule: Option<&'a str>,
    category: Option<&'a str>,
    action: Option<&'static str>,
    sighting: Option<&'a str>,
}

impl<'a> Note<'a> {
    fn of(note: &'a FrameNote) -> Self {
        let rule = note.rule.as_ref();
        Note {
            frame: note.index,
            image: note.image.as_deref(),
            function: note.function.as_deref(),
            outcome: note.outcome.as_str(),
            why: note.why.or_else(|| rule.map(|rule| rule.reason.as_str())),
            rule: rule.map(|rule| rule.place.as_str()),
            category: rule.map(|rule| rule.category.as_str()),
            action: rule.map(|rule| rule.action),
            sighting: rule.and_then(|rule| rule.sighting.as_deref()),
        }
    }
}

/// Appends an explanation as a JSON object: the failure's keys, and where class and code come from, and the frames.
pub fn write_explanation(explanation: &Explanation, out: &mut Vec<u8>) {
    let explained = Explained {
        failure: Answer::of(&explanation.failure),
        class_from: &explanation.class,
        code_from: &explanation.code,
        frames: explanation.frames.iter().map(Note::of).collect(),
    };
    let _ = serde_json::to_writer(out, &explained);
}

#[derive(Serialize)]
struct Wrong<'a> {
    error: &'a str,
    line: usize,
}

/// Appends what is wrong with a record, and the number of its line, as a JSON object.
pub fn write_error(error: &str, line: usize, out: &mut Vec<u8>) {
    let _ = serde_json::to_writer(out, &Wrong { error, line });
}
