//! A damaged index, over a sound text and without one: the fuzzer's bytes as they are, and as patches to good indexes whose
//! checksums are made to fit.
#![no_main]

use libfuzzer_sys::fuzz_target;
use symbolicate_fuzz::{Limit, within};
use symbols::breakpad::{Dialect, File, Func, Inline, InlineOrigin, Line, Module, Public, Ranges};
use symbols::index::{Functions, IndexBuilder, Stamp};
use symbols::{SymbolIndex, SymbolMap};

const LIMIT: Limit = Limit { base: 4 << 20, factor: 8 };

const TEXT: &str = "MODULE Linux x86_64 0123456789ABCDEF0123456789ABCDEF0 app\nINFO CODE_ID AB\nFILE 0 a.c\nFILE 1 b.h\n\
    INLINE_ORIGIN 0 inner\nFUNC 1000 100 0 outer\nINLINE 0 7 1 0 1010 20\n1000 10 1 0\n1010 20 2 1\n1030 d0 3 0\n\
    FUNC m 2000 50 8 folded\n2000 50 9 0\nPUBLIC 3000 0 exported\nPUBLIC 4000 0 last\n\
    STACK WIN 4 1000 100 0 0 0 0 8 0 1 $T0 .raSearch = $eip $T0 ^ = $esp $T0 4 + =\n\
    STACK CFI INIT 1000 100 .cfa: $rsp 8 + .ra: .cfa 8 - ^\nSTACK CFI 1010 .cfa: $rsp 16 +\n";

const SOURCE: Stamp = Stamp { size: 1, modified: 2 };

fuzz_target!(|bytes: &[u8]| within(LIMIT, bytes.len(), || ask_all(bytes)));

fn ask_all(bytes: &[u8]) {
    ask(bytes.to_vec());
    for mut index in [SymbolIndex::build(TEXT.as_bytes()), packed()] {
        for patch in bytes.chunks_exact(3) {
            let at = usize::from(u16::from_le_bytes([patch[0], patch[1]]));
            if let Some(byte) = index.get_mut(at) {
                *byte = patch[2];
            }
        }
        SymbolIndex::reseal(&mut index);
        ask(index);
    }
}

/// The index of a few records, without a text.
fn packed() -> Vec<u8> {
    let mut builder = IndexBuilder::default();
    builder.module(&Module { os: b"Linux", arch: b"x86_64", id: b"0123456789ABCDEF0123456789ABCDEF0", name: b"app" });
    builder.file(&File { id: 0, name: b"a.c" });
    builder.file(&File { id: 1, name: b"b.h" });
    builder.origin(&InlineOrigin { id: 0, name: b"inner" });
    let mut functions = Functions::default();
    for (address, name) in [(0x1000, b"outer"), (0x2000, b"other")] {
        functions.function(&Func { address, size: 0x100, param_size: 0, folded: false, name });
        functions.inline(&Inline {
            depth: 0,
            call_line: 7,
            call_file: Some(1),
            origin: Some(0),
            dialect: Dialect::New,
            ranges: Ranges::Pairs(&[(address + 0x10, 0x20), (address + 0x80, 4)]),
        });
        for (at, file) in [(0, 0), (0x10, 1), (0x30, 0)] {
            functions.line(&Line { address: address + at, size: 0x10, line: 9, file });
        }
    }
    functions.public(&Public { address: 0x3000, param_size: 0, folded: false, name: b"exported" });
    builder.append(functions);
    builder.bytes(SOURCE)
}

fn ask(index: Vec<u8>) {
    let over_text = SymbolIndex::from_parts(TEXT.into(), index.clone());
    for index in [over_text, SymbolIndex::from_packed(index, SOURCE)].into_iter().flatten() {
        let map = SymbolMap::from(index);
        let mut frames = Vec::new();
        for rva in (0..0x5000).step_by(0x7f) {
            let _ = (map.function_at(rva), map.frames_at(rva, &mut frames), map.cfi_at(rva), map.win_at(rva));
        }
    }
}
