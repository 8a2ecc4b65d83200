//! Reports of dumps with symbols from Breakpad-layout directories: the engine without anything around it.
//!
//! `report DUMP… [--symbols DIR]… [--binaries DIR]… [--no-names] [--index DIR] [--time N] [--brief [--all]] [--pretty] [--quiet]`
//!
//! `--binaries` are folders of binaries and debug files: their functions (without `--no-names`) and unwind tables are used for modules
//! without a symbol file.
//!
//! Prints one JSON report per dump and line. `--brief` prints the crash and the frames of its thread instead (with
//! `--all` those of all threads); `--time N` runs each dump N more times with its symbols loaded and prints the
//! median milliseconds of each stage to stderr; `--index DIR` keeps the symbol indexes there for the next run.

#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../tests/support/binaries.rs"]
mod binaries;
#[path = "../tests/support/breakpad_path.rs"]
mod breakpad_path;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use binaries::Binaries;
use breakpad_path::breakpad_path;
use engine::{Candidate, ModuleKey, Options, Outcome, Resolution, Session, Stages};
use symbols::SymbolMap;

#[derive(Default)]
struct Arguments {
    dumps: Vec<PathBuf>,
    symbols: Vec<PathBuf>,
    binaries: Vec<PathBuf>,
    no_names: bool,
    index: Option<PathBuf>,
    repeat: usize,
    brief: bool,
    all: bool,
    pretty: bool,
    quiet: bool,
}

fn arguments() -> Result<Arguments, String> {
    let mut found = Arguments::default();
    let mut rest = std::env::args_os().skip(1);
    while let Some(argument) = rest.next() {
        match argument.to_str() {
            Some("--symbols") => found.symbols.push(rest.next().ok_or("--symbols needs a directory")?.into()),
            Some("--binaries") => found.binaries.push(rest.next().ok_or("--binaries needs a directory")?.into()),
            Some("--no-names") => found.no_names = true,
            Some("--index") => found.index = Some(rest.next().ok_or("--index needs a directory")?.into()),
            Some("--time") => {
                let count = rest.next().and_then(|n| n.to_str().and_then(|n| n.parse().ok()));
                found.repeat = count.ok_or("--time needs a number")?;
            }
            Some("--brief") => found.brief = true,
            Some("--all") => found.all = true,
            Some("--pretty") => found.pretty = true,
            Some("--quiet") => found.quiet = true,
            Some(other) if other.starts_with('-') => return Err(format!("unknown option {other}")),
            _ => found.dumps.push(argument.into()),
        }
    }
    if found.dumps.is_empty() {
        return Err(
            "usage: report DUMP… [--symbols DIR]… [--binaries DIR]… [--no-names] [--index DIR] [--time N] [--brief [--all]] [--pretty] [--quiet]"
                .into(),
        );
    }
    Ok(found)
}

/// Folders of symbols, and the folder of their indexes.
struct Places<'a> {
    roots: &'a [PathBuf],
    binaries: Binaries,
    index: Option<&'a Path>,
}

impl Places<'_> {
    /// Look for the symbols of one module in every directory, in order.
    fn find(&self, key: &ModuleKey) -> Resolution {
        let mut candidates = Vec::new();
        for root in self.roots {
            let Some(path) = breakpad_path(root, key) else { continue };
            let (location, source) = (path.display().to_string(), root.display().to_string());
            match self.load(&path, key) {
                Ok(symbols) => {
                    candidates.push(Candidate::found(&location, &source));
                    return Resolution::loaded(Arc::new(symbols), candidates);
                }
                Err(_) => candidates.push(Candidate::missing(&location, &source)),
            }
        }
        self.binaries.find(key)
    }

    fn load(&self, path: &Path, key: &ModuleKey) -> Result<SymbolMap, Box<dyn std::error::Error>> {
        match self.index {
            Some(folder) if path.is_file() => {
                let name = format!("{}-{}.index", key.debug_file, key.debug_id);
                Ok(SymbolMap::open_or_build(path, &folder.join(name))?)
            }
            _ => Ok(SymbolMap::from_text(std::fs::read(path)?)),
        }
    }
}

