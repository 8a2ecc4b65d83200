//! Puts the parts of a name together.

use std::borrow::Cow;

use md5::{Digest, Md5};

use super::blame::{self, Blame, Seen};
use super::class::{self, Class};
use super::facts::{Facts, Language, Vocabulary};
use super::failure::{Blamed, Failure, Hashes};
use super::rules::rules_version;
use super::sanitise::{MAX_CODE, MAX_NAME, MAX_PART, cut, head, leaf, sanitise};
use crate::hash::{failure_hash, push_hex};
use crate::reason::Platform;

/// Names a failure.
pub fn failure_name(facts: &Facts<'_>) -> Failure {
    // Blame needs the class to know of a full stack; the class needs the frames only where they say more than the
    // signal.
    let class = class::class(facts, None);
    let mut blame = blame::blame(facts, class.overflow);
    let mut class = if blame.hint.is_some() { class::class(facts, blame.hint) } else { class };
    class.code = non_empty(sanitised(&class.code, MAX_CODE), "0");
    let mut why = std::mem::take(&mut blame.why);
    if !facts.brief {
        why.insert(0, format!("class from: {}; code from: {}", class.because, class.code_from));
    }
    let (image, function) = place(facts, &class, &blame, &mut why);
    let (prefix, symbol, image, function) = fit(&class, image, function);
    let name = joined(&prefix, &class.code, &symbol);
    let hashes = hashes(facts, &class, &blame, &symbol);
    if facts.truncated {
        why.push("the stack was cut at a limit; frames below are not known".to_owned());
    }
    Failure {
        hash: failure_hash(&name, facts.mode),
        name,
        symbol,
        problem_classes: class.parts.iter().map(|part| part_text(part).into_owned()).collect(),
        code: class.code,
        image,
        function,
        event_type: class.event_type,
        blamed: blame.frame.map(|seen| Blamed { thread: facts.thread, frame: seen.index }),
        hashes,
        why,
    }
}

/// Image and function, not yet fit for a name.
fn place(facts: &Facts<'_>, class: &Class, blame: &Blame<'_>, why: &mut Vec<String>) -> (String, String) {
    let process = facts.process.map(leaf).filter(|name| !name.is_empty());
    if let Some((image, function)) = class.pseudo {
        why.push(format!("{image} stands for the cause: the exception is no fault of the code it hit"));
        return (image.to_owned(), function.to_owned());
    }
    if blame.unloaded {
        return ("unknown".to_owned(), "Unloaded".to_owned());
    }
    if let (Some(package), Some(kind)) = (facts.package, facts.hang_kind) {
        return (package.to_owned(), format!("HANG_{kind}"));
    }
    let managed = class.parts.first().is_some_and(|part| part == "CLR_EXCEPTION")
        || facts.thrown.is_some_and(|thrown| {
            matches!(thrown.language, Language::Clr | Language::Jvm | Language::JavaScript | Language::Python)
        });
    match &blame.frame {
        Some(seen) => {
            let image = seen.image.or(process).unwrap_or("unknown").to_owned();
            let function = seen.function.as_deref().unwrap_or("Unknown").to_owned();
            if !facts.brief {
                why.push(format!("frame {} blamed", seen.index));
            }
            (image, function)
        }
        None => {
            why.push("no frame is fit to be blamed".to_owned());
            let process = process.unwrap_or("unknown").to_owned();
            if let Some((image, function)) = class.without_stack {
                return (image.to_owned(), function.to_owned());
            }
            match class.parts.first().map(AsRef::as_ref) {
                // Damage without a culprit: the records name the heap, and the process as its function.
                Some("HEAP_CORRUPTION") if facts.platform == Platform::Windows => {
                    ("heap_corruption".to_owned(), process)
                }
                _ if managed => (process, "unknown_function".to_owned()),
                _ if facts.package.is_some() => {
                    (facts.package.unwrap_or_default().to_owned(), "unknown_error_in_application".to_owned())
                }
                _ => (process, "unknown_error_in_process".to_owned()),
            }
        }
    }
}

fn sanitised(text: &str, limit: usize) -> String {
    let mut out = String::with_capacity(text.len().min(2 * limit));
    // What would be cut anyway need not be rewritten whole; the digest of the rest keeps it distinct.
    let start = head(text, 32 * limit);
    sanitise(start, &mut out);
    if start.len() < text.len() {
        let digest: [u8; 16] = Md5::digest(text.as_bytes()).into();
        digest[..2].iter().for_each(|&byte| push_hex(&mut out, byte));
    }
    cut(&mut out, limit);
    out
}

