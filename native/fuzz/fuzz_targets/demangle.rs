//! Any text as a mangled name: of the scheme that it starts as, and of Swift's, whose demangler is ours.
#![no_main]

use demangle::{MAX_OUTPUT, demangle, demangle_words};
use libfuzzer_sys::fuzz_target;
use symbolicate_fuzz::{Limit, within};

const LIMIT: Limit = Limit { base: 4 << 20, factor: 64 };

fuzz_target!(|name: &str| within(LIMIT, name.len(), || {
    for name in [name, &format!("$s{name}"), &format!("_T0{name}"), &format!("_T{name}")] {
        assert!(demangle(name).is_none_or(|text| text.len() <= MAX_OUTPUT));
    }
    let _ = demangle_words(name);
}));
