//! Types without a name: lambdas and others.

use super::super::node::{Id, Node};
use super::Parser;

impl Parser<'_> {
    pub(super) fn unnamed(&mut self) -> Option<Id> {
        if self.eat_text("Ut") {
            let number = self.index()?;
            return Some(self.add(Node::Unnamed(number + 1)));
        }
        if self.eat_text("Ul") {
            return self.deeper(Self::lambda);
        }
        if self.eat_text("Ub") {
            self.digits();
            self.expect(b'_')?;
            return Some(self.text("'block-literal'"));
        }
        None
    }

    fn lambda(&mut self) -> Option<Id> {
        let synthesised = std::mem::take(&mut self.synthesised);
        let done = self.lambda_here();
        self.synthesised = synthesised;
        done
    }

    fn lambda_here(&mut self) -> Option<Id> {
        let mut heads = Vec::new();
        while self.is_head() {
            heads.push(self.head()?);
        }
        if self.eat(b'Q') {
            self.expression()?;
        }
        let params = if self.eat_text("vE") { Vec::new() } else { self.until_end(Self::type_)? };
        let number = self.index()? + 1;
        Some(self.add(Node::Lambda { heads, params, number }))
    }
}
