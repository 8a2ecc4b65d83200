//! The grammar of mangled names, one function for each of its rules.

mod expression;
mod literal;
mod name;
mod operator;
mod special;
mod template;
mod types;
mod unnamed;

use super::node::{Id, Node};

/// How deeply the parser may recurse. Real names with templates in templates need about 150; the stack that this takes is
/// well below the 2 MiB that a thread has.
const MAX_DEPTH: u32 = 192;

/// A parsed name: its nodes, and the one to print.
pub(super) struct Parsed<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) root: Id,
}

/// What has been read of a name and decides what follows it.
#[derive(Default)]
struct NameState {
    /// A constructor, destructor or conversion operator has no result type.
    is_structor: bool,
    ends_with_args: bool,
    tail: super::node::Tail,
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    nodes: Vec<Node<'a>>,
    substitutions: Vec<Id>,
    /// Whether arguments may follow a type's name.
    may_have_args: bool,
    /// Numbers of the names that template parameters of lambdas get: types, values, templates.
    synthesised: [usize; 3],
    depth: u32,
}

/// Parse a name that begins with `_Z`, or with more underscores where a linker or a block put them.
pub(super) fn parse(name: &str) -> Option<Parsed<'_>> {
    let bare = name.trim_start_matches('_');
    let mut parser = Parser {
        text: bare,
        at: 0,
        nodes: Vec::new(),
        substitutions: Vec::new(),
        may_have_args: true,
        synthesised: [0; 3],
        depth: 0,
    };
    let root = parser.mangled_name()?;
    (parser.at == bare.len()).then_some(Parsed { nodes: parser.nodes, root })
}

impl<'a> Parser<'a> {
    fn mangled_name(&mut self) -> Option<Id> {
        self.expect(b'Z')?;
        let mut root = self.encoding()?;
        if self.eat_text("_block_invoke") {
            self.eat(b'_');
            self.digits();
            root = self.add(Node::Words("invocation function for block in ", root));
        }
        let rest = self.rest();
        let (clones, version) = rest.split_at(rest.find('@').unwrap_or(rest.len()));
        if clones.starts_with('.') {
            root = self.add(Node::Clones(root, clones));
        } else if !clones.is_empty() {
            return None;
        }
        if !version.is_empty() {
            root = self.add(Node::Version(root, version));
        }
        self.at = self.text.len();
        Some(root)
    }

    fn add(&mut self, node: Node<'a>) -> Id {
        self.nodes.push(node);
        // A node takes a byte of the name at least, nearly always.
        Id::try_from(self.nodes.len() - 1).unwrap_or(0)
    }

    fn text(&mut self, text: &'static str) -> Id {
        self.add(Node::Text(text.into()))
    }

    fn node(&self, id: Id) -> Option<&Node<'a>> {
        self.nodes.get(id as usize)
    }

    /// Remember a part that a substitution may stand for.
    fn remember(&mut self, id: Id) -> Id {
        self.substitutions.push(id);
        id
    }

    /// One level deeper.
    fn deeper<T>(&mut self, work: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let done = work(self);
        self.depth -= 1;
        done
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> u8 {
        self.peek_at(0)
    }

    fn peek_at(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    fn eat(&mut self, byte: u8) -> bool {
        let is = self.peek() == byte && self.at < self.text.len();
        self.at += usize::from(is);
        is
    }

    fn eat_text(&mut self, text: &str) -> bool {
        let is = self.rest().starts_with(text);
        self.at += if is { text.len() } else { 0 };
        is
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.eat(byte).then_some(())
    }

    /// Decimal digits; they may be none.
    fn digits(&mut self) -> &'a str {
        let rest = self.rest();
        let count = rest.bytes().take_while(u8::is_ascii_digit).count();
        self.at += count;
        rest.get(..count).unwrap_or("")
    }

    /// A number as written, `n` in front of a negative one.
    fn signed(&mut self) -> Option<&'a str> {
        let start = self.at;
        self.eat(b'n');
        if self.digits().is_empty() {
            return None;
        }
        self.text.get(start..self.at)
    }

    /// `_` is 0, `0_` is 1, and so on.
    fn index(&mut self) -> Option<usize> {
        let digits = self.digits();
        self.expect(b'_')?;
        if digits.is_empty() { Some(0) } else { digits.parse::<usize>().ok()?.checked_add(1) }
    }

    /// An identifier with its length before it.
    fn identifier(&mut self) -> Option<&'a str> {
        let length: usize = self.digits().parse().ok()?;
        let name = self.rest().get(..length).filter(|name| !name.is_empty())?;
        self.at += length;
        Some(name)
    }

    /// Parts up to an `E`.
    fn until_end(&mut self, part: impl Fn(&mut Self) -> Option<Id>) -> Option<Vec<Id>> {
        let mut parts = Vec::new();
        while !self.eat(b'E') {
            parts.push(part(self)?);
        }
        Some(parts)
    }
}
