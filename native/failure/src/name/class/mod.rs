//! The class of a failure, from what the system said. On Windows as Microsoft's records show; elsewhere the same
//! classes from signal, `si_code`, address and message.

mod apple;
mod signals;
mod windows;

use std::borrow::Cow;

use vocabulary::{Arch, Language, Os};

use super::choices::{Profile, Vocabulary};
use super::facts::{Facts, Mapping, Thrown};
use super::managed;
use crate::reason::{self, Access, Raw, Reason};

pub(super) use signals::was_sent;
pub(crate) use windows::is_hang_frame;

/// A stowed exception: WinRT retained it until the process ended.
const STOWED: u32 = 0xc000_027b;

/// Below this an address is a null pointer with the offset of a member. Records show 0x418 on one side and 0x12d4 on
/// the other; Android's tombstones use the same page.
const NULL_PAGE: u64 = 0x1000;

/// The first part of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Class {
    /// In the name's order.
    pub(super) parts: Vec<Cow<'static, str>>,
    pub(super) code: String,
    pub(super) event_type: &'static str,
    /// Image and function that mean "no particular location": `hardware_disk!Unknown`.
    pub(super) pseudo: Option<(&'static str, &'static str)>,
    /// As `pseudo`, for a failure without a stack.
    pub(super) without_stack: Option<(&'static str, &'static str)>,
    pub(super) overflow: bool,
    /// A memory fault: its words differ by vocabulary.
    pub(super) of_memory: bool,
    /// A memory fault of which nothing says whether it was a read or a write.
    pub(super) access_unknown: bool,
    /// Where the class comes from, for people.
    pub(super) because: Cow<'static, str>,
    /// Where the code comes from, for people.
    pub(super) code_from: &'static str,
}

/// Families whose members are written as a class and what narrows it: `FAIL_FAST`, `FATAL_APP_EXIT`.
const FAMILIES: [&str; 4] = ["FAIL_FAST", "HEAP_CORRUPTION", "APPLICATION_HANG", "RESOURCE_LIMIT"];

impl Class {
    fn new(class: impl Into<Cow<'static, str>>, code: impl Into<String>) -> Class {
        Class {
            parts: split(class.into()),
            code: code.into(),
            event_type: "crash",
            pseudo: None,
            without_stack: None,
            overflow: false,
            of_memory: false,
            access_unknown: false,
            because: Cow::Borrowed("the exception code"),
            code_from: "the exception code",
        }
    }

    fn memory(facts: &Facts<'_>, address: Option<u64>, access: Option<Access>, code: impl Into<String>) -> Class {
        let mut class = Class::new("", code);
        class.parts = memory(facts, address, access);
        class.of_memory = true;
        class.access_unknown = access.or(facts.access).is_none();
        class.because = Cow::Borrowed(match address {
            None => "a memory fault whose address is not known",
            Some(0) => "a memory fault at address 0",
            Some(1..NULL_PAGE) => "a memory fault below 0x1000: a null pointer and the offset of a member",
            Some(_) => "a memory fault at an address above 0xfff",
        });
        class
    }

    fn because(mut self, because: &'static str) -> Class {
        self.because = Cow::Borrowed(because);
        self
    }

    fn code_from(mut self, code_from: &'static str) -> Class {
        self.code_from = code_from;
        self
    }

    fn with(mut self, part: Option<impl Into<Cow<'static, str>>>) -> Class {
        self.parts.extend(part.map(Into::into));
        self
    }

    fn event(mut self, event_type: &'static str) -> Class {
        self.event_type = event_type;
        self
    }

    fn overflowing(mut self) -> Class {
        self.overflow = true;
        self
    }
}

