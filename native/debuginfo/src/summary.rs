//! What a conversion counts.

/// The counts of a conversion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// FUNC records.
    pub functions: u64,
    /// Units of DWARF.
    pub units: u64,
    /// Parts that could not be read: units, line programs, lists of ranges, sections.
    pub broken: u64,
    /// Parts that were left out or shortened because they exceed a limit: sections, units, functions, symbols, names.
    pub excess: u64,
    /// Parts that are in other files, which were not found: units of split DWARF, object files, what dwz moved.
    pub missing: u64,
}
