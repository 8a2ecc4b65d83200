//! What a log is: by its type, or by its fields if it has none.

use crate::Kind;

/// What a log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogKind {
    /// A crash, or an error that the program handled.
    Crash(Kind),
    /// A file that belongs to a crash.
    Attachment,
    /// An event; one that names an error carries properties of it.
    Event,
    /// Another log that App Center's clients send; it is not about a crash.
    Other,
}

impl LogKind {
    /// The type of such logs as App Center spells it; `None` for [`LogKind::Other`], which has several.
    #[must_use]
    pub const fn type_name(self) -> Option<&'static str> {
        match self {
            Self::Crash(Kind::AppCenterApple) => Some("appleError"),
            Self::Crash(Kind::AppCenterHandled) => Some("handledError"),
            Self::Crash(_) => Some("managedError"),
            Self::Attachment => Some("errorAttachment"),
            Self::Event => Some("event"),
            Self::Other => None,
        }
    }
}

/// The types that App Center's clients send and that are neither crashes nor about one.
const OTHER_TYPES: [&str; 7] = [
    "page",
    "startService",
    "startSession",
    "distributionStartSession",
    "pushInstallation",
    "customProperties",
    "deleteUserData",
];

/// Whether a `type` is one of App Center's.
pub(crate) fn is_log_type(name: &str) -> bool {
    kind_of(name).is_some()
}

/// The kind of a type; `None` for a type that App Center does not have.
fn kind_of(name: &str) -> Option<LogKind> {
    let name = name.trim();
    let is = |known: &str| known.eq_ignore_ascii_case(name);
    Some(match name {
        _ if is("appleError") => LogKind::Crash(Kind::AppCenterApple),
        _ if is("managedError") => LogKind::Crash(Kind::AppCenterManaged),
        _ if is("handledError") => LogKind::Crash(Kind::AppCenterHandled),
        _ if is("errorAttachment") => LogKind::Attachment,
        _ if is("event") => LogKind::Event,
        _ if OTHER_TYPES.into_iter().any(is) => LogKind::Other,
        _ => return None,
    })
}

/// The fields of a log that show what it is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fields {
    apple: bool,
    exception: bool,
    threads: bool,
    error_id: bool,
    data: bool,
    properties: bool,
}

impl Fields {
    /// Note that the log has a field.
    pub(super) fn add(&mut self, name: &str) {
        match name {
            "osExceptionType" | "applicationPath" => self.apple = true,
            "exception" => self.exception = true,
            "threads" => self.threads = true,
            "errorId" => self.error_id = true,
            "data" => self.data = true,
            "properties" => self.properties = true,
            _ => {}
        }
    }

    /// The kind of a log with these fields and this type.
    pub(super) fn kind(self, type_name: Option<&str>) -> Option<LogKind> {
        match type_name.filter(|name| !name.trim().is_empty()) {
            Some(name) => kind_of(name),
            None if self.apple => Some(LogKind::Crash(Kind::AppCenterApple)),
            None if self.exception => Some(LogKind::Crash(Kind::AppCenterManaged)),
            None if self.threads => Some(LogKind::Crash(Kind::AppCenterApple)),
            None if self.error_id && self.properties && !self.data => Some(LogKind::Event),
            None if self.error_id => Some(LogKind::Attachment),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(type_name: Option<&str>, names: &[&str]) -> Option<LogKind> {
        let mut fields = Fields::default();
        names.iter().for_each(|name| fields.add(name));
        fields.kind(type_name)
    }

    #[test]
    fn a_type_decides_in_any_case_and_with_spaces() {
        let apple = Some(LogKind::Crash(Kind::AppCenterApple));
        assert_eq!(kind(Some(" AppleERROR "), &["exception"]), apple);
        assert_eq!(kind(Some("DeleteUserData"), &["exception"]), Some(LogKind::Other));
        assert_eq!(kind(Some("appleErrors"), &["exception"]), None);
    }

    #[test]
    fn without_a_type_the_fields_decide() {
        let (apple, managed) = (LogKind::Crash(Kind::AppCenterApple), LogKind::Crash(Kind::AppCenterManaged));
        for (names, expected) in [
            (&["exception", "osExceptionType"][..], Some(apple)),
            (&["exception", "threads", "errorId"], Some(managed)),
            (&["threads"], Some(apple)),
            (&["errorId", "data", "properties"], Some(LogKind::Attachment)),
            (&["errorId"], Some(LogKind::Attachment)),
            (&["errorId", "properties"], Some(LogKind::Event)),
            (&["properties", "data"], None),
        ] {
            assert_eq!(kind(None, names), expected, "{names:?}");
            assert_eq!(kind(Some(" "), names), expected, "{names:?}");
        }
    }

    #[test]
    fn the_name_of_a_kind_is_its_type() {
        for name in ["appleError", "managedError", "handledError", "errorAttachment", "event"] {
            assert_eq!(kind_of(name).and_then(LogKind::type_name), Some(name));
        }
    }
}
