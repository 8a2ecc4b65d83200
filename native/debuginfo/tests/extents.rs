//! How far symbols reach: no further than the file says, and the same by every way that symbols are read.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod direct;

use std::path::{Path, PathBuf};

use debuginfo::Wanted;
use debuginfo::formats::{Format, recognise};
use debuginfo::image::{Build, Kind};
use object::read::elf::ElfFile;
use object::{Endianness, Object as _, ObjectSymbol as _, ObjectSymbolTable as _, SymbolKind};
use symbols::SymbolMap;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../symbols-fixtures")
}

fn corpora() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora");
    folder.exists().then_some(folder)
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
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

struct File {
    path: PathBuf,
    bytes: Vec<u8>,
    format: &'static Format,
    build: Build,
}

fn builds(path: &Path) -> Vec<File> {
    let bytes = std::fs::read(path).unwrap();
    let Some(format) = recognise(&bytes) else { return Vec::new() };
    let list = format.builds(&bytes).map_or_else(|_| Vec::new(), |builds| builds.list);
    let list = list.into_iter().filter(|build| !matches!(build.kind, Kind::Part | Kind::Other));
    list.map(|build| File { path: path.to_owned(), bytes: bytes.clone(), format, build }).collect()
}

impl File {
    fn index(&self) -> SymbolMap {
        self.format.index(&self.bytes, &self.build, "file").unwrap().0.finish().into()
    }

    /// The text with its unwind rules, as it is added to a store.
    fn text(&self) -> SymbolMap {
        let mut text = Vec::new();
        self.format.text(&self.bytes, &self.build, "file", &mut text).unwrap();
        SymbolMap::from_text(text)
    }

    fn partial(&self, addresses: &[u64]) -> SymbolMap {
        let wanted: Wanted = addresses.iter().copied().collect();
        self.format.partial(&self.bytes, &self.build, "file", &wanted).unwrap().0.finish().into()
    }
}

/// The index, the text and answers on demand name the same functions at these addresses. How many are named.
fn compare(file: &File, most: usize) -> usize {
    let (index, text) = (file.index(), file.text());
    assert_eq!(index.counts().publics, 0, "{}", file.path.display());
    let mut addresses = direct::spread(&index, most);
    // And around the ends of functions, where the ways would differ.
    let ends = addresses.iter().filter_map(|&rva| index.function_at(rva)).map(|found| found.start + found.size);
    let ends: Vec<u64> = ends.flat_map(|end| [end - 1, end, end + 3]).collect();
    addresses.extend(ends);
    addresses.sort_unstable();
    addresses.dedup();
    let partial = file.partial(&addresses);
    let mut named = 0;
    for &rva in &addresses {
        let function = index.function_at(rva);
        assert_eq!(text.function_at(rva), function, "{} {rva:#x} by text", file.path.display());
        assert_eq!(partial.function_at(rva), function, "{} {rva:#x} on demand", file.path.display());
        named += usize::from(function.is_some());
    }
    let name = |map: &SymbolMap, rva| map.function_at(rva).map(|function| function.name.into_owned());
    for &rva in addresses.iter().step_by(addresses.len() / 20 + 1) {
        assert_eq!(name(&file.partial(&[rva]), rva), name(&index, rva), "{} {rva:#x} alone", file.path.display());
    }
    named
}

#[test]
fn every_way_names_the_same() {
    let mut named = 0;
    for path in files(&fixtures()) {
        named += builds(&path).iter().map(|file| compare(file, 1500)).sum::<usize>();
    }
    assert!(named > 2_000, "{named}");
    let Some(corpora) = corpora() else {
        println!("skipped: no corpora");
        return;
    };
    let mut named = 0;
    for folder in ["debug-files", "live/binaries", "live-more/binaries"] {
        for path in files(&corpora.join(folder)) {
            named += builds(&path).iter().map(|file| compare(file, 500)).sum::<usize>();
        }
    }
    assert!(named > 2_000, "{named}");
}

/// A symbol: first address and the one after the last, relative to the base; the same for 0 bytes; name.
type Symbol<'d> = (u64, u64, &'d str);

/// The functions and labels in both symbol tables of an ELF file, as the crate `object` reads them.
fn symbols<'d>(file: &'d File) -> Vec<Symbol<'d>> {
    fn of<'d, Elf: object::read::elf::FileHeader<Endian = Endianness>>(file: &'d File) -> Vec<Symbol<'d>> {
        let elf = ElfFile::<Elf>::parse(file.bytes.as_slice()).unwrap();
        let tables = [elf.symbol_table(), elf.dynamic_symbol_table()];
        let is_arm = elf.architecture() == object::Architecture::Arm;
        let symbols = tables.into_iter().flatten().flat_map(|table| table.symbols());
        let symbols = symbols.filter(|symbol| matches!(symbol.kind(), SymbolKind::Text | SymbolKind::Label));
        symbols
            .filter_map(|symbol| {
                let start = symbol.address() & !u64::from(is_arm);
                let start = start.checked_sub(file.build.base)?;
                Some((start, start + symbol.size(), symbol.name().unwrap()))
            })
            .collect()
    }
    match file.bytes.get(4) {
        Some(1) => of::<object::elf::FileHeader32<Endianness>>(file),
        _ => of::<object::elf::FileHeader64<Endianness>>(file),
    }
}

/// In files without DWARF: a name is that of a symbol that holds the address, or of one whose size is 0 with no other symbol
/// between; and every address of a symbol with a size has a name.
#[test]
fn symbols_of_elf_files_have_their_sizes() {
    let mut folders = vec![fixtures().join("elf"), fixtures().join("unwind-tables")];
    folders.extend(corpora().map(|folder| folder.join("live-more/binaries")));
    let (mut named, mut gaps) = (0, 0);
    for file in folders.iter().flat_map(|folder| files(folder)).flat_map(|path| builds(&path)) {
        if file.format.name != "ELF" || file.build.debug_info.is_some() {
            continue;
        }
        let symbols = symbols(&file);
        let index = file.index();
        for rva in direct::spread(&index, 20_000) {
            let place = || format!("{} {rva:#x}", file.path.display());
            let holds = |&&(start, end, _): &&Symbol<'_>| start <= rva && rva < end;
            let last = symbols.iter().map(|symbol| symbol.0).filter(|&start| start <= rva).max();
            let Some(found) = index.function_at(rva) else {
                assert_eq!(symbols.iter().find(holds), None, "{}", place());
                gaps += 1;
                continue;
            };
            let is_true = symbols.iter().any(|symbol| {
                symbol.2 == found.name && (holds(&symbol) || symbol.0 == symbol.1 && Some(symbol.0) == last)
            });
            assert!(is_true, "{}: {found:?}", place());
            named += 1;
        }
    }
    assert!(named > 500, "{named}");
    assert!(corpora().is_none() || gaps > 1000, "{gaps}");
}
