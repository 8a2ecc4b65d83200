//! What .NET writes into the event log of Windows when it ends a process (source `.NET Runtime`, events 1023, 1025,
//! 1026).
//!
//! ```text
//! Application: Shop.exe
//! Framework Version: v4.0.30319
//! Description: The process was terminated due to an unhandled exception.
//! Exception Info: System.NullReferenceException
//!    at Shop.Cart.Total()
//! ```
//!
//! .NET Framework translates the words, so the shape decides: a program's file name and a version, each behind a label.
//! Copied from the Event Viewer, fields of the event precede the text, and its XML follows it.

use super::builder::{Builder, Index};
use super::clr_frame;
use super::head;
use super::hresult::{EXECUTION_ENGINE, FAIL_FAST};
use super::lines::Lines;
use crate::crash::{Exception, Language, Os};
use crate::event_xml;

/// Lines before the program's name: the fields that the Event Viewer shows.
const FIELDS: usize = 40;
/// Lines between the name and the version.
const VERSION_WITHIN: usize = 3;
/// Lines between the version and the first frame of a text that names no exception.
const DESCRIPTION: usize = 200;

/// `EXCEPTION_COMPLUS`: a managed exception whose type was not logged.
const COMPLUS: u64 = 0xe043_4352;

/// Read the part of an event before its frames, or before the rest of an exception's message. None, and nothing read,
/// if the text is not such an event.
pub(super) fn head(lines: &mut Lines<'_>, builder: &mut Builder) -> Option<Index> {
    let process = application(&mut lines.clone())?;
    let mut left = lines.clone();
    application(&mut left)?;
    *lines = left;
    builder.process.name = Some(process.to_owned());
    builder.os = Os::Windows;
    let index = builder.begin(lines.number(), Language::Clr, (None, ""), None);
    let mut in_message = false;
    for _ in 0..DESCRIPTION {
        let mut next = lines.clone();
        let Some(line) = next.next() else { break };
        let text = line.trim();
        if clr_frame::frame(line, text).is_some() || ends(text) {
            break;
        }
        *lines = next;
        let value = value(text);
        if let Some((type_name, message)) = value.and_then(head::split).filter(|(name, _)| head::is_surely_type(name)) {
            let thrown = builder.get(index);
            thrown.type_name = Some(type_name.to_owned());
            thrown.hresult = head::hresult(text, type_name);
            thrown.message = Some(message.to_owned()).filter(|message| !message.is_empty());
            break;
        }
        if text.contains("80131506") {
            let thrown = builder.get(index);
            thrown.type_name = Some("System.ExecutionEngineException".to_owned());
            thrown.hresult = Some(EXECUTION_ENGINE);
            thrown.message = value.map(str::to_owned);
            break;
        }
        if let Some(exception) = value.and_then(exception_code).filter(|_| builder.exception.is_none()) {
            builder.exception = Some(exception).filter(|exception| exception.codes != [COMPLUS]);
            continue;
        }
        if text.contains("stack overflow") {
            builder.get(index).type_name = Some("System.StackOverflowException".to_owned());
        }
        if text.contains("System.Environment.FailFast") {
            builder.get(index).hresult = Some(FAIL_FAST);
            in_message = true;
        } else if in_message && !text.is_empty() && !is_label(text) {
            let first = builder.get(index).message.is_none();
            builder.more_message(index, value.filter(|_| first).unwrap_or(text));
        }
    }
    Some(index)
}

/// Whether a text of unknown content is such an event and nothing else: only fields stand before the program's name.
pub(super) fn is_alone(text: &str) -> bool {
    let mut lines = Lines::new(text);
    application(&mut lines).is_some() && {
        let before = Lines::new(text).take(lines.number());
        before.map(str::trim).all(|line| line.is_empty() || line.contains([':', '：']))
    }
}

/// Take the lines up to the version. Gives the program's file name.
fn application<'t>(lines: &mut Lines<'t>) -> Option<&'t str> {
    for _ in 0..FIELDS {
        let name = value(lines.next()?).unwrap_or_default();
        // The name of a program, and not a path.
        let is_program = name.len() > 4
            && name.get(name.len() - 4..).is_some_and(|end| end.eq_ignore_ascii_case(".exe"))
            && !name.contains(['/', '\\', ':']);
        if !is_program {
            continue;
        }
        let mut next = lines.clone();
        for _ in 0..VERSION_WITHIN {
            if value(next.next()?).is_some_and(is_version) {
                *lines = next;
                return Some(name);
            }
        }
    }
    None
}

/// The text after a label: a few words and a colon, of any script.
fn value(line: &str) -> Option<&str> {
    const LONGEST: usize = 80;
    let (label, value) = line.split_once([':', '：'])?;
    (!label.trim().is_empty() && label.len() <= LONGEST).then(|| value.trim()).filter(|value| !value.is_empty())
}

/// `v4.0.30319`, `8.0.824.36612`, `9.0.0-preview.1`.
fn is_version(text: &str) -> bool {
    let number = text.strip_prefix('v').unwrap_or(text).split(['-', '+', ' ']).next().unwrap_or("");
    number.contains('.') && number.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

/// A label with nothing behind it, such as the one before the frames.
pub(super) fn is_label(text: &str) -> bool {
    const LONGEST: usize = 40;
    text.len() <= LONGEST && text.ends_with([':', '：'])
}

/// Whether the text of the event has ended, and its XML begins.
pub(super) fn ends(text: &str) -> bool {
    text.starts_with("<Event ") || text == "Event Xml:"
}

/// `exception code c0000005, exception address 00007FFD7FE8FD0C`, in any language.
fn exception_code(text: &str) -> Option<Exception> {
    let mut numbers = text.split(|c: char| !c.is_ascii_alphanumeric()).filter_map(|word| {
        let digits = word.strip_prefix("0x").unwrap_or(word);
        let whole = matches!(digits.len(), 8 | 16) && digits.bytes().any(|b| b.is_ascii_digit());
        whole.then(|| u64::from_str_radix(digits, 16).ok()).flatten()
    });
    let code = numbers.next().filter(|&code| (0x8000_0000..=0xffff_ffff).contains(&code))?;
    let address = numbers.next()?;
    Some(Exception { codes: vec![code], address: Some(address), ..Exception::default() })
}

/// The text of an event that was saved as XML. None if the text is not the XML of an event of .NET.
pub(super) fn of_xml(text: &str) -> Option<String> {
    event_xml::events(text).find_map(|values| {
        let mut whole = values.join("\n");
        whole.push('\n');
        application(&mut Lines::new(&whole)).is_some().then_some(whole)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_codes() {
        for version in ["v4.0.30319", "8.0.824.36612", "9.0.0-preview.1.24080"] {
            assert!(is_version(version), "{version}");
        }
        for text in ["4", "v4.x", "System.Exception", ""] {
            assert!(!is_version(text), "{text}");
        }
        let code = |text| exception_code(text).map(|found| (found.codes, found.address));
        assert_eq!(
            code("Ausnahmecode c0000005, Ausnahmeadresse 00007FFD7FE8FD0C"),
            Some((vec![0xc000_0005], Some(0x7ffd_7fe8_fd0c)))
        );
        assert_eq!(code("System.Exception: code 12345678"), None);
    }
}
