//! Which run-time printed a text.

use super::lines::Lines;
use super::{clr_frame, dart, head, javascript, jvm, python};
use crate::crash::Language;

/// Lines that are looked at; the first frames say it.
const LINES: usize = 2000;
/// So many lines that are surely of one language are enough.
const ENOUGH: usize = 8;

/// The language of a text; None if nothing in it looks like an exception.
pub(super) fn of(text: &str, hint: Option<Language>) -> Option<Language> {
    type Test = fn(&str) -> bool;
    const TESTS: [(Language, Test); 5] = [
        (Language::Dart, dart::is_sure),
        (Language::Python, python::is_sure),
        (Language::Jvm, jvm::is_sure),
        (Language::JavaScript, javascript::is_sure),
        (Language::Clr, clr_frame::is_sure),
    ];
    let hint = hint.filter(|hint| TESTS.iter().any(|(language, _)| language == hint));
    let mut sure = [0_usize; TESTS.len()];
    let mut first = None;
    for line in Lines::new(text).take(LINES) {
        for (i, (language, test)) in TESTS.iter().enumerate() {
            if test(line) {
                sure[i] += 1;
                first.get_or_insert(*language);
                break;
            }
        }
        if sure.iter().sum::<usize>() >= ENOUGH {
            break;
        }
    }
    // .NET on Android shows Java's frames behind its own: the first says whose text it is.
    let of_hint = TESTS.iter().position(|(language, _)| Some(*language) == hint);
    if let Some(i) = of_hint
        && sure[i] > 0
    {
        return hint;
    }
    first.or(hint).or_else(|| by_head(text))
}

/// A text without frames: its type says it.
fn by_head(text: &str) -> Option<Language> {
    let line = Lines::new(text).find(|line| !line.trim().is_empty())?;
    let (type_name, _) = head::find(line)?;
    Some(match type_name {
        name if name.starts_with("System.") || name.starts_with("Microsoft.") => Language::Clr,
        name if ["java.", "javax.", "kotlin.", "android.", "kotlinx."].iter().any(|start| name.starts_with(start)) => {
            Language::Jvm
        }
        name if !name.contains('.') && name.ends_with("Error") => Language::JavaScript,
        // `com.example.SomeException`: packages are lower case, namespaces are not.
        name if name.starts_with(|c: char| c.is_ascii_lowercase()) => Language::Jvm,
        _ => Language::Clr,
    })
}
