//! What a program said on its way out, to the class of its failure.

use super::sanitise::head;

/// Words of a message and the class they mean. The first that occurs counts, so the narrower stand above the wider.
const MESSAGES: &[(&str, &str)] = &[
    // glibc and bionic stack protectors.
    ("stack smashing detected", "FAIL_FAST_STACK_BUFFER_OVERRUN_STACK_COOKIE_CHECK_FAILURE"),
    ("stack corruption detected", "FAIL_FAST_STACK_BUFFER_OVERRUN_STACK_COOKIE_CHECK_FAILURE"),
    // Objective-C and C++ before the heap's words: an exception's text may hold any of those.
    ("due to uncaught exception '", "OBJC_EXCEPTION"),
    ("uncaught exception of type NSException", "OBJC_EXCEPTION"),
    ("terminating with uncaught exception", "CPP_EXCEPTION"),
    ("terminating due to uncaught exception", "CPP_EXCEPTION"),
    ("terminate called after throwing", "CPP_EXCEPTION"),
    // Without these words nothing was thrown: `libc++abi: terminating`, `terminate called without an active exception`.
    ("terminating with uncaught foreign exception", "CPP_EXCEPTION"),
    ("terminating with unexpected exception", "CPP_EXCEPTION"),
    ("terminating due to unexpected exception", "CPP_EXCEPTION"),
    // glibc, scudo, Apple's malloc.
    ("double free", "HEAP_CORRUPTION_DOUBLE_FREE"),
    ("FORTIFY", "FAIL_FAST_RANGE_CHECK_FAILURE"),
    ("buffer overflow detected", "FAIL_FAST_RANGE_CHECK_FAILURE"),
    ("Scudo ERROR", "HEAP_CORRUPTION"),
    ("heap corruption", "HEAP_CORRUPTION"),
    ("corrupted ", "HEAP_CORRUPTION"),
    ("malloc(): ", "HEAP_CORRUPTION"),
    ("free(): ", "HEAP_CORRUPTION"),
    ("realloc(): ", "HEAP_CORRUPTION"),
    ("munmap_chunk()", "HEAP_CORRUPTION"),
    ("incorrect checksum for freed object", "HEAP_CORRUPTION"),
    ("pointer being freed was not allocated", "HEAP_CORRUPTION"),
    ("pointer being realloc'd was not allocated", "HEAP_CORRUPTION"),
    // assert of glibc, bionic, Apple and musl.
    ("Assertion `", "ASSERTION"),
    ("assertion \"", "ASSERTION"),
    ("Assertion failed", "ASSERTION"),
    ("assertion failed", "ASSERTION"),
    ("Check failed: ", "ASSERTION"),
    ("Fatal error: ", "FAIL_FAST_SWIFT_TRAP"),
];

/// Words of allocators that check every use (GWP-ASan, MTE, as Android's tombstones give them), and the class they
/// mean.
const CHECKED: &[(&str, &str)] = &[
    ("Use After Free", "HEAP_CORRUPTION_USE_AFTER_FREE"),
    ("Buffer Overflow", "HEAP_CORRUPTION_BUFFER_OVERFLOW"),
    ("Buffer Underflow", "HEAP_CORRUPTION_BUFFER_OVERFLOW"),
    ("Double Free", "HEAP_CORRUPTION_DOUBLE_FREE"),
];

/// The class of what a checking allocator found; None if the message is not from one.
pub(super) fn checked_allocator(message: &str) -> Option<&'static str> {
    let message = head(message, MAX);
    if !message.contains("GWP-ASan") && !message.contains("[MTE]") {
        return None;
    }
    Some(CHECKED.iter().find(|(words, _)| message.contains(words)).map_or("HEAP_CORRUPTION", |row| row.1))
}

/// The longest part of a message that is searched, in bytes.
const MAX: usize = 4096;

/// The class a message means.
pub(super) fn class(message: &str) -> Option<&'static str> {
    let message = head(message, MAX);
    MESSAGES.iter().find(|(words, _)| message.contains(words)).map(|row| row.1)
}

/// The name of an Objective-C exception in a message: `*** Terminating app due to uncaught exception
/// 'NSRangeException'`.
pub(super) fn objc_name(message: &str) -> Option<&str> {
    let message = head(message, MAX);
    let (_, rest) = message.split_once("uncaught exception '")?;
    let (name, _) = rest.split_once('\'')?;
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages() {
        let cases = [
            (
                "*** stack smashing detected ***: terminated",
                "FAIL_FAST_STACK_BUFFER_OVERRUN_STACK_COOKIE_CHECK_FAILURE",
            ),
            ("free(): double free detected in tcache 2", "HEAP_CORRUPTION_DOUBLE_FREE"),
            ("corrupted size vs. prev_size", "HEAP_CORRUPTION"),
            ("FORTIFY: strcpy: prevented 5-byte write into 4-byte buffer", "FAIL_FAST_RANGE_CHECK_FAILURE"),
            ("a.out: a.c:3: main: Assertion `0' failed.", "ASSERTION"),
            ("terminate called after throwing an instance of 'std::runtime_error'", "CPP_EXCEPTION"),
            ("libc++abi: terminating due to uncaught exception of type NSException", "OBJC_EXCEPTION"),
            (
                "*** Terminating app due to uncaught exception 'NSRangeException', reason: 'double free'",
                "OBJC_EXCEPTION",
            ),
        ];
        for (message, expected) in cases {
            assert_eq!(class(message), Some(expected), "{message}");
        }
        assert_eq!(class("libc++abi: terminating"), None);
        assert_eq!(class("terminate called without an active exception"), None);
        assert_eq!(class("bye"), None);
        let tombstone = "Cause: [GWP-ASan]: Use After Free, 0 bytes into a 32-byte allocation at 0x7b";
        assert_eq!(checked_allocator(tombstone), Some("HEAP_CORRUPTION_USE_AFTER_FREE"));
        assert_eq!(checked_allocator("Use After Free"), None);
        assert_eq!(objc_name(cases[7].0), Some("NSRangeException"));
    }
}
