//! Write the text of every slice of a Mach-O file to a folder, and say what it came to and how long it took.
//!
//!     cargo run --release --example convert -- FILE FOLDER
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::error::Error;
use std::time::Instant;

use debuginfo::{convert, macho};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(path), Some(folder)) = (arguments.next(), arguments.next()) else { return Err("FILE FOLDER".into()) };
    let file = std::fs::read(&path)?;
    let name = std::path::Path::new(&path).file_name().unwrap_or_default().to_string_lossy().into_owned();
    for slice in macho::builds(&file)?.list {
        let start = Instant::now();
        let image = macho::image(&file, &slice)?;
        let target = std::path::Path::new(&folder).join(format!("{name}-{}.sym", slice.arch));
        let mut out = std::io::BufWriter::with_capacity(1 << 20, std::fs::File::create(&target)?);
        let summary = convert(&image, &name, &mut out)?;
        println!("{} {slice:?}\n  {summary:?} {:?}", target.display(), start.elapsed());
    }
    Ok(())
}
