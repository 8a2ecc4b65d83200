//! Detects the thread entry point without symbols: the return address that most threads share near the stack base.
//!
//! Threads start in the same few instructions of the C library. Without its symbols nothing marks them as the
//! end, and a scan goes on into what lies above: arguments of the thread, among them a pointer to its function. A
//! comparison of all stacks shows the end: it is the return address that most of them have near their base. Since some
//! stacks end there, what follows it in others is not its caller. (On Android 5 without system symbols, 95 of Firefox's
//! 114 threads share such a base; 60 of them had a false frame behind it.)

use std::collections::BTreeMap;

use vocabulary::Trust;

use crate::frame::{End, Stack};

/// The base is looked for among this many frames from the end.
const TAIL: usize = 4;
/// Threads that must share the base at least.
const MIN_THREADS: usize = 4;
/// One thread in this many must share it.
const MIN_SHARE: usize = 3;

/// Removes frames that were scanned beyond the base that most stacks share.
pub fn cut_at_common_root(stacks: &mut [Stack]) {
    let Some(root) = common_root(stacks) else { return };
    for stack in stacks {
        let Some(at) = stack.frames.iter().rposition(|f| f.address == root) else { continue };
        let behind = &stack.frames[at + 1..];
        if at > 0 && behind.len() < TAIL && behind.iter().all(|f| f.trust == Trust::Scan) && stack.end == End::NotFound
        {
            stack.frames.truncate(at + 1);
            stack.end = End::Root;
        }
    }
}

/// The address that most stacks have near their end; of several the outermost.
fn common_root(stacks: &[Stack]) -> Option<u64> {
    if stacks.len() < MIN_THREADS {
        return None;
    }
    // Address: threads that have it, and frames behind it in all of them together.
    let mut seen: BTreeMap<u64, (usize, usize)> = BTreeMap::new();
    for stack in stacks {
        let mut own: Vec<u64> = Vec::with_capacity(TAIL);
        // The first frame is where a thread was stopped, not where it began.
        for (behind, frame) in stack.frames.iter().skip(1).rev().take(TAIL).enumerate() {
            if !own.contains(&frame.address) {
                own.push(frame.address);
                let entry = seen.entry(frame.address).or_default();
                entry.0 += 1;
                entry.1 += behind;
            }
        }
    }
    let (&root, &(threads, behind)) =
        seen.iter().max_by_key(|&(&address, &(threads, behind))| (threads, std::cmp::Reverse(behind), address))?;
    // A function in which many threads wait has more callers than one false frame in each.
    (threads >= MIN_THREADS && threads * MIN_SHARE >= stacks.len() && behind <= threads).then_some(root)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Frame;

    fn stack(addresses: &[u64]) -> Stack {
        let frame = |&address: &u64| Frame { address, lookup: address, sp: 0, trust: Trust::Scan, module: None };
        Stack {
            frames: addresses.iter().map(frame).collect(),
            registers: None,
            end: End::NotFound,
            cycle: None,
            recursion: None,
        }
    }

    #[test]
    fn what_follows_the_shared_base_is_cut() {
        let mut stacks = vec![
            stack(&[1, 10, 70, 80]),
            stack(&[2, 11, 12, 70, 80, 99]),
            stack(&[3, 70, 80, 98, 97]),
            stack(&[4, 13, 70, 80, 99]),
            stack(&[5, 14, 15]),
            stack(&[80]),
        ];
        cut_at_common_root(&mut stacks);
        let ends: Vec<_> = stacks.iter().map(|s| s.frames.last().map(|f| f.address)).collect();
        assert_eq!(ends, [80, 80, 80, 80, 15, 80].map(Some));
        assert_eq!(stacks[1].end, End::Root);
        assert_eq!(stacks[4].end, End::NotFound);
    }

    #[test]
    fn few_threads_prove_nothing() {
        let mut stacks = vec![stack(&[1, 70, 99]), stack(&[2, 70])];
        cut_at_common_root(&mut stacks);
        assert_eq!(stacks[0].frames.len(), 3);
    }
}
