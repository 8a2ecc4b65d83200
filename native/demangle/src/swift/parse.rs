//! The stack machine: the name's bytes, the stack, the substitutions.

use std::borrow::Cow;

use super::node::{Arena, Id, Kind, Node};

/// Nodes and stack entries that a name may need. Real names need a few hundred.
pub(super) const MAX_NODES: usize = 1 << 16;

/// A name taken apart.
#[derive(Debug)]
pub(super) struct Parsed<'a> {
    pub(super) arena: Arena<'a>,
    /// What was made of the function, the outermost first.
    pub(super) attributes: Vec<Id>,
    /// The function, or the other thing that has a name.
    pub(super) entity: Id,
}

/// Takes a name apart, its prefix gone already; `old` for `_T0`, whose labels are part of the tuple of parameters.
pub(super) fn parse(body: &str, old: bool) -> Option<Parsed<'_>> {
    let mut parser = Parser::new(body, old);
    while parser.at < body.len() {
        // IRGen and LLVM number copies with `.12`; what follows a full stop is not mangled.
        if parser.peek() == b'.' {
            break;
        }
        let node = parser.operator()?;
        parser.push(node)?;
    }
    let mut attributes = Vec::new();
    while let Some(attribute) = parser.pop_if(|kind| matches!(kind, Kind::Attribute(..))) {
        attributes.push(attribute);
    }
    let &[entity] = parser.stack.as_slice() else { return None };
    // A name of nothing else is a part of a name.
    let kind = parser.arena.kind(entity);
    let whole = kind.is_entity() && !matches!(kind, Kind::Module | Kind::Extension | Kind::Anonymous);
    if !whole && !matches!(kind, Kind::Phrase(_) | Kind::Phrase2(..)) {
        return None;
    }
    Some(Parsed { arena: parser.arena, attributes, entity })
}

/// A name being taken apart. Its methods are spread over the files of this folder, by subject.
pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    /// Whether labels are part of the tuple of parameters, as they were before Swift 4.2.
    pub(super) old: bool,
    pub(super) arena: Arena<'a>,
    stack: Vec<Id>,
    pub(super) substitutions: Vec<Id>,
    /// Words of identifiers, which later identifiers may repeat.
    pub(super) words: Vec<&'a str>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str, old: bool) -> Self {
        Self { text, at: 0, old, arena: Arena::default(), stack: vec![], substitutions: vec![], words: vec![] }
    }

    /// The next byte; 0 at the end.
    pub(super) fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    /// Takes the next byte; 0 at the end.
    pub(super) fn next(&mut self) -> u8 {
        let byte = self.peek();
        self.at = (self.at + 1).min(self.text.len());
        byte
    }

    pub(super) fn next_if(&mut self, byte: u8) -> bool {
        let is = self.peek() == byte;
        self.at += usize::from(is);
        is
    }

    /// A decimal number; `None` if it is missing or too large.
    pub(super) fn natural(&mut self) -> Option<usize> {
        let digits = self.text.as_bytes()[self.at..].iter().take_while(|b| b.is_ascii_digit()).count();
        let number = self.text.get(self.at..self.at + digits)?.parse::<u32>().ok()?;
        self.at += digits;
        usize::try_from(number).ok()
    }

    /// `_` is 0, `0_` is 1.
    pub(super) fn index(&mut self) -> Option<u64> {
        if self.next_if(b'_') {
            return Some(0);
        }
        let number = self.natural()?;
        self.next_if(b'_').then_some(number as u64 + 1)
    }

    pub(super) fn push(&mut self, id: Id) -> Option<()> {
        if self.stack.len() >= MAX_NODES || self.arena.len() >= MAX_NODES {
            return None;
        }
        self.stack.push(id);
        Some(())
    }

    pub(super) fn pop(&mut self) -> Option<Id> {
        self.stack.pop()
    }

    pub(super) fn pop_if(&mut self, wanted: impl FnOnce(Kind) -> bool) -> Option<Id> {
        let top = *self.stack.last()?;
        if !wanted(self.arena.kind(top)) {
            return None;
        }
        self.stack.pop()
    }

    pub(super) fn pop_kind(&mut self, kind: Kind) -> Option<Id> {
        self.pop_if(|found| found == kind)
    }

    pub(super) fn pop_type(&mut self) -> Option<Id> {
        self.pop_if(Kind::is_type)
    }

    pub(super) fn pop_name(&mut self) -> Option<Id> {
        self.pop_if(Kind::is_name)
    }

    pub(super) fn pop_entity(&mut self) -> Option<Id> {
        self.pop_if(Kind::is_entity)
    }

    pub(super) fn node(&mut self, kind: Kind, children: Vec<Id>) -> Id {
        self.whole(kind, Cow::Borrowed(""), 0, children)
    }

    pub(super) fn text_node(&mut self, kind: Kind, text: impl Into<Cow<'a, str>>) -> Id {
        self.whole(kind, text.into(), 0, vec![])
    }

    pub(super) fn numbered(&mut self, kind: Kind, number: u64, children: Vec<Id>) -> Id {
        self.whole(kind, Cow::Borrowed(""), number, children)
    }

    fn whole(&mut self, kind: Kind, text: Cow<'a, str>, number: u64, children: Vec<Id>) -> Id {
        self.arena.push(Node { kind, text, number, children })
    }

    pub(super) fn substitutable(&mut self, id: Id) -> Id {
        self.substitutions.push(id);
        id
    }

    /// Pops a list: nothing if it is empty, else what `item` pops, until the mark before the first.
    pub(super) fn pop_list(&mut self, mut item: impl FnMut(&mut Self) -> Option<Id>) -> Option<Vec<Id>> {
        let mut list = Vec::new();
        if self.pop_kind(Kind::EmptyList).is_none() {
            loop {
                let first = self.pop_kind(Kind::First).is_some();
                list.push(item(self)?);
                if first {
                    break;
                }
            }
            list.reverse();
        }
        Some(list)
    }

    pub(super) fn pop_type_list(&mut self) -> Option<Id> {
        let types = self.pop_list(Self::pop_type)?;
        Some(self.node(Kind::TypeList, types))
    }

    /// A module: an identifier that stands where one must be is one.
    pub(super) fn pop_module(&mut self) -> Option<Id> {
        match self.pop_kind(Kind::Identifier) {
            Some(name) => {
                let text = self.arena.get(name).text.clone();
                Some(self.text_node(Kind::Module, text))
            }
            None => self.pop_kind(Kind::Module),
        }
    }

    pub(super) fn pop_context(&mut self) -> Option<Id> {
        match self.pop_module() {
            Some(module) => Some(module),
            None => self.pop_if(|kind| kind.is_context() || kind == Kind::Bound),
        }
    }
}
