//! What is counted of a report. Of its document only the values of these keys are decoded.

use std::borrow::Cow;

use engine::Document;
use serde::Deserialize;
use serde::de::Error;

/// What is counted of a report.
#[derive(Default)]
pub(crate) struct Counted<'a> {
    pub(crate) failure: Option<Failure<'a>>,
    pub(crate) time: Option<Text<'a>>,
    pub(crate) needed: Option<Vec<Needed<'a>>>,
}

/// Text without a copy, unless it has escapes.
#[derive(Deserialize)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

#[derive(Deserialize)]
pub(crate) struct Failure<'a> {
    #[serde(borrow)]
    pub(crate) name: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) hash: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Input<'a> {
    #[serde(borrow)]
    time: Option<Text<'a>>,
}

/// A module that lacks symbols or unwind rules.
#[derive(Deserialize)]
pub(crate) struct Needed<'a> {
    #[serde(borrow)]
    pub(crate) module: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) debug_file: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) debug_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) code_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) outcome: Option<Text<'a>>,
    pub(crate) unnamed_frames: Option<Frames>,
    pub(crate) scanned_frames: Option<Frames>,
}

#[derive(Clone, Copy, Default, Deserialize)]
pub(crate) struct Frames {
    pub(crate) crashing_thread: Option<u64>,
    pub(crate) all_threads: Option<u64>,
}

impl<'a> Counted<'a> {
    /// # Errors
    /// A value is of an unexpected type: a bug of the engine.
    pub(crate) fn of(document: &'a Document) -> serde_json::Result<Self> {
        let mut counted = Self::default();
        for (key, value) in document.values() {
            match key {
                "failure" => counted.failure = decoded(value)?,
                "input" => {
                    counted.time = decoded::<Option<Input<'a>>>(value)?.and_then(|input| input.time);
                }
                "symbols_needed" => counted.needed = decoded(value)?,
                _ => {}
            }
        }
        Ok(counted)
    }
}

/// As a whole the JSON is checked to be UTF-8 sooner than string by string.
fn decoded<'a, T: Deserialize<'a>>(json: &'a [u8]) -> serde_json::Result<T> {
    serde_json::from_str(str::from_utf8(json).map_err(serde_json::Error::custom)?)
}

/// The text, or an empty one.
pub(crate) fn text<'a>(text: &'a Option<Text<'_>>) -> &'a str {
    text.as_ref().map_or("", |text| &*text.0)
}
