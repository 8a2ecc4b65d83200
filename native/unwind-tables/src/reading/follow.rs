//! Following the code of a function to an address.

use super::effect::{Effect, Instruction, PC, only};
use super::state::State;
use super::{arm, thumb};

/// Bytes of a function that are followed.
const MAX_FUNCTION: u32 = 64 << 10;
/// Instructions that are read to reach one address.
const MAX_STEPS: usize = 16 << 10;
/// Entries of a table of branches.
const MAX_TABLE: u32 = 512;

/// A function's code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Function<'c> {
    /// Its first address.
    pub(crate) start: u32,
    /// The bytes from there on, as far as the function may reach.
    pub(crate) code: &'c [u8],
    /// Whether it is in Thumb mode.
    pub(crate) is_thumb: bool,
}

/// What following a function showed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Followed {
    /// The state before the instruction that holds the address, if a way led there.
    pub(crate) there: Option<State>,
    /// The state at the first call: mostly that of the whole body.
    pub(crate) body: Option<State>,
    /// Instructions that were read.
    pub(crate) steps: usize,
}

impl Function<'_> {
    /// The code at an address of the function.
    fn at(&self, address: u32) -> Option<&[u8]> {
        let distance = address.checked_sub(self.start).filter(|&distance| distance < MAX_FUNCTION)?;
        self.code.get(usize::try_from(distance).ok()?..)
    }

    fn decode(&self, address: u32) -> Option<Instruction> {
        let code = self.at(address)?;
        if self.is_thumb { thumb::decode(code, address) } else { arm::decode(code, address) }
    }

    fn word(&self, address: u32) -> Option<u32> {
        Some(u32::from_le_bytes(*self.at(address)?.first_chunk()?))
    }

    /// The targets of a table, whose index was compared with the last entry's.
    fn targets(&self, at: u32, entry: u8, last: u32) -> impl Iterator<Item = u32> {
        (0..=last.min(MAX_TABLE)).map_while(move |index| {
            let code = self.at(at.checked_add(index * u32::from(entry))?)?;
            let half_words = match entry {
                1 => u32::from(*code.first()?),
                _ => u16::from_le_bytes(*code.first_chunk()?).into(),
            };
            at.checked_add(half_words * 2)
        })
    }
}

/// Addresses that were reached.
struct Reached(Vec<u64>);

impl Reached {
    /// Enter an address; whether it is new.
    fn enter(&mut self, distance: u32) -> bool {
        let (at, bit) = (distance as usize / 128, 1 << (distance / 2 % 64));
        if self.0.len() <= at {
            self.0.resize(at + 1, 0);
        }
        self.0.get_mut(at).is_some_and(|bits| {
            let is_new = *bits & bit == 0;
            *bits |= bit;
            is_new
        })
    }
}

/// Follow a function from its first instruction to the one that holds an address.
pub(crate) fn follow(function: &Function<'_>, address: u32) -> Followed {
    let mut reached = Reached(Vec::new());
    let mut open = vec![(function.start, State::at_entry())];
    let mut followed = Followed { there: None, body: None, steps: 0 };
    // The constant that a register was last compared with: before a table it is the last index.
    let mut compared = 0;
    while let Some((mut at, mut state)) = open.pop() {
        let mut conditional = 0_u8;
        while let Some(instruction) = function.decode(at) {
            if followed.steps >= MAX_STEPS || !reached.enter(at.wrapping_sub(function.start)) {
                break;
            }
            followed.steps += 1;
            let next = at.wrapping_add(instruction.length.into());
            if at <= address && address < next {
                followed.there = Some(state);
                return followed;
            }
            let may_do_nothing = instruction.is_conditional || conditional > 0;
            conditional = conditional.saturating_sub(1);
            let effect = instruction.effect;
            match effect {
                Effect::IfThen(count) => conditional = count,
                Effect::Compare { value } => compared = value,
                Effect::Branch { to, is_conditional } => {
                    open.push((to, state));
                    if !is_conditional && !may_do_nothing {
                        break;
                    }
                }
                Effect::Table { at: table, entry } => {
                    open.extend(function.targets(table, entry, compared).map(|to| (to, state)));
                    break;
                }
                Effect::TableOfBranches { at: table } => {
                    let rows = (0..=compared.min(MAX_TABLE)).map(|index| table.wrapping_add(index * 4));
                    open.extend(rows.map(|to| (to, state)));
                }
                _ if ends(&effect) && may_do_nothing => {}
                _ if ends(&effect) => break,
                // Whether the stack pointer moved is not known.
                _ if may_do_nothing && State::moves_stack(&effect) => break,
                _ => {
                    if effect == Effect::Call {
                        followed.body.get_or_insert(state);
                    }
                    state.apply(&effect, |literal| function.word(literal));
                }
            }
            at = next;
        }
    }
    followed
}

/// Whether nothing follows an instruction.
fn ends(effect: &Effect) -> bool {
    match *effect {
        Effect::End => true,
        Effect::Block { mask, transfer } => transfer.is_load && mask & only(PC) != 0,
        Effect::Words { registers, transfer } => transfer.is_load && registers.contains(&Some(PC)),
        _ => false,
    }
}
