//! A frame: `3   App Name   0x0000000102268e70 symbol + 12 (File.swift:34)`.

use crate::json::value::hexadecimal;
use crate::{Frame, Given};

/// The frame of a line. Names of images may have spaces: the address ends them.
pub(super) fn parse(line: &str) -> Option<Frame> {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let rest = line.get(digits..).filter(|rest| digits > 0 && digits < 7 && rest.starts_with([' ', '\t']))?;
    let start = address_start(rest)?;
    let image = rest[..start].trim();
    let (word, tail) = rest[start..].split_once([' ', '\t']).unwrap_or((&rest[start..], ""));
    let mut frame = Frame { address: Some(hexadecimal(word)?), ..Frame::default() };
    if !image.is_empty() && image != "???" {
        frame.image_name = Some(image.to_owned());
    }
    read_tail(tail.trim(), &mut frame);
    Some(frame)
}

/// Whether a line begins like a frame, complete or not.
pub(super) fn begins(line: &str) -> bool {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let rest = line.get(digits..).unwrap_or_default();
    digits > 0 && digits < 7 && rest.starts_with([' ', '\t']) && !rest.trim_start().starts_with(['+', '(', '-'])
}

/// Where the first word begins that is an address.
fn address_start(text: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = text.get(from..)?.find("0x") {
        let start = from + at;
        let after = &text[start + 2..];
        let digits = after.bytes().take_while(u8::is_ascii_hexdigit).count();
        let ends = after[digits..].chars().next().is_none_or(char::is_whitespace);
        let begins = text[..start].ends_with([' ', '\t']);
        if begins && ends && (1..=16).contains(&digits) {
            return Some(start);
        }
        from = start + 2;
    }
    None
}

/// What stands after the address.
fn read_tail(tail: &str, frame: &mut Frame) {
    let mut given = Given::default();
    let mut tail = tail.trim_end_matches("[inlined]").trim_end();
    if let Some((rest, file, line)) = location(tail) {
        (given.file, given.line) = (Some(file.to_owned()), line);
        tail = rest.trim_end_matches("[inlined]").trim_end();
    }
    tail = tail.strip_suffix(" +").unwrap_or(tail);
    if let Some((name, offset)) = tail.rsplit_once(" + ")
        && let Ok(offset) = offset.trim().parse()
    {
        tail = name.trim_end();
        given.offset = Some(offset);
    }
    if tail.starts_with("0x")
        && let Some(base) = hexadecimal(tail)
    {
        // Base 0 stands for no image at all.
        frame.image_base = Some(base).filter(|&base| base != 0);
        given.offset = None;
    } else if !tail.is_empty() {
        given.function = Some(tail.to_owned());
    }
    if given.function.is_some() || given.file.is_some() {
        frame.given = Some(given);
    }
}

/// `(File.swift:34)` at the end: what is before it, the file and the line.
fn location(tail: &str) -> Option<(&str, &str, Option<u32>)> {
    let inside = tail.strip_suffix(')')?;
    let open = inside.rfind('(')?;
    if open > 0 && !tail[..open].ends_with([' ', '\t']) {
        return None;
    }
    let (rest, inside) = (tail[..open].trim_end(), &inside[open + 1..]);
    if let Some((file, line)) = inside.rsplit_once(':')
        && let Ok(line) = line.parse::<u32>()
        && !file.is_empty()
    {
        return Some((rest, file, Some(line).filter(|&line| line > 0)));
    }
    let is_file = inside.rsplit_once('.').is_some_and(|(stem, end)| {
        !stem.is_empty() && (1..=5).contains(&end.len()) && !inside.contains([' ', ',', '*', '&', '<'])
    });
    is_file.then_some((rest, inside, None))
}
