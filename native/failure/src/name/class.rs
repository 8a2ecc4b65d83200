//! The class of a failure, from what the system said. On Windows as Microsoft's records show; elsewhere the same classes
//! from signal, `si_code`, address and message.

use std::borrow::Cow;

use super::facts::{Facts, Language, Mapping, Vocabulary};
use super::{managed, message};
use crate::codes;
use crate::reason::{self, Access, Platform, Raw, Reason};

/// Below this an address is a null pointer with the offset of a member. Records show 0x418 on one side and 0x12d4 on the
/// other; Android's tombstones use the same page.
const NULL_PAGE: u64 = 0x1000;

/// The first part of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Class {
    /// In the name's order.
    pub(super) parts: Vec<Cow<'static, str>>,
    pub(super) code: String,
    pub(super) event_type: &'static str,
    /// Image and function that stand for "no place in particular": `hardware_disk!Unknown`.
    pub(super) pseudo: Option<(&'static str, &'static str)>,
    pub(super) overflow: bool,
    /// A memory fault: its words differ by vocabulary.
    pub(super) of_memory: bool,
}

impl Class {
    fn new(class: impl Into<Cow<'static, str>>, code: impl Into<String>) -> Class {
        Class {
            parts: vec![class.into()],
            code: code.into(),
            event_type: "crash",
            pseudo: None,
            overflow: false,
            of_memory: false,
        }
    }

