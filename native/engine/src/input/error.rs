//! Why a crash of an input has no report.

use std::io;

/// The errors of an input. `position` is which of several crashes is concerned.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The file cannot be read.
    #[error(transparent)]
    Unreadable(io::Error),
    /// There are no bytes.
    #[error("empty input")]
    Empty,
    /// A file without bytes.
    #[error("empty file")]
    EmptyFile,
    /// It is of a known kind and has no crash. The text says why, or is empty.
    #[error("contains no crash{}", behind(.0))]
    NoCrash(String),
    /// Crashes that are left out because the reports of those before them have too many bytes.
    #[error("{left} of its {all} crashes are left out: the reports of the others have {bytes} bytes")]
    LeftOut {
        /// Crashes that are left out.
        left: usize,
        /// Crashes of the input.
        all: usize,
        /// Bytes of the reports.
        bytes: u64,
    },
    /// It is not a crash of any kind.
    #[error(transparent)]
    Refused(inputs::Error),
    /// One crash cannot be decoded.
    #[error("{}{source}", prefix(.position))]
    Crash {
        /// `crash 2 of 3`; `None` for the only one.
        position: Option<String>,
        /// Why.
        source: inputs::Error,
    },
    /// One crash cannot be processed.
    #[error("{}{source}", prefix(.position))]
    Engine {
        /// `crash 2 of 3`; `None` for the only one.
        position: Option<String>,
        /// Why.
        source: crate::session::Error,
    },
}

impl InputError {
    /// The kind, which is the name of the exception in Python without `Error`, and the message.
    #[must_use]
    pub fn described(&self) -> (&'static str, String) {
        let message = self.to_string();
        match self {
            Self::Empty | Self::Refused(inputs::Error::Empty) => ("EmptyInput", "empty input".to_owned()),
            Self::EmptyFile => ("EmptyInput", message),
            Self::Refused(_) | Self::NoCrash(_) | Self::Engine { source: crate::session::Error::Dump(_), .. } => {
                (Self::NOT_A_CRASH, message)
            }
            Self::Engine { .. } => ("Engine", message),
            Self::Crash { source, .. } => {
                // A message that names the log itself says more than the number of the crash.
                let named = Some(source.to_string()).filter(|text| text.starts_with("logs["));
                (Self::NOT_A_CRASH, named.unwrap_or(message))
            }
            Self::Unreadable(source) => match source.kind() {
                io::ErrorKind::NotFound => ("InputNotFound", "no such file".to_owned()),
                io::ErrorKind::IsADirectory => ("InputIsDirectory", "is a directory, not a file".to_owned()),
                _ => ("InputUnreadable", system_reason(source)),
            },
            Self::LeftOut { .. } => ("Input", message),
        }
    }

    /// The kind of what is not a crash.
    pub const NOT_A_CRASH: &'static str = "NotACrash";
}

/// The error text of the system, without the number that Rust appends.
#[must_use]
pub fn system_reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

fn prefix(position: &Option<String>) -> String {
    position.as_ref().map_or_else(String::new, |position| format!("{position}: "))
}

fn behind(why: &str) -> String {
    if why.is_empty() { String::new() } else { format!(": {why}") }
}
