//! Debug information that was left in object files, against that of the bundles which dsymutil made of the same files.
#![allow(clippy::unwrap_used)]

mod truth;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use debuginfo::Deadline;
use debuginfo::companions::{Companion, Companions};
use debuginfo::formats::{Given, recognise};
use debuginfo::image::{Build, Kind};
use debuginfo::{Summary, search};
use serde_json::Value;
use symbols::SymbolMap;
use truth::{ours, theirs};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../symbols-fixtures/apple")
}

/// The image in a folder with its object files, as [`Given`] lists them.
fn read(path: &Path) -> (Build, SymbolMap, Summary) {
    let file = search::look_at(path).unwrap().unwrap();
    let (bytes, build) = (std::fs::read(path).unwrap(), file.builds[0].clone());
    let found = file.companions(&bytes, &build, Deadline::default()).unwrap();
    let given = || Given { companions: found.companions(), .."gauge".into() };
    let (records, summary) = file.format.index(&bytes, &build, given()).unwrap();
    let symbols: SymbolMap = records.finish().into();
    assert_eq!(symbols.diagnostics(), []);
    // Answers on demand are the same.
    let (start, end) = symbols.span().unwrap();
    for address in (start.saturating_sub(4)..end + 4).step_by(7) {
        let (records, _) = file.format.partial(&bytes, &build, given(), &[address].into_iter().collect()).unwrap();
        assert_eq!(ours(&records.finish().into(), address), ours(&symbols, address), "{} {address:#x}", path.display());
    }
    (build, symbols, summary)
}

/// Our answers for all code of an image, compared with a truth file of its bundle; how many addresses that were.
fn compare(symbols: &SymbolMap, truth: &Value) -> usize {
    let code: Vec<u64> = truth["code"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
    let rows = truth["frames"].as_array().unwrap();
    let mut compared = 0;
    for (at, row) in rows.iter().enumerate() {
        let start = row[0].as_u64().unwrap();
        let end = rows.get(at + 1).map_or(code[0] + code[1], |next| next[0].as_u64().unwrap());
        let want = theirs(&row[1]);
        for rva in (start..end).step_by(usize::try_from(code[2]).unwrap()) {
            let got = ours(symbols, rva);
            // dsymutil leaves out the lines of assemblers.
            if got != want && want.len() == 1 && want[0].1.is_empty() && got.len() == 1 {
                assert_eq!((&got[0].0, got[0].1.ends_with(".s")), (&want[0].0, true), "{rva:#x}");
                continue;
            }
            // Padding between functions belongs to none of them.
            if got.is_empty() && want.iter().all(|frame| frame.2 == 0) {
                continue;
            }
            assert_eq!(got, want, "{rva:#x}");
            compared += 1;
        }
    }
    compared
}

#[test]
fn object_files_say_what_the_bundle_says() {
    let mut compared = 0;
    for (set, truth) in
        [("macos-arm64-dwarf5", "macos-arm64-dwarf5"), ("macos-x86_64-library", "objects/macos-x86_64-library")]
    {
        let truth: BTreeMap<String, Value> =
            serde_json::from_slice(&std::fs::read(fixtures().join(truth).join("truth.json")).unwrap()).unwrap();
        let (build, symbols, summary) = read(&fixtures().join("objects").join(set).join("gauge"));
        assert_eq!((build.kind, build.debug_info), (Kind::Image, None));
        assert_eq!((summary.broken, summary.excess, summary.missing), (0, 0, 0), "{set}: {summary:?}");
        compared += compare(&symbols, &truth[&build.debug_id.unwrap().to_string()]);
    }
    assert!(compared > 900, "{compared}");
}

#[test]
fn programs_of_apples_linker_say_what_their_bundles_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora/debug-files/samply/other");
    if !folder.exists() {
        return;
    }
    for name in ["simple-example/out", "abstract-linkage-names/out"] {
        let (build, symbols, summary) = read(&folder.join(name).join("mac-oso/main"));
        let bundle = folder.join(name).join("mac-dsym/main.dSYM/Contents/Resources/DWARF/main");
        let (of_bundle, expected, in_bundle) = read(&bundle);
        assert_eq!(build.arch, of_bundle.arch);
        assert_eq!(summary, in_bundle);
        let (start, end) = expected.span().unwrap();
        assert!((start..end).step_by(4).all(|rva| ours(&symbols, rva) == ours(&expected, rva)), "{name}");
    }
}

/// Copies files of a set into a folder.
fn copy(set: &str, folder: &Path, names: &[&str]) {
    std::fs::create_dir_all(folder).unwrap();
    for name in names {
        std::fs::copy(fixtures().join("objects").join(set).join(name), folder.join(name)).unwrap();
    }
}

