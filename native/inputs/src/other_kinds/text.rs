//! Texts of tools and run-times that are not crashes, or crashes of a kind that is not read.

use super::Kind;
use crate::apple::raised;

/// Bytes that are looked at: a text says early what it is.
const HEAD: usize = 128 << 10;

/// A line that shows a kind.
enum Shows {
    /// It begins so, after white space.
    Begins(&'static str),
    /// It has this in it.
    Has(&'static str),
    /// It begins and ends so, after white space.
    Frames(&'static str, &'static str),
}

use Shows::{Begins, Frames, Has};

/// What every text of a kind shows: all of the lines, in any order.
type Rule = (Kind, &'static [Shows]);

const fn no_crash(name: &'static str) -> Kind {
    Kind { name, hint: "it holds no crash" }
}

const fn not_read(name: &'static str) -> Kind {
    Kind { name, hint: "this kind of crash is not read" }
}

/// Kinds with frames of the Java virtual machine or of .NET that are not the trace of an exception.
const WITH_FRAMES: [Rule; 4] = [
    (no_crash("a thread dump of a Java virtual machine"), &[Begins("Full thread dump ")]),
    (
        not_read("an error log of the Java virtual machine (hs_err)"),
        &[Begins("# A fatal error has been detected by the Java Runtime Environment")],
    ),
    (PRINTED, &[Begins("Failure  "), Begins("Hash     "), Begins("Reason   ")]),
    (PRINTED, &[Begins("| Hash | `"), Begins("| Reason | `")]),
];

const PRINTED_STACKS: Kind = Kind { name: "what minidump-stackwalk printed", hint: "give the dump itself" };
const NO_SIGNATURE: Kind =
    Kind { name: "an event or a report of Windows Error Reporting", hint: "the signature of its crash is incomplete" };
const PRINTED: Kind = Kind { name: "a report that `symbolicate report` printed", hint: "give the crash itself" };

/// The more particular come first.
const RULES: [Rule; 51] = [
    (NO_SIGNATURE, &[Begins("Faulting application name:")]),
    (
        Kind { name: "an exception of Objective-C on the console", hint: "give the report of the crash" },
        &[Has(raised::UNCAUGHT), Begins("*** First throw call stack:")],
    ),
    (NO_SIGNATURE, &[Begins("EventType="), Begins("Sig[0].Name=")]),
    (PRINTED_STACKS, &[Begins("Crash reason:"), Begins("Crash address:")]),
    (PRINTED_STACKS, &[Begins("OS|"), Begins("Crash|")]),
    (
        Kind {
            name: "a Breakpad symbol file",
            hint: "add it with `symbolicate symbols add`, or give it with --symbols",
        },
        &[Begins("MODULE "), Begins("PUBLIC ")],
    ),
    (
        Kind {
            name: "a Breakpad symbol file",
            hint: "add it with `symbolicate symbols add`, or give it with --symbols",
        },
        &[Begins("MODULE "), Begins("FUNC ")],
    ),
    (not_read("a log with a Breakpad microdump in it"), &[Has("-----BEGIN BREAKPAD MICRODUMP-----")]),
    (not_read("a Rust panic"), &[Begins("thread '"), Has("panicked at ")]),
    (not_read("a Go panic"), &[Begins("panic: "), Frames("goroutine ", ":")]),
    (not_read("a Go crash"), &[Begins("fatal error: "), Frames("goroutine ", ":")]),
    (not_read("a Go crash"), &[Begins("SIG"), Frames("goroutine ", ":")]),
    (no_crash("a goroutine dump of a Go program"), &[Frames("goroutine ", "]:"), Frames("goroutine ", ":")]),
    (not_read("a crash of Python itself (faulthandler)"), &[Begins("Fatal Python error: ")]),
    (no_crash("a thread dump of Python (faulthandler)"), &[Frames("Thread 0x", "(most recent call first):")]),
    (no_crash("a thread dump of Python (faulthandler)"), &[Frames("Current thread 0x", "(most recent call first):")]),
    (not_read("a Swift backtrace"), &[Has("Program crashed: ")]),
    (not_read("a Swift backtrace"), &[Has("*** Signal "), Has("Backtracing from 0x")]),
    (not_read("a Swift backtrace"), &[Has("Fatal error: "), Frames("Thread ", "crashed:")]),
    (not_read("a Swift fatal error"), &[Has(".swift:"), Has("Fatal error: ")]),
    (not_read("a Swift fatal error"), &[Begins("Fatal error: "), Has(": file ")]),
    (not_read("an uncaught PHP exception"), &[Has("Fatal error: "), Has("Uncaught ")]),
    (not_read("a PHP error"), &[Has("PHP "), Has(" error: "), Has(" on line ")]),
    (not_read("a PHP error"), &[Has("Fatal error: "), Has(" on line ")]),
    (not_read("a Ruby exception"), &[Has(".rb:"), Has(":in `")]),
    (not_read("a Ruby exception"), &[Has(".rb:"), Has(":in '")]),
    (not_read("an Elixir exception"), &[Begins("** ("), Has(".ex")]),
    (not_read("a crash report of Erlang"), &[Has("CRASH REPORT===")]),
    (not_read("a crash dump of Erlang"), &[Begins("=erl_crash_dump:")]),
    (not_read("a Lua error"), &[Begins("stack traceback:"), Has("[C]: ")]),
    (not_read("a report of AddressSanitizer"), &[Has("ERROR: AddressSanitizer")]),
    (not_read("a report of a sanitizer"), &[Has("Sanitizer: "), Has("SUMMARY: ")]),
    (not_read("a report of UndefinedBehaviorSanitizer"), &[Has(": runtime error: ")]),
    (no_crash("a report of valgrind"), &[Begins("=="), Has("== Memcheck, a memory error detector")]),
    (not_read("a Linux kernel oops"), &[Has("Call Trace:"), Has("RIP: ")]),
    (not_read("a Linux kernel oops"), &[Has("Unable to handle kernel "), Has("Call trace:")]),
    (not_read("output of !analyze"), &[Begins("FAILURE_BUCKET_ID:")]),
    (not_read("output of a Windows debugger"), &[Begins("STACK_TEXT:")]),
    (not_read("a stack of gdb"), &[Begins("#0 "), Begins("Program received signal ")]),
    (not_read("a stack of gdb"), &[Begins("#0  0x"), Has(" in "), Has(" (")]),
    (not_read("a stack of gdb"), &[Begins("#0  "), Begins("#1  0x"), Has(" in ")]),
    (not_read("a stack of lldb"), &[Has("frame #0: 0x")]),
    (not_read("a record of systemd-coredump"), &[Has("Stack trace of thread ")]),
    (not_read("a stack of Chromium's own handler"), &[Begins("Received signal "), Begins("#0 0x")]),
    (not_read("a crash report of OBS Studio"), &[Begins("Unhandled exception: "), Begins("libobs version:")]),
    (no_crash("a log of OBS Studio"), &[Has(": OBS "), Has(": Audio settings reset")]),
    (no_crash("a log of OBS Studio"), &[Has("Portable mode: "), Has(": OBS ")]),
    (no_crash("a log of OBS Studio"), &[Has(": OBS "), Has(": CPU Name: ")]),
    (
        no_crash("the native stacks of a running process (debuggerd -b)"),
        &[Frames("----- pid ", " -----"), Has("sysTid=")],
    ),
    (
        no_crash("an event of a program that did not respond (event 1002)"),
        &[Has("stopped interacting with Windows and was closed")],
    ),
    (no_crash("a log of OBS Studio"), &[Has(": [obs-"), Has(": OBS ")]),
];

/// Endings of lines by which compilers and Qt are known; see [`of`].
const DIAGNOSTICS: [(&str, Kind); 4] = [
    (": error: ", no_crash("output of a compiler")),
    (": fatal error: ", no_crash("output of a compiler")),
    (": warning: ", no_crash("output of a compiler")),
    (": undefined reference to ", no_crash("output of a linker")),
];

/// The kind of a text with frames that is not an exception: known before exceptions are looked for.
pub(crate) fn with_frames(text: &str) -> Option<Kind> {
    by_rules(head(text), &WITH_FRAMES)
}

/// The kind of a text in which nothing that is read was found.
pub(crate) fn of(text: &str) -> Option<Kind> {
    let text = head(text);
    markup(text).or_else(|| by_rules(text, &RULES)).or_else(|| diagnostics(text))
}

fn head(text: &str) -> &str {
    let mut end = text.len().min(HEAD);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn markup(text: &str) -> Option<Kind> {
    let start = text.trim_start();
    let begins = |with: &str| start.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    if begins("<!DOCTYPE html") || begins("<html") {
        return Some(Kind { name: "an HTML page", hint: "it may be the page of a failed download" });
    }
    if begins("<?xml") || begins("<!DOCTYPE") {
        return Some(no_crash("an XML document"));
    }
    None
}

fn by_rules(text: &str, rules: &[Rule]) -> Option<Kind> {
    // A bit for each line that a rule requires.
    let mut shown = vec![0_u8; rules.len()];
    for line in text.lines() {
        let line = line.trim();
        for ((_, wanted), shown) in rules.iter().zip(&mut shown) {
            for (bit, shows) in wanted.iter().enumerate() {
                let is_shown = match shows {
                    Begins(start) => line.starts_with(start),
                    Has(part) => line.contains(part),
                    Frames(start, end) => line.starts_with(start) && line.ends_with(end),
                };
                *shown |= u8::from(is_shown) << bit;
            }
        }
    }
    let all = |wanted: &[Shows]| u8::MAX >> (8 - wanted.len());
    rules.iter().zip(shown).find(|((_, wanted), shown)| *shown == all(wanted)).map(|((kind, _), _)| *kind)
}

/// `file.c:12:5: error: …`, `undefined reference to`, Qt's messages.
fn diagnostics(text: &str) -> Option<Kind> {
    text.lines().map(str::trim).find_map(|line| {
        if let Some((place, kind)) =
            DIAGNOSTICS.iter().find_map(|(words, kind)| Some((line.split_once(words)?.0, kind)))
        {
            // A path, a line and perhaps a column; or the linker's object file and section.
            let is_place = place.rsplit(':').next().is_some_and(|end| {
                end.starts_with("(.text") || (!end.is_empty() && end.bytes().all(|byte| byte.is_ascii_digit()))
            });
            return is_place.then_some(*kind);
        }
        let qt = [
            "QObject::",
            "QWidget::",
            "QPainter::",
            "qt.qpa.",
            "qrc:/",
            "QML debugging",
            "QThread: ",
            "QCoreApplication::",
        ];
        let assertion = line.starts_with("ASSERT") && line.contains(" in file ") && line.contains(", line ");
        (assertion || qt.iter().any(|start| line.starts_with(start))).then_some(no_crash("output of Qt"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_name() {
        for (text, name) in [
            (
                "thread 'main' panicked at src/a.rs:3:1:\nboom\nstack backtrace:\n   0: rust_begin_unwind\n",
                "a Rust panic",
            ),
            ("panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/x/a.go:3 +0x1d\nexit status 2\n", "a Go panic"),
            (
                "Fatal Python error: Segmentation fault\n\nCurrent thread 0x1 (most recent call first):\n  File \"a.py\", line 1 in f\n",
                "a crash of Python itself (faulthandler)",
            ),
            (
                "💣 Program crashed: Bad pointer dereference at 0x4\n\nThread 0 crashed:\n\n0 0x1 f() + 4 in a\n",
                "a Swift backtrace",
            ),
            ("a/main.swift:1: Fatal error: Index out of range\n", "a Swift fatal error"),
            (
                "PHP Fatal error:  Uncaught Exception: x in /a.php:3\nStack trace:\n#0 {main}\n  thrown in /a.php on line 3\n",
                "an uncaught PHP exception",
            ),
            ("a.rb:1:in `f': boom (RuntimeError)\n\tfrom a.rb:3:in `<main>'\n", "a Ruby exception"),
            ("** (RuntimeError) boom\n    lib/a.ex:3: A.f/0\n", "an Elixir exception"),
            ("a.c:3:5: error: 'x' undeclared\n", "output of a compiler"),
            ("In file included from a.c:1:\nb.h:2:1: warning: unused\n", "output of a compiler"),
            ("QObject::connect: No such slot\n", "output of Qt"),
            (
                "Faulting application name: Shop.exe, version: 1.0.0.0\n",
                "an event or a report of Windows Error Reporting",
            ),
            ("<!doctype html>\n<p>", "an HTML page"),
            ("<?xml version=\"1.0\"?>\n<a/>", "an XML document"),
            ("10:00:00.123: CPU Name: Intel\n10:00:00.124: OBS 29.1.3 (64-bit, windows)\n", "a log of OBS Studio"),
            (
                "----- pid 9 at 2024-01-19 10:18:58 -----\n\"a\" sysTid=9\n  #00 pc 0d6d8c  /a/libc.so (f+8)\n",
                "the native stacks of a running process (debuggerd -b)",
            ),
            (
                "The program Shop.exe version 1.0.0.0 stopped interacting with Windows and was closed.\n",
                "an event of a program that did not respond (event 1002)",
            ),
            ("[  1.5] RIP: 0010:f+0x10/0x20\n[  1.6] Call Trace:\n", "a Linux kernel oops"),
            ("MODULE Linux x86_64 0 a\nFUNC 0 1 0 f\n", "a Breakpad symbol file"),
        ] {
            assert_eq!(of(text).map(|kind| kind.name), Some(name), "{text}");
        }
        assert_eq!(of("hello there\n"), None);
        assert_eq!(of("warning: something\n"), None);
    }

    #[test]
    fn every_rule_fits_its_bits() {
        assert!(RULES.iter().chain(&WITH_FRAMES).all(|(_, wanted)| (1..=8).contains(&wanted.len())));
    }
}
