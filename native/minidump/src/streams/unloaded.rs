//! UnloadedModuleList (14): modules that were there before.

use vocabulary::code_id;

use crate::directory::Stream;
use crate::faults::Faults;
use crate::file_name;
use crate::limits;
use crate::lists::{self, Count};
use crate::reader::{Source, u32_or_0, u64_or_0};

/// `MINIDUMP_UNLOADED_MODULE`. They overlap each other freely.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct UnloadedModule {
    /// First address.
    pub base: u64,
    /// Bytes of address space, never 0.
    pub size: u64,
    /// Name as in the dump.
    pub name: String,
    /// Time stamp and size, as Windows identifies images.
    pub code_id: Option<String>,
    /// Link time stamp.
    pub timestamp: u32,
    /// Checksum.
    pub checksum: u32,
}

impl UnloadedModule {
    /// One past the last address.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.base.saturating_add(self.size)
    }
}

pub(crate) fn parse(stream: &Stream<'_>, source: &Source<'_>, faults: &mut Faults) -> Vec<UnloadedModule> {
    let mut modules = Vec::new();
    let entries = lists::sized(stream, Count::Short, 24, faults);
    for entry in lists::at_most(entries, limits::MODULES, stream, faults) {
        let base = u64_or_0(entry.bytes, 0);
        let image_size = u32_or_0(entry.bytes, 8);
        let size = u64::from(image_size).min(u64::MAX - base);
        if size == 0 {
            faults.add(stream.kind, Some(entry.index), entry.offset, "the module has no size and is skipped");
            continue;
        }
        let timestamp = u32_or_0(entry.bytes, 16);
        let rva = u32_or_0(entry.bytes, 20);
        let name = source.utf16(rva.into()).unwrap_or_else(|e| {
            faults.add(stream.kind, Some(entry.index), rva.into(), format!("the module's name {}", e.reason()));
            String::new()
        });
        let (name, cut) = file_name::shortened(name);
        if cut {
            faults.add(stream.kind, Some(entry.index), rva.into(), file_name::SHORTENED);
        }
        modules.push(UnloadedModule {
            base,
            size,
            name,
            code_id: Some(code_id::of_pe(timestamp, image_size)),
            timestamp,
            checksum: u32_or_0(entry.bytes, 12),
        });
    }
    modules
}
