//! `.eh_frame` and `.debug_frame`.

use std::marker::PhantomData;

use unwind::{UnwindState, Unwound};
use vocabulary::Arch;

use crate::format::Section;

/// A section of call frame information with the index of its entries.
#[derive(Debug)]
pub(crate) struct Table {
    frames: Section,
}

/// The rules of one entry, for one address.
#[derive(Debug)]
pub struct Rules<'s>(PhantomData<&'s ()>);

impl Table {
    /// `index` is the section behind it.
    pub(crate) fn new(_arch: Arch, _base: u64, frames: Section, _index: Option<Section>) -> Option<Self> {
        Some(Self { frames })
    }

    pub(crate) fn rules_at<'s>(&self, whole: &'s [u8], rva: u64) -> Option<Rules<'s>> {
        let covers = (self.frames.rva..self.frames.rva).contains(&rva) && !self.frames.bytes(whole).is_empty();
        covers.then_some(Rules(PhantomData))
    }

    pub(crate) fn count(&self) -> u64 {
        0
    }
}

impl Rules<'_> {
    pub(crate) fn apply(&self, _callee: &impl UnwindState) -> Unwound {
        Unwound::Failed
    }

    pub(crate) fn size(&self) -> usize {
        0
    }
}
