//! STACK WIN, STACK CFI INIT and STACK CFI records.
//!
//! Breakpad reads their numbers without a check (`zz` is 0, `10zz` is 0x10); so does this.

use super::fault::Fault;
use super::fields::Fields;
use super::number::{hex_unchecked, low32};

/// `STACK WIN type rva code_size prolog epilog params saved_regs locals max_stack has_program (program | allocates_bp)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Win<'a> {
    /// 0: FPO, 4: frame data; 1, 2 and 3 are parsed and never used.
    pub kind: u8,
    /// First address, relative to the module's base.
    pub address: u64,
    /// Bytes of code.
    pub size: u64,
    /// Bytes of prologue.
    pub prolog_size: u32,
    /// Bytes of epilogue.
    pub epilog_size: u32,
    /// Bytes of parameters on the stack.
    pub param_size: u32,
    /// Bytes of saved registers.
    pub saved_regs_size: u32,
    /// Bytes of local variables.
    pub locals_size: u32,
    /// Largest stack use in bytes.
    pub max_stack_size: u32,
    /// The program string, if the record says it has one.
    pub program: Option<&'a [u8]>,
    /// Records without a program: whether the function uses the frame pointer for its own.
    pub allocates_base_pointer: bool,
}

/// `STACK CFI INIT address size rules`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CfiInit<'a> {
    /// First address, relative to the module's base.
    pub address: u64,
    /// Bytes of code.
    pub size: u64,
    /// Initial rules, unparsed.
    pub rules: &'a [u8],
}

/// `STACK CFI address rules`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CfiDelta<'a> {
    /// From which address on, relative to the module's base.
    pub address: u64,
    /// Rules that change there, unparsed.
    pub rules: &'a [u8],
}

impl<'a> Win<'a> {
    pub(super) fn parse(mut fields: Fields<'a>) -> Result<Self, Fault> {
        let mut number = || fields.token().map(hex_unchecked).ok_or(Fault::MissingField);
        let kind = match number()? {
            kind @ 0..=4 => kind.to_le_bytes()[0],
            _ => return Err(Fault::BadWinType),
        };
        let (address, size) = (number()?, number()?);
        let mut small = || number().map(low32);
        let (prolog_size, epilog_size, param_size) = (small()?, small()?, small()?);
        let (saved_regs_size, locals_size, max_stack_size) = (small()?, small()?, small()?);
        let has_program = number()? != 0;
        let rest = fields.trimmed();
        if has_program && rest.is_empty() {
            return Err(Fault::MissingField);
        }
        Ok(Self {
            kind,
            address,
            size,
            prolog_size,
            epilog_size,
            param_size,
            saved_regs_size,
            locals_size,
            max_stack_size,
            program: has_program.then_some(rest),
            allocates_base_pointer: !has_program && hex_unchecked(rest) != 0,
        })
    }
}

impl<'a> CfiInit<'a> {
    pub(super) fn parse(mut fields: Fields<'a>) -> Result<Self, Fault> {
        let address = fields.token().map(hex_unchecked).ok_or(Fault::MissingField)?;
        let size = fields.token().map(hex_unchecked).ok_or(Fault::MissingField)?;
        Ok(Self { address, size, rules: rules(fields)? })
    }
}

impl<'a> CfiDelta<'a> {
    pub(super) fn parse(mut fields: Fields<'a>) -> Result<Self, Fault> {
        let address = fields.token().map(hex_unchecked).ok_or(Fault::MissingField)?;
        Ok(Self { address, rules: rules(fields)? })
    }
}

fn rules(fields: Fields<'_>) -> Result<&[u8], Fault> {
    match fields.trimmed() {
        [] => Err(Fault::MissingField),
        rules => Ok(rules),
    }
}
