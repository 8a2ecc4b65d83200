//! The verdict of unwind rules on a return address that a scan found.

use vocabulary::Registers;

/// The verdict of the rules of a candidate's module.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// They lead on to another plausible caller, or to the end of the stack.
    Confirmed(Option<Registers>),
    /// They lead nowhere, but the registers that they need may be wrong.
    Doubted,
    /// They lead nowhere.
    Refuted,
    /// The module has symbols, but they cannot decide.
    Silent,
    /// The module has symbols, but hardly any rules: that there are none here means nothing.
    NoRules,
    /// There are no symbols.
    Unknown,
}
