//! Functions, initializers, variables and their accessors, closures.

use super::node::{Id, Kind};
use super::parse::Parser;

/// The accessors whose letters are the same in the mangling before Swift 4 and since.
pub(super) fn accessor(letter: u8) -> Option<&'static str> {
    Some(match letter {
        b'g' | b'G' => "getter",
        b's' => "setter",
        b'm' => "materializeForSet",
        b'w' => "willset",
        b'W' => "didset",
        b'r' => "read",
        b'M' => "modify",
        _ => return None,
    })
}

impl Parser<'_> {
    pub(super) fn function(&mut self) -> Option<Id> {
        let signature = self.pop_kind(Kind::Signature);
        let mut of = self.function_type("")?;
        let labels = self.pop_labels(Some(of));
        if let Some(signature) = signature {
            of = self.node(Kind::Generic, vec![signature, of]);
        }
        let name = self.pop_name()?;
        let context = self.pop_context()?;
        let labels = self.labels_or_none(labels);
        Some(self.node(Kind::Function, vec![context, name, labels, of]))
    }

    /// First stands for labels that are not there.
    fn labels_or_none(&mut self, labels: Option<Id>) -> Id {
        labels.unwrap_or_else(|| self.node(Kind::First, vec![]))
    }

    /// What follows an `f`.
    pub(super) fn function_entity(&mut self) -> Option<Id> {
        match self.next() {
            b'C' => self.initializer("__allocating_init"),
            b'c' => self.initializer("init"),
            b'D' => self.member("__deallocating_deinit"),
            b'Z' => self.member("__isolated_deallocating_deinit"),
            b'd' => self.member("deinit"),
            b'E' => self.member("__ivar_destroyer"),
            b'e' => self.member("__ivar_initializer"),
            b'i' => self.part_of("variable initialization expression"),
            b'P' => self.part_of("property wrapper backing initializer"),
            b'W' => self.part_of("property wrapper init from projected value"),
            b'A' => {
                let number = self.index()?;
                let context = self.pop_context()?;
                Some(self.numbered(Kind::Of("default argument "), number, vec![context]))
            }
            b'U' => self.closure("closure #"),
            b'u' => self.closure("implicit closure #"),
            _ => None,
        }
    }

    fn initializer(&mut self, name: &'static str) -> Option<Id> {
        let private = self.pop_kind(Kind::Private);
        let of = self.pop_type()?;
        let labels = self.pop_labels(Some(of));
        let context = self.pop_context()?;
        let labels = self.labels_or_none(labels);
        let mut children = vec![context, labels, of];
        children.extend(private);
        Some(self.node(Kind::Initializer(name), children))
    }

    fn member(&mut self, name: &'static str) -> Option<Id> {
        let context = self.pop_context()?;
        Some(self.node(Kind::Member(name), vec![context]))
    }

    fn part_of(&mut self, words: &'static str) -> Option<Id> {
        let context = self.pop_context()?;
        Some(self.node(Kind::Of(words), vec![context]))
    }

    fn closure(&mut self, words: &'static str) -> Option<Id> {
        let number = self.index()?;
        self.pop_type()?;
        let context = self.pop_context()?;
        Some(self.numbered(Kind::Closure(words), number, vec![context]))
    }

    pub(super) fn variable(&mut self) -> Option<Id> {
        let of = self.pop_type()?;
        self.pop_labels(Some(of));
        let name = self.pop_name()?;
        let context = self.pop_context()?;
        let variable = self.node(Kind::Variable, vec![context, name]);
        self.accessor(variable)
    }

    pub(super) fn subscript(&mut self) -> Option<Id> {
        self.pop_kind(Kind::Private);
        let of = self.pop_type()?;
        let labels = self.pop_labels(Some(of));
        let context = self.pop_context()?;
        let labels = self.labels_or_none(labels);
        let subscript = self.node(Kind::Subscript, vec![context, labels, of]);
        self.accessor(subscript)
    }

    fn accessor(&mut self, storage: Id) -> Option<Id> {
        let name = match self.next() {
            b'y' => "read2",
            b'x' => "modify2",
            b'b' => "borrow",
            b'z' => "mutate",
            b'i' => "init",
            b'a' => match self.next() {
                b'O' => "owningMutableAddressor",
                b'o' => "nativeOwningMutableAddressor",
                b'P' => "nativePinningMutableAddressor",
                b'u' => "unsafeMutableAddressor",
                _ => return None,
            },
            b'l' => match self.next() {
                b'O' => "owningAddressor",
                b'o' => "nativeOwningAddressor",
                b'p' => "nativePinningAddressor",
                b'u' => "unsafeAddressor",
                _ => return None,
            },
            b'p' => return Some(storage),
            letter => accessor(letter)?,
        };
        Some(self.node(Kind::Member(name), vec![storage]))
    }
}
