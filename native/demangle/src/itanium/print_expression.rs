//! Expressions as text.

use super::node::{Id, Node};
use super::print::Printer;

impl<'p, 'a> Printer<'p, 'a> {
    pub(super) fn expression(&mut self, node: &'p Node<'a>) -> Option<()> {
        match node {
            Node::Number(of_type, digits) => {
                let is_cast = of_type.starts_with('(');
                if is_cast {
                    self.put(of_type)?;
                }
                self.number(digits)?;
                if is_cast { Some(()) } else { self.put(of_type) }
            }
            Node::CastNumber(of, digits) => {
                self.put("(")?;
                self.all(*of)?;
                self.put(")")?;
                self.number(digits)
            }
            Node::Float(of_type, hex) => self.put(&format!("({of_type})[{hex}]")),
            Node::Binary(left, operator, right) => {
                // In template arguments it would end them.
                let is_greater = *operator == ">";
                if is_greater {
                    self.put("(")?;
                }
                self.operand(*left)?;
                self.put(operator)?;
                self.operand(*right)?;
                if is_greater { self.put(")") } else { Some(()) }
            }
            Node::Unary(operator, of) => {
                self.put(operator)?;
                self.operand(*of)
            }
            Node::Postfix(of, operator) => {
                self.operand(*of)?;
                self.put(operator)
            }
            Node::Call(function, args) => {
                self.operand(*function)?;
                self.parenthesised(args)
            }
            Node::Cast(to, values) => {
                self.put("(")?;
                self.all(*to)?;
                self.put(")")?;
                match values.as_slice() {
                    [value] => self.operand(*value),
                    _ => self.parenthesised(values),
                }
            }
            Node::NamedCast(cast, to, of) => {
                self.put(cast)?;
                self.put("<")?;
                self.all(*to)?;
                self.put(">(")?;
                self.all(*of)?;
                self.put(")")
            }
            Node::Braces(of, items) => {
                if let Some(of) = of {
                    self.all(*of)?;
                }
                self.put("{")?;
                self.list(items)?;
                self.put("}")
            }
            Node::Conditional(condition, yes, no) => {
                self.operand(*condition)?;
                self.put("?")?;
                self.operand(*yes)?;
                self.put(" : ")?;
                self.operand(*no)
            }
            Node::Subscript(of, at) => {
                self.operand(*of)?;
                self.put("[")?;
                self.all(*at)?;
                self.put("]")
            }
            Node::Access(of, operator, member) => {
                self.operand(*of)?;
                self.put(operator)?;
                self.operand(*member)
            }
            Node::New { words, placement, of, init } => {
                self.put(words)?;
                if !placement.is_empty() {
                    self.put(" ")?;
                    self.parenthesised(placement)?;
                }
                self.put(" ")?;
                self.all(*of)?;
                match init {
                    Some(init) => self.parenthesised(init),
                    None => Some(()),
                }
            }
            Node::Around(before, of, after) => {
                self.put(before)?;
                self.all(*of)?;
                self.put(after)
            }
            Node::Fold { left, operator, pack, init } => self.fold(*left, operator, *pack, *init),
            Node::FunctionParameter(number) => self.put(&format!("{{parm#{number}}}")),
            // The callers print all other nodes.
            _ => None,
        }
    }

    fn number(&mut self, digits: &str) -> Option<()> {
        match digits.strip_prefix('n') {
            Some(rest) => {
                self.put("-")?;
                self.put(rest)
            }
            None => self.put(digits),
        }
    }

    fn fold(&mut self, left: bool, operator: &str, pack: Id, init: Option<Id>) -> Option<()> {
        self.put("(")?;
        match (left, init) {
            (true, init) => {
                if let Some(init) = init {
                    self.operand(init)?;
                    self.put(operator)?;
                }
                self.put("...")?;
                self.put(operator)?;
                self.operand(pack)?;
            }
            (false, init) => {
                self.operand(pack)?;
                self.put(operator)?;
                self.put("...")?;
                if let Some(init) = init {
                    self.put(operator)?;
                    self.operand(init)?;
                }
            }
        }
        self.put(")")
    }

    /// A part of an expression, in parentheses unless it is a name.
    fn operand(&mut self, id: Id) -> Option<()> {
        let is_simple = matches!(
            self.node(id)?,
            Node::Text(_) | Node::Qualified(..) | Node::FunctionParameter(_) | Node::Braces(..)
        );
        if is_simple {
            return self.all(id);
        }
        self.put("(")?;
        self.all(id)?;
        self.put(")")
    }
}
