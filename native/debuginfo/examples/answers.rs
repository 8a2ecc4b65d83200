//! Print the CPU time of answers for some addresses of a debug file that was never seen, and of its whole index, on one thread.
//! Addresses are taken at random from its functions.
//!
//!     cargo run --release --example answers -- FILE [ROUNDS] [COUNT]…
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::error::Error;
use std::path::Path;

use debuginfo::Deadline;
use debuginfo::Wanted;
use debuginfo::companions::find;
use debuginfo::formats::{Given, recognise};
use symbols::SymbolMap;
use symbols::index::Bytes;

/// CPU time of all threads of this process in milliseconds, as Linux accounts it.
fn cpu() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let texts = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("schedstat")).ok());
    texts.filter_map(|text| text.split(' ').next()?.parse::<f64>().ok()).sum::<f64>() / 1e6
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let path = arguments.next().ok_or("FILE [ROUNDS] [COUNT]…")?;
    let mut numbers = arguments.filter_map(|number| number.to_str()?.parse::<usize>().ok());
    let rounds = numbers.next().unwrap_or(5);
    let counts: Vec<usize> = numbers.collect();
    let path = Path::new(&path);
    let file = Bytes::open(path)?;
    let format = recognise(&file).ok_or("of no format that is read")?;
    let builds = format.builds(&file)?;
    let build = builds.list.first().ok_or("no build")?;
    let found = find(
        path,
        path.parent().unwrap_or(Path::new("")),
        &[],
        &format.companions(&file, build, Deadline::default())?,
        Deadline::default(),
    )?;
    let given = || Given { companions: found.companions(), ..Given::default() };
    let mut symbols = None;
    for _ in 0..if counts.contains(&0) { rounds } else { 1 } {
        let start = cpu();
        let (records, summary) = format.index(&file, build, given())?;
        let index = records.finish();
        println!("index {:.0} ms, {summary:?}", cpu() - start);
        symbols = Some(SymbolMap::from(index));
    }
    let symbols = symbols.ok_or("no rounds")?;
    let (first, end) = symbols.span().ok_or("no code")?;
    // Numbers of a linear congruence, the same each time.
    let mut state = 1u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        first + (state >> 33) % (end - first)
    };
    for count in counts.into_iter().filter(|&count| count > 0) {
        let mut addresses = Vec::new();
        let mut frames = Vec::new();
        while addresses.len() < count {
            let address = random();
            frames.clear();
            symbols.frames_at(address, &mut frames);
            if frames.first().is_some_and(|frame| frame.line.is_some()) {
                addresses.push(address);
            }
        }
        let wanted = Wanted::new(addresses);
        let mut all = 0;
        let start = cpu();
        for _ in 0..rounds {
            // As for a command, whose pages are not mapped yet.
            let file = Bytes::open(path)?;
            let builds = format.builds(&file)?;
            let build = builds.list.first().ok_or("no build")?;
            let map = SymbolMap::from(format.partial(&file, build, given(), &wanted)?.0.finish());
            let mut found = Vec::new();
            for &address in wanted.as_slice() {
                map.frames_at(address, &mut found);
                all += found.len();
            }
        }
        let (each, frames) = ((cpu() - start) / rounds as f64, all / rounds);
        println!("{count} addresses: {each:.1} ms, {frames} frames");
    }
    Ok(())
}
