//! A PDB that is fetched in parts answers as the whole file does; parts that lie end in an error, and not in endless requests.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use debuginfo::Wanted;
use debuginfo::formats::recognise;
use debuginfo::pdb::{Part, Pdb};
use debuginfo::present::Present;
use proptest::prelude::*;
use symbols::{SymbolIndex, SymbolMap};

/// More rounds than any file needs: one for each step from the header to the names of types in types.
const ROUNDS: usize = 200;

/// The PDBs of the fixtures.
fn files() -> Vec<PathBuf> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../symbols-fixtures");
    let mut found = Vec::new();
    let sets = ["windows", "windows-msfz"].map(|folder| std::fs::read_dir(fixtures.join(folder)).unwrap());
    for set in sets.into_iter().flatten().flatten().filter(|entry| entry.path().is_dir()) {
        let files = std::fs::read_dir(set.path()).unwrap().flatten().map(|entry| entry.path());
        found.extend(files.filter(|path| path.extension().is_some_and(|end| end == "pdb")));
    }
    found.sort();
    assert!(found.len() >= 3, "{found:?}");
    found
}

/// What a server has, and what came of it.
struct Fetched<'s> {
    server: &'s [u8],
    bytes: Vec<u8>,
    present: Present,
    rounds: usize,
}

impl<'s> Fetched<'s> {
    fn new(server: &'s [u8]) -> Self {
        // What is not there has bytes that are in no file.
        let bytes = vec![0xa5; server.len()];
        Self { server, bytes, present: Present::new(server.len() as u64), rounds: 0 }
    }

    /// Fetch until a run lacks nothing.
    fn run<T>(
        &mut self,
        read: impl Fn(&[u8], &Present) -> Result<Part<T>, debuginfo::Error>,
    ) -> Result<T, debuginfo::Error> {
        loop {
            let needs = match read(&self.bytes, &self.present)? {
                Part::Is(result) => return Ok(result),
                Part::Needs(needs) => needs,
            };
            self.rounds += 1;
            assert!(self.rounds < ROUNDS, "{needs:?}");
            let before = self.present.bytes();
            for range in needs {
                let part = usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
                self.bytes[part.clone()].copy_from_slice(&self.server[part]);
                self.present.add(range);
            }
            assert!(self.present.bytes() > before, "each round fetches something");
        }
    }

    fn answers(&mut self, wanted: &Wanted) -> Result<SymbolIndex, debuginfo::Error> {
        let build = self.run(Pdb::build_in_part)?;
        let wanted = wanted.clone().with_rules();
        let read =
            |bytes: &[u8], present: &Present| Pdb::records_in_part(bytes, present, &build, &"whole".into(), &wanted);
        self.run(read).map(|(records, _)| records.finish())
    }
}

/// Function, file and line of each frame.
fn frames(map: &SymbolMap, address: u64) -> Vec<String> {
    let mut frames = Vec::new();
    map.frames_at(address, &mut frames);
    let text = |frame: &symbols::lookup::SourceFrame<'_>| {
        let file = frame.file.as_ref().map_or_else(String::new, ToString::to_string);
        format!("{} {file} {:?}", frame.function, frame.line)
    };
    frames.iter().map(text).collect()
}

#[test]
fn parts_answer_as_the_whole_file_does() {
    for path in files() {
        let file = std::fs::read(&path).unwrap();
        let format = recognise(&file).unwrap();
        let build = format.builds(&file).unwrap().list.remove(0);
        let map = SymbolMap::from(format.index(&file, &build, "whole").unwrap().0.finish());
        let (start, end) = map.span().unwrap();
        let addresses: Vec<u64> = (start..end + 16).step_by(7).collect();
        for some in addresses.chunks(300).chain(addresses.iter().step_by(97).map(std::slice::from_ref)) {
            let mut fetched = Fetched::new(&file);
            let answers = SymbolMap::from(fetched.answers(&some.iter().copied().collect()).unwrap());
            assert_eq!(answers.module(), map.module(), "{}", path.display());
            for &address in some {
                let name = |map: &SymbolMap| {
                    map.function_at(address).map(|found| (found.name.to_string(), found.start, found.param_size))
                };
                assert_eq!(frames(&answers, address), frames(&map, address), "{} {address:#x}", path.display());
                assert_eq!(name(&answers), name(&map), "{} {address:#x}", path.display());
            }
            // Unwind rules are there for every address.
            assert_eq!(answers.counts().wins, map.counts().wins, "{}", path.display());
            for &address in addresses.iter().step_by(31) {
                assert_eq!(answers.win_at(address), map.win_at(address), "{} {address:#x}", path.display());
            }
        }
    }
}

#[test]
fn the_id_needs_little_of_a_file() {
    for path in files() {
        let file = std::fs::read(&path).unwrap();
        let mut fetched = Fetched::new(&file);
        let build = fetched.run(Pdb::build_in_part).unwrap();
        let whole = recognise(&file).unwrap().builds(&file).unwrap().list.remove(0);
        assert_eq!(build, whole, "{}", path.display());
        assert!(fetched.rounds <= 6, "{} rounds", fetched.rounds);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 60 } else { 200 }))]

    #[test]
    fn parts_that_lie_end_somewhere(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        in_head in any::<bool>(),
        addresses in prop::collection::vec(0x1000u64..0x9000, 1..10),
    ) {
        let files = files();
        let mut file = std::fs::read(which.get(&files)).unwrap();
        let length = if in_head { 4096.min(file.len()) } else { file.len() };
        for (at, byte) in changes {
            let at = at.index(length);
            file[at] = byte;
        }
        let wanted: Wanted = addresses.into_iter().collect();
        // An error or an answer, in so many rounds.
        let _ = Fetched::new(&file).answers(&wanted);
    }
}
