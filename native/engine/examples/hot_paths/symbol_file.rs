//! A Breakpad file made up in memory: its index, and look-ups in it.

use std::fmt::Write as _;

use symbols::SymbolMap;
use symbols::lookup::BatchFrames;

use crate::HotPath;

const FUNCTIONS: u64 = 2_000;
const FIRST: u64 = 0x1000;
/// Bytes of a function, and of what a line of it covers.
const SIZE: u64 = 0x100;
const LINE: u64 = 0x10;

pub(crate) fn paths() -> Vec<HotPath> {
    let text = text();
    let symbols = SymbolMap::from_text(text.clone().into_bytes());
    let addresses = addresses(4_000);
    let few: Vec<u64> = addresses.iter().copied().take(100).cycle().take(4_000).collect();
    let again = SymbolMap::from_text(text.clone().into_bytes());
    let built = move || {
        let symbols = SymbolMap::from_text(text.clone().into_bytes());
        symbols.counts().functions as usize
    };
    vec![
        HotPath::new("index_of_text", "the index of a Breakpad file of 2,000 functions in memory", 2, built),
        HotPath::new("lookups_random", "4,000 addresses in one batch, frames with lines and inlines", 2, move || {
            frames(&symbols, &addresses)
        }),
        HotPath::new("lookups_repeated", "4,000 addresses one by one, of which 100 differ", 2, move || {
            let mut found = Vec::new();
            few.iter()
                .map(|&address| {
                    found.clear();
                    again.frames_at(address, &mut found);
                    found.len()
                })
                .sum()
        }),
    ]
}

fn frames(symbols: &SymbolMap, addresses: &[u64]) -> usize {
    let mut found = BatchFrames::default();
    symbols.frames_batch(addresses, &mut found);
    found.lines.len()
}

/// Functions with 16 lines and an inlined call each, names as C++ has them, and unwind rules.
fn text() -> String {
    let mut text = String::from("MODULE Linux x86_64 000102030405060708090A0B0C0D0E0F0 made-up\n");
    for file in 0..40 {
        let _ = writeln!(text, "FILE {file} /src/game/engine/part{file}/source{file}.cpp");
    }
    for origin in 0..100 {
        let _ = writeln!(text, "INLINE_ORIGIN {origin} std::vector<game::Item{origin}>::push_back(game::Item&&)");
    }
    for function in 0..FUNCTIONS {
        let start = FIRST + function * SIZE;
        let _ = writeln!(text, "FUNC {start:x} {SIZE:x} 0 game::World{}::step{function}(float)", function % 50);
        let inlined = start + 2 * LINE;
        let _ = writeln!(text, "INLINE 0 {} {} {} {inlined:x} 40", 12 + function, function % 40, function % 100);
        for line in 0..SIZE / LINE {
            let _ = writeln!(text, "{:x} {LINE:x} {} {}", start + line * LINE, 10 + function + line, function % 40);
        }
    }
    for function in 0..FUNCTIONS {
        let start = FIRST + function * SIZE;
        let _ = writeln!(text, "STACK CFI INIT {start:x} {SIZE:x} .cfa: $rsp 8 + .ra: .cfa -8 + ^");
        let _ = writeln!(text, "STACK CFI {:x} .cfa: $rsp 16 + $rbp: .cfa -16 + ^", start + 4);
    }
    text
}

/// Addresses in the functions, from a linear congruence.
fn addresses(count: usize) -> Vec<u64> {
    let mut state = 1u64;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        FIRST + (state >> 33) % (FUNCTIONS * SIZE)
    })
    .take(count)
    .collect()
}
