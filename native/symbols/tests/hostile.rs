//! Hostile texts and hostile index files: wrong answers at worst, never a panic.
#![allow(clippy::unwrap_used, missing_docs)]

use proptest::prelude::*;
use symbols::breakpad::{Record, parse, write};
use symbols::lookup::BatchFrames;
use symbols::{SymbolIndex, SymbolMap};

const SAMPLE: &[u8] = b"MODULE Linux x86_64 B88EFD66844D598F2AB8AC49848281B20 libx.so\nINFO CODE_ID 66FD\nFILE 0 a.c\nFILE 1 b.c\n\
INLINE_ORIGIN 0 i\nINLINE_ORIGIN 1 j\nFUNC 1000 40 0 f(int, char const*)\nINLINE 0 7 0 0 1004 10 1020 4\nINLINE 1 8 1 1 1008 4\n\
1000 8 5 0\n1008 8 6 1\n1010 30 7 0\nFUNC m 1040 20 4 g\n1040 20 9 1\nINFO x\n1060 1 1 1\nPUBLIC 2000 0 p\nPUBLIC m 3000 0 q\n\
STACK CFI INIT 1000 40 .cfa: $rsp 8 + .ra: .cfa -8 + ^\nSTACK CFI 1001 .cfa: $rsp 16 +\nSTACK CFI INIT 1040 20 .cfa: $rsp 8 +\n\
STACK CFI 1008 x: 1\nSTACK WIN 4 1000 40 1 1 0 0 0 0 1 $T0 $ebp =\nSTACK WIN 0 1040 20 0 0 4 0 0 0 0 1\n";

/// Ask everything of an index.
fn ask(index: &SymbolMap, addresses: &[u64]) {
    let mut frames = Vec::new();
    for &rva in addresses {
        if index.frames_at(rva, &mut frames) {
            assert!(!frames.is_empty());
        }
        let _ = index.function_at(rva);
        let _ = index.cfi_at(rva);
        let _ = index.win_at(rva);
    }
    let mut batch = BatchFrames::default();
    index.frames_batch(addresses, &mut batch);
    assert_eq!(batch.offsets.len(), addresses.len() + 1);
    assert_eq!(batch.functions.len() as u64, *batch.offsets.last().unwrap());
    for &function in &batch.functions {
        let _ = index.batch_name(function);
    }
    let _ = (index.module(), index.diagnostics(), index.counts(), index.span());
}

fn addresses() -> Vec<u64> {
    let mut all: Vec<u64> = (0xff0..0x1070).collect();
    all.extend([0, 1, 0x2000, 0x2fff, 0x3000, 0xffff_ffff, 0x1_0000_0000, u64::MAX - 1, u64::MAX]);
    all
}

fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let edit =
        (0..SAMPLE.len(), prop_oneof![Just(b' '), Just(b'\n'), Just(b'f'), Just(0u8), Just(b'-'), any::<u8>()], 0..3u8);
    prop::collection::vec(edit, 1..12).prop_map(|edits| {
        let mut text = SAMPLE.to_vec();
        for (at, byte, how) in edits {
            let at = at.min(text.len() - 1);
            match how {
                0 => text[at] = byte,
                1 => text.insert(at, byte),
                _ => drop(text.remove(at)),
            }
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_a_text(text in prop::collection::vec(any::<u8>(), 0..300)) {
        ask(&SymbolMap::from_text(text), &addresses());
    }

    #[test]
    fn any_line_is_a_record_or_a_fault(line in prop_oneof![
        "[A-Z ]{0,12}[0-9a-fA-Fx+ -]{0,40}", ".{0,40}",
        "(FUNC|PUBLIC|INLINE|STACK CFI|STACK WIN|STACK CFI INIT|FILE|INLINE_ORIGIN|)( m)?( -?[0-9a-f]{1,17}){0,12}( [a-z]*)?",
    ]) {
        if let Ok(Some(record)) = parse(line.as_bytes()) {
            // What was read and written is read again as the same.
            let mut text = Vec::new();
            write(&record, &mut text);
            let again = parse(&text[..text.len() - 1]);
            let mut twice = Vec::new();
            write(&again.unwrap().unwrap(), &mut twice);
            prop_assert_eq!(&text, &twice);
            if !matches!(record, Record::Inline(_) | Record::InlineOrigin(_)) {
                prop_assert_eq!(again.unwrap().unwrap(), record);
            }
        }
    }

    #[test]
    fn mutated_texts(text in mutated()) {
        ask(&SymbolMap::from_text(text), &addresses());
    }

    /// A leading space sends every line the slow way; the answers are the same.
    #[test]
    fn quick_and_slow_agree(text in mutated()) {
        let mut slow = b" ".to_vec();
        for (at, &byte) in text.iter().enumerate() {
            slow.push(byte);
            if byte == b'\n' || (byte == b'\r' && text.get(at + 1) != Some(&b'\n')) {
                slow.push(b' ');
            }
        }
        // A BOM is one only at the very beginning.
        prop_assume!(!text.starts_with(b"\xef\xbb\xbf"));
        let (quick, slow) = (SymbolMap::from_text(text), SymbolMap::from_text(slow));
        prop_assert_eq!(quick.counts(), slow.counts());
        prop_assert_eq!(quick.diagnostics(), slow.diagnostics());
        prop_assert_eq!(quick.module(), slow.module());
        let (mut a, mut b) = (Vec::new(), Vec::new());
        for rva in addresses() {
            prop_assert_eq!(quick.function_at(rva), slow.function_at(rva));
            prop_assert_eq!(quick.frames_at(rva, &mut a), slow.frames_at(rva, &mut b));
            prop_assert_eq!(&a, &b);
            prop_assert_eq!(quick.cfi_at(rva), slow.cfi_at(rva));
            prop_assert_eq!(quick.win_at(rva), slow.win_at(rva));
        }
    }

    #[test]
    fn damaged_indexes_are_refused(at in any::<prop::sample::Index>(), byte in 1..=255u8, cut in any::<bool>()) {
        let mut index = SymbolIndex::build(SAMPLE);
        let at = at.index(index.len());
        if cut { index.truncate(at) } else { index[at] ^= byte }
        prop_assert!(SymbolIndex::from_parts(SAMPLE.to_vec(), index).is_err());
    }

    /// Somebody takes the trouble to get the checksums right.
    #[test]
    fn forged_indexes_do_no_harm(edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4u8), 1..20)) {
        let mut index = SymbolIndex::build(SAMPLE);
        for (at, byte, how) in edits {
            // Anything but the magic number, version and sizes in the first 64 bytes.
            let at = 64 + at.index(index.len() - 64);
            index[at] = match how { 0 => byte, 1 => 0xff, 2 => 0, _ => index[at].wrapping_add(1) };
        }
        SymbolIndex::reseal(&mut index);
        if let Ok(index) = SymbolIndex::from_parts(SAMPLE.to_vec(), index) {
            ask(&index.into(), &addresses());
        }
    }

    #[test]
    fn any_bytes_are_no_index(index in prop::collection::vec(any::<u8>(), 0..1000)) {
        prop_assert!(SymbolIndex::from_parts(SAMPLE.to_vec(), index).is_err());
    }
}

#[test]
fn the_index_of_another_text_is_refused() {
    let index = SymbolIndex::build(SAMPLE);
    assert!(SymbolIndex::from_parts(SAMPLE.to_vec(), index.clone()).is_ok());
    let mut other = SAMPLE.to_vec();
    *other.last_mut().unwrap() = b' ';
    assert!(SymbolIndex::from_parts(other, index.clone()).is_err());
    assert!(SymbolIndex::from_parts(SAMPLE[1..].to_vec(), index).is_err());
}
