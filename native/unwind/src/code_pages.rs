//! A quick test whether an address may be code. Most words of a stack are not, and a scan tests thousands.

use vocabulary::{MemoryRegionInfo, ModuleRange};

/// Bits of an address within a page.
const PAGE_BITS: u32 = 16;
/// Bits of the table, and pages that are entered at most: with more, nearly every address would pass.
const BITS: usize = 1 << 15;
const MAX_PAGES: u64 = 1 << 13;
/// A return address may be the first one after a range.
const BEHIND: u64 = 8;

/// Pages that hold code, as a table of bits under a hash.
#[derive(Debug)]
pub(crate) struct CodePages {
    /// Empty: every address may be code.
    bits: Vec<u64>,
}

impl CodePages {
    /// Of the modules of a process, and its executable memory.
    pub(crate) fn new(space: &[MemoryRegionInfo], modules: &[ModuleRange]) -> Self {
        // Without a description of the address space code may be anywhere.
        if space.is_empty() {
            return Self { bits: Vec::new() };
        }
        let mut bits = vec![0; BITS / 64];
        let mut left = MAX_PAGES;
        let modules = modules.iter().map(|&ModuleRange { start, end, .. }| (start, end));
        let executable = space.iter().filter(|region| region.protection.execute);
        for (start, end) in modules.chain(executable.map(|region| (region.base, region.end()))) {
            let (first, last) = (start >> PAGE_BITS, end.saturating_add(BEHIND) >> PAGE_BITS);
            let Some(rest) = left.checked_sub((last - first).saturating_add(1)) else {
                return Self { bits: Vec::new() };
            };
            left = rest;
            for page in first..=last {
                let (word, bit) = place(page);
                bits[word] |= bit;
            }
        }
        Self { bits }
    }

    /// Whether an address may be that of code, or the first after it.
    #[inline]
    pub(crate) fn may_hold(&self, address: u64) -> bool {
        let (word, bit) = place(address >> PAGE_BITS);
        self.bits.get(word).is_none_or(|bits| bits & bit != 0)
    }
}

/// Where the bit of a page is.
#[inline]
const fn place(page: u64) -> (usize, u64) {
    let hash = page.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - BITS.trailing_zeros());
    (hash as usize / 64, 1 << (hash % 64))
}