    fn memory(facts: &Facts<'_>, address: Option<u64>, access: Access, code: impl Into<String>) -> Class {
        let mut class = Class::new("", code);
        class.parts = memory(facts, address, access);
        class.of_memory = true;
        class
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

/// The class of a crash. `hint` is what the frames above the blamed one say (`ASSERTION`); the exception and the message
/// come first.
pub(super) fn class(facts: &Facts<'_>, hint: Option<&str>) -> Class {
    let mut class = decide(facts, hint);
    if let Some(group) = facts.service_group {
        class.parts.insert(0, Cow::Owned(format!("SVCHOSTGROUP_{group}")));
    }
    class
}

fn decide(facts: &Facts<'_>, hint: Option<&str>) -> Class {
    if let Some(thrown) = &facts.thrown
        && let Some((name, code)) = managed::class_and_code(thrown)
    {
        let name = if facts.code == Some(STOWED) { "STOWED_EXCEPTION" } else { name };
        let event = if thrown.language == Language::JavaScript { "jse" } else { "crash" };
        return Class::new(name, hex(code)).with(thrown.type_name.map(str::to_owned)).event(event);
    }
    if facts.platform.is_apple()
        && let Some(code) = facts.termination
        && let Some(class) = termination(code)
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
    match facts.platform {
        Platform::Windows => windows(facts, &reason),
        Platform::MacOs | Platform::Ios => apple(facts, &raw, &reason, hint),
        Platform::Linux | Platform::Android | Platform::Other => unix(facts, &reason, hint),
    }
}

/// Lower case, without `0x` and without leading zeros: `c0000005`, `1007`.
fn hex(code: u32) -> String {
    format!("{code:x}")
}

const STOWED: u32 = 0xc000_027b;
const ACCESS_VIOLATION: u32 = 0xc000_0005;

fn windows(facts: &Facts<'_>, reason: &Reason) -> Class {
    let Some(code) = facts.code else {
        return match facts.hang {
            true => Class::new("APPLICATION_HANG", "cfffffff").event("hang"),
            false => Class::new("APPLICATION_FAULT", "0"),
        };
    };
    let text = hex(code);
    match code {
        0xc000_00fd => Class::new("STACK_OVERFLOW", text).overflowing(),
        ACCESS_VIOLATION if facts.stack_overflow => Class::new("STACK_OVERFLOW", text).overflowing(),
        ACCESS_VIOLATION => {
            // Without parameters (RaiseException by hand) there is no address.
            let given = facts.parameters.len() >= 2 || facts.fault_address.is_some();
            let address = given.then_some(reason.address).flatten();
            Class::memory(facts, address, facts.access.or(reason.access).unwrap_or(Access::Read), text)
        }
        0xc000_0006 => {
            let mut class = Class::new("IN_PAGE_ERROR", text);
            class.pseudo = Some(("hardware_disk", "Unknown"));
            class
        }
        0xc000_0374 => Class::new("HEAP_CORRUPTION", text),
        0xc000_0409 => fast_fail(facts, text),
        0xc000_0602 => Class::new("FAIL_FAST_EXCEPTION", text),
        STOWED => Class::new("STOWED_EXCEPTION", text),
        // .NET puts the HRESULT into the first parameter.
        0xe043_4352 | 0xe043_4f4d => match facts.parameters.first() {
            Some(&hresult) if hresult as u32 >> 31 == 1 => Class::new("CLR_EXCEPTION", hex(hresult as u32)),
            _ => Class::new("CLR_EXCEPTION", text),
        },
        0xe06d_7363 => Class::new("CPP_EXCEPTION", text),
        0xe000_0008 => Class::new("APPLICATION_FAULT", text).event("memory"),
        0xc000_041d => Class::new("FATAL_USER_CALLBACK_EXCEPTION", text),
        0x8000_0003 => Class::new("BREAKPOINT", text),
        0x8000_0004 => Class::new("SINGLE_STEP", text),
        0xc000_0094 => Class::new("INTEGER_DIVIDE_BY_ZERO", text),
        0xc000_0095 => Class::new("INTEGER_OVERFLOW", text),
        0xc000_001d => Class::new("ILLEGAL_INSTRUCTION", text),
        0xc000_0096 => Class::new("PRIVILEGED_INSTRUCTION", text),
        0xc000_0420 => Class::new("ASSERTION", text),
        0xc000_0008 => Class::new("INVALID_HANDLE", text),
        0xcfff_ffff => Class::new("APPLICATION_HANG", text).event("hang"),
        0xdfff_ffff => Class::new("MOAPPLICATION_HANG", text).event("hang"),
        _ if facts.hang => Class::new("APPLICATION_HANG", text).event("hang"),
        _ => Class::new("APPLICATION_FAULT", text),
    }
}

fn fast_fail(facts: &Facts<'_>, text: String) -> Class {
    let subcode = facts.parameters.first().map(|&p| p as u32);
    match subcode.and_then(codes::fastfail) {
        // Both records of this subcode have the whole of it.
        Some("STACK_COOKIE_CHECK_FAILURE") => Class::new("FAIL_FAST", text)
            .with(Some("STACK_BUFFER_OVERRUN"))
            .with(Some("STACK_COOKIE_CHECK_FAILURE"))
            .with(Some("MISSING_GSFRAME")),
        name => Class::new("FAIL_FAST", text).with(name),
    }
}

/// The classes of a memory fault.
fn memory(facts: &Facts<'_>, address: Option<u64>, access: Access) -> Vec<Cow<'static, str>> {
    let new_words = facts.vocabulary == Vocabulary::V2410;
    if access == Access::Execute {
        // A jump to where nothing is; to memory that is no code, the name is another. Records of the first have address 0.
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
    let write = access == Access::Write;
    let name = match address {
        Some(0) if !new_words => ["NULL_POINTER_READ", "NULL_POINTER_WRITE"],
        Some(1..NULL_PAGE) if !new_words => ["NULL_CLASS_PTR_READ", "NULL_CLASS_PTR_WRITE"],
        _ => ["INVALID_POINTER_READ", "INVALID_POINTER_WRITE"],
    };
    vec![name[usize::from(write)].into()]
}

/// The fault of a signal that has an address. `protected`: something is mapped there, but not for this.
fn fault(facts: &Facts<'_>, reason: &Reason, code: &str, protected: bool) -> Class {
    if facts.stack_overflow {
        return Class::new("STACK_OVERFLOW", code).overflowing();
    }
    let jumped = facts.instruction.is_some() && facts.instruction == reason.address;
    let access = match facts.access.or(reason.access) {
        Some(access) => access,
        None if jumped => Access::Execute,
        // Mapped memory can nearly always be read.
        None if protected => Access::Write,
        None => Access::Read,
    };
    let mut class = Class::memory(facts, reason.address, access, code);
    if jumped && protected && facts.mapping == Mapping::Unknown {
        class.parts[0] = "SOFTWARE_NX_FAULT".into();
    }
    class
}

fn unix(facts: &Facts<'_>, reason: &Reason, hint: Option<&str>) -> Class {
    let Some(signal) = facts.signal.or(reason.signal) else {
        return match facts.hang {
            true => Class::new("APPLICATION_HANG_ANR", "SIGQUIT").event("hang"),
            false => Class::new("APPLICATION_FAULT", facts.code.map_or_else(|| "0".to_owned(), hex)),
        };
    };
    let code = facts.flags;
    match signal {
        _ if facts.hang => Class::new("APPLICATION_HANG_ANR", signal).event("hang"),
        // si_code 8 and 9: the tag of the memory did not fit (MTE).
        "SIGSEGV" if matches!(code, 8 | 9) => Class::new("HEAP_CORRUPTION", signal),
        "SIGSEGV" => fault(facts, reason, signal, code == 2),
        "SIGBUS" if code == 1 => Class::new("DATATYPE_MISALIGNMENT", signal),
        "SIGBUS" => Class::new("IN_PAGE_ERROR", signal),
        // Breakpad before 2015 wrote si_code 0 always; nearly every SIGFPE is a division.
        "SIGFPE" if code <= 1 => Class::new("INTEGER_DIVIDE_BY_ZERO", signal),
        "SIGFPE" => Class::new("ARITHMETIC", signal),
        "SIGSYS" => Class::new("FAIL_FAST_INVALID_SYSCALL_NUMBER", signal),
        _ => stopped(facts, signal, hint),
    }
}

/// The signals a program stops itself with.
fn stopped(facts: &Facts<'_>, signal: &str, hint: Option<&str>) -> Class {
    let said = facts.message.and_then(message::class);
    let thrown = facts.thrown.and_then(|thrown| match thrown.language {
        Language::Cpp => Some("CPP_EXCEPTION"),
        Language::ObjectiveC => Some("OBJC_EXCEPTION"),
        _ => None,
    });
    let asserted = facts.assertion.map(|_| "ASSERTION");
    let known: Option<Cow<'static, str>> =
        thrown.or(said).or(asserted).map(Cow::Borrowed).or_else(|| hint.map(|hint| Cow::Owned(hint.to_owned())));
    let by_itself = match signal {
        "SIGABRT" => "FAIL_FAST_FATAL_APP_EXIT",
        "SIGTRAP" => "BREAKPOINT",
        "SIGILL" => "ILLEGAL_INSTRUCTION",
        _ => return Class::new("APPLICATION_FAULT", signal),
    };
    match known {
        Some(class) if class == "OBJC_EXCEPTION" => {
            let name = facts
                .thrown
                .and_then(|thrown| thrown.type_name)
                .or_else(|| facts.message.and_then(message::objc_name))
                .map(str::to_owned);
            Class::new(class, signal).with(name)
        }
        Some(class) => Class::new(class, signal),
        None => Class::new(by_itself, signal),
    }
}

fn apple(facts: &Facts<'_>, raw: &Raw<'_>, reason: &Reason, hint: Option<&str>) -> Class {
    const BAD_ACCESS: u32 = 1;
    const CRASH: u32 = 10;
    const RESOURCE: u32 = 11;
    const GUARD: u32 = 12;
    const NS_EXCEPTION: u32 = 0x4350_6e78;
    let kind = || Cow::Borrowed(reason::mach_kind(raw).unwrap_or("UNKNOWN"));
    match facts.code {
        Some(RESOURCE) => {
            let event = if kind() == "MEMORY" { "memory" } else { "crash" };
            return Class::new("RESOURCE_LIMIT", "EXC_RESOURCE").with(Some(kind())).event(event);
        }
        Some(GUARD) => return Class::new("FAIL_FAST_GUARD", "EXC_GUARD").with(Some(kind())),
        Some(NS_EXCEPTION) => return stopped(facts, "SIGABRT", Some("OBJC_EXCEPTION")),
        _ => {}
    }
    let signal = facts.signal.or(reason.signal);
    match (facts.code, raw.flags) {
        (Some(BAD_ACCESS), flags) => {
            let signal = signal.unwrap_or("SIGSEGV");
            match flags {
                10 => Class::new("IN_PAGE_ERROR", signal),
                50 => Class::new("CODESIGN_ERROR", signal),
                0x101 | 0x103 => Class::new("DATATYPE_MISALIGNMENT", signal),
                // KERN_PROTECTION_FAILURE.
                _ => fault(facts, reason, signal, flags == 2),
            }
        }
        (code, _) => match signal {
            Some(signal @ ("SIGSEGV" | "SIGBUS")) => fault(facts, reason, signal, signal == "SIGBUS"),
            Some("SIGFPE") => Class::new("INTEGER_DIVIDE_BY_ZERO", "SIGFPE"),
            Some("SIGSYS") => Class::new("FAIL_FAST_INVALID_SYSCALL_NUMBER", "SIGSYS"),
            Some(signal) => stopped(facts, signal, hint),
            None if code == Some(CRASH) => stopped(facts, "SIGABRT", hint),
            None if facts.hang => Class::new("APPLICATION_HANG", "cfffffff").event("hang"),
            None => Class::new("APPLICATION_FAULT", code.map_or_else(|| "0".to_owned(), hex)),
        },
    }
}

/// The codes with which iOS ends a program. "Understanding the exception types in a crash report", Apple.
fn termination(code: u64) -> Option<Class> {
    let code = u32::try_from(code).ok()?;
    let (class, event) = match code {
        0x8bad_f00d => ("APPLICATION_HANG_WATCHDOG", "hang"),
        0xdead_10cc => ("FILE_LOCK_HELD", "crash"),
        0xc000_10ff => ("THERMAL", "crash"),
        0xbaad_ca11 => ("CALLKIT", "crash"),
        0xbad2_2222 => ("VOIP_RESUME", "crash"),
        0xbadd_d15c => ("DISK_CLEANUP", "crash"),
        0xdead_fa11 => ("FORCE_QUIT", "crash"),
        _ => return None,
    };
    Some(Class::new(class, hex(code)).event(event))
}
