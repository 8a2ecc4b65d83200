//! The class of a failure, from what the system said. On Windows as Microsoft's records show; elsewhere the same
//! classes from signal, `si_code`, address and message.

mod apple;
mod signals;
mod windows;

use std::borrow::Cow;

use super::facts::{Facts, Language, Mapping, Vocabulary};
use super::managed;
use crate::reason::{self, Access, Platform, Raw, Reason};

/// A stowed exception: WinRT kept it until the process ended.
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

/// The class of a crash. `hint` is what the frames above the blamed one say (`ASSERTION`); the exception and the
/// message come first.
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
        && let Some(class) = apple::termination(code)
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
        Platform::Windows => windows::class(facts, &reason),
        Platform::MacOs | Platform::Ios => apple::class(facts, &raw, &reason, hint),
        Platform::Linux | Platform::Android | Platform::Other => signals::class(facts, &reason, hint),
    }
}

/// Lower case, without `0x` and without leading zeros: `c0000005`, `1007`.
fn hex(code: u32) -> String {
    format!("{code:x}")
}

/// The classes of a memory fault.
fn memory(facts: &Facts<'_>, address: Option<u64>, access: Access) -> Vec<Cow<'static, str>> {
    let new_words = facts.vocabulary == Vocabulary::V2410;
    if access == Access::Execute {
        // A jump to where nothing is; to memory that is no code, the name is another. Records of the first have
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
    let write = access == Access::Write;
    let name = match address {
        Some(0) if !new_words => ["NULL_POINTER_READ", "NULL_POINTER_WRITE"],
        Some(1..NULL_PAGE) if !new_words => ["NULL_CLASS_PTR_READ", "NULL_CLASS_PTR_WRITE"],
        _ => ["INVALID_POINTER_READ", "INVALID_POINTER_WRITE"],
    };
    vec![name[usize::from(write)].into()]
}