/// `prefix_code_symbol`.
fn joined(prefix: &str, code: &str, symbol: &str) -> String {
    let mut name = String::with_capacity(prefix.len() + code.len() + symbol.len() + 2);
    for part in [prefix, "_", code, "_", symbol] {
        name.push_str(part);
    }
    name
}

/// A class as a name has it. Our own words are fit as they are.
#[expect(clippy::ptr_arg, reason = "whether the text is our own is what it looks at")]
fn part_text<'c>(part: &'c Cow<'static, str>) -> Cow<'c, str> {
    match part {
        Cow::Borrowed(word) => Cow::Borrowed(word),
        Cow::Owned(text) => Cow::Owned(sanitised(text, MAX_PART)),
    }
}

/// The classes as a name begins with them.
fn prefix(class: &Class) -> String {
    let mut prefix = String::with_capacity(64);
    for part in &class.parts {
        if !prefix.is_empty() {
            prefix.push('_');
        }
        prefix.push_str(&part_text(part));
    }
    cut(&mut prefix, 2 * MAX_PART);
    prefix
}

/// The parts, sanitised, and so long that the whole name keeps its limit.
fn fit(class: &Class, image: String, function: String) -> (String, String, String, String) {
    let prefix = prefix(class);
    let image = non_empty(sanitised(&image, MAX_PART), "unknown");
    let room = MAX_NAME.saturating_sub(prefix.len() + class.code.len() + image.len() + 3).max(16);
    let function = non_empty(sanitised(&function, room), "Unknown");
    (prefix, format!("{image}!{function}"), image, function)
}

fn non_empty(text: String, other: &str) -> String {
    if text.is_empty() { other.to_owned() } else { text }
}

/// The looser and the tighter ids.
fn hashes(facts: &Facts<'_>, class: &Class, blame: &Blame<'_>, symbol: &str) -> Hashes {
    let mut family = Md5::new();
    for part in &class.parts {
        family.update(part.as_bytes());
        family.update(b"_");
    }
    let add = |digest: &mut Md5, seen: &Seen<'_>| {
        // A known function is the same whatever the library is called; an unknown one has only the library.
        match &seen.function {
            Some(function) => digest.update(function.collapsed().as_bytes()),
            None => digest.update(seen.image.unwrap_or("?").to_ascii_lowercase().as_bytes()),
        }
        digest.update(b"\n");
    };
    let (mut strict, mut coarse) = (family.clone(), family);
    let kept: &[Seen<'_>] = if class.pseudo.is_some() { &[] } else { &blame.kept };
    for seen in kept {
        add(&mut strict, seen);
    }
    match kept.first() {
        Some(seen) => add(&mut coarse, seen),
        None => {
            strict.update(symbol.as_bytes());
            coarse.update(symbol.as_bytes());
        }
    }
    Hashes {
        strict: short(strict),
        coarse: short(coarse),
        address: address(facts, kept),
        other_vocabulary: other(facts, class, symbol),
        rules_version: rules_version(facts.rules),
    }
}

/// Debug id and offset of the kept frames: the same place in the same build, with symbols or without.
fn address(facts: &Facts<'_>, kept: &[Seen<'_>]) -> Option<String> {
    let mut digest = Md5::new();
    let mut any = false;
    for seen in kept {
        let frame = facts.frames.get(seen.index)?;
        if let (Some(id), Some(offset)) = (frame.debug_id, frame.offset) {
            digest.update(id.as_bytes());
            digest.update(offset.to_le_bytes());
            any = true;
        }
    }
    any.then(|| short(digest))
}

/// The name's hash in the other vocabulary, if the name differs there.
fn other(facts: &Facts<'_>, class: &Class, symbol: &str) -> Option<String> {
    let vocabulary = match facts.vocabulary {
        Vocabulary::Classic => Vocabulary::V2410,
        Vocabulary::V2410 => Vocabulary::Classic,
    };
    if !class.of_memory {
        return None;
    }
    let other = class::class(&Facts { vocabulary, ..*facts }, None);
    if other.parts == class.parts {
        return None;
    }
    Some(failure_hash(&joined(&prefix(&other), &class.code, symbol), facts.mode))
}

fn short(digest: Md5) -> String {
    let bytes: [u8; 16] = digest.finalize().into();
    let mut text = String::with_capacity(16);
    bytes[..8].iter().for_each(|&byte| push_hex(&mut text, byte));
    text
}
