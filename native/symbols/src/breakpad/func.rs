//! FUNC, PUBLIC and line records.

use super::fault::Fault;
use super::fields::Fields;
use super::number;

/// `FUNC [m] address size param_size name`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Func<'a> {
    /// First address, relative to the module's base.
    pub address: u64,
    /// Bytes of code.
    pub size: u64,
    /// Bytes of parameters on the stack.
    pub param_size: u32,
    /// `m`: several symbols were folded to this address and one name survived.
    pub folded: bool,
    /// The name. Empty if the record has none: the record is used all the same, because its lines and
    /// its extent are valid (Breakpad drops it, and then its lines too).
    pub name: &'a [u8],
}

/// `PUBLIC [m] address param_size name`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Public<'a> {
    /// The address, relative to the module's base.
    pub address: u64,
    /// Bytes of parameters on the stack.
    pub param_size: u32,
    /// `m`: several symbols were folded to this address and one name survived.
    pub folded: bool,
    /// The name. Empty if the record has none (Breakpad drops it, others name it "unknown"): the record
    /// still ends the symbol before it.
    pub name: &'a [u8],
}

/// `address size line file`: a line record of the FUNC before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// First address, relative to the module's base.
    pub address: u64,
    /// Bytes of code.
    pub size: u64,
    /// Source line; 0 occurs, and replaces negative ones.
    pub line: u32,
    /// Id of the FILE record.
    pub file: u32,
}

impl<'a> Func<'a> {
    pub(super) fn parse(fields: Fields<'a>) -> Result<Self, Fault> {
        let (folded, mut fields) = multiple(fields);
        let address = hex(&mut fields)?;
        let size = hex(&mut fields)?;
        let param_size = param_size(&mut fields)?;
        Ok(Self { address, size, param_size, folded, name: fields.name() })
    }
}

impl<'a> Public<'a> {
    pub(super) fn parse(fields: Fields<'a>) -> Result<Self, Fault> {
        let (folded, mut fields) = multiple(fields);
        let address = hex(&mut fields)?;
        let param_size = param_size(&mut fields)?;
        Ok(Self { address, param_size, folded, name: fields.name() })
    }
}

impl Line {
    pub(super) fn parse(mut fields: Fields<'_>) -> Result<Self, Fault> {
        let address = hex(&mut fields)?;
        let size = hex(&mut fields)?;
        let line = number::line(fields.token().ok_or(Fault::MissingField)?).ok_or(Fault::BadNumber)?;
        let file = dec(&mut fields)?;
        Ok(Self { address, size, line, file })
    }

    /// Whether the record covers an address.
    #[must_use]
    pub const fn covers(&self, rva: u64) -> bool {
        rva.wrapping_sub(self.address) < self.size
    }
}

fn multiple(mut fields: Fields<'_>) -> (bool, Fields<'_>) {
    let before = fields;
    if fields.token() == Some(b"m") { (true, fields) } else { (false, before) }
}

fn hex(fields: &mut Fields<'_>) -> Result<u64, Fault> {
    number::hex(fields.token().ok_or(Fault::MissingField)?).ok_or(Fault::BadNumber)
}

fn dec(fields: &mut Fields<'_>) -> Result<u32, Fault> {
    number::dec(fields.token().ok_or(Fault::MissingField)?).ok_or(Fault::BadNumber)
}

fn param_size(fields: &mut Fields<'_>) -> Result<u32, Fault> {
    number::param_size(fields.token().ok_or(Fault::MissingField)?).ok_or(Fault::BadNumber)
}
