//! One line to one record.

use super::fault::Fault;
use super::fields::Fields;
use super::func::{Func, Line, Public};
use super::inline::{Inline, InlineOrigin};
use super::number;
use super::stack::{CfiDelta, CfiInit, Win};

/// One record of a Breakpad symbol file. Text is bytes, because the format does not promise UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record<'a> {
    /// `MODULE os arch id name`
    Module(Module<'a>),
    /// `INFO key rest`
    Info(Info<'a>),
    /// `FILE id name`
    File(File<'a>),
    /// `INLINE_ORIGIN id name`
    InlineOrigin(InlineOrigin<'a>),
    /// `FUNC [m] address size param_size name`
    Func(Func<'a>),
    /// `INLINE depth call_line call_file origin (address size)+`
    Inline(Inline<'a>),
    /// `address size line file`
    Line(Line),
    /// `PUBLIC [m] address param_size name`
    Public(Public<'a>),
    /// `STACK WIN …`
    Win(Win<'a>),
    /// `STACK CFI INIT address size rules`
    CfiInit(CfiInit<'a>),
    /// `STACK CFI address rules`
    CfiDelta(CfiDelta<'a>),
}

/// `MODULE os arch id name`: which module the file describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Module<'a> {
    /// `Linux`, `mac`, `windows`, …
    pub os: &'a [u8],
    /// `x86_64`, `arm64`, …
    pub arch: &'a [u8],
    /// The debug id as written.
    pub id: &'a [u8],
    /// Name of the debug file; empty if it is missing.
    pub name: &'a [u8],
}

/// `INFO key rest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Info<'a> {
    /// `CODE_ID`, `URL`, `GENERATOR` or another word.
    pub key: &'a [u8],
    /// The rest of the line without the spaces around it; may be empty.
    pub value: &'a [u8],
}

/// `FILE id name`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File<'a> {
    /// The number line records use.
    pub id: u32,
    /// The path as the compiler saw it.
    pub name: &'a [u8],
}

/// Read one line (without its end). `Ok(None)` for a blank line or a `#` comment.
///
/// Accepted is what any parser in the field accepts: tabs and runs of spaces between fields, spaces
/// before the keyword, signs and `0x` before hexadecimal numbers, NUL bytes at the end.
///
/// # Errors
/// [`Fault`], if no parser in the field would accept the line.
pub fn parse(line: &[u8]) -> Result<Option<Record<'_>>, Fault> {
    let line = without_trailing_nul(line);
    let mut fields = Fields::new(line);
    let Some(keyword) = fields.token() else { return Ok(None) };
    let record = match keyword {
        b"FUNC" => Record::Func(Func::parse(fields)?),
        b"INLINE" => Record::Inline(Inline::parse(fields)?),
        b"STACK" => return stack(fields).map(Some),
        b"PUBLIC" => Record::Public(Public::parse(fields)?),
        b"FILE" => Record::File(File::parse(fields)?),
        b"INLINE_ORIGIN" => Record::InlineOrigin(InlineOrigin::parse(fields)?),
        b"MODULE" => Record::Module(Module::parse(fields)?),
        b"INFO" => Record::Info(Info::parse(fields)),
        [b'#', ..] => return Ok(None),
        [b'0'..=b'9' | b'+' | b'-', ..] => Record::Line(Line::parse(Fields::new(line))?),
        word if word.iter().all(u8::is_ascii_hexdigit) => Record::Line(Line::parse(Fields::new(line))?),
        _ => return Err(Fault::UnknownRecord),
    };
    Ok(Some(record))
}

fn stack(mut fields: Fields<'_>) -> Result<Record<'_>, Fault> {
    match fields.token().ok_or(Fault::MissingField)? {
        b"CFI" => {
            let deltas = fields;
            match fields.token() {
                Some(b"INIT") => Ok(Record::CfiInit(CfiInit::parse(fields)?)),
                _ => Ok(Record::CfiDelta(CfiDelta::parse(deltas)?)),
            }
        }
        b"WIN" => Ok(Record::Win(Win::parse(fields)?)),
        _ => Err(Fault::UnknownRecord),
    }
}

/// NUL bytes at the end of a line are padding of some writer's buffer.
fn without_trailing_nul(mut line: &[u8]) -> &[u8] {
    while let [rest @ .., 0] = line {
        line = rest;
    }
    line
}

impl<'a> Module<'a> {
    pub(super) fn parse(mut fields: Fields<'a>) -> Result<Self, Fault> {
        let os = fields.token().ok_or(Fault::MissingField)?;
        let arch = fields.token().ok_or(Fault::MissingField)?;
        let id = fields.token().ok_or(Fault::MissingField)?;
        Ok(Self { os, arch, id, name: fields.name() })
    }
}

impl<'a> Info<'a> {
    pub(super) fn parse(mut fields: Fields<'a>) -> Self {
        let key = fields.token().unwrap_or_default();
        Self { key, value: fields.trimmed() }
    }
}

impl<'a> File<'a> {
    pub(super) fn parse(mut fields: Fields<'a>) -> Result<Self, Fault> {
        let id = number::dec(fields.token().ok_or(Fault::MissingField)?).ok_or(Fault::BadNumber)?;
        let name = fields.name();
        if name.is_empty() { Err(Fault::EmptyName) } else { Ok(Self { id, name }) }
    }
}
