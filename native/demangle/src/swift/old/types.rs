//! Types: declared, bound, built in, made of others.

use super::super::node::{Id, Kind, Nominal};
use super::Reader;

impl Reader<'_> {
    pub(super) fn type_(&mut self) -> Option<Id> {
        self.nested(|reader| match reader.next() {
            b'B' => reader.builtin(),
            b'a' => reader.nominal(Nominal::Alias),
            b'C' => reader.nominal(Nominal::Class),
            b'V' => reader.nominal(Nominal::Structure),
            b'O' => reader.nominal(Nominal::Enum),
            b'b' => reader.function("@convention(block) "),
            b'c' => reader.function("@convention(c) "),
            b'F' | b'f' => reader.function(""),
            b'K' => reader.function("@autoclosure "),
            b'D' => {
                reader.type_()?;
                Some(reader.parser.text_node(Kind::Builtin, "Self"))
            }
            b'E' => reader.next_if_text("RR").then(|| reader.parser.text_node(Kind::Builtin, "<ERROR TYPE>")),
            b'G' => reader.bound(),
            b'M' => reader.metatype(""),
            b'P' => {
                if reader.next_if(b'M') {
                    return reader.around("", ".Type");
                }
                reader.protocols()
            }
            b'Q' => reader.archetype(),
            b'q' => {
                if matches!(reader.peek(), b'd' | b'_' | b'0'..=b'9') {
                    return reader.parameter();
                }
                let base = reader.type_()?;
                reader.associated(base)
            }
            b'x' => Some(reader.parser.parameter_at(0, 0)),
            b'w' => reader.member_of_parameter(),
            b'W' => reader.path_of_parameter(),
            b'R' => reader.around("inout ", ""),
            b'k' => reader.around("@noDerivative ", ""),
            b'S' => reader.substitution(),
            b'T' => reader.tuple(false),
            b't' => reader.tuple(true),
            b'u' => {
                let signature = reader.signature()?;
                let inner = reader.type_()?;
                Some(reader.node(Kind::Generic, vec![signature, inner]))
            }
            b'X' => reader.extended(),
            _ => None,
        })
    }

    /// What follows an `X`.
    fn extended(&mut self) -> Option<Id> {
        match self.next() {
            b'b' => self.around("@box ", ""),
            b'B' => self.box_with_layout(),
            b'M' => {
                let words = self.representation()?;
                self.metatype(words)
            }
            b'P' => {
                if self.next_if(b'M') {
                    let words = self.representation()?;
                    return self.around(words, ".Type");
                }
                self.protocols()
            }
            b'f' => self.function("@convention(thin) "),
            b'o' => self.around("unowned ", ""),
            b'u' => self.around("unowned(unsafe) ", ""),
            b'w' => self.around("weak ", ""),
            b'F' => self.impl_function(),
            _ => None,
        }
    }

    fn around(&mut self, before: &'static str, after: &'static str) -> Option<Id> {
        let inner = self.type_()?;
        Some(self.node(Kind::Around(before, after), vec![inner]))
    }

    fn metatype(&mut self, words: &'static str) -> Option<Id> {
        let of = self.type_()?;
        let protocol = matches!(self.parser.arena.kind(of), Kind::Protocols | Kind::Nominal(Nominal::Protocol));
        Some(self.node(Kind::Around(words, if protocol { ".Protocol" } else { ".Type" }), vec![of]))
    }

    fn representation(&mut self) -> Option<&'static str> {
        match self.next() {
            b't' => Some("@thin "),
            b'T' => Some("@thick "),
            b'o' => Some("@objc_metatype "),
            _ => None,
        }
    }

    fn protocols(&mut self) -> Option<Id> {
        let list = self.until_underscore(Self::protocol)?;
        Some(self.node(Kind::Protocols, list))
    }

    fn function(&mut self, words: &'static str) -> Option<Id> {
        let throws = self.next_if(b'z');
        let parameters = self.type_()?;
        let result = self.type_()?;
        let mut children = vec![parameters, result];
        if throws {
            children.push(self.parser.text_node(Kind::Annotation, " throws"));
        }
        Some(self.node(Kind::FunctionType(words), children))
    }

    fn tuple(&mut self, variadic: bool) -> Option<Id> {
        let mut elements = self.until_underscore(|reader| {
            let label = if reader.peek().is_ascii_digit() { Some(reader.identifier()?) } else { None };
            let inner = reader.type_()?;
            let mut children = vec![inner];
            children.extend(label);
            Some(reader.node(Kind::Element, children))
        })?;
        if variadic && let Some(last) = elements.pop() {
            let mut children = self.parser.arena.get(last).children.clone();
            children.push(self.node(Kind::Variadic, vec![]));
            elements.push(self.node(Kind::Element, children));
        }
        Some(self.node(Kind::Tuple, elements))
    }

    /// A type with its arguments and those of the types around it, the outermost first, each list ended by an underscore.
    pub(super) fn bound(&mut self) -> Option<Id> {
        let nominal = self.nominal_type()?;
        self.bind(nominal)
    }

    fn bind(&mut self, nominal: Id) -> Option<Id> {
        self.nested(|reader| {
            let mut nominal = nominal;
            let kind = reader.parser.arena.kind(nominal);
            let parent = reader.parser.arena.child(nominal, 0)?;
            if !matches!(reader.parser.arena.kind(parent), Kind::Module | Kind::Function | Kind::Extension) {
                let bound = reader.bind(parent)?;
                if bound != parent {
                    let mut children = reader.parser.arena.get(nominal).children.clone();
                    children[0] = bound;
                    nominal = reader.node(kind, children);
                }
            }
            let arguments = reader.until_underscore(Self::type_)?;
            if arguments.is_empty() {
                return Some(nominal);
            }
            if !matches!(kind, Kind::Nominal(Nominal::Class | Nominal::Structure | Nominal::Enum)) {
                return None;
            }
            let list = reader.node(Kind::TypeList, arguments);
            Some(reader.node(Kind::Bound, vec![nominal, list]))
        })
    }

    /// A box whose fields are not printed.
    fn box_with_layout(&mut self) -> Option<Id> {
        let generic = self.next_if(b'G');
        if generic {
            self.signature()?;
        }
        self.until_underscore(|reader| if matches!(reader.next(), b'm' | b'i') { reader.type_() } else { None })?;
        if generic {
            self.until_underscore(Self::type_)?;
        }
        Some(self.parser.text_node(Kind::Builtin, "@box"))
    }

    fn builtin(&mut self) -> Option<Id> {
        let text = match self.next() {
            b'b' => "Builtin.BridgeObject".to_owned(),
            b'B' => "Builtin.UnsafeValueBuffer".to_owned(),
            b'f' => format!("Builtin.FPIEEE{}", self.size()?),
            b'i' => format!("Builtin.Int{}", self.size()?),
            b'v' => {
                let lanes = self.parser.natural()?;
                if !self.next_if(b'B') {
                    return None;
                }
                match self.next() {
                    b'i' => format!("Builtin.Vec{lanes}xInt{}", self.size()?),
                    b'f' => format!("Builtin.Vec{lanes}xFPIEEE{}", self.size()?),
                    b'p' => format!("Builtin.Vec{lanes}xRawPointer"),
                    _ => return None,
                }
            }
            b'O' => "Builtin.UnknownObject".to_owned(),
            b'o' => "Builtin.NativeObject".to_owned(),
            b'p' => "Builtin.RawPointer".to_owned(),
            b't' => "Builtin.SILToken".to_owned(),
            b'w' => "Builtin.Word".to_owned(),
            _ => return None,
        };
        Some(self.parser.text_node(Kind::Builtin, text))
    }

    fn size(&mut self) -> Option<usize> {
        let size = self.parser.natural()?;
        self.next_if(b'_').then_some(size)
    }
}
