//! PDB and PE files: the fixtures of `symbols-fixtures/windows`, and real ones where the shared corpora are at hand.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod direct;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use debuginfo::Summary;
use debuginfo::formats::recognise;
use debuginfo::image::{Build, Kind};
use serde_json::Value;
use symbols::SymbolMap;
use symbols::lookup::SourceFrame;

fn fixture(path: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../symbols-fixtures/windows");
    std::fs::read(folder.join(path)).unwrap()
}

fn build(file: &[u8]) -> Build {
    let builds = recognise(file).unwrap().builds(file).unwrap();
    assert_eq!((builds.list.len(), builds.refused), (1, 0));
    builds.list[0].clone()
}

/// The text of a file, and its symbols by both ways, which give the same.
fn converted(file: &[u8]) -> (String, SymbolMap, Summary) {
    let (format, build) = (recognise(file).unwrap(), build(file));
    let mut text = Vec::new();
    let summary = format.text(file, &build, "gauge", &mut text).unwrap();
    let (index, same) = format.index(file, &build, "gauge").unwrap();
    assert_eq!(summary, same);
    let (map, direct) = (SymbolMap::from_text(text.clone()), SymbolMap::from(index.finish()));
    let addresses = direct::spread(&map, 20_000);
    direct::assert_same(&map, &direct, &addresses);
    direct::without_cfi(&mut text);
    let map = SymbolMap::from_text(text.clone());
    assert_eq!((map.module(), map.counts()), (direct.module(), direct.counts()));
    assert!(addresses.iter().all(|&rva| map.win_at(rva) == direct.win_at(rva)));
    (String::from_utf8(text).unwrap(), map, summary)
}

/// Function, file and line of each frame.
type Frames = Vec<(String, String, u64)>;

fn frames(map: &SymbolMap, rva: u64) -> Frames {
    let mut found = Vec::new();
    map.frames_at(rva, &mut found);
    let frame = |frame: &SourceFrame<'_>| {
        let file = frame.file.as_ref().map_or_else(String::new, ToString::to_string);
        (plain(&frame.function), file, u64::from(frame.line.unwrap_or(0)))
    };
    found.iter().map(frame).collect()
}

/// A name without its parameters: PDBs have plain names with types beside them, LLVM prefers the mangled ones of symbols.
fn plain(name: &str) -> String {
    let name = demangle::demangle(name).map_or_else(|| name.to_owned(), |name| name.to_string());
    let name = name.replace("`anonymous namespace'", "?").replace("(anonymous namespace)", "?");
    let open = name.char_indices().find(|&(at, letter)| letter == '(' && !name[..at].ends_with("operator"));
    let name = open.map_or(name.as_str(), |(at, _)| &name[..at]);
    // What comes before the name: the result's type, conventions of calls.
    let mut depth = 0;
    let start = name.char_indices().rev().find(|&(_, letter)| {
        depth += i32::from(letter == '>') - i32::from(letter == '<');
        letter == ' ' && depth == 0
    });
    start.map_or(name, |(at, _)| &name[at + 1..]).to_owned()
}

fn truth(folder: &str) -> (Vec<u64>, Vec<(u64, Frames)>) {
    let truth: Value = serde_json::from_slice(&fixture(&format!("{folder}/truth.json"))).unwrap();
    let number = |value: &Value| value.as_u64().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let frame = |frame: &Value| (plain(&text(&frame[0])), text(&frame[1]), number(&frame[2]));
    let rows = truth["frames"].as_array().unwrap().iter();
    let rows = rows.map(|row| (number(&row[0]), row[1].as_array().unwrap().iter().map(frame).collect()));
    (truth["code"].as_array().unwrap().iter().map(number).collect(), rows.collect())
}

