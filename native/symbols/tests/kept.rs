//! Functions that are decoded after their second look-up: the answers are those of the first.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fmt::Write as _;

use proptest::prelude::*;
use symbols::SymbolMap;
use symbols::lookup::BatchFrames;

const HEAD: &str = "MODULE Linux x86_64 B88EFD66844D598F2AB8AC49848281B20 libx.so\nFILE 0 a.c\nFILE 1 b.c\n\
INLINE_ORIGIN 0 i\nINLINE_ORIGIN 1 j\n";
const NO_FILE: u32 = u32::MAX;

/// The records of a function: lines and inlined calls that overlap, have gaps, lie outside or have unusual numbers.
fn block() -> impl Strategy<Value = String> {
    let range = (0u64..0x60, prop_oneof![0u64..0x30, 0u64..4, Just(u64::MAX)]);
    let number = prop_oneof![0..99u32, Just(NO_FILE)];
    let line = (range.clone(), number.clone(), prop_oneof![0..3u32, Just(NO_FILE)])
        .prop_map(|((at, size), line, file)| format!("{:x} {size:x} {line} {file}\n", 0xff8 + at));
    let inline =
        (0..5u32, number, 0..3u32, prop::collection::vec(range, 1..5)).prop_map(|(depth, line, id, ranges)| {
            let mut text = format!("INLINE {depth} {line} {id} {id}");
            for (at, size) in ranges {
                write!(text, " {:x} {size:x}", 0xff8 + at).unwrap();
            }
            text + "\n"
        });
    // Contiguous lines, as compilers write them.
    let usual = prop::collection::vec((1u64..9, 1..99u32, 0..2u32), 1..12).prop_map(|lines| {
        let mut at = 0x1000;
        let mut text = String::new();
        for (size, line, file) in lines {
            writeln!(text, "{at:x} {size:x} {line} {file}").unwrap();
            at += size;
        }
        text
    });
    prop_oneof![usual, prop::collection::vec(prop_oneof![line, inline], 0..20).prop_map(|lines| lines.concat())]
}

fn batch(map: &SymbolMap, addresses: &[u64]) -> BatchFrames {
    let mut frames = BatchFrames::default();
    map.frames_batch(addresses, &mut frames);
    frames
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn repeated_look_ups_give_the_first_answers(blocks in prop::collection::vec(block(), 1..4)) {
        let mut text = HEAD.to_owned();
        for (number, block) in blocks.iter().enumerate() {
            // They overlap by some bytes.
            write!(text, "FUNC {:x} 60 0 f{number}\n{block}", 0x1000 + number * 0x50).unwrap();
        }
        text += "PUBLIC 1200 0 p\n";
        let addresses: Vec<u64> = (0xff0..0x1210).collect();
        let warm = SymbolMap::from_text(text.clone().into_bytes());
        let first = batch(&SymbolMap::from_text(text.clone().into_bytes()), &addresses);
        for _ in 0..3 {
            prop_assert_eq!(&batch(&warm, &addresses), &first, "{}", text);
        }
        let mut one = Vec::new();
        for &rva in addresses.iter().step_by(3) {
            let fresh = SymbolMap::from_text(text.clone().into_bytes());
            let mut other = Vec::new();
            prop_assert_eq!(warm.frames_at(rva, &mut one), fresh.frames_at(rva, &mut other));
            prop_assert_eq!(&one, &other, "{:x} of\n{}", rva, text);
            prop_assert_eq!(&batch(&warm, &[rva]), &batch(&fresh, &[rva]), "{:x} of\n{}", rva, text);
            let searched = warm.search(rva);
            prop_assert!(searched.addresses.contains(&rva));
            let found = searched.found.map(|f| (warm.name_of(&f), f.start, f.param_size));
            for near in [rva, searched.addresses.start, searched.addresses.end - 1] {
                let function = fresh.function_at(near).map(|f| (f.name, f.start, f.param_size));
                prop_assert_eq!(&found, &function, "{:x} of\n{}", near, text);
            }
        }
    }
}
