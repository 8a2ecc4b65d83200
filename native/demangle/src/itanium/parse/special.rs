//! Names that the compiler made for something of its own: tables, thunks, guards.

use super::super::node::{Id, Node};
use super::Parser;

impl Parser<'_> {
    pub(super) fn special(&mut self) -> Option<Id> {
        let code = [self.peek(), self.peek_at(1)];
        self.at = (self.at + 2).min(self.text.len());
        let of_type = match &code {
            b"TV" => "vtable for ",
            b"TT" => "VTT for ",
            b"TI" => "typeinfo for ",
            b"TS" => "typeinfo name for ",
            b"TA" => "template parameter object for ",
            _ => "",
        };
        if !of_type.is_empty() {
            let of = if &code == b"TA" { self.arg()? } else { self.type_()? };
            return Some(self.add(Node::Words(of_type, of)));
        }
        let of_name = match &code {
            b"TW" => "TLS wrapper function for ",
            b"TH" => "TLS init function for ",
            b"GV" => "guard variable for ",
            _ => "",
        };
        if !of_name.is_empty() {
            let of = self.name(None)?;
            return Some(self.add(Node::Words(of_name, of)));
        }
        match &code {
            b"Th" | b"Tv" => {
                self.at -= 1;
                let words = if code[1] == b'v' { "virtual thunk to " } else { "non-virtual thunk to " };
                self.call_offset()?;
                let of = self.encoding()?;
                Some(self.add(Node::Words(words, of)))
            }
            b"Tc" => {
                self.call_offset()?;
                self.call_offset()?;
                let of = self.encoding()?;
                Some(self.add(Node::Words("covariant return thunk to ", of)))
            }
            b"TC" => {
                let first = self.type_()?;
                self.digits();
                self.expect(b'_')?;
                let second = self.type_()?;
                Some(self.add(Node::Construction(first, second)))
            }
            b"GR" => {
                let of = self.name(None)?;
                let number = if self.peek() == 0 { 0 } else { self.index()? };
                Some(self.add(Node::Temporary(of, number)))
            }
            b"GT" => {
                let words = if self.eat(b'n') { "non-transaction clone for " } else { "transaction clone for " };
                if words.starts_with('t') {
                    self.expect(b't')?;
                }
                let of = self.encoding()?;
                Some(self.add(Node::Words(words, of)))
            }
            _ => None,
        }
    }

    fn call_offset(&mut self) -> Option<()> {
        match self.peek() {
            b'h' => {
                self.at += 1;
                self.signed()?;
            }
            b'v' => {
                self.at += 1;
                self.signed()?;
                self.expect(b'_')?;
                self.signed()?;
            }
            _ => return None,
        }
        self.expect(b'_')
    }
}
