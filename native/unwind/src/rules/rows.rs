//! Compiled rules of a symbol file, kept for the next frame at the same address.
//!
//! The frames of the crashes of a program are at the same few addresses again and again. What is kept is the same as what is
//! compiled anew, so a walk never depends on earlier ones. [`KeptBytes`] limits its size.

use std::fmt;
use std::sync::{Arc, OnceLock};

use symbols::SymbolMap;
use symbols::lookup::KeptBytes;
use vocabulary::Arch;

use super::cfi::Row;

/// Groups of rows, and rows of a group: 4,096 addresses of a module.
const GROUPS: usize = 64;
const ROWS: usize = 64;
/// Larger rows are not kept: a real one has some hundred bytes.
const ROW_BYTES: usize = 1 << 10;

/// The `STACK CFI` records of a symbol file, with rows that were compiled already.
pub struct CfiRows {
    symbols: Arc<SymbolMap>,
    /// By a hash of the address; the first row that comes to a slot stays.
    groups: [OnceLock<Box<Group>>; GROUPS],
    bytes: KeptBytes,
}

type Group = [OnceLock<Box<(u64, Row)>>; ROWS];

/// A row that is kept, or one of its own.
pub enum FoundRow<'s> {
    /// Kept.
    Kept(&'s Row),
    /// Compiled for this use.
    Own(Box<Row>),
}

impl CfiRows {
    pub(super) fn new(symbols: Arc<SymbolMap>) -> Self {
        Self { symbols, groups: [const { OnceLock::new() }; GROUPS], bytes: KeptBytes::default() }
    }

    pub(super) fn symbols(&self) -> &SymbolMap {
        &self.symbols
    }

    /// The rules at an address.
    pub(super) fn at<'s>(&'s self, arch: Arch, rva: u64) -> Option<FoundRow<'s>> {
        // The upper bits of the product depend on all bits of the address.
        let hash = (rva.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 52) as usize;
        let group = self.groups.get(hash / ROWS)?;
        let kept = |slot: &'s OnceLock<Box<(u64, Row)>>| {
            let (of, row) = &**slot.get()?;
            (*of == rva && row.is_for(arch)).then_some(FoundRow::Kept(row))
        };
        let slot = group.get().and_then(|group| group.get(hash % ROWS));
        if let Some(found) = slot.and_then(kept) {
            return Some(found);
        }
        let compiled = || Some(Row::compile(arch, &self.symbols.cfi_at(rva)?));
        let row = compiled()?;
        if slot.is_some_and(|slot| slot.get().is_some()) || row.bytes() > ROW_BYTES || !self.bytes.has_room() {
            return Some(FoundRow::Own(Box::new(row)));
        }
        let new_group = || {
            self.bytes.add(size_of::<Group>());
            Box::new([const { OnceLock::new() }; ROWS])
        };
        let slot = group.get_or_init(new_group).get(hash % ROWS)?;
        slot.get_or_init(|| {
            self.bytes.add(row.bytes());
            Box::new((rva, row))
        });
        // Another thread may have been quicker, with another address.
        kept(slot).or_else(|| Some(FoundRow::Own(Box::new(compiled()?))))
    }
}

impl std::ops::Deref for FoundRow<'_> {
    type Target = Row;

    fn deref(&self) -> &Row {
        match self {
            Self::Kept(row) => row,
            Self::Own(row) => row,
        }
    }
}

impl fmt::Debug for CfiRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CfiRows").field("symbols", &self.symbols).finish_non_exhaustive()
    }
}
