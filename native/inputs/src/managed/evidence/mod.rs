//! Whether a text of unknown kind is the trace of a managed exception, and of which language.
//!
//! The parsers of this module's siblings are lenient: their callers know that a text is a trace, and of which language.
//! Here nothing is known of the text, and most texts are not traces. So each language has strict grammars of single
//! lines, and only they count:
//!
//! - a frame with its source position is enough alone;
//! - a frame without one is enough together with a second one or with the head of an exception above it.
//!
//! A head alone (`Type: message`) is not evidence: log lines, shell messages and source code look the same.

mod clr;
mod dart;
mod javascript;
mod jvm;
mod python;

use super::lines::Lines;
use crate::crash::Language;

/// What one line says about a language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// A frame that no other text looks like.
    Frame,
    /// A frame of a shape that other texts may have by chance.
    BareFrame,
    /// The first line of an exception.
    Head,
    /// A frame of a method that writes a log line: the stack that follows is that of the line.
    LogCall,
    /// The run-time says itself that a process crashed. Such a text may have no frames.
    Crash,
}

/// Reads one line; None if it says nothing about the language.
type Grammar = fn(&str) -> Option<Line>;

/// Where several languages share a shape, the stricter grammar comes first.
const GRAMMARS: [(Language, Grammar); 5] = [
    (Language::Dart, dart::line),
    (Language::Python, python::line),
    (Language::Jvm, jvm::line),
    (Language::JavaScript, javascript::line),
    (Language::Clr, clr::line),
];

/// Lines between a bare frame and what supports it: messages have several lines, frames stand next to each other.
const HEAD_REACH: usize = 40;
const FRAME_REACH: usize = 3;

/// A trace longer than this part of its text (one line in so many) is what the text is about.
const SHARE: usize = 25;
/// A trace that begins or ends within so many lines of the text's begin or end is what the text is about, too: logs end
/// with it, reports go on behind it.
const EDGE: usize = 12;

/// What the lines of a text prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evidence {
    /// Nothing.
    None,
    /// The text is a trace of this language; `crash`: it is one even if it has no frames.
    Trace { language: Language, crash: bool },
    /// A long text of something else holds a trace of this language, on this line (from 1): an example in a
    /// documentation, one of many in a log.
    Within(Language, usize),
}

/// What was seen of one language so far. Numbers are those of lines that are not blank, 0: none.
#[derive(Clone, Copy, Default)]
struct Seen {
    /// The last line that was a head, and the last that was a bare frame.
    head: usize,
    bare: usize,
    /// The first and the last frame, and how many there are.
    first: usize,
    last: usize,
    frames: usize,
    /// Line of the text where the evidence became sufficient.
    proven: Option<usize>,
    /// There is a [`Line::Crash`].
    crash: bool,
    /// The last line belongs to the stack of a log line.
    logging: bool,
}

impl Seen {
    /// Take one line into account.
    fn add(&mut self, number: usize, line: usize, found: Line) {
        let near = |at: usize, reach| at > 0 && number - at <= reach;
        if found == Line::LogCall && !near(self.head, HEAD_REACH) {
            self.logging = true;
        }
        if self.logging && matches!(found, Line::LogCall | Line::Frame | Line::BareFrame) {
            return;
        }
        self.logging = false;
        let proven = match found {
            Line::Head => {
                self.head = number;
                // Python prints the head below the frames.
                if near(self.bare, FRAME_REACH) {
                    self.proven.get_or_insert(line);
                }
                return;
            }
            Line::Crash => {
                self.crash = true;
                self.proven.get_or_insert(line);
                return;
            }
            Line::Frame | Line::LogCall => true,
            Line::BareFrame => {
                let supported = near(self.head, HEAD_REACH) || near(self.bare, FRAME_REACH);
                self.bare = number;
                supported
            }
        };
        if self.first == 0 {
            self.first = number;
        }
        self.last = number;
        self.frames += 1;
        if proven {
            self.proven.get_or_insert(line);
        }
    }

    /// Whether the text of so many lines is about the trace.
    fn is_subject(&self, lines: usize) -> bool {
        self.first <= EDGE || lines - self.last <= EDGE || self.frames.saturating_mul(SHARE) >= lines
    }
}

/// What a text proves. The language is the one whose evidence was sufficient first.
pub(super) fn of(text: &str) -> Evidence {
    let mut all = [Seen::default(); GRAMMARS.len()];
    let mut lines = Lines::new(text);
    let mut number = 0;
    while let Some(line) = lines.next() {
        if line.trim_start().is_empty() {
            all.iter_mut().for_each(|seen| seen.logging = false);
            continue;
        }
        number += 1;
        for ((_, grammar), seen) in GRAMMARS.iter().zip(&mut all) {
            match grammar(line) {
                Some(found) => seen.add(number, lines.number(), found),
                None => seen.logging = false,
            }
        }
    }
    let proven = GRAMMARS.iter().zip(&all).filter_map(|((language, _), seen)| Some((seen.proven?, *language, seen)));
    match proven.min_by_key(|(line, ..)| *line) {
        Some((_, language, seen)) if seen.is_subject(number) => Evidence::Trace { language, crash: seen.crash },
        Some((line, language, _)) => Evidence::Within(language, line),
        None => Evidence::None,
    }
}

/// Whether a text is a name, or names with dots between them, as programs spell them.
fn is_qualified(text: &str) -> bool {
    text.contains('.') && text.split('.').all(is_identifier)
}

fn is_identifier(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|c| c.is_alphabetic() || matches!(c, '_' | '$'))
        && characters.all(|c| c.is_alphanumeric() || matches!(c, '_' | '$'))
}

/// Decimal digits, at least one.
fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
