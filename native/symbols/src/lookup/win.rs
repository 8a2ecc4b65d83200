//! STACK WIN records at an address.

use super::symbol_map::SymbolMap;
use crate::breakpad::lines::rules_line_at;
use crate::breakpad::{Record, Win, parse};
use crate::index::samples::Samples;

impl SymbolMap {
    /// The innermost STACK WIN record at an address: frame data (type 4) if there is any, else FPO
    /// (type 0).
    #[must_use]
    pub fn win_at(&self, rva: u64) -> Option<Win<'_>> {
        self.index.wins().iter().find_map(|table| {
            let span = table.find(&Samples::default(), rva)?;
            let Ok(Some(Record::Win(win))) = parse(rules_line_at(self.index.text(), span.offset)?) else { return None };
            Some(win)
        })
    }
}