#[test]
fn every_instruction_is_as_llvm_says() {
    for (folder, file) in
        [("x64", "gauge.pdb"), ("x86", "gauge.pdb"), ("arm64", "gauge.pdb"), ("x64-mingw", "gauge.exe")]
    {
        let (_, map, summary) = converted(&fixture(&format!("{folder}/{file}")));
        assert_eq!((summary.broken, summary.excess), (0, 0), "{folder}");
        assert_eq!(map.diagnostics(), [], "{folder}");
        let (code, mut rows) = truth(folder);
        let (mut compared, mut missing) = (0, 0);
        let is_mingw = folder == "x64-mingw";
        for frame in rows.iter_mut().flat_map(|row| &mut row.1) {
            if is_mingw {
                frame.0 = frame.0.rsplit("::").next().unwrap().trim_start_matches('_').to_owned();
                continue;
            }
            // C names have a prefix on x86. The linker gave two functions one address.
            let name = if folder == "x86" { frame.0.strip_prefix('_').unwrap_or(&frame.0) } else { &frame.0 };
            frame.2 -= if frame.0.contains("_of_two") && frame.2 > 22 { 5 } else { 0 };
            frame.0 = name.replace("second_of_two", "first_of_two");
        }
        for (at, (start, want)) in rows.iter().enumerate() {
            let end = rows.get(at + 1).map_or(code[0] + code[1], |next| next.0);
            for rva in *start..end {
                let mut got = frames(&map, rva);
                for frame in &mut got {
                    // LLVM has no scopes for inlined functions without a mangled name.
                    let name = if is_mingw { frame.0.rsplit("::").next().unwrap() } else { &frame.0 };
                    frame.0 = if is_mingw {
                        name.trim_start_matches('_').to_owned()
                    } else {
                        name.replace("second_of_two", "first_of_two")
                    };
                }
                // Padding between functions belongs to none of them; LLVM assigns it to the symbol before, or to the line.
                let is_known = want.iter().any(|frame| frame.2 != 0);
                if got.is_empty() && (!is_known || is_mingw) {
                    missing += usize::from(is_known);
                    continue;
                }
                // Two rows at an address: LLVM gives the first for this address alone. Here the last counts, as with DWARF.
                let next = rows.get(at + 1).and_then(|next| next.1.first()).map(|frame| frame.2);
                let is_first = end == start + 1 && got.len() == want.len() && got.first().map(|frame| frame.2) == next;
                assert!(got == *want || is_first, "{folder} at {rva:#x}: {got:?}, {want:?}");
                compared += 1;
            }
        }
        // Padding, for which LLVM gives the line before, is a small part of MinGW's.
        assert!(compared > 400 && missing < compared / 5, "{folder}: {compared}, {missing}");
    }
}

#[test]
fn an_image_and_its_pdb_have_one_id() {
    for (folder, arch) in [("x64", "x86_64"), ("x86", "x86"), ("arm64", "arm64"), ("x64-mixed", "x86_64")] {
        let (image, pdb) =
            (build(&fixture(&format!("{folder}/gauge.exe"))), build(&fixture(&format!("{folder}/gauge.pdb"))));
        assert_eq!((image.kind, pdb.kind), (Kind::Image, Kind::Debug));
        assert_eq!((image.debug_id, image.arch), (pdb.debug_id, pdb.arch), "{folder}");
        assert_eq!((pdb.arch, pdb.debug_info, pdb.code_id.clone()), (arch, Some("CodeView"), None));
        assert!(image.debug_id.is_some() && image.has_symbols);
        assert_eq!(image.debug_info.is_some(), folder == "x64-mixed");
        assert_eq!(image.unwind.contains(&".pdata"), arch != "x86", "{folder}");
    }
    let image = build(&fixture("x64/gauge.exe"));
    let bytes = fixture("x64/gauge.exe");
    let header = u32::from_le_bytes(*bytes[0x3c..].first_chunk().unwrap()) as usize;
    let number = |at: usize| u32::from_le_bytes(*bytes[header + at..].first_chunk().unwrap());
    assert_eq!(image.code_id, Some(format!("{:08X}{:x}", number(8), number(0x50))));
    assert_eq!(image.base, 0x1_4000_0000);
}

