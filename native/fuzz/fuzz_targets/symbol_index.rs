//! A damaged index over a sound text: the fuzzer's bytes as they are, and as patches to a good index.
#![no_main]

use libfuzzer_sys::fuzz_target;
use symbolicate_fuzz::{Limit, within};
use symbols::{SymbolIndex, SymbolMap};

const LIMIT: Limit = Limit { base: 4 << 20, factor: 8 };

const TEXT: &str = "MODULE Linux x86_64 0123456789ABCDEF0123456789ABCDEF0 app\nINFO CODE_ID AB\nFILE 0 a.c\nFILE 1 b.h\n\
    INLINE_ORIGIN 0 inner\nFUNC 1000 100 0 outer\nINLINE 0 7 1 0 1010 20\n1000 10 1 0\n1010 20 2 1\n1030 d0 3 0\n\
    FUNC m 2000 50 8 folded\n2000 50 9 0\nPUBLIC 3000 0 exported\nPUBLIC 4000 0 last\n\
    STACK WIN 4 1000 100 0 0 0 0 8 0 1 $T0 .raSearch = $eip $T0 ^ = $esp $T0 4 + =\n\
    STACK CFI INIT 1000 100 .cfa: $rsp 8 + .ra: .cfa 8 - ^\nSTACK CFI 1010 .cfa: $rsp 16 +\n";

fuzz_target!(|bytes: &[u8]| within(LIMIT, bytes.len(), || ask_both(bytes)));

fn ask_both(bytes: &[u8]) {
    ask(bytes.to_vec());
    let mut index = SymbolIndex::build(TEXT.as_bytes());
    for patch in bytes.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([patch[0], patch[1]]));
        if let Some(byte) = index.get_mut(at) {
            *byte = patch[2];
        }
    }
    ask(index);
}

fn ask(index: Vec<u8>) {
    let Ok(index) = SymbolIndex::from_parts(TEXT.into(), index) else { return };
    let index = SymbolMap::from(index);
    let mut frames = Vec::new();
    for rva in (0..0x5000).step_by(0x7f) {
        let _ = (index.function_at(rva), index.frames_at(rva, &mut frames), index.cfi_at(rva), index.win_at(rva));
    }
}
