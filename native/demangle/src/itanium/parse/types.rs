//! Types.

use super::super::node::{Id, Node, Quals, Tail};
use super::Parser;

impl Parser<'_> {
    pub(super) fn type_(&mut self) -> Option<Id> {
        self.deeper(Self::type_here)
    }

    fn type_here(&mut self) -> Option<Id> {
        if let Some(word) = builtin(self.peek()) {
            self.at += 1;
            return Some(self.text(word));
        }
        let read = match (self.peek(), self.peek_at(1)) {
            (b'r' | b'V' | b'K', _) => {
                let mut after = 0;
                while matches!(self.peek_at(after), b'r' | b'V' | b'K') {
                    after += 1;
                }
                let next = (self.peek_at(after), self.peek_at(after + 1));
                if matches!(next, (b'F', _) | (b'D', b'o' | b'O' | b'w' | b'x')) {
                    self.function()?
                } else {
                    self.qualified()?
                }
            }
            (b'U', _) => self.qualified()?,
            (b'u', _) => {
                self.at += 1;
                let name = self.source_name()?;
                if self.peek() == b'I' { self.with_type_args(name)? } else { name }
            }
            (b'D', second) => match self.type_of_d(second)? {
                (word, true) => return Some(word),
                (type_, false) => type_,
            },
            (b'F', _) => self.function()?,
            (b'A', _) => self.array()?,
            (b'M', _) => {
                self.at += 1;
                let class = self.type_()?;
                let member = self.type_()?;
                self.add(Node::MemberPointer(class, member))
            }
            // Elaborated: the keyword is left out, as other tools do.
            (b'T', b's' | b'u' | b'e') => {
                self.at += 2;
                self.name(None)?
            }
            (b'T', _) => {
                let parameter = self.template_parameter()?;
                if self.may_have_args && self.peek() == b'I' {
                    self.remember(parameter);
                    self.with_type_args(parameter)?
                } else {
                    parameter
                }
            }
            (b'P', _) => {
                self.at += 1;
                let to = self.type_()?;
                self.add(Node::Pointer(to))
            }
            (b'R' | b'O', _) => {
                let is_rvalue = self.peek() == b'O';
                self.at += 1;
                let to = self.type_()?;
                self.add(Node::Reference(to, is_rvalue))
            }
            (b'C' | b'G', _) => {
                let words = if self.peek() == b'C' { " _Complex" } else { " _Imaginary" };
                self.at += 1;
                let of = self.type_()?;
                self.add(Node::Around("", of, words))
            }
            (b'S', second) if second != b't' => {
                let known = self.substitution()?;
                if !(self.may_have_args && self.peek() == b'I') {
                    return Some(known);
                }
                self.with_type_args(known)?
            }
            _ => self.name(None)?,
        };
        Some(self.remember(read))
    }

    fn with_type_args(&mut self, template: Id) -> Option<Id> {
        let args = self.args()?;
        Some(self.add(Node::Templated(template, args)))
    }

    /// Types that begin with `D`; true: a word of the language, which is not remembered.
    fn type_of_d(&mut self, second: u8) -> Option<(Id, bool)> {
        let word = match second {
            b'd' => "decimal64",
            b'e' => "decimal128",
            b'f' => "decimal32",
            b'h' => "half",
            b'i' => "char32_t",
            b's' => "char16_t",
            b'u' => "char8_t",
            b'a' => "auto",
            b'c' => "decltype(auto)",
            b'n' => "std::nullptr_t",
            _ => "",
        };
        if !word.is_empty() {
            self.at += 2;
            return Some((self.text(word), true));
        }
        let made = match second {
            b't' | b'T' => self.decltype()?,
            b'v' => {
                self.at += 2;
                return self.vector().map(|vector| (vector, false));
            }
            b'p' => {
                self.at += 2;
                let pattern = self.type_()?;
                self.add(Node::Expansion(pattern))
            }
            b'F' => {
                self.at += 2;
                let bits = self.digits();
                let text = match (bits, self.peek()) {
                    ("16", b'b') => "std::bfloat16_t".to_owned(),
                    (_, b'x') => format!("_Float{bits}x"),
                    _ => format!("_Float{bits}"),
                };
                self.at += usize::from(matches!(self.peek(), b'b' | b'x' | b'_'));
                return Some((self.add(Node::Text(text.into())), true));
            }
            b'B' | b'U' => {
                self.at += 2;
                let bits = if self.peek().is_ascii_digit() {
                    let digits = self.digits();
                    self.add(Node::Text(digits.into()))
                } else {
                    self.expression()?
                };
                self.expect(b'_')?;
                let word = if second == b'U' { "unsigned _BitInt(" } else { "_BitInt(" };
                self.add(Node::Around(word, bits, ")"))
            }
            b'o' | b'O' | b'w' | b'x' => self.function()?,
            _ => return None,
        };
        Some((made, false))
    }

    pub(super) fn decltype(&mut self) -> Option<Id> {
        self.at += 2;
        let of = self.expression()?;
        self.expect(b'E')?;
        Some(self.add(Node::Around("decltype (", of, ")")))
    }

    fn vector(&mut self) -> Option<Id> {
        let length = if self.peek().is_ascii_digit() {
            let digits = self.digits();
            self.add(Node::Text(digits.into()))
        } else {
            self.expect(b'_')?;
            self.expression()?
        };
        self.expect(b'_')?;
        let of = self.type_()?;
        Some(self.add(Node::Vector(of, length)))
    }

    fn qualified(&mut self) -> Option<Id> {
        self.deeper(|this| {
            if this.eat(b'U') {
                let name = this.identifier()?;
                let args = if this.peek() == b'I' { Some(this.args()?) } else { None };
                let of = this.qualified()?;
                return Some(this.add(Node::Vendor(of, name, args)));
            }
            let quals = this.quals();
            let of = this.type_()?;
            Some(if quals == Quals::default() { of } else { this.add(Node::Cv(of, quals)) })
        })
    }

    fn function(&mut self) -> Option<Id> {
        let quals = self.quals();
        let exceptions = if self.eat_text("Do") {
            Some(self.text(" noexcept"))
        } else if self.eat_text("DO") {
            let when = self.expression()?;
            self.expect(b'E')?;
            Some(self.add(Node::Around(" noexcept(", when, ")")))
        } else if self.eat_text("Dw") {
            let types = self.until_end(Self::type_)?;
            let list = self.add(Node::ArgPack(types));
            Some(self.add(Node::Around(" throw(", list, ")")))
        } else {
            None
        };
        if self.eat_text("Dx") {
            // `transaction_safe` is not printed.
        }
        self.expect(b'F')?;
        self.eat(b'Y');
        let result = self.type_()?;
        let mut params = Vec::new();
        let mut reference = "";
        loop {
            if self.eat(b'E') {
                break;
            }
            if self.eat(b'v') {
                continue;
            }
            if self.eat_text("RE") {
                reference = "&";
                break;
            }
            if self.eat_text("OE") {
                reference = "&&";
                break;
            }
            params.push(self.type_()?);
        }
        Some(self.add(Node::Function { result, params, tail: Tail { quals, reference }, exceptions }))
    }

    fn array(&mut self) -> Option<Id> {
        self.expect(b'A')?;
        let length = if self.peek().is_ascii_digit() {
            let digits = self.digits();
            Some(self.add(Node::Text(digits.into())))
        } else if self.peek() == b'_' {
            None
        } else {
            Some(self.expression()?)
        };
        self.expect(b'_')?;
        let of = self.type_()?;
        Some(self.add(Node::Array(length, of)))
    }
}

fn builtin(code: u8) -> Option<&'static str> {
    Some(match code {
        b'v' => "void",
        b'w' => "wchar_t",
        b'b' => "bool",
        b'c' => "char",
        b'a' => "signed char",
        b'h' => "unsigned char",
        b's' => "short",
        b't' => "unsigned short",
        b'i' => "int",
        b'j' => "unsigned int",
        b'l' => "long",
        b'm' => "unsigned long",
        b'x' => "long long",
        b'y' => "unsigned long long",
        b'n' => "__int128",
        b'o' => "unsigned __int128",
        b'f' => "float",
        b'd' => "double",
        b'e' => "long double",
        b'g' => "__float128",
        b'z' => "...",
        _ => return None,
    })
}
