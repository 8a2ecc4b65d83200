//! Damaged dumps: a report or an error comes out, quickly, and the report is JSON.

#![allow(clippy::unwrap_used)]

mod support;

use std::path::{Path, PathBuf};

use engine::{Options, Session};
use minidump_synth::Builder;
use rayon::prelude::*;
use serde_json::Value;

/// Damaged versions made of each of our dumps, and of the peers'.
const MUTATIONS: u64 = 1000;
const PEER_MUTATIONS: u64 = 300;

/// A small generator of numbers (xorshift64*): the same damage every time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap()
    }
}

fn damage(dump: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = dump.to_vec();
    for _ in 0..=random.below(8) {
        // Most numbers that matter are near the beginning: directory and lists.
        let reach = if random.below(2) == 0 { bytes.len() } else { bytes.len().min(2048) };
        let at = random.below(reach.saturating_sub(8));
        match random.below(6) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = u8::try_from(random.below(256)).unwrap(),
            2 => {
                let odd = [0, 1, 0x7fff_ffff, 0x8000_0000, u32::MAX, u32::MAX - 3, 0xffff, 48, 108];
                let at = at & !3;
                bytes[at..at + 4].copy_from_slice(&odd[random.below(odd.len())].to_le_bytes());
            }
            3 => {
                let at = at & !3;
                bytes[at..at + 8].copy_from_slice(&[0u64, u64::MAX, 1 << 63][random.below(3)].to_le_bytes());
            }
            4 => {
                let (from, length) = (random.below(bytes.len() / 2), random.below(64));
                let piece = bytes[from..(from + length).min(bytes.len())].to_vec();
                let end = (at + piece.len()).min(bytes.len());
                bytes[at..end].copy_from_slice(&piece[..end - at]);
            }
            _ if random.below(8) == 0 => bytes.truncate(at),
            _ => {}
        }
        if bytes.len() < 16 {
            break;
        }
    }
    bytes
}

/// Everything that the builder can write, in one dump.
fn built() -> Vec<u8> {
    let mut b = Builder::default();
    b.windows_x64();
    let stack: Vec<u8> = (0..64u64).flat_map(|i| (0x1_4000_1000 + i * 16).to_le_bytes()).collect();
    b.thread_x64(1, 0x1_4000_1010, 0x7000_0000, &stack);
    let name: Vec<u16> = "a.exe".encode_utf16().collect();
    b.modules(&[(0x1_4000_0000, 0x10000, &name, [7; 16]), (0x1_5000_0000, 0x10000, &name, [0; 16])]);
    b.unloaded(&[(0xf0_0000, 0x1000, "x.dll")]);
    b.build()
}

fn survive(name: &str, dump: &[u8], symbols: &[PathBuf], mutations: u64) {
    let session = Session::new();
    let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ dump.len() as u64);
    for i in 0..mutations {
        let bytes = damage(dump, &mut random);
        if let Ok(json) = support::bytes(&session, &bytes, symbols, &Options::default()) {
            let parsed: Result<Value, _> = serde_json::from_slice(&json);
            assert!(parsed.is_ok(), "{name}, mutation {i}: {parsed:?}");
            assert!(json.len() < 4096 * (bytes.len() + 64), "{name}, mutation {i}: {} bytes", json.len());
        }
    }
}

#[test]
fn a_built_dump_is_survived() {
    survive("built", &built(), &[], MUTATIONS);
}

#[test]
fn every_cut_is_survived() {
    let dump = built();
    for end in 0..dump.len() {
        let _ = support::bytes(&Session::new(), &dump[..end], &[], &Options::default());
    }
}

#[test]
fn fixtures_are_survived() {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../symbols-fixtures");
    let symbols = [place.join("symbols")];
    let mut folders = vec![place];
    let mut dumps = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "dmp") {
                dumps.push(path);
            }
        }
    }
    dumps.par_iter().for_each(|path| {
        let dump = std::fs::read(path).unwrap();
        // Full-memory dumps would take minutes and hold nothing new for the engine.
        if dump.len() < 200_000 {
            survive(&path.display().to_string(), &dump, &symbols, MUTATIONS);
        }
    });
}

#[test]
fn the_peers_dumps_are_survived() {
    let Some(corpora) = support::corpora() else { return };
    for folder in ["rust-minidump/testdata", "breakpad"] {
        let symbols = [corpora.join(folder).join("symbols")];
        for path in support::files(&corpora.join(folder), "dmp").iter().step_by(5) {
            let dump = std::fs::read(path).unwrap();
            if dump.len() < 200_000 {
                survive(&path.display().to_string(), &dump, &symbols, PEER_MUTATIONS);
            }
        }
    }
}

#[test]
fn many_threads_on_one_deep_stack_end_soon() {
    let mut b = Builder::default();
    b.windows_x64();
    let stack: Vec<u8> = (0..100_000u64).flat_map(|i| (0x1_4000_1000 + i % 977 * 16).to_le_bytes()).collect();
    b.thread_x64(1, 0x1_4000_1010, 0x7000_0000, &stack);
    let name: Vec<u16> = "a.exe".encode_utf16().collect();
    b.modules(&[(0x1_4000_0000, 0x10000, &name, [7; 16])]);
    let mut dump = b.build();
    let word = |dump: &[u8], at: usize| u32::from_le_bytes(dump[at..at + 4].try_into().unwrap()) as usize;
    let directory = word(&dump, 12);
    let entry = (0..8).map(|i| directory + i * 12).find(|&at| word(&dump, at) == 3).unwrap();
    let record = dump[word(&dump, entry + 8) + 4..][..48].to_vec();
    let threads = 5_000u32;
    let place = u32::try_from(dump.len()).unwrap();
    dump.extend(threads.to_le_bytes());
    for _ in 0..threads {
        dump.extend_from_slice(&record);
    }
    dump[entry + 4..entry + 8].copy_from_slice(&(4 + 48 * threads).to_le_bytes());
    dump[entry + 8..entry + 12].copy_from_slice(&place.to_le_bytes());

    let json = support::bytes(&Session::new(), &dump, &[], &Options::default()).unwrap();
    assert!(json.len() < 100 * dump.len(), "{} bytes", json.len());
}

#[test]
fn a_long_name_does_not_multiply() {
    let mut b = Builder::default();
    b.windows_x64();
    let stack: Vec<u8> = (0..2000u64).flat_map(|i| (0x1_4000_1010 + i * 16).to_le_bytes()).collect();
    b.thread_x64(1, 0x1_4000_1010, 0x7000_0000, &stack);
    // Every frame names its module.
    let name: Vec<u16> = std::iter::repeat_n(u16::from(b'n'), 50_000).collect();
    b.modules(&[(0x1_4000_0000, 0x10_0000, &name, [7; 16])]);
    let dump = b.build();
    let json = support::bytes(&Session::new(), &dump, &[], &Options::default()).unwrap();
    assert!(json.len() < 32 * dump.len(), "{} bytes of {}", json.len(), dump.len());
}
