//! Whole symbols: what the compiler made of a function, metadata, witness tables, thunks.

use super::super::node::{Id, Kind};
use super::super::standard;
use super::Reader;

/// What a function is called through.
const THUNKS: &[(&str, &str)] =
    &[("To", "@objc "), ("TO", "@nonobjc "), ("TD", "dynamic "), ("Td", "super "), ("TV", "override ")];

impl Reader<'_> {
    /// What the compiler made of a function, the outermost first: specializations or one thunk, then partial applications.
    pub(super) fn attributes(&mut self) -> Option<Vec<Id>> {
        let mut attributes = Vec::new();
        if self.next_if_text("TS") {
            loop {
                self.specialization()?;
                attributes.push(self.attribute("specialized "));
                // What a specialization names cannot be referred to behind it.
                self.parser.substitutions.clear();
                if !self.next_if_text("_TTS") {
                    break;
                }
            }
            if !self.next_if_text("_T") {
                return None;
            }
        }
        // Only one of these, and none of a specialization.
        let kinds = if attributes.is_empty() { THUNKS } else { &[] };
        for &(letters, words) in kinds {
            if self.next_if_text(letters) {
                attributes.push(self.attribute(words));
                break;
            }
        }
        while self.next_if_text("PA") {
            self.next_if(b'o');
            attributes.push(self.attribute("partial apply for "));
            if !self.next_if_text("__T") {
                return None;
            }
        }
        Some(attributes)
    }

    fn attribute(&mut self, words: &'static str) -> Id {
        self.node(Kind::Attribute(words, false), vec![])
    }

    pub(super) fn symbol(&mut self) -> Option<Id> {
        match self.peek() {
            b'M' => {
                self.next();
                self.metadata()
            }
            b't' => {
                self.next();
                self.type_()
            }
            b'w' => {
                self.next();
                let words = standard::value_witness(self.next(), self.next())?;
                self.phrase_of_type(words)
            }
            b'W' => {
                self.next();
                self.witness()
            }
            b'T' => {
                self.next();
                self.thunk()
            }
            _ => self.entity(),
        }
    }

    fn phrase_of_type(&mut self, words: &'static str) -> Option<Id> {
        let of = self.type_()?;
        Some(self.node(Kind::Phrase(words), vec![of]))
    }

    fn metadata(&mut self) -> Option<Id> {
        let words = match self.peek() {
            b'P' => "generic type metadata pattern for ",
            b'a' => "type metadata accessor for ",
            b'L' => "lazy cache variable for type metadata for ",
            b'm' => "metaclass for ",
            b'n' => "nominal type descriptor for ",
            b'f' => "full type metadata for ",
            b'p' => {
                self.next();
                let protocol = self.protocol()?;
                return Some(self.node(Kind::Phrase("protocol descriptor for "), vec![protocol]));
            }
            _ => return self.phrase_of_type("type metadata for "),
        };
        self.next();
        self.phrase_of_type(words)
    }

    fn witness(&mut self) -> Option<Id> {
        let words = match self.next() {
            b'V' => return self.phrase_of_type("value witness table for "),
            b'v' => {
                let words = match self.next() {
                    b'd' => "direct field offset for ",
                    b'i' => "indirect field offset for ",
                    _ => return None,
                };
                let of = self.entity()?;
                return Some(self.node(Kind::Phrase(words), vec![of]));
            }
            b'P' => "protocol witness table for ",
            b'G' => "generic protocol witness table for ",
            b'I' => "instantiation function for generic protocol witness table for ",
            b'a' => "protocol witness table accessor for ",
            b'l' => return self.lazy_table("lazy protocol witness table accessor for type "),
            b'L' => return self.lazy_table("lazy protocol witness table cache variable for type "),
            b't' => {
                let conformance = self.conformance()?;
                let name = self.declared_name()?;
                let words = Kind::Phrase2("associated type metadata accessor for ", " in ");
                return Some(self.node(words, vec![name, conformance]));
            }
            b'T' => {
                let conformance = self.conformance()?;
                let name = self.declared_name()?;
                let protocol = self.protocol()?;
                let pair = self.node(Kind::Phrase2("", " : "), vec![name, protocol]);
                let words = Kind::Phrase2("associated type witness table accessor for ", " in ");
                return Some(self.node(words, vec![pair, conformance]));
            }
            _ => return None,
        };
        let of = self.conformance()?;
        Some(self.node(Kind::Phrase(words), vec![of]))
    }

    fn lazy_table(&mut self, words: &'static str) -> Option<Id> {
        let of = self.type_()?;
        let conformance = self.conformance()?;
        Some(self.node(Kind::Phrase2(words, " and conformance "), vec![of, conformance]))
    }

    fn thunk(&mut self) -> Option<Id> {
        match self.next() {
            b'R' | b'r' => {
                if self.next_if(b'G') {
                    self.signature()?;
                }
                self.type_()?;
                let of = self.type_()?;
                Some(self.node(Kind::Phrase("thunk for "), vec![of]))
            }
            b'W' => {
                let conformance = self.conformance()?;
                let entity = self.entity()?;
                let words = Kind::Phrase2("protocol witness for ", " in conformance ");
                Some(self.node(words, vec![entity, conformance]))
            }
            _ => None,
        }
    }

    /// A type, the protocol that it conforms to, and where that is declared.
    pub(super) fn conformance(&mut self) -> Option<Id> {
        let of = self.type_()?;
        let protocol = self.protocol()?;
        self.context()?;
        Some(self.node(Kind::Conformance, vec![of, protocol]))
    }
}
