//! Puts the parts of a name together.

use std::borrow::Cow;

use md5::{Digest, Md5};
use vocabulary::Os;

use super::blame::{self, Blame, KEPT, Seen, sentence, without_deleted};
use super::choices::Vocabulary;
use super::class::{self, Class};
use super::facts::Facts;
use super::failure::{Blamed, Failure, Hashes};
use super::rules::rules_version;
use super::sanitise::{MAX_CODE, MAX_NAME, MAX_PART, cut, module_leaf, sanitised};
use crate::hash::{Mode, failure_hash, hex_text};

/// Names a failure.
pub fn failure_name(facts: &Facts<'_>) -> Failure {
    // Blame needs the class to know of a full stack; the class needs the frames only where they say more than the
    // signal.
    let class = class::class(facts, None);
    let mut blame = blame::blame(facts, class.overflow);
    let overflow = class.overflow;
    let class = if blame.hint.is_some() { class::class(facts, blame.hint) } else { class };
    if class.overflow && !overflow {
        blame = blame::blame(facts, true);
    }
    let mut why = std::mem::take(&mut blame.why);
    if !facts.brief {
        why.insert(0, ["class from: ", &class.because, "; code from: ", class.code_from].concat());
    }
    if class.access_unknown && !facts.brief {
        why.push("whether memory was read or written is not known".to_owned());
    }
    let (image, function) = place(facts, &class, &blame, &mut why);
    let prefix = prefix(&class);
    let code = non_empty(sanitised(&class.code, MAX_CODE), "0");
    let image = non_empty(sanitised(without_deleted(image, facts.platform), MAX_PART), "unknown");
    // So long that the whole name keeps its limit.
    let room = MAX_NAME.saturating_sub(prefix.len() + code.len() + image.len() + 3).max(16);
    let function = non_empty(sanitised(&function, room), "Unknown");
    let symbol = [&*image, "!", &*function].concat();
    let name = joined(&prefix, &code, &symbol);
    let hashes = hashes(facts, &class, &blame, &code, &symbol);
    if let Some(frame) = blame.out_of_memory.filter(|_| class.pseudo.is_none()) {
        why.push(sentence(frame, &[" says that memory ran out: the strict hash is of that and the process alone"]));
    }
    if facts.mode == Mode::Kernel {
        why.push(
            "the kernel's classes are its bug checks, which no fact tells: only symbol and hash are as there"
                .to_owned(),
        );
    }
    if facts.truncated {
        why.push("the stack was cut at a limit; frames below are not known".to_owned());
    }
    Failure {
        hash: failure_hash(&name, facts.mode),
        name,
        symbol,
        problem_classes: class.parts.iter().map(|part| part_text(part).into_owned()).collect(),
        code: code.into_owned(),
        image: image.into_owned(),
        function: function.into_owned(),
        event_type: class.event_type,
        blamed: blame.frame.map(|seen| Blamed { thread: facts.thread, frame: seen.index }),
        hashes,
        why,
    }
}

/// Image and function, not yet fit for a name.
fn place<'n>(facts: &Facts<'n>, class: &Class, blame: &'n Blame<'n>, why: &mut Vec<String>) -> (&'n str, Cow<'n, str>) {
    let process = facts.process.map(module_leaf).filter(|name| !name.is_empty());
    if let Some((image, function)) = class.pseudo {
        why.push(format!("{image} stands for the cause: the exception is no fault of the code it hit"));
        return (image, function.into());
    }
    if blame.unloaded {
        return ("unknown", "Unloaded".into());
    }
    if let (Some(package), Some(kind)) = (facts.package, facts.hang_kind) {
        return (package, format!("HANG_{kind}").into());
    }
    let managed = class.parts.first().is_some_and(|part| part == "CLR_EXCEPTION")
        || facts.thrown.is_some_and(|thrown| thrown.language.is_managed());
    match &blame.frame {
        Some(seen) => {
            let image = seen.image.or(process).unwrap_or("unknown");
            let unknown = if facts.mode == Mode::Kernel { "unknown_function" } else { "Unknown" };
            let function = seen.function.as_deref().unwrap_or(unknown);
            if !facts.brief {
                why.push(sentence(seen.index, &[" blamed"]));
            }
            (image, function.into())
        }
        None => {
            why.push("no frame is fit to be blamed".to_owned());
            let process = process.unwrap_or("unknown");
            if let Some((image, function)) = class.without_stack {
                return (image, function.into());
            }
            match class.parts.first().map(AsRef::as_ref) {
                // Damage without a culprit: the records name the heap, and the process as its function.
                Some("HEAP_CORRUPTION") if facts.platform == Os::Windows => ("heap_corruption", process.into()),
                _ if managed => (process, "unknown_function".into()),
                _ if facts.package.is_some() => {
                    (facts.package.unwrap_or_default(), "unknown_error_in_application".into())
                }
                _ => (process, "unknown_error_in_process".into()),
            }
        }
    }
}

