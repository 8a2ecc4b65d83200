//! An image: `0x10864e000 - 0x10ee0ffff +App Name x86_64 (1.2 - 3) <uuid> /path/App Name`.

use vocabulary::DebugId;

use crate::Image;
use crate::apple::cpu;
use crate::json::value::hexadecimal;

/// Whether a line begins like an image.
pub(super) fn begins(line: &str) -> bool {
    range(line).is_some()
}

/// The image of a line; the second says what was wrong with its extent.
pub(super) fn parse(line: &str) -> Option<(Image, Option<&'static str>)> {
    let (start, last, rest) = range(line)?;
    let mut image = Image { start, ..Image::default() };
    // The end in a report is the last byte.
    let mut fault = None;
    match last.checked_add(1) {
        Some(end) if end > start => image.end = end,
        None if start < last => image.end = last,
        _ => fault = Some("the image ends before it starts; its end is not used"),
    }
    let rest = rest.trim_start_matches(['+', '*']).trim();
    let (before, after) = match identifier(rest) {
        Some((before, id, after)) => {
            image.debug_id = DebugId::parse(id).filter(|id| !id.is_nil());
            (before, after)
        }
        None => split_path(rest),
    };
    let mut before = before.trim();
    if let Some(stem) = before.strip_suffix(')')
        && let Some(open) = stem.rfind('(')
    {
        let inside = stem[open + 1..].trim();
        if cpu::is_name(inside) {
            image.arch = Some(inside.to_owned());
        } else if !matches!(inside, "" | "*" | "???") {
            image.version = Some(inside.to_owned());
        }
        before = before[..open].trim_end();
    }
    if let Some((stem, word)) = before.rsplit_once([' ', '\t'])
        && cpu::is_name(word)
    {
        image.arch = Some(word.to_owned());
        before = stem.trim_end();
    }
    let path = after.trim();
    if !matches!(path, "" | "???" | "*") {
        image.path = Some(path.to_owned());
    }
    image.name = if before == "???" { String::new() } else { before.to_owned() };
    // Macs give the bundle's identifier instead of the name.
    let file = image.path.as_deref().and_then(|path| path.rsplit('/').next()).filter(|file| !file.is_empty());
    if let Some(file) = file
        && file != image.name
        && (image.name.is_empty() || (image.name.contains('.') && !image.name.contains(' ')))
    {
        if !image.name.is_empty() && !image.name.ends_with(".dylib") {
            image.identifier = Some(std::mem::take(&mut image.name));
        }
        file.clone_into(&mut image.name);
    }
    Some((image, fault))
}

/// First and last address, and what follows.
fn range(line: &str) -> Option<(u64, u64, &str)> {
    let (first, rest) = line.split_once([' ', '\t', '-'])?;
    let start = first.starts_with("0x").then(|| hexadecimal(first))??;
    let rest = rest.trim_start().trim_start_matches('-').trim_start();
    let (last, rest) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
    let last = last.starts_with("0x").then(|| hexadecimal(last))??;
    Some((start, last, rest.trim_start()))
}

/// `<uuid>`: what is before it, the UUID, and what is after it.
fn identifier(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(at) = text.get(from..)?.find('<') {
        let open = from + at;
        if let Some(length) = text[open + 1..].find('>') {
            let inside = &text[open + 1..open + 1 + length];
            let digits = inside.bytes().filter(u8::is_ascii_hexdigit).count();
            if digits >= 32 && inside.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') {
                return Some((&text[..open], inside, &text[open + 2 + length..]));
            }
        }
        from = open + 1;
    }
    None
}

/// Without an identifier the path begins with the first slash after a space.
fn split_path(text: &str) -> (&str, &str) {
    text.find(" /").map_or((text, ""), |at| text.split_at(at))
}
