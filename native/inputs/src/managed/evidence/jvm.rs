//! Lines that only `Throwable.printStackTrace` and loggers like it print.

use super::{Line, is_identifier, is_number, is_qualified};

/// What a line says; see [`Line`].
pub(super) fn line(line: &str) -> Option<Line> {
    let text = line.trim();
    if let Some(call) = text.strip_prefix("at ") {
        return frame(call.trim_start());
    }
    let (text, said) =
        if let Some(rest) = text.strip_prefix("Caused by: ").or_else(|| text.strip_prefix("Suppressed: ")) {
            (rest, true)
        } else if let Some(rest) = text.strip_prefix("Exception in thread \"") {
            (rest.split_once("\" ")?.1, true)
        } else {
            (text, false)
        };
    let name = text.split_once(':').map_or(text, |(name, _)| name);
    // Obfuscated types look like the names of hosts and files: only words before them say what they are.
    let is_class = || name.rsplit('.').next().is_some_and(|last| last.starts_with(|c: char| c.is_uppercase()));
    (is_qualified(name) && (said || is_class())).then_some(Line::Head)
}

/// `loader/module@1.2/a.b.C.m(File.java:12) ~[x.jar:1.0]`.
fn frame(call: &str) -> Option<Line> {
    // The jar, as logback appends it.
    let call = match call.rsplit_once(") ") {
        Some((before, jar)) if jar.starts_with(['[', '~']) && jar.ends_with(']') => &call[..before.len() + 1],
        _ => call,
    };
    let (name, place) = call.strip_suffix(')')?.split_once('(')?;
    // Hidden classes have a slash of their own: `$$Lambda/0x0000.run`.
    let (before, name) = match name.rfind('/') {
        Some(slash) if name[slash..].starts_with("/0x") => name[..slash].rsplit_once('/').unwrap_or(("", name)),
        Some(slash) => (&name[..slash], &name[slash + 1..]),
        None => ("", name),
    };
    let is_part = |part: &str| {
        let part = part.trim_start_matches(['-', '<']);
        is_identifier(part.split(['-', '>', '/', '+', '@']).next().unwrap_or(""))
    };
    if before.contains([' ', '"', '\'']) || !name.contains('.') || !name.split('.').all(is_part) {
        return None;
    }
    place_of(place)
}

/// What stands in the parentheses of a frame.
fn place_of(place: &str) -> Option<Line> {
    if matches!(place, "Native Method" | "Native method" | "Unknown Source" | "SourceFile") {
        return Some(Line::BareFrame);
    }
    let (file, number) = place.rsplit_once(':').unwrap_or((place, ""));
    let known = matches!(file, "Unknown Source" | "SourceFile" | "PG" | "D8$$SyntheticClass" | "NO_SOURCE_FILE" | "")
        || file.starts_with("r8-map-id-")
        || is_source(file);
    let number = number.strip_prefix('-').unwrap_or(number);
    match (known, is_number(number)) {
        (true, true) => Some(Line::Frame),
        (true, false) if number.is_empty() && !file.is_empty() => Some(Line::BareFrame),
        // Obfuscators name the file after anything: `(Proguard:12)`, `(a:3)`.
        (false, true) if is_identifier(file) => Some(Line::BareFrame),
        _ => None,
    }
}

fn is_source(file: &str) -> bool {
    file.rsplit_once('.').is_some_and(|(stem, end)| {
        !stem.contains(['/', '"', '('])
            && matches!(end, "java" | "kt" | "kts" | "scala" | "groovy" | "clj" | "aj" | "xtend")
    })
}
