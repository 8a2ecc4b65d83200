//! The facts that decide class and code, with their values: those without which either would be another.

use vocabulary::{Language, Os};

use super::choices::Vocabulary;
use super::class::{self, Class};
use super::facts::{Facts, Mapping};
use super::sanitise::head;
use crate::reason::Access;

/// The longest value that is shown whole, in bytes.
const MAX_VALUE: usize = 60;

/// Facts with values: `exception_code c0000005, exception_parameters 0 18`. Empty if none decides alone.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    pub(super) class: String,
    pub(super) code: String,
}

/// What decided the class. `hint`: the class that a skipped frame gives, and which frame and rule that is.
pub(super) fn evidence(facts: &Facts<'_>, hint: Option<(&str, String)>) -> Evidence {
    let said = hint.as_ref().map(|hint| hint.0);
    let with = class::class(facts, said);
    let mut found = Evidence::default();
    let mut look = |key: &str, value: &dyn Fn() -> String, other: &Class| {
        for (differs, text) in
            [(other.parts != with.parts, &mut found.class), (other.code != with.code, &mut found.code)]
        {
            if differs {
                let value = value();
                let end = if head(&value, MAX_VALUE).len() < value.len() { "…" } else { "" };
                text.push_str(if text.is_empty() { "" } else { ", " });
                text.push_str(&format!("{key} {}{end}", head(&value, MAX_VALUE)));
            }
        }
    };
    for (key, value, without) in given(facts) {
        look(key, &|| value.clone(), &class::class(&without, said));
    }
    if let Some((class, from)) = &hint {
        look(from, &|| (*class).to_owned(), &class::class(facts, None));
    }
    found
}

