//! Print the frames at the addresses of a debug file: those given, relative to the base, or all of its code. A line has the
//! address, and for each frame function, file and line, from the innermost; lines are left out where nothing changes.
//!
//!     cargo run --release --example frames -- FILE [STEP]
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

use debuginfo::Deadline;
use debuginfo::companions::find;
use debuginfo::formats::{Given, recognise};
use symbols::SymbolMap;

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let path = arguments.next().ok_or("FILE [STEP]")?;
    let step = arguments.next().and_then(|step| step.to_str()?.parse().ok()).unwrap_or(1);
    let file = std::fs::read(&path)?;
    let format = recognise(&file).ok_or("of no format that is read")?;
    for build in format.builds(&file)?.list {
        let wanted = format.companions(&file, &build, Deadline::default())?;
        let found = find(path.as_ref(), parent(path.as_ref()), &[], &wanted, Deadline::default())?;
        let (records, summary) =
            format.index(&file, &build, Given { companions: found.companions(), ..Given::default() })?;
        eprintln!("{build:?}\n{summary:?}");
        let symbols = SymbolMap::from(records.finish());
        let Some((start, end)) = symbols.span() else { continue };
        let (mut last, mut frames) = (String::new(), Vec::new());
        for rva in (start..end + 16).step_by(step) {
            frames.clear();
            symbols.frames_at(rva, &mut frames);
            let mut line = String::new();
            for frame in &frames {
                let file = frame.file.as_ref().map_or_else(String::new, ToString::to_string);
                write!(line, "\t{}\t{file}\t{}", frame.function, frame.line.unwrap_or(0))?;
            }
            if line != last {
                println!("{rva:x}{line}");
                last = line;
            }
        }
    }
    Ok(())
}
