//! Computes how long the text of one of Microsoft's names gets and how deeply it nests, before it is written.
//!
//! A digit in such a name stands for an earlier part of it, which may hold such digits itself: each level of nesting
//! multiplies, and the library expands all of them without a limit of its own. So the name is read
//! here first, by the same grammar, with sizes in place of parts. Where a digit stands for one of several parts the largest
//! is counted, which is never too little.

/// Bytes that the text of a name may have.
const MAX_SIZE: u64 = 256 << 10;
/// What a part costs beside its text.
const PART: u64 = 16;
/// Nesting of parts.
const MAX_DEPTH: u32 = 256;

/// The result of reading a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Growth {
    /// It stays within bounds and nests this deeply.
    Bounded(u32),
    /// Too long or too deep.
    Unbounded,
    /// Not parsed here; the library may still read it.
    Unknown,
}

/// Reads a name.
pub(super) fn growth(name: &str) -> Growth {
    let mut reader = Reader { rest: name.as_bytes(), largest_name: PART, largest_type: PART, depth: 0, deepest: 0 };
    match reader.symbol() {
        Ok(_) => Growth::Bounded(reader.deepest),
        Err(Stop::TooMuch) => Growth::Unbounded,
        Err(Stop::Odd) => Growth::Unknown,
    }
}

enum Stop {
    TooMuch,
    Odd,
}

type Size = Result<u64, Stop>;

struct Reader<'a> {
    rest: &'a [u8],
    /// The largest part that a digit in place of a name can stand for here.
    largest_name: u64,
    /// The largest that a digit in place of a type can stand for.
    largest_type: u64,
    depth: u32,
    deepest: u32,
}

