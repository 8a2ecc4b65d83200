//! x86-64: from an address to the rules of its function.

use unwind::{UnwindState, Unwound};
use vocabulary::{Arch, amd64};

use super::Step;
use super::entries::Entries;
use super::special::Special;
use super::x64_info::{ENTRY, Info, Op};
use crate::epilogue_x86_64 as epilogue;
use crate::image::Image;
use crate::row::{Place, ReturnAddress, Row};

pub use super::x64_info::Function;

/// Entries that are followed from a part of a function to the function, at most.
const CHAIN: usize = 32;
/// Bit of an entry's last word: it leads to another entry, not to an `UNWIND_INFO`.
const INDIRECT: u32 = 1;
/// Bytes of code that are read to find the end of an epilogue.
const EPILOGUE: usize = 64;

/// The entries of `.pdata`, by address.
pub type Functions<'d> = Entries<'d, ENTRY>;

impl<'d> Functions<'d> {
    /// All entries, in the order of the file.
    pub fn iter(self) -> impl Iterator<Item = Function> + use<'d> {
        self.all().filter_map(|bytes| Function::read(bytes))
    }

    /// The entry whose code holds an address.
    #[must_use]
    pub fn at(self, rva: u64) -> Option<Function> {
        let rva = u32::try_from(rva).ok()?;
        let function = Function::read(self.last_before(rva)?)?;
        (rva < function.end).then_some(function)
    }
}

/// Follow an entry that leads to another one.
#[must_use]
pub fn resolve(image: &impl Image, mut function: Function) -> Option<Function> {
    for _ in 0..CHAIN {
        if function.info & INDIRECT == 0 {
            return Some(function);
        }
        function = Function::read(image.bytes_from((function.info & !INDIRECT).into())?)?;
    }
    None
}

/// The entry of the whole function that an entry is a part of.
pub(crate) fn whole(image: &impl Image, mut function: Function) -> Option<Function> {
    for _ in 0..CHAIN {
        function = resolve(image, function)?;
        match Info::read(image, function.info)?.parent {
            Some(parent) => function = parent,
            None => return Some(function),
        }
    }
    None
}

/// The entry of the function that an entry is a part of.
#[must_use]
pub fn parent(image: &impl Image, function: Function) -> Option<Function> {
    Info::read(image, resolve(image, function)?.info)?.parent
}

/// Bytes of the codes of a function and of those that it is a part of.
#[must_use]
pub fn size(image: &impl Image, mut function: Function) -> usize {
    let mut size = 0;
    for _ in 0..CHAIN {
        let Some(info) = resolve(image, function).and_then(|function| Info::read(image, function.info)) else { break };
        size += info.size();
        let Some(parent) = info.parent else { break };
        function = parent;
    }
    size
}

/// What the codes of a function come to before its instruction at `offset`. `None`: they are damaged, or of a kind that is not
/// known.
#[must_use]
pub fn step(image: &impl Image, function: Function, offset: u32) -> Option<Step> {
    let mut function = resolve(image, function)?;
    let mut base = amd64::RSP;
    let mut depth = 0i64;
    let mut row = Row::at_entry(Arch::Amd64);
    // The codes of a part come first; of the function that it is a part of the whole prologue has run.
    for level in 0..CHAIN {
        let info = Info::read(image, function.info)?;
        let has_run = |at: u8| level > 0 || offset >= u32::from(info.prologue) || u32::from(at) <= offset;
        // Saved registers are relative to where the stack pointer was when the frame register was set.
        let is_set = level > 0
            || offset >= u32::from(info.prologue)
            || info.parent.is_some()
            || info.ops().any(|op| matches!(op, Ok((at, Op::SetFrame)) if has_run(at)));
        let frame = match info.frame {
            Some((register, above)) if is_set => Place { base: register, offset: -above },
            _ => Place { base, offset: depth },
        };
        for op in info.ops() {
            let (at, op) = op.ok()?;
            if !has_run(at) {
                continue;
            }
            match op {
                Op::Push(register) => {
                    row.save(register, Place { base, offset: depth });
                    depth = depth.checked_add(8)?;
                }
                Op::Allocate(bytes) => depth = depth.checked_add(bytes.into())?,
                Op::SetFrame => {
                    info.frame?;
                    (base, depth) = (frame.base, frame.offset);
                }
                Op::Save(register, above) => {
                    let offset = frame.offset.checked_add(above.into())?;
                    row.save(register, Place { base: frame.base, offset });
                }
                Op::Nothing => {}
                Op::MachineFrame { error_code } => {
                    let offset = depth.checked_add(if error_code { 8 } else { 0 })?;
                    return Some(Step::Special(Special::MachineFrame(Place { base, offset }), row));
                }
            }
        }
        match info.parent {
            Some(parent) => function = resolve(image, parent)?,
            None => {
                row.cfa = Place { base, offset: depth.checked_add(8)? };
                row.return_address = ReturnAddress::Stored(Place { base, offset: depth });
                return Some(Step::Row(row));
            }
        }
    }
    None
}

