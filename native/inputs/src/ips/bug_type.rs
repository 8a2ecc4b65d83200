//! `bug_type`: what kind of report a file is.

use crate::Error;

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

/// Err if a report is no crash. `looks_like_crash`: it has threads and images all the same.
pub(crate) fn check(kind: Option<&str>, looks_like_crash: bool) -> Result<(), Error> {
    let Some(kind) = kind.map(str::trim) else {
        return if looks_like_crash { Ok(()) } else { Err(not("it has neither threads nor images")) };
    };
    if let Some((_, what)) = OTHERS.iter().find(|(number, _)| *number == kind) {
        return Err(not(&format!("bug_type {kind} is {what}")));
    }
    // 309 and 109 are crashes, 308 and 385 have their form; what else has it is read as one.
    if matches!(kind, "309" | "109") || looks_like_crash {
        return Ok(());
    }
    Err(not(&format!("bug_type {} is none of a crash (309, or 109 with text)", crate::json::value::quote(kind))))
}

fn not(message: &str) -> Error {
    Error::NotACrash(message.to_owned())
}
