//! Facts out of a report of ours, so that failures can be named again with other rules.

use std::borrow::Cow;

use serde::Deserialize;
use vocabulary::{Arch, CodeAddress, Os};

use super::Naming;
use super::number::Number;
use super::to_facts::{access, language, mapping, trust};
use crate::name::{Facts, Frame, Recursion, Thrown};

type Text<'a> = Option<Cow<'a, str>>;

/// A report, as far as naming looks at it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Report<'a> {
    #[serde(borrow)]
    input: Input<'a>,
    #[serde(borrow)]
    pub(super) crash_info: Option<CrashInfo<'a>>,
    #[serde(borrow)]
    system_info: SystemInfo<'a>,
    #[serde(borrow)]
    crashing_thread: Option<Thread<'a>>,
    /// Of crashes without a dump: what the failure is named from, if there is one.
    #[serde(borrow)]
    last_exception_backtrace: Option<Vec<ReportFrame<'a>>>,
    #[serde(borrow)]
    termination: Option<Termination<'a>>,
    #[serde(borrow)]
    failure: Option<Failure<'a>>,
    report: Option<Delivery>,
    #[serde(borrow)]
    modules: Vec<Module<'a>>,
    main_module: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CrashInfo<'a> {
    code: Number,
    flags: Number,
    raw_address: Number,
    parameters: Option<Vec<Number>>,
    #[serde(borrow)]
    access: Text<'a>,
    #[serde(borrow)]
    assertion: Text<'a>,
    #[serde(borrow)]
    signal: Text<'a>,
    requested: Option<bool>,
}

/// What the sender said of the crash.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Delivery {
    fatal: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Input<'a> {
    #[serde(borrow)]
    kind: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Termination<'a> {
    code: Number,
    #[serde(borrow)]
    namespace: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SystemInfo<'a> {
    #[serde(borrow)]
    os: Text<'a>,
    #[serde(borrow)]
    cpu_arch: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Thread<'a> {
    threads_index: Option<usize>,
    /// The exception whose frames these are.
    exception: Option<usize>,
    #[serde(borrow)]
    end: Text<'a>,
    recursion: Option<Folded>,
    #[serde(borrow)]
    frames: Vec<ReportFrame<'a>>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct Folded {
    first: usize,
    period: usize,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ReportFrame<'a> {
    #[serde(borrow)]
    trust: Text<'a>,
    offset: Number,
    #[serde(borrow)]
    module: Text<'a>,
    module_offset: Number,
    #[serde(borrow)]
    function: Text<'a>,
    #[serde(borrow)]
    file: Text<'a>,
    #[serde(borrow)]
    inlines: Option<Vec<Inline<'a>>>,
    unloaded_modules: Option<Vec<serde::de::IgnoredAny>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Inline<'a> {
    #[serde(borrow)]
    function: Text<'a>,
    #[serde(borrow)]
    file: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Module<'a> {
    #[serde(borrow)]
    filename: Text<'a>,
    #[serde(borrow)]
    debug_id: Text<'a>,
    #[serde(borrow)]
    path: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Failure<'a> {
    #[serde(borrow)]
    facts: Option<Seen<'a>>,
}

/// What naming saw and the rest of the report does not show.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Seen<'a> {
    #[serde(borrow)]
    access: Text<'a>,
    fault_address: Number,
    #[serde(borrow)]
    mapping: Text<'a>,
    stack_overflow: Option<bool>,
    sent: Option<bool>,
    privileged_instruction: Option<bool>,
    #[serde(borrow)]
    message: Text<'a>,
    #[serde(borrow)]
    thrown_language: Text<'a>,
    #[serde(borrow)]
    thrown_type: Text<'a>,
    #[serde(borrow)]
    heap_error: Text<'a>,
    verifier: Option<bool>,
    #[serde(borrow)]
    service_group: Text<'a>,
    #[serde(borrow)]
    process: Text<'a>,
    instruction: Number,
    #[serde(borrow)]
    signal_code: Text<'a>,
    thrown_hresult: Number,
    hang: Option<bool>,
}

