//! A frame: `3   App Name   0x0000000102268e70 symbol + 12 (File.swift:34)`.

use crate::json::value::{hexadecimal, whole};
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

/// Where the first word begins that is an address: `0x102268e70`, or `000000000000000000`, which is how C's `%#018llx`
/// writes 0.
fn address_start(text: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = text.get(from..)?.find('0') {
        let start = from + at;
        let word = text[start..].split([' ', '\t']).next().unwrap_or_default();
        let digits = word.strip_prefix("0x").unwrap_or_default();
        let is_address = (1..=16).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
        let is_zero = (8..=18).contains(&word.len()) && word.bytes().all(|b| b == b'0');
        if (is_address || is_zero) && text[..start].ends_with([' ', '\t']) {
            return Some(start);
        }
        from = start + word.len().max(1);
    }
    None
}

/// What stands after the address.
fn read_tail(tail: &str, frame: &mut Frame) {
    // The jailbreak symbolicator: `0x100040000 + 0x7984	// -[Cart total] + 0x1c`; KSCrash: `0x5f000 + 6072 (main +
    // 164)`.
    let (place, symbol) = match tail.split_once("// ").or_else(|| parenthesised(tail)) {
        Some((place, symbol)) if tail.starts_with("0x") => (place, symbol),
        _ => ("", tail),
    };
    let base = base(if place.is_empty() { symbol } else { place });
    if base.is_some() {
        // Base 0 stands for no image at all.
        frame.image_base = base.filter(|&base| base != 0);
        if place.is_empty() {
            return;
        }
    }
    let mut given = Given::default();
    let mut symbol = symbol.trim_end().trim_end_matches("[inlined]").trim_end();
    if let Some((rest, file, line)) = location(symbol) {
        (given.file, given.line) = (Some(file.to_owned()), line);
        symbol = rest.trim_end_matches("[inlined]").trim_end();
    }
    symbol = symbol.strip_suffix(" +").unwrap_or(symbol);
    if let Some((name, offset)) = symbol.rsplit_once(" + ")
        && let Some(offset) = whole(offset.trim())
    {
        symbol = name.trim_end();
        given.offset = u64::try_from(offset).ok();
    }
    if given.file.is_none()
        && let Some(base) = base_by_offset(frame, symbol, given.offset)
    {
        frame.image_base = Some(base);
        return;
    }
    // `???` and `0` stand for no function.
    if symbol.bytes().any(|byte| byte != b'?' && byte != b'0') {
        given.function = Some(symbol.to_owned());
    } else {
        given.offset = None;
    }
    if given.function.is_some() || given.file.is_some() {
        frame.given = Some(given);
    }
}

/// The start of the image: `0x10211c000`, `0x10211c000 + 1363568`, `0x100040000 + 0x7984`.
fn base(place: &str) -> Option<u64> {
    let (base, offset) = place.split_once('+').unwrap_or((place, "0"));
    let base = base.trim();
    let is_base = base.starts_with("0x") && (offset.trim().is_empty() || whole(offset.trim()).is_some());
    is_base.then(|| hexadecimal(base))?
}

/// The start of the image if its own name stands for a function: `Shop   0x100047984 Shop + 31108`, which is how Apple
/// writes a frame without a symbol. A function of the image's name is not taken for it: images begin on a page.
fn base_by_offset(frame: &Frame, symbol: &str, offset: Option<u64>) -> Option<u64> {
    const PAGE: u64 = 4096;
    let base = frame.address?.checked_sub(offset?)?;
    (frame.image_name.as_deref() == Some(symbol) && base > 0 && base.is_multiple_of(PAGE)).then_some(base)
}

/// `0x5f000 + 6072 (main + 164)`: what stands before the parenthesis and what is inside. A file and a line are not a
/// symbol.
fn parenthesised(tail: &str) -> Option<(&str, &str)> {
    let (place, rest) = tail.split_once(" (")?;
    let symbol = rest.strip_suffix(')')?;
    symbol.contains(" + ").then_some((place, symbol))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Address, start of the image, function and offset.
    fn read(tail: &str) -> (Option<u64>, Option<u64>, Option<String>, Option<u64>) {
        let frame = parse(&format!("3   My App          {tail}")).unwrap_or_default();
        let given = frame.given.unwrap_or_default();
        (frame.address, frame.image_base, given.function, given.offset)
    }

    #[test]
    fn addresses_of_images_and_symbols() {
        let symbol = |name: &str, offset| (Some(name.to_owned()), offset);
        for (tail, address, base, (function, offset)) in [
            ("0x102268e70 0x10211c000 + 1363568", 0x1_0226_8e70, Some(0x1_0211_c000), (None, None)),
            ("0x102268e70 0x10211c000 + 0x14ce70", 0x1_0226_8e70, Some(0x1_0211_c000), (None, None)),
            ("0x102268e70 0x10211c000 +", 0x1_0226_8e70, Some(0x1_0211_c000), (None, None)),
            ("0x102268e70 0x10211c000", 0x1_0226_8e70, Some(0x1_0211_c000), (None, None)),
            (
                "0x100047984 0x100040000 + 0x7984\t// -[Cart total] + 0x1c",
                0x1_0004_7984,
                Some(0x1_0004_0000),
                symbol("-[Cart total]", Some(28)),
            ),
            (
                "0x000668a8 0x5f000 + 30888 (-[Crasher doAbort:at:] + 8)",
                0x668a8,
                Some(0x5f000),
                symbol("-[Crasher doAbort:at:]", Some(8)),
            ),
            ("000000000000000000 0 + 0", 0, None, (None, None)),
            ("0x0 ???", 0, None, (None, None)),
            ("0x4141414141414141 0 + 4702111234474983745", 0x4141_4141_4141_4141, None, (None, None)),
            ("0x54485244 0x0 + 0", 0x5448_5244, None, (None, None)),
            ("0x102268e70 f(int) + 12 (f.cpp:3)", 0x1_0226_8e70, None, symbol("f(int)", Some(12))),
            ("0x102268e70 operator+(A, B) + 0x4", 0x1_0226_8e70, None, symbol("operator+(A, B)", Some(4))),
            ("0x102268e70 start", 0x1_0226_8e70, None, symbol("start", None)),
        ] {
            assert_eq!(read(tail), (Some(address), base, function, offset), "{tail}");
        }
    }

    #[test]
    fn the_image_s_name_for_a_function() {
        let symbol = |name: &str, offset| (Some(name.to_owned()), Some(offset));
        for (tail, base, (function, offset)) in [
            ("0x100047984 My App + 31108", Some(0x1_0004_0000), (None, None)),
            ("0x100047984 My App + 0x7984", Some(0x1_0004_0000), (None, None)),
            ("0x100047984 My App + 28", None, symbol("My App", 28)),
            ("0x100047984 My App + 31108 (app.c:3)", None, symbol("My App", 31108)),
            ("0x100047984 main + 31108", None, symbol("main", 31108)),
        ] {
            assert_eq!(read(tail), (Some(0x1_0004_7984), base, function, offset), "{tail}");
        }
    }

    #[test]
    fn images_with_zeros_in_their_names() {
        let image = |line: &str| parse(line).and_then(|frame| frame.image_name);
        assert_eq!(image("0   Game 2000   0x102268e70 f + 1").as_deref(), Some("Game 2000"));
        assert_eq!(image("0   lib00.dylib   0x102268e70 f + 1").as_deref(), Some("lib00.dylib"));
        assert_eq!(image("0   ???   000000000000000000 0 + 0"), None);
        assert!(parse("0   Game 2000").is_none());
    }
}
