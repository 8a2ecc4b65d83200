//! Writing types, as people write them.

use std::fmt::{self, Write as _};

use super::node::{Id, Kind, Node, Nominal};
use super::print::Printer;

impl Printer<'_> {
    pub(super) fn type_(&mut self, id: Id) -> fmt::Result {
        self.deeper(|printer| {
            let node = printer.node(id);
            match node.kind {
                Kind::Nominal(_) => printer.entity(id),
                Kind::Bound => printer.bound(id),
                Kind::Tuple => printer.tuple(&node.children),
                Kind::FunctionType(words) => printer.function_type(id, words),
                Kind::ImplFunction => printer.impl_function(&node.children),
                Kind::Around(before, after) => {
                    printer.out.write_str(before)?;
                    printer.operand(printer.child(id, 0)?, !after.is_empty() && before.is_empty())?;
                    printer.out.write_str(after)
                }
                Kind::Protocols if node.children.is_empty() => printer.out.write_str("Any"),
                Kind::Protocols => printer.list(&node.children, " & "),
                Kind::Parameter => printer.parameter(node.number),
                Kind::DependentMember => {
                    printer.type_(printer.child(id, 0)?)?;
                    printer.out.write_str(".")?;
                    printer.declared_name(printer.child(id, 1)?)
                }
                Kind::Generic => {
                    printer.signature(printer.child(id, 0)?)?;
                    printer.out.write_str(" ")?;
                    printer.type_(printer.child(id, 1)?)
                }
                Kind::Builtin => printer.out.write_str(&node.text),
                Kind::Opaque => match printer.arena.child(id, 0) {
                    None => printer.out.write_str("some"),
                    Some(of) => printer.entity(of),
                },
                _ => Err(fmt::Error),
            }
        })
    }

    fn list(&mut self, types: &[Id], between: &str) -> fmt::Result {
        for (at, &id) in types.iter().enumerate() {
            if at > 0 {
                self.out.write_str(between)?;
            }
            self.type_(id)?;
        }
        Ok(())
    }

    /// In parentheses, if what comes after it would belong to a part of it only.
    fn operand(&mut self, id: Id, has_suffix: bool) -> fmt::Result {
        let node = self.node(id);
        let loose = matches!(node.kind, Kind::FunctionType(_) | Kind::ImplFunction | Kind::Opaque)
            || matches!(node.kind, Kind::Around(before, "") if !before.is_empty())
            || (node.kind == Kind::Protocols && node.children.len() > 1);
        if !has_suffix || !loose {
            return self.type_(id);
        }
        self.out.write_str("(")?;
        self.type_(id)?;
        self.out.write_str(")")
    }

    fn bound(&mut self, id: Id) -> fmt::Result {
        let (nominal, list) = (self.child(id, 0)?, self.child(id, 1)?);
        let arguments = self.node(list).children.as_slice();
        match (self.standard_name(nominal), arguments) {
            (Some("Optional"), &[wrapped]) => {
                self.operand(wrapped, true)?;
                self.out.write_str("?")
            }
            (Some("ImplicitlyUnwrappedOptional"), &[wrapped]) => {
                self.operand(wrapped, true)?;
                self.out.write_str("!")
            }
            (Some("Array"), &[element]) => {
                self.out.write_str("[")?;
                self.type_(element)?;
                self.out.write_str("]")
            }
            (Some("Dictionary"), &[key, value]) => {
                self.out.write_str("[")?;
                self.type_(key)?;
                self.out.write_str(" : ")?;
                self.type_(value)?;
                self.out.write_str("]")
            }
            _ => {
                self.entity(nominal)?;
                self.out.write_str("<")?;
                self.list(arguments, ", ")?;
                self.out.write_str(">")
            }
        }
    }

    /// The name of a type of the standard library.
    fn standard_name(&self, id: Id) -> Option<&str> {
        let node = self.node(id);
        let &[context, name] = node.children.as_slice() else { return None };
        let swift = |node: &Node<'_>| node.kind == Kind::Module && node.text == "Swift";
        (matches!(node.kind, Kind::Nominal(Nominal::Structure | Nominal::Enum)) && swift(self.node(context)))
            .then(|| &*self.node(name).text)
    }

    fn tuple(&mut self, elements: &[Id]) -> fmt::Result {
        self.out.write_str("(")?;
        for (at, &element) in elements.iter().enumerate() {
            if at > 0 {
                self.out.write_str(", ")?;
            }
            let node = self.node(element);
            if node.kind != Kind::Element {
                self.type_(element)?;
                continue;
            }
            let parts = &node.children[1..];
            let label = parts.iter().map(|&part| self.node(part)).find(|part| part.kind == Kind::Identifier);
            if let Some(label) = label {
                write!(self.out, "{}: ", label.text)?;
            }
            self.type_(self.child(element, 0)?)?;
            if parts.iter().any(|&part| self.node(part).kind == Kind::Variadic) {
                self.out.write_str("...")?;
            }
        }
        self.out.write_str(")")
    }

    fn function_type(&mut self, id: Id, words: &str) -> fmt::Result {
        self.out.write_str(words)?;
        let (parameters, result) = (self.child(id, 0)?, self.child(id, 1)?);
        let annotations = &self.node(id).children[2..];
        for &annotation in annotations {
            let text = &self.node(annotation).text;
            if text.starts_with('@') {
                self.out.write_str(text)?;
            }
        }
        if self.node(parameters).kind == Kind::Tuple {
            self.type_(parameters)?;
        } else {
            self.tuple(&[parameters])?;
        }
        for word in [" async", " throws"] {
            if annotations.iter().any(|&annotation| self.node(annotation).text == word) {
                self.out.write_str(word)?;
            }
        }
        self.out.write_str(" -> ")?;
        self.type_(result)
    }

    /// `@escaping @callee_guaranteed (@guaranteed A) -> (@owned B)`.
    fn impl_function(&mut self, parts: &[Id]) -> fmt::Result {
        let arena = self.arena;
        let of = |wanted: fn(Kind) -> bool| parts.iter().copied().filter(move |&id| wanted(arena.kind(id)));
        let words: Vec<Id> = of(|kind| matches!(kind, Kind::ImplWord(_) | Kind::Signature)).collect();
        let parameters: Vec<Id> = of(|kind| matches!(kind, Kind::ImplParameter(_))).collect();
        let results: Vec<Id> = of(|kind| matches!(kind, Kind::ImplResult(_) | Kind::ImplError(_))).collect();
        for word in words {
            match self.node(word).kind {
                Kind::ImplWord(text) => self.out.write_str(text)?,
                _ => self.signature(word)?,
            }
            self.out.write_str(" ")?;
        }
        self.conventions(&parameters)?;
        self.out.write_str(" -> ")?;
        self.conventions(&results)
    }

    fn conventions(&mut self, parts: &[Id]) -> fmt::Result {
        self.out.write_str("(")?;
        for (at, &part) in parts.iter().enumerate() {
            if at > 0 {
                self.out.write_str(", ")?;
            }
            match self.node(part).kind {
                Kind::ImplParameter(convention) | Kind::ImplResult(convention) => write!(self.out, "{convention} ")?,
                Kind::ImplError(convention) => write!(self.out, "@error {convention} ")?,
                _ => {}
            }
            self.type_(self.child(part, 0)?)?;
        }
        self.out.write_str(")")
    }

    /// `A`, `B`, … `A1` for the first parameter of what is declared in something generic.
    fn parameter(&mut self, number: u64) -> fmt::Result {
        let (depth, mut index) = (number >> 32, number & u64::from(u32::MAX));
        loop {
            self.out.write_char(char::from(b'A' + u8::try_from(index % 26).unwrap_or(0)))?;
            index /= 26;
            if index == 0 {
                break;
            }
        }
        if depth > 0 { write!(self.out, "{depth}") } else { Ok(()) }
    }

    /// `<A, B>`; constraints are not printed.
    pub(super) fn signature(&mut self, id: Id) -> fmt::Result {
        let counts = self.node(id).text.chars();
        self.out.write_str("<")?;
        for (depth, count) in (0_u64..).zip(counts) {
            if depth > 0 {
                self.out.write_str("><")?;
            }
            for index in 0..u64::from(u32::from(count)) {
                if index > 0 {
                    self.out.write_str(", ")?;
                }
                let number = depth << 32 | index;
                if self.node(id).children.iter().any(|&pack| self.node(pack).number == number) {
                    self.out.write_str("each ")?;
                }
                self.parameter(number)?;
            }
        }
        self.out.write_str(">")
    }
}
