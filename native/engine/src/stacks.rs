//! The stacks of a dump's threads, within what all of them may have together.

use unwind::{End, Limits, Stack};
use vocabulary::Registers;

use crate::limits::{FRAMES, WALKED};
use crate::options::Options;
use crate::process::ModuleMap;

/// Walks every thread, the crashed one first, so that no other uses up its share. Returns the stacks in the order of the
/// threads, and how many frames were left out of them.
///
/// Stacks do not overlap, and a frame takes a word of stack at least: the size of the dump bounds the frames of all of its
/// threads together. A crafted dump points ten thousand threads at one deep stack.
pub(crate) fn walk_all(
    map: &ModuleMap<'_>,
    crashing: Option<usize>,
    options: &Options,
    size: usize,
) -> (Vec<Stack>, u64) {
    let count = map.process.dump.threads.len();
    let mut stacks = vec![empty_stack(None); count];
    let (mut to_walk, mut to_keep, mut omitted) = (WALKED.min(size / 4), FRAMES, 0);
    let wow64 = map.process.dump.is_wow64();
    let others = (0..count).filter(|&thread| crashing != Some(thread));
    for thread in crashing.into_iter().chain(others) {
        let Some(slot) = stacks.get_mut(thread) else { continue };
        let mut stack = walk(map, thread, crashing == Some(thread), wow64, options, to_walk);
        to_walk -= usize::try_from(stack.walked()).unwrap_or(to_walk).min(to_walk);
        omitted += cut(&mut stack, to_keep);
        to_keep -= stack.frames.len().min(to_keep);
        *slot = stack;
    }
    (stacks, omitted)
}

/// Removes the frames beyond the first `most`. Returns how many they were.
fn cut(stack: &mut Stack, most: usize) -> u64 {
    let most = most.max(1);
    let beyond = stack.frames.len().saturating_sub(most);
    if beyond > 0 {
        stack.frames.truncate(most);
        stack.frames.shrink_to_fit();
        stack.end = End::FrameLimit;
        stack.cycle = stack.cycle.filter(|cycle| cycle.first < most);
        stack.recursion = stack.recursion.filter(|recursion| recursion.gap <= most);
    }
    beyond as u64
}

/// Walk one thread. The exception's registers are those of the crash; the thread's own are often from
/// inside the crash handler. Of a 32-bit process in a 64-bit dump the 32-bit stack is walked, where the dump has it.
fn walk(map: &ModuleMap<'_>, thread: usize, crashing: bool, wow64: bool, options: &Options, left: usize) -> Stack {
    let own = map.process.dump.threads.get(thread);
    let exception = map.process.dump.exception.as_ref().filter(|_| crashing).and_then(|e| e.context.as_ref());
    let context = exception.or_else(|| own.and_then(|t| t.context.as_ref()));
    // The stack of the thread that wrote the dump is of no use, unless it is the one that crashed.
    let skipped = !crashing && own.is_some_and(|t| t.is_dump_writer);
    match context {
        Some(context) if !skipped => {
            // Every thread has a frame or two without any stack: its own, and the caller of a leaf.
            let limits = Limits { frames: options.limits.frames.min(left.saturating_add(3)) };
            let narrow = if wow64 { map.process.dump.wow64_registers(thread, context) } else { None };
            unwind::walk(map, &narrow.unwrap_or(context.registers), &limits)
        }
        _ => empty_stack(context.map(|c| c.registers)),
    }
}

const fn empty_stack(registers: Option<Registers>) -> Stack {
    Stack { frames: Vec::new(), registers, end: End::NoContext, cycle: None, recursion: None }
}
