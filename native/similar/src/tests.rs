//! What is found is what comparing everything with everything finds.

use proptest::prelude::*;

use crate::{Codes, DEPTH, Decisions, Index, NONE, Stack, UNKNOWN, Wanted};

/// Names with their codes: of `lib!` and of an unknown frame, and of functions in a few classes with a few verbs.
fn names() -> Vec<Codes> {
    let mut out = vec![[UNKNOWN, NONE, NONE], [UNKNOWN, 0, NONE]];
    for name in 0..24 {
        out.push([
            name,
            if name % 5 == 4 { NONE } else { (name / 3).min(7) },
            if name % 7 == 6 { NONE } else { name % 3 },
        ]);
    }
    // The codes of each kind begin at 0, and each is one more than the greatest before it.
    for kind in 0..3 {
        let mut order: Vec<i32> = Vec::new();
        for codes in &mut out {
            if codes[kind] >= 0 {
                let at = order.iter().position(|&code| code == codes[kind]).unwrap_or_else(|| {
                    order.push(codes[kind]);
                    order.len() - 1
                });
                codes[kind] = at as i32;
            }
        }
    }
    out
}

fn index(stacks: &[(Vec<u32>, u32)]) -> Index {
    let lengths: Vec<u8> = stacks.iter().map(|(frames, _)| frames.len() as u8).collect();
    let frames: Vec<u32> = stacks.iter().flat_map(|(frames, _)| frames.clone()).collect();
    let families: Vec<u32> = stacks.iter().map(|&(_, family)| family).collect();
    let mut out = Index::default();
    out.add(&names(), &lengths, &frames, &families).expect("numbers that are there");
    out
}

fn codes(frames: &[u32]) -> Vec<Codes> {
    let names = names();
    frames.iter().map(|&name| names[name as usize]).collect()
}

/// Stacks that are often alike: parts of a few stacks, and any frames.
fn stacks() -> impl Strategy<Value = Vec<(Vec<u32>, u32)>> {
    let any = proptest::collection::vec(0..26_u32, 0..=DEPTH);
    let alike = (0..3_u32, 0..4_usize, proptest::collection::vec((0..12_usize, 0..26_u32), 0..4)).prop_map(
        |(which, cut, edits)| {
            let mut frames: Vec<u32> = (0..12).map(|at| (which * 7 + at * 5) % 26).collect();
            for (at, name) in edits {
                frames[at] = name;
            }
            frames.drain(..cut);
            frames
        },
    );
    proptest::collection::vec((prop_oneof![1 => any, 3 => alike], 0..2_u32), 0..40)
}

fn wanted() -> impl Strategy<Value = Wanted> {
    (prop_oneof![Just(0.05_f32), Just(0.3), Just(0.6), Just(0.9), Just(1.0)], 0..4_usize)
        .prop_map(|(threshold, in_order)| Wanted { threshold, in_order })
}

