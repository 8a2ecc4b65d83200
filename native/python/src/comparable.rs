//! `comparable_function`: a function's name as similar stacks are compared by it.

use std::borrow::Cow;

use failure::name::normalise;
use pyo3::prelude::*;
use vocabulary::Os;

/// A function without parameters, compiler noise and template arguments, as in the looser hashes; empty if the text
/// names no function. `os` is a report's; compiler noise depends on it.
#[pyfunction]
#[pyo3(signature = (name, os = ""))]
pub(crate) fn comparable_function<'a>(name: &'a str, os: &str) -> Cow<'a, str> {
    let platform = match os {
        "Windows NT" => Os::Windows,
        "Mac OS X" => Os::MacOs,
        "iOS" => Os::Ios,
        _ => Os::Unknown,
    };
    normalise(name, platform).map_or(Cow::Borrowed(""), |function| Cow::Owned(function.collapsed().to_owned()))
}
