//! Names of functions and data, with their scopes.

use super::super::node::{Id, Node, Quals, Tail};
use super::{NameState, Parser};

impl<'a> Parser<'a> {
    /// A function with its parameters, or data, or one of the special names.
    pub(super) fn encoding(&mut self) -> Option<Id> {
        self.deeper(Self::encoding_here)
    }

    fn encoding_here(&mut self) -> Option<Id> {
        if matches!(self.peek(), b'G' | b'T') {
            return self.special();
        }
        let mut state = NameState::default();
        let name = self.name(Some(&mut state))?;
        if self.is_end_of_encoding() {
            return Some(name);
        }
        let result = if !state.is_structor && state.ends_with_args { Some(self.type_()?) } else { None };
        let mut params = Vec::new();
        if !self.eat(b'v') {
            while params.is_empty() || !self.is_end_of_encoding() {
                params.push(self.type_()?);
            }
        }
        Some(self.add(Node::Encoding { result, name, params, tail: state.tail }))
    }

    fn is_end_of_encoding(&self) -> bool {
        self.at == self.text.len() || matches!(self.peek(), b'E' | b'.' | b'_' | b'@')
    }

    pub(super) fn name(&mut self, mut state: Option<&mut NameState>) -> Option<Id> {
        match (self.peek(), self.peek_at(1)) {
            (b'N', _) => return self.nested(state),
            (b'Z', _) => return self.local(state),
            (b'S', second) if second != b't' => {
                let template = self.substitution()?;
                if self.peek() != b'I' {
                    return None;
                }
                return self.with_args(template, state.as_deref_mut());
            }
            _ => {}
        }
        let is_std = self.eat_text("St");
        let scope = is_std.then(|| self.text("std"));
        let name = self.unqualified(state.as_deref_mut(), scope)?;
        if self.peek() != b'I' {
            return Some(name);
        }
        self.remember(name);
        self.with_args(name, state)
    }

    /// A template's name and its arguments.
    fn with_args(&mut self, template: Id, state: Option<&mut NameState>) -> Option<Id> {
        let args = self.args()?;
        if let Some(state) = state {
            state.ends_with_args = true;
        }
        Some(self.add(Node::Templated(template, args)))
    }

    fn nested(&mut self, mut state: Option<&mut NameState>) -> Option<Id> {
        self.expect(b'N')?;
        // An explicit object parameter is not printed.
        self.eat(b'H');
        let quals = self.quals();
        let reference = self.reference_qualifier();
        if let Some(state) = state.as_deref_mut() {
            state.tail = Tail { quals, reference };
        }
        let mut scope: Option<Id> = None;
        while !self.eat(b'E') {
            if let Some(state) = state.as_deref_mut() {
                state.ends_with_args = false;
            }
            let next = match (self.peek(), self.peek_at(1), scope) {
                (b'T', _, None) => self.template_parameter()?,
                (b'I', _, Some(template)) => {
                    if matches!(self.node(template), Some(Node::Templated(..))) {
                        return None;
                    }
                    self.with_args(template, state.as_deref_mut())?
                }
                (b'D', b't' | b'T', None) => self.decltype()?,
                (b'S', b't', None) => {
                    self.at += 2;
                    scope = Some(self.text("std"));
                    continue;
                }
                (b'S', _, None) => {
                    scope = Some(self.substitution()?);
                    continue;
                }
                _ => self.unqualified(state.as_deref_mut(), scope)?,
            };
            scope = Some(self.remember(next));
            // Before the scope of a member's initialiser.
            self.eat(b'M');
        }
        // The caller adds the whole to the substitutions.
        self.substitutions.pop()?;
        scope
    }

    fn local(&mut self, state: Option<&mut NameState>) -> Option<Id> {
        self.expect(b'Z')?;
        let function = self.encoding()?;
        self.expect(b'E')?;
        if self.eat(b's') {
            self.discriminator();
            let text = self.text("string literal");
            return Some(self.add(Node::Local(function, text)));
        }
        if self.eat(b'd') {
            let number = self.index()?;
            let inner = self.deeper(|this| this.name(state))?;
            let argument = self.add(Node::DefaultArgument(number + 1, inner));
            return Some(self.add(Node::Local(function, argument)));
        }
        let inner = self.deeper(|this| this.name(state))?;
        self.discriminator();
        Some(self.add(Node::Local(function, inner)))
    }

