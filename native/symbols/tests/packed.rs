//! An index that is made from records answers as that of the text with the same records.
#![allow(clippy::unwrap_used, missing_docs)]

use proptest::prelude::*;
use symbols::breakpad::{
    Dialect, File, Func, Info, Inline, InlineOrigin, Line, Module, Public, Ranges, Record, length, write,
};
use symbols::index::{Error, Functions, IndexBuilder, Stamp, Unfinished};
use symbols::lookup::BatchFrames;
use symbols::{SymbolIndex, SymbolMap};

type Call = (u32, u32, Option<u32>, Option<u32>, Vec<(u64, u64)>);

#[derive(Clone, Debug)]
enum Symbol {
    Func { at: u64, size: u64, name: Vec<u8>, calls: Vec<Call>, lines: Vec<(u64, u64, u32, u32)> },
    Public { at: u64, name: Vec<u8> },
}

/// A module's records; each group of symbols is packed by itself.
#[derive(Clone, Debug)]
struct Records {
    arch: &'static str,
    files: Vec<(u32, Vec<u8>)>,
    origins: Vec<(u32, Vec<u8>)>,
    groups: Vec<Vec<Symbol>>,
}

fn name() -> impl Strategy<Value = Vec<u8>> {
    let usual = prop::sample::select(vec!["f", "g", "ns::h(int)", "m", "<unknown in x>", "3 x", "-1 y", "_fini", ""]);
    let any = prop::collection::vec(prop_oneof![Just(b' '), Just(b'\t'), Just(b'\n'), Just(0), any::<u8>()], 0..6);
    prop_oneof![4 => usual.prop_map(|name| name.as_bytes().to_vec()), 1 => any]
}

fn address() -> impl Strategy<Value = u64> {
    prop_oneof![9 => 0..0x120u64, 1 => 0xffff_ff00..0x1_0000_0100u64, 1 => (u64::MAX - 0x80)..(u64::MAX - 1)]
}

fn size() -> impl Strategy<Value = u64> {
    prop_oneof![9 => 0..0x40u64, 1 => 0..0x2_0000_0000u64]
}

fn symbol() -> impl Strategy<Value = Symbol> {
    let id = || prop::option::of(0..4u32);
    let call = (0..3u32, 0..90u32, id(), id(), prop::collection::vec((address(), size()), 1..3));
    let line = (address(), size(), prop_oneof![0..90u32, any::<u32>()], prop_oneof![0..4u32, Just(u32::MAX)]);
    let func = (address(), size(), name(), prop::collection::vec(call, 0..4), prop::collection::vec(line, 0..6));
    prop_oneof![
        3 => func.prop_map(|(at, size, name, calls, lines)| Symbol::Func { at, size, name, calls, lines }),
        1 => (address(), name()).prop_map(|(at, name)| Symbol::Public { at, name }),
    ]
}

fn records() -> impl Strategy<Value = Records> {
    let named = || prop::collection::vec((0..4u32, name()), 0..5);
    let groups = prop::collection::vec(prop::collection::vec(symbol(), 0..5), 0..4);
    let arch = prop::sample::select(vec!["x86_64", "arm"]);
    (arch, named(), named(), groups).prop_map(|(arch, files, origins, groups)| Records { arch, files, origins, groups })
}

impl Records {
    fn module(&self) -> Module<'_> {
        Module { os: b"mac", arch: self.arch.as_bytes(), id: b"B88EFD66844D598F2AB8AC49848281B20", name: b"a b.so" }
    }

    fn text(&self) -> Vec<u8> {
        let mut out = Vec::new();
        write(&Record::Module(self.module()), &mut out);
        write(&Record::Info(GENERATOR), &mut out);
        self.files.iter().for_each(|(id, name)| write(&Record::File(File { id: *id, name }), &mut out));
        let origins = self.origins.iter().map(|(id, name)| InlineOrigin { id: *id, name });
        origins.for_each(|origin| write(&Record::InlineOrigin(origin), &mut out));
        for symbol in self.groups.iter().flatten() {
            symbol.each(&mut |record| write(&record, &mut out));
        }
        out
    }

    fn builder(&self) -> IndexBuilder {
        let mut builder = IndexBuilder::default();
        builder.module(&self.module());
        builder.info(&GENERATOR);
        self.files.iter().for_each(|(id, name)| builder.file(&File { id: *id, name }));
        self.origins.iter().for_each(|(id, name)| builder.origin(&InlineOrigin { id: *id, name }));
        for group in &self.groups {
            let mut functions = Functions::default();
            for symbol in group {
                symbol.each(&mut |record| add(&record, &mut functions));
                // One more that is forgotten leaves nothing behind.
                let before = functions.text_bytes();
                let lost =
                    Symbol::Func { at: 1, size: 9, name: b"lost".to_vec(), calls: vec![], lines: vec![(1, 9, 1, 1)] };
                lost.each(&mut |record| add(&record, &mut functions));
                functions.forget_function();
                assert_eq!(functions.text_bytes(), before);
            }
            builder.append(functions);
        }
        builder
    }
}

