//! A dump and a symbol file for all its modules, both from the fuzzer: the first two bytes say where one ends.
#![no_main]

use std::sync::Arc;

use engine::{DumpedProcess, Rules};
use libfuzzer_sys::fuzz_target;
use symbolicate_fuzz::{Limit, within};
use symbols::SymbolMap;
use unwind::{Breakpad, Limits, ModuleMap, ModuleSymbols, SymbolSlot, walk};

const LIMIT: Limit = Limit { base: 4 << 20, factor: 64 };

fuzz_target!(|bytes: &[u8]| within(LIMIT, bytes.len(), || walk_all(bytes)));

fn walk_all(bytes: &[u8]) {
    let [a, b, rest @ ..] = bytes else { return };
    let cut = usize::from(u16::from_le_bytes([*a, *b])).min(rest.len());
    let (text, dump) = rest.split_at(cut);
    let Ok(dump) = minidump::Dump::parse(dump) else { return };
    let index = Arc::new(SymbolMap::from_text(text.to_vec()));
    let rules = Breakpad::of(&index).map(Rules::Breakpad).to_vec();
    let symbols = Arc::new(ModuleSymbols { functions: Some(index), rules });
    let slots = dump.modules.iter().map(|_| SymbolSlot::Loaded(Arc::clone(&symbols))).collect();
    let process = DumpedProcess { dump: &dump };
    let map = ModuleMap::new(&process, slots);
    for thread in &dump.threads {
        if let Some(context) = &thread.context {
            let _ = walk(&map, &context.registers, &Limits::default());
        }
    }
}
