//! Types of functions: as people write them, and as the intermediate language has them in thunks.

use super::node::{Id, Kind};
use super::parse::Parser;

impl Parser<'_> {
    /// Parameters, result and annotations before it.
    pub(super) fn function_type(&mut self, words: &'static str) -> Option<Id> {
        let mut annotations = Vec::new();
        while let Some(annotation) = self.pop_kind(Kind::Annotation) {
            annotations.push(annotation);
        }
        let parameters = self.pop_parameters()?;
        let result = self.pop_parameters()?;
        let mut children = vec![parameters, result];
        children.extend(annotations);
        Some(self.node(Kind::FunctionType(words), children))
    }

    fn pop_parameters(&mut self) -> Option<Id> {
        if self.pop_kind(Kind::EmptyList).is_some() {
            return Some(self.node(Kind::Tuple, vec![]));
        }
        self.pop_type()
    }

    /// The labels of a function's parameters: First where a label is missing.
    ///
    /// Gives Labels without children for a function all of whose parameters are unlabelled; `of` must be its type.
    pub(super) fn pop_labels(&mut self, of: Option<Id>) -> Option<Id> {
        if !self.old && self.pop_kind(Kind::EmptyList).is_some() {
            return Some(self.node(Kind::Labels, vec![]));
        }
        let mut function = of?;
        if self.arena.kind(function) == Kind::Generic {
            function = self.arena.child(function, 1)?;
        }
        if !matches!(self.arena.kind(function), Kind::FunctionType(_)) {
            return None;
        }
        let parameters = self.arena.child(function, 0)?;
        let count = self.parameters(parameters);
        if count == 0 {
            return None;
        }
        let mut labels = Vec::new();
        if self.old {
            for at in 0..count {
                labels.push(self.old_label(parameters, at));
            }
        } else {
            for _ in 0..count {
                labels.push(self.pop_if(|kind| matches!(kind, Kind::Identifier | Kind::First))?);
            }
            labels.reverse();
        }
        Some(self.node(Kind::Labels, labels))
    }

    /// How many parameters a function with these has.
    pub(super) fn parameters(&self, parameters: Id) -> usize {
        let node = self.arena.get(parameters);
        if node.kind == Kind::Tuple { node.children.len() } else { 1 }
    }

    fn old_label(&mut self, parameters: Id, at: usize) -> Id {
        let element = (self.arena.kind(parameters) == Kind::Tuple).then(|| self.arena.child(parameters, at)).flatten();
        let label = element.and_then(|element| {
            self.arena.get(element).children.iter().copied().find(|&part| self.arena.kind(part) == Kind::Identifier)
        });
        label.unwrap_or_else(|| self.node(Kind::First, vec![]))
    }

    /// `Ieg_`: attributes, parameters, results; their types are on the stack.
    pub(super) fn impl_function(&mut self) -> Option<Id> {
        let mut words = Vec::new();
        if self.next_if(b's') {
            self.pop_substitutions()?;
            self.pop_kind(Kind::Signature)?;
        }
        if self.next_if(b'I') {
            self.pop_substitutions()?;
        }
        let signature = self.pop_kind(Kind::Signature);
        if signature.is_some() {
            self.next_if(b'P');
        }
        if self.next_if(b'e') {
            words.push("@escaping");
        }
        if self.next_if(b'A') {
            words.push("@isolated(any)");
        }
        if matches!(self.peek(), b'd' | b'f' | b'r' | b'l') {
            self.at += 1;
            words.push("@differentiable");
        }
        words.push(match self.next() {
            b'y' => "@callee_unowned",
            b'g' => "@callee_guaranteed",
            b'x' => "@callee_owned",
            b't' => "@convention(thin)",
            _ => return None,
        });
        let convention = match self.peek() {
            b'B' => "@convention(block)",
            b'C' => "@convention(c)",
            b'M' => "@convention(method)",
            b'O' => "@convention(objc_method)",
            b'K' => "@convention(closure)",
            b'W' => "@convention(witness_method)",
            _ => "",
        };
        if !convention.is_empty() {
            self.at += 1;
            words.push(convention);
        }
        for (letter, text) in [(b'A', "@yield_once"), (b'I', "@yield_once_2"), (b'G', "@yield_many")] {
            if self.next_if(letter) {
                words.push(text);
                break;
            }
        }
        for (letter, text) in [(b'h', "@Sendable"), (b'H', "@async"), (b'T', "sending")] {
            if self.next_if(letter) {
                words.push(text);
            }
        }
        let mut children: Vec<Id> = words.into_iter().map(|text| self.node(Kind::ImplWord(text), vec![])).collect();
        children.extend(signature);
        self.impl_types(&mut children)?;
        Some(self.node(Kind::ImplFunction, children))
    }

    /// The conventions are in the order of the types, which are on the stack.
    fn impl_types(&mut self, children: &mut Vec<Id>) -> Option<()> {
        let mut kinds = Vec::new();
        while let Some(convention) = parameter_convention(self.peek()) {
            self.at += 1;
            while matches!(self.peek(), b'w' | b'T' | b'I' | b'L') {
                self.at += 1;
            }
            kinds.push(Kind::ImplParameter(convention));
        }
        while let Some(convention) = result_convention(self.peek()) {
            self.at += 1;
            self.next_if(b'w');
            kinds.push(Kind::ImplResult(convention));
        }
        while self.next_if(b'Y') {
            let convention = parameter_convention(self.next())?;
            kinds.push(Kind::ImplResult(convention));
        }
        if self.next_if(b'z') {
            // The result of a function that throws.
            kinds.push(Kind::ImplError(result_convention(self.next())?));
        }
        if !self.next_if(b'_') {
            return None;
        }
        let mut typed = Vec::new();
        for kind in kinds.into_iter().rev() {
            let inner = self.pop_type()?;
            typed.push(self.node(kind, vec![inner]));
        }
        children.extend(typed.into_iter().rev());
        Some(())
    }

    fn pop_substitutions(&mut self) -> Option<()> {
        while self.pop_kind(Kind::ConformanceRef).is_some() {}
        self.pop_type_list().map(drop)
    }
}

fn parameter_convention(letter: u8) -> Option<&'static str> {
    Some(match letter {
        b'i' => "@in",
        b'c' => "@in_constant",
        b'l' => "@inout",
        b'b' => "@inout_aliasable",
        b'n' => "@in_guaranteed",
        b'X' => "@in_cxx",
        b'x' => "@owned",
        b'g' => "@guaranteed",
        b'e' => "@deallocating",
        b'y' => "@unowned",
        b'v' => "@pack_owned",
        b'p' => "@pack_guaranteed",
        b'm' => "@pack_inout",
        _ => return None,
    })
}

fn result_convention(letter: u8) -> Option<&'static str> {
    Some(match letter {
        b'r' => "@out",
        b'o' => "@owned",
        b'd' => "@unowned",
        b'u' => "@unowned_inner_pointer",
        b'a' => "@autoreleased",
        b'k' => "@pack_out",
        b'l' => "@guaranteed_address",
        b'g' => "@guaranteed",
        b'm' => "@inout",
        _ => return None,
    })
}
