//! Writing what a name stands for.

use std::fmt::{self, Write as _};

use super::super::bounded::Bounded;
use super::super::limits::MAX_OUTPUT;
use super::node::{Arena, Id, Kind, Node, Nominal};
use super::parse::Parsed;

/// How deeply nodes may nest.
const MAX_DEPTH: u32 = 192;
/// Nodes that are visited: some write nothing, so that the text's length does not bound them.
const MAX_STEPS: u32 = 200_000;

pub(super) fn print(parsed: &Parsed<'_>) -> Option<String> {
    let mut printer = Printer { arena: &parsed.arena, out: Bounded::new(MAX_OUTPUT), depth: 0, steps: 0 };
    printer.name(parsed).ok()?;
    Some(printer.out.into_text())
}

/// Text in the making. Its methods fail when there is too much of it, or when something stands where it cannot.
pub(super) struct Printer<'a> {
    pub(super) arena: &'a Arena<'a>,
    pub(super) out: Bounded,
    depth: u32,
    steps: u32,
}

impl<'a> Printer<'a> {
    fn name(&mut self, parsed: &Parsed<'_>) -> fmt::Result {
        let mut specialized = false;
        for &attribute in &parsed.attributes {
            let node = self.arena.get(attribute);
            let Kind::Attribute(words, numbered) = node.kind else { return Err(fmt::Error) };
            match words {
                // However often.
                "specialized " if specialized => {}
                "specialized " => {
                    specialized = true;
                    self.out.write_str(words)?;
                }
                _ if numbered => write!(self.out, "({}{words}", node.number)?,
                _ if words.ends_with('#') => write!(self.out, "{words}{} of ", node.number)?,
                _ => self.out.write_str(words)?,
            }
        }
        self.entity(parsed.entity)
    }

    pub(super) fn child(&self, id: Id, at: usize) -> Result<Id, fmt::Error> {
        self.arena.child(id, at).ok_or(fmt::Error)
    }

    pub(super) fn node(&self, id: Id) -> &'a Node<'a> {
        self.arena.get(id)
    }

    /// Does something one level deeper.
    pub(super) fn deeper(&mut self, work: impl FnOnce(&mut Self) -> fmt::Result) -> fmt::Result {
        self.depth += 1;
        self.steps += 1;
        if self.depth > MAX_DEPTH || self.steps > MAX_STEPS {
            return Err(fmt::Error);
        }
        work(self)?;
        self.depth -= 1;
        Ok(())
    }

    /// Anything that can be a whole name.
    pub(super) fn entity(&mut self, id: Id) -> fmt::Result {
        self.deeper(|printer| {
            let node = printer.node(id);
            match node.kind {
                Kind::Phrase(words) => {
                    printer.out.write_str(words)?;
                    printer.entity(printer.child(id, 0)?)
                }
                Kind::Phrase2(words, between) => {
                    printer.out.write_str(words)?;
                    printer.entity(printer.child(id, 0)?)?;
                    printer.out.write_str(between)?;
                    printer.entity(printer.child(id, 1)?)
                }
                Kind::Conformance => printer.entity(printer.child(id, 0)?),
                // That is how the result type of a function is printed.
                Kind::Related => {
                    printer.out.write_str("<<opaque return type of ")?;
                    printer.entity(printer.child(id, 0)?)?;
                    printer.out.write_str(">>")
                }
                kind if kind.is_name() => printer.declared_name(id),
                Kind::Module | Kind::Extension | Kind::Anonymous => {
                    printer.context(id)?;
                    printer.out.pop_stop();
                    Ok(())
                }
                kind if kind.is_context() => printer.declaration(id),
                kind if kind.is_type() => printer.type_(id),
                _ => Err(fmt::Error),
            }
        })
    }

    /// A declaration with its context: before it with a full stop, or behind it with `in`.
    fn declaration(&mut self, id: Id) -> fmt::Result {
        let node = self.node(id);
        match node.kind {
            Kind::Static => {
                self.out.write_str("static ")?;
                return self.entity(self.child(id, 0)?);
            }
            Kind::Closure(words) => write!(self.out, "{words}{}", node.number + 1)?,
            Kind::Of("default argument ") => write!(self.out, "default argument {}", node.number)?,
            Kind::Of(words) => self.out.write_str(words)?,
            _ => {
                // The accessor of a variable is in the variable's context.
                let child = self.child(id, 0)?;
                return match node.kind {
                    Kind::Member(accessor) if matches!(self.node(child).kind, Kind::Variable | Kind::Subscript) => {
                        self.named(child, Some(accessor))
                    }
                    Kind::Member(name) => {
                        let behind = self.context(child)?;
                        let of_class = matches!(self.node(child).kind, Kind::Nominal(Nominal::Class));
                        // Only classes are freed apart from what their properties hold.
                        let plain = name == "__deallocating_deinit" && !of_class;
                        self.out.write_str(if plain { "deinit" } else { name })?;
                        self.behind(behind, " in ")
                    }
                    _ => self.named(id, None),
                };
            }
        }
        let words = if matches!(node.kind, Kind::Of(_)) { " of " } else { " in " };
        let context = self.child(id, 0)?;
        self.behind(Some(context).filter(|&id| !matches!(self.node(id).kind, Kind::Module)), words)
    }

    /// What has a name of its own, or its accessor.
    fn named(&mut self, id: Id, accessor: Option<&str>) -> fmt::Result {
        let context = self.child(id, 0)?;
        if self.has_local_name(id) {
            // Several words: the context follows them, whatever it is.
            if let Some(name) = accessor {
                write!(self.out, "{name} of ")?;
            }
            self.own_name(id, accessor.is_some())?;
            return self.behind(Some(context).filter(|&id| self.node(id).kind != Kind::Module), " in ");
        }
        let behind = self.context(context)?;
        self.own_name(id, accessor.is_some())?;
        if let Some(name) = accessor {
            write!(self.out, ".{name}")?;
        }
        self.behind(behind, " in ")
    }

