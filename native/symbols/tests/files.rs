//! Index files on disk.
#![allow(clippy::unwrap_used, missing_docs)]

use std::cell::Cell;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use symbols::index::Error;
use symbols::{SymbolIndex, SymbolMap};

const TEXT: &[u8] = b"MODULE Linux x86_64 B88EFD66844D598F2AB8AC49848281B20 libx.so\nFUNC 1000 40 0 f\n1000 40 5 0\n";

/// A folder of its own for a test, gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("symbols-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("x.sym"), TEXT).unwrap();
        Self(path)
    }

    fn sym(&self) -> PathBuf {
        self.0.join("x.sym")
    }

    fn index(&self) -> PathBuf {
        self.0.join("x.index")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn name(index: &SymbolMap) -> String {
    index.function_at(0x1004).unwrap().name.into_owned()
}

#[test]
fn built_once_and_opened_after() {
    let folder = Folder::new("once");
    assert!(matches!(SymbolMap::open(&folder.sym(), &folder.index()), Err(Error::Io { .. })));
    let built = SymbolMap::open_or_build(&folder.sym(), &folder.index()).unwrap();
    assert_eq!(name(&built), "f");
    let opened = SymbolMap::open(&folder.sym(), &folder.index()).unwrap();
    assert_eq!(name(&opened), "f");
    assert_eq!(opened.counts(), built.counts());
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 2, "no temporary file is left");
}

#[test]
fn a_changed_text_is_noticed() {
    let folder = Folder::new("changed");
    SymbolMap::open_or_build(&folder.sym(), &folder.index()).unwrap();
    let changed: Vec<u8> = TEXT.iter().map(|&b| if b == b'f' { b'g' } else { b }).collect();
    fs::write(folder.sym(), changed).unwrap();
    assert!(matches!(SymbolMap::open(&folder.sym(), &folder.index()), Err(Error::Foreign(_))));
    let built = SymbolMap::open_or_build(&folder.sym(), &folder.index()).unwrap();
    assert_eq!(name(&built), "g");
    assert_eq!(name(&SymbolMap::open(&folder.sym(), &folder.index()).unwrap()), "g");
}

#[test]
fn damaged_indexes_are_rebuilt() {
    let folder = Folder::new("damaged");
    SymbolMap::open_or_build(&folder.sym(), &folder.index()).unwrap();
    let good = fs::read(folder.index()).unwrap();
    for damage in 0..good.len() {
        let mut bad = good.clone();
        if damage % 2 == 0 {
            bad.truncate(damage);
        } else {
            bad[damage] ^= 0x10;
        }
        fs::write(folder.index(), &bad).unwrap();
        assert!(matches!(SymbolMap::open(&folder.sym(), &folder.index()), Err(Error::Damaged(_))), "{damage}");
    }
    assert_eq!(name(&SymbolMap::open_or_build(&folder.sym(), &folder.index()).unwrap()), "f");
    assert_eq!(fs::read(folder.index()).unwrap(), good);
}

#[test]
fn many_builders_at_once() {
    let folder = Arc::new(Folder::new("many"));
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let folder = Arc::clone(&folder);
            std::thread::spawn(move || {
                for _ in 0..20 {
                    let index = SymbolMap::open_or_build(&folder.sym(), &folder.index()).unwrap();
                    assert_eq!(name(&index), "f");
                    let _ = fs::remove_file(folder.index());
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn without_a_place_to_write_the_index_stays_in_memory() {
    let folder = Folder::new("readonly");
    let nowhere = folder.0.join("missing/folder/x.index");
    assert_eq!(name(&SymbolMap::open_or_build(&folder.sym(), &nowhere).unwrap()), "f");
    assert!(matches!(SymbolMap::open_or_build(&nowhere, &folder.index()), Err(Error::Io { .. })));
}

/// A text of lines, and a line that does not end: both are given up as soon as the caller says so, and leave no index.
#[test]
fn a_long_text_is_given_up_in_the_middle() {
    let lines = "FUNC 1000 40 0 f\n1000 40 5 0\n".repeat(300_000);
    let one_line = format!("FUNC 1000 40 0 {}", "f".repeat(lines.len()));
    for (name, text) in [("lines", lines), ("line", one_line)] {
        let folder = Folder::new(&format!("given-up-{name}"));
        fs::write(folder.sym(), &text).unwrap();
        let asked = Cell::new(0);
        let ask = |most: usize| {
            asked.set(0);
            SymbolMap::open_or_build_while(&folder.sym(), &folder.index(), &mut || {
                asked.set(asked.get() + 1);
                asked.get() < most
            })
        };
        assert!(matches!(ask(3), Err(Error::GivenUp)), "{name}");
        assert_eq!(asked.get(), 3, "{name}");
        assert!(!folder.index().exists());
        assert!(ask(usize::MAX).is_ok());
        assert!(asked.get() >= text.len() >> 20, "{name}: asked {} times", asked.get());
        // What is indexed takes no time.
        assert!(ask(0).is_ok());
    }
}

#[test]
fn an_empty_text_is_a_text() {
    let folder = Folder::new("empty");
    fs::write(folder.sym(), b"").unwrap();
    for _ in 0..2 {
        let index = SymbolMap::open_or_build(&folder.sym(), &folder.index()).unwrap();
        assert!(index.function_at(0).is_none());
        assert!(index.module().is_none());
    }
}

#[test]
fn indexes_are_sent_and_shared() {
    fn sent_and_shared<T: Send + Sync>() {}
    sent_and_shared::<SymbolMap>();
}

fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// The index of a small text, byte for byte: a change of the format, or of what a text's records mean, needs a new version
/// number, and this fixture stays for its readers. `UPDATE_GOLDEN=1 cargo test` writes it again.
#[test]
fn version_3_is_what_it_was() {
    let text = fs::read(data("small.sym")).unwrap();
    let built = SymbolIndex::build(&text);
    let path = data("small.v3.index");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &built).unwrap();
    }
    let kept = fs::read(path).unwrap();
    assert!(kept == built, "the index of small.sym has changed: renew its version, or UPDATE_GOLDEN=1");
    let index = SymbolMap::from(SymbolIndex::from_parts(text, kept).unwrap());
    let mut frames = Vec::new();
    assert!(index.frames_at(0x1009, &mut frames));
    let names: Vec<_> = frames.iter().map(|frame| (&*frame.function, frame.line)).collect();
    assert_eq!(names, [("inner", Some(6)), ("outer", Some(8)), ("work(int, char const*)", Some(7))]);
}

#[test]
fn an_index_of_an_older_version_is_built_anew() {
    let text = fs::read(data("small.sym")).unwrap();
    for old in ["small.v1.index", "small.v2.index"] {
        let bytes = fs::read(data(old)).unwrap();
        assert!(matches!(SymbolIndex::from_parts(text.clone(), bytes.clone()), Err(Error::Damaged(_))));

        let folder = Folder::new(old);
        fs::write(folder.sym(), &text).unwrap();
        fs::write(folder.index(), &bytes).unwrap();
        let index = SymbolMap::open_or_build(&folder.sym(), &folder.index()).unwrap();
        assert_eq!(index.function_at(0x1009).unwrap().name, "work(int, char const*)");
        assert_ne!(fs::read(folder.index()).unwrap(), bytes);
    }
}
