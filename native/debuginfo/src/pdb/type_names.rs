//! Types as text, for the parameters of functions.
//!
//! Functions have no mangled name in a PDB, only a qualified one; parameters tell overloads apart as a demangled name does.
//! Spelling: that of Mozilla's dump_syms (`f(int, char const*)`), so that both give a function one name.

use super::types::Types;
use crate::fields::Fields;
use crate::limits;

const LF_MODIFIER: u16 = 0x1001;
const LF_POINTER: u16 = 0x1002;
const LF_PROCEDURE: u16 = 0x1008;
const LF_MFUNCTION: u16 = 0x1009;
const LF_ARGLIST: u16 = 0x1201;
const LF_ARRAY: u16 = 0x1503;
const LF_CLASS: u16 = 0x1504;
const LF_STRUCTURE: u16 = 0x1505;
const LF_UNION: u16 = 0x1506;
const LF_ENUM: u16 = 0x1507;
const LF_INTERFACE: u16 = 0x1519;
/// Numbers below this one are of simple types.
const SIMPLE: u32 = 0x1000;

/// How deeply types may be nested, and how many pointers may lead to one.
const DEPTH: usize = 32;
/// How many records are read for one name.
const RECORDS: usize = 2048;

/// Writes types.
#[derive(Debug)]
pub(super) struct TypeNames<'t, 'm> {
    types: &'t Types<'m>,
    out: Vec<u8>,
    /// Records that may still be read for this name.
    left: usize,
}

/// A pointer or reference on the way to a type.
#[derive(Clone, Copy)]
struct Pointer {
    sign: &'static str,
    is_const: bool,
    /// What it points to is constant.
    to_const: bool,
}

/// The parameters of a function.
struct Signature {
    result: u32,
    /// The class and the type of `this`; 0 for a function without it.
    member: Option<(u32, u32)>,
    arguments: u32,
    is_constructor: bool,
}

impl<'t, 'm> TypeNames<'t, 'm> {
    /// Types of this stream.
    pub(super) const fn new(types: &'t Types<'m>) -> Self {
        Self { types, out: Vec::new(), left: RECORDS }
    }

    /// Begin a name, and write something.
    pub(super) fn write(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
    }

    /// The name, and nothing from here on.
    pub(super) fn take(&mut self) -> Vec<u8> {
        self.left = RECORDS;
        self.out.truncate(limits::NAME);
        std::mem::take(&mut self.out)
    }

    /// Write the parameters of a function of this type, if it is one.
    pub(super) fn parameters(&mut self, function: u32) {
        if let Some(signature) = self.signature(function) {
            self.arguments(&signature, true, 0);
        }
    }

    /// Write a type.
    pub(super) fn type_name(&mut self, number: u32) {
        self.ty(number, 0);
    }

    fn record(&mut self, number: u32) -> Option<(u16, std::borrow::Cow<'m, [u8]>)> {
        self.left = self.left.checked_sub(1)?;
        if self.out.len() > limits::NAME {
            return None;
        }
        self.types.record(number)
    }

    fn signature(&mut self, number: u32) -> Option<Signature> {
        let (kind, record) = self.record(number)?;
        let record = Fields(&record);
        match kind {
            LF_PROCEDURE => Some(Signature {
                result: record.u32(0)?,
                member: None,
                arguments: record.u32(8)?,
                is_constructor: record.u8(5)? & 2 != 0,
            }),
            LF_MFUNCTION => Some(Signature {
                result: record.u32(0)?,
                member: Some((record.u32(4)?, record.u32(8)?)),
                arguments: record.u32(16)?,
                is_constructor: record.u8(13)? & 2 != 0,
            }),
            _ => None,
        }
    }

    fn arguments(&mut self, signature: &Signature, with_const: bool, depth: usize) {
        self.out.push(b'(');
        let (mut is_const, mut is_first) = (false, true);
        if let Some((class, this)) = signature.member.filter(|&(_, this)| this != 0) {
            match self.this(this, class) {
                Some(constant) => is_const = constant,
                // Rust's functions without `self` have their first parameter here, if it is a reference.
                None => {
                    self.ty(this, depth + 1);
                    is_first = false;
                }
            }
        }
        if let Some((LF_ARGLIST, list)) = self.record(signature.arguments) {
            let count = Fields(&list).size(0).unwrap_or(0);
            for number in list.get(4..).unwrap_or_default().as_chunks::<4>().0.iter().take(count) {
                if !std::mem::take(&mut is_first) {
                    self.out.extend_from_slice(b", ");
                }
                match u32::from_le_bytes(*number) {
                    // "No type" as the last one.
                    0 => self.out.extend_from_slice(b"..."),
                    number => self.ty(number, depth + 1),
                }
                if self.left == 0 {
                    break;
                }
            }
        }
        self.out.push(b')');
        if is_const && with_const {
            self.out.extend_from_slice(b" const");
        }
    }

