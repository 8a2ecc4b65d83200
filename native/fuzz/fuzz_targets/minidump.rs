//! Any bytes as a minidump, through to its report without symbols.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(dump) = minidump::Dump::parse(bytes) else { return };
    let map = unwind::ModuleMap::new(&dump, Vec::new());
    for thread in &dump.threads {
        if let Some(context) = &thread.context {
            let _ = unwind::walk(&map, &context.registers, &unwind::Limits::default());
        }
    }
});
