//! Blocks too large to be read for each address: the answers are those of small ones, and they come soon.
#![allow(clippy::unwrap_used, missing_docs)]

use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use symbols::SymbolMap;
use symbols::breakpad::rules;
use symbols::lookup::BatchFrames;

const HEAD: &str = "MODULE Linux x86_64 B88EFD66844D598F2AB8AC49848281B20 libx.so\nFILE 0 a.c\nFILE 1 b.c\n\
INLINE_ORIGIN 0 i\nINLINE_ORIGIN 1 j\n";

/// What makes a block large and says nothing: more than 64 KiB.
fn padding(line: &str) -> String {
    line.repeat((80 << 10) / line.len())
}

fn lines() -> impl Strategy<Value = String> {
    let range = (0u64..100, prop_oneof![0u64..40, 0u64..4]);
    let line = (range.clone(), 0..99u32, 0..3u32)
        .prop_map(|((at, size), line, file)| format!("{:x} {size:x} {line} {file}\n", 0x1000 + at));
    let inline =
        (0..5u32, 0..99u32, 0..3u32, prop::collection::vec(range, 1..5)).prop_map(|(depth, line, id, ranges)| {
            let mut text = format!("INLINE {depth} {line} {id} {id}");
            for (at, size) in ranges {
                write!(text, " {:x} {size:x}", 0x1000 + at).unwrap();
            }
            text + "\n"
        });
    prop::collection::vec(prop_oneof![line, inline], 0..40).prop_map(|lines| lines.concat())
}

fn deltas() -> impl Strategy<Value = String> {
    let rule = (0..6u32, 0..9u32).prop_map(|(name, value)| format!(" r{name}: {value}"));
    let delta =
        (0u64..120, prop::collection::vec(rule, 1..4), prop::bool::weighted(0.1)).prop_map(|(at, rules, bad)| {
            format!("STACK CFI {:x}{}{}\n", 0x1000 + at, rules.concat(), if bad { " x: r1: 3" } else { "" })
        });
    prop::collection::vec(delta, 0..300).prop_map(|lines| lines.concat())
}

