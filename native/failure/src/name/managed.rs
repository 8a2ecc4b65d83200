//! Exceptions of languages: their class and code.

use std::collections::HashMap;
use std::sync::LazyLock;

use vocabulary::{Language, Os};

use super::facts::{Facts, MAX_FRAMES, Thrown};
use super::sanitise::head;

/// The HRESULT that .NET gives an exception type (`COR_E_…`), sorted by type.
static HRESULTS: &str = include_str!("../../rules/hresult.tsv");

/// What any other .NET exception has: `COR_E_EXCEPTION`.
const COR_E_EXCEPTION: u32 = 0x8013_1500;

/// Class and code of an uncaught exception of a language that brings its own. None for C++ and Objective-C, which end
/// in a signal or an exception of the system.
pub(super) fn class_and_code(thrown: &Thrown<'_>) -> Option<(&'static str, u32)> {
    Some(match thrown.language {
        Language::Clr => {
            ("CLR_EXCEPTION", thrown.hresult.or_else(|| hresult(thrown.type_name?)).unwrap_or(COR_E_EXCEPTION))
        }
        // In Microsoft's own style: e0 and three letters, "jvm", "jse", "pyt", "dar".
        Language::Jvm => ("JVM_EXCEPTION", 0xe06a_766d),
        Language::JavaScript => ("JS_EXCEPTION", 0xe06a_7365),
        Language::Python => ("PY_EXCEPTION", 0xe070_7974),
        Language::Dart => ("DART_EXCEPTION", 0xe064_6172),
        // "exc": a type alone, reported by a platform of the sender's own.
        Language::Unknown => ("APP_EXCEPTION", thrown.type_name.map(|_| 0xe065_7863)?),
        Language::Cpp | Language::ObjectiveC => return None,
    })
}

/// Where the code of [`class_and_code`] comes from, for people.
pub(super) fn code_from(thrown: &Thrown<'_>) -> &'static str {
    match (thrown.language, thrown.hresult, thrown.type_name.and_then(hresult)) {
        (Language::Clr, Some(_), _) => "the exception's HRESULT",
        (Language::Clr, None, Some(_)) => "the HRESULT that .NET gives this type",
        (Language::Clr, None, None) => "the HRESULT of any .NET exception",
        (Language::Unknown, ..) => "the code of all exceptions of a language that is not known",
        _ => "the code of all exceptions of this language",
    }
}

/// The managed language whose frames the crash has; None if they are the system's own.
///
/// On Windows, frames of .NET that have a module come from a debugger or from native images. Microsoft names and blames
/// those as it does all others, framework and compilers' names included, and its hashes are to be met. An exception's own
/// text has no exception code; of .NET Native it has modules.
pub(super) fn frames(facts: &Facts<'_>) -> Option<Language> {
    let language = facts.thrown.map(|thrown| thrown.language).filter(|language| language.is_managed())?;
    let microsoft = language == Language::Clr
        && facts.platform == Os::Windows
        && facts.code.is_some()
        && facts.frames.iter().take(MAX_FRAMES).any(|frame| frame.module.is_some());
    (!microsoft).then_some(language)
}

/// A type without its arguments, which may be as long as one likes: ``A`1[[System.Int32, mscorlib]]``.
pub(super) fn type_name<'a>(thrown: &Thrown<'a>) -> Option<&'a str> {
    let name = thrown.type_name?;
    let name = match thrown.language {
        Language::Clr => name.split(['[', '<']).next().unwrap_or(name),
        // Custom senders put the whole headline into the type. A `::` of C++ or Rust has no space behind it.
        Language::Unknown => name.lines().next().unwrap_or(name).split(": ").next().unwrap_or(name),
        _ => name,
    };
    Some(name.trim()).filter(|name| !name.is_empty())
}

/// Whether the exception says that the stack is full.
pub(super) fn is_overflow(thrown: &Thrown<'_>, message: Option<&str>) -> bool {
    let said = |words: &[&str]| message.is_some_and(|text| words.iter().any(|word| head(text, 256).contains(word)));
    match (thrown.language, thrown.type_name.unwrap_or("")) {
        (Language::Clr, "System.StackOverflowException" | "System.InsufficientExecutionStackException")
        | (Language::Jvm, "java.lang.StackOverflowError")
        | (Language::Python, "RecursionError")
        | (Language::Dart, "StackOverflowError") => true,
        (Language::Python, "RuntimeError") => said(&["maximum recursion depth"]),
        (Language::JavaScript, "RangeError" | "InternalError") => said(&["call stack size", "too much recursion"]),
        _ => false,
    }
}