#[test]
fn other_files_of_the_same_names_are_not_used() {
    let folder = std::env::temp_dir().join(format!("symbolicate-objects-{}", std::process::id()));
    let image = folder.join("gauge");
    copy("macos-arm64-dwarf5", &folder, &["gauge"]);
    let (_, symbols, summary) = read(&image);
    assert_eq!((summary.units, summary.missing), (0, 5));
    assert_eq!(symbols.counts().lines, 0);
    // One of them, one of another processor, one with other functions, one that is none.
    copy("macos-arm64-dwarf5", &folder, &["plain.o"]);
    copy("macos-x86_64-library", &folder, &["routine.o"]);
    std::fs::copy(folder.join("plain.o"), folder.join("second.o")).unwrap();
    std::fs::write(folder.join("shapes.o"), b"no object file").unwrap();
    let (_, symbols, summary) = read(&image);
    assert_eq!((summary.units, summary.missing, summary.broken), (1, 4, 0));
    let names: Vec<String> = symbols
        .span()
        .map_or(0..0, |(start, end)| start..end)
        .step_by(4)
        .filter(|&rva| ours(&symbols, rva).first().is_some_and(|frame| frame.2 > 0))
        .map(|rva| ours(&symbols, rva).pop().unwrap().1)
        .collect();
    assert!(
        !names.is_empty()
            && names.iter().all(|file| ["/src/gauge/plain.c", "/src/gauge/generated.inc"].contains(&file.as_str())),
        "{names:?}"
    );
    // Nor a file that a link leads to.
    #[cfg(unix)]
    {
        let there = fixtures().join("objects/macos-arm64-dwarf5/second.o");
        std::fs::remove_file(folder.join("second.o")).unwrap();
        std::os::unix::fs::symlink(there.canonicalize().unwrap(), folder.join("second.o")).unwrap();
        assert_eq!(read(&image).2.missing, 4);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Images, object files and libraries with some bytes changed are read as far as they go.
#[test]
fn damaged_files_are_read_as_far_as_they_go() {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move |limit: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % limit as u64).unwrap()
    };
    let (mut joined, mut refused) = (0, 0);
    for set in ["macos-arm64-dwarf5", "macos-x86_64-library"] {
        let folder = fixtures().join("objects").join(set);
        let image = std::fs::read(folder.join("gauge")).unwrap();
        let format = recognise(&image).unwrap();
        let build = format.builds(&image).unwrap().list.swap_remove(0);
        let wanted = format.companions(&image, &build, Deadline::default()).unwrap();
        let contents: Vec<(Companion, Vec<u8>)> = wanted
            .into_iter()
            .map(|companion| {
                let Companion::Object { path, .. } = &companion else { panic!("{companion:?}") };
                let name = Path::new(std::str::from_utf8(path).unwrap()).file_name().unwrap().to_owned();
                (companion, std::fs::read(folder.join(name)).unwrap())
            })
            .collect();
        for round in 0..300 {
            let mut image = image.clone();
            let mut files = contents.clone();
            let which = next(files.len());
            let target = if round % 4 == 0 { &mut image } else { &mut files[which].1 };
            for _ in 0..=next(6) {
                let at = if next(2) == 0 { next(target.len().min(1200)) } else { next(target.len()) };
                target[at] = [0, 1, 0xff, 0x7f, 0x80][next(5)] ^ u8::try_from(next(256)).unwrap();
            }
            if next(6) == 0 {
                let length = next(target.len());
                target.truncate(length);
            }
            let Ok(mut builds) = format.builds(&image) else { continue };
            let Some(build) = builds.list.pop() else { continue };
            let _ = format.companions(&image, &build, Deadline::default());
            let companions: Companions<'_> = files.iter().map(|(known, bytes)| (known, bytes.as_slice())).collect();
            if let Ok((records, summary)) = format.index(&image, &build, Given { companions, .."gauge".into() }) {
                drop(SymbolMap::from(records.finish()));
                joined += usize::from(summary.missing == 0);
                refused += usize::from(summary.missing > 0);
            }
        }
    }
    assert!(joined > 100 && refused > 50, "{joined} {refused}");
}

/// A debug map may name one file under any number of paths, and one path any number of times.
#[test]
fn a_file_is_read_for_one_entry_of_a_debug_map() {
    let folder = fixtures().join("objects/macos-arm64-dwarf5");
    let image = std::fs::read(folder.join("gauge")).unwrap();
    let format = recognise(&image).unwrap();
    let build = format.builds(&image).unwrap().list.swap_remove(0);
    let wanted = format.companions(&image, &build, Deadline::default()).unwrap();
    let bytes = std::fs::read(folder.join("shapes.o")).unwrap();
    let companions: Companions<'_> = wanted.iter().map(|companion| (companion, bytes.as_slice())).collect();
    let (_, summary) = format.index(&image, &build, Given { companions, .."gauge".into() }).unwrap();
    assert_eq!((summary.units, summary.missing), (1, 4));
}

#[test]
fn an_image_without_a_uuid_has_the_hash_of_its_sections() {
    let path = fixtures().join("images/macos-arm64-dwarf5/gauge");
    let mut image = std::fs::read(path).unwrap();
    let format = recognise(&image).unwrap();
    let with = format.builds(&image).unwrap().list.swap_remove(0).debug_id;
    // LC_UUID with its size becomes another command, which is not known.
    let at = image.windows(8).position(|bytes| bytes == [0x1b, 0, 0, 0, 24, 0, 0, 0]).unwrap();
    image[at] = 0x7e;
    let without = format.builds(&image).unwrap().list.swap_remove(0);
    assert_ne!(without.debug_id, with);
    // As `md5sum` says of the sections that `llvm-objcopy --dump-section` writes, one after the other.
    assert_eq!(without.debug_id.unwrap().to_string(), "131BA0BC30407C9506B21890EC17E82D0");
    assert!(without.code_id.is_some());
}
