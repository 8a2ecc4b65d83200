//! ARM64: from an address to the rules of its function.

use unwind::{UnwindState, Unwound};

use super::Step;
use super::arm64_codes::{instructions, run, sequence};
use super::arm64_packed::Packed;
use super::entries::Entries;
use crate::image::Image;

/// Bytes of an entry of `.pdata`.
const ENTRY: usize = 8;
/// Bytes of an instruction.
const INSTRUCTION: u32 = 4;

/// The entries of `.pdata`, by address.
pub type Functions<'d> = Entries<'d, ENTRY>;

/// A function, or a part of one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Function {
    /// Its first address, relative to the image's base.
    pub begin: u32,
    /// How it is described: the place of an `.xdata` record, or a packed description.
    pub word: u32,
}

impl<'d> Functions<'d> {
    /// All entries, in the order of the file.
    pub fn iter(self) -> impl Iterator<Item = Function> + use<'d> {
        self.all().map(read)
    }

    /// The entry whose code begins last before an address, or at it. Whether the code reaches as far only its description
    /// says.
    fn before(self, rva: u64) -> Option<Function> {
        self.last_before(u32::try_from(rva).ok()?).map(read)
    }
}

const fn read(bytes: &[u8; ENTRY]) -> Function {
    let &[a, b, c, d, e, f, g, h] = bytes;
    Function { begin: u32::from_le_bytes([a, b, c, d]), word: u32::from_le_bytes([e, f, g, h]) }
}

/// How a function is described.
#[derive(Clone, Copy, Debug)]
enum Description<'d> {
    Packed(Packed),
    Full(Record<'d>),
}

impl<'d> Description<'d> {
    fn of(image: &'d impl Image, function: Function) -> Option<Self> {
        match function.word & 3 {
            0 => Record::read(image, function.word).map(Self::Full),
            _ => Packed::of(function.word).map(Self::Packed),
        }
    }

    /// Instructions of the function.
    const fn length(&self) -> u32 {
        match self {
            Self::Packed(packed) => packed.length,
            Self::Full(record) => record.length,
        }
    }

    /// Bytes of codes.
    const fn size(&self) -> usize {
        match self {
            Self::Packed(_) => 4,
            Self::Full(record) => record.codes.len() + record.epilogues.len() * 4,
        }
    }
}

/// An `.xdata` record.
#[derive(Clone, Copy, Debug)]
struct Record<'d> {
    length: u32,
    /// Where the codes of the only epilogue begin, which is at the function's end.
    at_end: Option<usize>,
    epilogues: &'d [[u8; 4]],
    codes: &'d [u8],
}

impl<'d> Record<'d> {
    fn read(image: &'d impl Image, rva: u32) -> Option<Self> {
        let (words, _) = image.bytes_from(rva.into())?.as_chunks::<4>();
        let (&head, mut rest) = words.split_first()?;
        let head = u32::from_le_bytes(head);
        let bits = |word: u32, low: u32, count: u32| word >> low & ((1 << count) - 1);
        if bits(head, 18, 2) != 0 {
            return None;
        }
        let (mut epilogues, mut code_words) = (bits(head, 22, 5), bits(head, 27, 5));
        if epilogues == 0 && code_words == 0 {
            let (&more, after) = rest.split_first()?;
            let more = u32::from_le_bytes(more);
            (epilogues, code_words) = (bits(more, 0, 16), bits(more, 16, 8));
            rest = after;
        }
        let at_end = match bits(head, 21, 1) {
            0 => None,
            _ => Some(usize::try_from(std::mem::take(&mut epilogues)).ok()?),
        };
        let (epilogues, rest) = rest.split_at_checked(usize::try_from(epilogues).ok()?)?;
        let codes = rest.get(..usize::try_from(code_words).ok()?)?.as_flattened();
        Some(Self { length: bits(head, 0, 18), at_end, epilogues, codes })
    }

    /// The epilogue that an instruction is in: its codes, and how many of its instructions precede.
    fn epilogue_at(&self, index: u32) -> Option<(&'d [u8], u32)> {
        if let Some(first) = self.at_end {
            let codes = self.codes.get(first..)?;
            let start = self.length.checked_sub(instructions(codes).checked_add(1)?)?;
            return Some((codes, index.checked_sub(start)?));
        }
        // Sorted by their beginnings.
        let word = |bytes: &[u8; 4]| u32::from_le_bytes(*bytes);
        let next = self.epilogues.partition_point(|scope| word(scope) & 0x3_ffff <= index);
        let scope = word(self.epilogues.get(next.checked_sub(1)?)?);
        let codes = self.codes.get(usize::try_from(scope >> 22).ok()?..)?;
        let run = index - (scope & 0x3_ffff);
        (run <= instructions(codes)).then_some((codes, run))
    }
}

/// Whether an instruction was reached in the order of the code, or by returning to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum At {
    /// It is the next one; it may be in an epilogue.
    Any,
    /// A call has returned to it: epilogues call nothing.
    AfterCall,
}

/// Instructions of a function. `None`: its description is damaged.
#[must_use]
pub fn length(image: &impl Image, function: Function) -> Option<u32> {
    Description::of(image, function).map(|description| description.length())
}

