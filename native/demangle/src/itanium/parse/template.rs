//! Template arguments and parameters.

use super::super::node::{Id, Node};
use super::Parser;

impl Parser<'_> {
    /// `I … E`.
    pub(super) fn args(&mut self) -> Option<Id> {
        self.expect(b'I')?;
        let mut args = Vec::new();
        while !self.eat(b'E') {
            if self.eat(b'Q') {
                // A constraint decides about overloads and is not printed.
                self.expression()?;
                continue;
            }
            args.push(self.deeper(Self::arg)?);
        }
        Some(self.add(Node::Args(args)))
    }

    pub(super) fn arg(&mut self) -> Option<Id> {
        match (self.peek(), self.peek_at(1)) {
            (b'X', _) => {
                self.at += 1;
                let value = self.expression()?;
                self.expect(b'E')?;
                Some(value)
            }
            (b'J', _) => {
                self.at += 1;
                let args = self.until_end(|this| this.deeper(Self::arg))?;
                Some(self.add(Node::ArgPack(args)))
            }
            (b'L', b'Z') => {
                self.at += 2;
                let of = self.encoding()?;
                self.expect(b'E')?;
                Some(of)
            }
            (b'L', _) => self.primary(),
            (b'T', b'y' | b'n' | b't' | b'p' | b'k') => {
                self.head()?;
                self.arg()
            }
            _ => self.type_(),
        }
    }

    /// `T_`, `T0_`, `TL0__`.
    pub(super) fn template_parameter(&mut self) -> Option<Id> {
        self.expect(b'T')?;
        let level = if self.eat(b'L') { self.index()? + 1 } else { 0 };
        let index = self.index()?;
        Some(self.add(Node::Parameter(level, index)))
    }

    pub(super) fn is_head(&self) -> bool {
        self.peek() == b'T' && matches!(self.peek_at(1), b'y' | b'n' | b't' | b'p' | b'k')
    }

    /// The declaration of a lambda's template parameter.
    pub(super) fn head(&mut self) -> Option<Id> {
        self.deeper(Self::head_here)
    }

    fn head_here(&mut self) -> Option<Id> {
        self.expect(b'T')?;
        let kind = self.peek();
        self.at += 1;
        match kind {
            b'y' => {
                let name = self.synthesise(0, "$T");
                Some(self.add(Node::Head("typename ".into(), None, name)))
            }
            b'k' => {
                let constraint = self.name(None)?;
                let name = self.synthesise(0, "$T");
                Some(self.add(Node::Head("".into(), Some(constraint), name)))
            }
            b'n' => {
                let name = self.synthesise(1, "$N");
                let of = self.type_()?;
                Some(self.add(Node::Head("".into(), Some(of), name)))
            }
            b't' => {
                let name = self.synthesise(2, "$TT");
                let heads = self.until_end(|this| if this.eat(b'Q') { this.expression() } else { this.head() })?;
                Some(self.add(Node::TemplateHead(heads, name)))
            }
            b'p' => {
                let inner = self.head()?;
                Some(self.add(Node::PackHead(inner)))
            }
            _ => None,
        }
    }

    /// A name for a parameter that has none in the mangled name.
    fn synthesise(&mut self, kind: usize, prefix: &str) -> Id {
        let number = self.synthesised.get(kind).copied().unwrap_or(0);
        if let Some(next) = self.synthesised.get_mut(kind) {
            *next += 1;
        }
        self.add(Node::Text(format!("{prefix}{number}").into()))
    }
}
