//! One crash as the input has it, whatever the format.
//!
//! Everything is optional: no format carries all of it, and damaged inputs carry less. Addresses are those of the
//! input, with pointer authentication and Thumb bits where it has them.

use vocabulary::DebugId;

pub use vocabulary::{Arch, Language, Os};

/// The format a crash came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `appleError` of an App Center log container.
    AppCenterApple,
    /// `managedError` of an App Center log container.
    AppCenterManaged,
    /// `handledError` of an App Center log container.
    AppCenterHandled,
    /// Apple's JSON report.
    Ips,
    /// Apple's text report.
    AppleText,
    /// A crash of a MetricKit payload.
    MetricKit,
    /// The text of a managed exception alone.
    StackTrace,
    /// A native crash of Android as text.
    AndroidTombstone,
    /// The threads of an Android process that did not respond.
    AndroidAnr,
    /// A crash in the event log of Windows (events 1000 and 1001) or in a problem signature that Windows showed.
    WindowsEvent,
    /// A report of Windows Error Reporting (`Report.wer`).
    WerReport,
}

impl Kind {
    /// Whether the report is of a process that did not respond.
    #[must_use]
    pub const fn is_hang(self) -> bool {
        matches!(self, Self::AndroidAnr)
    }

    /// Whether addresses of frames are those in the files, with the images at 0. Such a frame has an address inside the
    /// call it made, and not the one behind it.
    #[must_use]
    pub const fn has_call_addresses(self) -> bool {
        matches!(self, Self::AndroidTombstone | Self::AndroidAnr | Self::WindowsEvent | Self::WerReport)
    }

    /// The `input.kind` of a report.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AppCenterApple => "appcenter_apple",
            Self::AppCenterManaged => "appcenter_managed",
            Self::AppCenterHandled => "appcenter_handled",
            Self::Ips => "apple_ips",
            Self::AppleText => "apple_crash",
            Self::MetricKit => "metrickit",
            Self::StackTrace => "stack_trace",
            Self::AndroidTombstone => "android_tombstone",
            Self::AndroidAnr => "android_anr",
            Self::WindowsEvent => "windows_event",
            Self::WerReport => "wer_report",
        }
    }
}

/// Where it crashed: system, machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct System {
    /// The family.
    pub os: Os,
    /// As in the input: `iPhone OS`, `macOS`, `Windows`, `Android`.
    pub name: Option<String>,
    /// `17.4.1`
    pub version: Option<String>,
    /// `21E236`
    pub build: Option<String>,
    /// `Customer`, `User`, `Beta` in parentheses or `releaseType`.
    pub release: Option<String>,
    /// `iPhone14,5`
    pub model: Option<String>,
    /// Who made the machine.
    pub manufacturer: Option<String>,
    /// As in the input: `en_US`, `en-US`.
    pub locale: Option<String>,
    /// Two letters of the country the device or its carrier says it is in.
    pub country: Option<String>,
    /// Minutes east of UTC.
    pub time_zone_offset: Option<i32>,
    /// The processor of the crashed process.
    pub arch: Option<Arch>,
    /// x86-64 code translated on arm64 (Rosetta).
    pub translated: bool,
    /// An iOS simulator's process on a Mac.
    pub simulator: bool,
}

/// The program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct App {
    /// Bundle or package identifier.
    pub identifier: Option<String>,
    /// The version people see.
    pub version: Option<String>,
    /// The build number.
    pub build: Option<String>,
}

/// The process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// Its name.
    pub name: Option<String>,
    /// Its id.
    pub id: Option<u64>,
    /// Where its program lay.
    pub path: Option<String>,
    /// The parent's name.
    pub parent_name: Option<String>,
    /// The parent's id.
    pub parent_id: Option<u64>,
    /// When it began, as in the input.
    pub launched: Option<String>,
}