impl Reader<'_> {
    fn take(&mut self, text: &[u8]) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn next(&mut self) -> Result<u8, Stop> {
        let (&byte, rest) = self.rest.split_first().ok_or(Stop::Odd)?;
        self.rest = rest;
        Ok(byte)
    }

    fn digit(&mut self) -> bool {
        let is = self.rest.first().is_some_and(u8::is_ascii_digit);
        if is {
            self.rest = &self.rest[1..];
        }
        is
    }

    /// One of these, if there is one.
    fn any_of(&mut self, set: &[u8]) {
        if self.rest.first().is_some_and(|b| set.contains(b)) {
            self.rest = &self.rest[1..];
        }
    }

    fn down<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Stop>) -> Result<T, Stop> {
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
        if self.depth > MAX_DEPTH {
            return Err(Stop::TooMuch);
        }
        let read = read(self);
        self.depth -= 1;
        read
    }

    /// A string up to `@`.
    fn string(&mut self) -> Size {
        let at = self.rest.iter().position(|&b| b == b'@').ok_or(Stop::Odd)?;
        self.rest = &self.rest[at + 1..];
        let size = at as u64 + PART;
        self.largest_name = self.largest_name.max(size);
        Ok(size)
    }

    fn number(&mut self) -> Size {
        self.take(b"?");
        while !self.digit() {
            match self.next()? {
                b'@' => break,
                b'A'..=b'P' => {}
                _ => return Err(Stop::Odd),
            }
            if self.take(b"@") {
                break;
            }
            if self.rest.first().is_some_and(u8::is_ascii_digit) {
                return Err(Stop::Odd);
            }
        }
        Ok(PART)
    }

    fn symbol(&mut self) -> Size {
        self.down(|r| {
            if !r.take(b"?") {
                return Err(Stop::Odd);
            }
            if r.take(b"?@") {
                return Ok(64);
            }
            if r.take(b"$") {
                return r.template();
            }
            let name = r.name()?;
            let Ok(kind) = r.next() else { return Ok(name) };
            let of_type = match kind {
                b'0'..=b'4' => r.var_type()?,
                b'6' | b'7' => {
                    r.any_of(b"ABCDQRST");
                    r.scope()?
                }
                b'Y' => r.function(false)?,
                b'8' | b'9' | b'$' => PART,
                b'A'..=b'Z' => {
                    if matches!(kind, b'G' | b'H' | b'O' | b'P' | b'W' | b'X') {
                        r.number()?;
                    }
                    r.function(!matches!(kind, b'C' | b'D' | b'K' | b'L' | b'S' | b'T'))?
                }
                _ => return Err(Stop::Odd),
            };
            check(name + of_type)
        })
    }

    /// Calling convention, result and parameters; before them, of a member, the qualifiers of `this`.
    fn function(&mut self, member: bool) -> Size {
        if member {
            for set in [&b"E"[..], b"I", b"F", b"GH", b"ABCDQRST"] {
                self.any_of(set);
            }
        }
        self.next()?;
        if self.take(b"?") {
            self.any_of(b"ABCDEFGHQRST");
        }
        let result = if self.take(b"@") { 0 } else { self.var_type()? };
        let parameters = if self.take(b"X") { PART } else { self.parameters()? };
        if !self.take(b"Z") {
            return Err(Stop::Odd);
        }
        check(result + parameters + PART)
    }

    fn parameters(&mut self) -> Size {
        let mut size = PART;
        while !matches!(self.rest, [] | [b'@' | b'Z', ..]) {
            size += if self.digit() {
                self.largest_type
            } else {
                let one = self.var_type()?;
                self.largest_type = self.largest_type.max(one);
                one
            };
            check(size)?;
        }
        if !self.rest.is_empty() {
            self.next()?;
        }
        Ok(size)
    }

    /// A template has digits of its own.
    fn template(&mut self) -> Size {
        self.down(|r| {
            let outside = (r.largest_name, r.largest_type);
            (r.largest_name, r.largest_type) = (PART, PART);
            let size = r.unqualified().and_then(|name| Ok(name + r.parameters()?));
            (r.largest_name, r.largest_type) = outside;
            let size = check(size?)?;
            r.largest_name = r.largest_name.max(size);
            Ok(size)
        })
    }

    fn name(&mut self) -> Size {
        Ok(self.unqualified()? + self.scope()?)
    }

    fn unqualified(&mut self) -> Size {
        if self.digit() {
            return Ok(self.largest_name);
        }
        if self.take(b"?$") {
            return self.template();
        }
        if !self.take(b"?") {
            return self.string();
        }
        // Operators. What more can follow is Odd: guards, RTTI, strings of data.
        match self.next()? {
            b'_' => match self.next()? {
                b'R' | b'B' | b'C' => return Err(Stop::Odd),
                b'_' => {
                    self.next()?;
                }
                _ => {}
            },
            b'0'..=b'9' | b'A'..=b'Z' => {}
            _ => return Err(Stop::Odd),
        }
        Ok(2 * PART)
    }

    fn scope(&mut self) -> Size {
        let mut size = PART;
        while !self.take(b"@") {
            size += self.nested()?;
            check(size)?;
        }
        Ok(size)
    }

    fn nested(&mut self) -> Size {
        if self.digit() {
            return Ok(self.largest_name);
        }
        match self.rest {
            [b'?', b'?', ..] => {
                self.rest = &self.rest[1..];
                self.symbol()
            }
            [b'?', b'$', ..] => {
                self.rest = &self.rest[2..];
                self.template()
            }
            [b'?', b'A' | b'Q', ..] => {
                let interface = self.rest[1] == b'Q';
                self.rest = &self.rest[2..];
                let size = self.string()?;
                if interface && !self.take(b"@") {
                    return Err(Stop::Odd);
                }
                Ok(size)
            }
            [b'?', ..] => {
                self.rest = &self.rest[1..];
                self.number()
            }
            _ => self.string(),
        }
    }

    fn var_type(&mut self) -> Size {
        self.down(Self::var_type_below)
    }

    fn var_type_below(&mut self) -> Size {
        for function in [&b"A6"[..], b"P6", b"$$A6"] {
            if self.take(function) {
                return self.function(false);
            }
        }
        if self.take(b"$$A8@@") {
            return self.function(true);
        }
        if self.take(b"P8") {
            let name = self.name()?;
            self.any_of(b"E");
            self.any_of(b"ABCDQRST");
            return check(name + self.function(false)?);
        }
        if self.take(b"W4") {
            return self.name();
        }
        if self.take(b"$") {
            if self.take(b"0") || self.take(b"D") {
                return self.number();
            }
            if self.take(b"$BY") {
                return self.array();
            }
            if self.take(b"$Q") {
                return self.pointee();
            }
            if ["S", "$V", "$Z", "$$V", "$T"].iter().any(|pack| self.take(pack.as_bytes())) {
                return Ok(PART);
            }
            if self.take(b"$Y") {
                return self.name();
            }
            if !self.take(b"$C") {
                return Err(Stop::Odd);
            }
            self.any_of(b"ABCDQRST");
        }
        if self.take(b"?") {
            return self.number();
        }
        if self.digit() {
            return Ok(self.largest_type);
        }
        match self.next()? {
            b'T' | b'U' | b'V' => Ok(self.name()? + PART),
            b'A' | b'B' | b'P' | b'Q' | b'R' | b'S' => self.pointee(),
            b'Y' => self.array(),
            b'_' => self.next().map(|_| PART),
            b'C'..=b'O' | b'X' => Ok(PART),
            _ => Err(Stop::Odd),
        }
    }

    fn pointee(&mut self) -> Size {
        self.any_of(b"E");
        self.any_of(b"ABCDEFGHQRST");
        check(self.var_type()? + PART)
    }

    fn array(&mut self) -> Size {
        // Real names have one or two dimensions; more are `Unknown`.
        let dimensions = match self.rest {
            [digit @ b'0'..=b'3', ..] => digit - b'0' + 1,
            _ => return Err(Stop::Odd),
        };
        self.digit();
        for _ in 0..dimensions {
            self.number()?;
        }
        if self.take(b"$$C") {
            self.any_of(b"ABCD");
        }
        check(self.var_type()? + PART * u64::from(dimensions))
    }
}

