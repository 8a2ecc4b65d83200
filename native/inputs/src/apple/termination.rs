//! Why the system ended a process, as reports write it in one line.

use crate::Termination;

/// Read `SIGNAL 6 Abort trap: 6`, `Namespace SIGNAL, Code 0xb`, `FRONTBOARD 2343432205` or
/// `CODESIGNING, Code 0x2`, with whatever text follows.
pub(crate) fn read(text: &str) -> Termination {
    let mut termination = Termination::default();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let Some(first) = lines.next() else { return termination };
    let first_part = first.strip_prefix("Namespace ").unwrap_or(first);
    let (namespace, rest) = first_part.split_once([',', ' ', ':']).unwrap_or((first_part, ""));
    let is_namespace =
        !namespace.is_empty() && namespace.bytes().all(|b| b.is_ascii_uppercase() || b == b'_' || b.is_ascii_digit());
    if !is_namespace {
        termination.details.push(first.to_owned());
        termination.details.extend(lines.map(str::to_owned));
        return termination;
    }
    termination.namespace = Some(namespace.to_owned());
    let rest = rest.trim_start_matches([',', ' ', ':']);
    let rest = rest.strip_prefix("Code ").unwrap_or(rest);
    let (word, after) = rest.split_once([' ', ',', ';', '>']).unwrap_or((rest, ""));
    let word = word.trim_start_matches('<');
    if let Some(code) = crate::json::value::whole(word).and_then(|code| u64::try_from(code).ok()) {
        termination.code = Some(code);
        let after = after.trim_matches([' ', ',', ';', '>']);
        termination.indicator = Some(after.to_owned()).filter(|text| !text.is_empty());
    } else if !rest.is_empty() {
        termination.indicator = Some(rest.to_owned());
    }
    termination.details.extend(lines.map(str::to_owned));
    termination
}
