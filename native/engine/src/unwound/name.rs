//! Collects the inputs of failure naming from a crash whose stacks arrive unwound.

use failure::name::{Facts, Frame, Mapping, Recursion, Root, Thrown, failure_name};
use failure::reason::mach_codes::{EXC_BAD_ACCESS, KERN_INVALID_ADDRESS};
use inputs::{Crash, Kind};
use vocabulary::{Language, Os, Trust};

use super::{ExceptionFacts, Images, Shown, ThreadView, stack_limit};
use crate::names::Name;
use crate::naming::{Named, NamedStack, Seen};
use crate::options::Options;

/// The frames that a failure may be named from.
#[derive(Clone, Copy)]
pub(crate) struct NamingStacks<'a> {
    /// The threads of the report.
    pub(crate) threads: &'a [ThreadView<'a>],
    /// Index of the one that crashed.
    pub(crate) crashed: Option<usize>,
    /// The last exception's own frames.
    pub(crate) last_exception: &'a [Shown<'a>],
}

/// Name the failure of a crash: from the last exception's own frames, if there are any, else from the crashed thread's.
pub(crate) fn name(
    crash: &Crash,
    options: &Options,
    images: &Images<'_>,
    exception: &ExceptionFacts,
    stacks: NamingStacks<'_>,
    root: Option<Root>,
) -> Named {
    let NamingStacks { threads, crashed, last_exception } = stacks;
    let thread = crashed.and_then(|index| threads.get(index));
    // An exception that the last Objective-C exception carries comes with frames of its own.
    let carried = thread.is_some_and(|thread| thread.exception.is_some());
    let stack = if carried || last_exception.is_empty() { NamedStack::Thread } else { NamedStack::LastException };
    let shown = match stack {
        NamedStack::LastException => last_exception,
        NamedStack::Thread => thread.map_or(&[][..], |thread| thread.frames.as_slice()),
    };
    let hang = crash.kind.is_some_and(Kind::is_hang);
    // A hang of managed code: the run-time's and the system's functions that it waits in are irrelevant.
    let managed = hang && shown.iter().any(|frame| frame.offset.is_none());
    let (frames, physical) = frames(shown, images, managed);
    let message = message(crash);
    let registers = thread.and_then(|thread| thread.thread).map_or(&[][..], |thread| &thread.registers);
    let counter = registers.iter().find(|(name, _)| matches!(name.as_str(), "pc" | "rip" | "eip"));
    let first = || thread.and_then(|thread| thread.frames.first()).filter(|frame| !frame.returns);
    let instruction = counter.map(|(_, value)| *value).or_else(|| first().and_then(|frame| frame.offset));
    // A stack alone: the system's own exception is more specific than a managed one without a type.
    let says_nothing = |thrown: &Thrown<'_>| {
        exception.platform == Os::Windows
            && exception.code.is_some()
            && thrown.type_name.is_none()
            && thrown.hresult.is_none()
    };
    // The backtrace of the last exception is Objective-C's, whose type is not a custom platform's.
    let of_root = root
        .and_then(|root| crash.thrown.get(root.thrown))
        .and_then(thrown)
        .filter(|thrown| thrown.language != Language::Unknown || stack == NamedStack::Thread);
    let thrown = of_root.filter(|thrown| !says_nothing(thrown)).or_else(|| {
        // Only Objective-C's exceptions have a backtrace of their own.
        let nameless = Thrown { language: Language::ObjectiveC, type_name: None, hresult: None };
        (stack == NamedStack::LastException).then_some(nameless)
    });
    let waiting = Thrown { language: Language::Jvm, type_name: None, hresult: None };
    let thrown = if managed { Some(waiting) } else { thrown };
    let facts = Facts {
        platform: exception.platform,
        cpu: exception.cpu,
        code: exception.code,
        flags: exception.flags,
        address: exception.address,
        parameters: &exception.parameters,
        instruction,
        fault_address: exception.fault_address,
        access: exception.access,
        mapping: mapping(exception),
        handled: crash.fatal == Some(false),
        hang,
        stack_overflow: stack_limit::is_overflow(crash, exception),
        process: process(crash),
        thread: crashed,
        frames: &frames,
        recursion: thread.and_then(|thread| recursion(crash, thread)).filter(|_| stack == NamedStack::Thread),
        message: message.as_deref(),
        thrown,
        signal: exception.signal.as_deref(),
        signal_code: exception.signal_code.as_deref(),
        termination: crash.termination.as_ref().and_then(|termination| termination.code),
        termination_namespace: crash.termination.as_ref().and_then(|termination| termination.namespace.as_deref()),
        vocabulary: options.vocabulary,
        profile: options.profile,
        rules: options.rules.as_deref(),
        ..Facts::default()
    };
    let mut named = Named { failure: failure_name(&facts), physical, stack, seen: Seen::of_unwound(&facts) };
    if exception.platform != Os::Windows {
        named.note_unknown_inlines(|frame| {
            let slot = images.get(shown.get(frame)?.image?)?;
            slot.resolution.as_deref()?.symbols().map(AsRef::as_ref)
        });
    }
    named
}

