//! Inputs other than minidumps: App Center logs, Apple reports, stack traces of managed exceptions.
//!
//! The crate decodes; it neither resolves addresses nor names failures. All kinds end as a [`Crash`], whose addresses
//! and names are those of the input. [`Container::open`] recognises an input by its content and finds its crashes,
//! [`Container::crash`] decodes one of them. Damage is tolerated and reported in notes; what cannot be read at all is
//! an [`Error`].

mod android;
mod appcenter;
mod apple;
mod apple_text;
mod bytes;
mod compressed;
mod container;
mod crash;
mod encoding;
mod error;
mod event_xml;
mod ips;
mod item;
mod json;
mod limits;
mod magic;
pub mod managed;
mod metrickit;
mod notes;
mod other_kinds;
mod paste;
mod recognise;
mod stack_trace;
mod windows_error;

pub use appcenter::{AttachedFile, LogKind, Split, SplitLimits, SplitLog};
pub use bytes::Bytes;
pub use container::Container;
pub use crash::*;
pub use error::Error;
pub use item::Item;
pub use json::mend::mend_json;
pub use magic::is_minidump;
