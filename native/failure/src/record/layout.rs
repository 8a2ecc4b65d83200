//! The keys of a record. Keys that are not listed are ignored, the printed name and symbol among them: they are
//! the answer.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;

use super::number::{self, Number};

type Text<'a> = Option<Cow<'a, str>>;

/// What a record may say; everything is optional.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Record<'a> {
    #[serde(borrow)]
    pub(super) platform: Text<'a>,
    #[serde(borrow)]
    pub(super) os: Text<'a>,
    #[serde(borrow)]
    pub(super) cpu: Text<'a>,
    #[serde(borrow)]
    pub(super) bitness: Text<'a>,
    #[serde(borrow)]
    pub(super) mode: Text<'a>,

    pub(super) exception_code: Number,
    pub(super) exception_flags: Number,
    pub(super) exception_address: Number,
    pub(super) exception_parameters: Option<Vec<Number>>,
    pub(super) fault_address: Number,
    #[serde(borrow)]
    pub(super) read_write: Text<'a>,
    #[serde(borrow)]
    pub(super) access: Text<'a>,
    pub(super) instruction: Number,
    #[serde(borrow)]
    pub(super) mapping: Text<'a>,
    pub(super) sent: Option<bool>,
    pub(super) privileged_instruction: Option<bool>,

    pub(super) signal: Option<NumberOrText<'a>>,
    pub(super) si_code: Option<NumberOrText<'a>>,
    pub(super) mach_exception: Option<NumberOrText<'a>>,
    pub(super) mach_code: Option<NumberOrText<'a>>,
    pub(super) termination: Number,
    #[serde(borrow)]
    pub(super) termination_namespace: Text<'a>,

    #[serde(borrow)]
    pub(super) message: Text<'a>,
    #[serde(borrow)]
    pub(super) abort_message: Text<'a>,
    #[serde(borrow)]
    pub(super) assertion: Text<'a>,
    pub(super) exception: Option<Thrown<'a>>,
    pub(super) stowed: Option<Stowed<'a>>,
    #[serde(borrow)]
    pub(super) heap_error: Text<'a>,

    #[serde(borrow)]
    pub(super) process_name: Text<'a>,
    #[serde(borrow)]
    pub(super) service_group: Text<'a>,
    #[serde(borrow)]
    pub(super) command_line: Text<'a>,
    #[serde(borrow)]
    pub(super) package: Text<'a>,
    pub(super) requested: Option<bool>,
    pub(super) handled: Option<bool>,
    pub(super) hang: Option<bool>,
    #[serde(borrow)]
    pub(super) hang_kind: Text<'a>,
    pub(super) stack_overflow: Option<bool>,
    pub(super) stack_pointer_mismatch: Option<bool>,
    pub(super) application_verifier: Option<bool>,
    pub(super) truncated: Option<bool>,
    pub(super) tags: Option<Vec<Cow<'a, str>>>,

    pub(super) stack: Option<Vec<Frame<'a>>>,
    pub(super) frames: Option<Vec<Frame<'a>>>,
    pub(super) thread: Option<usize>,
    pub(super) recursion: Option<Recursion>,
    pub(super) images: Option<HashMap<Cow<'a, str>, Cow<'a, str>>>,
    #[serde(borrow)]
    pub(super) module_name: Text<'a>,
    #[serde(borrow)]
    pub(super) image_name: Text<'a>,
    #[serde(borrow)]
    pub(super) faulting_ip: Text<'a>,
}

/// A number, or the name of one.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a number or its name")]
pub(super) enum NumberOrText<'a> {
    /// With the bits of a code above 63 bits, as resources and guards have it.
    Number(#[serde(deserialize_with = "number::bits")] i64),
    Text(#[serde(borrow)] Cow<'a, str>),
}

impl NumberOrText<'_> {
    /// The name.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            NumberOrText::Number(_) => None,
            NumberOrText::Text(text) => Some(text),
        }
    }
}

/// A frame: as printed, or in parts.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a frame is a text or an object")]
pub(super) enum Frame<'a> {
    Printed(#[serde(borrow)] Cow<'a, str>),
    Parts(#[serde(borrow)] Parts<'a>),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Parts<'a> {
    #[serde(borrow)]
    pub(super) module: Text<'a>,
    #[serde(borrow)]
    pub(super) image: Text<'a>,
    #[serde(borrow)]
    pub(super) function: Text<'a>,
    #[serde(borrow)]
    pub(super) file: Text<'a>,
    #[serde(borrow)]
    pub(super) trust: Text<'a>,
    #[serde(borrow)]
    pub(super) debug_id: Text<'a>,
    pub(super) offset: Number,
    pub(super) inline: Option<bool>,
    pub(super) unloaded: Option<bool>,
    /// The name is that of an export, which says little of the function.
    pub(super) export: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Thrown<'a> {
    #[serde(borrow)]
    pub(super) language: Text<'a>,
    #[serde(borrow, rename = "type")]
    pub(super) type_name: Text<'a>,
    pub(super) hresult: Number,
    /// Its own frames.
    #[serde(borrow)]
    pub(super) stack: Option<Vec<Frame<'a>>>,
    /// Its cause.
    #[serde(borrow)]
    pub(super) inner: Option<Box<Thrown<'a>>>,
}

impl<'a> Thrown<'a> {
    /// The exceptions from the outermost to the innermost cause.
    pub(super) fn chain(&self) -> impl Iterator<Item = &Thrown<'a>> {
        std::iter::successors(Some(self), |thrown| thrown.inner.as_deref())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Stowed<'a> {
    pub(super) hresult: Number,
    #[serde(borrow)]
    pub(super) kind: Text<'a>,
    #[serde(borrow)]
    pub(super) text: Text<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Recursion {
    pub(super) first: usize,
    pub(super) period: usize,
}