/// A loaded image. `end` is one past the last byte, whatever the format says; 0 if no extent was in the input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// First address.
    pub start: u64,
    /// One past the last address; 0: unknown.
    pub end: u64,
    /// Without its folder; empty if unnamed.
    pub name: String,
    /// Whole path.
    pub path: Option<String>,
    /// 32 upper-case hexadecimal digits of a Mach-O UUID and `0`, or GUID and age: Breakpad's spelling.
    pub debug_id: Option<DebugId>,
    /// The code id in lower case, where the format has one: the build id of an ELF file.
    pub code_id: Option<String>,
    /// The PDB's file name (App Center for UWP); for Mach-O the name is that of the image.
    pub debug_file: Option<String>,
    /// Architecture as in the input.
    pub arch: Option<String>,
    /// `com.apple.UIKit`
    pub identifier: Option<String>,
    /// `(1.2.3)`
    pub version: Option<String>,
    /// Where it came from: `P` process, `S` shared cache, `A` absolute.
    pub source: Option<String>,
}

/// A frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// As in the input. None for frames of managed code.
    pub address: Option<u64>,
    /// Index into [`Crash::images`], where the format says it (`.ips`, MetricKit).
    pub image: Option<usize>,
    /// The image's name, where the format says that alone.
    pub image_name: Option<String>,
    /// The image's start that the frame itself has (`0xBASE + OFFSET`), for images that are not listed.
    pub image_base: Option<u64>,
    /// What the report already had.
    pub given: Option<Given>,
}

/// Symbols that the report already had.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// Function as in the input; for managed code `namespace.Type.Method`.
    pub function: Option<String>,
    /// Bytes from the function's start.
    pub offset: Option<u64>,
    /// Source file.
    pub file: Option<String>,
    /// Line; negative ones (-2: native method) are left out.
    pub line: Option<u32>,
    /// Functions inlined here, innermost first: function, file, line.
    pub inlines: Vec<(String, Option<String>, Option<u32>)>,
}

/// A thread.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thread {
    /// As in the input: an id or the number in the report.
    pub id: Option<u64>,
    /// Its name.
    pub name: Option<String>,
    /// Its dispatch queue.
    pub queue: Option<String>,
    /// Innermost first.
    pub frames: Vec<Frame>,
    /// Register name (`x0`, `rip`, `far`, `esr`) and value, in the order of the input.
    pub registers: Vec<(String, u64)>,
    /// What the format says of registers in words: `flavor`, the description of `esr`.
    pub state: Vec<(String, String)>,
}

/// The native exception.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exception {
    /// `EXC_BAD_ACCESS`; App Center's `osExceptionType` if it is not a signal.
    pub kind: Option<String>,
    /// `SIGSEGV`
    pub signal: Option<String>,
    /// `KERN_INVALID_ADDRESS at 0x0`, `SEGV_NOOP`, as in the input.
    pub subtype: Option<String>,
    /// The codes as numbers: code and subcode of the Mach exception.
    pub codes: Vec<u64>,
    /// The faulting address.
    pub address: Option<u64>,
    /// The exception's note, e.g. `EXC_CORPSE_NOTIFY`; the message of `EXC_GUARD`.
    pub note: Option<String>,
}

/// Why the system ended the process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Termination {
    /// `SIGNAL`, `FRONTBOARD`, `CODESIGNING`, `DYLD`.
    pub namespace: Option<String>,
    /// `0x8badf00d` as a number.
    pub code: Option<u64>,
    /// `Segmentation fault: 11`
    pub indicator: Option<String>,
    /// The process that did it: name and id.
    pub by: Option<String>,
    /// Reasons and details, a line each.
    pub details: Vec<String>,
}

/// How an exception stands to the one before it in [`Crash::thrown`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Relation {
    /// The outermost one.
    #[default]
    Outer,
    /// The cause of its parent (inner exception, caused by).
    Cause,
    /// Suppressed by its parent (Java), or a further one of an aggregate.
    Beside,
}

/// An exception object: managed, Objective-C or C++.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thrown {
    /// Its language.
    pub language: Language,
    /// Type as in the input: `System.NullReferenceException`, `NSRangeException`.
    pub type_name: Option<String>,
    /// The text.
    pub message: Option<String>,
    /// The HRESULT, if the input has it.
    pub hresult: Option<u32>,
    /// Innermost first; from `frames` if they say something, else from `stack_trace`.
    pub frames: Vec<ManagedFrame>,
    /// Frames that the text has once and says to be there many times.
    pub repeated: Option<Repeated>,
    /// The raw text.
    pub stack_trace: Option<String>,
    /// Which exception of [`Crash::thrown`] it belongs to.
    pub parent: Option<usize>,
    /// How it belongs to it.
    pub relation: Relation,
}

