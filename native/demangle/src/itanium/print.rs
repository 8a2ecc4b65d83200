//! A parsed name as text, in the manner of `c++filt`.
//!
//! A declaration in C++ surrounds its name, so that a type is printed in two halves: the part left of the name, and the
//! part right of it. A pattern that is expanded is printed once for each argument of the packs in it.

use super::node::{Id, Node, Quals, Tail};
use super::parse::Parsed;

/// How deeply nodes may be nested when they are printed.
const MAX_DEPTH: u32 = 384;
/// How many nodes are printed at most: shared nodes that print nothing must not take unbounded time either.
const MAX_STEPS: u32 = 1 << 19;
/// No pack is being expanded.
const NO_PACK: usize = usize::MAX;

/// The text of a name, if it is no longer than a limit.
pub(super) fn print(parsed: &Parsed<'_>, limit: usize) -> Option<String> {
    let mut printer = Printer {
        nodes: &parsed.nodes,
        out: String::new(),
        limit,
        depth: 0,
        steps: 0,
        pack_at: NO_PACK,
        pack_size: NO_PACK,
        context: Context::Outside,
    };
    printer.all(parsed.root)?;
    Some(printer.out)
}

pub(super) struct Printer<'p, 'a> {
    nodes: &'p [Node<'a>],
    out: String,
    limit: usize,
    depth: u32,
    steps: u32,
    /// Which argument of the packs is printed, and how many there are.
    pack_at: usize,
    pack_size: usize,
    context: Context<'p>,
}