#[test]
fn a_build_id_of_mingw_is_a_debug_id() {
    let build = build(&fixture("x64-mingw/gauge.exe"));
    assert_eq!((build.kind, build.debug_info, build.arch), (Kind::Image, Some("DWARF"), "x86_64"));
    assert!(build.debug_id.is_some() && build.has_symbols && build.unwind.contains(&".pdata"));
}

#[test]
fn a_file_without_debug_information_has_what_it_exports() {
    let (text, map, summary) = converted(&fixture("x64/gauge.exe"));
    assert_eq!(summary.functions, 2);
    assert!(text.contains("\nINFO SYMBOLS exports\n"), "{text}");
    assert!(text.contains("\nINFO CODE_ID ") && text.contains(" gauge\n"), "{text}");
    let (described, ..) = {
        let (_, map, summary) = converted(&fixture("x64/gauge.pdb"));
        (map, summary)
    };
    for name in ["main", "shared_twice"] {
        let line = text.lines().find(|line| line.starts_with("FUNC ") && line.ends_with(name)).unwrap();
        let rva = u64::from_str_radix(line.split(' ').nth(1).unwrap(), 16).unwrap();
        assert_eq!(map.function_at(rva).unwrap().name, name);
        assert_eq!(plain(&described.function_at(rva).unwrap().name), name);
    }
    // A file with a table of symbols has more than that, and says nothing.
    let (text, ..) = converted(&fixture("x64-mingw/gauge.exe"));
    assert!(!text.contains("INFO SYMBOLS"));
}

#[test]
fn a_pdb_without_debug_information_has_public_symbols() {
    let file = fixture("x64-publics/gauge.pdb");
    assert_eq!((build(&file).debug_info, build(&file).has_symbols), (None, true));
    let (_, map, summary) = converted(&file);
    assert_eq!(summary.broken, 0, "{summary:?}");
    assert!(summary.functions > 8, "{summary:?}");
    let (_, described, _) = converted(&fixture("x64/gauge.pdb"));
    let named = |map: &SymbolMap| {
        let (start, end) = map.span().unwrap();
        (start..end)
            .filter_map(|rva| Some(plain(&map.function_at(rva)?.name)))
            .collect::<std::collections::BTreeSet<_>>()
    };
    let (all, publics) = (named(&described), named(&map));
    for name in ["main", "measure", "shapes::shared", "generated", "first_of_two", "second_of_two"] {
        assert!(publics.contains(name), "{name} in {publics:?}");
    }
    assert!(all.contains("step") && !publics.contains("step"));
}

#[test]
fn functions_of_one_address_are_marked() {
    let (text, ..) = converted(&fixture("x64/gauge.pdb"));
    let marked: Vec<&str> = text.lines().filter(|line| line.starts_with("FUNC m ")).collect();
    assert_eq!(marked.len(), 1, "{marked:?}");
    assert!(marked[0].contains("_of_two(int)"), "{marked:?}");
}

#[test]
fn frame_data_of_x86_becomes_rules() {
    let (text, map, _) = converted(&fixture("x86/gauge.pdb"));
    let rules = text.lines().filter(|line| line.starts_with("STACK WIN 4 ")).count();
    assert!(rules > 10, "{rules}");
    let main = text.lines().find(|line| line.starts_with("FUNC ") && line.contains("main(")).unwrap();
    let rva = u64::from_str_radix(main.split(' ').nth(1).unwrap(), 16).unwrap();
    let rule = map.win_at(rva).unwrap();
    assert_eq!((rule.kind, rule.address), (4, rva));
    assert!(rule.program.unwrap().starts_with(b"$T0 .raSearch ="));
}

