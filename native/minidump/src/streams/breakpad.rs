//! Breakpad's own stream (0x47670001): which thread wrote the dump, and for whom.

use crate::directory::Stream;
use crate::faults::Faults;
use crate::reader::u32_at;

/// Threads named by Breakpad's handler.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BreakpadInfo {
    /// The thread that wrote the dump; its stack is of no interest to a report.
    pub dump_thread_id: Option<u32>,
    /// The thread that requested the dump, the one of interest when there is no exception.
    pub requesting_thread_id: Option<u32>,
}

pub(crate) fn parse(stream: &Stream<'_>, faults: &mut Faults) -> Option<BreakpadInfo> {
    let Some(validity) = u32_at(stream.bytes, 0) else {
        faults.add(stream.kind, None, stream.offset, "the stream ends inside its first field and is skipped");
        return None;
    };
    let field = |bit: u32, offset| if validity & bit != 0 { u32_at(stream.bytes, offset) } else { None };
    Some(BreakpadInfo { dump_thread_id: field(1, 4), requesting_thread_id: field(2, 8) })
}
