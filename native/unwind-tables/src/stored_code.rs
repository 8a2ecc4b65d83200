//! The code of an image, as a stored form has it, and where its functions begin.

use zerocopy::FromBytes;
use zerocopy::little_endian::U32;

use crate::format::Section;
use crate::kind::Kind;

/// The parts of a stored form that are not tables.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StoredCode<'s> {
    pub(crate) whole: &'s [u8],
    pub(crate) sections: &'s [Section],
}

impl<'s> StoredCode<'s> {
    /// The bytes of code from an address to the end of its section.
    pub(crate) fn code_at(&self, rva: u64) -> Option<&'s [u8]> {
        self.section_at(rva, |kind| matches!(kind, Kind::Code | Kind::Stubs))
    }

    /// Whether an address is in a stub.
    pub(crate) fn is_stub(&self, rva: u64) -> bool {
        self.section_at(rva, |kind| kind == Kind::Stubs).is_some()
    }

    fn section_at(&self, rva: u64, is_wanted: impl Fn(Kind) -> bool) -> Option<&'s [u8]> {
        let wanted = self.sections.iter().filter(|section| is_wanted(section.kind));
        wanted
            .filter_map(|section| {
                let distance = usize::try_from(rva.checked_sub(section.rva)?).ok()?;
                section.bytes(self.whole).get(distance..)
            })
            .find(|rest| !rest.is_empty())
    }

    /// First addresses of functions, sorted.
    pub(crate) fn function_starts(&self) -> &'s [U32] {
        let section = self.sections.iter().find(|section| section.kind == Kind::FunctionStarts);
        let bytes = section.map_or(&[][..], |section| section.bytes(self.whole));
        bytes.get(..bytes.len() / 4 * 4).and_then(|bytes| <[U32]>::ref_from_bytes(bytes).ok()).unwrap_or_default()
    }

    /// The last start of a function at or below an address, and the first above it; on 32-bit ARM with the bit for Thumb code.
    pub(crate) fn function_around(&self, rva: u64) -> (Option<u32>, Option<u32>) {
        let starts = self.function_starts();
        let above = starts.partition_point(|start| u64::from(start.get() & !1) <= rva);
        let at = |index: usize| starts.get(index).map(|start| start.get());
        (above.checked_sub(1).and_then(at), at(above))
    }
}
