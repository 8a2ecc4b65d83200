//! A file that is not read in its time is an error, and never a part of its records.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use debuginfo::formats::Given;
use debuginfo::search::{self, DebugFile};
use debuginfo::{Deadline, Error, Wanted};
use symbols::index::Stamp;

/// Files of each format, below `symbols-fixtures`: compressed and plain sections, object files, public symbols and rules.
const FILES: [&str; 9] = [
    "apple/macos-arm64-dwarf5/gauge.dSYM/Contents/Resources/DWARF/gauge",
    "apple/objects/macos-arm64-dwarf5/gauge",
    "elf/x86_64-gcc-dwarf5/gauge",
    "elf/x86_64-gcc-lto/gauge.debug",
    "windows/x64/gauge.pdb",
    "windows/x86/gauge.pdb",
    "windows/x64-publics/gauge.pdb",
    "windows/x64-mingw/gauge.exe",
    "windows/x86/gauge.exe",
];

const NOW: Duration = Duration::ZERO;
const AN_HOUR: Duration = Duration::from_secs(3600);

fn files() -> impl Iterator<Item = (PathBuf, DebugFile, Vec<u8>)> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../symbols-fixtures");
    FILES.iter().map(move |path| fixtures.join(path)).filter(|path| path.exists()).map(|path| {
        let file = search::look_at(&path).unwrap().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        (path, file, bytes)
    })
}

/// The index of the first build of a file, and its text, within a time.
fn index(file: &DebugFile, bytes: &[u8], time: Duration) -> Result<Vec<u8>, Error> {
    let (build, deadline) = (&file.builds[0], Deadline::after(time));
    let found = file.companions(bytes, build, deadline)?;
    let given = Given { companions: found.companions(), deadline, .."gauge".into() };
    Ok(file.format.index(bytes, build, given)?.0.bytes(Stamp::default()))
}

fn is_late<T>(result: Result<T, Error>) -> bool {
    matches!(result, Err(Error::TimeIsOver))
}

#[test]
fn all_files_are_there() {
    let formats: Vec<_> = files().map(|(_, file, _)| file.format.name).collect();
    assert_eq!(formats.len(), FILES.len());
    assert!(["Mach-O", "ELF", "PDB", "PE"].iter().all(|name| formats.contains(name)), "{formats:?}");
}

#[test]
fn nothing_is_read_when_the_time_is_over() {
    for (path, file, bytes) in files() {
        let build = &file.builds[0];
        let given = |time| Given { deadline: Deadline::after(time), .."gauge".into() };
        let wanted: Wanted = [0x1000, 0x1200].into_iter().collect();
        assert!(is_late(file.format.index(&bytes, build, given(NOW))), "{}", path.display());
        assert!(is_late(file.format.text(&bytes, build, given(NOW), &mut Vec::new())), "{}", path.display());
        assert!(is_late(file.format.partial(&bytes, build, given(NOW), &wanted)), "{}", path.display());
        // A survey may end before it reads anything.
        let survey = file.format.survey(&bytes, build, given(NOW));
        assert!(is_late(survey) || file.format.survey(&bytes, build, given(AN_HOUR)).unwrap().is_none());
    }
}

#[test]
fn what_is_read_in_time_is_whole() {
    for (path, file, bytes) in files() {
        let whole = index(&file, &bytes, AN_HOUR).unwrap();
        let mut late = 0;
        for step in 0.. {
            match index(&file, &bytes, Duration::from_micros(step * step)) {
                Ok(read) => {
                    assert!(read == whole, "{} in {} µs", path.display(), step * step);
                    break;
                }
                Err(Error::TimeIsOver) => late += 1,
                Err(other) => panic!("{}: {other}", path.display()),
            }
        }
        assert!(late > 0, "{}", path.display());
    }
}