/// A recursion that a text shortens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeated {
    /// Index of its first frame, marks not counted.
    pub first: usize,
    /// Frames of one turn.
    pub period: usize,
    /// How many turns there were.
    pub times: u64,
}

/// A frame of managed code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ManagedFrame {
    /// `Namespace.Type`, `com.example.Type`, or the module of a Python function.
    pub class: Option<String>,
    /// Method without parameters.
    pub method: Option<String>,
    /// Parameters as in the input, without parentheses.
    pub parameters: Option<String>,
    /// Source file as in the input.
    pub file: Option<String>,
    /// Line.
    pub line: Option<u32>,
    /// Column.
    pub column: Option<u32>,
    /// Assembly, jar, bundle, package: what the frame says it is from.
    pub module: Option<String>,
    /// Bytes from the module's start (.NET Native, NativeAOT): `App!<BaseAddress>+0x1234`.
    pub module_offset: Option<u64>,
    /// Address, for native frames in a managed stack (UWP: address alone).
    pub native: Option<Frame>,
    /// The line as in the input, where it could not be taken apart.
    pub text: Option<String>,
    /// A mark between frames instead of a call: `--- End of stack trace from previous location ---`.
    pub mark: bool,
}

/// The backtrace of the last Objective-C exception.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastException {
    /// Return addresses, all of them: also the first is one.
    pub frames: Vec<Frame>,
}

/// A file that came with the crash.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachment {
    /// Its id.
    pub id: Option<String>,
    /// File name as in the input; never a path to write to.
    pub name: Option<String>,
    /// MIME type.
    pub content_type: Option<String>,
    /// Decoded size in bytes; None if it could not be decoded.
    pub size: Option<u64>,
    /// Why it could not be used.
    pub fault: Option<String>,
}

/// Something that was tolerated, or lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// Where: `line 12`, `byte 4711`, `logs[3].threads[0].frames[2].address`.
    pub place: String,
    /// What, as a sentence without a full stop.
    pub message: String,
}

/// One crash, as the input has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Crash {
    /// The format; None only in a [`Default`].
    pub kind: Option<Kind>,
    /// The report's own id (log id, incident identifier).
    pub id: Option<String>,
    /// When it crashed, as in the input.
    pub time: Option<String>,
    /// Whether the process ended by it; handled errors did not.
    pub fatal: Option<bool>,
    /// Where.
    pub system: System,
    /// The program.
    pub app: App,
    /// The process.
    pub process: Process,
    /// The threads, as in the input.
    pub threads: Vec<Thread>,
    /// Index of the crashed one.
    pub crashed: Option<usize>,
    /// The images, as in the input: unsorted, overlapping, unnamed.
    pub images: Vec<Image>,
    /// The native exception.
    pub exception: Option<Exception>,
    /// Why the system ended the process.
    pub termination: Option<Termination>,
    /// Application Specific Information: image and text.
    pub messages: Vec<(Option<String>, String)>,
    /// The last Objective-C exception's own backtrace.
    pub last_exception: Option<LastException>,
    /// Backtraces in text form that came with the messages.
    pub backtraces: Vec<String>,
    /// Exception objects, the outermost first; see [`Thrown::parent`].
    pub thrown: Vec<Thrown>,
    /// What came with it.
    pub attachments: Vec<Attachment>,
    /// The user as in the input.
    pub user: Option<String>,
    /// Properties that the program or the device set; the SDK's name and version among them.
    pub properties: Vec<(String, String)>,
    /// Header fields and facts without a field of their own, so that nothing is lost: name, value.
    pub more: Vec<(String, String)>,
    /// What was tolerated or lost.
    pub notes: Vec<Note>,
}

impl Crash {
    /// Whether it has anything that a failure could be named after: a frame, an exception, a reason why the process
    /// ended. A report that was cut off after its header has nothing.
    #[must_use]
    pub fn has_failure(&self) -> bool {
        let exception = self.exception.as_ref();
        let end = self.termination.as_ref();
        self.threads.iter().any(|thread| !thread.frames.is_empty())
            || self.last_exception.is_some()
            || !self.thrown.is_empty()
            || exception.is_some_and(|exception| exception.kind.is_some() || exception.signal.is_some())
            || end.is_some_and(|end| end.code.is_some() || end.namespace.is_some())
    }
}
