//! Systems as reports write them: `iPhone OS 13.3.1 (17D50)`, `macOS 13.0`, `10.15 (19A583)`.

use crate::{Os, System};

/// Set name, version, build and family from a line like `Mac OS X 10.13.6 (17G65)`. What is there already stays.
pub(crate) fn read(text: &str, system: &mut System) {
    let text = text.trim();
    let (words, build) = match text.split_once('(') {
        Some((words, rest)) => {
            (words.trim(), rest.split(')').next().map(|build| build.trim().trim_start_matches("Build ").trim()))
        }
        None => (text, None),
    };
    // The name is what stands before the first word that begins with a digit.
    let digit = words.split(' ').scan(0, |at, word| {
        let start = *at;
        *at += word.len() + 1;
        Some((start, word))
    });
    let start =
        digit.into_iter().find(|(_, word)| word.starts_with(|c: char| c.is_ascii_digit())).map(|(start, _)| start);
    let (name, version) = match start {
        Some(start) => (words[..start].trim(), words[start..].trim().trim_start_matches("Version ")),
        None => (words, ""),
    };
    let name = name.strip_suffix("Version").unwrap_or(name).trim();
    fill(&mut system.name, name);
    fill(&mut system.version, version);
    if let Some(build) = build {
        fill(&mut system.build, build);
    }
    if system.os == Os::Unknown {
        // A bare version with nothing before it is that of a Mac.
        system.os = if name.is_empty() && !version.is_empty() { Os::MacOs } else { family(name) };
    }
}

/// Set a field that has nothing yet.
pub(crate) fn fill(field: &mut Option<String>, text: &str) {
    if field.is_none() && !text.is_empty() {
        *field = Some(text.to_owned());
    }
}

/// The family of a system's name, from any SDK or report.
pub(crate) fn family(name: &str) -> Os {
    let name = name.to_ascii_lowercase();
    let begins = |names: &[&str]| names.iter().any(|known| name.starts_with(known));
    if begins(&["macos", "mac os", "os x", "osx", "darwin", "bridgeos"]) {
        Os::MacOs
    } else if begins(&[
        "ios",
        "iphone",
        "ipad",
        "tvos",
        "apple tv",
        "watch",
        "visionos",
        "xros",
        "maccatalyst",
        "mac catalyst",
    ]) {
        Os::Ios
    } else if begins(&["windows", "win32", "winnt"]) {
        Os::Windows
    } else if begins(&["android"]) {
        Os::Android
    } else if begins(&["linux", "ubuntu", "debian", "fedora", "tizen"]) {
        Os::Linux
    } else {
        Os::Unknown
    }
}
