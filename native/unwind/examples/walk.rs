//! Walk all threads without symbols.
#![allow(clippy::print_stdout, clippy::unwrap_used)]
use std::collections::BTreeMap;
fn main() {
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path).unwrap();
        let dump = minidump::Dump::parse(&bytes).unwrap();
        let dirs = std::env::var("SYMS").unwrap_or_default();
        let slots = dump.modules.iter().map(|m| {
            let (Some(f), Some(id)) = (&m.debug_file, m.debug_id) else { return unwind::SymbolSlot::Missing };
            let leaf = f.rsplit(['/', '\\']).next().unwrap();
            let stem = leaf.strip_suffix(".pdb").unwrap_or(leaf);
            for d in dirs.split(':').filter(|d| !d.is_empty()) {
                if let Ok(text) = std::fs::read(format!("{d}/{leaf}/{id}/{stem}.sym")) {
                    return unwind::SymbolSlot::Loaded(std::sync::Arc::new(symbols::SymbolIndex::from_text(text)));
                }
            }
            unwind::SymbolSlot::Missing
        }).collect();
        let map = unwind::ModuleMap::new(&dump, slots);
        let mut trust: BTreeMap<&str, usize> = BTreeMap::new();
        let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
        let t0 = std::time::Instant::now();
        let stacks: Vec<_> = dump.threads.iter().map(|t| t.context.as_ref().map(|c| unwind::walk(&map, &c.registers, &unwind::Limits::default()))).collect();
        let took = t0.elapsed();
        for (i, s) in stacks.iter().enumerate() {
            let Some(s) = s else { continue };
            *ends.entry(s.end.as_str()).or_default() += 1;
            for f in &s.frames {
                *trust.entry(f.trust.as_str()).or_default() += 1;
            }
            if std::env::var("SHOW").is_ok_and(|v| v == "all" || v == i.to_string()) {
                println!("thread {i} {:?} end {}", dump.threads[i].name, s.end.as_str());
                for f in &s.frames {
                    let m = f.module.map(|m| &dump.modules[m]);
                    let name = map.symbols_at(f.lookup).and_then(|(s, rva)| s.function_at(rva)).map_or(String::new(), |f| f.name.to_string());
                    println!("  {:13} {:#x} {} +{:#x}  sp {:#x} {name}", f.trust.as_str(), f.address, m.map_or("?", |m| m.name.rsplit('/').next().unwrap()), m.map_or(0, |m| f.address - m.base), f.sp);
                }
            }
        }
        println!("{path} {:?} {:?} {} regions {:?} faults {}", dump.arch(), dump.os(), dump.threads.len(), dump.regions.len(), dump.faults.len());
        println!("  {trust:?} {ends:?} {took:?}");
    }
}
