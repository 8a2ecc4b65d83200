//! ModuleList (4): what was loaded.

use vocabulary::Os;
use vocabulary::path::leaf;
use vocabulary::{DebugId, code_id};

use crate::codeview::{CodeView, debug_misc_name};
use crate::directory::Stream;
use crate::faults::Faults;
use crate::file_name;
use crate::limits;
use crate::lists::{self, Entry};
use crate::reader::{Location, Source, u32_or_0, u64_or_0};
use crate::strings::hex;

/// `MINIDUMP_MODULE`, with its CodeView record read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Module {
    /// Index of the entry in the dump's list: differs from the position in
    /// [`Dump::modules`](crate::Dump::modules) when entries before it were skipped.
    pub index: u32,
    /// Offset of the entry in the file.
    pub offset: u64,
    /// First address.
    pub base: u64,
    /// Bytes of address space, never 0; `base + size` does not wrap.
    pub size: u64,
    /// Full path as in the dump; may be empty.
    pub name: String,
    /// Full path of the debug file as in the dump; for ELF the module itself.
    pub debug_file: Option<String>,
    /// Which build: `None` if the dump does not say.
    pub debug_id: Option<DebugId>,
    /// Windows: time stamp and size; ELF: the whole build id, lower-case hex; Apple: the UUID.
    pub code_id: Option<String>,
    /// File version, `1.2.3.4`.
    pub version: Option<String>,
    /// Link time stamp of a PE file.
    pub timestamp: u32,
    /// Checksum of a PE file.
    pub checksum: u32,
}

impl Module {
    /// One past the last address.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.base.saturating_add(self.size)
    }

    /// The file name without its folders, after either slash.
    #[must_use]
    pub fn code_file_leaf(&self) -> &str {
        leaf(&self.name)
    }

    /// The debug file's name without its folders, after either slash.
    #[must_use]
    pub fn debug_file_leaf(&self) -> Option<&str> {
        self.debug_file.as_deref().map(leaf)
    }
}

pub(crate) fn parse(stream: &Stream<'_>, source: &Source<'_>, os: Os, faults: &mut Faults) -> Vec<Module> {
    let entries = lists::plain(stream, 108, faults);
    let entries = lists::at_most(entries, limits::MODULES, stream, faults);
    let mut modules = Vec::with_capacity(entries.len());
    for entry in entries {
        if let Some(module) = parse_module(&entry, stream.kind, source, os, faults) {
            modules.push(module);
        }
    }
    modules
}

fn parse_module(entry: &Entry<'_>, stream: u32, source: &Source<'_>, os: Os, faults: &mut Faults) -> Option<Module> {
    let bytes = entry.bytes;
    let mut tell = |offset: u64, message: String| faults.add(stream, Some(entry.index), offset, message);
    let base = u64_or_0(bytes, 0);
    let image_size = u32_or_0(bytes, 8);
    let size = u64::from(image_size).min(u64::MAX - base);
    if size == 0 {
        tell(entry.offset, "the module has no size and is skipped".to_owned());
        return None;
    }
    if size < image_size.into() {
        tell(entry.offset, "the module goes beyond the last address: it is shortened".to_owned());
    }
    let name_rva = u32_or_0(bytes, 20);
    let name = source.utf16(name_rva.into()).unwrap_or_else(|e| {
        tell(name_rva.into(), format!("the module's name {}", e.reason()));
        String::new()
    });
    let (name, cut) = file_name::shortened(name);
    if cut {
        tell(name_rva.into(), file_name::SHORTENED.to_owned());
    }
    let mut module = Module {
        index: u32::try_from(entry.index).unwrap_or(u32::MAX),
        offset: entry.offset,
        base,
        size,
        name,
        version: version(&bytes[24..76], os),
        timestamp: u32_or_0(bytes, 16),
        checksum: u32_or_0(bytes, 12),
        ..Module::default()
    };
    let location = Location::at(bytes, 76);
    let bytes_of_record = source.located(location);
    let record = bytes_of_record.and_then(CodeView::parse);
    match bytes_of_record {
        _ if location.size == 0 || record.is_some() => {}
        None => tell(location.rva.into(), "the module's CodeView record lies outside of the file".to_owned()),
        // Some writers reserve the record and leave it zero where they know no id.
        Some(bytes) if bytes.starts_with(&[0; 4]) => {}
        Some(_) => {
            let message = "the module's CodeView record is of an unknown kind or cut: its debug id is unknown";
            tell(location.rva.into(), message.to_owned());
        }
    }
    identify(&mut module, record, image_size, os, source);
    if module.debug_file.is_none() {
        let record = source.located(Location::at(bytes, 84)).filter(|record| source.charge(record.len()));
        module.debug_file = record.and_then(debug_misc_name);
    }
    Some(module)
}

/// Debug file and ids from the CodeView record.
fn identify(module: &mut Module, record: Option<CodeView<'_>>, image_size: u32, os: Os, source: &Source<'_>) {
    let is_elf = matches!(os, Os::Linux | Os::Android | Os::Fuchsia | Os::NaCl);
    let windows_id = || Some(code_id::of_pe(module.timestamp, image_size));
    let path = |path: &[u8]| source.text_until_nul(path).ok().filter(|path| !path.is_empty());
    match record {
        Some(CodeView::Rsds { guid, age, path: pdb }) => {
            module.debug_id = Some(DebugId::from_guid_le(&guid, age)).filter(|_| guid != [0; 16]);
            module.code_id = match os {
                Os::Windows => windows_id(),
                Os::MacOs | Os::Ios => module.debug_id.map(|id| hex(id.guid())),
                // The build id's first 16 bytes, which is all there is of it.
                _ if is_elf => module.debug_id.map(|_| hex(&guid)),
                _ => windows_id().filter(|_| module.timestamp != 0),
            };
            // ELF writers that had no name for this field mean the module itself.
            let itself =
                || Some(module.name.clone()).filter(|name| is_elf && module.debug_id.is_some() && !name.is_empty());
            module.debug_file = path(pdb).or_else(itself);
        }
        Some(CodeView::Nb10 { timestamp, age, path: pdb }) => {
            module.debug_id = Some(DebugId::from_pdb20(timestamp, age));
            module.code_id = windows_id();
            module.debug_file = path(pdb);
        }
        Some(CodeView::BuildId(build_id)) => {
            // Some writers pad the record; a build id is at most 64 bytes in practice, and all zeros is not a build id.
            module.debug_id = DebugId::from_build_id(build_id);
            module.code_id = module.debug_id.filter(|_| source.charge(build_id.len())).map(|_| hex(build_id));
            module.debug_file = Some(module.name.clone()).filter(|name| !name.is_empty());
        }
        None if os == Os::Windows => module.code_id = windows_id(),
        None => {}
    }
}

/// Signature of `VS_FIXEDFILEINFO`.
const FIXED_FILE_INFO: u32 = 0xfeef_04bd;

/// The file version. Windows and Apple writers fill in four numbers of 16 bits as Windows does.
/// Mozilla's writer on Linux uses the two file and the two product words for four numbers of 32 bits (the
/// version in the soname).
fn version(info: &[u8], os: Os) -> Option<String> {
    if u32_or_0(info, 0) != FIXED_FILE_INFO {
        return None;
    }
    let word = |i: usize| u32_or_0(info, 8 + 4 * i);
    let [a, b, c, d] = match os {
        Os::Linux | Os::Android => [word(0), word(1), word(2), word(3)],
        _ => [word(0) >> 16, word(0) & 0xffff, word(1) >> 16, word(1) & 0xffff],
    };
    Some(format!("{a}.{b}.{c}.{d}"))
}
