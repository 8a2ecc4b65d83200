//! Our own Mach-O files against what llvm-symbolizer said about every instruction of them.
#![allow(clippy::unwrap_used)]

mod direct;
mod truth;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use debuginfo::companions::Companions;
use debuginfo::image::{Build, Kind};
use debuginfo::{Summary, convert, macho};
use serde_json::Value;
use symbols::SymbolMap;
use truth::{ours, theirs};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../symbols-fixtures/apple")
}

fn dwarf_file(set: &str) -> Vec<u8> {
    std::fs::read(fixtures().join(set).join("gauge.dSYM/Contents/Resources/DWARF/gauge")).unwrap()
}

fn converted(file: &[u8], slice: &Build) -> (SymbolMap, Summary, Vec<u8>) {
    let image = macho::image(file, slice, &Companions::default()).unwrap();
    assert_eq!((image.broken, image.excess), (0, 0));
    let mut text = Vec::new();
    let summary = convert(&image, "gauge", &mut text).unwrap();
    (SymbolMap::from_text(text.clone()), summary, text)
}

/// The fixtures with debug information.
const DEBUG_FILES: [&str; 6] =
    ["macos-arm64-dwarf5", "macos-x86_64-dwarf4", "macos-x86_64-dwarf2", "ios-arm64-lto", "macos-arm64-lines", "fat"];

#[test]
fn every_instruction_is_as_llvm_says() {
    let mut compared = 0;
    for set in DEBUG_FILES {
        let truth: BTreeMap<String, Value> =
            serde_json::from_slice(&std::fs::read(fixtures().join(set).join("truth.json")).unwrap()).unwrap();
        let file = dwarf_file(set);
        let slices = macho::builds(&file).unwrap().list;
        assert_eq!(slices.len(), truth.len(), "{set}");
        for slice in &slices {
            let truth = &truth[&slice.debug_id.unwrap().to_string()];
            assert_eq!(truth["arch"], slice.arch);
            let (index, summary, _) = converted(&file, slice);
            assert_eq!((summary.broken, summary.excess), (0, 0), "{set}: {summary:?}");
            assert_eq!(index.diagnostics(), [], "{set}");
            let code: Vec<u64> = truth["code"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
            let rows = truth["frames"].as_array().unwrap();
            for (at, row) in rows.iter().enumerate() {
                let start = row[0].as_u64().unwrap();
                let end = rows.get(at + 1).map_or(code[0] + code[1], |next| next[0].as_u64().unwrap());
                let want = theirs(&row[1]);
                for rva in (start..end).step_by(usize::try_from(code[2]).unwrap()) {
                    // Padding between functions belongs to none of them; LLVM assigns it to the function before.
                    let got = ours(&index, rva);
                    if got.is_empty() && want.iter().all(|frame| frame.2 == 0) {
                        continue;
                    }
                    assert_eq!(got, want, "{set} {} at {rva:#x}", slice.arch);
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 2500, "{compared}");
}

#[test]
fn an_index_without_text_answers_as_the_text() {
    let files = DEBUG_FILES.map(|set| (set, dwarf_file(set)));
    let images = ["macos-arm64-dwarf5", "macos-x86_64-dwarf4"]
        .map(|set| (set, std::fs::read(fixtures().join("images").join(set).join("gauge")).unwrap()));
    let mut lines = 0;
    for (set, file) in files.iter().chain(&images) {
        for slice in macho::builds(file).unwrap().list {
            let image = macho::image(file, &slice, &Companions::default()).unwrap();
            let (text, direct, _) = direct::both(&image, "gauge");
            let (start, end) = text.span().unwrap();
            direct::assert_same(&text, &direct, &(start.saturating_sub(8)..end + 8).collect::<Vec<_>>());
            let has_lines = text.counts().lines > 0;
            assert!(!has_lines || direct.index().text().len() <= text.index().text().len(), "{set}");
            lines += text.counts().lines;
        }
    }
    assert!(lines > 200, "{lines}");
}

#[test]
fn functions_outside_the_code_of_the_image_are_left_out() {
    let file = dwarf_file("macos-arm64-dwarf5");
    let slice = macho::builds(&file).unwrap().list.swap_remove(0);
    let mut image = macho::image(&file, &slice, &Companions::default()).unwrap();
    // As if the linker had left out all but the first third: the debug information of the rest is still there.
    let (start, end) = image.code[0];
    let limit = start + (end - start) / 3;
    image.code.truncate(1);
    image.code[0].1 = limit;
    image.symbols.retain(|symbol| symbol.address < limit);
    let mut text = Vec::new();
    let summary = convert(&image, "gauge", &mut text).unwrap();
    assert!(summary.functions > 2 && summary.broken == 0, "{summary:?}");
    let index = SymbolMap::from_text(text);
    assert_eq!(index.diagnostics(), []);
    assert!((limit..end).all(|rva| index.function_at(rva).is_none()));
    let (whole, ..) = converted(&file, &slice);
    assert!((start..limit).step_by(4).all(|rva| ours(&index, rva) == ours(&whole, rva)));
}

#[test]
fn an_image_has_its_symbols_and_the_id_of_its_dsym() {
    for set in ["macos-arm64-dwarf5", "macos-x86_64-dwarf4"] {
        let image = std::fs::read(fixtures().join("images").join(set).join("gauge")).unwrap();
        let [slice] = &macho::builds(&image).unwrap().list[..] else { panic!("one slice") };
        let dsym = macho::builds(&dwarf_file(set)).unwrap().list.swap_remove(0);
        assert_eq!((slice.kind, dsym.kind), (Kind::Image, Kind::Debug));
        assert_eq!((slice.debug_info.is_some(), dsym.debug_info.is_some()), (false, true));
        assert_eq!((slice.debug_id, slice.arch), (dsym.debug_id, dsym.arch));
        let (index, summary, _) = converted(&image, slice);
        assert!(summary.functions > 10 && summary.units == 0, "{summary:?}");
        let names: Vec<&str> = ["-[Meter inst:with:]", "+[Meter twice:]", "main", "inner"].to_vec();
        let (described, ..) = converted(&dwarf_file(set), &dsym);
        for name in names {
            let function = (0..0x4000).filter_map(|rva| index.function_at(rva)).find(|found| found.name == name);
            let start = function.unwrap_or_else(|| panic!("{name} in {set}")).start;
            assert_eq!(described.function_at(start).unwrap().name, name);
        }
    }
}

#[test]
fn the_text_is_the_same_each_time() {
    let file = dwarf_file("ios-arm64-lto");
    let slice = macho::builds(&file).unwrap().list.swap_remove(0);
    let first = converted(&file, &slice).2;
    for threads in [1, 2, 7] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert!(pool.install(|| converted(&file, &slice).2) == first, "{threads} threads");
    }
}
