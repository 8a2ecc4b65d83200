//! Failures named from what a record says: a JSON object of facts, or a whole report.
//!
//! Two layouts are read. The one of facts has keys like `exception_code`, `exception_parameters`, `process_name`,
//! `stack` (frames as debuggers print them, or objects) and `images`; `docs/naming.md` lists them. The other is our own
//! report, whose facts are where the report has them. Whatever a record says its name to be is not looked at.

mod answer;
mod images;
mod layout;
mod number;
mod report;
mod signal;
mod stack;
mod to_facts;

use std::borrow::Cow;
use std::sync::Arc;

use crate::name::{Explanation, Facts, Failure, Profile, Rules, Vocabulary, explain, failure_name};

pub use answer::{write_error, write_explanation, write_failure};

/// How records are to be named.
#[derive(Clone, Debug, Default)]
pub struct Naming {
    /// Which frames are skipped.
    pub profile: Profile,
    /// Words for null addresses.
    pub vocabulary: Vocabulary,
    /// A user's own rules.
    pub rules: Option<Arc<Rules>>,
    /// Makes a mangled function readable; None for a text that is not mangled. This crate knows no mangling.
    pub demangle: Option<fn(&str) -> Option<String>>,
}

impl Naming {
    /// The function, as naming receives it.
    fn readable<'t>(&self, function: &'t str) -> Cow<'t, str> {
        // What all mangled names start with.
        let mangled = function.starts_with(['_', '?', '$', '.', '@']);
        match self.demangle.filter(|_| mangled).and_then(|demangle| demangle(function)) {
            Some(readable) => Cow::Owned(readable),
            None => Cow::Borrowed(function),
        }
    }
}

/// Names the failure of one record.
///
/// # Errors
///
/// What is wrong with it, in a sentence: it is not a JSON object, or a key has a value of a wrong type. A record
/// with too few facts is not an error: its name shows that.
pub fn name(record: &[u8], naming: &Naming) -> Result<Failure, String> {
    with_facts(record, naming, failure_name)
}

/// Names the failure of one record and explains the name.
///
/// # Errors
///
/// As [`name`].
pub fn explained(record: &[u8], naming: &Naming) -> Result<Explanation, String> {
    with_facts(record, naming, explain)
}

fn with_facts<R>(record: &[u8], naming: &Naming, work: impl FnOnce(&Facts<'_>) -> R) -> Result<R, String> {
    let record = record.trim_ascii();
    if record.is_empty() {
        return Err("nothing in it".to_owned());
    }
    if record[0] != b'{' {
        return Err("not a JSON object".to_owned());
    }
    // A report has this key, whose absence is quick to see, and facts never do.
    if contains(record, b"\"crash_info\"") {
        let mut report: report::Report<'_> = serde_json::from_slice(record).map_err(|error| fault(&error))?;
        if report.crash_info.is_some() {
            report.demangle(naming);
            return Ok(report.with_facts(naming, work));
        }
    }
    let record: layout::Record<'_> = serde_json::from_slice(record).map_err(|error| fault(&error))?;
    Ok(record.with_facts(naming, work))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// The parser's sentence; of its position only the column, since a record is a line.
fn fault(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let sentence = text.split(" at line ").next().unwrap_or(&text);
    format!("{sentence} (column {})", error.column())
}
