//! Files whose debug information is in another one that no id ties to them, but the checksum in `.gnu_debuglink`.
#![allow(clippy::unwrap_used)]

mod direct;
mod truth;

use std::path::{Path, PathBuf};

use debuginfo::Deadline;
use debuginfo::formats::Given;
use debuginfo::{Summary, search};
use symbols::SymbolMap;
use truth::ours;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../symbols-fixtures")
}

/// The symbols of a file with its companions, how many these are, and what was lost.
fn read(path: &Path) -> (SymbolMap, usize, Summary) {
    let file = search::look_at(path).unwrap().unwrap();
    let (bytes, build) = (std::fs::read(path).unwrap(), file.builds[0].clone());
    assert!(build.debug_info.is_none() || path.ends_with("x64-mingw/gauge.exe"));
    let found = file.companions(&bytes, &build, Deadline::default()).unwrap();
    let given = Given { companions: found.companions(), .."gauge".into() };
    let (records, summary) = file.format.index(&bytes, &build, given).unwrap();
    (records.finish().into(), found.paths().count(), summary)
}

const PAIRS: [(&str, &str, &str); 2] = [
    ("elf/x86_64-gcc-debuglink", "gauge", "elf/x86_64-gcc-dwarf5/gauge.debug"),
    ("windows/x64-mingw-debuglink", "gauge.exe", "windows/x64-mingw/gauge.exe"),
];

#[test]
fn a_stripped_file_has_the_names_of_the_whole_one() {
    for (folder, name, whole) in PAIRS {
        let path = fixtures().join(folder).join(name);
        let (linked, companions, summary) = read(&path);
        assert_eq!((companions, summary.broken), (1, 0), "{folder}");
        let whole = fixtures().join(whole);
        let bytes = std::fs::read(&whole).unwrap();
        let file = search::look_at(&whole).unwrap().unwrap();
        let whole: SymbolMap = file.format.index(&bytes, &file.builds[0], "gauge").unwrap().0.finish().into();
        let addresses = direct::spread(&whole, 5000);
        assert!(addresses.iter().filter(|&&rva| ours(&whole, rva).iter().any(|frame| frame.2 > 0)).count() > 100);
        for rva in addresses {
            assert_eq!(ours(&linked, rva), ours(&whole, rva), "{folder} {rva:#x}");
        }
        // It has the ids of the file that runs, not those of the other one.
        let own = search::look_at(&path).unwrap().unwrap().builds.swap_remove(0);
        assert_eq!(linked.module().unwrap().debug_id, own.debug_id);
    }
}

#[test]
fn a_file_with_another_checksum_is_not_used() {
    for (folder, name, _) in PAIRS {
        let from = fixtures().join(folder);
        let to = std::env::temp_dir().join(format!("symbolicate-debuglink-{}-{}", std::process::id(), folder.len()));
        std::fs::create_dir_all(to.join(".debug")).unwrap();
        std::fs::copy(from.join(name), to.join(name)).unwrap();
        let debug = if name == "gauge" { "gauge.debug" } else { "gauge.exe.debug" };
        let mut bytes = std::fs::read(from.join(debug)).unwrap();
        // It is found in the folder that debuggers look in.
        std::fs::write(to.join(".debug").join(debug), &bytes).unwrap();
        assert_eq!(read(&to.join(name)).1, 1, "{folder}");
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(to.join(".debug").join(debug), &bytes).unwrap();
        assert_eq!(read(&to.join(name)).1, 0, "{folder}");
        // The right one beside it is.
        std::fs::copy(from.join(debug), to.join(debug)).unwrap();
        assert_eq!(read(&to.join(name)).1, 1, "{folder}");
        std::fs::remove_dir_all(&to).unwrap();
    }
}
