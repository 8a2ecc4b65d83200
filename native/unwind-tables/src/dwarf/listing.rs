//! All rows of an entry, as rules that can be written down.

use gimli::{
    CfaRule, Encoding, Format, Operation, Register, RegisterRule, UnwindContext, UnwindExpression, UnwindSection,
    UnwindTableRow,
};
use vocabulary::{Arch, amd64};

use super::common::Common;
use super::registers::register;
use super::{AnySection, Entry, Frames, Slice, Table, index};
use crate::cfi::rules::{Rules, Value, name};
use crate::row::Place;

/// Operations of an expression that is written down, at most.
const OPERATIONS: usize = 32;
/// The expression of GCC and binutils for the stubs of x86-64, without the number that differs:
/// `rsp + 8 + ((rip & 15) >= 11) * 8`, and the same with 10, 9 or 6.
const STUB_HEAD: [u8; 6] = [0x77, 0x08, 0x80, 0x00, 0x3f, 0x1a];
const STUB_TAIL: [u8; 4] = [0x2a, 0x33, 0x24, 0x22];

/// An entry of a function.
#[derive(Debug)]
pub(crate) struct Listed<'s> {
    frames: Frames<'s>,
    entry: Entry<'s>,
    arch: Arch,
    base: u64,
}

impl Table {
    /// The entries of all functions, by address. Those that cannot be read are left out.
    pub(crate) fn entries<'s>(&self, whole: &'s [u8]) -> impl Iterator<Item = Listed<'s>> {
        let (arch, base) = (self.arch, self.base);
        let address = self.base.wrapping_add(self.frames.rva);
        let frames = Frames::new(self.arch, self.frames.kind, address, self.frames.bytes(whole));
        let mut common = Common::default();
        index::rows(self.index.bytes(whole)).iter().filter_map(move |row| {
            let entry = frames.entry(usize::try_from(row.offset.get()).ok()?, &mut common)?;
            let is_of_image = entry.initial_address() >= base;
            is_of_image.then(|| Listed { frames: frames.clone(), entry, arch, base })
        })
    }
}

impl<'s> Listed<'s> {
    /// The function's first address, relative to the image's base.
    pub(crate) fn begin(&self) -> u64 {
        self.entry.initial_address().wrapping_sub(self.base)
    }

    /// The address after its last.
    pub(crate) fn end(&self) -> u64 {
        self.begin().saturating_add(self.entry.len())
    }

    /// Bytes of the programs of rules.
    pub(crate) fn size(&self) -> u64 {
        (self.entry.entry_len() as u64).saturating_add(self.entry.cie().entry_len() as u64)
    }

    /// The rules from each address on; `None` from an address on whose rules cannot be written. The rows before damage are kept.
    pub(crate) fn rows(&self) -> Option<Vec<(u64, Option<Rules>)>> {
        match &self.frames.section {
            AnySection::Eh(section) => self.rows_in(section),
            AnySection::Debug(section) => self.rows_in(section),
        }
    }

