//! An inverted index: which stacks have a frame, kin or verb, and how near to the crash.

use crate::DEPTH;
use crate::coded::Coded;
use crate::weights::KINDS;

const SHIFT: u32 = DEPTH.trailing_zeros();

/// A stack and the position of a code in it that is nearest to the crash.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry(u32);

impl Entry {
    fn new(stack: u32, place: usize) -> Self {
        Self(stack << SHIFT | place as u32)
    }

    /// The number of the stack.
    pub(crate) fn stack(self) -> u32 {
        self.0 >> SHIFT
    }

    /// The position, 0 at the crash.
    pub(crate) fn place(self) -> usize {
        self.0 as usize & (DEPTH - 1)
    }
}

/// The entries of each code, in the order of their stacks.
#[derive(Debug, Default)]
pub(crate) struct Postings {
    /// For each code of a kind the list of its entries, from 1: most codes have none in an index of few stacks.
    lists_of: [Vec<u32>; KINDS],
    lists: Vec<Vec<Entry>>,
    /// The codes that have lists, in the lists' order.
    used: Vec<(usize, usize)>,
}

impl Postings {
    /// Add a stack; its number is greater than that of any before.
    pub(crate) fn add(&mut self, number: u32, stack: &Coded) {
        for kind in 0..KINDS {
            for (place, code) in stack.first_places(kind) {
                let code = code as usize;
                if code >= self.lists_of[kind].len() {
                    self.lists_of[kind].resize(code + 1, 0);
                }
                let list = &mut self.lists_of[kind][code];
                if *list == 0 {
                    self.used.push((kind, code));
                    if self.lists.len() < self.used.len() {
                        self.lists.push(Vec::new());
                    }
                    *list = self.used.len() as u32;
                }
                self.lists[*list as usize - 1].push(Entry::new(number, place));
            }
        }
    }

    /// The entries of a code.
    pub(crate) fn of(&self, kind: usize, code: i32) -> &[Entry] {
        let list = usize::try_from(code).ok().and_then(|code| self.lists_of[kind].get(code));
        match list {
            Some(&list) if list > 0 => &self.lists[list as usize - 1],
            _ => &[],
        }
    }

    /// Remove all stacks, and keep the memory for others.
    pub(crate) fn clear(&mut self) {
        for ((kind, code), list) in self.used.drain(..).zip(&mut self.lists) {
            self.lists_of[kind][code] = 0;
            list.clear();
        }
    }
}
