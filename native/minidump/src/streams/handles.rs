//! HandleData (12): the handles a Windows process had open.

use crate::directory::Stream;
use crate::faults::Faults;
use crate::limits;
use crate::lists::{self, Count};
use crate::reader::{Source, u32_or_0, u64_or_0};

/// `MINIDUMP_HANDLE_DESCRIPTOR`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Handle {
    /// The handle's value.
    pub handle: u64,
    /// Kind of object: `File`, `Event` …
    pub type_name: Option<String>,
    /// The object's name in the kernel's namespace.
    pub object_name: Option<String>,
    /// `OBJ_*` attributes.
    pub attributes: u32,
    /// Access mask.
    pub granted_access: u32,
    /// Handles that refer to the object.
    pub handle_count: u32,
    /// Kernel references to the object.
    pub pointer_count: u32,
}

pub(crate) fn parse(stream: &Stream<'_>, source: &Source<'_>, faults: &mut Faults) -> Vec<Handle> {
    let entries = lists::sized(stream, Count::Short, 32, faults);
    lists::at_most(entries, limits::HANDLES, stream, faults)
        .map(|entry| {
            let mut text = |offset| {
                let rva = u32_or_0(entry.bytes, offset);
                if rva == 0 {
                    return None;
                }
                source
                    .utf16(rva.into())
                    .inspect_err(|e| {
                        let message = format!("a name of the handle {}", e.reason());
                        faults.add(stream.kind, Some(entry.index), rva.into(), message);
                    })
                    .ok()
            };
            Handle {
                type_name: text(8),
                object_name: text(12),
                handle: u64_or_0(entry.bytes, 0),
                attributes: u32_or_0(entry.bytes, 16),
                granted_access: u32_or_0(entry.bytes, 20),
                handle_count: u32_or_0(entry.bytes, 24),
                pointer_count: u32_or_0(entry.bytes, 28),
            }
        })
        .collect()
}
