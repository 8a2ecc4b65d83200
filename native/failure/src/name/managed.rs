//! Exceptions of languages: their class and code.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::facts::{Language, Thrown};

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
        // In Microsoft's own style: e0 and three letters, "jvm", "jse", "pyt".
        Language::Jvm => ("JVM_EXCEPTION", 0xe06a_766d),
        Language::JavaScript => ("JS_EXCEPTION", 0xe06a_7365),
        Language::Python => ("PY_EXCEPTION", 0xe070_7974),
        Language::Cpp | Language::ObjectiveC => return None,
    })
}

/// Where the code of [`class_and_code`] comes from, for people.
pub(super) fn code_from(thrown: &Thrown<'_>) -> &'static str {
    match (thrown.language, thrown.hresult, thrown.type_name.and_then(hresult)) {
        (Language::Clr, Some(_), _) => "the exception's HRESULT",
        (Language::Clr, None, Some(_)) => "the HRESULT that .NET gives this type",
        (Language::Clr, None, None) => "the HRESULT of any .NET exception",
        _ => "the code of all exceptions of this language",
    }
}

fn hresult(type_name: &str) -> Option<u32> {
    static BY_NAME: LazyLock<HashMap<&str, u32>> = LazyLock::new(|| {
        let row = |line: &'static str| {
            let (name, value) = line.split_once('\t')?;
            Some((name, u32::from_str_radix(value, 16).ok()?))
        };
        HRESULTS.lines().filter_map(row).collect()
    });
    BY_NAME.get(type_name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        let clr = |type_name, hresult| Thrown { language: Language::Clr, type_name, hresult };
        assert_eq!(
            class_and_code(&clr(Some("System.NullReferenceException"), None)),
            Some(("CLR_EXCEPTION", 0x8000_4003))
        );
        assert_eq!(class_and_code(&clr(Some("My.Error"), None)), Some(("CLR_EXCEPTION", COR_E_EXCEPTION)));
        assert_eq!(class_and_code(&clr(None, Some(0x8013_1501))), Some(("CLR_EXCEPTION", 0x8013_1501)));
        assert!(
            HRESULTS
                .lines()
                .all(|line| line.split_once('\t').is_some_and(|(n, v)| hresult(n).is_some() && v.len() == 8))
        );
    }
}
