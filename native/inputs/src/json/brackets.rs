//! The brackets that are open, a bit for each: a text may open one with each of its bytes.

/// Open brackets, from the outermost to the innermost.
#[derive(Debug, Default)]
pub(super) struct Brackets {
    words: Vec<u64>,
    len: usize,
}

impl Brackets {
    /// Close all, and keep the memory.
    pub(super) fn clear(&mut self) {
        self.words.clear();
        self.len = 0;
    }

    /// How many are open.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Open one: that of an object, or that of an array.
    pub(super) fn open(&mut self, object: bool) {
        let (word, bit) = (self.len / 64, self.len % 64);
        if word == self.words.len() {
            self.words.push(0);
        }
        self.words[word] = self.words[word] & !(1 << bit) | u64::from(object) << bit;
        self.len += 1;
    }

    /// Close the innermost `count`.
    pub(super) fn close(&mut self, count: usize) {
        self.len = self.len.saturating_sub(count);
        self.words.truncate(self.len.div_ceil(64));
    }

    /// Whether the bracket `outwards` of the innermost is that of an object; `None` if fewer are open.
    pub(super) fn is_object(&self, outwards: usize) -> Option<bool> {
        let at = self.len.checked_sub(outwards + 1)?;
        Some(self.words[at / 64] >> (at % 64) & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// They are what a list of them would be.
        #[test]
        fn bits_are_a_list(steps in prop::collection::vec((0..3u8, any::<bool>()), 0..400)) {
            let (mut brackets, mut list) = (Brackets::default(), Vec::new());
            for (step, object) in steps {
                if step < 2 {
                    brackets.open(object);
                    list.push(object);
                } else {
                    let count = if object { 2 } else { 1 };
                    brackets.close(count);
                    list.truncate(list.len().saturating_sub(count));
                }
                prop_assert_eq!(brackets.len(), list.len());
                for outwards in 0..3 {
                    prop_assert_eq!(brackets.is_object(outwards), list.iter().rev().nth(outwards).copied());
                }
            }
            brackets.clear();
            prop_assert_eq!(brackets.is_object(0), None);
        }
    }
}