fn check(size: u64) -> Size {
    if size > MAX_SIZE { Err(Stop::TooMuch) } else { Ok(size) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_names_are_bounded() {
        for name in [
            "?f@@YAXXZ",
            "??0klass@@QEAAHH@Z",
            "?x@@3HA",
            "??_Gfoo@@UEAAPEAXI@Z",
            "?a@ns@@QEBA?AV?$map@HV?$basic_string@DU?$char_traits@D@std@@V?$allocator@D@2@@std@@U?$less@H@2@@std@@PEBDAEBV23@0@Z",
            "??R<lambda_1>@?1??f@@YAXXZ@QEBA@H@Z",
            "?f@?A0x1a2b3c4d@@YAXXZ",
            "?f@?$A@$0BA@$00@@QEAAXP6AXH@Z@Z",
        ] {
            assert!(matches!(growth(name), Growth::Bounded(_)), "{name}");
        }
    }

    #[test]
    fn names_that_multiply_are_not() {
        let mut types = String::from("?f@@YAXP6AXHH@Z");
        let mut templates = String::from("V?$A@H@@");
        for i in 0..10 {
            types.push_str(&format!("P6AX{}@Z", i.to_string().repeat(60)));
        }
        for _ in 0..40 {
            templates = format!("V?$A@{templates}V1@V1@@@");
        }
        types.push_str("@Z");
        assert_eq!(growth(&types), Growth::Unbounded);
        assert_eq!(growth(&format!("?f@@YAX{templates}@Z")), Growth::Unbounded);
        assert_eq!(growth(&format!("?f@@YAX{}H@Z", "PA".repeat(1000))), Growth::Unbounded);
    }
}
