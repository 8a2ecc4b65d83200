//! Types: declared, bound, built in, made of others.

use super::node::{Id, Kind, Nominal};
use super::parse::Parser;

/// How deeply types with arguments may nest.
const MAX_NESTING: usize = 64;

impl Parser<'_> {
    /// A declared type, its name and context before it.
    pub(super) fn nominal(&mut self, kind: Nominal) -> Option<Id> {
        let name = self.pop_name()?;
        let context = self.pop_context()?;
        let node = self.node(Kind::Nominal(kind), vec![context, name]);
        Some(self.substitutable(node))
    }

    pub(super) fn extension(&mut self) -> Option<Id> {
        let signature = self.pop_kind(Kind::Signature);
        let module = self.pop_module()?;
        let extended = self.pop_if(|kind| matches!(kind, Kind::Nominal(_)))?;
        let mut children = vec![module, extended];
        children.extend(signature);
        Some(self.node(Kind::Extension, children))
    }

    /// A type with its arguments; those of the types around it, too, the innermost last on the stack.
    pub(super) fn bound_generic(&mut self) -> Option<Id> {
        while self.pop_kind(Kind::ConformanceRef).is_some() {}
        let mut lists = Vec::new();
        loop {
            let mut types = Vec::new();
            while let Some(argument) = self.pop_type() {
                types.push(argument);
            }
            types.reverse();
            lists.push(types);
            if lists.len() > MAX_NESTING {
                return None;
            }
            if self.pop_kind(Kind::EmptyList).is_some() {
                break;
            }
            self.pop_kind(Kind::First)?;
        }
        let nominal = self.pop_if(|kind| matches!(kind, Kind::Nominal(_)))?;
        let node = self.bind(nominal, &lists, 0)?;
        Some(self.substitutable(node))
    }

    fn bind(&mut self, node: Id, lists: &[Vec<Id>], depth: usize) -> Option<Id> {
        if depth > MAX_NESTING {
            return None;
        }
        let Some((arguments, outer)) = lists.split_first() else { return Some(node) };
        let kind = self.arena.kind(node);
        // These contain types, but have no arguments of their own.
        let takes = !matches!(
            kind,
            Kind::Variable | Kind::Subscript | Kind::Closure(_) | Kind::Of(_) | Kind::Initializer(_) | Kind::Static
        );
        let outer = if takes { outer } else { lists };
        let mut node = node;
        if !outer.is_empty() {
            let at = usize::from(kind == Kind::Extension);
            let mut children = self.arena.get(node).children.clone();
            let parent = *children.get(at)?;
            let bound = self.bind(parent, outer, depth + 1)?;
            if bound != parent {
                children[at] = bound;
                node = self.node(kind, children);
            }
        }
        if !takes || arguments.is_empty() {
            return Some(node);
        }
        if !matches!(kind, Kind::Nominal(_) | Kind::Function) {
            return None;
        }
        let list = self.node(Kind::TypeList, arguments.clone());
        Some(self.node(Kind::Bound, vec![node, list]))
    }

    pub(super) fn tuple(&mut self) -> Option<Id> {
        let elements = self.pop_list(|parser| {
            let variadic = parser.pop_kind(Kind::Variadic);
            let label = parser.pop_kind(Kind::Identifier);
            let inner = parser.pop_type()?;
            let mut children = vec![inner];
            children.extend(variadic);
            children.extend(label);
            Some(parser.node(Kind::Element, children))
        })?;
        Some(self.node(Kind::Tuple, elements))
    }

    /// `P & Q`, or `Any`.
    pub(super) fn protocols(&mut self) -> Option<Id> {
        let list = self.pop_list(Self::pop_protocol)?;
        Some(self.node(Kind::Protocols, list))
    }

    pub(super) fn pop_protocol(&mut self) -> Option<Id> {
        if let Some(protocol) = self.pop_if(|kind| kind == Kind::Nominal(Nominal::Protocol)) {
            return Some(protocol);
        }
        let name = self.pop_name()?;
        let context = self.pop_context()?;
        Some(self.node(Kind::Nominal(Nominal::Protocol), vec![context, name]))
    }

    pub(super) fn builtin(&mut self) -> Option<Id> {
        let name = match self.next() {
            b'A' => "ImplicitActor",
            b'b' => "BridgeObject",
            b'B' => "UnsafeValueBuffer",
            b'c' => "RawUnsafeContinuation",
            b'D' => "DefaultActorStorage",
            b'd' => "NonDefaultDistributedActorStorage",
            b'e' => "Executor",
            b'f' => return self.sized_builtin("FPIEEE"),
            b'i' => return self.sized_builtin("Int"),
            b'I' => "IntLiteral",
            b'j' => "Job",
            b'O' => "UnknownObject",
            b'o' => "NativeObject",
            b'P' => "PackIndex",
            b'p' => "RawPointer",
            b't' => "SILToken",
            b'v' => {
                let lanes = self.index()?.checked_sub(1)?;
                let element = self.pop_kind(Kind::Builtin)?;
                let element = self.arena.get(element).text.strip_prefix("Builtin.")?.to_owned();
                let text = format!("Builtin.Vec{lanes}x{element}");
                return (text.len() < 64).then(|| self.builtin_type(text));
            }
            b'w' => "Word",
            _ => return None,
        };
        Some(self.builtin_type(format!("Builtin.{name}")))
    }

    fn sized_builtin(&mut self, name: &str) -> Option<Id> {
        let size = self.index()?.checked_sub(1).filter(|size| (1..=4096).contains(size))?;
        Some(self.builtin_type(format!("Builtin.{name}{size}")))
    }

    fn builtin_type(&mut self, text: String) -> Id {
        let node = self.text_node(Kind::Builtin, text);
        self.substitutable(node)
    }

    pub(super) fn special_type(&mut self) -> Option<Id> {
        match self.next() {
            b'E' => self.function_type(""),
            b'A' | b'K' => self.function_type("@autoclosure "),
            b'f' => self.function_type("@convention(thin) "),
            b'U' => self.function_type("uncurried "),
            b'L' => self.function_type("@escaping @convention(block) "),
            b'B' => self.function_type("@convention(block) "),
            b'C' => self.function_type("@convention(c) "),
            b'o' => self.around("unowned ", ""),
            b'u' => self.around("unowned(unsafe) ", ""),
            b'w' => self.around("weak ", ""),
            b'b' => self.around("@box ", ""),
            b'D' => self.around("", ""),
            b'm' => {
                self.metatype_representation()?;
                self.around("", ".Type")
            }
            b'M' => {
                let words = self.metatype_representation()?;
                self.around(words, ".Type")
            }
            b'p' => self.around("", ".Type"),
            b'c' => {
                let class = self.pop_type()?;
                let mut list = self.pop_list(Self::pop_protocol)?;
                list.insert(0, class);
                Some(self.node(Kind::Protocols, list))
            }
            b'l' => {
                let mut list = self.pop_list(Self::pop_protocol)?;
                list.push(self.text_node_of_any_object());
                Some(self.node(Kind::Protocols, list))
            }
            b'e' => Some(self.text_node(Kind::Builtin, "<ERROR TYPE>")),
            b'S' => match self.next() {
                b'q' => self.around("", "?"),
                b'a' => self.around("[", "]"),
                b'p' => self.around("(", ")"),
                _ => None,
            },
            b'P' => {
                // The protocol and its constraints, which are not shown.
                while self.pop_kind(Kind::Requirement).is_some() {}
                self.around("", "")
            }
            b'Y' => self.nominal(Nominal::Other),
            b'Z' => {
                self.pop_type_list()?;
                let name = self.pop_kind(Kind::Identifier)?;
                let context = self.pop_context()?;
                Some(self.node(Kind::Anonymous, vec![context, name]))
            }
            b'X' => {
                // A box with a layout; its fields are not shown.
                self.pop_list(Self::pop_type)?;
                self.pop_kind(Kind::Signature)?;
                Some(self.text_node(Kind::Builtin, "@box"))
            }
            b'x' => {
                self.pop_list(Self::pop_type)?;
                Some(self.text_node(Kind::Builtin, "@box"))
            }
            _ => None,
        }
    }

    fn text_node_of_any_object(&mut self) -> Id {
        self.text_node(Kind::Builtin, "AnyObject")
    }

    fn metatype_representation(&mut self) -> Option<&'static str> {
        match self.next() {
            b't' => Some("@thin "),
            b'T' => Some("@thick "),
            b'o' => Some("@objc_metatype "),
            _ => None,
        }
    }

    /// `Ya` and the like: what stands by a function type, or by the type of a parameter.
    pub(super) fn annotation(&mut self) -> Option<Id> {
        let text = match self.next() {
            b'a' => " async",
            b'b' => "@Sendable ",
            b'c' => {
                self.pop_type()?;
                ""
            }
            b'K' => {
                self.pop_type()?;
                " throws"
            }
            b'A' | b'C' | b'T' => "",
            b'j' => {
                self.next();
                ""
            }
            b'i' => return self.around("isolated ", ""),
            b'u' => return self.around("sending ", ""),
            b'k' => return self.around("@noDerivative ", ""),
            b't' | b'g' => return self.around("_const ", ""),
            _ => return None,
        };
        Some(self.text_node(Kind::Annotation, text))
    }
}
