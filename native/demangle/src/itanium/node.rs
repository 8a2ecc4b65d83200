//! The parts of a name: a graph, since a substitution refers to an earlier part.

use std::borrow::Cow;

/// Index of a node.
pub(super) type Id = u32;

/// `const`, `volatile`, `restrict`.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Quals {
    pub(super) konst: bool,
    pub(super) volatile: bool,
    pub(super) restrict: bool,
}

/// The qualifiers after a function's parameters.
#[derive(Clone, Copy, Default)]
pub(super) struct Tail {
    pub(super) quals: Quals,
    /// `&` or `&&`, or nothing.
    pub(super) reference: &'static str,
}

pub(super) enum Node<'a> {
    Text(Cow<'a, str>),
    /// `scope::name`.
    Qualified(Id, Id),
    /// An entity in a function.
    Local(Id, Id),
    /// A name and its arguments.
    Templated(Id, Id),
    /// `<…>`.
    Args(Vec<Id>),
    /// Arguments that belong to one parameter, where they are given.
    ArgPack(Vec<Id>),
    /// A template parameter by its level and number. What it stands for depends on where it is printed, since a
    /// substitution may bring it into another function.
    Parameter(usize, usize),
    /// A pattern, once for each argument of the packs in it.
    Expansion(Id),
    Cv(Id, Quals),
    /// A type and a qualifier of the vendor.
    Vendor(Id, &'a str, Option<Id>),
    Pointer(Id),
    /// True: an rvalue reference.
    Reference(Id, bool),
    /// Class and type of a pointer to a member.
    MemberPointer(Id, Id),
    Array(Option<Id>, Id),
    /// Element and length.
    Vector(Id, Id),
    Function {
        result: Id,
        params: Vec<Id>,
        tail: Tail,
        exceptions: Option<Id>,
    },
    Encoding {
        result: Option<Id>,
        name: Id,
        params: Vec<Id>,
        tail: Tail,
    },
    /// Words and what they are about: `vtable for X`.
    Words(&'static str, Id),
    /// A table of the second used while the first is constructed.
    Construction(Id, Id),
    Temporary(Id, usize),
    /// Of the class with this name; true: a destructor.
    Structor(Id, bool),
    Conversion(Id),
    LiteralOperator(Id),
    Tagged(Id, &'a str),
    Lambda {
        heads: Vec<Id>,
        params: Vec<Id>,
        number: usize,
    },
    Unnamed(usize),
    /// A default argument, counted from the last.
    DefaultArgument(usize, Id),
    Binding(Vec<Id>),
    /// A template parameter's declaration: the words before its name, if they are a node, and the name.
    Head(Cow<'static, str>, Option<Id>, Id),
    TemplateHead(Vec<Id>, Id),
    PackHead(Id),
    /// A name for all of a vendor's suffixes: `f() [clone .isra.0]`.
    Clones(Id, &'a str),
    Version(Id, &'a str),
    /// A number of a type that has a suffix (`5u`) or is written out (`(short)5`).
    Number(&'static str, &'a str),
    CastNumber(Id, &'a str),
    Float(&'static str, &'a str),
    Binary(Id, &'static str, Id),
    /// An operator before its operand.
    Unary(&'static str, Id),
    Postfix(Id, &'static str),
    Call(Id, Vec<Id>),
    /// `(type)(…)`.
    Cast(Id, Vec<Id>),
    NamedCast(&'static str, Id, Id),
    Braces(Option<Id>, Vec<Id>),
    Conditional(Id, Id, Id),
    Subscript(Id, Id),
    /// `a.b`, `a->b`, `a.*b`, `a->*b`.
    Access(Id, &'static str, Id),
    New {
        words: &'static str,
        placement: Vec<Id>,
        of: Id,
        init: Option<Vec<Id>>,
    },
    /// Text around an expression or a type.
    Around(&'static str, Id, &'static str),
    Fold {
        left: bool,
        operator: &'static str,
        pack: Id,
        init: Option<Id>,
    },
    FunctionParameter(usize),
}