/// Process a dump, resolving symbols as often as the engine needs some.
fn process(
    session: &Session,
    places: &Places<'_>,
    dump: &[u8],
    options: &Options,
) -> Result<(Vec<u8>, Stages), String> {
    loop {
        match session.process_measured(dump, options).map_err(|e| e.to_string())? {
            (Outcome::Report(document), stages) => return Ok((document.into_json(), stages)),
            (Outcome::Needs(keys), _) => {
                for key in keys {
                    let resolution = places.find(&key);
                    session.resolve(key, resolution);
                }
            }
        }
    }
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).map_or(0.0, |t| t.as_secs_f64() * 1e3)
}

fn time(session: &Session, places: &Places<'_>, dump: &[u8], options: &Options, repeat: usize) -> Result<(), String> {
    let mut runs = Vec::with_capacity(repeat);
    let mut size = 0;
    for _ in 0..repeat {
        let (json, stages) = process(session, places, dump, options)?;
        size = json.len();
        runs.push(stages);
    }
    let of = |stage: fn(&Stages) -> Duration| median(runs.iter().map(stage).collect());
    eprintln!(
        "{}: parse {:.3}  walk {:.3}  assemble {:.3}  write {:.3}  total {:.3} ms; {size} bytes of JSON",
        options.name.as_deref().unwrap_or("?"),
        of(|s| s.parse),
        of(|s| s.walk),
        of(|s| s.assemble),
        of(|s| s.write),
        of(Stages::total),
    );
    Ok(())
}

fn brief(json: &[u8], all: bool) -> Result<(), serde_json::Error> {
    let report: serde_json::Value = serde_json::from_slice(json)?;
    let text = |v: &serde_json::Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    println!(
        "== {} {} {}",
        text(&report["input"]["name"]),
        report["system_info"]["os"],
        report["system_info"]["cpu_arch"]
    );
    let crash = &report["crash_info"];
    println!(
        "{} at {}, thread {}; {}",
        text(&crash["type"]),
        text(&crash["address"]),
        crash["crashing_thread"],
        report["failure"]["name"]
    );
    let crashed = crash["crashing_thread"].as_u64();
    for (i, thread) in report["threads"].as_array().into_iter().flatten().enumerate() {
        if !all && Some(i as u64) != crashed {
            continue;
        }
        println!(
            "-- thread {i} {} end {} recursion {}",
            text(&thread["thread_name"]),
            text(&thread["end"]),
            thread["recursion"]
        );
        for frame in thread["frames"].as_array().into_iter().flatten() {
            for inline in frame["inlines"].as_array().into_iter().flatten() {
                println!("      inline   {} [{}:{}]", text(&inline["function"]), text(&inline["file"]), inline["line"]);
            }
            println!(
                "  {:>3} {:<13} {}!{} + {} [{}:{}] {}",
                frame["frame"].to_string(),
                text(&frame["trust"]),
                text(&frame["module"]),
                text(&frame["function"]),
                text(if frame["function"].is_null() { &frame["module_offset"] } else { &frame["function_offset"] }),
                text(&frame["file"]),
                frame["line"],
                text(&frame["offset"]),
            );
        }
    }
    Ok(())
}

fn run(arguments: &Arguments) -> Result<bool, String> {
    let session = Session::new();
    let binaries = Binaries::new(&arguments.binaries, !arguments.no_names);
    let places = Places { roots: &arguments.symbols, binaries, index: arguments.index.as_deref() };
    if let Some(folder) = places.index {
        std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    let mut good = true;
    for path in &arguments.dumps {
        let dump = match std::fs::read(path) {
            Ok(dump) => dump,
            Err(e) => {
                eprintln!("{}: {e}", path.display());
                good = false;
                continue;
            }
        };
        let options = Options { name: Some(path.display().to_string()), ..Options::default() };
        match process(&session, &places, &dump, &options) {
            Ok((json, _)) if arguments.brief => brief(&json, arguments.all).map_err(|e| e.to_string())?,
            Ok((json, _)) if arguments.pretty => {
                let value: serde_json::Value = serde_json::from_slice(&json).map_err(|e| e.to_string())?;
                println!("{value:#}");
            }
            Ok((json, _)) if !arguments.quiet => println!("{}", String::from_utf8_lossy(&json)),
            Ok(_) => {}
            Err(e) => {
                eprintln!("{}: {e}", path.display());
                good = false;
                continue;
            }
        }
        if arguments.repeat > 0 {
            time(&session, &places, &dump, &options, arguments.repeat)?;
        }
    }
    Ok(good)
}

fn main() -> ExitCode {
    match arguments().and_then(|arguments| run(&arguments)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(e) => {
            eprintln!("{e}");
            ExitCode::from(2)
        }
    }
}
