//! Why the system ended a process, as reports write it in one line.

use crate::{Crash, Termination};

/// Read `SIGNAL 6 Abort trap: 6`, `Namespace SIGNAL, Code 0xb`, `FRONTBOARD 2343432205` or
/// `CODESIGNING, Code 0x2`, with whatever text follows.
pub(crate) fn read(text: &str) -> Termination {
    let mut termination = Termination::default();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let Some(first) = lines.next() else { return termination };
    let first_part = first.strip_prefix("Namespace ").unwrap_or(first);
    let (namespace, rest) = first_part.split_once([',', ' ', ':']).unwrap_or((first_part, ""));
    // `<0xF>` is a namespace that the writer of the report did not know.
    let unknown = namespace.strip_prefix("<0x").and_then(|rest| rest.strip_suffix('>'));
    let of_name = |b: u8| b.is_ascii_uppercase() || b == b'_' || b.is_ascii_digit();
    let is_namespace = unknown.is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
        || (!namespace.is_empty() && namespace.bytes().all(of_name));
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

/// Take the code of an exception that has the number of a termination instead of a Mach exception's name: until iOS 8 a
/// process that the system ended has `Exception Type: 00000020` and `Exception Codes: 0x8badf00d`.
pub(crate) fn from_exception(crash: &mut Crash) {
    let Crash { exception: Some(exception), termination, .. } = crash else { return };
    let is_number = |text: &str| {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit())
    };
    let known = termination.as_ref().is_some_and(|termination| termination.code.is_some());
    if known || !exception.kind.as_deref().is_some_and(is_number) {
        return;
    }
    // Without `0x` the code was not read as a number.
    let word = || exception.subtype.as_deref()?.split([' ', ',']).find(|word| is_number(word));
    let code = exception.codes.iter().copied().find(|&code| code != 0);
    let code = code.or_else(|| crate::json::value::hexadecimal(word()?)).filter(|&code| code != 0);
    if code.is_some() {
        termination.get_or_insert_default().code = code;
    }
}
