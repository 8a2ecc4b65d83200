//! Which operator a letter is.

use super::node::{Id, Kind, Nominal};
use super::parse::Parser;

impl Parser<'_> {
    /// Runs one operator; the node is to be pushed.
    pub(super) fn operator(&mut self) -> Option<Id> {
        match self.next() {
            b'A' => self.repeated(),
            b'B' => self.builtin(),
            b'C' => self.nominal(Nominal::Class),
            b'D' => self.phrase_of_type(""),
            b'E' => self.extension(),
            b'F' => self.function(),
            b'G' => self.bound_generic(),
            b'H' => self.conformance_part(),
            b'I' => self.impl_function(),
            b'K' => Some(self.text_node(Kind::Annotation, " throws")),
            b'L' => self.local_name(),
            b'M' => self.metadata(),
            b'N' => self.phrase_of_type("type metadata for "),
            b'O' => self.nominal(Nominal::Enum),
            b'P' => self.nominal(Nominal::Protocol),
            b'Q' => self.archetype(),
            b'R' => self.requirement(),
            b'S' => self.standard(),
            b'T' => self.thunk(),
            b'V' => self.nominal(Nominal::Structure),
            b'W' => self.witness(),
            b'X' => self.special_type(),
            b'Y' => self.annotation(),
            b'Z' => {
                let entity = self.pop_entity()?;
                Some(self.node(Kind::Static, vec![entity]))
            }
            b'a' => self.nominal(Nominal::Alias),
            b'c' => self.function_type(""),
            b'd' => Some(self.node(Kind::Variadic, vec![])),
            b'f' => self.function_entity(),
            b'g' => self.retroactive_conformance(),
            b'h' => self.around("__shared ", ""),
            b'i' => self.subscript(),
            b'l' => self.signature(false),
            b'm' => self.metatype(),
            b'n' => self.around("__owned ", ""),
            b'o' => self.operator_name(),
            b'p' => self.protocols(),
            b'q' => self.generic_parameter(),
            b'r' => self.signature(true),
            b's' => Some(self.text_node(Kind::Module, "Swift")),
            b't' => self.tuple(),
            b'u' => {
                let signature = self.pop_kind(Kind::Signature)?;
                let inner = self.pop_type()?;
                Some(self.node(Kind::Generic, vec![signature, inner]))
            }
            b'v' => self.variable(),
            b'w' => self.value_witness(),
            b'x' => Some(self.parameter_at(0, 0)),
            b'y' => Some(self.node(Kind::EmptyList, vec![])),
            b'z' => self.around("inout ", ""),
            b'_' => Some(self.node(Kind::First, vec![])),
            b'0'..=b'9' => {
                self.at -= 1;
                self.identifier()
            }
            _ => None,
        }
    }

    fn phrase_of_type(&mut self, words: &'static str) -> Option<Id> {
        let inner = self.pop_type()?;
        Some(self.node(Kind::Phrase(words), vec![inner]))
    }

    /// `T.Type`; for the type of a protocol itself `P.Protocol`.
    fn metatype(&mut self) -> Option<Id> {
        let of = self.pop_type()?;
        let protocol = matches!(self.arena.kind(of), Kind::Protocols | Kind::Nominal(Nominal::Protocol));
        Some(self.node(Kind::Around("", if protocol { ".Protocol" } else { ".Type" }), vec![of]))
    }

    /// The type before, between other text.
    pub(super) fn around(&mut self, before: &'static str, after: &'static str) -> Option<Id> {
        let inner = self.pop_type()?;
        Some(self.node(Kind::Around(before, after), vec![inner]))
    }
}
