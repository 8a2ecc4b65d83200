//! Frames of an address, as an independent tool gave them when a fixture was made, and as look-ups give them.
#![allow(clippy::unwrap_used, dead_code, missing_docs, unreachable_pub)]

use serde_json::Value;
use symbols::SymbolMap;

/// Function, file and line of each frame.
pub type Frames = Vec<(String, String, u64)>;

/// Those of symbols.
pub fn ours(index: &SymbolMap, rva: u64) -> Frames {
    let mut found = Vec::new();
    index.frames_at(rva, &mut found);
    let frame = |frame: &symbols::lookup::SourceFrame<'_>| {
        let file = frame.file.as_ref().map_or_else(String::new, ToString::to_string);
        (frame.function.to_string(), file, u64::from(frame.line.unwrap_or(0)))
    };
    found.iter().map(frame).collect()
}

/// Those that a fixture lists.
pub fn theirs(frames: &Value) -> Frames {
    let frame = |frame: &Value| {
        let text = |at: usize| frame[at].as_str().unwrap().to_owned();
        (text(0), text(1), frame[2].as_u64().unwrap())
    };
    frames.as_array().unwrap().iter().map(frame).filter(|frame| !frame.0.is_empty()).collect()
}