/// One exception of a chain, as the choice of the one to name looks at it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Index of the exception it belongs to; None for the outermost.
    pub parent: Option<usize>,
    /// It is its parent's cause, and not one that was suppressed or came with others.
    pub cause: bool,
    /// It has frames.
    pub has_frames: bool,
}

/// Which exception of a chain a failure is named by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Root {
    /// Index of the innermost cause: its type is the class.
    pub thrown: usize,
    /// Index of the exception whose frames are blamed: the same, or the nearest around it that has frames, since an
    /// exception that was made and never thrown has none.
    pub frames: usize,
}

/// The innermost cause of a chain whose outermost exception is the first; of several causes the first. None of no chain.
pub fn root_cause(chain: &[Link]) -> Option<Root> {
    chain.first()?;
    let mut first_cause = vec![None; chain.len()];
    for (i, link) in chain.iter().enumerate().rev() {
        if let Some(parent) = link.parent.filter(|&parent| link.cause && parent < chain.len() && parent != i) {
            first_cause[parent] = Some(i);
        }
    }
    let mut root = Root::default();
    // A chain that runs in a circle ends after as many steps as it has members.
    for _ in 0..chain.len() {
        let Some(next) = first_cause[root.thrown] else { break };
        root.thrown = next;
        if chain[next].has_frames || !chain[root.frames].has_frames {
            root.frames = next;
        }
    }
    Some(root)
}

/// The HRESULT of a type. Unity prints types without their namespace; those are found by the name alone.
fn hresult(type_name: &str) -> Option<u32> {
    static BY_NAME: LazyLock<HashMap<&str, u32>> = LazyLock::new(|| {
        let row = |line: &'static str| {
            let (name, value) = line.split_once('\t')?;
            Some((name, u32::from_str_radix(value, 16).ok()?))
        };
        let mut all: HashMap<&str, u32> = HashMap::new();
        for (name, value) in HRESULTS.lines().filter_map(row) {
            all.insert(name, value);
            if let Some((_, short)) = name.rsplit_once('.').filter(|_| name.starts_with("System.")) {
                all.entry(short).or_insert(value);
            }
        }
        all
    });
    BY_NAME.get(type_name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_cause_is_the_root() {
        let link = |parent, cause, has_frames| Link { parent, cause, has_frames };
        let root = |chain: &[Link]| root_cause(chain).map(|root| (root.thrown, root.frames));
        assert_eq!(root(&[]), None);
        assert_eq!(root(&[link(None, false, true)]), Some((0, 0)));
        assert_eq!(
            root(&[link(None, false, true), link(Some(0), true, true), link(Some(1), true, false)]),
            Some((2, 1))
        );
        // What is beside is not followed, and of several causes the first is.
        let chain =
            [link(None, false, true), link(Some(0), false, true), link(Some(0), true, true), link(Some(0), true, true)];
        assert_eq!(root(&chain), Some((2, 2)));
        // Circles and indices of nothing.
        let (circle, astray) = (link(Some(1), true, true), link(Some(9), true, true));
        assert!(root(&[circle, link(Some(0), true, true)]).is_some());
        assert_eq!(root(&[link(Some(0), true, true), astray]), Some((0, 0)));
    }

    #[test]
    fn codes() {
        let clr = |type_name, hresult| Thrown { language: Language::Clr, type_name, hresult };
        assert_eq!(
            class_and_code(&clr(Some("System.NullReferenceException"), None)),
            Some(("CLR_EXCEPTION", 0x8000_4003))
        );
        assert_eq!(class_and_code(&clr(Some("NullReferenceException"), None)), Some(("CLR_EXCEPTION", 0x8000_4003)));
        assert_eq!(class_and_code(&clr(Some("My.NullReferenceException"), None)).map(|it| it.1), Some(COR_E_EXCEPTION));
        assert_eq!(class_and_code(&clr(Some("My.Error"), None)), Some(("CLR_EXCEPTION", COR_E_EXCEPTION)));
        assert_eq!(class_and_code(&clr(None, Some(0x8013_1501))), Some(("CLR_EXCEPTION", 0x8013_1501)));
        assert!(
            HRESULTS
                .lines()
                .all(|line| line.split_once('\t').is_some_and(|(n, v)| hresult(n).is_some() && v.len() == 8))
        );
    }
}