#[test]
fn parameters_tell_overloads_apart() {
    let (text, ..) = converted(&fixture("x64/gauge.pdb"));
    for line in [
        " main(int, char**)",
        " shapes::shared(int)",
        " shapes::`anonymous namespace'::Square::area(int)",
        " shapes::Ring<long>::far(long, int volatile*)",
        "INLINE_ORIGIN 0 ",
    ] {
        let line = line.replace("int volatile*", "int*");
        assert!(text.contains(&line), "{line} in {text}");
    }
}

#[test]
fn compressed_files_give_the_same_records() {
    for arch in ["x64", "x86"] {
        let (plain, _, summary) = converted(&fixture(&format!("{arch}/gauge.pdb")));
        let (packed, _, same) = converted(&fixture(&format!("../windows-msfz/{arch}/gauge.pdb")));
        assert_eq!((plain, summary), (packed, same), "{arch}");
    }
}

#[test]
fn a_damaged_chunk_costs_only_what_is_in_it() {
    let mut file = fixture("../windows-msfz/x86/gauge.pdb");
    let mut damaged = 0;
    // The bytes of the table follow the chunks; each chunk is of zstd.
    let magic = [0x28, 0xb5, 0x2f, 0xfd];
    let starts: Vec<usize> = (80..file.len() - 4).filter(|&at| file[at..].starts_with(&magic)).collect();
    for at in starts {
        file[at] ^= 0xff;
        let format = recognise(&file).unwrap();
        if let Ok(builds) = format.builds(&file) {
            let mut text = Vec::new();
            let summary = format.text(&file, &builds.list[0], "gauge.pdb", &mut text);
            damaged += summary.map_or(0, |summary| summary.broken);
        }
        file[at] ^= 0xff;
    }
    assert!(damaged > 3, "{damaged}");
}

