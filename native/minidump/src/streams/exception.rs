//! The exception stream: why the process was dumped.

use vocabulary::Arch;

use crate::context::Context;
use crate::directory::Stream;
use crate::faults::Faults;
use crate::reader::{Location, Source, u32_at, u32_or_0, u64_at, u64_or_0};

/// `MINIDUMP_EXCEPTION_STREAM`. What the numbers mean depends on the platform.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exception {
    /// The thread it happened on.
    pub thread_id: u32,
    /// Windows: exception code; Linux: signal number; Mac: Mach exception.
    pub code: u32,
    /// Windows: exception flags; Linux: `si_code`; Mac: the first Mach code.
    pub flags: u32,
    /// Address of an outer `EXCEPTION_RECORD`, 0 if none.
    pub record: u64,
    /// Windows: where it happened; Linux: `si_addr`; Mac: the second Mach code.
    pub address: u64,
    /// Parameters, at most 15.
    pub parameters: Vec<u64>,
    /// Registers at the moment of the exception.
    pub context: Option<Context>,
}

/// `MINIDUMP_EXCEPTION_STREAM` holds at most this many parameters.
const MAX_PARAMETERS: usize = 15;

pub(crate) fn parse(
    stream: &Stream<'_>,
    source: &Source<'_>,
    arch: Option<Arch>,
    faults: &mut Faults,
) -> Option<Exception> {
    let bytes = stream.bytes;
    let (Some(thread_id), Some(code)) = (u32_at(bytes, 0), u32_at(bytes, 8)) else {
        faults.add(stream.kind, None, stream.offset, "the stream ends before the exception's code and is skipped");
        return None;
    };
    if bytes.len() < 168 {
        faults.add(
            stream.kind,
            None,
            stream.offset,
            "the stream is shorter than its 168 bytes: it is read as far as it goes",
        );
    }
    let promised = u32_or_0(bytes, 32) as usize;
    if promised > MAX_PARAMETERS {
        faults.add(
            stream.kind,
            None,
            stream.offset + 32,
            format!("the exception promises {promised} parameters, there is room for 15"),
        );
    }
    let parameters = (0..promised.min(MAX_PARAMETERS)).map_while(|i| u64_at(bytes, 40 + 8 * i)).collect();
    let location = Location::at(bytes, 160);
    Some(Exception {
        thread_id,
        code,
        flags: u32_or_0(bytes, 12),
        record: u64_or_0(bytes, 16),
        address: u64_or_0(bytes, 24),
        parameters,
        context: Context::located(location, source, arch, stream.kind, None, faults),
    })
}
