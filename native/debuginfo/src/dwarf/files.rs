//! Paths of source files.

use gimli::LineProgramHeader;

use super::Reader;
use super::units::{Unit, Units};
use crate::image::is_blank;
use crate::limits::{self, Budget};

/// The budget for the paths of a unit, and the count of those that exceed it.
pub(super) struct Paths {
    /// Bytes of all of them.
    budget: Budget,
    /// Paths that are left out or cut.
    pub(super) excess: u64,
}

impl Paths {
    pub(super) const fn new(budget: Budget) -> Self {
        Self { budget, excess: 0 }
    }
}

/// The path of a file of a line program; `None`: it has no such file, or no name.
pub(super) fn path<'d>(
    units: &Units<'d>,
    unit: &Unit<'d>,
    header: &LineProgramHeader<Reader<'d>>,
    file: u32,
    paths: &mut Paths,
) -> Option<Vec<u8>> {
    let text = |value| units.text_of_lines(unit, &value);
    let entry = header.file(u64::from(file))?;
    let name = text(entry.path_name()).filter(|name| !name.is_empty())?;
    let directory = entry.directory(header).and_then(text).unwrap_or_default();
    let (name, directory) = (cut(name), cut(directory));
    let base = unit.unit.comp_dir.map_or(b"".as_slice(), |base| cut(base.slice()));
    if !paths.budget.take((name.len() + directory.len() + base.len()) as u64) {
        paths.excess += 1;
        return None;
    }
    let mut path = Vec::with_capacity(128);
    if !is_absolute(name) {
        if !is_absolute(directory) {
            join(&mut path, base);
        }
        // Directory 0 is the unit's own.
        if path != directory {
            join(&mut path, directory);
        }
    }
    join(&mut path, name);
    // Each of its parts has been cut to as much.
    paths.excess += u64::from(path.len() >= limits::PATH);
    path.truncate(limits::PATH);
    (!is_blank(&path)).then_some(path)
}

fn cut(text: &[u8]) -> &[u8] {
    text.get(..limits::PATH).unwrap_or(text)
}

/// Paths of any system: files come from everywhere.
fn is_absolute(path: &[u8]) -> bool {
    match path {
        [b'/' | b'\\', ..] => true,
        [drive, b':', b'/' | b'\\', ..] => drive.is_ascii_alphabetic(),
        _ => false,
    }
}

fn join(path: &mut Vec<u8>, part: &[u8]) {
    if part.is_empty() {
        return;
    }
    if let Some(last) = path.last()
        && !matches!(last, b'/' | b'\\')
    {
        let windows = path.contains(&b'\\') && !path.contains(&b'/');
        path.push(if windows { b'\\' } else { b'/' });
    }
    path.extend_from_slice(part);
}
