//! What all records of a build have, from few of them: so an answer for some addresses can say what the whole file has.

use symbols::index::IndexBuilder;

use crate::Error;

/// What all records of a build have. There are lines among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Survey {
    /// Whether there are inlined calls.
    pub inlines: bool,
}

/// A file's bytes for each that may be read to find out, and bytes that always may.
const SHARE: u64 = 16;
const ALWAYS: u64 = 1 << 20;

/// A search through parts of a file, units or modules, the smallest first, as in most files any of them will do.
pub(crate) struct Search<L, I> {
    /// Their bytes and their numbers.
    pub(crate) parts: Vec<(u64, usize)>,
    /// Bytes of the file.
    pub(crate) bytes: u64,
    /// Whether a part may have lines, and whether it may have inlined calls, as is quick to tell.
    pub(crate) may_have_lines: L,
    pub(crate) may_have_inlines: I,
}

impl<L: Fn(usize) -> bool, I: Fn(usize) -> bool> Search<L, I> {
    /// Read parts until one has lines and one has inlined calls, or none is left that may have some.
    pub(crate) fn run(
        mut self,
        mut read: impl FnMut(usize, &mut IndexBuilder) -> Result<(), Error>,
    ) -> Result<Option<Survey>, Error> {
        self.parts.sort_unstable();
        let mut records = IndexBuilder::default();
        let mut left = (self.bytes / SHARE).max(ALWAYS);
        for (bytes, part) in self.parts {
            let counts = records.counts();
            let is_wanted = counts.lines == 0 && (self.may_have_lines)(part)
                || counts.inlines == 0 && (self.may_have_inlines)(part);
            if !is_wanted {
                continue;
            }
            let Some(rest) = left.checked_sub(bytes) else { return Ok(None) };
            left = rest;
            read(part, &mut records)?;
            if records.counts().lines > 0 && records.counts().inlines > 0 {
                break;
            }
        }
        let counts = records.counts();
        Ok((counts.lines > 0).then_some(Survey { inlines: counts.inlines > 0 }))
    }
}
