//! Dumps in files that are read on demand: the same reports, little read of large ones, and truncated files.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use engine::{Input, InputError, Options, Outcome, Session, Source};
use minidump::{Bytes, DumpFile};
use minidump_synth::Builder;

/// A file that is removed with this value.
struct Temporary(PathBuf);

impl Temporary {
    fn with(name: &str, bytes: &[u8], size: u64) -> Self {
        let path = std::env::temp_dir().join(format!("symbolicate-{}-{name}", std::process::id()));
        File::create(&path).unwrap().write_all(bytes).unwrap();
        let file = Self(path);
        file.resize(size);
        file
    }

    fn resize(&self, size: u64) {
        File::options().write(true).open(&self.0).unwrap().set_len(size).unwrap();
    }

    fn dump(&self) -> DumpFile {
        DumpFile::new(File::open(&self.0).unwrap()).unwrap()
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The beginning of a dump with memory of zeros besides a stack, and its whole size. The memory is in one list, as in a dump of
/// all memory of a process.
fn with_memory(regions: u64, each: u64) -> (Vec<u8>, u64) {
    let mut b = Builder::default();
    b.windows_x64();
    let stack: Vec<u8> = (0..64u64).flat_map(|i| (0x1_4000_1010 + i * 16).to_le_bytes()).collect();
    b.thread_x64(4660, 0x1_4000_1010, 0x7000_0000, &stack);
    let mut dump = b.build();
    let word = |dump: &[u8], at: usize| u32::from_le_bytes(dump[at..at + 4].try_into().unwrap());
    let (count, directory) = (word(&dump, 8), word(&dump, 12) as usize);
    let mut entries = dump[directory..directory + 12 * count as usize].to_vec();
    let place = u32::try_from(dump.len()).unwrap();
    let size = u32::try_from(16 + 16 * regions).unwrap();
    let first = u64::from(place) + u64::from(size) + entries.len() as u64 + 12;
    dump.extend(regions.to_le_bytes().iter().chain(&first.to_le_bytes()));
    for region in 0..regions {
        dump.extend((0x10_0000_0000 + region * (each + 4096)).to_le_bytes().iter().chain(&each.to_le_bytes()));
    }
    entries.extend([9, size, place].iter().flat_map(|word: &u32| word.to_le_bytes()));
    let directory = u32::try_from(dump.len()).unwrap();
    dump.extend(entries);
    dump[8..12].copy_from_slice(&(count + 1).to_le_bytes());
    dump[12..16].copy_from_slice(&directory.to_le_bytes());
    assert_eq!(dump.len() as u64, first);
    (dump, first + regions * each)
}

fn report(outcome: Result<Outcome, impl std::fmt::Debug>) -> Vec<u8> {
    let Outcome::Report(json) = outcome.unwrap() else { panic!("needs symbols") };
    json.into_json()
}

#[test]
fn a_file_gives_the_report_of_its_bytes() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../symbols-fixtures/dumps");
    let mut folders = vec!["images", "linux-clients", "linux-gdb", "variety", "wine"]
        .into_iter()
        .map(|f| fixtures.join(f))
        .collect::<Vec<_>>();
    folders.extend(
        support::corpora().into_iter().flat_map(|corpora| ["rust-minidump/testdata", "live"].map(|f| corpora.join(f))),
    );
    let (session, options) = (Session::new(), Options::default());
    let mut count = 0;
    for path in folders.iter().flat_map(|folder| support::files(folder, "dmp")) {
        let bytes = std::fs::read(&path).unwrap();
        let file = DumpFile::new(File::open(&path).unwrap()).unwrap();
        let of_file = session.process(Bytes::on_demand(&file), &options).map_err(|error| error.to_string());
        assert_eq!(of_file, session.process(&bytes, &options).map_err(|error| error.to_string()), "{}", path.display());
        assert!(file.failure().is_none());
        count += 1;
    }
    assert!(count >= 50, "{count} dumps");
}

#[test]
fn little_is_read_of_a_dump_of_all_memory() {
    let (beginning, size) = with_memory(1_000, 1_000_000);
    let file = Temporary::with("full.dmp", &beginning, size);
    let dump = file.dump();
    let (session, options) = (Session::new(), Options::default());
    let json = report(session.process(Bytes::on_demand(&dump), &options));
    assert!(dump.bytes_read() <= 64 << 10, "{} bytes of {size}", dump.bytes_read());
    // The frames of the stack are there.
    let stack: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(stack["threads"][0]["frames"][0]["offset"], "0x0000000140001010");
    // As an input the same, beside its name.
    let input = Input::open(Source::file(&file.0)).unwrap();
    let named: serde_json::Value = serde_json::from_slice(&report(input.process(0, &session, &options))).unwrap();
    assert_eq!((&named["threads"], &named["input"]["size"]), (&stack["threads"], &size.into()));
}

#[test]
fn a_file_that_is_truncated_while_it_is_read_is_an_error_of_that_input() {
    let (beginning, size) = with_memory(10, 1_000_000);
    let file = Temporary::with("cut.dmp", &beginning, size);
    let dump = file.dump();
    file.resize(0);
    let _ = Session::new().process(Bytes::on_demand(&dump), &Options::default());
    assert_eq!(dump.failure().unwrap().to_string(), "was truncated while it was read");
}

#[test]
fn a_file_that_is_truncated_again_and_again_never_ends_the_process() {
    let (beginning, size) = with_memory(10, 1_000_000);
    let file = Temporary::with("flicker.dmp", &beginning, size);
    let (session, options) = (Session::new(), Options::default());
    let whole = report(Input::open(Source::file(&file.0)).unwrap().process(0, &session, &options));
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                file.resize(100);
                let mut again = File::options().write(true).open(&file.0).unwrap();
                again.write_all(&beginning).unwrap();
                file.resize(size);
            }
        });
        for _ in 0..300 {
            let result = Input::open(Source::file(&file.0)).and_then(|input| input.process(0, &session, &options));
            match result {
                Ok(outcome) => drop(report(Ok::<_, InputError>(outcome))),
                Err(InputError::Unreadable(why)) => assert_eq!(why.to_string(), "was truncated while it was read"),
                Err(other) => assert!(
                    matches!(other, InputError::Empty | InputError::Engine { .. } | InputError::Refused(_)),
                    "{other}"
                ),
            }
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert_eq!(report(Input::open(Source::file(&file.0)).unwrap().process(0, &session, &options)), whole);
}
