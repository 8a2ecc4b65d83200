//! Declarations: functions, initializers, variables and their accessors, closures; and their contexts.

use super::super::entity::accessor;
use super::super::node::{Id, Kind, Nominal};
use super::Reader;

impl Reader<'_> {
    /// A module, a type, an extension or another declaration.
    pub(super) fn context(&mut self) -> Option<Id> {
        self.nested(|reader| match reader.peek() {
            letter @ (b'E' | b'e') => {
                reader.next();
                let module = reader.module()?;
                let signature = if letter == b'e' { Some(reader.signature()?) } else { None };
                let extended = reader.context()?;
                let mut children = vec![module, extended];
                children.extend(signature);
                Some(reader.node(Kind::Extension, children))
            }
            b'S' => {
                reader.next();
                reader.substitution()
            }
            b's' => {
                reader.next();
                Some(reader.standard_library())
            }
            b'G' => {
                reader.next();
                reader.bound()
            }
            b'F' | b'I' | b'v' | b'P' | b'Z' | b'C' | b'V' | b'O' => reader.entity(),
            _ => reader.module(),
        })
    }

    /// A type without its arguments.
    pub(super) fn nominal_type(&mut self) -> Option<Id> {
        match self.next() {
            b'S' => self.substitution(),
            b'V' => self.nominal(Nominal::Structure),
            b'O' => self.nominal(Nominal::Enum),
            b'C' => self.nominal(Nominal::Class),
            b'P' => self.nominal(Nominal::Protocol),
            _ => None,
        }
    }

    pub(super) fn entity(&mut self) -> Option<Id> {
        self.nested(|reader| {
            let is_static = reader.next_if(b'Z');
            let letter = reader.peek();
            if !matches!(letter, b'F' | b'v' | b'I' | b'i') {
                return reader.nominal_type();
            }
            reader.next();
            let context = reader.context()?;
            let entity = reader.member(letter, context)?;
            Some(if is_static { reader.node(Kind::Static, vec![entity]) } else { entity })
        })
    }

    /// A declaration in a context: the letter before gave its kind where the name does not.
    fn member(&mut self, letter: u8, context: Id) -> Option<Id> {
        let accessor = match self.peek() {
            b'D' => return self.untyped("__deallocating_deinit", context),
            b'd' => return self.untyped("deinit", context),
            b'E' => return self.untyped("__ivar_destroyer", context),
            b'e' => return self.untyped("__ivar_initializer", context),
            b'C' => return self.initializer("__allocating_init", context),
            b'c' => return self.initializer("init", context),
            b'U' => return self.closure("closure #", context),
            b'u' => return self.closure("implicit closure #", context),
            b'A' if letter == b'I' => {
                self.next();
                let number = self.parser.index()?;
                return Some(self.parser.numbered(Kind::Of("default argument "), number, vec![context]));
            }
            b'i' if letter == b'I' => {
                self.next();
                return Some(self.node(Kind::Of("variable initialization expression"), vec![context]));
            }
            b'a' => {
                self.next();
                match self.peek() {
                    b'O' => "owningMutableAddressor",
                    b'o' => "nativeOwningMutableAddressor",
                    b'p' => "nativePinningMutableAddressor",
                    b'u' => "unsafeMutableAddressor",
                    _ => return None,
                }
            }
            b'l' => {
                self.next();
                match self.peek() {
                    b'O' => "owningAddressor",
                    b'o' => "nativeOwningAddressor",
                    b'p' => "nativePinningAddressor",
                    b'u' => "unsafeAddressor",
                    _ => return None,
                }
            }
            next => match accessor(next) {
                Some(accessor) => accessor,
                None if letter == b'I' => return None,
                None => return self.named(letter, context),
            },
        };
        self.next();
        let name = self.declared_name()?;
        let storage = self.storage(context, name)?;
        Some(self.node(Kind::Member(accessor), vec![storage]))
    }

    fn untyped(&mut self, name: &'static str, context: Id) -> Option<Id> {
        self.next();
        Some(self.node(Kind::Member(name), vec![context]))
    }

    fn initializer(&mut self, name: &'static str, context: Id) -> Option<Id> {
        self.next();
        let of = self.type_()?;
        let labels = self.labels(of);
        Some(self.node(Kind::Initializer(name), vec![context, labels, of]))
    }

    fn closure(&mut self, words: &'static str, context: Id) -> Option<Id> {
        self.next();
        let number = self.parser.index()?;
        self.type_()?;
        Some(self.parser.numbered(Kind::Closure(words), number, vec![context]))
    }

    fn named(&mut self, letter: u8, context: Id) -> Option<Id> {
        let name = self.declared_name()?;
        if letter != b'F' {
            return self.storage(context, name);
        }
        let of = self.type_()?;
        let labels = self.labels(of);
        Some(self.node(Kind::Function, vec![context, name, labels, of]))
    }

    /// A variable with its type, or a subscript, which is a variable of that name.
    fn storage(&mut self, context: Id, name: Id) -> Option<Id> {
        let of = self.type_()?;
        let node = self.parser.arena.get(name);
        let bare = if node.kind == Kind::Private { node.children.first().copied() } else { Some(name) };
        let is_subscript = bare.is_some_and(|bare| {
            let node = self.parser.arena.get(bare);
            node.kind == Kind::Identifier && node.text == "subscript"
        });
        if !is_subscript {
            return Some(self.node(Kind::Variable, vec![context, name]));
        }
        let labels = self.labels(of);
        Some(self.node(Kind::Subscript, vec![context, labels, of]))
    }

    /// The labels of a function's parameters, which are part of its type.
    fn labels(&mut self, of: Id) -> Id {
        match self.parser.pop_labels(Some(of)) {
            Some(labels) => labels,
            None => self.node(Kind::First, vec![]),
        }
    }
}
