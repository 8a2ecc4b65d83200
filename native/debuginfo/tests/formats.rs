//! The table of formats: each row is held to the same by a file of its format.
#![allow(clippy::unwrap_used, missing_docs)]

mod direct;

use std::path::{Path, PathBuf};

use debuginfo::formats::{FORMATS, recognise};
use debuginfo::reader::HEAD;
use debuginfo::search;
use symbols::SymbolMap;

/// A file of each format, below `symbols-fixtures`. A new row in the table needs one here.
const FILES: &[(&str, &[&str])] = &[
    (
        "Mach-O",
        &[
            "apple/macos-arm64-dwarf5/gauge.dSYM/Contents/Resources/DWARF/gauge",
            "apple/fat/gauge.dSYM/Contents/Resources/DWARF/gauge",
            "apple/images/macos-arm64-dwarf5/gauge",
        ],
    ),
    ("ELF", &["elf/x86_64-gcc-dwarf5/gauge", "elf/x86_64-gcc-lto/gauge.debug", "elf/arm-clang-dwarf4/gauge.debug"]),
    (
        "PDB",
        &["windows/x64/gauge.pdb", "windows/x86/gauge.pdb", "windows/arm64/gauge.pdb", "windows/x64-publics/gauge.pdb"],
    ),
    ("PE", &["windows/x64-mingw/gauge.exe", "windows/x64-mixed/gauge.exe", "windows/x86/gauge.exe"]),
];

/// The folders of the formats.
const FOLDERS: [&str; 4] = ["macho", "elf", "pdb", "pe"];

fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../symbols-fixtures").join(path)
}

#[test]
fn every_format_reads_its_files() {
    let names: Vec<_> = FORMATS.iter().map(|format| format.name).collect();
    assert_eq!(names, FILES.iter().map(|(name, _)| *name).collect::<Vec<_>>(), "each row has files here");
    for (name, paths) in FILES {
        for path in *paths {
            let bytes = std::fs::read(fixture(path)).unwrap();
            let format = recognise(&bytes).unwrap();
            assert_eq!(format.name, *name);
            let found = search::look_at(&fixture(path)).unwrap().unwrap();
            assert_eq!((found.format.name, found.size, found.refused), (*name, bytes.len() as u64, 0));
            assert_eq!(found.builds, format.builds(&bytes).unwrap().list);
            for build in &found.builds {
                assert!(build.debug_id.is_some() && !build.arch.is_empty(), "{build:?}");
                let mut text = Vec::new();
                let summary = format.text(&bytes, build, "a name", &mut text).unwrap();
                let (index, same) = format.index(&bytes, build, "a name").unwrap();
                assert_eq!(summary, same);
                let (text, index) = (SymbolMap::from_text(text), SymbolMap::from(index.finish()));
                let module = index.module().unwrap();
                assert_eq!((module.debug_id, &*module.arch, &*module.name), (build.debug_id, build.arch, "a name"));
                assert_eq!(text.module(), Some(module));
                direct::assert_same(&text, &index, &direct::spread(&text, 5000));
            }
            // Cut or damaged headers are errors or fewer builds.
            for length in 0..bytes.len().min(600) {
                let cut = bytes.get(..length).unwrap();
                if let Some(format) = recognise(cut) {
                    let _ = format.builds(cut);
                }
            }
        }
    }
}

#[test]
fn other_files_are_of_no_format() {
    let java = b"\xca\xfe\xba\xbe\x00\x00\x00\x34\x00\x10";
    for head in [&b""[..], b"\xca", b"MODULE Linux x86_64 0 a\n", &[0; HEAD], &[0xff; 2 * HEAD], java] {
        assert!(recognise(head).is_none(), "{head:?}");
    }
}

/// Code that serves every format names none: a new one needs a folder and a row.
#[test]
fn no_format_is_named_outside_its_folder() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src"), root.join("../python/src")];
    let mut read = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.extend(Some(path).filter(|path| !FOLDERS.iter().any(|folder| path.ends_with(folder))));
            } else if !path.ends_with("formats.rs") {
                let text = std::fs::read_to_string(&path).unwrap().to_lowercase();
                let named = ["macho", "mach-o", "dsym", "lc_uuid", "elf file", "crate::elf", "crate::pdb", "crate::pe"]
                    .into_iter()
                    .find(|name| text.contains(name));
                // The crate's page lists its modules.
                let named = named.filter(|_| !path.ends_with("debuginfo/src/lib.rs"));
                assert_eq!(named, None, "{}", path.display());
                read += 1;
            }
        }
    }
    assert!(read > 30, "{read}");
}
