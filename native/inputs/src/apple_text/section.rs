//! Which part of a report a line begins.

/// The part that a line begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Start<'a> {
    /// `Thread 0 name:  worker`, `Thread 0 Crashed:: worker  Dispatch queue: com.apple.main-thread`
    Thread { number: u64, crashed: bool, name: Option<&'a str>, queue: Option<&'a str> },
    /// `Thread 0 crashed with ARM Thread State (64-bit):`; None: `Thread State`, of the crashed thread.
    State { number: Option<u64>, flavor: &'a str },
    /// `Last Exception Backtrace:`, with what follows on the line.
    LastException(&'a str),
    /// `Application Specific Information:`, with what follows on the line.
    Messages(&'a str),
    /// `Application Specific Backtrace 1:`
    Backtrace,
    /// `Binary Images:`
    Images,
    /// Parts that are stored as text.
    Other(&'a str),
    /// What follows is not part of the report.
    End,
}

/// Parts that begin with a line of their own and are stored as text.
const OTHERS: [&str; 10] = [
    "Application Specific Signatures:",
    "External Modification Summary:",
    "VM Region Summary:",
    "Kernel Triage:",
    "Error Formulating Crash Report:",
    "Filtered syslog:",
    "Dyld Error Message:",
    "Bundle Info:",
    "Global Trace Buffer (reverse chronological seconds):",
    // The managed stack: HockeyApp and App Center for Xamarin.
    "Xamarin Exception Stack:",
];

/// A line without white space around it and without the marks of a quoted mail.
pub(super) fn unquoted(line: &str) -> &str {
    let mut line = line.trim();
    while let Some(rest) = line.strip_prefix('>') {
        line = rest.trim_start();
    }
    line
}

/// Whether a line is only what a report was put into: Markdown's fence, a tag that begins or ends a block.
pub(super) fn is_wrapping(line: &str) -> bool {
    const TAGS: [&str; 6] = ["<pre>", "</pre>", "<code>", "</code>", "</details>", "<details>"];
    line.starts_with("```") || line.starts_with("~~~") || TAGS.contains(&line)
}

/// Whether a line is the first of a report's header: `Incident Identifier: …`, `CrashReporter Key: …`, `Process: Shop
/// [411]`.
pub(super) fn begins_report(line: &str) -> bool {
    let is_process = |rest: &str| {
        let id = rest.trim_end().strip_suffix(']').and_then(|rest| rest.rsplit_once('[')).map(|(_, id)| id);
        id.is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
    };
    line.starts_with("Incident Identifier:")
        || line.starts_with("CrashReporter Key:")
        || line.strip_prefix("Process:").is_some_and(is_process)
}

/// Whether a line is what the console shows after the backtrace of an exception.
pub(super) fn is_after_backtrace(line: &str) -> bool {
    line == ")" || line.starts_with("libc++abi") || line.starts_with("terminating ")
}

/// A line of running text: its indentation is retained, marks of a quoted mail and what follows the line are not.
pub(super) fn unquoted_text(line: &str) -> &str {
    let line = line.trim_end();
    if line.starts_with('>') { unquoted(line) } else { line }
}

/// The part that a line begins, if it begins one.
pub(super) fn of(line: &str) -> Option<Start<'_>> {
    match *line.as_bytes().first()? {
        b'T' => thread(line),
        b'U' if line.starts_with("Unknown thread crashed with") => Some(state(None, line)),
        b'L' => line.strip_prefix("Last Exception Backtrace:").map(|rest| Start::LastException(rest.trim())),
        b'A' if line.starts_with("Application Specific Backtrace") => Some(Start::Backtrace),
        b'A' if line.starts_with("Application Specific Information:") => {
            Some(Start::Messages(line["Application Specific Information:".len()..].trim()))
        }
        b'B' if line.starts_with("Binary Images:") || line.starts_with("Binary Images Description:") => {
            Some(Start::Images)
        }
        b'E' if line == "EOF" => Some(Start::End),
        b'F' if line == "Full Report" => Some(Start::End),
        _ => OTHERS
            .iter()
            .find(|other| line.eq_ignore_ascii_case(other))
            .map(|_| Start::Other(line.trim_end_matches(':'))),
    }
}

fn thread(line: &str) -> Option<Start<'_>> {
    let rest = line.strip_prefix("Thread ")?;
    if rest.starts_with("State") {
        return Some(state(None, line));
    }
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let number = rest[..digits].parse().ok()?;
    let rest = rest[digits..].trim_start();
    if rest.starts_with("crashed with") || rest.starts_with("Crashed with") {
        return Some(state(Some(number), line));
    }
    let (crashed, rest) = match rest.strip_prefix("Crashed") {
        // Newer systems put an arrow after the word.
        Some(rest) => (true, rest.trim_start_matches(|c: char| c != ':')),
        None => (false, rest.strip_prefix("name").unwrap_or(rest)),
    };
    let rest = rest.trim_start().strip_prefix(':')?.trim_start_matches(':').trim();
    let (name, queue) = match rest.split_once("Dispatch queue:") {
        Some((name, queue)) => (name.trim(), Some(queue.trim())),
        None => (rest, None),
    };
    let said = |text: &'_ str| !text.is_empty();
    Some(Start::Thread { number, crashed, name: Some(name).filter(|n| said(n)), queue: queue.filter(|q| said(q)) })
}

fn state(number: Option<u64>, line: &str) -> Start<'_> {
    let flavor = line.split_once("with ").map_or(line, |(_, flavor)| flavor).trim_end_matches(':').trim();
    Start::State { number, flavor }
}