fn split(class: Cow<'static, str>) -> Vec<Cow<'static, str>> {
    if let Cow::Borrowed(text) = class
        && text != "FAIL_FAST_EXCEPTION"
        && let Some(family) = FAMILIES.iter().find(|family| text.starts_with(**family))
        && let Some(narrower) = text[family.len()..].strip_prefix('_')
    {
        return vec![Cow::Borrowed(*family), Cow::Borrowed(narrower)];
    }
    vec![class]
}

/// The class of a crash. `hint` is what the frames above the blamed one say (`ASSERTION`); the exception and the
/// message come first.
pub(super) fn class(facts: &Facts<'_>, hint: Option<&str>) -> Class {
    let mut class = decide(facts, hint);
    if let Some(group) = facts.service_group {
        class.parts.insert(0, Cow::Owned(format!("SVCHOSTGROUP_{group}")));
    }
    class.parts.extend(facts.tags.iter().map(|tag| Cow::Owned((*tag).to_owned())));
    // The name is the failure's, whether it ended the program or not; only the kind of event differs.
    if facts.handled && matches!(class.event_type, "crash" | "jse") {
        class.event_type = "handled";
    }
    // Only public debugger output has this one: 13 records, and none of the 52 names of the back end.
    if facts.platform == Os::Windows && facts.profile == Profile::Windbg && windows::verified(facts) {
        class.parts.push(Cow::Borrowed("AVRF"));
    }
    class
}

fn decide(facts: &Facts<'_>, hint: Option<&str>) -> Class {
    if facts.platform == Os::Windows
        && facts.code == Some(STOWED)
        && let Some(class) = windows::stowed(facts)
    {
        return class;
    }
    // What the system says of a crash is more certain than a type of an unknown language.
    let of_system = facts.code.is_some() || facts.signal.is_some() || facts.termination.is_some();
    let counts = |thrown: &&Thrown<'_>| !(facts.hang || (of_system && thrown.language == Language::Unknown));
    if let Some(thrown) = facts.thrown.as_ref().filter(counts)
        && let Some((name, code)) = managed::class_and_code(thrown)
    {
        let event = if thrown.language == Language::JavaScript { "jse" } else { "crash" };
        let narrower = match managed::type_name(thrown) {
            Some(name) => Some(Cow::Owned(name.to_owned())),
            None if facts.stack_overflow => Some(Cow::Borrowed("STACK_OVERFLOW")),
            None => None,
        };
        let mut class = Class::new(name, hex(code))
            .with(narrower)
            .event(event)
            .because("an exception of the program's language")
            .code_from(managed::code_from(thrown));
        class.overflow = managed::is_overflow(thrown, facts.message);
        return class;
    }
    if facts.platform.is_apple()
        && let Some(class) = apple::termination(facts)
    {
        return class;
    }
    let raw = Raw {
        platform: facts.platform,
        cpu: facts.cpu,
        code: facts.code.unwrap_or(0),
        flags: facts.flags,
        address: facts.address,
        parameters: facts.parameters,
    };
    let mut reason = match facts.code {
        Some(_) => reason::without_text(&raw),
        None => Reason { address: Some(facts.address), ..Reason::default() },
    };
    reason.address = facts.fault_address.or(reason.address);
    // Public debugger output names a dump of a program that Crashpad simulated an exception for by its code alone.
    let as_debuggers = facts.platform == Os::Windows && facts.profile == Profile::Windbg;
    if (facts.requested || reason.requested) && !as_debuggers {
        return Class::new("DUMP_REQUESTED", facts.code.map_or_else(|| "0".to_owned(), hex))
            .event("requested")
            .because("the program asked for the dump, and nothing crashed");
    }
    match facts.platform {
        Os::Windows => windows::class(facts, &reason),
        Os::MacOs | Os::Ios => apple::class(facts, &raw, &reason, hint),
        _ => signals::class(facts, &reason, hint),
    }
}

/// Lower case, without `0x` and without leading zeros: `c0000005`, `1007`.
fn hex(code: u32) -> String {
    let digits = crate::hash::hex_text(&code.to_be_bytes());
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() { "0" } else { digits }.to_owned()
}

/// The classes of a memory fault. On Windows the exception's parameters say whether it was a read or a write, and the
/// class has the word. Elsewhere only some writers of a crash know it, and one crash must not have two names.
fn memory(facts: &Facts<'_>, address: Option<u64>, access: Option<Access>) -> Vec<Cow<'static, str>> {
    let new_words = facts.vocabulary == Vocabulary::V2410;
    if access == Some(Access::Execute) {
        // A jump to unmapped memory; a jump to memory without code has another name. Records of the first have
        // address 0.
        let nothing = match facts.mapping {
            Mapping::Unmapped => true,
            Mapping::NotExecutable | Mapping::Executable => false,
            Mapping::Unknown => address.is_some_and(|a| a < NULL_PAGE),
        };
        return match (nothing, new_words) {
            (true, _) => vec!["INVALID_POINTER_EXECUTE".into()],
            (false, true) => vec!["SOFTWARE_NX_FAULT".into(), "INVALID_POINTER_EXECUTE".into()],
            (false, false) => vec!["SOFTWARE_NX_FAULT".into()],
        };
    }
    let [read, write, either] = match address {
        Some(0) if !new_words => ["NULL_POINTER_READ", "NULL_POINTER_WRITE", "NULL_POINTER"],
        Some(1..NULL_PAGE) if !new_words => ["NULL_CLASS_PTR_READ", "NULL_CLASS_PTR_WRITE", "NULL_CLASS_PTR"],
        _ => ["INVALID_POINTER_READ", "INVALID_POINTER_WRITE", "INVALID_POINTER"],
    };
    let word = match (facts.platform, access) {
        (Os::Windows, Some(Access::Write)) => write,
        // Microsoft calls a fault without parameters a read: 1 record.
        (Os::Windows, _) => read,
        _ => either,
    };
    vec![word.into()]
}

/// A part of a class without the word for how memory was touched.
pub(super) fn without_access(part: &str) -> &str {
    const POINTERS: [&str; 3] = ["NULL_POINTER", "NULL_CLASS_PTR", "INVALID_POINTER"];
    let rest = POINTERS.iter().find_map(|pointer| Some((*pointer, part.strip_prefix(pointer)?)));
    match rest {
        Some((pointer, "_READ" | "_WRITE")) => pointer,
        _ => part,
    }
}

/// How memory was touched, off Windows: a fault at the program counter itself is a jump to where no code is. Analysis
/// of the instruction can call other faults a jump too (a call through a bad pointer that faults at the call), but most
/// writers cannot know it.
fn touched(facts: &Facts<'_>, reason: &Reason, address: Option<u64>) -> Option<Access> {
    let known = facts.access.or(reason.access);
    match (facts.instruction, address) {
        (Some(instruction), Some(address)) if fetched(facts.cpu, instruction, address) => {
            known.filter(|access| *access != Access::Execute).or(Some(Access::Execute))
        }
        (Some(_), _) => known.filter(|access| *access != Access::Execute),
        (None, _) => known,
    }
}

/// A fault at this address is one of fetching the instruction.
fn fetched(cpu: Option<Arch>, instruction: u64, address: u64) -> bool {
    const LONGEST_INSTRUCTION: u64 = 15;
    // On ARM bit 0 of a jump's target selects Thumb; on arm64 the top byte of an address may be a tag.
    let mask = match cpu {
        Some(Arch::Arm) => !1,
        Some(Arch::Arm64 | Arch::Arm64e) => 0x00ff_ffff_ffff_ffff,
        Some(Arch::X86 | Arch::Amd64 | Arch::Arm64_32) | None => u64::MAX,
    };
    let behind = address.wrapping_sub(instruction);
    let next_page = address.is_multiple_of(4096) && (1..LONGEST_INSTRUCTION).contains(&behind);
    instruction & mask == address & mask || (next_page && cpu.is_some_and(Arch::is_x86))
}
