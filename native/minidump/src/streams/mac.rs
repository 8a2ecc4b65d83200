//! Mozilla's streams of macOS: `__crash_info` records and the kernel's boot arguments.

use crate::directory::Stream;
use crate::faults::Faults;
use crate::reader::{Location, Source, u32_at, u64_at};

/// What macOS dumps carry beside the common streams.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MacInfo {
    /// `__DATA,__crash_info` sections of the modules that had one filled in.
    pub crash_info: Vec<MacCrashRecord>,
    /// The kernel's boot arguments.
    pub boot_args: Option<String>,
}

/// One `__crash_info` section. Empty texts are `None`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MacCrashRecord {
    /// Layout of the section: 1, 4 or 5 seen in the wild.
    pub version: u64,
    /// Thread id; version 4 and above.
    pub thread: Option<u64>,
    /// Version 4 and above.
    pub dialog_mode: Option<u64>,
    /// Version 5 and above.
    pub abort_cause: Option<u64>,
    /// Path of the module the section is in.
    pub module: Option<String>,
    /// The module's message.
    pub message: Option<String>,
    /// Text for the signature.
    pub signature_string: Option<String>,
    /// A backtrace as text.
    pub backtrace: Option<String>,
    /// More message.
    pub message2: Option<String>,
}

/// Records and texts a stream may have, and the length of a text: the writer's own limits.
const MAX_RECORDS: usize = 20;

pub(crate) fn parse_crash_info(stream: &Stream<'_>, source: &Source<'_>, faults: &mut Faults) -> Vec<MacCrashRecord> {
    let (Some(count), Some(fixed)) = (u32_at(stream.bytes, 4), u32_at(stream.bytes, 8)) else {
        faults.add(stream.kind, None, stream.offset, "the stream ends inside its header and is skipped");
        return Vec::new();
    };
    let count = count as usize;
    if count > MAX_RECORDS {
        let message = format!("the stream promises {count} records, there is room for {MAX_RECORDS}");
        faults.add(stream.kind, None, stream.offset + 4, message);
    }
    let mut records = Vec::new();
    for i in 0..count.min(MAX_RECORDS) {
        let location = Location::at(stream.bytes, 12 + 8 * i);
        let Some(bytes) = source.located(location) else {
            faults.add(stream.kind, Some(i), location.rva.into(), "the record lies outside of the file and is skipped");
            continue;
        };
        records.push(crash_record(bytes, fixed as usize, source));
    }
    records
}

fn crash_record(bytes: &[u8], fixed: usize, source: &Source<'_>) -> MacCrashRecord {
    let version = u64_at(bytes, 8).unwrap_or(0);
    let field = |from_version, offset| if version >= from_version { u64_at(bytes, offset) } else { None };
    let mut texts = bytes.get(fixed..).unwrap_or_default();
    let mut text = || {
        let text = source.text_until_nul(texts).ok()?;
        let length = memchr::memchr(0, texts).map_or(texts.len(), |end| end + 1);
        texts = &texts[length..];
        (!text.is_empty()).then_some(text)
    };
    MacCrashRecord {
        version,
        thread: field(4, 16),
        dialog_mode: field(4, 24),
        abort_cause: field(5, 32),
        module: text(),
        message: text(),
        signature_string: text(),
        backtrace: text(),
        message2: text(),
    }
}

pub(crate) fn parse_boot_args(stream: &Stream<'_>, source: &Source<'_>, faults: &mut Faults) -> Option<String> {
    // A u32 type, then a 64-bit offset that is not aligned.
    let Some(rva) = u64_at(stream.bytes, 4) else {
        faults.add(stream.kind, None, stream.offset, "the stream ends inside its offset and is skipped");
        return None;
    };
    source.utf16(rva).inspect_err(|e| faults.add(stream.kind, None, rva, format!("the text {}", e.reason()))).ok()
}