impl Records {
    fn write(&self, folder: &Folder) -> SymbolIndex {
        SymbolIndex::create_packed(&folder.index(), SOURCE, &mut || true, || Ok::<_, Unfinished>(self.builder()))
            .unwrap()
    }
}

const GENERATOR: Info<'static> = Info { key: b"GENERATOR", value: b"test" };

impl Symbol {
    fn each(&self, found: &mut dyn FnMut(Record<'_>)) {
        match self {
            Self::Public { at, name } => {
                found(Record::Public(Public { address: *at, param_size: 0, folded: false, name }));
            }
            Self::Func { at, size, name, calls, lines } => {
                found(Record::Func(Func { address: *at, size: *size, param_size: 0, folded: false, name }));
                for (depth, call_line, call_file, origin, ranges) in calls {
                    found(Record::Inline(Inline {
                        depth: *depth,
                        call_line: *call_line,
                        call_file: *call_file,
                        origin: *origin,
                        dialect: Dialect::New,
                        ranges: Ranges::Pairs(ranges),
                    }));
                }
                for &(address, size, line, file) in lines {
                    found(Record::Line(Line { address, size, line, file }));
                }
            }
        }
    }
}

fn add(record: &Record<'_>, functions: &mut Functions) {
    match record {
        Record::Func(func) => functions.function(func),
        Record::Public(public) => functions.public(public),
        Record::Inline(inline) => functions.inline(inline),
        Record::Line(line) => functions.line(line),
        other => panic!("{other:?}"),
    }
}

fn addresses() -> Vec<u64> {
    let wide = (0xffff_fee0..0x1_0000_0180u64).chain(u64::MAX - 0x90..u64::MAX);
    (0..0x180).chain(wide).collect()
}

/// Everything that both can be asked.
fn same(text: &SymbolMap, packed: &SymbolMap, addresses: &[u64]) -> Result<(), TestCaseError> {
    prop_assert_eq!(text.module(), packed.module());
    prop_assert_eq!(text.counts(), packed.counts());
    prop_assert_eq!(text.span(), packed.span());
    let unusual = |map: &SymbolMap| map.diagnostics().iter().map(|d| (d.kind, d.count)).collect::<Vec<_>>();
    prop_assert_eq!(unusual(text), unusual(packed));
    let (mut one, mut other) = (Vec::new(), Vec::new());
    for &rva in addresses {
        prop_assert_eq!(text.function_at(rva), packed.function_at(rva), "{:#x}", rva);
        prop_assert_eq!(text.frames_at(rva, &mut one), packed.frames_at(rva, &mut other));
        prop_assert_eq!(&one, &other, "{:#x}", rva);
    }
    let shown = |map: &SymbolMap| {
        let mut found = BatchFrames::default();
        map.frames_batch(addresses, &mut found);
        let names: Vec<_> = found.functions.iter().map(|&function| map.batch_name(function).into_owned()).collect();
        (found.offsets, found.starts, names, found.files, found.lines)
    };
    prop_assert_eq!(shown(text), shown(packed));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn look_ups_equal_those_of_the_text(records in records()) {
        let text = SymbolMap::from_text(records.text());
        let packed = SymbolMap::from(records.builder().finish());
        same(&text, &packed, &addresses())?;
    }

    #[test]
    fn a_record_has_the_length_it_is_written_with(records in records()) {
        let mut functions = Functions::default();
        let mut text = Vec::new();
        for symbol in records.groups.iter().flatten() {
            symbol.each(&mut |record| {
                let before = text.len();
                write(&record, &mut text);
                assert_eq!(text.len() - before, length(&record), "{record:?}");
                add(&record, &mut functions);
            });
        }
        prop_assert_eq!(functions.text_bytes(), text.len() as u64);
    }

    #[test]
    fn a_forged_index_never_fails(
        records in records(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..20),
    ) {
        let mut bytes = records.builder().bytes(SOURCE);
        for (at, byte) in edits {
            let at = 64 + at.index(bytes.len() - 64);
            bytes[at] = byte;
        }
        SymbolIndex::reseal(&mut bytes);
        if let Ok(index) = SymbolIndex::from_packed(bytes, SOURCE) {
            let map = SymbolMap::from(index);
            let mut frames = Vec::new();
            for rva in addresses() {
                let _ = (map.function_at(rva), map.frames_at(rva, &mut frames), map.cfi_at(rva), map.win_at(rva));
            }
            map.frames_batch(&addresses(), &mut BatchFrames::default());
        }
    }
}

/// Making an index is given up at each step, which leaves no file; the file that is made after that is whole.
#[test]
fn an_index_is_given_up_at_each_step() {
    let folder = Folder::new("given-up");
    let records = || Ok::<_, Unfinished>(sample().builder());
    let mut steps = 0;
    let whole = loop {
        let mut left = steps;
        let mut proceed = || {
            left -= 1;
            left >= 0
        };
        match SymbolIndex::create_packed(&folder.index(), SOURCE, &mut proceed, records) {
            Ok(whole) => break whole,
            Err(error) => assert!(matches!(error, Unfinished::GivenUp)),
        }
        assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 0);
        let mut left = steps;
        let in_memory = records().unwrap().finish_while(&mut || {
            left -= 1;
            left >= 0
        });
        assert!(in_memory.is_none());
        steps += 1;
    };
    assert!(steps > 5);
    let stored = SymbolIndex::open_packed(&folder.index(), SOURCE).unwrap();
    for made in [whole, stored] {
        assert!(SymbolMap::from(made).frames_at(0x1009, &mut Vec::new()));
    }
}