/// Each fact that is present and that classes are made from: its key in records, its value, and the facts without it.
fn given<'a>(facts: &Facts<'a>) -> Vec<(&'static str, String, Facts<'a>)> {
    let mut all = Vec::new();
    let mut add = |known: bool, key, value: String, without: Facts<'a>| {
        if known {
            all.push((key, value, without));
        }
    };
    let text = |text: Option<&str>| text.unwrap_or_default().escape_debug().to_string();
    let number = |number: Option<u64>| number.map(|number| format!("{number:#x}")).unwrap_or_default();
    let (code, flags) = match facts.platform {
        Os::Windows => ("exception_code", "exception_flags"),
        Os::MacOs | Os::Ios => ("mach_exception", "mach_code"),
        _ => ("signal", "si_code"),
    };
    let shown = match facts.platform {
        Os::Windows => facts.code.map(|code| format!("{code:x}")),
        _ => facts.code.map(|code| code.to_string()),
    };
    let parameters: Vec<String> = facts.parameters.iter().take(4).map(|value| format!("{value:x}")).collect();
    let language = facts.thrown.map_or("", |thrown| thrown.language.as_str());
    let thrown = facts.thrown.and_then(|thrown| thrown.type_name);
    let by_code = matches!(facts.thrown, Some(thrown) if thrown.language == Language::Clr);
    let hresult = facts.thrown.and_then(|thrown| thrown.hresult).filter(|_| by_code);
    add(facts.code.is_some(), code, shown.unwrap_or_default(), Facts { code: None, ..*facts });
    add(facts.flags != 0, flags, (facts.flags as i32).to_string(), Facts { flags: 0, ..*facts });
    add(
        !facts.parameters.is_empty(),
        "exception_parameters",
        parameters.join(" "),
        Facts { parameters: &[], ..*facts },
    );
    add(facts.address != 0, "exception_address", number(Some(facts.address)), Facts { address: 0, ..*facts });
    add(
        facts.fault_address.is_some(),
        "fault_address",
        number(facts.fault_address),
        Facts { fault_address: None, ..*facts },
    );
    add(facts.instruction.is_some(), "instruction", number(facts.instruction), Facts { instruction: None, ..*facts });
    let access = facts.access.map_or("", Access::as_str).to_owned();
    add(facts.access.is_some(), "access", access, Facts { access: None, ..*facts });
    let mapping = facts.mapping.as_str().unwrap_or_default().to_owned();
    add(facts.mapping != Mapping::Unknown, "mapping", mapping, Facts { mapping: Mapping::Unknown, ..*facts });
    add(facts.sent, "sent", "true".to_owned(), Facts { sent: false, ..*facts });
    add(facts.privileged, "privileged_instruction", "true".to_owned(), Facts { privileged: false, ..*facts });
    add(facts.stack_overflow, "stack_overflow", "true".to_owned(), Facts { stack_overflow: false, ..*facts });
    add(
        facts.stack_pointer_mismatch,
        "stack_pointer_mismatch",
        "true".to_owned(),
        Facts { stack_pointer_mismatch: false, ..*facts },
    );
    add(facts.signal.is_some(), "signal", text(facts.signal), Facts { signal: None, ..*facts });
    add(facts.message.is_some(), "message", text(facts.message), Facts { message: None, ..*facts });
    add(facts.assertion.is_some(), "assertion", text(facts.assertion), Facts { assertion: None, ..*facts });
    let whole = format!("{language} {}", text(thrown));
    add(facts.thrown.is_some(), "exception", whole.trim_end().to_owned(), Facts { thrown: None, ..*facts });
    let without = facts.thrown.map(|thrown| super::facts::Thrown { hresult: None, ..thrown });
    add(hresult.is_some(), "hresult", number(hresult.map(u64::from)), Facts { thrown: without, ..*facts });
    add(facts.termination.is_some(), "termination", number(facts.termination), Facts { termination: None, ..*facts });
    add(facts.requested, "requested", "true".to_owned(), Facts { requested: false, ..*facts });
    add(facts.handled, "handled", "true".to_owned(), Facts { handled: false, ..*facts });
    add(facts.hang, "hang", "true".to_owned(), Facts { hang: false, ..*facts });
    add(facts.hang_kind.is_some(), "hang_kind", text(facts.hang_kind), Facts { hang_kind: None, ..*facts });
    add(facts.package.is_some(), "package", text(facts.package), Facts { package: None, ..*facts });
    let stowed = facts.stowed.map(|stowed| number(stowed.hresult.map(u64::from))).unwrap_or_default();
    add(facts.stowed.is_some(), "stowed", stowed, Facts { stowed: None, ..*facts });
    add(facts.heap_error.is_some(), "heap_error", text(facts.heap_error), Facts { heap_error: None, ..*facts });
    add(facts.verifier, "application_verifier", "true".to_owned(), Facts { verifier: false, ..*facts });
    add(
        facts.service_group.is_some(),
        "service_group",
        text(facts.service_group),
        Facts { service_group: None, ..*facts },
    );
    add(!facts.tags.is_empty(), "tags", facts.tags.join(" ").escape_debug().to_string(), Facts { tags: &[], ..*facts });
    add(
        facts.vocabulary == Vocabulary::V2410,
        "vocabulary",
        "2410".to_owned(),
        Facts { vocabulary: Vocabulary::Classic, ..*facts },
    );
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::facts::Thrown;

    #[test]
    fn what_decides() {
        let null = Facts {
            platform: Os::Windows,
            code: Some(0xc000_0005),
            parameters: &[1, 0x18],
            address: 0x7ff6_0000_1000,
            process: Some("app.exe"),
            ..Facts::default()
        };
        let found = evidence(&null, None);
        assert_eq!(found.class, "exception_code c0000005, exception_parameters 1 18");
        assert_eq!(found.code, "exception_code c0000005");
        let newer = Facts { vocabulary: Vocabulary::V2410, ..null };
        assert!(evidence(&newer, None).class.ends_with(", vocabulary 2410"));
        let message = "*** stack smashing detected ***: terminated";
        let abort = Facts { platform: Os::Linux, code: Some(6), message: Some(message), ..Facts::default() };
        assert_eq!(evidence(&abort, None).class, format!("signal 6, message {message}"));
        assert_eq!(evidence(&abort, None).code, "signal 6");
        let quiet = Facts { message: None, ..abort };
        let hinted = evidence(&quiet, Some(("ASSERTION", "frame 2 __assert_fail (linux.toml:22)".to_owned())));
        assert_eq!(hinted.class, "signal 6, frame 2 __assert_fail (linux.toml:22) ASSERTION");
        let thrown = Thrown { language: Language::Clr, type_name: Some("A.B\u{7}"), hresult: Some(0x8007_0005) };
        let managed = Facts { thrown: Some(thrown), ..null };
        let found = evidence(&managed, None);
        assert_eq!(found.class, "exception clr A.B\\u{7}");
        assert_eq!(found.code, "exception clr A.B\\u{7}, hresult 0x80070005");
        let long = "Assertion failed: x ".repeat(20);
        let found = evidence(&Facts { message: Some(&long), ..abort }, None);
        assert!(found.class.ends_with('…') && found.class.len() < 100, "{}", found.class);
        assert_eq!(evidence(&Facts::default(), None).class, "");
    }
}
