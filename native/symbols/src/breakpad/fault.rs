//! What can be wrong with a line.

/// Why a line is not a record. The line is skipped; its neighbours are not affected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// The first word is neither a keyword nor an address.
    UnknownRecord,
    /// A field is missing.
    MissingField,
    /// A number is negative, too large, or not a number.
    BadNumber,
    /// A FILE or INLINE_ORIGIN record has no name.
    EmptyName,
    /// A STACK WIN record of a type the format does not have.
    BadWinType,
}
