//! The index made straight from records beside that of the text.
#![allow(clippy::unwrap_used, dead_code, missing_docs, unreachable_pub)]

use debuginfo::image::Image;
use debuginfo::{Summary, convert, records};
use symbols::SymbolMap;
use symbols::index::IndexBuilder;
use symbols::lookup::BatchFrames;

/// The symbols of an image by both ways; they are the same in all but look-ups, which [`assert_same`] compares.
pub fn both(image: &Image<'_>, name: &str) -> (SymbolMap, SymbolMap, Summary) {
    let mut text = Vec::new();
    let summary = convert(image, name, &mut text).unwrap();
    let mut builder = IndexBuilder::default();
    assert_eq!(records(image, name, &mut builder).unwrap(), summary);
    let (text, direct) = (SymbolMap::from_text(text), SymbolMap::from(builder.finish()));
    assert_eq!(text.module(), direct.module());
    assert_eq!(text.counts(), direct.counts());
    assert_eq!(text.span(), direct.span());
    let unusual = |map: &SymbolMap| map.diagnostics().iter().map(|d| (d.kind, d.count)).collect::<Vec<_>>();
    assert_eq!(unusual(&text), unusual(&direct));
    (text, direct, summary)
}

/// Remove the unwind rules, which are at the end: only the text has them.
pub fn without_cfi(text: &mut Vec<u8>) {
    let rules = text.windows(11).position(|bytes| bytes == b"\nSTACK CFI ").map_or(text.len(), |at| at + 1);
    text.truncate(rules);
}

/// Both answer alike for these addresses.
pub fn assert_same(text: &SymbolMap, direct: &SymbolMap, addresses: &[u64]) {
    let (mut one, mut other) = (Vec::new(), Vec::new());
    for &rva in addresses {
        assert_eq!(text.function_at(rva), direct.function_at(rva), "{rva:#x}");
        assert_eq!(text.frames_at(rva, &mut one), direct.frames_at(rva, &mut other));
        assert_eq!(one, other, "{rva:#x}");
    }
    let batch = |map: &SymbolMap| {
        let mut found = BatchFrames::default();
        map.frames_batch(addresses, &mut found);
        let names: Vec<_> = found.functions.iter().map(|&function| map.batch_name(function).into_owned()).collect();
        (found.offsets, found.starts, names, found.files, found.lines)
    };
    assert_eq!(batch(text), batch(direct));
}

/// At most so many addresses, spread over all symbols.
pub fn spread(map: &SymbolMap, most: usize) -> Vec<u64> {
    let Some((start, end)) = map.span() else { return Vec::new() };
    let step = ((end - start) / most as u64).max(1);
    (start.saturating_sub(step)..end.saturating_add(step)).step_by(usize::try_from(step).unwrap()).collect()
}
