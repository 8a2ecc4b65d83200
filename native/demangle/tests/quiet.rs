//! No name makes a demangler panic, not even where the panic would be caught: it would be printed.
#![allow(clippy::unwrap_used)]

use std::sync::Mutex;

use demangle::demangle;

#[test]
fn numbers_that_overflow() {
    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let mut names = vec!["?@??$TSS777777775".to_owned()];
    for digits in ["9".repeat(9), "9".repeat(10), "7".repeat(11), "0".repeat(60), "2147483647".to_owned()] {
        for (before, after) in [
            ("?$TSS", "@x@@4HA"),
            ("??$TSS", "@x@@4HA"),
            ("?@??$TSS", "@x@@4HA"),
            ("?@??$TSS", ""),
            ("?f@@YAX?$TSS", "@x@@4HA@Z"),
            ("?x@?$TSS", "@y@@4HA"),
            ("?x@?1??$TSS", "@y@@4HA@4HA"),
            (".?$TSS", "@x@@4HA"),
        ] {
            names.push(format!("{before}{digits}{after}"));
        }
    }
    for letters in ["P".repeat(8), "P".repeat(9), "P".repeat(60), "H".repeat(8), "?".to_owned() + &"P".repeat(8)] {
        for (before, after) in
            [("?x@?", "@??f@@YAXXZ@4HA"), ("?f@?$A@$0", "@@@YAXXZ"), ("?f@@3PAY0", "@HA"), ("??_C@_0", "@x@a@")]
        {
            names.push(format!("{before}{letters}{after}"));
        }
    }
    std::panic::set_hook(Box::new(|panic| SEEN.lock().unwrap().push(panic.to_string())));
    let mut noisy = Vec::new();
    for name in &names {
        let _ = demangle(name);
        for panic in SEEN.lock().unwrap().drain(..) {
            noisy.push(format!("{name}: {panic}"));
        }
    }
    let _ = std::panic::take_hook();
    assert!(noisy.is_empty(), "{noisy:#?}");
    assert_eq!(demangle("?$TSS0@?1??f@@YAHXZ@4HA"), None);
}