    fn rows_in<S: UnwindSection<Slice<'s>>>(&self, section: &S) -> Option<Vec<(u64, Option<Rules>)>> {
        let mut context = UnwindContext::new();
        let entry = &self.entry;
        let mut table = entry.rows(section, &self.frames.bases, &mut context).ok()?;
        let mut rows = Vec::new();
        let link = entry.cie().return_address_register();
        loop {
            match table.next_row() {
                Ok(Some(row)) => {
                    let address = row.start_address().wrapping_sub(self.base);
                    // A damaged program advances past the function's end.
                    if address < self.end() {
                        rows.push((address, self.rules(section, row, link)));
                    }
                }
                Ok(None) => break,
                Err(_) if rows.is_empty() => return None,
                // From where the damage is on nothing is known.
                Err(_) => {
                    let last = rows.last().map_or(0, |(address, _)| *address);
                    rows.push((last.saturating_add(1).min(self.end()), None));
                    break;
                }
            }
        }
        Some(rows)
    }

    fn rules<S: UnwindSection<Slice<'s>>>(
        &self,
        section: &S,
        row: &UnwindTableRow<usize>,
        link: Register,
    ) -> Option<Rules> {
        let place = |number: Register, offset: i64| Some(Place { base: register(self.arch, number)?, offset });
        let program =
            |expression: &UnwindExpression<usize>| program(section, expression, self.arch, self.frames.address_size);
        let cfa = match row.cfa() {
            CfaRule::RegisterAndOffset { register, offset } => Value::Sum(place(*register, *offset)?),
            CfaRule::Expression(expression) => Value::Program(program(expression)?),
        };
        let value = |number: Register, rule: &RegisterRule<usize>| match rule {
            RegisterRule::SameValue => place(number, 0).map(Value::Sum),
            RegisterRule::Offset(offset) => Some(Value::AtCfa(*offset)),
            RegisterRule::ValOffset(offset) => Some(Value::Cfa(*offset)),
            RegisterRule::Register(other) => place(*other, 0).map(Value::Sum),
            RegisterRule::Expression(expression) => program(expression).map(|mut program| {
                program.extend_from_slice(b" ^");
                Value::Program(program)
            }),
            RegisterRule::ValExpression(expression) => program(expression).map(Value::Program),
            RegisterRule::Undefined => Some(Value::Undefined),
            RegisterRule::Constant(_) | RegisterRule::Architectural => None,
        };
        let return_address = match row.register(link) {
            Some(rule) => value(link, &rule)?,
            None => Value::Sum(place(link, 0).filter(|place| place.base != self.arch.pc())?),
        };
        let mut rules = Rules::new(cfa, return_address);
        for &(number, ref rule) in row.registers() {
            let Some(own) = register(self.arch, number).filter(|own| number != link && *own != self.arch.pc()) else {
                continue;
            };
            if *rule == RegisterRule::SameValue {
                continue;
            }
            // A register whose rule cannot be written is unknown.
            rules.set(own, value(number, rule).unwrap_or(Value::Undefined));
        }
        Some(rules)
    }
}

/// An expression as a program of Breakpad's, `None`: it has operations that such programs lack, or uses the canonical
/// frame address that is on its stack first; real ones do not.
fn program<'s, S: UnwindSection<Slice<'s>>>(
    section: &S,
    expression: &UnwindExpression<usize>,
    arch: Arch,
    address_size: u8,
) -> Option<Vec<u8>> {
    let expression = expression.get(section).ok()?;
    if let Some(program) = stub(expression.0.slice(), arch) {
        return Some(program);
    }
    let encoding = Encoding { address_size, format: Format::Dwarf32, version: 4 };
    let mut operations = expression.operations(encoding);
    let mut program = Vec::new();
    let mut count = 0;
    // A program must leave one value.
    let mut depth = 0usize;
    while let Some(operation) = operations.next().ok()? {
        count += 1;
        if count > OPERATIONS {
            return None;
        }
        let mut push = |text: &str| {
            if !program.is_empty() {
                program.push(b' ');
            }
            program.extend_from_slice(text.as_bytes());
        };
        depth = match operation {
            Operation::Plus | Operation::Minus | Operation::Mul => depth.checked_sub(1)?,
            Operation::PlusConstant { .. } | Operation::Deref { .. } | Operation::Nop => depth,
            _ => depth + 1,
        };
        match operation {
            Operation::RegisterOffset { register: number, offset, .. } => {
                let name = String::from_utf8(name(arch, register(arch, number)?)).ok()?;
                push(&if offset == 0 { name } else { format!("{name} {offset} +") });
            }
            Operation::UnsignedConstant { value } => push(&value.to_string()),
            Operation::SignedConstant { value } => push(&value.to_string()),
            Operation::PlusConstant { value } => push(&format!("{value} +")),
            Operation::Plus => push("+"),
            Operation::Minus => push("-"),
            Operation::Mul => push("*"),
            Operation::Deref { size, space: false, .. } if size == address_size => push("^"),
            Operation::CallFrameCFA => push(".cfa"),
            Operation::Nop => {}
            _ => return None,
        }
    }
    (depth == 1).then_some(program)
}

/// The expression for stubs, whose comparison Breakpad's programs lack: of a number below 16 plus 5, divided by 16, it is the same.
fn stub(expression: &[u8], arch: Arch) -> Option<Vec<u8>> {
    let [literal @ 0x30..=0x3f, tail @ ..] = expression.strip_prefix(&STUB_HEAD)? else { return None };
    let is_stub = arch == Arch::Amd64 && tail == STUB_TAIL;
    let more = 16 - i64::from(literal - 0x30);
    let (sp, ip) = (name(arch, amd64::RSP), name(arch, amd64::RIP));
    let (sp, ip) = (String::from_utf8(sp).ok()?, String::from_utf8(ip).ok()?);
    is_stub.then(|| format!("{sp} 8 + {ip} 16 % {more} + 16 / 8 * +").into_bytes())
}
