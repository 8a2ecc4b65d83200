//! What a Breakpad text costs: building the index, opening it, looking addresses up.
//!
//! `sym_bench FILE.sym [LOOKUPS]`. Times are CPU seconds of this process; run with `--release`.
#![allow(clippy::print_stdout)]

use std::fs;
use std::hint::black_box;
use std::path::PathBuf;
use symbols::SymbolMap;
use symbols::lookup::BatchFrames;

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let mut args = std::env::args_os().skip(1);
    let sym = PathBuf::from(args.next().ok_or("usage: sym_bench FILE.sym [LOOKUPS]")?);
    let lookups = match args.next() {
        Some(text) => text.to_string_lossy().parse()?,
        None => 1_000_000,
    };
    let index = PathBuf::from(format!("{}.bench-index", sym.display()));
    let size = fs::metadata(&sym)?.len() as f64 / 1e6;

    let _ = fs::remove_file(&index);
    let clock = Clock::start();
    let built = SymbolMap::open_or_build(&sym, &index)?;
    let first = built.counts();
    let text_len = built.index().text().len();
    let mut frames = Vec::new();
    built.frames_at(0x2000, &mut frames);
    let seconds = clock.stop();
    let beyond = peak_memory() - size;
    println!("text        {size:.1} MB; {first:?}");
    println!("build       {seconds:.3} s, {:.0} MB/s, from first sight to the first answer", size / seconds);
    println!("memory      {beyond:.1} MB at the peak beyond the mapped text, {:.2} of it", beyond / size);
    println!(
        "index       {:.1} MB ({:.3} of the text)",
        built.index().index_size() as f64 / 1e6,
        built.index().index_size() as f64 / text_len as f64
    );
    drop(frames);
    drop(built);

    let clock = Clock::start();
    let symbols = SymbolMap::open(&sym, &index)?;
    let mut frames = Vec::new();
    black_box(symbols.frames_at(0x2000, &mut frames));
    println!("open        {:.2} ms, to the first answer", clock.stop() * 1e3);
    drop(frames);

    if lookups > 0 {
        lookup(&symbols, lookups);
    }
    fs::remove_file(&index)?;
    Ok(())
}

fn lookup(symbols: &SymbolMap, count: usize) {
    let span = symbols.span().map_or(1, |(start, end)| end - start);
    let start = symbols.span().map_or(0, |(start, _)| start);
    let mut state = 12345u64;
    let addresses: Vec<u64> = (0..count)
        .map(|_| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            start + (state >> 33) % span
        })
        .collect();

    let mut out = BatchFrames::default();
    let rounds = if only("hot") { 0 } else { 3 };
    for _ in 0..rounds {
        let clock = Clock::start();
        symbols.frames_batch(&addresses, &mut out);
        rate("batch", count, clock.stop(), out.lines.len());
    }
    if only("batch") {
        return;
    }
    if !only("hot") {
        single(symbols, "", &addresses);
    }
    // The same few addresses again and again, as the frames of one crash are.
    let few: Vec<u64> = addresses.iter().copied().take(1000).cycle().take(count).collect();
    single(symbols, "hot ", &few);
}

/// `SYM_BENCH_ONLY=batch` or `hot` leaves the rest out, for a profiler.
fn only(what: &str) -> bool {
    std::env::var_os("SYM_BENCH_ONLY").is_some_and(|value| value == what)
}

/// Look-ups one at a time.
fn single(symbols: &SymbolMap, what: &str, addresses: &[u64]) {
    let count = addresses.len();
    let clock = Clock::start();
    let hits = addresses.iter().filter(|&&rva| symbols.function_at(rva).is_some()).count();
    rate(&format!("{what}function"), count, clock.stop(), hits);

    let clock = Clock::start();
    let mut frames = Vec::new();
    let mut total = 0;
    for &rva in addresses {
        symbols.frames_at(rva, &mut frames);
        total += frames.len();
    }
    rate(&format!("{what}frames"), count, clock.stop(), total);

    let clock = Clock::start();
    let found = addresses.iter().filter(|&&rva| symbols.cfi_at(rva).is_some()).count();
    rate(&format!("{what}cfi"), count, clock.stop(), found);
}

fn rate(what: &str, count: usize, seconds: f64, found: usize) {
    println!(
        "{what:<12} {:.2} M/s, {:.0} ns each; {found} found",
        count as f64 / seconds / 1e6,
        seconds / count as f64 * 1e9
    );
}

/// CPU time of this process.
struct Clock(f64);

impl Clock {
    fn start() -> Self {
        Self(Self::now())
    }

    fn stop(self) -> f64 {
        Self::now() - self.0
    }

    fn now() -> f64 {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
    }
}

/// Peak resident megabytes, the mapped text among them.
fn peak_memory() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    line.and_then(|line| line.split_whitespace().nth(1)).and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(0.0) * 1024e-6
}