    /// Whether `this` points to a constant object of the class; `None`: it points to something else.
    fn this(&mut self, this: u32, class: u32) -> Option<bool> {
        let (LF_POINTER, pointer) = self.record(this)? else { return None };
        let target = Fields(&pointer).u32(0)?;
        if target == class {
            return Some(false);
        }
        let (LF_MODIFIER, modifier) = self.record(target)? else { return None };
        let modifier = Fields(&modifier);
        (modifier.u32(0)? == class).then_some(modifier.u16(4)? & 1 != 0)
    }

    fn ty(&mut self, number: u32, depth: usize) {
        if number < SIMPLE {
            return self.simple(number, false);
        }
        if self.described(number, depth).is_none() {
            self.out.push(b'?');
        }
    }

    fn described(&mut self, number: u32, depth: usize) -> Option<()> {
        if depth > DEPTH {
            return None;
        }
        let (kind, record) = self.record(number)?;
        let record = Fields(&record);
        match kind {
            LF_MODIFIER => {
                let (target, is_const) = (record.u32(0)?, record.u16(4)? & 1 != 0);
                if target < SIMPLE {
                    self.simple(target, is_const);
                } else if let Some((LF_POINTER, pointer)) = self.types.record(target) {
                    self.pointer(Fields(&pointer), is_const, depth)?;
                } else {
                    self.out.extend_from_slice(if is_const { b"const " } else { b"" });
                    self.ty(target, depth + 1);
                }
            }
            LF_POINTER => self.pointer(record, false, depth)?,
            LF_PROCEDURE | LF_MFUNCTION => {
                let signature = self.signature(number)?;
                self.result(&signature, depth);
                self.arguments(&signature, false, depth + 1);
            }
            LF_ARRAY => self.array(record, depth)?,
            _ => self.write(named(kind, record)?),
        }
        Some(())
    }

    fn result(&mut self, signature: &Signature, depth: usize) {
        if !signature.is_constructor {
            self.ty(signature.result, depth + 1);
            self.out.push(b' ');
        }
    }

    /// Write a pointer or reference with what it points to.
    fn pointer(&mut self, record: Fields<'_>, is_const: bool, depth: usize) -> Option<()> {
        let (mut target, attributes) = (record.u32(0)?, record.u32(4)?);
        let mut pointers = vec![pointer(attributes, is_const)];
        loop {
            if pointers.len() > DEPTH {
                return None;
            }
            let Some((kind, found)) = (target >= SIMPLE).then(|| self.record(target)).flatten() else { break };
            let found = Fields(&found);
            match kind {
                LF_POINTER => pointers.push(pointer(found.u32(4)?, false)),
                LF_MODIFIER => {
                    if let Some(last) = pointers.last_mut() {
                        last.to_const |= found.u16(4)? & 1 != 0;
                    }
                }
                _ => break,
            }
            target = found.u32(0)?;
        }
        if let Some(signature) = (target >= SIMPLE).then(|| self.signature(target)).flatten() {
            self.result(&signature, depth);
            self.out.push(b'(');
            if let Some((class, _)) = signature.member {
                self.ty(class, depth + 1);
            }
            self.signs(&pointers, false);
            self.out.push(b')');
            self.arguments(&signature, false, depth + 1);
        } else {
            self.ty(target, depth + 1);
            self.signs(&pointers, true);
        }
        Some(())
    }

    fn signs(&mut self, pointers: &[Pointer], mut spaced: bool) {
        for pointer in pointers.iter().rev() {
            if pointer.to_const {
                self.out.extend_from_slice(if spaced { b" const" } else { b"const" });
            }
            spaced = true;
            self.out.extend_from_slice(pointer.sign.as_bytes());
            self.out.extend_from_slice(if pointer.is_const { b" const" } else { b"" });
        }
    }

    /// Write an array: sizes are in bytes, so that the counts follow from the size of an element.
    fn array(&mut self, record: Fields<'_>, depth: usize) -> Option<()> {
        let (mut element, mut size) = (record.u32(0)?, numeric(record, 8)?.0);
        let mut sizes = vec![size];
        while let Some((LF_ARRAY, inner)) = self.record(element) {
            if sizes.len() > DEPTH {
                return None;
            }
            let inner = Fields(&inner);
            (element, size) = (inner.u32(0)?, numeric(inner, 8)?.0);
            sizes.push(size);
        }
        self.ty(element, depth + 1);
        sizes.push(self.size(element).unwrap_or(0));
        for pair in sizes.windows(2) {
            match pair[0].checked_div(pair[1]).filter(|&count| count > 0) {
                Some(count) => self.out.extend_from_slice(format!("[{count}]").as_bytes()),
                None => self.out.extend_from_slice(b"[]"),
            }
        }
        Some(())
    }

