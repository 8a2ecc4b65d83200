//! What a look-up gives back.

use std::borrow::Cow;

/// The symbol that covers an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function<'a> {
    /// The name as written in the file; bytes that are not UTF-8 are replaced.
    pub name: Cow<'a, str>,
    /// First address, relative to the module's base.
    pub start: u64,
    /// Length in bytes; 0 if the record does not say (PUBLIC, or FUNC with size 0).
    pub size: u64,
    /// Bytes of parameters on the stack, as the record says (x86).
    pub param_size: u32,
    /// From a PUBLIC record.
    pub is_public: bool,
    /// Several symbols share this address (`m`, or a second record with another name).
    pub folded: bool,
}

/// One source-level frame at an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFrame<'a> {
    /// Name of the function, inlined or not.
    pub function: Cow<'a, str>,
    /// First address of the function that holds the code, relative to the module's base.
    pub function_start: u64,
    /// Source file.
    pub file: Option<Cow<'a, str>>,
    /// Source line, 1-based; 0 where the file says 0.
    pub line: Option<u32>,
    /// Whether the compiler inlined this function into the frame after it.
    pub inlined: bool,
    /// First address of the line record that gave file and line, relative to the module's base.
    pub line_start: Option<u64>,
}

/// Rule texts that apply at an address, in the order they are to be applied: `init` first, then
/// `deltas` by address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CfiRules<'a> {
    /// First address the `STACK CFI INIT` record covers, relative to the module's base.
    pub start: u64,
    /// Bytes it covers.
    pub size: u64,
    /// Rules of the `INIT` record.
    pub init: &'a [u8],
    /// Rules of the `STACK CFI` records between `start` and the address looked up, by address.
    pub deltas: Vec<&'a [u8]>,
}

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
    /// The program string, if the record has one.
    pub program: Option<&'a [u8]>,
    /// Whether the function uses `%ebp` for something of its own (records without a program).
    pub allocates_base_pointer: bool,
}
