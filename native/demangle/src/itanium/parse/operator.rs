//! Operators: as names of functions, and in expressions.

use super::super::node::{Id, Node};
use super::{NameState, Parser};

/// What an operator is in an expression.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Unary,
    /// Also behind its operand, without the `_` that says "in front".
    Postfix,
    Binary,
    Access,
    Subscript,
    Call,
    Conditional,
    New,
    Delete,
    NamedCast,
    /// `sizeof (x)` and the like.
    Of,
}

/// Code, what it is, and its text.
const OPERATORS: [(&[u8; 2], Kind, &str); 62] = [
    (b"aN", Kind::Binary, "&="),
    (b"aS", Kind::Binary, "="),
    (b"aa", Kind::Binary, "&&"),
    (b"ad", Kind::Unary, "&"),
    (b"an", Kind::Binary, "&"),
    (b"at", Kind::Of, "alignof "),
    (b"aw", Kind::Unary, "co_await "),
    (b"az", Kind::Of, "alignof "),
    (b"cc", Kind::NamedCast, "const_cast"),
    (b"cl", Kind::Call, "()"),
    (b"cm", Kind::Binary, ","),
    (b"co", Kind::Unary, "~"),
    (b"dV", Kind::Binary, "/="),
    (b"da", Kind::Delete, "delete[]"),
    (b"dc", Kind::NamedCast, "dynamic_cast"),
    (b"de", Kind::Unary, "*"),
    (b"dl", Kind::Delete, "delete"),
    (b"ds", Kind::Access, ".*"),
    (b"dt", Kind::Access, "."),
    (b"dv", Kind::Binary, "/"),
    (b"eO", Kind::Binary, "^="),
    (b"eo", Kind::Binary, "^"),
    (b"eq", Kind::Binary, "=="),
    (b"ge", Kind::Binary, ">="),
    (b"gt", Kind::Binary, ">"),
    (b"ix", Kind::Subscript, "[]"),
    (b"lS", Kind::Binary, "<<="),
    (b"le", Kind::Binary, "<="),
    (b"ls", Kind::Binary, "<<"),
    (b"lt", Kind::Binary, "<"),
    (b"mI", Kind::Binary, "-="),
    (b"mL", Kind::Binary, "*="),
    (b"mi", Kind::Binary, "-"),
    (b"ml", Kind::Binary, "*"),
    (b"mm", Kind::Postfix, "--"),
    (b"na", Kind::New, "new[]"),
    (b"ne", Kind::Binary, "!="),
    (b"ng", Kind::Unary, "-"),
    (b"nt", Kind::Unary, "!"),
    (b"nw", Kind::New, "new"),
    (b"nx", Kind::Of, "noexcept"),
    (b"oR", Kind::Binary, "|="),
    (b"oo", Kind::Binary, "||"),
    (b"or", Kind::Binary, "|"),
    (b"pL", Kind::Binary, "+="),
    (b"pl", Kind::Binary, "+"),
    (b"pm", Kind::Access, "->*"),
    (b"pp", Kind::Postfix, "++"),
    (b"ps", Kind::Unary, "+"),
    (b"pt", Kind::Access, "->"),
    (b"qu", Kind::Conditional, "?"),
    (b"rM", Kind::Binary, "%="),
    (b"rS", Kind::Binary, ">>="),
    (b"rc", Kind::NamedCast, "reinterpret_cast"),
    (b"rm", Kind::Binary, "%"),
    (b"rs", Kind::Binary, ">>"),
    (b"sc", Kind::NamedCast, "static_cast"),
    (b"ss", Kind::Binary, "<=>"),
    (b"st", Kind::Of, "sizeof "),
    (b"sz", Kind::Of, "sizeof "),
    (b"te", Kind::Of, "typeid "),
    (b"ti", Kind::Of, "typeid "),
];

impl Parser<'_> {
    /// The operator that comes next.
    pub(super) fn operator(&self) -> Option<(&'static [u8; 2], Kind, &'static str)> {
        let code = [self.peek(), self.peek_at(1)];
        OPERATORS.iter().find(|(known, ..)| **known == code).copied()
    }

    pub(super) fn operator_name(&mut self, state: Option<&mut NameState>) -> Option<Id> {
        if self.eat_text("cv") {
            if let Some(state) = state {
                state.is_structor = true;
            }
            // Arguments that follow the type are the operator's.
            let may_have_args = std::mem::replace(&mut self.may_have_args, false);
            let to = self.type_();
            self.may_have_args = may_have_args;
            let to = to?;
            return Some(self.add(Node::Conversion(to)));
        }
        if self.eat_text("li") {
            let suffix = self.source_name()?;
            return Some(self.add(Node::LiteralOperator(suffix)));
        }
        if self.peek() == b'v' && self.peek_at(1).is_ascii_digit() {
            self.at += 2;
            let name = self.source_name()?;
            return Some(self.add(Node::Words("operator ", name)));
        }
        let (_, kind, text) = self.operator()?;
        self.at += 2;
        if matches!(kind, Kind::NamedCast | Kind::Conditional | Kind::Of) {
            return None;
        }
        let space = if text.starts_with(|c: char| c.is_ascii_alphabetic()) { " " } else { "" };
        Some(self.add(Node::Text(format!("operator{space}{}", text.trim_end()).into())))
    }
}
