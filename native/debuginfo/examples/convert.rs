//! Write the text and the index of every build in a debug file to a folder, and print their sizes and times.
//!
//!     cargo run --release --example convert -- FILE FOLDER
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::Instant;

use debuginfo::Deadline;
use debuginfo::companions::find;
use debuginfo::formats::{Given, recognise};
use symbols::SymbolIndex;
use symbols::index::Stamp;

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(path), Some(folder)) = (arguments.next(), arguments.next()) else { return Err("FILE FOLDER".into()) };
    let file = std::fs::read(&path)?;
    let format = recognise(&file).ok_or("of no format that is read")?;
    let name = Path::new(&path).file_name().unwrap_or_default().to_string_lossy().into_owned();
    for build in format.builds(&file)?.list {
        let target = Path::new(&folder).join(format!("{name}-{}", build.arch));
        let (text, over_text, index) =
            (target.with_extension("sym"), target.with_extension("sym.syx"), target.with_extension("syx"));
        let found = find(
            path.as_ref(),
            parent(path.as_ref()),
            &[],
            &format.companions(&file, &build, Deadline::default())?,
            Deadline::default(),
        )?;
        let given = || Given { companions: found.companions(), ..name.as_str().into() };
        let start = Instant::now();
        let mut out = BufWriter::with_capacity(1 << 20, File::create(&text)?);
        let summary = format.text(&file, &build, given(), &mut out)?;
        out.flush()?;
        let written = start.elapsed();
        drop(SymbolIndex::open_or_build(&text, &over_text)?);
        let indexed = start.elapsed();

        let start = Instant::now();
        let records = || Ok::<_, debuginfo::Error>(format.index(&file, &build, given())?.0);
        drop(SymbolIndex::create_packed(&index, Stamp::default(), &mut || true, records)?);
        let direct = start.elapsed();

        let size = |path| std::fs::metadata(path).map(|about| about.len());
        println!("{} {build:?}\n  {summary:?}", target.display());
        println!("  text {} bytes in {written:?}, with its index of {} {indexed:?}", size(&text)?, size(&over_text)?);
        println!("  index without a text {} bytes in {direct:?}", size(&index)?);
    }
    Ok(())
}