impl Report<'_> {
    /// Makes the functions readable that a report has by their linkage names.
    pub(super) fn demangle(&mut self, naming: &Naming) {
        let of_thread = self.crashing_thread.iter_mut().flat_map(|thread| &mut thread.frames);
        let of_exception = self.last_exception_backtrace.iter_mut().flatten();
        for frame in of_thread.chain(of_exception) {
            let inlined = frame.inlines.iter_mut().flatten().map(|inline| &mut inline.function);
            for function in inlined.chain([&mut frame.function]).flatten() {
                if let Cow::Owned(readable) = naming.readable(function) {
                    *function = Cow::Owned(readable);
                }
            }
        }
    }

    pub(super) fn with_facts<R>(&self, naming: &Naming, work: impl FnOnce(&Facts<'_>) -> R) -> R {
        let (crash, seen) = (CrashInfo::default(), Seen::default());
        let crash = self.crash_info.as_ref().unwrap_or(&crash);
        let seen = self.failure.as_ref().and_then(|failure| failure.facts.as_ref()).unwrap_or(&seen);
        let hang = seen.hang == Some(true);
        let (frames, physical) = self.frames(hang && seen.thrown_language.is_some());
        let parameters: Vec<u64> = crash.parameters.iter().flatten().map_while(|parameter| parameter.0).collect();
        let thread = self.crashing_thread.as_ref();
        let folded = thread.and_then(|thread| thread.recursion);
        let language = seen.thrown_language.as_deref().and_then(language);
        let first = || thread.and_then(|thread| thread.frames.first()).and_then(|frame| frame.offset.0);
        let termination = self.termination.as_ref();
        let facts = Facts {
            platform: platform(self.system_info.os.as_deref().unwrap_or("")),
            cpu: cpu(self.system_info.cpu_arch.as_deref().unwrap_or("")),
            code: crash.code.low(),
            flags: crash.flags.low().unwrap_or(0),
            address: crash.raw_address.0.unwrap_or(0),
            parameters: &parameters,
            instruction: if self.is_of_dump() { first() } else { seen.instruction.0 },
            fault_address: seen.fault_address.0,
            access: seen.access.as_deref().or(crash.access.as_deref()).and_then(access),
            mapping: mapping(seen.mapping.as_deref()),
            hang,
            stack_overflow: seen.stack_overflow == Some(true),
            requested: crash.requested == Some(true),
            handled: self.report.as_ref().is_some_and(|report| report.fatal == Some(false)),
            sent: seen.sent == Some(true),
            privileged: seen.privileged_instruction == Some(true),
            process: if self.is_of_dump() { self.process() } else { seen.process.as_deref() },
            thread: thread.and_then(|thread| thread.threads_index),
            frames: &frames,
            recursion: folded.and_then(|folded| recursion(folded, &physical)),
            truncated: folded.is_some() || thread.is_some_and(|thread| thread.end.as_deref() == Some("frame_limit")),
            message: seen.message.as_deref(),
            assertion: crash.assertion.as_deref().filter(|text| !text.is_empty()),
            thrown: language.map(|language| Thrown {
                language,
                type_name: seen.thrown_type.as_deref(),
                hresult: seen.thrown_hresult.low(),
            }),
            // A dump's is derived from its exception.
            signal: crash.signal.as_deref().filter(|_| !self.is_of_dump()),
            signal_code: seen.signal_code.as_deref(),
            termination: termination.and_then(|termination| termination.code.0),
            termination_namespace: termination.and_then(|termination| termination.namespace.as_deref()),
            heap_error: seen.heap_error.as_deref(),
            verifier: seen.verifier == Some(true),
            service_group: seen.service_group.as_deref(),
            vocabulary: naming.vocabulary,
            profile: naming.profile,
            rules: naming.rules.as_deref(),
            ..Facts::default()
        };
        work(&facts)
    }

    /// The report is of a dump, and not of a crash that came without one.
    fn is_of_dump(&self) -> bool {
        self.input.kind.as_deref().is_none_or(|kind| kind == "minidump")
    }

    fn process(&self) -> Option<&str> {
        self.modules.get(self.main_module.unwrap_or(0))?.filename.as_deref()
    }

    /// The frames as naming counts them, and for each the report's frame it belongs to. `managed`: only those of
    /// managed code, which have no address.
    fn frames(&self, managed: bool) -> (Vec<Frame<'_>>, Vec<usize>) {
        let (mut frames, mut physical) = (Vec::new(), Vec::new());
        let cpu = cpu(self.system_info.cpu_arch.as_deref().unwrap_or(""));
        let thread = self.crashing_thread.as_ref();
        // An exception that the last Objective-C exception carries comes with frames of its own.
        let carried = thread.is_some_and(|thread| thread.exception.is_some());
        let of_exception = self.last_exception_backtrace.as_deref().filter(|frames| !frames.is_empty() && !carried);
        let of_thread = thread.map_or(&[][..], |thread| thread.frames.as_slice());
        // Some reports have the addresses of the calls.
        let called = matches!(
            self.input.kind.as_deref(),
            Some("android_tombstone" | "android_anr" | "windows_event" | "wer_report")
        );
        for (index, frame) in of_exception.unwrap_or(of_thread).iter().enumerate() {
            if managed && frame.offset.0.is_some() {
                continue;
            }
            let module = frame.module.as_deref();
            let id = module.and_then(|name| self.modules.iter().find(|m| m.filename.as_deref() == Some(name)));
            let path = id.and_then(|module| module.path.as_deref()).filter(|path| !path.is_empty());
            let base = Frame {
                module: path.or(module),
                trust: frame.trust.as_deref().map_or_else(Default::default, trust),
                debug_id: id.and_then(|module| module.debug_id.as_deref()),
                offset: frame
                    .module_offset
                    .0
                    .map(|offset| if called { offset } else { frame.call_offset(offset, cpu) }),
                unloaded: module.is_none() && frame.unloaded_modules.as_ref().is_some_and(|list| !list.is_empty()),
                ..Frame::default()
            };
            for inline in frame.inlines.iter().flatten() {
                let (function, file) = (inline.function.as_deref(), inline.file.as_deref());
                frames.push(Frame { function, file, inline: true, ..base });
                physical.push(index);
            }
            frames.push(Frame { function: frame.function.as_deref(), file: frame.file.as_deref(), ..base });
            physical.push(index);
        }
        (frames, physical)
    }
}

