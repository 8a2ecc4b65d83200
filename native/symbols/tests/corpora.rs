//! Real symbol files, where the shared corpora are at hand.
#![allow(clippy::unwrap_used, missing_docs, clippy::print_stderr)]

use std::path::{Path, PathBuf};
use symbols::SymbolMap;
use symbols::breakpad::{Record, parse, write};
use symbols::lookup::{BatchFrames, NONE};

fn sym_files() -> Vec<PathBuf> {
    fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
        let Ok(entries) = std::fs::read_dir(dir) else { return };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "sym") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora"), &mut found);
    if found.is_empty() {
        eprintln!("skipped: no shared corpora");
    }
    found.sort();
    found
}

/// Addresses worth asking about: the starts and last bytes of records, and a few between.
fn addresses(text: &[u8]) -> Vec<u64> {
    let mut all = Vec::new();
    for line in text.split(|&b| b == b'\n') {
        let (start, size) = match parse(line.strip_suffix(b"\r").unwrap_or(line)) {
            Ok(Some(Record::Func(f))) => (f.address, f.size),
            Ok(Some(Record::Public(p))) => (p.address, 1),
            Ok(Some(Record::Line(l))) => (l.address, l.size),
            Ok(Some(Record::CfiInit(i))) => (i.address, i.size),
            Ok(Some(Record::CfiDelta(d))) => (d.address, 1),
            Ok(Some(Record::Win(w))) => (w.address, w.size),
            Ok(Some(Record::Inline(i))) => i.ranges.iter().next().unwrap(),
            _ => continue,
        };
        all.extend([
            start,
            start.wrapping_add(size / 2),
            start.wrapping_add(size).wrapping_sub(1),
            start.wrapping_add(size),
        ]);
    }
    all.sort_unstable();
    all.dedup();
    // Every file in reasonable time: at most some 20,000 addresses, spread over the whole.
    let step = all.len().div_ceil(20_000).max(1);
    all.into_iter().step_by(step).collect()
}

/// Every line in a form that is parsed the slow way: look-ups must give the same results.
fn slowed(text: &[u8]) -> Vec<u8> {
    let mut slow = Vec::with_capacity(text.len() * 2);
    for line in text.split_inclusive(|&b| b == b'\n') {
        slow.push(b' ');
        slow.extend_from_slice(line);
    }
    slow
}

#[test]
fn every_file_answers_the_same_every_way() {
    let mut total = 0;
    for path in sym_files() {
        let text = std::fs::read(&path).unwrap();
        let addresses = addresses(&text);
        total += addresses.len();
        let slow = SymbolMap::from_text(slowed(&text));
        let index = SymbolMap::from_text(text);
        assert_eq!(index.counts(), slow.counts(), "{}", path.display());
        assert_eq!(index.diagnostics(), slow.diagnostics(), "{}", path.display());
        assert_eq!(index.module(), slow.module(), "{}", path.display());
        assert!(
            index.module().is_some_and(|m| m.debug_id.is_some()) || index.counts().functions == 0,
            "{}",
            path.display()
        );
        let mut batch = BatchFrames::default();
        index.frames_batch(&addresses, &mut batch);
        let (mut a, mut b) = (Vec::new(), Vec::new());
        for (i, &rva) in addresses.iter().enumerate() {
            let found = index.frames_at(rva, &mut a);
            assert_eq!(found, slow.frames_at(rva, &mut b));
            assert_eq!(a, b, "{} {rva:x}", path.display());
            assert_eq!(index.cfi_at(rva), slow.cfi_at(rva));
            assert_eq!(index.win_at(rva), slow.win_at(rva));
            let range = batch.offsets[i] as usize..batch.offsets[i + 1] as usize;
            assert_eq!(range.len(), a.len(), "{} {rva:x}", path.display());
            for (at, frame) in range.zip(&a) {
                assert_eq!(index.batch_name(batch.functions[at]), frame.function);
                assert_eq!(index.file_name(batch.files[at]), frame.file);
                assert_eq!((batch.lines[at] != NONE).then_some(batch.lines[at]), frame.line);
            }
        }
    }
    eprintln!("{total} addresses");
}

#[test]
fn every_record_is_written_as_it_was_read() {
    for path in sym_files() {
        let text = std::fs::read(&path).unwrap();
        for line in text.split(|&b| b == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let Ok(Some(record)) = parse(line) else { continue };
            let mut written = Vec::new();
            write(&record, &mut written);
            match record {
                Record::Inline(_) => continue,
                _ => assert_eq!(parse(&written[..written.len() - 1]), Ok(Some(record)), "{}", path.display()),
            }
        }
    }
}

#[test]
fn a_thousand_mutations_of_a_real_file() {
    let Some(path) = sym_files().into_iter().find(|p| p.ends_with("crash.i686-linux-gnu.sym")) else { return };
    let text = std::fs::read(path).unwrap();
    // Pieces from all over the file, so that each round is quick.
    let mut piece = Vec::new();
    for part in text.chunks(text.len() / 40) {
        let from = part.iter().position(|&b| b == b'\n').unwrap_or(0);
        piece.extend_from_slice(&part[from..part.len().min(from + 1500)]);
    }
    let asked: Vec<u64> = addresses(&piece).into_iter().step_by(7).collect();
    let mut state = 1u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % below
    };
    let mut batch = BatchFrames::default();
    for _ in 0..1000 {
        let mut text = piece.clone();
        for _ in 0..1 + random(40) {
            let at = random(text.len());
            match random(5) {
                0 => text[at] = random(256) as u8,
                1 => text.insert(at, b"\n\r \0f-+x#\xff"[random(10)]),
                2 => drop(text.drain(at..(at + random(60)).min(piece.len().min(text.len())).max(at))),
                3 => text[at] ^= 1 << random(8),
                _ => {
                    let from = random(text.len());
                    let copy: Vec<u8> = text[from..(from + random(80)).min(text.len())].to_vec();
                    text.splice(at..at, copy);
                }
            }
        }
        let index = SymbolMap::from_text(text);
        let mut frames = Vec::new();
        for &rva in &asked {
            index.frames_at(rva, &mut frames);
            let _ = (index.cfi_at(rva), index.win_at(rva));
        }
        index.frames_batch(&asked, &mut batch);
    }
}
