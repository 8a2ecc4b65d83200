//! Types of functions as the intermediate language has them in thunks: `XFo_dSi_dSb_`.

use super::super::node::{Id, Kind};
use super::Reader;

impl Reader<'_> {
    pub(super) fn impl_function(&mut self) -> Option<Id> {
        let mut words = vec![match self.next() {
            b't' => "@convention(thin)",
            b'd' => "@callee_unowned",
            b'g' => "@callee_guaranteed",
            b'o' => "@callee_owned",
            _ => return None,
        }];
        if self.next_if(b'C') {
            words.push(match self.next() {
                b'b' => "@convention(block)",
                b'c' => "@convention(c)",
                b'm' => "@convention(method)",
                b'O' => "@convention(objc_method)",
                b'w' => "@convention(witness_method)",
                _ => return None,
            });
        }
        let mut children: Vec<Id> = words.into_iter().map(|text| self.node(Kind::ImplWord(text), vec![])).collect();
        if self.next_if(b'G') || self.next_if(b'g') {
            children.push(self.signature()?);
        }
        if !self.next_if(b'_') {
            return None;
        }
        let parameters = self.until_underscore(|reader| {
            let convention = match reader.next() {
                b'd' => "@unowned",
                b'g' => "@guaranteed",
                b'e' => "@deallocating",
                b'i' => "@in",
                b'l' => "@inout",
                b'o' => "@owned",
                _ => return None,
            };
            let of = reader.type_()?;
            Some(reader.node(Kind::ImplParameter(convention), vec![of]))
        })?;
        let results = self.until_underscore(|reader| {
            let throws = reader.next_if(b'z');
            let convention = match reader.next() {
                b'a' => "@autoreleased",
                b'd' => "@unowned",
                b'D' => "@unowned_inner_pointer",
                b'i' => "@out",
                b'o' => "@owned",
                _ => return None,
            };
            let of = reader.type_()?;
            let kind = if throws { Kind::ImplError(convention) } else { Kind::ImplResult(convention) };
            Some(reader.node(kind, vec![of]))
        })?;
        children.extend(parameters);
        children.extend(results);
        Some(self.node(Kind::ImplFunction, children))
    }
}
