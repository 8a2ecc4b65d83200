//! `bug_type`: what kind of report a file is.

use crate::Error;
use crate::json::value::quote;
use crate::notes::Notes;

/// The kinds that people mistake for crash reports.
const OTHERS: [(&str, &str); 16] = [
    ("115", "a reset counter report"),
    ("142", "a report of too much writing to disk"),
    ("145", "a report of too much writing to disk"),
    ("151", "a report of a thermal event"),
    ("183", "a report of the app extension's memory"),
    ("202", "a report of too much processor time"),
    ("206", "a report of too many wakeups"),
    ("210", "a kernel panic"),
    ("222", "a stackshot"),
    ("225", "a report of a user-space watchdog"),
    ("288", "a stackshot"),
    ("298", "a jetsam report: processes that were ended for memory"),
    ("303", "a report of too little memory"),
    ("304", "a simulated crash"),
    ("312", "a jetsam report of a process"),
    ("367", "a spin or hang report"),
];

/// Whether a report is read as a crash: one that has the form of a crash is, whatever its number says, which is noted.
///
/// # Errors
///
/// If a report has not the form of a crash; `looks_like_crash` says whether it has.
pub(crate) fn check(kind: Option<&str>, looks_like_crash: bool, notes: &mut Notes) -> Result<(), Error> {
    let kind = kind.map(str::trim);
    let is_crash = matches!(kind, None | Some("309" | "109"));
    let named = kind.map(|kind| match OTHERS.iter().find(|(number, _)| *number == kind) {
        Some((_, what)) => format!("bug_type {kind} is {what}"),
        None => format!("bug_type {} is none of a crash (309, or 109 with text)", quote(kind)),
    });
    match named {
        // 308 and 385, too, have the form.
        Some(named) if !is_crash && looks_like_crash => {
            notes.tell(|| "bug_type".to_owned(), format!("{named}; it is read as a crash, since it has its form"));
        }
        Some(named) if !is_crash => return Err(Error::NotACrash(named)),
        None if !looks_like_crash => return Err(Error::NotACrash("it has neither threads nor images".to_owned())),
        _ => {}
    }
    Ok(())
}
