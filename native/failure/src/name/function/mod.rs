//! A function as symbols spell it, to the function as a name holds it: no return type, no parameters, no compiler
//! noise; template arguments retained. And once more with template arguments collapsed, for the looser hashes.
//!
//! [`clean`] is called for every frame, and frames repeat: the result for a text is computed once and cached
//! ([`cache`]). Nothing here recurses with the text, and every step is linear in it, however deep the templates.

mod bracket;
mod cache;
mod collapse;
mod cxx;
mod java;
mod managed;
mod noise;
mod objective_c;
mod operator;
mod piece;
mod placeholder;
mod swift;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use vocabulary::{Language, Os};

use super::facts::Facts;
use super::managed as managed_frames;
use super::sanitise::head;

pub(super) use cache::quick_hash;
pub use placeholder::is_placeholder;

/// Longer text is cut first. A name of 155 KB has been sighted.
const MAX_INPUT: usize = 1 << 20;
/// Removing one suffix may expose another; compilers need no more rounds than this.
const MAX_ROUNDS: usize = 12;

/// How names are spelled, which decides what is noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Style {
    /// Microsoft keeps lambda counters and hashes: names and hashes must meet theirs.
    Windows,
    /// Itanium names: a number behind a dot goes, too.
    Itanium,
    /// As Itanium, and what has dots is Swift.
    Apple,
    /// .NET.
    Clr,
    /// Java and Kotlin.
    Jvm,
    /// JavaScript.
    JavaScript,
    /// Python.
    Python,
    /// Dart.
    Dart,
}

impl Style {
    /// The spelling of a system's symbols.
    pub(super) fn of(platform: Os) -> Style {
        match platform {
            Os::Windows => Style::Windows,
            Os::MacOs | Os::Ios => Style::Apple,
            _ => Style::Itanium,
        }
    }

    /// The spelling of a crash's functions: that of the exception's language, if the frames are of it.
    pub(super) fn of_facts(facts: &Facts<'_>) -> Style {
        match managed_frames::frames(facts) {
            Some(Language::Clr) => Style::Clr,
            Some(Language::Jvm) => Style::Jvm,
            Some(Language::JavaScript) => Style::JavaScript,
            Some(Language::Python) => Style::Python,
            Some(Language::Dart) => Style::Dart,
            Some(Language::Cpp | Language::ObjectiveC | Language::Unknown) | None => Style::of(facts.platform),
        }
    }

    /// The managed language.
    fn language(self) -> Option<Language> {
        match self {
            Style::Clr => Some(Language::Clr),
            Style::Jvm => Some(Language::Jvm),
            Style::JavaScript => Some(Language::JavaScript),
            Style::Python => Some(Language::Python),
            Style::Dart => Some(Language::Dart),
            Style::Windows | Style::Itanium | Style::Apple => None,
        }
    }
}

/// A function's normalised name. As text it is the name that failures are named by.
#[derive(Clone, Debug)]
pub struct Function<'a>(Kind<'a>);

#[derive(Clone, Debug)]
enum Kind<'a> {
    /// There was nothing to change, and is nothing to collapse.
    Plain(&'a str),
    Known(Arc<Names>),
}

/// The cleaned form of a text.
#[derive(Debug)]
struct Names {
    name: Box<str>,
    /// Computed at its first use; inner None: the same as the name.
    collapsed: OnceLock<Option<Box<str>>>,
}

impl Function<'_> {
    /// The name for the looser hashes: template arguments collapsed, anonymous namespaces, closures and lambdas spelled
    /// one way, inline namespaces of the standard library and processor variants of its routines gone.
    #[must_use]
    pub fn collapsed(&self) -> &str {
        match &self.0 {
            Kind::Plain(text) => text,
            Kind::Known(names) => {
                let collapsed = names.collapsed.get_or_init(|| match collapse::collapse(&names.name) {
                    Cow::Borrowed(_) => None,
                    Cow::Owned(text) => Some(text.into_boxed_str()),
                });
                collapsed.as_deref().unwrap_or(&names.name)
            }
        }
    }
}

impl Deref for Function<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            Kind::Plain(text) => text,
            Kind::Known(names) => &names.name,
        }
    }
}

impl PartialEq for Function<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Function<'_> {}

impl PartialOrd for Function<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Function<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        (**self).cmp(&**other)
    }
}

impl Hash for Function<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

/// A function's normalised name, from its text as symbols, debuggers and reports spell it; None if the text names none.
#[must_use]
pub fn normalise(raw: &str, platform: Os) -> Option<Function<'_>> {
    clean(raw, Style::of(platform))
}

/// As [`normalise`], without the cache: for measurements.
#[must_use]
pub fn normalise_anew(raw: &str, platform: Os) -> Option<Function<'_>> {
    find(raw, Style::of(platform), |text, style| Arc::new(names(text, style)))
}

/// The function, cleaned; None if the text names none.
pub(super) fn clean(raw: &str, style: Style) -> Option<Function<'_>> {
    find(raw, style, cache::names)
}

