//! Frames as JSON, as `addr` writes them: ASCII, each distinct frame written once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::Write as _;

use symbols::lookup::{BatchFrames, NONE};

/// How frames are written.
pub(crate) struct Style {
    /// Source files without their folders.
    pub(crate) basenames: bool,
    /// Also the calls that are inlined; without them the innermost place alone.
    pub(crate) inlines: bool,
}

/// For each address the objects of its frames, innermost first. `name` and `file` are the texts of a function and of a file.
pub(crate) fn json_frames<E>(
    frames: &BatchFrames,
    style: &Style,
    mut name: impl FnMut(u64) -> Result<String, E>,
    file: impl Fn(u32) -> Option<String>,
) -> Result<Vec<String>, E> {
    let BatchFrames { offsets, functions, files, lines, .. } = frames;
    let (mut names, mut paths) = (HashMap::new(), HashMap::new());
    // The objects, each up to where it says whether it is inlined, and which of them each row has.
    let (mut objects, mut known) = (Vec::new(), HashMap::new());
    let mut which = Vec::with_capacity(functions.len());
    for ((&function, &file_id), &line) in functions.iter().zip(files).zip(lines) {
        if let Some(&at) = known.get(&(function, file_id, line)) {
            which.push(at);
            continue;
        }
        let name = match names.entry(function) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(entry) => entry.insert(quoted(&name(function)?)),
        };
        let path = paths.entry(file_id).or_insert_with(|| {
            let path = Some(file_id).filter(|&id| id != NONE).and_then(&file);
            path.map_or_else(|| "null".to_owned(), |path| quoted(if style.basenames { leaf(&path) } else { &path }))
        });
        let line_text = if line == NONE || line == 0 { "null".to_owned() } else { line.to_string() };
        which.push(objects.len());
        known.insert((function, file_id, line), objects.len());
        objects.push(format!("{{\"function\": {name}, \"file\": {path}, \"line\": {line_text}, \"inlined\": "));
    }
    let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
    let rows = offsets.windows(2).map(|pair| which.get(place(pair[0])..place(pair[1])).unwrap_or_default());
    Ok(rows.map(|rows| joined(&objects, rows, style)).collect())
}

/// The objects of one address.
fn joined(objects: &[String], rows: &[usize], style: &Style) -> String {
    let mut out = String::new();
    let shown = if style.inlines { rows.len() } else { rows.len().min(1) };
    for (number, &at) in (1..).zip(rows.iter().take(shown)) {
        if number > 1 {
            out.push_str(", ");
        }
        out.push_str(objects.get(at).map_or("", String::as_str));
        // All but the last of an address are inlined.
        out.push_str(if number < rows.len() { "true}" } else { "false}" });
    }
    out
}

fn leaf(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// A string as JSON that is all ASCII.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for part in text.chars() {
        match part {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            ' '..='~' => out.push(part),
            _ => {
                for unit in part.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
    out
}