/// What template parameters stand for.
#[derive(Clone, Copy)]
enum Context<'p> {
    Outside,
    /// The arguments of the function that is printed.
    Function(&'p [Id]),
    /// The template parameters of a lambda; those that were declared as `auto` are none of them.
    Lambda(&'p [Id]),
}

impl<'p, 'a> Printer<'p, 'a> {
    pub(super) fn put(&mut self, text: &str) -> Option<()> {
        if self.out.len() + text.len() > self.limit {
            return None;
        }
        self.out.push_str(text);
        Some(())
    }

    pub(super) fn node(&self, id: Id) -> Option<&'p Node<'a>> {
        self.nodes.get(id as usize)
    }

    /// The node itself, or the argument that it stands for here.
    fn syntax(&mut self, id: Id) -> Option<Id> {
        match self.node(id)? {
            Node::Parameter(level, index) => self.argument(*level, *index).map(|found| found.unwrap_or(id)),
            _ => Some(id),
        }
    }

    /// What a template parameter stands for; `Some(None)` for nothing, such as an empty pack or `auto`.
    fn argument(&mut self, level: usize, index: usize) -> Option<Option<Id>> {
        match self.context {
            Context::Outside => None,
            Context::Function(args) => {
                let arg = *args.get(index).filter(|_| level == 0)?;
                match self.node(arg)? {
                    Node::ArgPack(items) => Some(self.of_pack(items)),
                    _ => Some(Some(arg)),
                }
            }
            Context::Lambda(heads) => {
                let Some(mut head) = heads.get(index).copied() else { return Some(None) };
                while let Node::PackHead(inner) = self.node(head)? {
                    head = *inner;
                }
                match self.node(head)? {
                    Node::Head(.., name) | Node::TemplateHead(_, name) => Some(Some(*name)),
                    _ => None,
                }
            }
        }
    }

    /// Half of what a template parameter stands for. Arguments do not know the parameters that they are for.
    fn parameter(&mut self, level: usize, index: usize, half: fn(&mut Self, Id) -> Option<()>) -> Option<()> {
        if let Some(argument) = self.argument(level, index)? {
            let context = std::mem::replace(&mut self.context, Context::Outside);
            half(self, argument)?;
            self.context = context;
        }
        Some(())
    }

    /// The arguments that a function's own parameters stand for: the last in its name.
    fn args_of(&self, name: Id) -> Option<&'p [Id]> {
        let mut name = name;
        for _ in 0..MAX_DEPTH {
            name = match self.node(name)? {
                Node::Templated(_, args) => match self.node(*args)? {
                    Node::Args(args) => return Some(args),
                    _ => return None,
                },
                Node::Qualified(_, inner) | Node::Local(_, inner) | Node::DefaultArgument(_, inner) => *inner,
                Node::Tagged(inner, _) => *inner,
                _ => return None,
            };
        }
        None
    }

    fn of_pack(&mut self, items: &[Id]) -> Option<Id> {
        if self.pack_size == NO_PACK {
            self.pack_size = items.len();
            self.pack_at = 0;
        }
        items.get(self.pack_at).copied()
    }

    /// Whether a type has an array or a function innermost, whose right half begins behind what points to it.
    fn is_array_or_function(&mut self, id: Id) -> Option<(bool, bool)> {
        let mut id = self.syntax(id)?;
        for _ in 0..MAX_DEPTH {
            match self.node(id)? {
                Node::Array(..) => return Some((true, false)),
                Node::Function { .. } | Node::Encoding { .. } => return Some((false, true)),
                Node::Cv(of, _) | Node::Vendor(of, ..) => id = self.syntax(*of)?,
                _ => return Some((false, false)),
            }
        }
        None
    }

    fn has_right(&mut self, id: Id) -> Option<bool> {
        let mut id = self.syntax(id)?;
        for _ in 0..MAX_DEPTH {
            match self.node(id)? {
                Node::Array(..) | Node::Function { .. } | Node::Encoding { .. } => return Some(true),
                Node::Cv(of, _)
                | Node::Vendor(of, ..)
                | Node::Pointer(of)
                | Node::Reference(of, _)
                | Node::MemberPointer(_, of) => id = self.syntax(*of)?,
                _ => return Some(false),
            }
        }
        None
    }

    pub(super) fn all(&mut self, id: Id) -> Option<()> {
        self.left(id)?;
        self.right(id)
    }

    fn enter(&mut self) -> Option<()> {
        self.depth += 1;
        self.steps += 1;
        (self.depth <= MAX_DEPTH && self.steps <= MAX_STEPS).then_some(())
    }

    fn left(&mut self, id: Id) -> Option<()> {
        self.enter()?;
        let node = self.node(id)?;
        match node {
            Node::Parameter(level, index) => {
                if let Context::Lambda(heads) = self.context
                    && *index >= heads.len()
                {
                    self.put(&format!("auto:{}", index + 1))?;
                }
                self.parameter(*level, *index, Self::left)?;
            }
            Node::Cv(of, quals) => {
                self.left(*of)?;
                self.quals(*quals)?;
            }
            Node::Vendor(of, name, args) => {
                self.left(*of)?;
                self.put(" ")?;
                self.put(name)?;
                if let Some(args) = args {
                    self.all(*args)?;
                }
            }
            Node::Pointer(to) => self.pointer_left(*to, "*")?,
            Node::Reference(..) => {
                let (to, mark) = self.collapsed(id)?;
                self.pointer_left(to, mark)?;
            }
            Node::MemberPointer(class, member) => {
                self.left(*member)?;
                let is_function = self.is_array_or_function(*member)?.1;
                self.put(if is_function { "(" } else { " " })?;
                self.all(*class)?;
                self.put("::*")?;
            }
            Node::Array(_, of) => self.left(*of)?,
            Node::Function { result, .. } => {
                self.left(*result)?;
                self.put(" ")?;
            }
            Node::Encoding { result, name, .. } => {
                let context = self.enter_function(*name);
                if let Some(result) = *result {
                    self.left(result)?;
                    if !self.has_right(result)? {
                        self.put(" ")?;
                    }
                }
                self.all(*name)?;
                self.context = context;
            }
            _ => self.whole(node)?,
        }
        self.depth -= 1;
        Some(())
    }

    fn right(&mut self, id: Id) -> Option<()> {
        self.enter()?;
        match self.node(id)? {
            Node::Parameter(level, index) => self.parameter(*level, *index, Self::right)?,
            Node::Cv(of, _) | Node::Vendor(of, ..) => self.right(*of)?,
            Node::Pointer(to) => self.pointer_right(*to)?,
            Node::Reference(..) => {
                let (to, _) = self.collapsed(id)?;
                self.pointer_right(to)?;
            }
            Node::MemberPointer(_, member) => {
                if self.is_array_or_function(*member)?.1 {
                    self.put(")")?;
                }
                self.right(*member)?;
            }
            Node::Array(length, of) => {
                if !self.out.ends_with(']') {
                    self.put(" ")?;
                }
                self.put("[")?;
                if let Some(length) = length {
                    self.all(*length)?;
                }
                self.put("]")?;
                self.right(*of)?;
            }
            Node::Function { result, params, tail, exceptions } => {
                self.parenthesised(params)?;
                self.right(*result)?;
                self.tail(*tail)?;
                if let Some(exceptions) = exceptions {
                    self.all(*exceptions)?;
                }
            }
            Node::Encoding { result, name, params, tail } => {
                let context = self.enter_function(*name);
                self.parenthesised(params)?;
                if let Some(result) = *result {
                    self.right(result)?;
                }
                self.tail(*tail)?;
                self.context = context;
            }
            _ => {}
        }
        self.depth -= 1;
        Some(())
    }

    /// Inside of a function with this name, parameters are its own. The context that was.
    fn enter_function(&mut self, name: Id) -> Context<'p> {
        let inside = self.args_of(name).map_or(Context::Outside, Context::Function);
        std::mem::replace(&mut self.context, inside)
    }

    /// References to references are one.
    fn collapsed(&mut self, id: Id) -> Option<(Id, &'static str)> {
        let (mut id, mut is_rvalue) = (id, true);
        for _ in 0..MAX_DEPTH {
            let at = self.syntax(id)?;
            match self.node(at)? {
                Node::Reference(to, rvalue) => {
                    is_rvalue &= rvalue;
                    id = *to;
                }
                _ => return Some((id, if is_rvalue { "&&" } else { "&" })),
            }
        }
        None
    }

    fn pointer_left(&mut self, to: Id, mark: &str) -> Option<()> {
        self.left(to)?;
        let (is_array, is_function) = self.is_array_or_function(to)?;
        if is_array {
            self.put(" ")?;
        }
        if is_array || is_function {
            self.put("(")?;
        }
        // Nothing is left of a pack that is empty.
        self.put(mark)
    }

    fn pointer_right(&mut self, to: Id) -> Option<()> {
        let (is_array, is_function) = self.is_array_or_function(to)?;
        if is_array || is_function {
            self.put(")")?;
        }
        self.right(to)
    }

    /// A pattern for every argument of the packs in it.
    fn expansion(&mut self, pattern: Id) -> Option<()> {
        let outer = (self.pack_at, self.pack_size);
        (self.pack_at, self.pack_size) = (NO_PACK, NO_PACK);
        let start = self.out.len();
        self.all(pattern)?;
        match self.pack_size {
            NO_PACK => self.put("...")?,
            0 => self.out.truncate(start),
            size => {
                for at in 1..size {
                    self.put(", ")?;
                    self.pack_at = at;
                    self.all(pattern)?;
                }
            }
        }
        (self.pack_at, self.pack_size) = outer;
        Some(())
    }

    pub(super) fn list(&mut self, items: &[Id]) -> Option<()> {
        let mut is_first = true;
        for &item in items {
            let before = self.out.len();
            if !is_first {
                self.put(", ")?;
            }
            let start = self.out.len();
            self.all(item)?;
            if self.out.len() == start {
                // An empty pack.
                self.out.truncate(before);
            } else {
                is_first = false;
            }
        }
        Some(())
    }

    pub(super) fn parenthesised(&mut self, items: &[Id]) -> Option<()> {
        self.put("(")?;
        self.list(items)?;
        self.put(")")
    }

    fn quals(&mut self, quals: Quals) -> Option<()> {
        for (is, word) in [(quals.konst, " const"), (quals.volatile, " volatile"), (quals.restrict, " restrict")] {
            if is {
                self.put(word)?;
            }
        }
        Some(())
    }

    fn tail(&mut self, tail: Tail) -> Option<()> {
        self.quals(tail.quals)?;
        if !tail.reference.is_empty() {
            self.put(" ")?;
            self.put(tail.reference)?;
        }
        Some(())
    }

    /// Nodes that have no right half.
    fn whole(&mut self, node: &'p Node<'a>) -> Option<()> {
        match node {
            Node::Text(text) => self.put(text),
            Node::Qualified(scope, name) | Node::Local(scope, name) => {
                self.all(*scope)?;
                self.put("::")?;
                self.all(*name)
            }
            Node::Templated(name, args) => {
                self.all(*name)?;
                if self.out.ends_with('<') {
                    self.put(" ")?;
                }
                self.all(*args)
            }
            Node::Args(args) => {
                self.put("<")?;
                self.list(args)?;
                let end = if self.out.ends_with('>') { " >" } else { ">" };
                self.put(end)
            }
            Node::ArgPack(args) => self.list(args),
            Node::Expansion(pattern) => self.expansion(*pattern),
            Node::Vector(of, length) => {
                self.all(*of)?;
                self.put(" __vector(")?;
                self.all(*length)?;
                self.put(")")
            }
            Node::Words(words, of) => {
                self.put(words)?;
                self.all(*of)
            }
            Node::Construction(of, within) => {
                self.put("construction vtable for ")?;
                self.all(*within)?;
                self.put("-in-")?;
                self.all(*of)
            }
            Node::Temporary(of, number) => {
                self.put(&format!("reference temporary #{number} for "))?;
                self.all(*of)
            }
            Node::Structor(class, is_destructor) => {
                if *is_destructor {
                    self.put("~")?;
                }
                self.base_name(*class)
            }
            Node::Conversion(to) => {
                self.put("operator ")?;
                self.all(*to)
            }
            Node::LiteralOperator(suffix) => {
                self.put("operator\"\" ")?;
                self.all(*suffix)
            }
            Node::Tagged(name, tag) => {
                self.all(*name)?;
                self.put("[abi:")?;
                self.put(tag)?;
                self.put("]")
            }
            Node::Clones(name, suffixes) => {
                self.all(*name)?;
                self.clones(suffixes)
            }
            Node::Version(name, version) => {
                self.all(*name)?;
                self.put(version)
            }
            Node::Unnamed(number) => self.put(&format!("{{unnamed type#{number}}}")),
            Node::DefaultArgument(number, inner) => {
                self.put(&format!("{{default arg#{number}}}::"))?;
                self.all(*inner)
            }
            Node::Binding(names) => {
                self.put("[")?;
                self.list(names)?;
                self.put("]")
            }
            Node::Lambda { heads, params, number } => {
                let context = std::mem::replace(&mut self.context, Context::Lambda(heads));
                self.put("{lambda")?;
                if !heads.is_empty() {
                    self.put("<")?;
                    self.list(heads)?;
                    self.put(">")?;
                }
                self.parenthesised(params)?;
                self.context = context;
                self.put(&format!("#{number}}}"))
            }
            Node::Head(words, of, name) => {
                self.put(words)?;
                if let Some(of) = *of {
                    self.left(of)?;
                    self.put(" ")?;
                    self.all(*name)?;
                    return self.right(of);
                }
                self.all(*name)
            }
            Node::TemplateHead(heads, name) => {
                self.put("template<")?;
                self.list(heads)?;
                self.put("> typename ")?;
                self.all(*name)
            }
            Node::PackHead(head) => {
                self.all(*head)?;
                self.put("...")
            }
            _ => self.expression(node),
        }
    }

    /// The name that a class's constructor has.
    fn base_name(&mut self, class: Id) -> Option<()> {
        let mut class = class;
        for _ in 0..MAX_DEPTH {
            class = match self.node(class)? {
                Node::Qualified(_, name) | Node::Local(_, name) | Node::Templated(name, _) | Node::Tagged(name, _) => {
                    *name
                }
                Node::Text(text) => return self.put(text.rsplit("::").next().unwrap_or(text)),
                _ => return self.all(class),
            };
        }
        None
    }

    /// Each suffix that a compiler hung on: a word, and numbers behind it.
    fn clones(&mut self, suffixes: &str) -> Option<()> {
        let mut rest = suffixes;
        while !rest.is_empty() {
            let mut end = 1 + word(rest.get(1..)?, |b| b.is_ascii_alphabetic() || b == b'_');
            loop {
                let numbers = rest.get(end..)?.strip_prefix('.').map_or(0, |next| word(next, |b| b.is_ascii_digit()));
                if numbers == 0 {
                    break;
                }
                end += 1 + numbers;
            }
            // Not such a suffix, but perhaps the end of a sentence.
            if end == 1 || !rest.starts_with('.') {
                return None;
            }
            self.put(" [clone ")?;
            self.put(rest.get(..end)?)?;
            self.put("]")?;
            rest = rest.get(end..)?;
        }
        Some(())
    }
}

fn word(text: &str, is_part: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|&byte| is_part(byte)).count()
}
