//! Identifiers, names of declarations, and substitutions.

use super::super::node::{Id, Kind, Nominal};
use super::super::{punycode, standard};
use super::Reader;

impl Reader<'_> {
    /// `3Foo`; `X4…` is Punycode, `oi2pp` an operator.
    pub(super) fn identifier(&mut self) -> Option<Id> {
        let encoded = self.next_if(b'X');
        let fixity = if self.next_if(b'o') {
            match self.next() {
                b'i' => " infix",
                b'p' => " prefix",
                b'P' => " postfix",
                _ => return None,
            }
        } else {
            ""
        };
        let length = self.parser.natural()?;
        let start = self.parser.at;
        let text = self.parser.text.get(start..start.checked_add(length)?).filter(|text| !text.is_empty())?;
        self.parser.at += length;
        if !encoded && fixity.is_empty() {
            return Some(self.parser.text_node(Kind::Identifier, text));
        }
        let text = if encoded { punycode::decode(text)? } else { text.to_owned() };
        if fixity.is_empty() {
            return Some(self.parser.text_node(Kind::Identifier, text));
        }
        let mut signs = String::new();
        for letter in text.chars() {
            signs.push(if letter.is_ascii() { standard::operator_sign(letter)? } else { letter });
        }
        signs.push_str(fixity);
        Some(self.parser.text_node(Kind::Operator, signs))
    }

    /// `L_3foo` is local, `P4file3foo` is private to a file.
    pub(super) fn declared_name(&mut self) -> Option<Id> {
        if self.next_if(b'L') {
            let number = self.parser.index()?;
            let name = self.identifier()?;
            return Some(self.parser.numbered(Kind::Local, number, vec![name]));
        }
        if self.next_if(b'P') {
            self.identifier()?;
            let name = self.identifier()?;
            return Some(self.node(Kind::Private, vec![name]));
        }
        self.identifier()
    }

    pub(super) fn module(&mut self) -> Option<Id> {
        if self.next_if(b's') {
            return Some(self.standard_library());
        }
        if self.next_if(b'S') {
            let module = self.substitution()?;
            return (self.parser.arena.kind(module) == Kind::Module).then_some(module);
        }
        let name = self.identifier()?;
        let text = self.parser.arena.get(name).text.clone();
        let module = self.parser.text_node(Kind::Module, text);
        Some(self.parser.substitutable(module))
    }

    pub(super) fn standard_library(&mut self) -> Id {
        self.parser.text_node(Kind::Module, "Swift")
    }

    /// What follows an `S`: a type of the standard library, a module of C's, or what was there before.
    pub(super) fn substitution(&mut self) -> Option<Id> {
        let letter = self.peek();
        let module = match letter {
            b'o' => "__C",
            b'C' => "__C_Synthesized",
            _ => "",
        };
        if !module.is_empty() {
            self.next();
            return Some(self.parser.text_node(Kind::Module, module));
        }
        // Two letters mean other types than in later versions.
        let known = match letter {
            b'c' => Some((Nominal::Structure, "UnicodeScalar")),
            b'Q' => Some((Nominal::Enum, "ImplicitlyUnwrappedOptional")),
            b'a' | b'b' | b'd' | b'f' | b'i' | b'V' | b'v' | b'P' | b'p' | b'q' | b'R' | b'r' | b'S' | b'u' => {
                standard::standard_type(letter, false)
            }
            _ => None,
        };
        if let Some((kind, name)) = known {
            self.next();
            return Some(self.parser.swift_type(kind, name));
        }
        let index = usize::try_from(self.parser.index()?).ok()?;
        self.parser.substitutions.get(index).copied()
    }

    /// A type that is declared in the context that follows.
    pub(super) fn nominal(&mut self, kind: Nominal) -> Option<Id> {
        let context = self.context()?;
        self.nominal_in(kind, context)
    }

    fn nominal_in(&mut self, kind: Nominal, context: Id) -> Option<Id> {
        let name = self.declared_name()?;
        let node = self.node(Kind::Nominal(kind), vec![context, name]);
        Some(self.parser.substitutable(node))
    }

    /// A protocol, whose letter is left out. A substitution is the protocol or the module that it is in.
    pub(super) fn protocol(&mut self) -> Option<Id> {
        if self.next_if(b'S') {
            let found = self.substitution()?;
            return self.protocol_by(found);
        }
        self.nominal(Nominal::Protocol)
    }

    pub(super) fn protocol_by(&mut self, found: Id) -> Option<Id> {
        match self.parser.arena.kind(found) {
            Kind::Nominal(Nominal::Protocol) => Some(found),
            Kind::Module => self.nominal_in(Nominal::Protocol, found),
            _ => None,
        }
    }
}
