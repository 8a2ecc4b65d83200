//! Dumps through rust-minidump's libraries in one process, whose symbols are read once: the peer of a batch.
//!
//! `rust-minidump-in-process ROUNDS LIST SYMBOLS…`: LIST is a file of paths of dumps, one on a line.
//!
//! Each round reads every dump, processes it and writes its JSON into memory, on one thread, as `minidump-stackwalk --json`
//! does for one. Prints a JSON object: `first` and `rounds`, CPU seconds of the first round, in which symbols are read, and of
//! the others; and `answers`, for each dump of the first round the crash reason and the addresses of the crashed thread's
//! frames. A dump that the libraries refuse has no answer.

use std::error::Error;
use std::path::PathBuf;

use minidump::Minidump;
use minidump_processor::process_minidump;
use minidump_unwind::{Symbolizer, simple_symbol_supplier};
use serde_json::{Value, json};

/// CPU seconds of this thread, the only one, as Linux accounts them.
fn cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|spent| spent.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

fn answer(report: &[u8]) -> Result<Value, serde_json::Error> {
    let report: Value = serde_json::from_slice(report)?;
    let frames = report["crashing_thread"]["frames"].as_array().cloned().unwrap_or_default();
    let addresses: Vec<&Value> = frames.iter().map(|frame| &frame["offset"]).collect();
    Ok(json!({ "reason": report["crash_info"]["type"], "frames": addresses }))
}

fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: rust-minidump-in-process ROUNDS LIST SYMBOLS…";
    let mut arguments = std::env::args().skip(1);
    let rounds: usize = arguments.next().ok_or(usage)?.parse()?;
    let list = std::fs::read_to_string(arguments.next().ok_or(usage)?)?;
    let symbolizer = Symbolizer::new(simple_symbol_supplier(arguments.map(PathBuf::from).collect()));
    let mut answers = Vec::new();
    let mut spent = Vec::new();
    let mut out = Vec::new();
    for round in 0..=rounds {
        let start = cpu();
        let mut written = Vec::new();
        for path in list.lines() {
            out.clear();
            let Ok(state) = pollster::block_on(process_minidump(&Minidump::read_path(path)?, &symbolizer)) else { continue };
            state.print_json(&mut out, false)?;
            if round == 0 {
                written.push(out.clone());
            }
        }
        spent.push(cpu() - start);
        for report in written {
            answers.push(answer(&report)?);
        }
    }
    println!("{}", json!({ "first": spent.first(), "rounds": spent.get(1..), "answers": answers }));
    Ok(())
}