/// The rules in force after all records.
fn in_force(index: &SymbolMap, rva: u64) -> Option<BTreeMap<Vec<u8>, Vec<u8>>> {
    let found = index.cfi_at(rva)?;
    let all = std::iter::once(found.init).chain(found.deltas.iter().copied());
    Some(all.flat_map(rules).map(|(name, rule)| (name.to_vec(), rule.to_vec())).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn large_functions_are_as_small_ones(block in lines(), first in any::<bool>()) {
        let func = format!("{HEAD}FUNC 1000 80 0 f\n");
        let pad = padding("900000 0 1 0\n");
        let small = SymbolMap::from_text(format!("{func}{block}").into_bytes());
        let text = if first { format!("{func}{pad}{block}") } else { format!("{func}{block}{pad}") };
        let large = SymbolMap::from_text(text.into_bytes());
        let (mut a, mut b) = (Vec::new(), Vec::new());
        let addresses: Vec<u64> = (0xff0..0x10a0).rev().collect();
        for &rva in &addresses {
            prop_assert_eq!(small.frames_at(rva, &mut a), large.frames_at(rva, &mut b));
            prop_assert_eq!(&a, &b);
        }
        let (mut a, mut b) = (BatchFrames::default(), BatchFrames::default());
        small.frames_batch(&addresses, &mut a);
        large.frames_batch(&addresses, &mut b);
        prop_assert_eq!(a, b);
    }

    #[test]
    fn large_rules_are_as_small_ones(block in deltas(), comments in any::<bool>()) {
        let init = format!("{HEAD}STACK CFI INIT 1000 70 r0: 0 r9: 9\n");
        let small = SymbolMap::from_text(format!("{init}{block}").into_bytes());
        let pad = padding(if comments { "# a comment\n" } else { "STACK CFI 5 r0: 77\n" });
        let text = format!("{init}{pad}{block}");
        let large = SymbolMap::from_text(text.into_bytes());
        for rva in 0xff0..0x1080 {
            prop_assert_eq!(in_force(&small, rva), in_force(&large, rva));
        }
    }
}

/// Build an index and ask for a thousand addresses in every way.
fn ask(text: String) {
    let index = SymbolMap::from_text(text.into_bytes());
    let addresses: Vec<u64> = (0..1000).map(|i| 0x1000 + i * 97).collect();
    let mut frames = Vec::new();
    for &rva in &addresses {
        index.frames_at(rva, &mut frames);
        let _ = (index.function_at(rva), index.cfi_at(rva), index.win_at(rva));
    }
    let mut batch = BatchFrames::default();
    index.frames_batch(&addresses, &mut batch);
}

fn many(count: u64, line: impl Fn(u64) -> String) -> String {
    (0..count).map(line).collect()
}

/// Each of these took minutes, or longer than anybody would wait, where a look-up read its whole block.
#[test]
fn no_text_keeps_anybody_waiting() {
    const N: u64 = 200_000;
    let func = format!("{HEAD}FUNC 1000 1000000 0 f\n");
    let init = "STACK CFI INIT 1000 1000000 .cfa: $rsp 8 + .ra: .cfa -8 + ^\n";
    let name = "a".repeat(4 << 20);
    let ranges = |range: &str| format!("{func}INLINE 0 1 0 0{}\n", range.repeat(N as usize));
    let texts = [
        ("lines", func.clone() + &many(N, |i| format!("{:x} 1 {i} 0\n", 0x100_0000 - i))),
        ("inlines", func.clone() + &many(N, |i| format!("INLINE 0 {i} 0 0 {:x} 4\n", 0x1000 + i * 4))),
        (
            "nested inlines",
            func.clone() + &many(N, |i| format!("INLINE {i} 1 0 0 {:x} {:x}\n", 0x1000 + i, 2 * (N - i))),
        ),
        ("equal inlines", func.clone() + &many(N, |i| format!("INLINE {i} 1 0 0 1000 1000000\n"))),
        ("equal ranges", ranges(" 1000 1000000")),
        ("ranges", format!("{func}INLINE 0 1 0 0{}\n", many(N, |i| format!(" {:x} 4", 0x1000 + i * 8)))),
        ("deltas", format!("{func}{init}") + &many(N, |i| format!("STACK CFI {:x} .cfa: $rsp {i} +\n", 0x1000 + i))),
        ("names", format!("{func}{init}") + &many(N, |i| format!("STACK CFI {:x} r{i}: 1\n", 0x1000 + i))),
        ("equal deltas", format!("{func}{init}") + &"STACK CFI 1000 .cfa: $rsp 8 +\n".repeat(N as usize)),
        ("scattered deltas", many(N, |i| format!("STACK CFI {:x} .cfa: $rsp 8 +\n", 0x1000 + i % 9)) + init),
        ("long FUNC", format!("{HEAD}FUNC 1000 100 0 {name}\n") + &many(N, |i| format!("FUNC 1000 100 0 f{i}\n"))),
        ("long PUBLIC", format!("{HEAD}PUBLIC 1000 0 {name}\n") + &many(N, |i| format!("PUBLIC 1000 0 f{i}\n"))),
        ("long MODULE", format!("MODULE a b c {name}\n") + &"INFO CODE_ID 1\n".repeat(N as usize)),
        ("long name", format!("{HEAD}FUNC 1000 1000000 0 {name}\n1000 1000000 1 0\n")),
        ("long FILE", format!("FILE 0 {name}\nFUNC 1000 1000000 0 f\n1000 1000000 1 0\n")),
        ("long rules", format!("{func}STACK CFI INIT 1000 1000000 .cfa: {}\n", "1 + ".repeat(1 << 20))),
        ("comments among rules", format!("{func}{init}") + &"#\n".repeat(2 << 20) + "STACK CFI 1001 .cfa: $rsp 16 +\n"),
        ("other lines", func.clone() + &"#\n".repeat(2 << 20) + "1000 1000000 1 0\n"),
        ("line by line", func + &many(N, |i| format!("{:x} 4 1 0\nFILE {i} x\n", 0x1000 + i * 4))),
    ];
    for (_, text) in texts {
        ask(text);
    }
}

/// A walk asks for the rules of each frame, and takes them apart each time.
#[test]
fn a_line_of_many_bytes_has_no_rules() {
    let init = "STACK CFI INIT 1000 1000 .cfa: $rsp 8 + .ra: .cfa 8 - ^";
    let func = format!("{HEAD}FUNC 1000 1000 0 f\n");
    let long = format!(" $rbx: 1{}", " 1 +".repeat(250_000));
    // In the INIT line, and in one that follows.
    let index = SymbolMap::from_text(format!("{func}{init}{long}\n").into_bytes());
    assert_eq!(index.cfi_at(0x1000), None);
    let index =
        SymbolMap::from_text(format!("{func}{init}\nSTACK CFI 1001{long}\nSTACK CFI 1002 $r1: 1\n").into_bytes());
    let found = index.cfi_at(0x1003).unwrap();
    assert_eq!(found.deltas, [b"$r1: 1"]);
    let windows = "MODULE windows x86 B88EFD66844D598F2AB8AC49848281B20 x.pdb\nFUNC 1000 1000 0 f\n";
    let program = |text: &str| format!("{windows}STACK WIN 4 1000 1000 0 0 0 0 0 0 1 {text}\n");
    assert!(SymbolMap::from_text(program("$eip 4 + ^ =").into_bytes()).win_at(0x1000).is_some());
    assert_eq!(SymbolMap::from_text(program(&"1 ".repeat(250_000)).into_bytes()).win_at(0x1000), None);
}

/// Of many rules for one address the last counts, but all of them are read, at each look-up.
#[test]
fn what_is_read_for_rules_is_counted() {
    let rules = ".cfa: $rsp 16 + ".repeat(10);
    let delta = format!("STACK CFI 1000 {rules}\n");
    let init = "STACK CFI INIT 1000 10 .cfa: $rsp 8 + .ra: .cfa 8 - ^\n";
    let many = delta.repeat(100);
    // Behind their INIT line, and before it.
    for text in [format!("{init}{many}"), format!("STACK CFI INIT 9000 10 .ra: .cfa\n{many}{init}")] {
        let index = SymbolMap::from_text(text.into_bytes());
        let found = index.cfi_at(0x1008).unwrap();
        assert!(found.read >= 100 * (rules.len() - 1), "{}", found.read);
        assert!(index.has_cfi_at(0x1008) && !index.has_cfi_at(0x1010) && index.cfi_at(0x1010).is_none());
    }
}