    /// Bytes of a type; `None`: unknown, as for a class that is only declared here.
    fn size(&mut self, number: u32) -> Option<u64> {
        if number < SIMPLE {
            return simple_size(number);
        }
        let (kind, record) = self.record(number)?;
        let record = Fields(&record);
        match kind {
            LF_POINTER => Some(u64::from(record.u32(4)? >> 13 & 0x3f)),
            LF_CLASS | LF_STRUCTURE | LF_INTERFACE => Some(numeric(record, 16)?.0),
            LF_UNION => Some(numeric(record, 8)?.0),
            _ => None,
        }
    }

    fn simple(&mut self, number: u32, is_const: bool) {
        let name = simple_name(number & 0xff);
        if number & 0xf00 != 0 {
            self.out.extend_from_slice(name.as_bytes());
            self.out.extend_from_slice(if is_const { b" const*" } else { b"*" });
        } else {
            self.out.extend_from_slice(if is_const { b"const " } else { b"" });
            self.out.extend_from_slice(name.as_bytes());
        }
    }
}

const fn pointer(attributes: u32, is_const: bool) -> Pointer {
    let sign = match attributes >> 5 & 7 {
        1 => "&",
        2 | 3 => "::*",
        4 => "&&",
        _ => "*",
    };
    Pointer { sign, is_const: is_const || attributes & 0x400 != 0, to_const: false }
}

/// The name of a class, union or enumeration.
fn named(kind: u16, record: Fields<'_>) -> Option<&[u8]> {
    let at = match kind {
        LF_CLASS | LF_STRUCTURE | LF_INTERFACE => numeric(record, 16)?.1,
        LF_UNION => numeric(record, 8)?.1,
        LF_ENUM => 12,
        _ => return None,
    };
    record.text(at).filter(|name| !name.is_empty())
}

/// A number of variable length that is not negative, and where it ends.
fn numeric(record: Fields<'_>, at: usize) -> Option<(u64, usize)> {
    let (low, high) = (|| record.u32(at + 2), || record.u32(at + 6));
    match record.u16(at)? {
        small @ 0..0x8000 => Some((small.into(), at + 2)),
        0x8000 => Some((record.u8(at + 2)?.into(), at + 3)),
        0x8001 | 0x8002 => Some((record.u16(at + 2)?.into(), at + 4)),
        0x8003 | 0x8004 => Some((low()?.into(), at + 6)),
        0x8009 | 0x800a => Some((u64::from(low()?) | u64::from(high()?) << 32, at + 10)),
        _ => None,
    }
}

/// Bytes of a simple type.
const fn simple_size(number: u32) -> Option<u64> {
    Some(match number {
        0x600..=0x6ff => 8,
        0x400..=0x4ff => 4,
        0x10 | 0x20 | 0x30 | 0x68 | 0x69 | 0x70 | 0x7c => 1,
        0x11 | 0x21 | 0x31 | 0x71 | 0x72 | 0x73 | 0x7a => 2,
        0x08 | 0x12 | 0x22 | 0x32 | 0x40 | 0x74 | 0x75 | 0x7b => 4,
        0x13 | 0x23 | 0x33 | 0x41 | 0x76 | 0x77 => 8,
        _ => return None,
    })
}

const fn simple_name(kind: u32) -> &'static str {
    match kind {
        0x03 => "void",
        0x08 => "HRESULT",
        0x10 => "signed char",
        0x11 => "short",
        0x12 => "long",
        0x13 => "long long",
        0x14 | 0x78 => "int128_t",
        0x20 => "unsigned char",
        0x21 => "unsigned short",
        0x22 => "unsigned long",
        0x23 => "unsigned long long",
        0x24 | 0x79 => "uint128_t",
        0x30 => "bool",
        0x31 => "bool16_t",
        0x32 => "bool32_t",
        0x33 => "bool64_t",
        0x40 | 0x45 => "float",
        0x41 => "double",
        0x42 | 0x43 => "long double",
        0x44 => "float48_t",
        0x46 => "float16_t",
        0x50 => "complex<float>",
        0x51 => "complex<double>",
        0x52 | 0x53 => "complex<long double>",
        0x68 => "int8_t",
        0x69 => "uint8_t",
        0x70 => "char",
        0x71 => "wchar_t",
        0x72 => "int16_t",
        0x73 => "uint16_t",
        0x74 => "int",
        0x75 => "unsigned int",
        0x76 => "int64_t",
        0x77 => "uint64_t",
        0x7a => "char16_t",
        0x7b => "char32_t",
        0x7c => "char8_t",
        _ => "?",
    }
}
