//! Our own ELF files against what llvm-symbolizer said about every instruction of them.
#![allow(clippy::unwrap_used)]

mod truth;

use std::path::{Path, PathBuf};

use debuginfo::Deadline;
use debuginfo::companions::{Companion, Companions, find};
use debuginfo::formats::{Given, recognise};
use debuginfo::image::{Build, Kind};
use debuginfo::{Summary, elf, search};
use serde_json::Value;
use symbols::SymbolMap;
use truth::{Frames, ours, theirs};

const SETS: [&str; 7] = [
    "x86_64-gcc-dwarf5",
    "x86_64-gcc-lto",
    "x86_64-gcc-split",
    "arm64-clang-dwarf5",
    "arm64-clang-package",
    "arm-clang-dwarf4",
    "x86-clang-dwarf3",
];

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../symbols-fixtures/elf")
}

/// The one build of a file, and its symbols, with the other files that have a part of it.
fn read(path: &Path) -> (Build, SymbolMap, Summary) {
    let file = search::look_at(path).unwrap().unwrap();
    let (bytes, build) = (std::fs::read(path).unwrap(), file.builds[0].clone());
    let found = file.companions(&bytes, &build, Deadline::default()).unwrap();
    let given = || Given { companions: found.companions(), .."gauge".into() };
    let (records, summary) = file.format.index(&bytes, &build, given()).unwrap();
    let symbols: SymbolMap = records.finish().into();
    // Answers on demand are the same.
    let (start, end) = symbols.span().unwrap();
    for address in (start..end).step_by(usize::try_from((end - start) / 60).unwrap() + 1) {
        let (records, _) = file.format.partial(&bytes, &build, given(), &[address].into_iter().collect()).unwrap();
        assert_eq!(ours(&records.finish().into(), address), ours(&symbols, address), "{} {address:#x}", path.display());
    }
    (build, symbols, summary)
}

/// Whether frames are the same. LLVM gives functions without a mangled name without their namespaces; and functions that
/// GCC changed their mangled name with a suffix, which the debug information does not have.
fn are_same(ours: &Frames, theirs: &Frames) -> bool {
    ours.len() == theirs.len()
        && ours.iter().zip(theirs).all(|(own, other)| {
            let scoped = own.0.ends_with(&format!("::{}", other.0));
            let cloned = other.0.starts_with(&format!("{}.", own.0));
            (own.0 == other.0 || scoped || cloned) && (&own.1, own.2) == (&other.1, other.2)
        })
}

