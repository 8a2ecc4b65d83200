//! A debug file, read in every way.

use debuginfo::Deadline;
use debuginfo::formats::{Given, recognise};
use debuginfo::limits;
use symbols::SymbolMap;

/// Convert each build of a file to text and to an index, with other files that have a part of it, and look up in both.
///
/// # Panics
/// The text is longer than it may be, or the two answer differently.
pub fn read(file: &[u8], given: &Given<'_>) {
    let Some(format) = recognise(file) else { return };
    let beside: u64 = given.companions.iter().map(|(_, bytes)| bytes.len() as u64).sum();
    for build in format.builds(file).unwrap_or_default().list {
        let _ = format.companions(file, &build, Deadline::default());
        let mut text = Vec::new();
        let Ok(summary) = format.text(file, &build, given.clone(), &mut text) else { continue };
        // Compressed sections may have as much again; and unwind rules have a limit of their own.
        let size = build.size + beside;
        let rules = if build.unwind.is_empty() { 0 } else { limits::text(build.size) };
        let most = limits::text(size + limits::decompressed(size)) + rules + 1024;
        assert!(text.len() as u64 <= most, "the text has {} bytes, and may have {most}", text.len());
        // Unwind rules are in the text alone, and bound symbols without a size.
        let rules = text.windows(11).position(|bytes| bytes == b"\nSTACK CFI ").map_or(text.len(), |at| at + 1);
        text.truncate(rules);
        let text = SymbolMap::from_text(text);
        assert!(text.diagnostics().iter().all(|diagnostic| !diagnostic.kind.is_malformed()));
        let Ok((records, same)) = format.index(file, &build, given.clone()) else { panic!("an index, as a text") };
        assert_eq!(summary, same);
        let index = SymbolMap::from(records.finish());
        let (mut frames, mut others) = (Vec::new(), Vec::new());
        for rva in (0..0x2000).step_by(0x1f) {
            text.frames_at(rva, &mut frames);
            index.frames_at(rva, &mut others);
            assert_eq!(frames, others);
        }
    }
}

/// A good file with some bytes changed: four bytes of the input are a place and a value.
#[must_use]
pub fn patched(good: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut patched = good.to_vec();
    for patch in bytes.chunks_exact(4) {
        let at = usize::from(u16::from_le_bytes([patch[0], patch[1]])) << 1 | usize::from(patch[2] & 1);
        if let Some(byte) = patched.get_mut(at) {
            *byte = patch[3];
        }
    }
    patched
}

/// A fixture; empty if it is not there.
#[must_use]
pub fn fixture(path: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../../symbols-fixtures/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap_or_default()
}
