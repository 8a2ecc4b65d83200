//! What unwind rules say of a return address that a scan found.

use vocabulary::Registers;

/// What the rules of a candidate's module say of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// They lead on to another believable caller, or to the end of the stack.
    Confirmed(Option<Registers>),
    /// They lead nowhere, but the registers that they need may be wrong.
    Doubted,
    /// They lead nowhere.
    Refuted,
    /// The module has symbols, but they cannot tell.
    Silent,
    /// The module has symbols, but hardly any rules: that there are none here says nothing.
    NoRules,
    /// There are no symbols.
    Unknown,
}