    /// Which of several of the same name: not printed.
    fn discriminator(&mut self) {
        let start = self.at;
        if self.eat_text("__") {
            if !self.digits().is_empty() && self.eat(b'_') {
                return;
            }
        } else if self.eat(b'_') && self.peek().is_ascii_digit() {
            self.at += 1;
            return;
        }
        self.at = start;
    }

    pub(super) fn quals(&mut self) -> Quals {
        Quals { restrict: self.eat(b'r'), volatile: self.eat(b'V'), konst: self.eat(b'K') }
    }

    pub(super) fn reference_qualifier(&mut self) -> &'static str {
        if self.eat(b'R') {
            "&"
        } else if self.eat(b'O') {
            "&&"
        } else {
            ""
        }
    }

    /// The last part of a name, in its scope.
    pub(super) fn unqualified(&mut self, state: Option<&mut NameState>, mut scope: Option<Id>) -> Option<Id> {
        // A friend, and what only its own file sees.
        self.eat(b'F');
        self.eat(b'L');
        let mut name = match (self.peek(), self.peek_at(1)) {
            (b'1'..=b'9', _) => self.source_name()?,
            (b'U', _) => self.unnamed()?,
            (b'D', b'C') => {
                self.at += 2;
                let names = self.until_end(Self::source_name)?;
                self.add(Node::Binding(names))
            }
            (b'C', _) | (b'D', b'0' | b'1' | b'2' | b'4' | b'5') => {
                if let Some(state) = state {
                    state.is_structor = true;
                }
                let class = self.written_out(scope?);
                scope = Some(class);
                self.structor(class)?
            }
            _ => self.operator_name(state)?,
        };
        while self.eat(b'B') {
            let tag = self.identifier()?;
            name = self.add(Node::Tagged(name, tag));
        }
        Some(match scope {
            Some(scope) => self.add(Node::Qualified(scope, name)),
            None => name,
        })
    }

    pub(super) fn source_name(&mut self) -> Option<Id> {
        let name = self.identifier()?;
        if name.starts_with("_GLOBAL__N") {
            return Some(self.text("(anonymous namespace)"));
        }
        Some(self.add(Node::Text(name.into())))
    }

    /// A class of the standard library by the name that its constructors have: `std::string` is one by another name.
    fn written_out(&mut self, class: Id) -> Id {
        let (name, args) = match self.node(class) {
            Some(Node::Text(text)) => match text.as_ref() {
                "std::string" => ("std::basic_string", "<char, std::char_traits<char>, std::allocator<char> >"),
                "std::istream" => ("std::basic_istream", "<char, std::char_traits<char> >"),
                "std::ostream" => ("std::basic_ostream", "<char, std::char_traits<char> >"),
                "std::iostream" => ("std::basic_iostream", "<char, std::char_traits<char> >"),
                _ => return class,
            },
            _ => return class,
        };
        let (name, args) = (self.text(name), self.text(args));
        self.add(Node::Templated(name, args))
    }

    /// A constructor or destructor: of all kinds, and those that are inherited.
    fn structor(&mut self, class: Id) -> Option<Id> {
        let is_destructor = self.eat(b'D');
        let is_inherited = !is_destructor && self.eat(b'C') && self.eat(b'I');
        self.peek().is_ascii_digit().then_some(())?;
        self.at += 1;
        if is_inherited {
            self.name(None)?;
        }
        Some(self.add(Node::Structor(class, is_destructor)))
    }

    /// An earlier part, or one of the standard library's names.
    pub(super) fn substitution(&mut self) -> Option<Id> {
        self.expect(b'S')?;
        let standard = match self.peek() {
            b'a' => "std::allocator",
            b'b' => "std::basic_string",
            b's' => "std::string",
            b'i' => "std::istream",
            b'o' => "std::ostream",
            b'd' => "std::iostream",
            _ => "",
        };
        if !standard.is_empty() {
            self.at += 1;
            let mut name = self.text(standard);
            if self.peek() == b'B' {
                while self.eat(b'B') {
                    let tag = self.identifier()?;
                    name = self.add(Node::Tagged(name, tag));
                }
                self.remember(name);
            }
            return Some(name);
        }
        let mut number = 0usize;
        if !self.eat(b'_') {
            while !self.eat(b'_') {
                let digit = char::from(self.peek()).to_digit(36).filter(|_| !self.peek().is_ascii_lowercase())?;
                number = number.checked_mul(36)?.checked_add(digit as usize)?;
                self.at += 1;
            }
            number += 1;
        }
        self.substitutions.get(number).copied()
    }
}