/// The frames as naming counts them, and for each the frame it belongs to. `managed`: only those of managed code.
fn frames<'a>(shown: &'a [Shown<'_>], images: &'a Images<'_>, managed: bool) -> (Vec<Frame<'a>>, Vec<usize>) {
    let mut frames = Vec::with_capacity(shown.len());
    let mut physical = Vec::with_capacity(shown.len());
    let counted = shown.iter().enumerate().filter(|(_, one)| !managed || one.offset.is_none());
    for (index, one) in counted {
        let key = one.image.and_then(|image| images.get(image)).map(|slot| &slot.key);
        let base = Frame {
            module: one.module,
            trust: if index == 0 && !one.returns { Trust::Context } else { Trust::Cfi },
            debug_id: key.map(|key| key.debug_id.as_str()).filter(|id| !id.is_empty()),
            offset: one.lookup_offset,
            ..Frame::default()
        };
        for (function, file) in one.inlines.for_naming() {
            frames.push(Frame { function: Some(function), file, inline: true, ..base });
            physical.push(index);
        }
        frames.push(Frame { function: one.function.as_ref().map(Name::for_naming), file: one.file, ..base });
        physical.push(index);
    }
    (frames, physical)
}

/// The recursion that the text of an exception shortened.
fn recursion(crash: &Crash, thread: &ThreadView<'_>) -> Option<Recursion> {
    let repeated = crash.thrown.get(thread.exception?)?.repeated?;
    Some(Recursion { first: repeated.first, period: repeated.period })
}

/// What the process is called.
pub(crate) fn process(crash: &Crash) -> Option<&str> {
    let process = &crash.process;
    let identifier = || crash.app.identifier.as_deref();
    [process.name.as_deref(), process.path.as_deref().map(vocabulary::path::leaf), identifier()]
        .into_iter()
        .flatten()
        .find(|name| !name.is_empty())
}

/// What the program recorded before it ended: its Application Specific Information, as a dump's `__crash_info`.
fn message(crash: &Crash) -> Option<String> {
    crate::naming::said(crash.messages.iter().map(|(_, text)| text.as_str()))
}

/// Without a memory map: `KERN_INVALID_ADDRESS` and `SEGV_MAPERR` mean that nothing is mapped there.
fn mapping(exception: &ExceptionFacts) -> Mapping {
    let invalid = exception.code == Some(EXC_BAD_ACCESS) && exception.flags == KERN_INVALID_ADDRESS;
    if invalid || exception.signal_code.as_deref() == Some("SEGV_MAPERR") {
        Mapping::Unmapped
    } else {
        Mapping::Unknown
    }
}

fn thrown(thrown: &inputs::Thrown) -> Option<Thrown<'_>> {
    let type_name = thrown.type_name.as_deref().filter(|name| !name.is_empty());
    // A custom platform's exception counts by its type alone.
    if thrown.language == Language::Unknown && type_name.is_none() {
        return None;
    }
    Some(Thrown { language: thrown.language, type_name, hresult: thrown.hresult })
}