/// Bytes of the codes of a function.
#[must_use]
pub fn size(image: &impl Image, function: Function) -> usize {
    Description::of(image, function).map_or(0, |description| description.size())
}

/// Bytes of the `.xdata` record of a function; 0 if it is packed, or damaged.
#[must_use]
pub fn record(image: &impl Image, function: Function) -> usize {
    match Description::of(image, function) {
        // The head, which has a second word in long records.
        Some(description @ Description::Full(_)) => description.size().saturating_add(8),
        _ => 0,
    }
}

/// What the codes of a function come to before its instruction at `offset`, in bytes. `None`: they are damaged, or of a kind that
/// is not known.
#[must_use]
pub fn step(image: &impl Image, function: Function, offset: u32, at: At) -> Option<Step> {
    steps(&Description::of(image, function)?, offset, at)
}

fn steps(description: &Description<'_>, offset: u32, at: At) -> Option<Step> {
    let index = offset / INSTRUCTION;
    match description {
        Description::Packed(packed) => {
            let codes = packed.codes();
            let whole = codes.prologue();
            let done = usize::try_from(index).ok()?;
            let start = usize::try_from(packed.length).ok()?.saturating_sub(codes.epilogue());
            if packed.is_whole && done < whole {
                run(codes.in_prologue(done), 0)
            } else if packed.is_whole && at == At::Any && done >= start {
                run(codes.in_epilogue(done - start), 0)
            } else {
                run(codes.in_prologue(whole), 0)
            }
        }
        Description::Full(record) => {
            let prologue = instructions(record.codes);
            if index < prologue {
                return run(sequence(record.codes), prologue - index);
            }
            match record.epilogue_at(index).filter(|_| at == At::Any) {
                Some((codes, done)) => run(sequence(codes), done),
                None => run(sequence(record.codes), 0),
            }
        }
    }
}

/// Instructions of a function before which its codes come to something else than before the instruction above: where it begins, and
/// all of its prologue and epilogues.
pub fn changes(image: &impl Image, function: Function) -> Vec<u32> {
    let Some(description) = Description::of(image, function) else { return Vec::new() };
    let length = description.length();
    let mut changes: Vec<u32> = match description {
        Description::Packed(packed) => {
            let codes = packed.codes();
            let count = |count: usize| u32::try_from(count).unwrap_or(0);
            let (prologue, epilogue) = (count(codes.prologue()), count(codes.epilogue()));
            match packed.is_whole {
                true => (0..=prologue).chain(length.saturating_sub(epilogue)..length).collect(),
                false => vec![0],
            }
        }
        Description::Full(record) => {
            let mut changes: Vec<u32> = (0..=instructions(record.codes)).collect();
            let ends = record.at_end.and_then(|first| Some(instructions(record.codes.get(first..)?) + 1));
            changes.extend(length.saturating_sub(ends.unwrap_or(0))..length);
            for scope in record.epilogues {
                // Epilogues of a real function do not overlap.
                if changes.len() as u64 > 2 * u64::from(length) + 64 {
                    break;
                }
                let scope = u32::from_le_bytes(*scope);
                let codes = usize::try_from(scope >> 22).ok().and_then(|first| record.codes.get(first..));
                let start = scope & 0x3_ffff;
                changes.extend(start..=start + codes.map_or(0, instructions) + 1);
            }
            changes
        }
    };
    changes.retain(|change| *change < length);
    changes.sort_unstable();
    changes.dedup();
    changes.iter().map(|change| change * INSTRUCTION).collect()
}

/// The rules for an address that the table was searched for.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'t> {
    rva: u32,
    /// `None`: the function is a leaf.
    function: Option<(Function, Description<'t>)>,
}

impl<'t> Rules<'t> {
    /// Those for an address. `None`: the description of its function is damaged.
    pub fn at(image: &'t impl Image, functions: Functions<'t>, rva: u64) -> Option<Self> {
        let address = u32::try_from(rva).ok()?;
        let leaf = Self { rva: address, function: None };
        let Some(function) = functions.before(rva) else { return Some(leaf) };
        let description = Description::of(image, function)?;
        let is_inside = (address - function.begin) / INSTRUCTION < description.length();
        Some(Self { function: is_inside.then_some((function, description)), ..leaf })
    }

    /// Whether the table has an entry for the address.
    #[must_use]
    pub const fn is_in_table(&self) -> bool {
        self.function.is_some()
    }

    /// Bytes of codes.
    #[must_use]
    pub const fn size(&self) -> usize {
        match &self.function {
            Some((_, description)) => description.size(),
            None => 0,
        }
    }

    /// The caller.
    pub fn apply(&self, callee: &impl UnwindState) -> Unwound {
        let Some((function, description)) = &self.function else {
            // What called something has an entry; anything else here is not code of this module's compiler.
            return if callee.is_exact() { Unwound::Leaf } else { Unwound::Failed };
        };
        // Of a call the address was searched for, which precedes the return address.
        let (at, behind) = if callee.is_exact() { (At::Any, 0) } else { (At::AfterCall, INSTRUCTION) };
        match steps(description, (self.rva - function.begin).saturating_add(behind), at) {
            Some(Step::Row(row)) => row.apply(callee),
            Some(Step::Special(special, row)) => special.apply(&row, callee),
            None => Unwound::Failed,
        }
    }
}
