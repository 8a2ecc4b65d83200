//! The threads that a report shows: those of the input, and one for a managed exception.

use failure::name::{Link, Root, root_cause};
use inputs::{Crash, Relation, Thread, Thrown};
use vocabulary::Language;

use super::{Located, Shown, Stacks};

/// A thread as the report shows it.
pub(crate) struct ThreadView<'a> {
    /// The thread in the input, if it lists the thread.
    pub(crate) thread: Option<&'a Thread>,
    pub(crate) frames: Vec<Shown<'a>>,
    /// The exception whose frames these are, instead of the thread's own.
    pub(crate) exception: Option<usize>,
}

/// The exceptions to name a failure by: the innermost cause, and the nearest one above it that has frames.
pub(crate) fn root(thrown: &[Thrown]) -> Option<Root> {
    let link = |one: &Thrown| Link {
        parent: one.parent,
        cause: one.relation == Relation::Cause,
        has_frames: one.frames.iter().any(|frame| !frame.mark),
    };
    root_cause(&thrown.iter().map(link).collect::<Vec<_>>())
}

/// Whether an exception's frames are those of its thread: a run-time had unwound the thread before the crash was
/// recorded.
fn is_managed(language: Language) -> bool {
    !matches!(language, Language::ObjectiveC | Language::Cpp)
}

/// The threads to show, and the index of the crashed one.
pub(crate) fn views<'a>(
    crash: &'a Crash,
    stacks: &'a Stacks<'_>,
    root: Option<Root>,
) -> (Vec<ThreadView<'a>>, Option<usize>) {
    let mut views: Vec<ThreadView<'a>> = crash
        .threads
        .iter()
        .zip(&stacks.threads)
        .map(|(thread, located)| {
            let frames = thread.frames.iter().zip(located);
            let frames = frames.map(|(frame, located)| Shown::native(crash, frame, located, &stacks.places)).collect();
            ThreadView { thread: Some(thread), frames, exception: None }
        })
        .collect();
    let mut crashed = crash.crashed.filter(|&index| index < views.len());
    if let Some(cause) = root.map(|root| root.frames)
        && let Some(thrown) = crash.thrown.get(cause).filter(|thrown| takes_the_thread(crash, thrown))
    {
        let located = stacks.thrown.get(cause).map_or(&[][..], Vec::as_slice);
        let calls = thrown.frames.iter().enumerate().filter(|(_, frame)| !frame.mark);
        let frames: Vec<Shown<'a>> = calls
            .map(|(index, frame)| Shown::managed(crash, frame, located.get(index), &stacks.places))
            .filter(Shown::says_where)
            .collect();
        match crashed.and_then(|index| views.get_mut(index)) {
            // The frames of the input are retained, if there are any.
            Some(view) if view.frames.is_empty() => (view.frames, view.exception) = (frames, Some(cause)),
            _ => {
                views.insert(0, ThreadView { thread: None, frames, exception: Some(cause) });
                crashed = Some(0);
            }
        }
    }
    (views, crashed)
}

/// The last exception's frames.
///
/// Apple looks their addresses up without going back into the call. Where the call never returns and ends its function,
/// that is the next function, at its very start; the crashed thread has the same address with its right name.
pub(crate) fn last_exception<'a>(crash: &'a Crash, stacks: &'a Stacks<'_>) -> Vec<Shown<'a>> {
    /// Frames of the thread that are looked at.
    const REACH: usize = 512;
    let thread = crash.crashed.and_then(|index| Some((crash.threads.get(index)?, stacks.threads.get(index)?)));
    let named = |address: u64| {
        let (thread, located) = thread?;
        let same = |(_, located): &(&inputs::Frame, &Located)| located.returns && located.address == Some(address);
        let (frame, _) = thread.frames.iter().zip(located).take(REACH).find(same)?;
        frame.given.as_ref().filter(|given| given.offset.is_some_and(|offset| offset != 0))
    };
    let frames = crash.last_exception.iter().flat_map(|last| &last.frames).zip(&stacks.last_exception);
    frames
        .map(|(frame, located)| {
            let mut shown = Shown::native(crash, frame, located, &stacks.places);
            if shown.given
                && shown.function_offset == Some(0)
                && let Some(given) = located.address.and_then(named)
            {
                shown.give(given, &stacks.places.names);
            }
            shown
        })
        .collect()
}

/// An exception of a managed language, or one that is all there is.
fn takes_the_thread(crash: &Crash, thrown: &Thrown) -> bool {
    if thrown.frames.is_empty() {
        return crash.threads.is_empty();
    }
    let crashed = crash.crashed.and_then(|index| crash.threads.get(index));
    is_managed(thrown.language)
        || (crashed.is_none_or(|thread| thread.frames.is_empty()) && crash.last_exception.is_none())
}
