//! Parameters of types, their signatures and constraints, and conformances.

use super::node::{Id, Kind};
use super::parse::Parser;

/// Parameters that a signature may have; each is printed.
pub(super) const MAX_PARAMETERS: u64 = 64;

impl Parser<'_> {
    pub(super) fn parameter_at(&mut self, depth: u64, index: u64) -> Id {
        self.numbered(Kind::Parameter, depth << 32 | index, vec![])
    }

    /// What follows a `q`.
    pub(super) fn generic_parameter(&mut self) -> Option<Id> {
        if self.next_if(b'd') {
            let depth = self.index()? + 1;
            let index = self.index()?;
            return Some(self.parameter_at(depth, index));
        }
        if self.next_if(b'z') {
            return Some(self.parameter_at(0, 0));
        }
        if self.next_if(b's') {
            return Some(self.text_node(Kind::Builtin, "Self"));
        }
        let index = self.index()? + 1;
        Some(self.parameter_at(0, index))
    }

    /// `l`, `r…l`: how many parameters there are at each depth. Their constraints are on the stack.
    pub(super) fn signature(&mut self, counted: bool) -> Option<Id> {
        let mut counts = String::new();
        if counted {
            while !self.next_if(b'l') {
                let count = if self.next_if(b'z') { 0 } else { self.index()? + 1 };
                if count > MAX_PARAMETERS || counts.len() as u64 > MAX_PARAMETERS {
                    return None;
                }
                counts.push(char::from_u32(u32::try_from(count).ok()?)?);
            }
        } else {
            counts.push('\u{1}');
        }
        let mut packs = Vec::new();
        while let Some(requirement) = self.pop_kind(Kind::Requirement) {
            packs.extend(self.arena.get(requirement).children.first().copied());
        }
        let signature = self.node(Kind::Signature, packs);
        self.arena.set_text(signature, counts);
        Some(signature)
    }

    /// Constraints are not shown; but they are operators like others, and substitutions count theirs.
    pub(super) fn requirement(&mut self) -> Option<Id> {
        #[derive(Clone, Copy, PartialEq)]
        enum What {
            Protocol,
            Type,
            Layout,
            Inverse,
            Pack,
        }
        let letter = self.next();
        let what = match letter {
            b'v' => What::Pack,
            b'b' | b'B' | b'c' | b'C' | b's' | b'S' | b't' | b'T' | b'h' | b'V' => What::Type,
            b'l' | b'L' | b'm' | b'M' => What::Layout,
            b'i' | b'I' | b'j' | b'J' => What::Inverse,
            b'p' | b'P' | b'Q' => What::Protocol,
            _ => {
                self.at = self.at.checked_sub(1)?;
                What::Protocol
            }
        };
        match letter {
            b'B' | b'S' | b'L' | b'I' | b'Q' => {
                self.pop_type()?;
            }
            b'c' | b't' | b'm' | b'p' | b'j' => {
                let base = self.generic_parameter()?;
                let member = self.associated(Some(base))?;
                self.substitutable(member);
            }
            b'C' | b'T' | b'M' | b'P' | b'J' => {
                let base = self.generic_parameter()?;
                let member = self.associated_path(Some(base))?;
                self.substitutable(member);
            }
            _ => {
                let parameter = self.generic_parameter()?;
                if what == What::Pack {
                    return Some(self.node(Kind::Requirement, vec![parameter]));
                }
            }
        }
        match what {
            What::Pack => {}
            What::Protocol => {
                self.pop_protocol()?;
            }
            What::Type => {
                self.pop_type()?;
            }
            What::Inverse => {
                self.index()?;
            }
            What::Layout => match self.next() {
                b'U' | b'R' | b'N' | b'C' | b'D' | b'T' | b'B' => {}
                b'E' | b'M' => {
                    self.index()?;
                    self.index()?;
                }
                b'e' | b'm' | b'S' => {
                    self.index()?;
                }
                _ => return None,
            },
        }
        Some(self.node(Kind::Requirement, vec![]))
    }

    /// What follows a `Q`: associated types, opaque ones, packs.
    pub(super) fn archetype(&mut self) -> Option<Id> {
        let member = match self.next() {
            b'a' => {
                let name = self.pop_kind(Kind::Identifier)?;
                let base = self.pop_type()?;
                self.node(Kind::DependentMember, vec![base, name])
            }
            b'x' => self.associated(None)?,
            b'X' => self.associated_path(None)?,
            b'y' => {
                let base = self.generic_parameter()?;
                self.associated(Some(base))?
            }
            b'Y' => {
                let base = self.generic_parameter()?;
                self.associated_path(Some(base))?
            }
            b'z' => {
                let base = self.parameter_at(0, 0);
                self.associated(Some(base))?
            }
            b'Z' => {
                let base = self.parameter_at(0, 0);
                self.associated_path(Some(base))?
            }
            b'O' => {
                let of = self.pop_context()?;
                return Some(self.node(Kind::Related, vec![of]));
            }
            b'o' => {
                self.index()?;
                while self.pop_kind(Kind::ConformanceRef).is_some() {}
                while self.pop_kind(Kind::EmptyList).is_none() {
                    if self.pop_type().is_none() {
                        self.pop_kind(Kind::First)?;
                    }
                }
                let of = self.pop()?;
                self.node(Kind::Opaque, vec![of])
            }
            b'r' => return Some(self.node(Kind::Opaque, vec![])),
            b'R' => {
                self.index()?;
                return Some(self.node(Kind::Opaque, vec![]));
            }
            b'p' => {
                self.pop_type()?;
                return self.around("repeat ", "");
            }
            b'e' => {
                self.pop_type()?;
                self.index()?;
                return self.around("each ", "");
            }
            b'P' => {
                let types = self.pop_list(Self::pop_type)?;
                return Some(self.node(Kind::Tuple, types));
            }
            _ => return None,
        };
        Some(self.substitutable(member))
    }

    fn associated(&mut self, base: Option<Id>) -> Option<Id> {
        let name = self.pop_associated()?;
        let base = base.or_else(|| self.pop_type())?;
        Some(self.node(Kind::DependentMember, vec![base, name]))
    }

    fn associated_path(&mut self, base: Option<Id>) -> Option<Id> {
        let names = self.pop_list_of_associated()?;
        let mut base = base.or_else(|| self.pop_type())?;
        for name in names {
            base = self.node(Kind::DependentMember, vec![base, name]);
        }
        Some(base)
    }

    fn pop_list_of_associated(&mut self) -> Option<Vec<Id>> {
        let mut names = Vec::new();
        loop {
            let first = self.pop_kind(Kind::First).is_some();
            names.push(self.pop_associated()?);
            if first {
                break;
            }
        }
        names.reverse();
        Some(names)
    }

    /// The name of an associated type; the protocol that declares it may stand before it.
    pub(super) fn pop_associated(&mut self) -> Option<Id> {
        let protocol = self.pop_type();
        if protocol.is_some_and(|id| self.arena.kind(id) != Kind::Nominal(super::node::Nominal::Protocol)) {
            return None;
        }
        self.pop_kind(Kind::Identifier)
    }

    pub(super) fn pop_conformance(&mut self) -> Option<Id> {
        let signature = self.pop_kind(Kind::Signature);
        self.pop_module()?;
        let protocol = self.pop_protocol()?;
        let mut of = match self.pop_type() {
            Some(of) => of,
            None => {
                self.pop_kind(Kind::Identifier)?;
                self.pop_type()?
            }
        };
        if let Some(signature) = signature {
            of = self.node(Kind::Generic, vec![signature, of]);
        }
        Some(self.node(Kind::Conformance, vec![of, protocol]))
    }

    /// `g`: a conformance that is declared in a module of its own.
    pub(super) fn retroactive_conformance(&mut self) -> Option<Id> {
        self.index()?;
        if self.pop_kind(Kind::ConformanceRef).is_none() {
            self.pop_conformance()?;
        }
        Some(self.node(Kind::ConformanceRef, vec![]))
    }

    /// `HC` and the like: parts of how a conformance is found.
    pub(super) fn conformance_part(&mut self) -> Option<Id> {
        match self.next() {
            b'C' => {
                self.pop_conformances()?;
                if self.pop_kind(Kind::ConformanceRef).is_none() {
                    self.pop_conformance()?;
                    return Some(self.node(Kind::ConformanceRef, vec![]));
                }
                self.pop_type()?;
            }
            b'P' | b'p' => {
                self.pop_protocol()?;
            }
            b'D' => {
                self.index()?;
                self.pop_protocol()?;
                self.pop_type()?;
            }
            b'I' | b'A' => {
                self.index()?;
                self.pop_protocol()?;
                self.pop_kind(Kind::ConformanceRef)?;
            }
            _ => return None,
        }
        Some(self.node(Kind::ConformanceRef, vec![]))
    }

    fn pop_conformances(&mut self) -> Option<Vec<Id>> {
        self.pop_list(|parser| parser.pop_kind(Kind::ConformanceRef))
    }
}
