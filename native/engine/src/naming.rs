//! Collects the inputs of failure naming from a processed dump.

use failure::name::{Facts, Failure, Frame, Mapping, Recursion, Thrown, failure_name};
use failure::reason::{Access, Reason};
use minidump::{Dump, kind};
use unwind::Stack;
use vocabulary::path::leaf;
use vocabulary::{Language, Os};

use crate::crash;
use crate::instruction::{Adjusted, Analysis};
use crate::key::ModuleKey;
use crate::options::Options;
use crate::resolve::Places;

/// A failure with its name, and how the name was derived.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) failure: Failure,
    /// For each frame that naming counted, the index of the frame it belongs to: naming counts inlined functions as
    /// frames of their own.
    pub(crate) physical: Vec<usize>,
    /// Where those frames are.
    pub(crate) stack: NamedStack,
    /// What else naming saw.
    pub(crate) seen: Seen,
}

/// The list of frames that a failure was named from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum NamedStack {
    /// The crashed thread's.
    #[default]
    Thread,
    /// The last exception's own.
    LastException,
}

/// What processing found in a dump.
#[derive(Clone, Copy)]
pub(crate) struct Findings<'a> {
    /// What the exception means.
    pub(crate) reason: Option<&'a Reason>,
    /// What the crashing instruction shows.
    pub(crate) analysis: &'a Analysis,
    /// Index of the thread that crashed.
    pub(crate) crashing: Option<usize>,
    /// The stacks of all threads.
    pub(crate) stacks: &'a [Stack],
    /// Functions and lines of their frames.
    pub(crate) places: &'a Places<'a>,
    /// The keys of the dump's modules.
    pub(crate) keys: &'a [ModuleKey],
    /// Whether the program caught the exception.
    pub(crate) handled: bool,
}

/// Name the failure of a dump.
pub(crate) fn name(dump: &Dump<'_>, options: &Options, findings: &Findings<'_>) -> Named {
    let Findings { reason, analysis, crashing, stacks, places, keys, handled } = *findings;
    let stack = crashing.and_then(|i| stacks.get(i));
    let mut frames = Vec::new();
    let mut physical = Vec::new();
    if let (Some(thread), Some(stack)) = (crashing, stack) {
        for (index, frame) in stack.frames.iter().enumerate() {
            let module = frame.module.and_then(|m| dump.modules.get(m));
            let base = Frame {
                module: module.map(|m| m.name.as_str()),
                trust: frame.trust,
                debug_id: frame.module.and_then(|m| keys.get(m)).map(|key| &*key.debug_id).filter(|id| !id.is_empty()),
                offset: module.map(|m| frame.lookup.wrapping_sub(m.base)),
                unloaded: frame.module.is_none() && dump.unloaded_at(frame.lookup).next().is_some(),
                ..Frame::default()
            };
            let place = places.of_frame(thread, index);
            let sources = place.as_ref().map_or(&[][..], |(_, place)| places.sources(place));
            if sources.is_empty() {
                frames.push(base);
                physical.push(index);
            }
            for source in sources {
                let file = source.file.as_deref();
                frames.push(Frame {
                    function: Some(source.function.for_naming()),
                    file,
                    inline: source.inlined,
                    ..base
                });
                physical.push(index);
            }
        }
    }
    let message = message(dump);
    let exception = dump.exception.as_ref();
    let facts = Facts {
        platform: dump.os(),
        cpu: dump.arch(),
        code: exception.map(|e| e.code),
        flags: exception.map_or(0, |e| e.flags),
        address: exception.map_or(0, |e| e.address),
        parameters: exception.map_or(&[], |e| &e.parameters),
        instruction: stack.and_then(|s| s.frames.first()).map(|f| f.address),
        fault_address: not_canonical(analysis),
        access: access(dump, reason, analysis),
        mapping: mapping(dump, reason, analysis),
        requested: is_requested(dump, reason),
        handled,
        sent: was_sent(dump, reason, analysis),
        privileged: is_privileged(dump, reason, analysis),
        stack_overflow: crash::is_stack_overflow(dump, reason, stack),
        process: dump.modules.first().map(|m| leaf(&m.name)),
        thread: crashing,
        frames: &frames,
        recursion: stack.and_then(|s| recursion(s, &physical)),
        truncated: stack.is_some_and(|s| s.end == unwind::End::FrameLimit || s.recursion.is_some()),
        message: message.as_deref(),
        assertion: dump.assertion.as_ref().map(|a| a.expression.as_str()).filter(|text| !text.is_empty()),
        thrown: thrown(dump),
        heap_error: heap_error(dump),
        verifier: verifier(dump),
        vocabulary: options.vocabulary,
        profile: options.profile,
        rules: options.rules.as_deref(),
        ..Facts::default()
    };
    Named { failure: failure_name(&facts), physical, stack: NamedStack::Thread, seen: Seen::of(&facts) }
}

