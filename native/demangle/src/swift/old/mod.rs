//! Names of Swift 3 and earlier: `_TFC4main3Foo3runfT_T_`; and types as the Objective-C run-time still has them:
//! `_TtC4main3Foo`.
//!
//! This mangling is in prefix notation: a letter says what follows. It is read by recursive descent, bounded in depth, into
//! the nodes that the names of later versions have, and printed as those are. The text of a name is read once from left
//! to right, so that reading is linear; substitutions make a graph of the nodes, and printing is bounded for that.

mod entity;
mod generics;
mod global;
mod impl_function;
mod name;
mod specialization;
mod types;

use super::node::{Id, Kind};
use super::parse::{MAX_NODES, Parsed, Parser};

/// How deeply the grammar's rules may recurse. A type takes three levels.
const MAX_DEPTH: u32 = 200;

/// Reads a name, `_T` already removed.
pub(super) fn parse(body: &str) -> Option<Parsed<'_>> {
    let mut reader = Reader { parser: Parser::new(body, true), depth: 0 };
    let attributes = reader.attributes()?;
    // Later passes of the compiler append to the names of functions: `.resume`, `_merged`.
    let is_type = reader.parser.peek() == b't';
    let entity = reader.symbol()?;
    let rest = &body[reader.parser.at..];
    if !rest.is_empty() && (is_type || !rest.starts_with(['.', '_'])) {
        return None;
    }
    let kind = reader.parser.arena.kind(entity);
    if !kind.is_entity() && !matches!(kind, Kind::Phrase(_) | Kind::Phrase2(..)) {
        return None;
    }
    Some(Parsed { arena: reader.parser.arena, attributes, entity })
}

/// A name that is being read. The rules are methods in the files of this folder, by subject.
struct Reader<'a> {
    /// The text, the nodes and the substitutions. Its stack is not used.
    parser: Parser<'a>,
    depth: u32,
}

impl Reader<'_> {
    /// Applies a rule that may contain itself.
    fn nested<T>(&mut self, rule: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth >= MAX_DEPTH || self.parser.arena.len() >= MAX_NODES {
            return None;
        }
        self.depth += 1;
        let result = rule(self);
        self.depth -= 1;
        result
    }

    fn next(&mut self) -> u8 {
        self.parser.next()
    }

    fn peek(&self) -> u8 {
        self.parser.peek()
    }

    fn next_if(&mut self, byte: u8) -> bool {
        self.parser.next_if(byte)
    }

    /// Takes a text of several letters, if it is what follows.
    fn next_if_text(&mut self, text: &str) -> bool {
        let is = self.parser.text[self.parser.at..].starts_with(text);
        if is {
            self.parser.at += text.len();
        }
        is
    }

    fn node(&mut self, kind: Kind, children: Vec<Id>) -> Id {
        self.parser.node(kind, children)
    }

    /// Reads items until the underscore that ends them.
    fn until_underscore(&mut self, mut item: impl FnMut(&mut Self) -> Option<Id>) -> Option<Vec<Id>> {
        let mut items = Vec::new();
        while !self.next_if(b'_') {
            items.push(item(self)?);
        }
        Some(items)
    }
}

#[cfg(test)]
mod tests;