#[test]
fn every_instruction_is_as_llvm_says() {
    let mut compared = 0;
    for set in SETS {
        let folder = fixtures().join(set);
        let truth: Value = serde_json::from_slice(&std::fs::read(folder.join("truth.json")).unwrap()).unwrap();
        let (build, symbols, summary) = read(&folder.join("gauge.debug"));
        assert_eq!((build.kind, build.debug_info), (Kind::Debug, Some("DWARF")), "{set}");
        assert_eq!(build.code_id.as_deref(), truth["build_id"].as_str());
        assert_eq!((summary.broken, summary.excess), (0, 0), "{set}: {summary:?}");
        let code: Vec<u64> = truth["code"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
        let rows = truth["frames"].as_array().unwrap();
        for (at, row) in rows.iter().enumerate() {
            let start = row[0].as_u64().unwrap();
            let end = rows.get(at + 1).map_or(code[0] + code[1], |next| next[0].as_u64().unwrap());
            let want = theirs(&row[1]);
            for rva in (start..end).step_by(usize::try_from(code[2]).unwrap()) {
                let got = ours(&symbols, rva);
                assert!(are_same(&got, &want), "{set} at {rva:#x}: {got:?}, but {want:?}");
                compared += 1;
            }
        }
    }
    assert!(compared > 2000, "{compared}");
}

#[test]
fn an_image_has_the_ids_of_its_debug_file_and_names_its_unwind_tables() {
    for set in SETS {
        let image = std::fs::read(fixtures().join(set).join("gauge")).unwrap();
        let image = elf::builds(&image).unwrap().list.swap_remove(0);
        let debug = std::fs::read(fixtures().join(set).join("gauge.debug")).unwrap();
        let debug = elf::builds(&debug).unwrap().list.swap_remove(0);
        assert_eq!((image.debug_id, &image.code_id, image.arch), (debug.debug_id, &debug.code_id, debug.arch));
        assert_eq!((image.kind, image.kind_name, image.debug_info), (Kind::Image, "image", None));
        assert!(image.debug_id.is_some() && set.starts_with(image.arch), "{image:?}");
        let table = if set.starts_with("arm-") { ".ARM.exidx" } else { ".eh_frame" };
        assert!(image.unwind.contains(&table), "{image:?}");
    }
}

/// Copy the files of a set into a folder.
fn copy(set: &str, folder: &Path, names: &[&str]) {
    std::fs::create_dir_all(folder).unwrap();
    for name in names {
        std::fs::copy(fixtures().join(set).join(name), folder.join(name)).unwrap();
    }
}

#[test]
fn split_units_are_used_by_their_ids_alone() {
    let folder = std::env::temp_dir().join(format!("symbolicate-split-{}", std::process::id()));
    let debug = folder.join("inner/gauge.debug");
    // Without the files there are symbols with the lines of the skeletons.
    copy("x86_64-gcc-split", &folder.join("inner"), &["gauge.debug"]);
    let (_, symbols, summary) = read(&debug);
    assert_eq!((summary.units, summary.broken, summary.missing), (5, 0, 4));
    let main = ours(&symbols, symbols.span().unwrap().0);
    assert_eq!(main, [("main".to_owned(), "/src/gauge/plain.c".to_owned(), 21)]);
    // One of them, another with the wrong contents: a file of that name and not of that id.
    copy("x86_64-gcc-split", &folder.join("inner"), &["plain.dwo"]);
    std::fs::copy(folder.join("inner/plain.dwo"), folder.join("inner/shapes.dwo")).unwrap();
    let (_, _, summary) = read(&debug);
    assert_eq!((summary.units, summary.broken, summary.missing), (5, 1, 2));
    // In the folder around it they are found only if that was searched.
    copy("x86_64-gcc-split", &folder, &["shapes.dwo", "second.dwo", "methods.dwo"]);
    std::fs::remove_file(folder.join("inner/shapes.dwo")).unwrap();
    assert_eq!(read(&debug).2.missing, 3);
    let found = search::search(&folder, 1000, || true).unwrap();
    let file = found.files.iter().find(|file| file.path.ends_with("gauge.debug")).unwrap();
    let bytes = std::fs::read(&file.path).unwrap();
    assert_eq!(file.companions(&bytes, &file.builds[0], Deadline::default()).unwrap().paths().count(), 4);
    // Nor by a link that leads out.
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(folder.join("second.dwo"), folder.join("inner/second.dwo")).unwrap();
        assert_eq!(read(&debug).2.missing, 3);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_damaged_package_is_counted() {
    let path = fixtures().join("arm64-clang-package/gauge.debug");
    let (bytes, package) = (std::fs::read(&path).unwrap(), std::fs::read(path.with_extension("dwp")).unwrap());
    let format = recognise(&bytes).unwrap();
    let build = format.builds(&bytes).unwrap().list.swap_remove(0);
    let mut counts = std::collections::BTreeSet::new();
    for at in (0..package.len()).step_by(13) {
        let mut damaged = package.clone();
        damaged[at] ^= 0x55;
        let companions: Companions<'_> = [(&Companion::Package, damaged.as_slice())].into_iter().collect();
        let (_, summary) = format.index(&bytes, &build, Given { companions, ..Given::default() }).unwrap();
        counts.insert(summary.broken);
    }
    assert!(counts.contains(&0) && counts.len() > 1, "{counts:?}");
}

#[test]
fn no_file_outside_of_the_folder_is_opened() {
    let wanted = |path: &str| Companion::Split { path: path.into(), id: 1 };
    let inside = fixtures().join("x86_64-gcc-split");
    let list = [wanted("../x86_64-gcc-dwarf5/gauge"), wanted("/etc/passwd"), wanted("/src/gauge/plain.dwo")];
    let found = find(&inside.join("gauge.debug"), &inside, &[], &list, Deadline::default()).unwrap();
    let names: Vec<_> = found.paths().map(|path| path.strip_prefix(&inside).unwrap().to_owned()).collect();
    assert_eq!(names, [Path::new("gauge"), Path::new("plain.dwo")]);
}

#[test]
fn what_dwz_moved_to_another_file_is_read_from_there() {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora/debug-files/samply/other/ls-linux");
    if !folder.exists() {
        return;
    }
    let (_, symbols, summary) = read(&folder.join("260a3e6e46db57abf718f6a3562c6eedccf269.debug"));
    assert_eq!((summary.functions, summary.broken, summary.excess), (174, 0, 0));
    let frames = [("set_program_name", "./lib/progname.c", 51), ("main", "./src/ls.c", 1628)];
    assert_eq!(ours(&symbols, 0x3bf8), frames.map(|frame| (frame.0.to_owned(), frame.1.to_owned(), frame.2)));
}

/// The bytes of a header field of this file of 64 bits.
fn set(file: &mut [u8], at: usize, bytes: &[u8]) {
    file.get_mut(at..at + bytes.len()).unwrap().copy_from_slice(bytes);
}

#[test]
fn a_file_without_a_build_id_has_the_hash_of_its_code() {
    let mut file = std::fs::read(fixtures().join("x86_64-gcc-dwarf5/gauge")).unwrap();
    // The type of the note becomes another.
    let at = file.windows(4).position(|bytes| bytes == b"GNU\0").unwrap();
    set(&mut file, at - 4, &[9]);
    let build = elf::builds(&file).unwrap().list.swap_remove(0);
    let headers = elf::Headers::read(&file).unwrap();
    let text = *headers.section(b".text").unwrap();
    let start = usize::try_from(text.offset).unwrap();
    let size = usize::try_from(text.size).unwrap().min(4096).next_multiple_of(16);
    let mut hash = [0u8; 16];
    for (at, byte) in file[start..start + size].iter().enumerate() {
        hash[at % 16] ^= byte;
    }
    assert_eq!(build.debug_id, vocabulary::DebugId::from_build_id(&hash));
    assert!(build.debug_id.is_some());
}

#[test]
fn core_dumps_and_object_files_are_refused() {
    let mut file = std::fs::read(fixtures().join("x86_64-gcc-dwarf5/gauge.debug")).unwrap();
    set(&mut file, 16, &[4]);
    assert!(elf::builds(&file).unwrap_err().to_string().contains("core"));
    set(&mut file, 16, &[1]);
    let build = elf::builds(&file).unwrap().list.swap_remove(0);
    assert_eq!((build.kind, build.kind_name), (Kind::Part, "object file"));
    let error = recognise(&file).unwrap().index(&file, &build, "").unwrap_err();
    assert!(error.to_string().contains("linked"), "{error}");
}

/// A program for 32-bit PowerPC with one function and something called `.debug_info`.
fn big_endian() -> Vec<u8> {
    let names = b"\0.shstrtab\0.text\0.debug_info\0.symtab\0.strtab\0";
    let name = |wanted: &[u8]| {
        let at = names.windows(wanted.len()).position(|found| found == wanted).unwrap();
        u32::try_from(at).unwrap()
    };
    let (code, info, strings) = ([0u8; 16], [1u8; 40], *b"\0called\0");
    // The first symbol is empty; the other is a global function: name, address, size, type, section.
    let mut symbols = vec![0u8; 16];
    symbols.extend([1u32, 0x1000_0000, 16].map(u32::to_be_bytes).concat());
    symbols.extend([0x12, 0, 0, 2]);
    let contents: [&[u8]; 5] = [names, &code, &info, &symbols, &strings];
    let mut file = vec![0x7f, b'E', b'L', b'F', 1, 2, 1];
    file.resize(16, 0);
    let table = 52 + contents.iter().map(|bytes| u32::try_from(bytes.len()).unwrap()).sum::<u32>();
    file.extend([2u16, 20].map(u16::to_be_bytes).concat());
    file.extend([1, 0, 0, table, 0].map(u32::to_be_bytes).concat());
    file.extend([52u16, 32, 0, 40, 6, 1].map(u16::to_be_bytes).concat());
    contents.iter().for_each(|bytes| file.extend(*bytes));
    file.extend([0; 40]);
    let mut offset = 52;
    let kinds = [(b".shstrtab\0".as_slice(), 3u32, 0u32, 0u32, 0u32), (b".text\0", 1, 6, 0x1000_0000, 0)];
    let kinds = kinds.into_iter().chain([(b".debug_info\0".as_slice(), 1, 0, 0, 0), (b".symtab\0", 2, 0, 0, 5)]);
    for ((called, kind, flags, address, link), bytes) in
        kinds.chain([(b".strtab\0".as_slice(), 3, 0, 0, 0)]).zip(contents)
    {
        let size = u32::try_from(bytes.len()).unwrap();
        let fields = [name(called), kind, flags, address, offset, size, link, 0, 1, 16];
        file.extend(fields.map(u32::to_be_bytes).concat());
        offset += size;
    }
    file
}

#[test]
fn files_of_big_endian_processors_have_their_symbols_alone() {
    let file = big_endian();
    let format = recognise(&file).unwrap();
    let build = format.builds(&file).unwrap().list.swap_remove(0);
    assert_eq!((build.arch, build.debug_info, build.has_symbols), ("ppc", None, true));
    let (records, summary) = format.index(&file, &build, "").unwrap();
    assert_eq!((summary.functions, summary.units, summary.broken), (1, 0, 0));
    assert_eq!(ours(&records.finish().into(), 0x1000_0008)[0].0, "called");
}

/// Files with some bytes changed are read to their end, or refused.
#[test]
fn damaged_files_are_read_as_far_as_they_go() {
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move |limit: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % limit as u64).unwrap()
    };
    let mut read_to_the_end = 0;
    for set in SETS {
        for name in ["gauge", "gauge.debug", "gauge.dwp", "shapes.dwo"] {
            if !fixtures().join(set).join(name).exists() {
                continue;
            }
            let whole = std::fs::read(fixtures().join(set).join(name)).unwrap();
            for _ in 0..60 {
                let mut file = whole.clone();
                for _ in 0..=next(8) {
                    // Half of them in the headers, at the start and in the sections' at the end.
                    let at = match next(4) {
                        0 => next(64.min(file.len())),
                        1 => file.len() - 1 - next(1500.min(file.len())),
                        _ => next(file.len()),
                    };
                    file[at] = [0, 1, 0xff, 0x7f, 0x80][next(5)] ^ u8::try_from(next(256)).unwrap();
                }
                if next(4) == 0 {
                    let length = next(file.len());
                    file.truncate(length);
                }
                let Some(format) = recognise(&file) else { continue };
                let Ok(builds) = format.builds(&file) else { continue };
                for build in builds.list {
                    let _ = format.companions(&file, &build, Deadline::default());
                    if let Ok((records, _)) = format.index(&file, &build, "gauge") {
                        drop(SymbolMap::from(records.finish()));
                        read_to_the_end += 1;
                    }
                    let _ = format.unwind_tables(&file, &build);
                }
            }
        }
    }
    assert!(read_to_the_end > 200, "{read_to_the_end}");
}