fn recursion(folded: Folded, physical: &[usize]) -> Option<Recursion> {
    let first = physical.iter().position(|&p| p == folded.first)?;
    let next = physical.iter().position(|&p| p == folded.first.saturating_add(folded.period));
    let next = next.unwrap_or(physical.len());
    Some(Recursion { first, period: next.saturating_sub(first) })
}

impl ReportFrame<'_> {
    /// Where the call is of a frame that came with its return address.
    fn call_offset(&self, offset: u64, cpu: Option<Arch>) -> u64 {
        match self.trust.as_deref() {
            Some("delivered") => CodeAddress::ReturnAddress(offset).lookup(cpu),
            _ => offset,
        }
    }
}

/// Systems as reports spell them.
fn platform(os: &str) -> Os {
    match os {
        "Windows NT" => Os::Windows,
        "Linux" => Os::Linux,
        "Android" => Os::Android,
        "Mac OS X" => Os::MacOs,
        "iOS" => Os::Ios,
        _ => Os::Unknown,
    }
}

fn cpu(arch: &str) -> Option<Arch> {
    match arch {
        "x86" => Some(Arch::X86),
        "amd64" => Some(Arch::Amd64),
        "arm" => Some(Arch::Arm),
        "arm64" => Some(Arch::Arm64),
        "arm64_32" => Some(Arch::Arm64_32),
        _ => None,
    }
}
