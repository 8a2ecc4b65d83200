//! The nodes of a name, on which the stack machine works.

use std::borrow::Cow;

/// The number of a node in its [`Arena`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Id(u32);

/// What a node is. The comments say what its children are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    // Marks, which other operators pop.
    EmptyList,
    First,
    Variadic,
    /// `async`, `throws` and what else stands by a function type: the text is what is printed of it, if anything.
    Annotation,
    /// A constraint of a signature, never printed; or the parameter that is a pack.
    Requirement,
    /// Text: `<A, B>`'s shape, the number of parameters of each depth, a character each. And those that are packs.
    Signature,
    /// Lists of types.
    TypeList,
    /// Identifier or First for each parameter.
    Labels,
    /// Conformances that a bound type carries, and those a protocol is found by; never printed.
    ConformanceRef,
    /// Type, protocol.
    Conformance,

    // Names of declarations.
    Identifier,
    /// Text with ` infix` or the like.
    Operator,
    /// The name, if there is one: of a private declaration.
    Private,
    /// Name; its number distinguishes it from others in the same function.
    Local,
    /// Name of something made for another thing, a Clang macro or enum.
    Related,

    // What can hold declarations.
    Module,
    /// Module, type, perhaps a signature.
    Extension,
    /// Context.
    Anonymous,
    /// Context, name: a type of its own.
    Nominal(Nominal),
    /// Context, name, labels or First, type.
    Function,
    /// Context, labels or First, type, perhaps a private name.
    Initializer(&'static str),
    /// Context, labels or First.
    Subscript,
    /// Context, name.
    Variable,
    /// Context: `x.getter`, `T.deinit`.
    Member(&'static str),
    /// Context: `closure #1 in f()`.
    Closure(&'static str),
    /// Context: `default argument 0 of f()`.
    Of(&'static str),
    /// An entity.
    Static,

    // Types.
    /// Nominal type, list of arguments.
    Bound,
    /// Elements.
    Tuple,
    /// Type, perhaps Variadic, perhaps Identifier.
    Element,
    /// Parameters, result, annotations.
    FunctionType(&'static str),
    /// Parts: what they are is their kinds.
    ImplFunction,
    /// A word of an [`Kind::ImplFunction`].
    ImplWord(&'static str),
    /// A parameter, result: type and convention.
    ImplParameter(&'static str),
    ImplResult(&'static str),
    ImplError(&'static str),
    /// A type between other text: `inout T`, `T.Type`.
    Around(&'static str, &'static str),
    /// List of protocols; perhaps a class they stand by.
    Protocols,
    /// Its number is depth and index.
    Parameter,
    /// Type, identifier.
    DependentMember,
    /// Signature, type.
    Generic,
    /// Text.
    Builtin,
    /// Type, list: `some P`, the result of a function.
    Opaque,

    // Whole names.
    /// One child, printed with text before it; an attribute of a function has none.
    Phrase(&'static str),
    /// Two children with text before and between.
    Phrase2(&'static str, &'static str),
    /// An attribute of the function beside it. With a number in parentheses before it, if the flag says so.
    Attribute(&'static str, bool),
}

/// Kinds of declared types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nominal {
    Class,
    Structure,
    Enum,
    Protocol,
    Alias,
    Other,
}

impl Kind {
    /// Whether operators that require a type accept it.
    pub(super) fn is_type(self) -> bool {
        use Kind::*;
        matches!(
            self,
            Nominal(_)
                | Bound
                | Tuple
                | FunctionType(_)
                | ImplFunction
                | Around(..)
                | Protocols
                | Parameter
                | DependentMember
                | Generic
                | Builtin
                | Opaque
        )
    }

    /// Whether it can contain declarations.
    pub(super) fn is_context(self) -> bool {
        use Kind::*;
        matches!(
            self,
            Module
                | Extension
                | Anonymous
                | Nominal(_)
                | Function
                | Initializer(_)
                | Subscript
                | Variable
                | Member(_)
                | Closure(_)
                | Of(_)
                | Static
        )
    }

    pub(super) fn is_entity(self) -> bool {
        self.is_type() || self.is_context()
    }

    pub(super) fn is_name(self) -> bool {
        matches!(self, Kind::Identifier | Kind::Operator | Kind::Private | Kind::Local | Kind::Related)
    }
}

/// A node.
#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    pub(super) kind: Kind,
    pub(super) text: Cow<'a, str>,
    pub(super) number: u64,
    pub(super) children: Vec<Id>,
}

/// The nodes of a name.
#[derive(Debug, Default)]
pub(super) struct Arena<'a> {
    nodes: Vec<Node<'a>>,
}

impl<'a> Arena<'a> {
    pub(super) fn push(&mut self, node: Node<'a>) -> Id {
        let id = Id(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(node);
        id
    }

    pub(super) fn get(&self, id: Id) -> &Node<'a> {
        &self.nodes[id.0 as usize]
    }

    pub(super) fn kind(&self, id: Id) -> Kind {
        self.get(id).kind
    }

    pub(super) fn child(&self, id: Id, at: usize) -> Option<Id> {
        self.get(id).children.get(at).copied()
    }

    pub(super) fn set_text(&mut self, id: Id, text: String) {
        self.nodes[id.0 as usize].text = Cow::Owned(text);
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }
}
