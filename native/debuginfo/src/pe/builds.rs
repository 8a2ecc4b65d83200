//! The build in a file, from its headers alone.

use super::headers::{EXCEPTIONS, EXPORTS, Headers};
use super::ids;
use crate::Error;
use crate::coff::arch;
use crate::image::{Build, Builds, Kind};

/// Whether the first bytes of a file may be those of a PE file: programs for DOS begin so, too.
#[must_use]
pub fn is_pe(head: &[u8]) -> bool {
    head.starts_with(b"MZ")
}

/// The one build of a file.
///
/// # Errors
/// The file is no PE file, or its headers are damaged.
pub fn builds(file: &[u8]) -> Result<Builds, Error> {
    let headers = Headers::read(file)?;
    let some = |names: &[&[u8]]| names.iter().any(|name| headers.section(name).is_some());
    let (kind, kind_name) = kind(&headers);
    let mut unwind = Vec::new();
    let has_functions = headers.directory(EXCEPTIONS).is_some_and(|(address, _)| headers.at(address).is_some());
    // On x86 the directory is not used.
    if has_functions && headers.machine != 0x14c {
        unwind.push(".pdata");
    }
    if some(&[b".eh_frame"]) {
        unwind.push(".eh_frame");
    }
    if some(&[b".debug_frame", b".zdebug_frame"]) {
        unwind.push(".debug_frame");
    }
    let build = Build {
        offset: 0,
        size: file.len() as u64,
        arch: arch(headers.machine),
        kind,
        kind_name,
        base: headers.base,
        debug_id: ids::debug_id(&headers),
        code_id: Some(ids::code_id(&headers)),
        debug_info: some(&[b".debug_info", b".zdebug_info"]).then_some("DWARF"),
        has_symbols: !headers.symbols.is_empty()
            || headers.directory(EXPORTS).is_some()
            || headers.section(b".gnu_debuglink").is_some(),
        is_compressed: false,
        unwind,
    };
    Ok(Builds { list: vec![build], refused: 0 })
}

fn kind(headers: &Headers<'_>) -> (Kind, &'static str) {
    let mut code = headers.sections.iter().filter(|section| section.is_code).peekable();
    // As `objcopy --only-keep-debug` leaves it.
    if code.peek().is_some() && code.all(|section| section.data.is_none()) {
        return (Kind::Debug, "debug file");
    }
    if headers.is_executable { (Kind::Image, "image") } else { (Kind::Other, "object file") }
}