impl Named {
    /// Notes that a better name is possible, if the blamed frame's symbols do not state what was inlined into its function.
    /// `symbols` are those of a frame's module.
    pub(crate) fn note_unknown_inlines<'s>(&mut self, symbols: impl FnOnce(usize) -> Option<&'s symbols::SymbolMap>) {
        let Some(blamed) = self.failure.blamed else { return };
        let Some(&frame) = self.physical.get(blamed.frame) else { return };
        if self.failure.function != "Unknown"
            && symbols(frame).is_some_and(|symbols| symbols.has_inlines() == Some(false))
        {
            self.failure.why.push(format!(
                "frame {}: its symbols do not say which calls were inlined, so its outer function is blamed",
                blamed.frame
            ));
        }
    }
}

/// What naming saw that a report shows nowhere else: with it a failure can be named again from its report.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) access: Option<&'static str>,
    pub(crate) fault_address: Option<u64>,
    pub(crate) mapping: Option<&'static str>,
    pub(crate) stack_overflow: bool,
    pub(crate) sent: bool,
    pub(crate) privileged_instruction: bool,
    pub(crate) message: Option<String>,
    pub(crate) thrown_language: Option<&'static str>,
    pub(crate) thrown_type: Option<String>,
    pub(crate) heap_error: Option<String>,
    pub(crate) verifier: bool,
    pub(crate) unwound: Option<SeenUnwound>,
}

/// What naming saw of a crash that was not a dump: its stacks arrive unwound.
#[derive(Clone, Debug, Default)]
pub(crate) struct SeenUnwound {
    pub(crate) process: Option<String>,
    pub(crate) instruction: Option<u64>,
    pub(crate) signal_code: Option<String>,
    pub(crate) thrown_hresult: Option<u32>,
    pub(crate) hang: bool,
}

impl Seen {
    pub(crate) fn of(facts: &Facts<'_>) -> Self {
        Self {
            access: facts.access.map(Access::as_str),
            fault_address: facts.fault_address,
            mapping: facts.mapping.as_str(),
            stack_overflow: facts.stack_overflow,
            sent: facts.sent,
            privileged_instruction: facts.privileged,
            message: facts.message.map(str::to_owned),
            thrown_language: facts.thrown.map(|thrown| thrown.language.as_str()),
            thrown_type: facts.thrown.and_then(|thrown| thrown.type_name).map(str::to_owned),
            heap_error: facts.heap_error.map(str::to_owned),
            verifier: facts.verifier,
            unwound: None,
        }
    }

    /// Of a crash without a dump.
    pub(crate) fn of_unwound(facts: &Facts<'_>) -> Self {
        let unwound = SeenUnwound {
            process: facts.process.map(str::to_owned),
            instruction: facts.instruction,
            signal_code: facts.signal_code.map(str::to_owned),
            thrown_hresult: facts.thrown.and_then(|thrown| thrown.hresult),
            hang: facts.hang,
        };
        Self { unwound: Some(unwound), ..Self::of(facts) }
    }
}

