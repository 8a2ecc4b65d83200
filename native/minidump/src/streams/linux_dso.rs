//! LinuxDsoDebug (0x4767000a): the dynamic linker's `r_debug` and its chain of `link_map`s.

use vocabulary::Arch;

use crate::directory::Stream;
use crate::faults::Faults;
use crate::reader::{Source, u32_at, u32_or_0, u64_or_0};

/// The dynamic linker's rendezvous structure.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LinuxDsoDebug {
    /// `r_version`.
    pub version: u32,
    /// `r_brk`: where the linker stops when the list changes.
    pub brk: u64,
    /// `r_ldbase`: where the linker itself is loaded.
    pub ldbase: u64,
    /// Address of `_DYNAMIC`.
    pub dynamic: u64,
    /// Shared objects in the linker's order.
    pub objects: Vec<LinkMap>,
}

/// One loaded shared object.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LinkMap {
    /// Difference between addresses in the file and in memory.
    pub addr: u64,
    /// Path; empty for the main program.
    pub name: String,
    /// Address of the object's dynamic section.
    pub ld: u64,
}

/// Read `MDRawDebug32` or `MDRawDebug64` and the link maps it points at; only the architecture shows
/// which of the two it is.
pub(crate) fn parse(
    stream: &Stream<'_>,
    source: &Source<'_>,
    arch: Option<Arch>,
    faults: &mut Faults,
) -> Option<LinuxDsoDebug> {
    let bytes = stream.bytes;
    let wide = arch.is_none_or(|a| a.pointer_size() == 8);
    let (Some(version), Some(rva), Some(count)) = (u32_at(bytes, 0), u32_at(bytes, 4), u32_at(bytes, 8)) else {
        faults.add(stream.kind, None, stream.offset, "the stream ends inside its header and is skipped");
        return None;
    };
    let word = |bytes: &[u8], wide_at, narrow_at| {
        if wide { u64_or_0(bytes, wide_at) } else { u32_or_0(bytes, narrow_at).into() }
    };
    let size: usize = if wide { 24 } else { 12 };
    let maps = source.clipped(rva.into(), u64::from(count) * size as u64);
    let present = maps.len() / size;
    if (present as u64) < u64::from(count) {
        faults.add(
            stream.kind,
            None,
            rva.into(),
            format!("the list promises {count} link maps, there are bytes for {present}"),
        );
    }
    let mut objects = Vec::with_capacity(present);
    for (i, map) in maps.chunks_exact(size).enumerate() {
        let name_rva = u32_or_0(map, if wide { 8 } else { 4 });
        let name = match source.utf16(name_rva.into()) {
            _ if name_rva == 0 => String::new(),
            Ok(name) => name,
            Err(e) => {
                faults.add(stream.kind, Some(i), name_rva.into(), format!("the object's name {}", e.reason()));
                String::new()
            }
        };
        objects.push(LinkMap { addr: word(map, 0, 0), name, ld: word(map, 16, 8) });
    }
    Some(LinuxDsoDebug {
        version,
        brk: word(bytes, 16, 12),
        ldbase: word(bytes, 24, 16),
        dynamic: word(bytes, 32, 20),
        objects,
    })
}
