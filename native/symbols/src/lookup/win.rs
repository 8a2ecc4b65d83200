//! STACK WIN records at an address.

use super::symbol_map::SymbolMap;
use crate::breakpad::lines::rules_line_at;
use crate::breakpad::{Record, parse};
use crate::index::samples::Samples;

/// A `STACK WIN` record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StackWin<'a> {
    /// 0: FPO, 4: frame data; other kinds are never returned by a look-up.
    pub kind: u8,
    /// First address, relative to the module's base.
    pub start: u64,
    /// Bytes of code covered.
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
    /// Largest stack use, in bytes.
    pub max_stack_size: u32,
    /// The program string, if the record has one (that does not depend on its kind).
    pub program: Option<&'a [u8]>,
    /// Whether the function uses `%ebp` as a general register (records without a program).
    pub allocates_base_pointer: bool,
}

impl SymbolMap {
    /// The innermost STACK WIN record at an address: frame data (type 4) if there is any, else FPO
    /// (type 0).
    #[must_use]
    pub fn win_at(&self, rva: u64) -> Option<StackWin<'_>> {
        self.index.wins().iter().find_map(|table| {
            let span = table.find(&Samples::default(), rva)?;
            let Ok(Some(Record::Win(win))) = parse(rules_line_at(self.index.text(), span.offset)?) else { return None };
            Some(StackWin {
                kind: win.kind,
                start: win.address,
                size: win.size,
                prolog_size: win.prolog_size,
                epilog_size: win.epilog_size,
                param_size: win.param_size,
                saved_regs_size: win.saved_regs_size,
                locals_size: win.locals_size,
                max_stack_size: win.max_stack_size,
                program: win.program,
                allocates_base_pointer: win.allocates_base_pointer,
            })
        })
    }
}
