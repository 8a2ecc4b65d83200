//! Answers for some addresses are those of the index of everything.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod direct;

use std::path::{Path, PathBuf};

use debuginfo::formats::recognise;
use debuginfo::formats::{Format, Given};
use debuginfo::image::{Build, Kind};
use debuginfo::{Release, Survey, Wanted};
use proptest::prelude::*;
use symbols::SymbolMap;
use symbols::lookup::SourceFrame;

/// A build with the index of everything.
struct Whole {
    path: PathBuf,
    file: Vec<u8>,
    format: &'static Format,
    build: Build,
    map: SymbolMap,
    survey: Option<Survey>,
}

/// The builds of a file that can be read.
fn wholes(path: &Path) -> Vec<Whole> {
    let file = std::fs::read(path).unwrap();
    let Some(format) = recognise(&file) else { return Vec::new() };
    let builds = format.builds(&file).map_or_else(|_| Vec::new(), |builds| builds.list);
    let read = builds.into_iter().filter(|build| !matches!(build.kind, Kind::Part | Kind::Other)).filter_map(|build| {
        let (records, _) = format.index(&file, &build, "whole").ok()?;
        let survey = format.survey(&file, &build, "whole").ok()?;
        Some(Whole { path: path.to_owned(), file: file.clone(), format, build, map: records.finish().into(), survey })
    });
    read.collect()
}

/// All files below a folder that may be debug files.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type().unwrap() {
                kind if kind.is_dir() => folders.push(entry.path()),
                kind if kind.is_file() => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

/// Name, file and line.
type Frame = (String, Option<String>, Option<u32>);

/// First address of the function, and the frames.
fn answer(map: &SymbolMap, address: u64) -> (Option<u64>, Vec<Frame>) {
    let mut frames = Vec::new();
    map.frames_at(address, &mut frames);
    let frame = |frame: &SourceFrame<'_>| {
        (frame.function.to_string(), frame.file.as_ref().map(ToString::to_string), frame.line)
    };
    (map.function_at(address).map(|function| function.start), frames.iter().map(frame).collect())
}

impl Whole {
    /// Compare the answers for these addresses, asked for together. How many have one.
    fn compare(&self, addresses: &[u64]) -> usize {
        let wanted: Wanted = addresses.iter().copied().collect();
        let (records, _) = self.format.partial(&self.file, &self.build, "whole", &wanted).unwrap();
        let partial = SymbolMap::from(records.finish());
        assert_eq!(partial.module(), self.map.module());
        // What is said of all symbols without making them.
        if let Some(survey) = self.survey {
            assert!(self.map.counts().lines > 0, "{}", self.path.display());
            assert_eq!(survey.inlines, self.map.counts().inlines > 0, "{}", self.path.display());
        }
        let mut found = 0;
        for &address in addresses {
            let whole = answer(&self.map, address);
            assert_eq!(answer(&partial, address), whole, "{} {address:#x}", self.path.display());
            found += usize::from(whole.0.is_some());
        }
        found
    }

    /// Every address from before the first symbol to after the last, or so many spread over them.
    fn addresses(&self, most: usize) -> Vec<u64> {
        direct::spread(&self.map, most)
    }
}

fn fixtures() -> Vec<Whole> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../symbols-fixtures");
    let found: Vec<Whole> = files(&folder).iter().flat_map(|path| wholes(path)).collect();
    assert!(found.len() > 8, "{}", found.len());
    found
}

#[test]
fn every_address_of_the_fixtures() {
    let mut found = 0;
    for whole in fixtures() {
        let all = whole.addresses(20_000);
        found += whole.compare(&all);
        // Few at a time: what one address needs must not come with another.
        for some in all.chunks(all.len() / 300 + 1) {
            whole.compare(some);
        }
    }
    assert!(found > 5000, "{found}");
}

#[test]
fn a_survey_says_what_all_symbols_have() {
    let fixtures = fixtures();
    let is_known = |inlines| fixtures.iter().filter(|whole| whole.survey == Some(Survey { inlines })).count();
    assert!(is_known(true) >= 5 && is_known(false) >= 1, "{} {}", is_known(true), is_known(false));
    // It is compared with what they have by the way.
    for whole in &fixtures {
        whole.compare(&[]);
    }
}

#[test]
fn addresses_of_corpora() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora");
    if !folder.exists() {
        println!("skipped: no {}", folder.display());
        return;
    }
    let mut builds = 0;
    for path in files(&folder.join("debug-files")).into_iter().chain(files(&folder.join("live"))) {
        for whole in wholes(&path) {
            let all = whole.addresses(500);
            whole.compare(&all);
            for some in all.chunks(all.len() / 20 + 1) {
                whole.compare(some);
            }
            builds += 1;
        }
    }
    assert!(builds > 5, "{builds}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_addresses(which in any::<prop::sample::Index>(), places in prop::collection::vec(any::<prop::sample::Index>(), 1..40)) {
        static FIXTURES: std::sync::OnceLock<Vec<Whole>> = std::sync::OnceLock::new();
        let all = FIXTURES.get_or_init(fixtures);
        let whole = &all[which.index(all.len())];
        if let Some((start, end)) = whole.map.span() {
            let length = usize::try_from(end - start).unwrap() + 64;
            let addresses: Vec<u64> = places.iter().map(|place| start.saturating_sub(32) + place.index(length) as u64).collect();
            whole.compare(&addresses);
        }
    }
}

#[test]
fn what_was_looked_at_may_leave_memory() {
    let mut units = 0;
    for whole in fixtures() {
        let bytes = std::sync::Mutex::new(0);
        let (start, length) = (whole.file.as_ptr().addr(), whole.file.len());
        let release = |part: &[u8]| {
            // Sections that were decompressed are elsewhere.
            let offset = part.as_ptr().addr().wrapping_sub(start);
            let is_of_file = offset.checked_add(part.len()).is_some_and(|end| end <= length);
            *bytes.lock().unwrap() += if is_of_file { part.len() } else { 0 };
        };
        let given = Given { release: Release::new(&release), .."whole".into() };
        let all = whole.addresses(50);
        let wanted: Wanted = all.iter().copied().collect();
        let (records, _) = whole.format.partial(&whole.file, &whole.build, given, &wanted).unwrap();
        let partial = SymbolMap::from(records.finish());
        for &address in &all {
            assert_eq!(answer(&partial, address), answer(&whole.map, address), "{} {address:#x}", whole.path.display());
        }
        units += usize::from(*bytes.lock().unwrap() > 0);
    }
    assert!(units > 5, "{units}");
}