proptest! {
    #[test]
    fn no_pair_is_lost(stacks in stacks(), wanted in wanted(), at_least in 1..9_usize) {
        let mut index = index(&stacks);
        let mut expected = Vec::new();
        for later in 0..stacks.len() {
            for earlier in 0..later {
                let score = index.score(&codes(&stacks[later].0), &codes(&stacks[earlier].0), wanted.in_order);
                if score >= wanted.threshold && stacks[later].1 == stacks[earlier].1 {
                    expected.push((later as u32, earlier as u32, score));
                }
            }
        }
        let mut found = Vec::new();
        let mut next = 0;
        while (next as usize) < stacks.len() {
            let pairs = index.pairs(next, at_least, wanted);
            for (at, &score) in pairs.scores.iter().enumerate() {
                found.push((pairs.later[at], pairs.earlier[at], score));
            }
            next = pairs.next;
        }
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn a_look_up_finds_what_is_similar(stacks in stacks(), more in stacks(), wanted in wanted(), known in any::<bool>()) {
        let mut index = index(&stacks);
        let asked: Vec<(Stack, Vec<u32>, u32)> = if known {
            stacks.iter().enumerate().map(|(at, (frames, family))| (Stack::Number(at as u32), frames.clone(), *family)).collect()
        } else {
            more.iter().map(|(frames, family)| (Stack::Frames(codes(frames)), frames.clone(), *family)).collect()
        };
        for (stack, frames, family) in asked {
            let mut found = index.similar(&stack, family, wanted).expect("a stack that is there");
            found.sort_by_key(|found| found.number);
            let found: Vec<_> = found.iter().map(|found| (found.number, found.score)).collect();
            let mut expected = Vec::new();
            for (number, (other, of)) in stacks.iter().enumerate() {
                let score = index.score(&codes(&frames), &codes(other), wanted.in_order);
                if score >= wanted.threshold && *of == family {
                    expected.push((number as u32, score));
                }
            }
            prop_assert_eq!(found, expected);
        }
    }

    /// Some blocks of stacks, as `leaders::AT_ONCE` is small in tests.
    #[test]
    fn leaders_are_those_of_every_stack_with_every_leader(
        stacks in stacks(),
        wanted in wanted(),
        pairs in proptest::collection::vec((0..40_u32, 0..40_u32), 0..6),
        unit in proptest::collection::btree_set(0..40_u32, 0..4),
    ) {
        let size = stacks.len() as u32;
        let unit: Vec<u32> = unit.into_iter().filter(|&one| one < size).collect();
        let apart: Vec<_> = pairs.into_iter().filter(|&(one, other)| one < size && other < size && one != other).collect();
        let mut index = index(&stacks);
        let decisions = Decisions { together: vec![unit.clone()], apart: apart.clone() };
        let found = index.leaders(wanted, &decisions, &mut || true).expect("stacks that are there").expect("not stopped");

        let mut leaders: Vec<Option<u32>> = vec![None; stacks.len()];
        for number in 0..size {
            if leaders[number as usize].is_some() {
                continue;
            }
            let together = if unit.first() == Some(&number) { unit.clone() } else { vec![number] };
            let mut best: Option<(f32, u32)> = None;
            for before in (0..number).filter(|&before| leaders[before as usize] == Some(before)) {
                let (one, other) = (&stacks[number as usize], &stacks[before as usize]);
                let score = index.score(&codes(&one.0), &codes(&other.0), wanted.in_order);
                let separate = apart.iter().any(|&(one, other)| {
                    [(one, other), (other, one)].iter().any(|(a, b)| together.contains(a) && leaders[*b as usize] == Some(before))
                });
                let better = best.is_none_or(|(most, _)| score > most);
                if one.1 == other.1 && score >= wanted.threshold && !separate && better {
                    best = Some((score, before));
                }
            }
            for one in together {
                leaders[one as usize] = Some(best.map_or(number, |(_, leader)| leader));
            }
        }
        let found: Vec<_> = found.leaders.into_iter().map(Some).collect();
        prop_assert_eq!(found, leaders);
    }

    /// Numbers from anywhere are refused or used, and nothing is added that was refused.
    #[test]
    fn no_numbers_end_the_process(
        names in proptest::collection::vec(proptest::array::uniform3(-4..4_i32), 0..5),
        lengths in proptest::collection::vec(0..40_u8, 0..4),
        frames in proptest::collection::vec(0..6_u32, 0..60),
        families in proptest::collection::vec(any::<u32>(), 0..4),
        other in 0..5_u32,
    ) {
        let mut index = Index::default();
        let added = index.add(&names, &lengths, &frames, &families);
        prop_assert_eq!(index.len(), if added.is_ok() { lengths.len() } else { 0 });
        let wanted = Wanted { threshold: 0.5, in_order: 2 };
        let _ = index.similar(&Stack::Frames(names.clone()), 0, wanted);
        let _ = index.aligned(&Stack::Number(other), other, 2);
        let decisions = Decisions { together: vec![vec![other, 0], vec![other]], apart: vec![(other, 0)] };
        let _ = index.leaders(wanted, &decisions, &mut || true);
        let _ = index.pairs(other, 10, wanted);
    }
}

#[test]
fn work_that_is_stopped_has_no_result() {
    let mut index = index(&[(vec![2, 3], 0), (vec![2, 3], 0)]);
    let wanted = Wanted { threshold: 0.5, in_order: 2 };
    assert_eq!(index.leaders(wanted, &Decisions::default(), &mut || false), Ok(None));
}
