//! Debug files: indexes, and answers for some addresses of a file that was never seen.

use std::error::Error;

use debuginfo::Wanted;
use debuginfo::formats::recognise;
use symbols::SymbolMap;

use crate::{HotPath, fixtures};

const ELF: &str = "elf/x86_64-gcc-dwarf5/gauge.debug";
const PDB: &str = "windows/x64/gauge.pdb";

pub(crate) fn paths() -> Result<Vec<HotPath>, Box<dyn Error>> {
    let read = |name: &str| std::fs::read(fixtures().join(name));
    let (elf, pdb) = (read(ELF)?, read(PDB)?);
    let (wanted_elf, wanted_pdb) = (wanted(&elf).ok_or("no code")?, wanted(&pdb).ok_or("no code")?);
    let (elf_again, pdb_again) = (elf.clone(), pdb.clone());
    Ok(vec![
        HotPath::new("index_of_dwarf", "the index of an ELF file with DWARF 5", 4, move || {
            index(&elf, None).map_or(0, |symbols| symbols.counts().functions as usize)
        }),
        HotPath::new("index_of_pdb", "the index of a PDB", 4, move || {
            index(&pdb, None).map_or(0, |symbols| symbols.counts().functions as usize)
        }),
        HotPath::new("addresses_of_dwarf", "30 addresses of an ELF file with DWARF 5 without an index", 4, move || {
            answers(&elf_again, &wanted_elf).unwrap_or(0)
        }),
        HotPath::new("addresses_of_pdb", "30 addresses of a PDB without an index", 4, move || {
            answers(&pdb_again, &wanted_pdb).unwrap_or(0)
        }),
    ])
}

fn index(file: &[u8], wanted: Option<&Wanted>) -> Option<SymbolMap> {
    let format = recognise(file)?;
    let builds = format.builds(file).ok()?;
    let build = builds.list.first()?;
    let records = match wanted {
        None => format.index(file, build, "gauge"),
        Some(wanted) => format.partial(file, build, "gauge", wanted),
    };
    Some(SymbolMap::from(records.ok()?.0.finish()))
}

/// Thirty addresses all over the code.
fn wanted(file: &[u8]) -> Option<Wanted> {
    let (start, end) = index(file, None)?.span()?;
    Some(Wanted::new((0..30).map(|at| start + (end - start) * at / 30).collect()))
}

fn answers(file: &[u8], wanted: &Wanted) -> Option<usize> {
    let symbols = index(file, Some(wanted))?;
    let mut found = Vec::new();
    let frames = wanted.as_slice().iter().map(|&address| {
        found.clear();
        symbols.frames_at(address, &mut found);
        found.len()
    });
    Some(frames.sum())
}
