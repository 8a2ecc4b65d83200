//! What the compiler makes of functions: thunks, specializations, parts of asynchronous functions.

use super::node::{Id, Kind};
use super::parse::Parser;

impl Parser<'_> {
    /// What follows a `T`.
    pub(super) fn thunk(&mut self) -> Option<Id> {
        let letter = self.next();
        let words = match letter {
            b'A' | b'a' => "partial apply for ",
            b'o' => "@objc ",
            b'O' => "@nonobjc ",
            b'D' => "dynamic ",
            b'd' => "super ",
            // Functions of the same code were merged into this one, and the frame names one of them.
            b'm' => "",
            b'E' => "distributed thunk ",
            b'F' => "distributed accessor for ",
            b'X' => "dynamically replaceable variable for ",
            b'x' => "dynamically replaceable key for ",
            b'I' => "dynamically replaceable thunk for ",
            b'u' => "async function pointer to ",
            b'w' => match self.next() {
                b'b' => "back deployment thunk for ",
                b'B' => "back deployment fallback for ",
                b'S' => "",
                b'c' => "coro function pointer to ",
                _ => return None,
            },
            b'Q' | b'Y' => {
                let words = if letter == b'Q' {
                    ") await resume partial function for "
                } else {
                    ") suspend resume partial function for "
                };
                let number = self.index()?;
                return Some(self.numbered(Kind::Attribute(words, true), number, vec![]));
            }
            b'v' => {
                let number = self.index()?;
                let words = if self.next_if(b'r') { "outlined read-only object #" } else { "outlined variable #" };
                return Some(self.numbered(Kind::Attribute(words, false), number, vec![]));
            }
            b'c' => return self.phrase_of_entity("curry thunk of "),
            b'j' => return self.phrase_of_entity("dispatch thunk of "),
            b'q' => return self.phrase_of_entity("method descriptor for "),
            b'S' => return self.phrase_of_entity("protocol self-conformance witness for "),
            b'C' => {
                let of = self.pop_type()?;
                return Some(self.node(Kind::Phrase("coroutine continuation prototype for "), vec![of]));
            }
            b'V' => {
                let base = self.pop_entity()?;
                let derived = self.pop_entity()?;
                return Some(self.node(Kind::Phrase2("vtable thunk for ", " dispatching to "), vec![base, derived]));
            }
            b'W' => {
                let entity = self.pop_entity()?;
                let conformance = self.pop_conformance()?;
                let words = Kind::Phrase2("protocol witness for ", " in conformance ");
                return Some(self.node(words, vec![entity, conformance]));
            }
            b'R' | b'r' | b'y' => return self.reabstraction(letter == b'y'),
            b'z' | b'Z' => {
                self.pop_kind(Kind::Signature);
                let result = self.pop_type()?;
                let of = self.pop_type()?;
                let words = if letter == b'z' {
                    "@objc completion handler block implementation for "
                } else {
                    "predefined @objc completion handler block implementation for "
                };
                return Some(self.node(Kind::Phrase2(words, " with result type "), vec![of, result]));
            }
            b't' | b'g' | b'G' | b's' | b'B' | b'i' => {
                if letter == b't' {
                    self.dropped_arguments()?;
                }
                self.specialization_pass()?;
                self.pop_type_list()?;
                "specialized "
            }
            b'p' | b'P' => {
                self.specialization_pass()?;
                self.pop_type()?;
                "specialized "
            }
            b'f' => {
                self.specialization_pass()?;
                self.specialized_parameters()?;
                "specialized "
            }
            b'K' | b'k' => return self.key_path(letter),
            b'H' | b'h' => return self.key_path_index(letter),
            b'M' => {
                let name = self.pop_associated()?;
                return Some(self.node(Kind::Phrase("default associated type metadata accessor for "), vec![name]));
            }
            b'l' => {
                let name = self.pop_associated()?;
                return Some(self.node(Kind::Phrase("associated type descriptor for "), vec![name]));
            }
            b'L' => {
                let protocol = self.pop_protocol()?;
                return Some(self.node(Kind::Phrase("protocol requirements base descriptor for "), vec![protocol]));
            }
            _ => return None,
        };
        Some(self.node(Kind::Attribute(words, false), vec![]))
    }

    fn phrase_of_entity(&mut self, words: &'static str) -> Option<Id> {
        let entity = self.pop_entity()?;
        Some(self.node(Kind::Phrase(words), vec![entity]))
    }

    /// From one convention of calling to another; it is named by the function's own type, which it was made from.
    fn reabstraction(&mut self, with_self: bool) -> Option<Id> {
        self.pop_kind(Kind::Signature);
        if with_self {
            self.pop_type()?;
        }
        self.pop_type()?;
        let from = self.pop_type()?;
        Some(self.node(Kind::Phrase("thunk for "), vec![from]))
    }

    /// Numbers of arguments that a specialized function has no more.
    fn dropped_arguments(&mut self) -> Option<()> {
        loop {
            if self.peek().is_ascii_digit() {
                self.natural()?;
            }
            match self.next() {
                b't' => {}
                b'g' | b'G' | b'B' => return Some(()),
                _ => return None,
            }
        }
    }

    /// Which pass specialized it, and what it left out.
    fn specialization_pass(&mut self) -> Option<()> {
        while matches!(self.peek(), b'm' | b'q' | b'a' | b'r') {
            self.at += 1;
        }
        self.next().is_ascii_digit().then_some(())
    }

    /// What became of each parameter, and of the result; payloads are on the stack.
    fn specialized_parameters(&mut self) -> Option<()> {
        let mut payloads = Vec::new();
        while !self.next_if(b'_') {
            payloads.push(self.specialized_parameter()?);
        }
        if !self.next_if(b'n') {
            payloads.push(self.specialized_parameter()?);
        }
        for payload in payloads.into_iter().rev() {
            match payload {
                Payload::None => {}
                Payload::Name | Payload::Types => {
                    while payload == Payload::Types && self.pop_type().is_some() {}
                    self.pop_kind(Kind::Identifier)?;
                }
            }
        }
        Some(())
    }

    fn specialized_parameter(&mut self) -> Option<Payload> {
        let letter = self.next();
        match letter {
            b'n' | b'i' | b's' | b'r' => {}
            b'c' => return Some(Payload::Types),
            b'C' => {
                self.natural()?;
            }
            b'p' => match self.next() {
                b'f' | b'g' => return Some(Payload::Name),
                b'i' | b'd' => {
                    self.natural()?;
                }
                b's' => {
                    matches!(self.next(), b'b' | b'w' | b'c').then_some(())?;
                    return Some(Payload::Name);
                }
                b'k' => return Some(Payload::Types),
                _ => return None,
            },
            // Flags, each at most once, in this order.
            b'd' | b'e' | b'g' | b'o' | b'x' => {
                for flag in *b"DGOX" {
                    self.next_if(flag);
                }
            }
            _ => return None,
        }
        Some(Payload::None)
    }

    /// The property that a key path leads to.
    fn key_path(&mut self, letter: u8) -> Option<Id> {
        let words = match (self.next_if(b'm'), letter) {
            (false, b'K') => "key path getter for ",
            (false, _) => "key path setter for ",
            (true, _) => {
                let unapplied = letter == b'k' || self.next_if(b'u');
                if unapplied { "key path unapplied method " } else { "key path applied method " }
            }
        };
        self.next_if(b'q');
        let mut of = self.pop_type()?;
        while let Some(before) = self.pop_type() {
            of = before;
        }
        self.pop_kind(Kind::Signature);
        let entity = self.pop_entity()?;
        Some(self.node(Kind::Phrase2(words, " : "), vec![entity, of]))
    }

    fn key_path_index(&mut self, letter: u8) -> Option<Id> {
        self.next_if(b'q');
        self.pop_kind(Kind::Signature);
        let mut of = self.pop_type()?;
        while let Some(before) = self.pop_type() {
            of = before;
        }
        let words =
            if letter == b'H' { "key path index equality operator for " } else { "key path index hash operator for " };
        Some(self.node(Kind::Phrase(words), vec![of]))
    }
}

/// What a specialized parameter has on the stack.
#[derive(Clone, Copy, PartialEq)]
enum Payload {
    None,
    Name,
    Types,
}
