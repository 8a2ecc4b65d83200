//! Identifiers, and references to earlier parts: words, substitutions.

use std::borrow::Cow;

use super::node::{Id, Kind, Nominal};
use super::parse::Parser;
use super::{punycode, standard};

/// How often one substitution may stand at once.
const MAX_REPEAT: usize = 2048;
/// Words that are remembered; a letter each.
const MAX_WORDS: usize = 26;

impl<'a> Parser<'a> {
    /// `3Foo`; `0C3Bar` and the like repeat words, `00…` is Punycode.
    pub(super) fn identifier(&mut self) -> Option<Id> {
        if !self.peek().is_ascii_digit() {
            return None;
        }
        let (mut repeats, mut encoded) = (false, false);
        if self.next_if(b'0') {
            encoded = self.next_if(b'0');
            repeats = !encoded;
        }
        let mut text = Cow::Borrowed("");
        loop {
            while repeats && self.peek().is_ascii_alphabetic() {
                let letter = self.next();
                repeats = letter.is_ascii_lowercase();
                let word: &'a str = self.words.get(usize::from(letter.to_ascii_lowercase() - b'a'))?;
                append(&mut text, word);
            }
            if self.next_if(b'0') {
                break;
            }
            let length = self.natural()?;
            if encoded {
                self.next_if(b'_');
            }
            let part = self.text.get(self.at..self.at.checked_add(length)?).filter(|part| !part.is_empty())?;
            self.at += length;
            if encoded {
                text.to_mut().push_str(&punycode::decode(part)?);
            } else {
                append(&mut text, part);
                self.remember_words(part);
            }
            if !repeats {
                break;
            }
        }
        if text.is_empty() {
            return None;
        }
        let id = self.text_node(Kind::Identifier, text);
        Some(self.substitutable(id))
    }

    /// The words of an identifier begin with capitals, and behind digits and underscores.
    fn remember_words(&mut self, part: &'a str) {
        let bytes = part.as_bytes();
        let mut start = None;
        for at in 0..=bytes.len() {
            let byte = bytes.get(at).copied().unwrap_or(0);
            if let Some(from) = start {
                let before = bytes[at - 1];
                if byte == 0 || byte == b'_' || (!before.is_ascii_uppercase() && byte.is_ascii_uppercase()) {
                    if at - from >= 2
                        && self.words.len() < MAX_WORDS
                        && let Some(word) = part.get(from..at)
                    {
                        self.words.push(word);
                    }
                    start = None;
                }
            }
            if start.is_none() && byte != 0 && byte != b'_' && !byte.is_ascii_digit() {
                start = Some(at);
            }
        }
    }

    /// `oi`, `op`, `oP`: the identifier before is an operator, its letters signs.
    pub(super) fn operator_name(&mut self) -> Option<Id> {
        let name = self.pop_kind(Kind::Identifier)?;
        let mut text = String::new();
        for letter in self.arena.get(name).text.chars() {
            text.push(if letter.is_ascii() { standard::operator_sign(letter)? } else { letter });
        }
        text.push_str(match self.next() {
            b'i' => " infix",
            b'p' => " prefix",
            b'P' => " postfix",
            _ => return None,
        });
        Some(self.text_node(Kind::Operator, text))
    }

    /// `LL` private, `L_` local and the like: what distinguishes declarations of one name.
    pub(super) fn local_name(&mut self) -> Option<Id> {
        match self.peek() {
            b'L' => {
                self.at += 1;
                self.pop_kind(Kind::Identifier)?;
                let name = self.pop_name()?;
                Some(self.node(Kind::Private, vec![name]))
            }
            b'l' => {
                self.at += 1;
                self.pop_kind(Kind::Identifier)?;
                Some(self.node(Kind::Private, vec![]))
            }
            b'a'..=b'j' | b'A'..=b'J' => {
                self.at += 1;
                let name = self.pop_name()?;
                Some(self.node(Kind::Related, vec![name]))
            }
            _ => {
                let number = self.index()?;
                let name = self.pop_name()?;
                Some(self.numbered(Kind::Local, number, vec![name]))
            }
        }
    }

    /// `AbC` and the like: several substitutions, the last a capital; with numbers, several times the same.
    pub(super) fn repeated(&mut self) -> Option<Id> {
        let mut times = None;
        loop {
            match self.next() {
                letter if letter.is_ascii_alphabetic() => {
                    let at = usize::from(letter.to_ascii_lowercase() - b'a');
                    let node = *self.substitutions.get(at)?;
                    self.push_repeats(times.take(), node)?;
                    if letter.is_ascii_uppercase() {
                        return Some(node);
                    }
                    self.push(node)?;
                }
                b'_' => return self.substitutions.get(times.map_or(MAX_WORDS, |n| n + MAX_WORDS + 1)).copied(),
                b'0'..=b'9' => {
                    self.at -= 1;
                    times = Some(self.natural()?);
                }
                _ => return None,
            }
        }
    }

    /// All but the last one of several.
    fn push_repeats(&mut self, times: Option<usize>, node: Id) -> Option<()> {
        let times = times.unwrap_or(1);
        if times > MAX_REPEAT {
            return None;
        }
        (1..times).try_for_each(|_| self.push(node))
    }

    /// `Si`, `SS`, `ScT`: what the standard library has; `So` and `SC` are C's own modules; `Sg` is an optional.
    pub(super) fn standard(&mut self) -> Option<Id> {
        if self.next_if(b'o') {
            return Some(self.text_node(Kind::Module, "__C"));
        }
        if self.next_if(b'C') {
            return Some(self.text_node(Kind::Module, "__C_Synthesized"));
        }
        if self.next_if(b'g') {
            let wrapped = self.pop_type()?;
            let optional = self.swift_type(Nominal::Enum, "Optional");
            let arguments = self.node(Kind::TypeList, vec![wrapped]);
            let node = self.node(Kind::Bound, vec![optional, arguments]);
            return Some(self.substitutable(node));
        }
        let times = if self.peek().is_ascii_digit() { Some(self.natural()?) } else { None };
        let concurrent = self.next_if(b'c');
        let (kind, name) = standard::standard_type(self.next(), concurrent)?;
        let node = self.swift_type(kind, name);
        self.push_repeats(times, node)?;
        Some(node)
    }

    pub(super) fn swift_type(&mut self, kind: Nominal, name: &'static str) -> Id {
        let module = self.text_node(Kind::Module, "Swift");
        let name = self.text_node(Kind::Identifier, name);
        self.node(Kind::Nominal(kind), vec![module, name])
    }
}

fn append<'a>(text: &mut Cow<'a, str>, part: &'a str) {
    if text.is_empty() {
        *text = Cow::Borrowed(part);
    } else {
        text.to_mut().push_str(part);
    }
}