/// What the Windows heap found wrong, in the debugger's words. The exception's parameter points to the heap's note of
/// it, whose third word is the kind (`HEAP_FAILURE_TYPE`). `None` if the dump does not hold it.
fn heap_error(dump: &Dump<'_>) -> Option<&'static str> {
    const HEAP_CORRUPTION: u32 = 0xc000_0374;
    const KINDS: [Option<&str>; 14] = [
        None,
        None,
        None,
        Some("EntryCorruption"),
        Some("MultipleEntriesCorruption"),
        Some("VirtualBlockCorruption"),
        Some("BufferOverrun"),
        Some("BufferUnderrun"),
        Some("BlockNotBusy"),
        Some("InvalidArgument"),
        None,
        Some("CrossHeapOperation"),
        Some("FreelistsCorruption"),
        Some("ListEntryCorruption"),
    ];
    let exception = dump.exception.as_ref().filter(|e| e.code == HEAP_CORRUPTION)?;
    let note = exception.parameters.first()?.checked_add(8)?;
    let kind = dump.memory.read(note, 4)?.first_chunk::<4>().map(|bytes| u32::from_le_bytes(*bytes))?;
    KINDS.get(usize::try_from(kind).ok()?).copied().flatten()
}

/// Application Verifier is loaded.
fn verifier(dump: &Dump<'_>) -> bool {
    dump.os() == Os::Windows && dump.modules.iter().any(|m| leaf(&m.name).eq_ignore_ascii_case("verifier.dll"))
}

/// The recursion that the walk folded, counted in the frames that naming sees.
fn recursion(stack: &Stack, physical: &[usize]) -> Option<Recursion> {
    let folded = stack.recursion?;
    let first = physical.iter().position(|&p| p == folded.first)?;
    let next = physical.iter().position(|&p| p == folded.first + folded.period)?;
    Some(Recursion { first, period: next - first })
}

/// How memory was accessed. Microsoft's names follow what Windows reports, also where it calls every access to an address
/// that is not canonical a read.
fn access(dump: &Dump<'_>, reason: Option<&Reason>, analysis: &Analysis) -> Option<Access> {
    reason.and_then(|r| r.access).filter(|_| dump.os() == Os::Windows).or(analysis.access)
}

/// Nothing crashed, and the program or a user requested the dump: it has no exception or one that states it. A dump for an
/// assertion has no exception either.
pub(crate) fn is_requested(dump: &Dump<'_>, reason: Option<&Reason>) -> bool {
    reason.map_or(dump.exception.is_none() && dump.assertion.is_none(), |reason| reason.requested)
}

/// A memory signal that a process sent. Its code is 0 (`SI_USER`), which writers before 2015 also wrote for a code that they
/// did not recognise; then the instruction decides: one that accesses nothing at the address did not fault there.
pub(crate) fn was_sent(dump: &Dump<'_>, reason: Option<&Reason>, analysis: &Analysis) -> bool {
    let code = dump.exception.as_ref().map_or(0, |exception| exception.flags as i32);
    let of_memory = matches!(reason.and_then(|reason| reason.signal), Some("SIGSEGV" | "SIGBUS"));
    let elsewhere = || {
        analysis.inconsistencies.contains(&"crashing_access_not_found_in_memory_accesses")
            && analysis.access != Some(Access::Execute)
            && dump.exception.as_ref().is_some_and(|exception| exception.address != 0)
    };
    matches!(dump.os(), Os::Linux | Os::Android) && of_memory && (code < 0 || (code == 0 && elsewhere()))
}

/// A memory signal without an address, for an instruction that programs may not run.
fn is_privileged(dump: &Dump<'_>, reason: Option<&Reason>, analysis: &Analysis) -> bool {
    let no_address = reason.and_then(|reason| reason.address).is_none_or(|address| address == 0);
    dump.os() != Os::Windows
        && matches!(reason.and_then(|reason| reason.signal), Some("SIGSEGV" | "SIGBUS"))
        && no_address
        && analysis.adjusted.is_none()
        && analysis.decoded.as_ref().is_some_and(|decoded| decoded.privileged)
}

/// The address that the system could not report.
fn not_canonical(analysis: &Analysis) -> Option<u64> {
    match analysis.adjusted {
        Some(Adjusted::NonCanonical(address)) => Some(address),
        Some(Adjusted::NullPointer(_)) | None => None,
    }
}

fn mapping(dump: &Dump<'_>, reason: Option<&Reason>, analysis: &Analysis) -> Mapping {
    if not_canonical(analysis).is_some() {
        return Mapping::Unmapped;
    }
    let Some(address) = reason.and_then(|r| r.address) else { return Mapping::Unknown };
    if dump.regions.is_empty() {
        return unmapped_by_code(dump, reason);
    }
    match dump.region_info_at(address) {
        Some(region) if region.state != minidump::RegionState::Committed => Mapping::Unmapped,
        Some(region) if region.protection.execute => Mapping::Executable,
        Some(_) => Mapping::NotExecutable,
        None => Mapping::Unmapped,
    }
}

/// Without a memory map: `SEGV_MAPERR` and `KERN_INVALID_ADDRESS` mean that nothing is mapped there.
fn unmapped_by_code(dump: &Dump<'_>, reason: Option<&Reason>) -> Mapping {
    let flags = dump.exception.as_ref().map(|e| e.flags);
    let faulted = reason.is_some_and(|r| r.signal == Some("SIGSEGV"));
    if faulted && flags == Some(1) { Mapping::Unmapped } else { Mapping::Unknown }
}

/// The program's last message, from wherever each system stores it.
fn message(dump: &Dump<'_>) -> Option<String> {
    let apple = said(dump.mac.crash_info.iter().flat_map(|r| [&r.message, &r.message2]).flatten().map(String::as_str));
    let facebook = || dump.texts.iter().find(|t| t.kind == kind::FB_ABORT_REASON).map(|t| t.text.to_string());
    let crashpad = || {
        let modules = &dump.crashpad.as_ref()?.modules;
        modules
            .iter()
            .flat_map(|m| &m.objects)
            .find(|o| o.name == "abort_message")
            .and_then(|o| Some(o.text()?.into_owned()))
    };
    apple.or_else(facebook).or_else(crashpad)
}

/// The messages of several libraries, as one text. `abort` and the C++ run-time leave one too when an exception was not
/// caught; the text that names the exception comes first, lest a long one hide it.
pub(crate) fn said<'a>(texts: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut texts: Vec<&str> = texts.filter(|text| !text.trim().is_empty()).collect();
    texts.sort_by_key(|text| !text.contains("uncaught exception '"));
    (!texts.is_empty()).then(|| texts.join("\n"))
}

/// The uncaught Objective-C exception: Crashpad on iOS keeps its name as an annotation.
fn thrown<'a>(dump: &'a Dump<'_>) -> Option<Thrown<'a>> {
    let modules = &dump.crashpad.as_ref()?.modules;
    let object = modules.iter().flat_map(|m| &m.objects).find(|o| o.name == "exceptionName" && o.kind == 1)?;
    let type_name = std::str::from_utf8(object.value).ok().filter(|name| !name.is_empty());
    Some(Thrown { language: Language::ObjectiveC, type_name, hresult: None })
}
