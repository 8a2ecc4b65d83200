//! One crash of a container.

use std::borrow::Cow;

use crate::Crash;

/// One crash of a container.
#[derive(Debug)]
pub enum Item<'a> {
    /// A minidump, and the log that came with it.
    Minidump {
        /// The dump.
        bytes: Cow<'a, [u8]>,
        /// The log that it was attached to: the program's version, the user, properties, other attachments.
        context: Option<Box<Crash>>,
    },
    /// A crash in words.
    Unwound(Box<Crash>),
}