#[test]
fn a_large_function() {
    let step = 16;
    let lines: Vec<_> = (0..40_000u64).map(|i| (i * step, step, u32::try_from(i % 500).unwrap(), 1)).collect();
    let calls: Vec<Call> = (0..5_000u64)
        .map(|i| (u32::from(i % 2 == 1), 7, Some(1), Some(2), vec![(i * 100, 60), (i * 90, 10)]))
        .collect();
    let size = 40_000 * step;
    let func = Symbol::Func { at: 0, size, name: b"large".to_vec(), calls, lines };
    let files = vec![(1, b"a.c".to_vec())];
    let records = Records { arch: "x86_64", files, origins: vec![(2, b"in".to_vec())], groups: vec![vec![func]] };
    let (text, packed) = (SymbolMap::from_text(records.text()), SymbolMap::from(records.builder().finish()));
    let addresses: Vec<u64> = (0..size + 100).step_by(37).collect();
    same(&text, &packed, &addresses).unwrap();
    assert!(packed.index().text().len() * 4 < text.index().text().len());
}

const SOURCE: Stamp = Stamp { size: 1234, modified: 5678 };

/// A folder of its own for a test, gone afterwards.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("packed-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn index(&self) -> std::path::PathBuf {
        self.0.join("x.syx")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn sample() -> Records {
    let func = |at, name: &str| Symbol::Func {
        at,
        size: 0x40,
        name: name.into(),
        calls: vec![(0, 8, Some(1), Some(1), vec![(at + 8, 8)])],
        lines: vec![(at, 0x10, 7, 1), (at + 0x10, 0x30, 9, 2)],
    };
    Records {
        arch: "arm64",
        files: vec![(1, b"a.c".to_vec()), (2, b"b.c".to_vec())],
        origins: vec![(1, b"inner".to_vec())],
        groups: vec![vec![func(0x1000, "outer"), func(0x1040, "next")]],
    }
}

#[test]
fn a_written_index_is_opened_for_its_source_alone() {
    let folder = Folder::new("written");
    let built = SymbolMap::from(sample().write(&folder));
    let opened = SymbolMap::from(SymbolIndex::open_packed(&folder.index(), SOURCE).unwrap());
    same(&built, &opened, &(0xff0..0x1100).collect::<Vec<_>>()).unwrap();
    assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 1, "no temporary file is left");
    for other in [Stamp { size: 1, ..SOURCE }, Stamp { modified: 1, ..SOURCE }] {
        assert!(matches!(SymbolIndex::open_packed(&folder.index(), other), Err(Error::Foreign(_))));
    }
    let bytes = std::fs::read(folder.index()).unwrap();
    assert!(matches!(SymbolIndex::from_parts(Vec::new(), bytes.clone()), Err(Error::Foreign("kind"))));
    let over_a_text = SymbolIndex::build(b"FUNC 1000 10 0 f\n");
    assert!(matches!(SymbolIndex::from_packed(over_a_text, SOURCE), Err(Error::Foreign("kind"))));
    // Small records are sampled whole, so any damage is noticed.
    for at in 0..bytes.len() {
        let mut bad = bytes.clone();
        bad[at] ^= 0x10;
        assert!(SymbolIndex::from_packed(bad, SOURCE).is_err(), "{at}");
        assert!(SymbolIndex::from_packed(bytes[..at].to_vec(), SOURCE).is_err(), "{at}");
    }
}

/// The index of a few records, byte for byte: a change of the format, or of what records mean, needs a new version number.
/// `UPDATE_GOLDEN=1 cargo test` writes it again.
#[test]
fn version_3_of_packed_records_is_what_it_was() {
    let folder = Folder::new("golden");
    drop(sample().write(&folder));
    let built = std::fs::read(folder.index()).unwrap();
    let path = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/packed.v3.index");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &built).unwrap();
    }
    let kept = std::fs::read(path).unwrap();
    assert!(kept == built, "the index has changed: renew its version, or UPDATE_GOLDEN=1");
    let map = SymbolMap::from(SymbolIndex::from_packed(kept, SOURCE).unwrap());
    let mut frames = Vec::new();
    assert!(map.frames_at(0x1009, &mut frames));
    let names: Vec<_> = frames.iter().map(|frame| (&*frame.function, frame.line)).collect();
    assert_eq!(names, [("inner", Some(7)), ("outer", Some(8))]);
}
