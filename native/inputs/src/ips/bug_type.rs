//! `bug_type`: what kind of report a file is.

use crate::Error;
use crate::json::value::quote;
use crate::notes::Notes;

/// Numbers of crash reports: JSON, text with a JSON line before it, and the number before that.
const CRASHES: [&str; 3] = ["309", "109", "9"];

/// The kinds that people mistake for crash reports. Numbers and names are those of the systems' own list of log types.
const OTHERS: [(&str, &str); 57] = [
    ("10", PANIC),
    ("11", SPIN),
    ("12", HANG),
    ("17", "a report of a shutdown that stalled"),
    ("20", "a report of XProtect"),
    ("21", "a report of a restart of the graphics processor"),
    ("22", RESOURCE),
    ("23", MICROSTACKSHOTS),
    ("24", "a report of a failure to sleep or to wake"),
    ("25", WAKEUPS),
    ("28", "a report of a watchdog's timeout"),
    ("29", "a report of a service watchdog's timeout"),
    ("30", "a report of too much memory"),
    ("44", MICROSTACKSHOTS),
    ("45", SPIN),
    ("98", JETSAM),
    ("110", PANIC),
    ("115", "a reset counter report"),
    ("120", "a report of a low battery"),
    ("142", WAKEUPS),
    ("144", "a report of writing to disk"),
    ("145", "a report of too much writing to disk"),
    ("151", "a report of a forced restart"),
    ("152", "a snapshot of memory"),
    ("154", "a memory graph"),
    ("155", "a report of network usage"),
    ("157", MICROSTACKSHOTS),
    ("174", MICROSTACKSHOTS),
    ("183", "a report of a software update"),
    ("184", "a report of a restart of the graphics processor"),
    ("185", RESOURCE),
    ("186", STACKSHOT),
    ("188", STACKSHOT),
    ("198", JETSAM),
    ("202", "a report of too much processor time"),
    ("205", "statistics of kernel panics"),
    ("206", "a report of too much processor time, for which the process was ended"),
    ("207", "a report of a hang or spin"),
    ("210", PANIC),
    ("211", "a log of analytics"),
    ("220", MICROSTACKSHOTS),
    ("222", HANG),
    ("223", HANG),
    ("227", "a report of too many threads"),
    ("228", HANG),
    ("238", "diagnostics of an app's launch"),
    ("239", HANG),
    ("243", HANG),
    ("284", "a report of the graphics processor"),
    ("288", STACKSHOT),
    ("298", JETSAM),
    ("301", "a report of a restart for memory"),
    ("302", SPIN),
    ("308", "a fault that a program logged"),
    ("310", HANG),
    ("312", "a request for diagnostics"),
    ("509", STACKSHOT),
];

const PANIC: &str = "a kernel panic";
const SPIN: &str = "a spin report";
const HANG: &str = "a report of a hang";
const RESOURCE: &str = "a report of an exceeded resource limit";
const WAKEUPS: &str = "a report of too many wakeups";
const MICROSTACKSHOTS: &str = "a report of microstackshots";
const STACKSHOT: &str = "a stackshot";
const JETSAM: &str = "a jetsam report: processes that were ended for memory";

/// Whether a number is that of a crash report; a report without one may be.
fn is_crash(kind: Option<&str>) -> bool {
    kind.is_none_or(|kind| CRASHES.contains(&kind.trim()))
}

/// What a report with a top-level member of this name describes, if it is not a crash.
pub(crate) fn other_report(member: &str) -> Option<&'static str> {
    match member {
        "panicString" | "macOSPanicString" | "panic_string" | "macOSProcessedStackshotData" => Some(PANIC),
        "largestProcess" | "memoryStatus" | "jetsamDetails" => Some(JETSAM),
        "processByPid" => Some(STACKSHOT),
        _ => None,
    }
}

/// Whether a report is read as a crash: one that has the form of a crash is, whatever its number says, which is noted.
///
/// # Errors
///
/// If a report has not the form of a crash; `looks_like_crash` says whether it has.
pub(crate) fn check(kind: Option<&str>, looks_like_crash: bool, notes: &mut Notes) -> Result<(), Error> {
    let named = kind.map(str::trim).map(|kind| match OTHERS.iter().find(|(number, _)| *number == kind) {
        Some((_, what)) => format!("bug_type {kind} is {what}"),
        None => format!("bug_type {} is not that of a crash (309, or 109 with text)", quote(kind)),
    });
    match named {
        Some(_) if is_crash(kind) => {}
        // 308, 327 and 385 have the form, too.
        Some(named) if looks_like_crash => {
            notes.note(|| "bug_type".to_owned(), format!("{named}; it is read as a crash, since it has its form"));
        }
        Some(named) => return Err(Error::NotACrash(named)),
        None if !looks_like_crash => return Err(Error::NotACrash("it has neither threads nor images".to_owned())),
        None => {}
    }
    Ok(())
}
