//! Parameters of types, their signatures, and types that belong to them.

use super::super::generics::MAX_PARAMETERS;
use super::super::node::{Id, Kind};
use super::Reader;

impl Reader<'_> {
    /// How many parameters there are at each depth. Constraints are parsed and skipped, as they are not printed.
    pub(super) fn signature(&mut self) -> Option<Id> {
        self.nested(|reader| {
            let mut counts = String::new();
            while !matches!(reader.peek(), b'R' | b'r') {
                let count = if reader.next_if(b'z') { 0 } else { reader.parser.index()? + 1 };
                if count > MAX_PARAMETERS || counts.len() as u64 > MAX_PARAMETERS {
                    return None;
                }
                counts.push(char::from_u32(u32::try_from(count).ok()?)?);
            }
            if counts.is_empty() {
                counts.push('\u{1}');
            }
            if reader.next() == b'R' {
                while !reader.next_if(b'r') {
                    reader.constraint()?;
                }
            }
            Some(reader.parser.text_node(Kind::Signature, counts))
        })
    }

    fn constraint(&mut self) -> Option<()> {
        // The letter of a parameter is left out here.
        match self.peek() {
            b'w' => {
                self.next();
                self.member_of_parameter()?;
            }
            b'W' => {
                self.next();
                self.path_of_parameter()?;
            }
            _ => {
                self.parameter()?;
            }
        }
        match self.peek() {
            b'z' => {
                self.next();
                self.type_()?;
            }
            b'l' => {
                self.next();
                self.layout()?;
            }
            b'C' => {
                self.type_()?;
            }
            b'S' => {
                self.next();
                let found = self.substitution()?;
                if !matches!(self.parser.arena.kind(found), Kind::Nominal(_)) {
                    self.protocol_by(found)?;
                }
            }
            _ => {
                self.protocol()?;
            }
        }
        Some(())
    }

    fn layout(&mut self) -> Option<()> {
        match self.next() {
            b'U' | b'R' | b'N' | b'T' => {}
            b'E' | b'M' => {
                self.parser.natural()?;
                if !self.next_if(b'_') {
                    return None;
                }
                self.parser.natural()?;
            }
            b'e' | b'm' => {
                self.parser.natural()?;
            }
            _ => return None,
        }
        Some(())
    }

    /// `x` is the first parameter, `_` the second, `d__` the first of what is declared in something generic.
    pub(super) fn parameter(&mut self) -> Option<Id> {
        if self.next_if(b'd') {
            let depth = self.parser.index()? + 1;
            let index = self.parser.index()?;
            return Some(self.parser.parameter_at(depth, index));
        }
        if self.next_if(b'x') {
            return Some(self.parser.parameter_at(0, 0));
        }
        let index = self.parser.index()? + 1;
        Some(self.parser.parameter_at(0, index))
    }

    pub(super) fn member_of_parameter(&mut self) -> Option<Id> {
        let base = self.parameter()?;
        self.associated(base)
    }

    pub(super) fn path_of_parameter(&mut self) -> Option<Id> {
        let mut base = self.parameter()?;
        while !self.next_if(b'_') {
            base = self.associated(base)?;
        }
        Some(base)
    }

    /// A type that a protocol has, of another type.
    pub(super) fn associated(&mut self, base: Id) -> Option<Id> {
        let name = if self.next_if(b'S') {
            // Only these identifiers are substitutable.
            self.substitution().filter(|&name| self.parser.arena.kind(name) == Kind::Identifier)?
        } else {
            if self.next_if(b'P') {
                self.protocol()?;
            }
            let name = self.identifier()?;
            self.parser.substitutable(name)
        };
        Some(self.node(Kind::DependentMember, vec![base, name]))
    }

    /// What follows a `Q`: a type that belongs to a protocol, as before Swift 3.
    pub(super) fn archetype(&mut self) -> Option<Id> {
        self.nested(|reader| {
            let root = match reader.next() {
                b'Q' => reader.archetype()?,
                b'S' => reader.substitution()?,
                b's' => reader.standard_library(),
                _ => return None,
            };
            let name = reader.identifier()?;
            let node = reader.node(Kind::DependentMember, vec![root, name]);
            Some(reader.parser.substitutable(node))
        })
    }
}
