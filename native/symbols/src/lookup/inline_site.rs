//! An inlined call that covers an address.

use super::block::InlineEntry;
use crate::breakpad::Dialect;

/// How many inlined calls may cover one address: as many as are read from debug information. Compilers go some thirty
/// deep; only a crafted text has more, and then none of them is shown.
pub(crate) const MAX_CALLS: usize = 1024;

/// An inlined call that covers the address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InlineSite {
    pub(crate) depth: u32,
    /// Bytes of the range that covers the address.
    pub(crate) size: u64,
    pub(crate) call_line: u32,
    pub(crate) call_file: Option<u32>,
    pub(crate) origin: Option<u32>,
    pub(crate) dialect: Dialect,
}

impl InlineSite {
    /// The call, if it covers the address: with the first of its ranges that does.
    #[inline(always)]
    pub(super) fn at(inline: &InlineEntry<'_>, rva: u64) -> Option<Self> {
        let mut covering = None;
        inline.each_range(|start, size| {
            if rva >= start && rva - start < size {
                covering = Some(size);
            }
            covering.is_none()
        });
        Some(Self::new(inline, covering?))
    }

    #[inline]
    pub(crate) fn new(inline: &InlineEntry<'_>, size: u64) -> Self {
        match inline {
            InlineEntry::Quick(inline) => {
                let [depth, call_line, call_file, origin] = inline.numbers();
                let (call_file, origin) = (Some(call_file), Some(origin));
                Self { depth, size, call_line, call_file, origin, dialect: Dialect::New }
            }
            InlineEntry::Parsed(inline) => Self {
                depth: inline.depth,
                size,
                call_line: inline.call_line,
                call_file: inline.call_file,
                origin: inline.origin,
                dialect: inline.dialect,
            },
            InlineEntry::Packed(inline) => Self {
                depth: inline.depth,
                size,
                call_line: inline.call_line,
                call_file: inline.call_file,
                origin: inline.origin,
                dialect: Dialect::New,
            },
        }
    }
}

/// Put the calls that cover an address in order, the innermost first.
///
/// By depth, where each call has a depth of its own (gaps do no harm). If two claim the same depth
/// the depths cannot be relied on, and the smaller range is the inner one (Breakpad always nests by
/// ranges); ranges of the same size nest by depth and then as they stand in the file.
pub(super) fn innermost_first(sites: &mut [InlineSite]) {
    sites.reverse();
    sites.sort_by_key(|site| std::cmp::Reverse(site.depth));
    if sites.windows(2).any(|pair| pair[0].depth == pair[1].depth) {
        sites.sort_by_key(|site| site.size);
    }
}
