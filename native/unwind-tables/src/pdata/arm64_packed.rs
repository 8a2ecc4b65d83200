//! Packed entries of ARM64: canonical functions, described by a few numbers.

use vocabulary::arm64;

use super::arm64_codes::Code;

/// Bytes that one instruction of a canonical prologue allocates at most.
const ALLOCATED_AT_ONCE: i64 = 4080;
/// Bytes of locals up to which storing fp and lr allocates them.
const LOCALS_BY_STORE: i64 = 512;
/// Instructions that store the eight parameter registers.
const HOMES: usize = 4;

/// The fields of a packed entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packed {
    /// Instructions of the function.
    pub(crate) length: u32,
    /// Whether it has a prologue and an epilogue; if not, it is a part of a function.
    pub(crate) is_whole: bool,
    general: u8,
    vector: u8,
    homes: bool,
    chain: Chain,
    frame: i64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Chain {
    No,
    LinkSaved,
    Signed,
    Yes,
}

impl Packed {
    /// From the second word of an entry; `None` if it is not packed.
    pub(crate) fn of(word: u32) -> Option<Self> {
        let bits = |low: u32, count: u32| word >> low & ((1 << count) - 1);
        let byte = |low, count| u8::try_from(bits(low, count)).unwrap_or(0);
        let is_whole = match bits(0, 2) {
            1 => true,
            2 => false,
            _ => return None,
        };
        let chain = match bits(21, 2) {
            0 => Chain::No,
            1 => Chain::LinkSaved,
            2 => Chain::Signed,
            _ => Chain::Yes,
        };
        Some(Self {
            length: bits(2, 11),
            is_whole,
            vector: byte(13, 3),
            general: byte(16, 4),
            homes: bits(20, 1) == 1,
            chain,
            frame: i64::from(bits(23, 9)) * 16,
        })
    }

    /// The codes of the canonical prologue, last instruction first.
    pub(crate) fn codes(self) -> Codes {
        let links = i64::from(self.chain == Chain::LinkSaved);
        let general_size = (i64::from(self.general) + links) * 8;
        let vectors = if self.vector == 0 { 0 } else { i64::from(self.vector) + 1 };
        let homes = if self.homes { 64 } else { 0 };
        let saved = (general_size + vectors * 8 + homes + 15) & !15;
        let locals = self.frame - saved;
        let mut codes = Codes::default();
        // In the order of the prologue; what comes first allocates the area of saved registers.
        if self.chain == Chain::Signed {
            codes.push(Code::Nothing);
        }
        let mut area = saved;
        let mut place = |offset: i64| match std::mem::take(&mut area) {
            0 => (offset, 0),
            area => (0, area),
        };
        for index in 0..self.general / 2 {
            let (offset, allocate) = place(i64::from(index) * 16);
            codes.push(Code::Save { first: arm64::X19 + index * 2, count: 2, offset, allocate });
        }
        let last = arm64::X19 + self.general.saturating_sub(1);
        match (self.general % 2 == 1, self.chain == Chain::LinkSaved) {
            (true, true) => {
                // No store of this pair allocates: an instruction before it does.
                let (offset, allocate) = place(general_size - 16);
                if allocate != 0 {
                    codes.push(Code::Allocate(allocate));
                }
                codes.push(Code::SavePairWithLink { first: last, offset });
            }
            (true, false) => {
                let (offset, allocate) = place(general_size - 8);
                codes.push(Code::Save { first: last, count: 1, offset, allocate });
            }
            (false, true) => {
                let (offset, allocate) = place(general_size - 8);
                codes.push(Code::Save { first: arm64::LR, count: 1, offset, allocate });
            }
            (false, false) => {}
        }
        for _ in 0..(vectors + 1) / 2 {
            codes.push(Code::SaveVector { allocate: place(0).1 });
        }
        if self.homes {
            let (_, allocate) = place(0);
            // What allocates is undone by epilogues, too.
            codes.homes = codes.count + usize::from(allocate != 0)..codes.count + HOMES;
            codes.push(if allocate == 0 { Code::Nothing } else { Code::Allocate(allocate) });
            for _ in 1..HOMES {
                codes.push(Code::Nothing);
            }
        }
        let is_chained = matches!(self.chain, Chain::Yes | Chain::Signed);
        if is_chained && locals <= LOCALS_BY_STORE {
            codes.push(Code::Save { first: arm64::FP, count: 2, offset: 0, allocate: locals });
        } else {
            if locals > ALLOCATED_AT_ONCE {
                codes.push(Code::Allocate(ALLOCATED_AT_ONCE));
                codes.push(Code::Allocate(locals - ALLOCATED_AT_ONCE));
            } else if locals > 0 {
                codes.push(Code::Allocate(locals));
            }
            if is_chained {
                codes.push(Code::Save { first: arm64::FP, count: 2, offset: 0, allocate: 0 });
            }
        }
        if is_chained {
            codes.push(Code::SetFrame(0));
            codes.sets_frame = true;
        }
        codes
    }
}

/// The most instructions that a canonical prologue has, with room to spare.
const MOST: usize = 24;

/// The codes of a canonical function.
#[derive(Clone, Debug)]
pub(crate) struct Codes {
    /// In the order of the prologue.
    codes: [Code; MOST],
    count: usize,
    /// Those that store parameters; epilogues are without.
    homes: std::ops::Range<usize>,
    /// Whether the last one sets the frame pointer; epilogues are without.
    sets_frame: bool,
}

impl Default for Codes {
    fn default() -> Self {
        Self { codes: [Code::Nothing; MOST], count: 0, homes: 0..0, sets_frame: false }
    }
}

impl Codes {
    fn push(&mut self, code: Code) {
        if let Some(slot) = self.codes.get_mut(self.count) {
            *slot = code;
            self.count += 1;
        }
    }

    /// Instructions of the prologue.
    pub(crate) const fn prologue(&self) -> usize {
        self.count
    }

    /// Instructions of the epilogue, the return included. It does not undo what stores parameters or sets the frame pointer.
    pub(crate) fn epilogue(&self) -> usize {
        self.count - self.homes.len() - usize::from(self.sets_frame) + 1
    }

    /// What is left to undo when so many instructions of the prologue have run.
    pub(crate) fn in_prologue(&self, run: usize) -> impl Iterator<Item = Option<Code>> + '_ {
        self.undo(run.min(self.count), |_| true)
    }

    /// What is left to undo when so many instructions of the epilogue have run.
    pub(crate) fn in_epilogue(&self, run: usize) -> impl Iterator<Item = Option<Code>> + '_ {
        let left = (self.epilogue() - 1).saturating_sub(run);
        let is_undone = |index: &usize| !self.homes.contains(index);
        let end = (0..self.count).filter(is_undone).nth(left).unwrap_or(self.count);
        self.undo(end, move |index| is_undone(&index))
    }

    fn undo(&self, end: usize, which: impl Fn(usize) -> bool) -> impl Iterator<Item = Option<Code>> {
        let codes = self.codes.iter().enumerate().take(end).rev().filter(move |(index, _)| which(*index));
        codes.map(|(_, code)| *code).chain([Code::End]).map(Some)
    }
}