/// Offsets of instructions before which the codes of a function come to something else than before the one above. `None`: they are
/// damaged.
#[must_use]
pub fn changes(image: &impl Image, function: Function) -> Option<Vec<u8>> {
    let info = Info::read(image, resolve(image, function)?.info)?;
    let mut changes = vec![0];
    for op in info.ops() {
        let (at, _) = op.ok()?;
        if at < info.prologue {
            changes.push(at);
        }
    }
    changes.push(info.prologue);
    changes.sort_unstable();
    changes.dedup();
    changes.retain(|offset| u32::from(*offset) < function.end.saturating_sub(function.begin));
    Some(changes)
}

/// The rules for an address that the table was searched for.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'t, I> {
    image: &'t I,
    functions: Functions<'t>,
    rva: u32,
    /// `None`: the function is a leaf.
    function: Option<Function>,
}

impl<'t, I: Image> Rules<'t, I> {
    /// Those for an address.
    pub fn at(image: &'t I, functions: Functions<'t>, rva: u64) -> Option<Self> {
        Some(Self { image, functions, rva: u32::try_from(rva).ok()?, function: functions.at(rva) })
    }

    /// Whether the table has an entry for the address.
    #[must_use]
    pub const fn is_in_table(&self) -> bool {
        self.function.is_some()
    }

    /// Bytes of codes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.function.map_or(0, |function| size(self.image, function))
    }

    /// The caller.
    pub fn apply(&self, callee: &impl UnwindState) -> Unwound {
        let Some(function) = self.function else {
            // What called something has an entry; anything else here is not code of this module's compiler.
            return if callee.is_exact() { Unwound::Leaf } else { Unwound::Failed };
        };
        if callee.is_exact()
            && let Some(row) = self.epilogue(function, callee)
        {
            return row.apply(callee);
        }
        // Of a call the address was searched for, which precedes the return address.
        let offset = self.rva.saturating_sub(function.begin).saturating_add(u32::from(!callee.is_exact()));
        match step(self.image, function, offset) {
            Some(Step::Row(row)) => row.apply(callee),
            Some(Step::Special(special, row)) => special.apply(&row, callee),
            None => Unwound::Failed,
        }
    }

    /// The rules in an epilogue, which are its code.
    fn epilogue(&self, function: Function, callee: &impl UnwindState) -> Option<Row> {
        let info = Info::read(self.image, resolve(self.image, function)?.info)?;
        if info.is_in_epilogue(function.end.checked_sub(self.rva)?) == Some(false) {
            return None;
        }
        // An epilogue may go on in another part of the function, and lie in its prologue: that of MSVC goes on behind an early
        // return.
        let code = code(self.image, self.rva, callee)?;
        let root = whole(self.image, function)?;
        epilogue::row(code, |distance| {
            let Some(target) = u32::try_from(i64::from(self.rva) + distance).ok() else { return true };
            match self.functions.at(target.into()) {
                // A jump to its own beginning is a call of itself.
                Some(other) if other == root => target == root.begin,
                Some(other) => whole(self.image, other) != Some(root),
                None => true,
            }
        })
    }
}

/// The code at an address, from the process or from the image.
fn code<'c>(image: &'c impl Image, rva: u32, callee: &'c impl UnwindState) -> Option<&'c [u8]> {
    let pc = callee.registers().pc();
    let in_process = [EPILOGUE, EPILOGUE / 4].into_iter().find_map(|length| callee.bytes(pc, length));
    in_process.or_else(|| {
        let code = image.bytes_from(rva.into())?;
        Some(code.get(..EPILOGUE).unwrap_or(code))
    })
}