/// `prefix_code_symbol`.
fn joined(prefix: &str, code: &str, symbol: &str) -> String {
    [prefix, "_", code, "_", symbol].concat()
}

/// A class as a name has it. Our own words are fit as they are.
#[expect(clippy::ptr_arg, reason = "whether the text is our own is what it looks at")]
fn part_text<'c>(part: &'c Cow<'static, str>) -> Cow<'c, str> {
    match part {
        Cow::Borrowed(word) => Cow::Borrowed(word),
        Cow::Owned(text) => sanitised(text, MAX_PART),
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

fn non_empty<'t>(text: Cow<'t, str>, other: &'t str) -> Cow<'t, str> {
    if text.is_empty() { Cow::Borrowed(other) } else { text }
}

/// The looser and the tighter ids.
fn hashes(facts: &Facts<'_>, class: &Class, blame: &Blame<'_>, code: &str, symbol: &str) -> Hashes {
    let kept: &[Seen<'_>] = if class.pseudo.is_some() { &[] } else { &blame.kept };
    let mut text = Vec::with_capacity(256);
    for part in &class.parts {
        text.extend_from_slice(class::without_access(part).as_bytes());
        text.push(b'_');
    }
    match kept.first() {
        Some(seen) => add(&mut text, seen),
        None => text.extend_from_slice(symbol.as_bytes()),
    }
    let coarse = short(Md5::new_with_prefix(&text));
    text.clear();
    for part in &class.parts {
        text.extend_from_slice(part.as_bytes());
        text.push(b'_');
    }
    let family = text.len();
    if blame.out_of_memory.is_some() && class.pseudo.is_none() {
        text.clear();
        text.extend_from_slice(b"OUT_OF_MEMORY\n");
        add_image(&mut text, facts.process.map(module_leaf));
    } else {
        text.truncate(family);
        kept.iter().for_each(|seen| add_place(&mut text, facts, seen));
        if kept.is_empty() {
            text.extend_from_slice(symbol.as_bytes());
            // Nothing is known of the location but the address.
            if let Some(address) = facts.instruction.filter(|_| class.pseudo.is_none() && !blame.unloaded) {
                text.extend_from_slice(&address.to_le_bytes());
            }
        }
    }
    Hashes {
        strict: short(Md5::new_with_prefix(&text)),
        coarse,
        address: address(facts, kept),
        other_vocabulary: other(facts, class, code, symbol),
        rules_version: rules_version(facts.rules),
    }
}

/// A known function is the same whatever the library is called; an unknown one has only the library.
fn add(text: &mut Vec<u8>, seen: &Seen<'_>) {
    match &seen.function {
        Some(function) => text.extend_from_slice(function.collapsed().as_bytes()),
        None => add_image(text, seen.image),
    }
    text.push(b'\n');
}

/// As [`add`]; an unknown function is distinguished from others of its library by its offset.
fn add_place(text: &mut Vec<u8>, facts: &Facts<'_>, seen: &Seen<'_>) {
    add(text, seen);
    if let (Some(offset), Some(frame)) = (seen.offset, facts.frames.get(seen.index)) {
        text.extend_from_slice(frame.debug_id.unwrap_or_default().as_bytes());
        text.extend_from_slice(&offset.to_le_bytes());
    }
}

fn add_image(text: &mut Vec<u8>, image: Option<&str>) {
    text.extend(image.unwrap_or("?").bytes().map(|byte| byte.to_ascii_lowercase()));
}

/// Debug id and offset of the frames that no rule skips: the same location in the same build, with symbols or without.
fn address(facts: &Facts<'_>, kept: &[Seen<'_>]) -> Option<String> {
    let mut digest = Md5::new();
    let mut any = false;
    for seen in kept.iter().take(KEPT) {
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
fn other(facts: &Facts<'_>, class: &Class, code: &str, symbol: &str) -> Option<String> {
    let vocabulary = match facts.vocabulary {
        Vocabulary::Classic => Vocabulary::V2410,
        Vocabulary::V2410 => Vocabulary::Classic,
    };
    // The newer words are the same for all but these.
    let differs = |part: &Cow<'_, str>| part.starts_with("NULL_") || part == "SOFTWARE_NX_FAULT";
    if !class.of_memory || (vocabulary == Vocabulary::V2410 && !class.parts.iter().any(differs)) {
        return None;
    }
    let other = class::class(&Facts { vocabulary, ..*facts }, None);
    if other.parts == class.parts {
        return None;
    }
    Some(failure_hash(&joined(&prefix(&other), code, symbol), facts.mode))
}

fn short(digest: Md5) -> String {
    hex_text(&digest.finalize()[..8])
}
