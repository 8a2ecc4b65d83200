//! Values as template arguments.

use super::super::node::{Id, Node};
use super::Parser;

impl Parser<'_> {
    /// `L … E`.
    pub(super) fn primary(&mut self) -> Option<Id> {
        self.expect(b'L')?;
        let code = self.peek();
        let of_type = match code {
            b'w' => "(wchar_t)",
            b'c' => "(char)",
            b'a' => "(signed char)",
            b'h' => "(unsigned char)",
            b's' => "(short)",
            b't' => "(unsigned short)",
            b'i' => "",
            b'j' => "u",
            b'l' => "l",
            b'm' => "ul",
            b'x' => "ll",
            b'y' => "ull",
            b'n' => "(__int128)",
            b'o' => "(unsigned __int128)",
            _ => "-",
        };
        if of_type != "-" {
            self.at += 1;
            let digits = self.signed()?;
            self.expect(b'E')?;
            return Some(self.add(Node::Number(of_type, digits)));
        }
        match (code, self.peek_at(1)) {
            (b'b', b'0' | b'1') => {
                let word = if self.peek_at(1) == b'1' { "true" } else { "false" };
                self.at += 2;
                self.expect(b'E')?;
                Some(self.text(word))
            }
            (b'f' | b'd' | b'e' | b'g', _) => {
                let word = match code {
                    b'f' => "float",
                    b'd' => "double",
                    b'e' => "long double",
                    _ => "__float128",
                };
                self.at += 1;
                let rest = self.rest();
                let count = rest.bytes().take_while(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(b)).count();
                self.at += count;
                self.expect(b'E')?;
                Some(self.add(Node::Float(word, rest.get(..count)?)))
            }
            (b'_', b'Z') => {
                self.at += 2;
                let of = self.encoding()?;
                self.expect(b'E')?;
                Some(of)
            }
            // Clang once left the underscore out.
            (b'Z', _) => {
                self.at += 1;
                let of = self.encoding()?;
                self.expect(b'E')?;
                Some(of)
            }
            (b'D', b'n') => {
                self.at += 2;
                self.eat(b'0');
                self.expect(b'E')?;
                Some(self.text("nullptr"))
            }
            (b'U', b'l') => {
                let lambda = self.unnamed()?;
                self.expect(b'E')?;
                Some(lambda)
            }
            _ => {
                let of = self.type_()?;
                if self.eat(b'E') {
                    // A text, of which only the type is known.
                    return Some(self.add(Node::Around("\"<", of, ">\"")));
                }
                let value = self.signed()?;
                self.expect(b'E')?;
                Some(self.add(Node::CastNumber(of, value)))
            }
        }
    }
}
