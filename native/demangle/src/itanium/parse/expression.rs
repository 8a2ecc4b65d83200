//! Expressions: in types, and as template arguments.

use super::super::node::{Id, Node};
use super::Parser;
use super::operator::Kind;

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Option<Id> {
        self.deeper(Self::expression_here)
    }

    fn expression_here(&mut self) -> Option<Id> {
        let is_global = self.eat_text("gs");
        match (self.peek(), self.peek_at(1)) {
            (b'L', _) => return self.primary(),
            (b'T', b'_' | b'0'..=b'9' | b'L') => return self.template_parameter(),
            (b'f', b'p') | (b'f', b'L') if self.peek_at(1) == b'p' || self.peek_at(2).is_ascii_digit() => {
                return self.function_parameter();
            }
            (b'f', b'l' | b'r' | b'L' | b'R') => return self.fold(),
            (b'1'..=b'9', _) | (b'o', b'n') | (b'd', b'n') | (b's', b'r') => return self.unresolved(is_global),
            (b'u', _) => {
                self.at += 1;
                let name = self.source_name()?;
                let args = self.until_end(|this| match this.peek() {
                    b'1'..=b'9' | b'L' | b'T' => this.arg(),
                    _ => this.deeper(Self::arg),
                })?;
                return Some(self.add(Node::Call(name, args)));
            }
            _ => {}
        }
        if let Some(special) = self.special_expression()? {
            return Some(special);
        }
        let (code, kind, text) = self.operator()?;
        self.at += 2;
        Some(match kind {
            Kind::Unary => {
                let of = self.expression()?;
                self.add(Node::Unary(text, of))
            }
            Kind::Postfix => {
                let in_front = self.eat(b'_');
                let of = self.expression()?;
                self.add(if in_front { Node::Unary(text, of) } else { Node::Postfix(of, text) })
            }
            Kind::Binary => {
                let (left, right) = (self.expression()?, self.expression()?);
                self.add(Node::Binary(left, text, right))
            }
            Kind::Access => {
                let (left, right) = (self.expression()?, self.expression()?);
                self.add(Node::Access(left, text, right))
            }
            Kind::Subscript => {
                let (of, at) = (self.expression()?, self.expression()?);
                self.add(Node::Subscript(of, at))
            }
            Kind::Call => {
                let function = self.expression()?;
                let args = self.until_end(Self::expression)?;
                self.add(Node::Call(function, args))
            }
            Kind::Conditional => {
                let parts = (self.expression()?, self.expression()?, self.expression()?);
                self.add(Node::Conditional(parts.0, parts.1, parts.2))
            }
            Kind::NamedCast => {
                let (to, of) = (self.type_()?, self.expression()?);
                self.add(Node::NamedCast(text, to, of))
            }
            Kind::Of => {
                let of = if matches!(code, b"st" | b"at" | b"ti") { self.type_()? } else { self.expression()? };
                let of = self.add(Node::Around("(", of, ")"));
                self.add(Node::Words(text, of))
            }
            Kind::Delete => {
                let of = self.expression()?;
                let word = if code == b"da" { "delete[] " } else { "delete " };
                self.add(Node::Words(word, of))
            }
            Kind::New => {
                let placement = {
                    let mut parts = Vec::new();
                    while !self.eat(b'_') {
                        parts.push(self.expression()?);
                    }
                    parts
                };
                let of = self.type_()?;
                let init = if self.eat_text("pi") { Some(self.until_end(Self::expression)?) } else { None };
                if init.is_none() {
                    self.expect(b'E')?;
                }
                self.add(Node::New { words: if code == b"na" { "new[]" } else { "new" }, placement, of, init })
            }
        })
    }

    /// Expressions whose code is no operator's.
    fn special_expression(&mut self) -> Option<Option<Id>> {
        if self.eat_text("cv") {
            let may_have_args = std::mem::replace(&mut self.may_have_args, false);
            let to = self.type_();
            self.may_have_args = may_have_args;
            let to = to?;
            let values = if self.eat(b'_') { self.until_end(Self::expression)? } else { vec![self.expression()?] };
            return Some(Some(self.add(Node::Cast(to, values))));
        }
        if self.eat_text("tl") {
            let of = self.type_()?;
            let items = self.until_end(Self::braced)?;
            return Some(Some(self.add(Node::Braces(Some(of), items))));
        }
        if self.eat_text("il") {
            let items = self.until_end(Self::braced)?;
            return Some(Some(self.add(Node::Braces(None, items))));
        }
        if self.eat_text("sp") {
            let pattern = self.expression()?;
            return Some(Some(self.add(Node::Expansion(pattern))));
        }
        if self.eat_text("sZ") {
            let pack = if self.peek() == b'T' { self.template_parameter()? } else { self.function_parameter()? };
            let all = self.add(Node::Expansion(pack));
            return Some(Some(self.add(Node::Around("sizeof...(", all, ")"))));
        }
        if self.eat_text("sP") {
            let args = self.until_end(|this| this.deeper(Self::arg))?;
            let list = self.add(Node::ArgPack(args));
            return Some(Some(self.add(Node::Around("sizeof...(", list, ")"))));
        }
        if self.eat_text("tw") {
            let of = self.expression()?;
            return Some(Some(self.add(Node::Words("throw ", of))));
        }
        if self.eat_text("tr") {
            return Some(Some(self.text("throw")));
        }
        if self.eat_text("so") {
            // A part of an object, by type and offset: the object identifies it.
            self.type_()?;
            let of = self.expression()?;
            self.signed();
            while self.eat(b'_') {
                self.digits();
            }
            self.eat(b'p');
            self.expect(b'E')?;
            return Some(Some(of));
        }
        Some(None)
    }

    /// An item of a list in braces; designators are rare, and not read.
    fn braced(&mut self) -> Option<Id> {
        self.expression()
    }

    fn function_parameter(&mut self) -> Option<Id> {
        if self.eat_text("fpT") {
            return Some(self.text("this"));
        }
        if self.eat_text("fL") {
            self.digits();
            self.expect(b'p')?;
        } else if !self.eat_text("fp") {
            return None;
        }
        self.quals();
        let number = self.index()?;
        Some(self.add(Node::FunctionParameter(number + 1)))
    }

    fn fold(&mut self) -> Option<Id> {
        self.expect(b'f')?;
        let code = self.peek();
        self.at += 1;
        let (_, kind, operator) = self.operator()?;
        matches!(kind, Kind::Binary | Kind::Access | Kind::Unary).then_some(())?;
        self.at += 2;
        let first = self.expression()?;
        let second = if matches!(code, b'L' | b'R') { Some(self.expression()?) } else { None };
        // With two operands the pack is on the side that is folded from.
        let (pack, init) = match (code, second) {
            (b'L', Some(second)) => (second, Some(first)),
            (_, second) => (first, second),
        };
        Some(self.add(Node::Fold { left: matches!(code, b'l' | b'L'), operator, pack, init }))
    }

    /// A name that depends on template parameters.
    fn unresolved(&mut self, is_global: bool) -> Option<Id> {
        if !self.eat_text("sr") {
            let name = self.base_name()?;
            return Some(if is_global { self.add(Node::Words("::", name)) } else { name });
        }
        let mut scope = if self.eat(b'N') {
            let mut scope = self.unresolved_type()?;
            while !self.eat(b'E') {
                let part = self.simple_id()?;
                scope = self.add(Node::Qualified(scope, part));
            }
            scope
        } else if self.peek().is_ascii_digit() {
            let mut scope = self.simple_id()?;
            if is_global {
                scope = self.add(Node::Words("::", scope));
            }
            while !self.eat(b'E') {
                let part = self.simple_id()?;
                scope = self.add(Node::Qualified(scope, part));
            }
            scope
        } else {
            let scope = self.unresolved_type()?;
            if self.peek() == b'I' {
                let args = self.args()?;
                self.add(Node::Templated(scope, args))
            } else {
                scope
            }
        };
        let name = self.base_name()?;
        scope = self.add(Node::Qualified(scope, name));
        Some(scope)
    }

    fn unresolved_type(&mut self) -> Option<Id> {
        let read = match (self.peek(), self.peek_at(1)) {
            (b'T', _) => self.template_parameter()?,
            (b'D', b't' | b'T') => self.decltype()?,
            (b'S', b't') => {
                self.at += 2;
                let scope = self.text("std");
                self.unqualified(None, Some(scope))?
            }
            _ => return self.substitution(),
        };
        Some(self.remember(read))
    }

    fn simple_id(&mut self) -> Option<Id> {
        let name = self.source_name()?;
        self.maybe_args(name)
    }

    fn maybe_args(&mut self, name: Id) -> Option<Id> {
        if self.peek() != b'I' {
            return Some(name);
        }
        let args = self.args()?;
        Some(self.add(Node::Templated(name, args)))
    }

    fn base_name(&mut self) -> Option<Id> {
        if self.peek().is_ascii_digit() {
            return self.simple_id();
        }
        if self.eat_text("dn") {
            let of = if self.peek().is_ascii_digit() { self.simple_id()? } else { self.unresolved_type()? };
            return Some(self.add(Node::Words("~", of)));
        }
        self.eat_text("on");
        let name = self.operator_name(None)?;
        self.maybe_args(name)
    }
}
