//! Metadata, witness tables, and functions that the compiler writes for whole types.

use super::node::{Id, Kind};
use super::parse::Parser;
use super::standard;

impl Parser<'_> {
    /// What follows an `M`.
    pub(super) fn metadata(&mut self) -> Option<Id> {
        let words = match self.next() {
            b'a' => "type metadata accessor for ",
            b'b' => "canonical specialized generic type metadata accessor for ",
            b'B' => "reflection metadata builtin descriptor ",
            b'C' => "reflection metadata superclass descriptor ",
            b'D' => "demangling cache variable for type metadata for ",
            b'f' => "full type metadata for ",
            b'F' => "reflection metadata field descriptor ",
            b'i' => "type metadata instantiation function for ",
            b'I' => "type metadata instantiation cache for ",
            b'l' => "type metadata singleton initialization cache for ",
            b'L' => "lazy cache variable for type metadata for ",
            b'm' => "metaclass for ",
            b'M' => "specialized generic metaclass for ",
            b'n' => "nominal type descriptor for ",
            b'N' => "noncanonical specialized generic type metadata for ",
            b'o' => "class metadata base offset for ",
            b'P' => "generic type metadata pattern for ",
            b'r' => "type metadata completion function for ",
            b's' => "ObjC resilient class stub for ",
            b't' => "full ObjC resilient class stub for ",
            b'u' => "method lookup function for ",
            b'U' => "ObjC metadata update function for ",
            b'z' => "flag for loading of canonical specialized generic type metadata for ",
            b'c' => return self.phrase_of_conformance("protocol conformance descriptor for "),
            b'A' => return self.phrase_of_conformance("reflection metadata associated type descriptor "),
            b'p' => return self.phrase_of_protocol("protocol descriptor for "),
            b'S' => return self.phrase_of_protocol("protocol self-conformance descriptor for "),
            b'V' => return self.phrase_of_any("property descriptor for "),
            b'Q' => return self.phrase_of_any("opaque type descriptor for "),
            b'g' => return self.phrase_of_any("opaque type descriptor accessor for "),
            b'h' => return self.phrase_of_any("opaque type descriptor accessor impl for "),
            b'j' => return self.phrase_of_any("opaque type descriptor accessor key for "),
            b'k' => return self.phrase_of_any("opaque type descriptor accessor var for "),
            _ => return None,
        };
        let of = self.pop_type()?;
        Some(self.node(Kind::Phrase(words), vec![of]))
    }

    /// What follows a `W`.
    pub(super) fn witness(&mut self) -> Option<Id> {
        match self.next() {
            b'C' => self.phrase_of_any("enum case for "),
            b'V' => {
                let of = self.pop_type()?;
                Some(self.node(Kind::Phrase("value witness table for "), vec![of]))
            }
            b'v' => {
                let words = match self.next() {
                    b'd' => "direct field offset for ",
                    b'i' => "indirect field offset for ",
                    _ => return None,
                };
                self.phrase_of_any(words)
            }
            b'S' => self.phrase_of_protocol("protocol self-conformance witness table for "),
            b'P' => self.phrase_of_conformance("protocol witness table for "),
            b'p' => self.phrase_of_conformance("protocol witness table pattern for "),
            b'G' => self.phrase_of_conformance("generic protocol witness table for "),
            b'I' => self.phrase_of_conformance("instantiation function for generic protocol witness table for "),
            b'r' => self.phrase_of_conformance("resilient protocol witness table for "),
            b'a' => self.phrase_of_conformance("protocol witness table accessor for "),
            b'l' => self.lazy_table("lazy protocol witness table accessor for type "),
            b'L' => self.lazy_table("lazy protocol witness table cache variable for type "),
            b't' => {
                let name = self.pop_name()?;
                let conformance = self.pop_conformance()?;
                let words = Kind::Phrase2("associated type metadata accessor for ", " in ");
                Some(self.node(words, vec![name, conformance]))
            }
            b'b' => {
                let protocol = self.pop_type()?;
                let conformance = self.pop_conformance()?;
                let words = Kind::Phrase2("base witness table accessor for ", " in ");
                Some(self.node(words, vec![protocol, conformance]))
            }
            b'T' => {
                self.pop_type()?;
                let names = self.pop_associated_path()?;
                let conformance = self.pop_conformance()?;
                let words = Kind::Phrase2("associated type witness table accessor for ", " in ");
                Some(self.node(words, vec![names, conformance]))
            }
            b'O' => self.outlined(),
            b'Z' => self.once("one-time initialization function for "),
            b'z' => self.once("one-time initialization token for "),
            _ => None,
        }
    }

    fn phrase_of_any(&mut self, words: &'static str) -> Option<Id> {
        let of = self.pop_if(|kind| kind.is_entity() || kind == Kind::Related)?;
        Some(self.node(Kind::Phrase(words), vec![of]))
    }

    fn phrase_of_conformance(&mut self, words: &'static str) -> Option<Id> {
        let of = self.pop_conformance()?;
        Some(self.node(Kind::Phrase(words), vec![of]))
    }

    fn phrase_of_protocol(&mut self, words: &'static str) -> Option<Id> {
        let of = self.pop_protocol()?;
        Some(self.node(Kind::Phrase(words), vec![of]))
    }

    fn lazy_table(&mut self, words: &'static str) -> Option<Id> {
        let conformance = self.pop_conformance()?;
        let of = self.pop_type()?;
        Some(self.node(Kind::Phrase2(words, " and conformance "), vec![of, conformance]))
    }

    fn pop_associated_path(&mut self) -> Option<Id> {
        let mut name = None;
        loop {
            let first = self.pop_kind(Kind::First).is_some();
            name = name.or(Some(self.pop_associated()?));
            if first {
                return name;
            }
        }
    }

    /// Copies, destructions and the like that were moved out of functions.
    fn outlined(&mut self) -> Option<Id> {
        let letter = self.next();
        let words = match letter {
            b'y' => "outlined copy of ",
            b'e' => "outlined consume of ",
            b'r' => "outlined retain of ",
            b's' => "outlined release of ",
            b'b' | b'B' => "outlined init with take of ",
            b'c' | b'C' => "outlined init with copy of ",
            b'd' | b'D' => "outlined assign with take of ",
            b'f' | b'F' => "outlined assign with copy of ",
            b'h' | b'H' => "outlined destroy of ",
            b'g' => "outlined enum get tag of ",
            b'i' => "outlined enum tag store of ",
            b'j' => "outlined enum project data for load of ",
            _ => return None,
        };
        if matches!(letter, b'i' | b'j') {
            self.index()?;
        }
        self.pop_kind(Kind::Signature);
        let of = self.pop_type()?;
        Some(self.node(Kind::Phrase(words), vec![of]))
    }

    /// Initialization of global variables, named by the first of them.
    fn once(&mut self, words: &'static str) -> Option<Id> {
        let mut name = None;
        while self.pop_kind(Kind::First).is_some() {
            name = Some(self.pop_name()?);
        }
        let context = self.pop_context()?;
        let variable = self.node(Kind::Variable, vec![context, name?]);
        Some(self.node(Kind::Phrase(words), vec![variable]))
    }

    /// What follows a `w`: a function of a type's value witness table.
    pub(super) fn value_witness(&mut self) -> Option<Id> {
        let words = standard::value_witness(self.next(), self.next())?;
        let of = self.pop_type()?;
        Some(self.node(Kind::Phrase(words), vec![of]))
    }
}