#[test]
fn other_forms_are_refused_with_a_reason() {
    let heads: [(&[u8], &str); 3] = [
        (b"Microsoft C/C++ program database 2.00\r\n\x1aJG\0\0", "PDB 2.00"),
        (b"BSJB\x01\0\x01\0\0\0\0\0", ".NET"),
        (b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0", "DOS"),
    ];
    for (head, reason) in heads {
        let error = recognise(head).unwrap().builds(head).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}

fn corpora(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora/debug-files").join(path);
    if !path.exists() {
        eprintln!("skipped: no {}", path.display());
        return None;
    }
    Some(path)
}

/// FUNC records of a text: name by address and size.
fn functions(text: &str) -> BTreeMap<(u64, u64), String> {
    let hex = |text: &str| u64::from_str_radix(text, 16).unwrap();
    let record = |line: &str| {
        let line = line.strip_prefix("FUNC ")?;
        let mut fields = line.strip_prefix("m ").unwrap_or(line).splitn(4, ' ');
        let (start, size) = (hex(fields.next()?), hex(fields.next()?));
        Some(((start, size), fields.nth(1)?.to_owned()))
    };
    text.lines().filter_map(record).collect()
}

#[test]
fn files_of_microsofts_linker_are_as_other_dumpers_say() {
    let files = [
        ("dump_syms/windows/basic32-min.pdb", "dump_syms/windows/basic32-min.sym", 723),
        ("dump_syms/windows/dump_syms_regtest64.pdb", "dump_syms/windows/dump_syms_regtest64.sym", 246),
        ("windows/crash.pdb", "windows/crash.sym", 92),
        ("windows/CrashWithException.pdb", "windows/CrashWithException.pdb.sym", 66),
    ];
    for (pdb, golden, count) in files {
        let (Some(pdb), Some(golden)) = (corpora(pdb), corpora(golden)) else { return };
        let (text, _, summary) = converted(&std::fs::read(&pdb).unwrap());
        assert_eq!((summary.broken, summary.excess), (0, 0));
        let golden = String::from_utf8_lossy(&std::fs::read(&golden).unwrap()).into_owned();
        let id = |text: &str| text.split(' ').nth(3).unwrap().to_owned();
        assert_eq!(id(&text), id(&golden));
        let (ours, theirs) = (functions(&text), functions(&golden));
        assert_eq!(theirs.len(), count);
        let mut same = 0;
        for (place, name) in &theirs {
            let our = ours.get(place).unwrap_or_else(|| panic!("{name} at {place:x?} of {}", pdb.display()));
            same += usize::from(plain(our).trim_start_matches('_') == plain(name).trim_start_matches('_'));
        }
        // Some are named after another function of the same code.
        assert!(same * 100 >= count * 95, "{same} of {count} in {}", pdb.display());
        // Frame data, but for repeated records and spaces at the end. Of three FPO records that say that EBP is used
        // (bit 12, `fUseBP` of winnt.h), the other reader says that it is not.
        let rules = |text: &str| {
            let rules = text.lines().filter(|line| line.starts_with("STACK WIN ")).map(str::trim_end);
            let of_fpo = |line: &str| line.starts_with("STACK WIN 0 ");
            let rule = |line: &str| if of_fpo(line) { line[..line.len() - 2].to_owned() } else { line.to_owned() };
            rules.map(rule).collect::<std::collections::BTreeSet<_>>()
        };
        let (ours, theirs) = (rules(&text), rules(&golden));
        assert!(theirs.is_subset(&ours), "{:?}", theirs.difference(&ours).next());
    }
}

/// A file with more section headers, which are in front of its own and have no contents.
fn with_sections(file: &[u8], more: u16) -> Vec<u8> {
    let u16_at = |at: usize| u16::from_le_bytes(*file[at..].first_chunk().unwrap());
    let u32_at = |at: usize| u32::from_le_bytes(*file[at..].first_chunk().unwrap());
    let header = u32_at(0x3c) as usize;
    let (count, optional) = (u16_at(header + 6), u16_at(header + 20));
    let table = header + 24 + usize::from(optional);
    let inserted = usize::from(more) * 40;
    let mut out = [&file[..table], vec![0; inserted].as_slice(), &file[table..]].concat();
    out[header + 6..header + 8].copy_from_slice(&(count + more).to_le_bytes());
    for section in 0..usize::from(count) {
        let at = table + section * 40 + 20;
        let moved = u32_at(at) + u32::try_from(inserted).unwrap();
        out[at + inserted..at + inserted + 4].copy_from_slice(&moved.to_le_bytes());
    }
    out
}

#[test]
fn a_file_may_have_many_sections() {
    for folder in ["x64", "arm64"] {
        let file = fixture(&format!("{folder}/gauge.exe"));
        let many = with_sections(&file, 3000);
        let (text, _, summary) = converted(&file);
        let (same, _, counted) = converted(&many);
        assert!(text == same && summary == counted && summary.excess == 0, "{folder}");
        let tables = |file: &[u8]| {
            let tables = recognise(file).unwrap().unwind_tables(file, &build(file)).unwrap().unwrap();
            unwind_tables::functions(&tables)
        };
        assert!(!tables(&file).is_empty());
        assert_eq!(tables(&file), tables(&many), "{folder}");
    }
}

/// Bytes of parameters by the addresses of functions that have some, as a text says.
fn param_sizes(text: &str) -> BTreeMap<u64, u32> {
    let functions = text.lines().filter_map(|line| line.strip_prefix("FUNC "));
    let sizes = functions.map(|line| {
        let mut fields =
            line.trim_start_matches("m ").split(' ').map(|field| u64::from_str_radix(field, 16).unwrap_or(0));
        (fields.next().unwrap(), u32::try_from(fields.nth(1).unwrap()).unwrap())
    });
    sizes.filter(|size| size.1 > 0).collect()
}

#[test]
fn functions_of_x86_have_the_bytes_of_their_parameters() {
    let (text, ..) = converted(&fixture("x86/gauge.pdb"));
    let sizes = param_sizes(&text);
    let rules = text.lines().filter_map(|line| line.strip_prefix("STACK WIN 4 "));
    let mut compared = 0;
    for rule in rules {
        let field = |at: usize| u64::from_str_radix(rule.split(' ').nth(at).unwrap(), 16).unwrap();
        if let Some(&size) = sizes.get(&field(0)) {
            assert_eq!(u64::from(size), field(4), "{rule}");
            compared += 1;
        }
    }
    assert!(compared > 3, "{compared}: {sizes:?}");
}

/// A file whose DWARF sections are compressed as Go's linker does it: `.zdebug_info` with `ZLIB`, the size and a stream, which
/// here has blocks that are stored.
fn with_compressed_sections(file: &[u8]) -> Vec<u8> {
    let u32_at = |at: usize| u32::from_le_bytes(*file[at..].first_chunk().unwrap());
    let u16_at = |at: usize| u16::from_le_bytes(*file[at..].first_chunk().unwrap());
    let header = u32_at(0x3c) as usize;
    let table = header + 24 + usize::from(u16_at(header + 20));
    let strings = u32_at(header + 12) as usize + u32_at(header + 16) as usize * 18;
    let mut out = file.to_vec();
    assert_eq!(strings + u32_at(strings) as usize, file.len(), "the strings end the file");
    let mut renamed = Vec::new();
    for section in 0..usize::from(u16_at(header + 6)) {
        let at = table + section * 40;
        let name = std::str::from_utf8(&file[at..at + 8]).unwrap().trim_end_matches('\0');
        let Some(offset) = name.strip_prefix('/').and_then(|digits| digits.parse::<usize>().ok()) else { continue };
        let name = file[strings + offset..].split(|&byte| byte == 0).next().unwrap();
        if !name.starts_with(b".debug_") {
            continue;
        }
        let offset = format!("/{}", out.len() - strings);
        out[at..at + 8].fill(0);
        out[at..at + offset.len()].copy_from_slice(offset.as_bytes());
        out.extend([b".z", &name[1..], b"\0"].concat());
        renamed.push(at);
    }
    let length = u32::try_from(out.len() - strings).unwrap();
    out[strings..strings + 4].copy_from_slice(&length.to_le_bytes());
    assert!(renamed.len() > 3);
    for at in renamed {
        let (size, start) = (u32_at(at + 8).min(u32_at(at + 16)), u32_at(at + 20) as usize);
        let data = &file[start..start + size as usize];
        let mut packed = [b"ZLIB".as_slice(), &u64::from(size).to_be_bytes(), &[0x78, 1]].concat();
        let blocks = data.chunks(0xffff).count();
        for (number, block) in data.chunks(0xffff).enumerate() {
            let length = u16::try_from(block.len()).unwrap();
            packed.push(u8::from(number + 1 == blocks));
            packed.extend([length.to_le_bytes(), (!length).to_le_bytes()].as_flattened());
            packed.extend(block);
        }
        let (a, b) = data.iter().fold((1u32, 0u32), |(a, b), &byte| {
            let a = (a + u32::from(byte)) % 65521;
            (a, (a + b) % 65521)
        });
        packed.extend((b << 16 | a).to_be_bytes());
        let place = [packed.len(), out.len()].map(|number| u32::try_from(number).unwrap().to_le_bytes());
        out[at + 8..at + 12].copy_from_slice(&place[0]);
        out[at + 16..at + 24].copy_from_slice(place.as_flattened());
        out.extend(packed);
    }
    out
}

#[test]
fn compressed_sections_are_read() {
    let file = fixture("x64-mingw/gauge.exe");
    let compressed = with_compressed_sections(&file);
    assert_eq!(build(&compressed).debug_info, Some("DWARF"));
    let (text, _, summary) = converted(&file);
    let (same, _, counted) = converted(&compressed);
    assert!(text == same && summary == counted && summary.units > 3, "{counted:?}");
    // A section that is cut is counted.
    let (_, _, summary) = converted(&compressed[..compressed.len() - 40]);
    assert!(summary.broken > 0, "{summary:?}");
}