    fn has_local_name(&self, id: Id) -> bool {
        let node = self.node(id);
        matches!(node.kind, Kind::Nominal(_) | Kind::Variable | Kind::Function)
            && self.arena.child(id, 1).is_some_and(|name| self.node(name).kind == Kind::Local)
    }

    fn behind(&mut self, context: Option<Id>, words: &str) -> fmt::Result {
        let Some(context) = context else { return Ok(()) };
        self.out.write_str(words)?;
        self.entity(context)
    }

    /// Writes a context with a full stop, if it can stand before a name; else gives it back.
    fn context(&mut self, id: Id) -> Result<Option<Id>, fmt::Error> {
        let mut behind = None;
        self.deeper(|printer| {
            let node = printer.node(id);
            match node.kind {
                Kind::Module => {}
                Kind::Extension => {
                    behind = printer.context(printer.child(id, 1)?)?;
                    if let Some(signature) = printer.arena.child(id, 2)
                        && behind.is_none()
                    {
                        // The full stop belongs behind it.
                        printer.out.pop_stop();
                        printer.signature(signature)?;
                        printer.out.write_str(".")?;
                    }
                }
                Kind::Anonymous => behind = printer.context(printer.child(id, 0)?)?,
                Kind::Nominal(_) if printer.is_local(id)? => behind = Some(id),
                Kind::Nominal(_) => {
                    behind = printer.context(printer.child(id, 0)?)?;
                    printer.declared_name(printer.child(id, 1)?)?;
                    if behind.is_some() {
                        // Its own context follows all of it, and so does the name itself.
                        return Err(fmt::Error);
                    }
                    printer.out.write_str(".")?;
                }
                Kind::Bound => {
                    printer.type_(id)?;
                    printer.out.write_str(".")?;
                }
                _ => behind = Some(id),
            }
            Ok(())
        })?;
        Ok(behind)
    }

    /// Whether a type is declared in a function, or in a type that is.
    fn is_local(&mut self, id: Id) -> Result<bool, fmt::Error> {
        let mut at = id;
        for _ in 0..MAX_DEPTH {
            match self.node(at).kind {
                Kind::Nominal(_) if self.has_local_name(at) => return Ok(true),
                Kind::Nominal(_) | Kind::Anonymous => at = self.child(at, 0)?,
                Kind::Extension => at = self.child(at, 1)?,
                Kind::Module | Kind::Bound => return Ok(false),
                _ => return Ok(true),
            }
        }
        Err(fmt::Error)
    }

    /// What a declaration adds to its context: the name, labels.
    fn own_name(&mut self, id: Id, accessed: bool) -> fmt::Result {
        match self.node(id).kind {
            Kind::Nominal(_) | Kind::Variable => self.declared_name(self.child(id, 1)?),
            Kind::Function => {
                self.declared_name(self.child(id, 1)?)?;
                self.labels(self.child(id, 2)?, self.child(id, 3)?, self.has_local_name(id))
            }
            Kind::Initializer(name) => {
                let context = self.child(id, 0)?;
                let of_class = matches!(self.node(context).kind, Kind::Nominal(Nominal::Class));
                self.out.write_str(if of_class { name } else { "init" })?;
                self.labels(self.child(id, 1)?, self.child(id, 2)?, false)
            }
            Kind::Subscript => {
                self.out.write_str("subscript")?;
                if accessed { Ok(()) } else { self.labels(self.child(id, 1)?, self.child(id, 2)?, false) }
            }
            _ => Err(fmt::Error),
        }
    }

    /// `(from:_:)`, with the parameters of a generic function before it.
    fn labels(&mut self, labels: Id, mut of: Id, apart: bool) -> fmt::Result {
        if apart {
            self.out.write_str(" ")?;
        }
        if self.node(of).kind == Kind::Generic {
            self.signature(self.child(of, 0)?)?;
            of = self.child(of, 1)?;
        }
        let labels = &self.node(labels).children;
        let parameters = match self.node(of).kind {
            Kind::FunctionType(_) => self.child(of, 0)?,
            _ => return Err(fmt::Error),
        };
        // A parameter by itself has no label, since one that has is in a tuple.
        let (count, labels) = match self.node(parameters) {
            Node { kind: Kind::Tuple, children, .. } => (children.len(), labels.as_slice()),
            _ => (1, &[][..]),
        };
        self.out.write_str("(")?;
        for at in 0..count {
            let label = labels.get(at).map(|&label| self.node(label));
            match label.filter(|label| label.kind == Kind::Identifier) {
                Some(label) => write!(self.out, "{}:", label.text)?,
                None => self.out.write_str("_:")?,
            }
        }
        self.out.write_str(")")
    }

    /// The name of a declaration, without what makes it private.
    pub(super) fn declared_name(&mut self, id: Id) -> fmt::Result {
        self.deeper(|printer| {
            let node = printer.node(id);
            match node.kind {
                Kind::Identifier | Kind::Operator => printer.out.write_str(&node.text),
                Kind::Local => {
                    printer.declared_name(printer.child(id, 0)?)?;
                    write!(printer.out, " #{}", node.number + 1)
                }
                Kind::Private | Kind::Related => match printer.arena.child(id, 0) {
                    Some(name) => printer.declared_name(name),
                    None => Ok(()),
                },
                _ => Err(fmt::Error),
            }
        })
    }
}