fn find<'a>(raw: &'a str, style: Style, look_up: impl FnOnce(&str, Style) -> Arc<Names>) -> Option<Function<'a>> {
    let mut raw = head(raw.trim_ascii(), MAX_INPUT);
    if style.language().is_none() {
        raw = without_offset(raw);
    }
    if is_placeholder(raw) {
        return None;
    }
    if is_plain(raw) {
        return Some(Function(Kind::Plain(raw)));
    }
    let names = look_up(raw, style);
    (!is_placeholder(&names.name)).then_some(Function(Kind::Known(names)))
}

/// The text without the offset that some writers put behind a function: `main + 20`, `main + 0x14`.
fn without_offset(raw: &str) -> &str {
    // Most texts have none, which their last byte says.
    if !raw.as_bytes().last().is_some_and(u8::is_ascii_hexdigit) {
        return raw;
    }
    let Some((before, digits)) = raw.rsplit_once('+') else { return raw };
    let digits = digits.trim_ascii_start();
    let is_offset = match digits.strip_prefix("0x") {
        Some(hex) => !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()),
    };
    let before = before.trim_ascii_end();
    if is_offset && !before.ends_with("operator") && !before.ends_with('+') { before } else { raw }
}

/// There is nothing to change in the text, and nothing to collapse.
fn is_plain(raw: &str) -> bool {
    raw.bytes().all(|byte| BY_BYTE[usize::from(byte)] == 0) && of_start(raw) == 0 && !raw.starts_with("__")
}

fn names(text: &str, style: Style) -> Names {
    Names { name: cleaned(text, style).into(), collapsed: OnceLock::new() }
}

/// The text may have a suffix; have something inside to be taken out; have something to collapse.
const SUFFIX: u8 = 1;
const INNER: u8 = 2;
const COLLAPSE: u8 = 4;

/// Which of these a byte may mean.
const BY_BYTE: [u8; 256] = {
    let mut table = [0; 256];
    table[b'@' as usize] = SUFFIX;
    table[b'.' as usize] = SUFFIX;
    table[b'+' as usize] = SUFFIX;
    table[b'"' as usize] = SUFFIX;
    table[b'(' as usize] = SUFFIX | INNER;
    table[b'[' as usize] = SUFFIX | INNER;
    table[b']' as usize] = SUFFIX | INNER;
    table[b'{' as usize] = INNER | COLLAPSE;
    table[b'\'' as usize] = INNER | COLLAPSE;
    table[b'`' as usize] = INNER | COLLAPSE;
    table[b'$' as usize] = INNER | COLLAPSE;
    table[b'?' as usize] = INNER | COLLAPSE;
    table[b' ' as usize] = INNER | COLLAPSE;
    table[b'<' as usize] = COLLAPSE;
    table
};

/// What of these a text can have: most functions have none, and are done.
fn marks(text: &str) -> u8 {
    text.bytes().fold(of_start(text), |marks, byte| marks | BY_BYTE[usize::from(byte)])
}

/// What has no byte of its own: `::h0123456789abcdef` of Rust, and the standard library's inline namespaces.
/// `_block_invoke_2` has none either, but starts as few names do.
fn of_start(text: &str) -> u8 {
    const RUST_HASH: usize = "::h0123456789abcdef".len();
    let hash = text.len().checked_sub(RUST_HASH).and_then(|at| text.as_bytes().get(at..at + 3));
    let rust = if hash == Some(b"::h") { SUFFIX } else { 0 };
    rust | if text.starts_with("std::") { COLLAPSE } else { 0 }
}

/// The name, without what is not part of it.
fn cleaned(raw: &str, style: Style) -> Cow<'_, str> {
    if let Some(language) = style.language() {
        return managed::clean(raw, language);
    }
    let mut text = round(raw, style);
    // What was hidden may show now: `f.cold(int)`. A round that changes nothing ends it, so a name that went through
    // once goes through again as it is.
    for _ in 0..MAX_ROUNDS {
        if let Cow::Borrowed(same) = text
            && same.len() == raw.len()
        {
            break;
        }
        let next = round(&text, style);
        if *next == *text {
            break;
        }
        text = Cow::Owned(next.into_owned());
    }
    text
}

fn round(raw: &str, style: Style) -> Cow<'_, str> {
    let marks = marks(raw);
    if matches!(raw.as_bytes(), [b'-' | b'+', b'[', ..] | [b'_', b'_', ..])
        && let Some(method) = objective_c::clean(raw)
    {
        return method;
    }
    let text = if marks & SUFFIX != 0 { noise::strip_suffixes(raw, style) } else { raw };
    let generated = marks & SUFFIX != 0 && text.contains("Generated");
    if marks & INNER == 0 && !generated {
        return Cow::Borrowed(text);
    }
    if swift::is_swift(text, style) {
        return Cow::Borrowed(swift::clean(text));
    }
    if (generated || text.contains('$')) && !text.contains("::") && !text.starts_with(['$', '_', '?']) {
        match java::clean(text) {
            Cow::Borrowed(_) => {}
            changed @ Cow::Owned(_) => return changed,
        }
    }
    cxx::clean(text)
}

#[cfg(test)]
mod tests;
