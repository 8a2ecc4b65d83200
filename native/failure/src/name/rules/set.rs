//! The rules of one system, indexed by what they look at.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::Arc;

use super::{Action, Rule, System, Target};
use crate::name::pattern::{Buckets, Ends, Pattern};

/// The rules of one system, in order.
#[derive(Debug, Default)]
pub(in crate::name) struct RuleSet {
    rules: Vec<Arc<Rule>>,
    /// Rules by whole function name, by the start of one, and by other patterns.
    exact: HashMap<String, Vec<usize>, BuildHasherDefault<Ends>>,
    prefixes: Buckets<String>,
    globs: Buckets<Pattern>,
    /// Patterns that begin with `*`: few, and no start of a function rules them out.
    anywhere: Vec<(Pattern, usize)>,
    /// Rules for any function: by module, and those for any module.
    modules: Buckets<Pattern>,
    any: Vec<usize>,
    /// What the functions of any rule start with, and of those rules that take away everything above their frame.
    starts: Starts,
    above_starts: Starts,
    above: Buckets<String>,
    /// Patterns of the latter that begin with `*`.
    above_anywhere: Vec<Pattern>,
    /// One of the latter is for any function.
    any_above: bool,
}

impl RuleSet {
    /// Those of the rules that are for this system.
    pub(super) fn new(rules: &[Arc<Rule>], system: System) -> RuleSet {
        let mut set = RuleSet::default();
        for rule in rules.iter().filter(|rule| rule.systems.is_empty() || rule.systems.contains(&system)) {
            let index = set.rules.len();
            for text in &rule.functions {
                let start = literal_start(text);
                if start.is_empty() {
                    set.anywhere.push((Pattern::new(text), index));
                    continue;
                }
                set.starts.add(start);
                match Pattern::new(text) {
                    Pattern::Exact(whole) => set.exact.entry(whole).or_default().push(index),
                    Pattern::Prefix(start) => set.prefixes.add(&start.clone(), start, index),
                    glob => set.globs.add(start, glob, index),
                }
            }
            if rule.functions.is_empty() {
                for text in &rule.module_texts {
                    set.modules.add(literal_start(text), Pattern::new(text), index);
                }
                if rule.modules.is_empty() {
                    set.any.push(index);
                }
            }
            if rule.action == Action::Above {
                set.note_above(rule, index);
            }
            set.rules.push(Arc::clone(rule));
        }
        set
    }

    fn note_above(&mut self, rule: &Rule, index: usize) {
        self.any_above |= rule.functions.is_empty();
        for text in &rule.functions {
            match literal_start(text) {
                "" => self.above_anywhere.push(Pattern::new(text)),
                start => {
                    self.above_starts.add(start);
                    self.above.add(start, start.to_owned(), index);
                }
            }
        }
    }

    /// The first rule that matches a frame.
    pub(super) fn find(&self, target: &Target<'_>) -> Option<&Rule> {
        let mut best = usize::MAX;
        let mut offer = |index: usize| {
            if index < best && self.rules[index].matches(target) {
                best = index;
            }
        };
        if let Some(function) = target.function.filter(|function| self.starts.may_hold(function)) {
            self.exact.get(function).into_iter().flatten().copied().for_each(&mut offer);
            let prefixes = self.prefixes.candidates(function);
            prefixes.filter(|(start, _)| function.starts_with(start.as_str())).for_each(|&(_, i)| offer(i));
            let globs = self.globs.candidates(function);
            globs.filter(|(glob, _)| glob.matches(function, false)).for_each(|&(_, i)| offer(i));
        }
        for (pattern, index) in &self.anywhere {
            if target.function.is_some_and(|function| pattern.matches(function, false)) {
                offer(*index);
            }
        }
        let modules = self.modules.candidates(target.module);
        modules.filter(|(pattern, _)| pattern.matches(target.module, true)).for_each(|&(_, i)| offer(i));
        self.any.iter().copied().for_each(&mut offer);
        self.rules.get(best).map(AsRef::as_ref)
    }

    /// Whether a frame can be one that takes away everything above it, by a first look at its function. Most frames are not.
    pub(super) fn may_be_above(&self, function: Option<&str>) -> bool {
        let Some(function) = function else { return self.any_above };
        self.any_above
            || (self.above_starts.may_hold(function)
                && self.above.candidates(function).any(|(start, _)| function.starts_with(start.as_str())))
            || self.above_anywhere.iter().any(|pattern| pattern.matches(function, false))
    }
}

/// What everything that a pattern matches starts with.
fn literal_start(pattern: &str) -> &str {
    pattern.split('*').next().unwrap_or("")
}

/// The first three bytes of some texts, as a table of bits under a hash: a quick test that a text is not one of them.
#[derive(Debug)]
struct Starts {
    bits: [u64; Starts::WORDS],
}

impl Default for Starts {
    fn default() -> Self {
        Starts { bits: [0; Starts::WORDS] }
    }
}

impl Starts {
    const WORDS: usize = 64;

    fn place(a: u8, b: u8, c: u8) -> (usize, u64) {
        let key = u32::from_le_bytes([a, b, c, 0]).wrapping_mul(0x9e37_79b1) >> 20;
        (key as usize / 64, 1 << (key % 64))
    }

    fn add(&mut self, start: &str) {
        match start.as_bytes() {
            [] => self.bits.fill(u64::MAX),
            &[a] => (0..=u8::MAX).for_each(|b| (0..=u8::MAX).for_each(|c| self.set(a, b, c))),
            &[a, b] => (0..=u8::MAX).for_each(|c| self.set(a, b, c)),
            &[a, b, c, ..] => self.set(a, b, c),
        }
    }

    fn set(&mut self, a: u8, b: u8, c: u8) {
        let (word, bit) = Self::place(a, b, c);
        self.bits[word] |= bit;
    }

    fn may_hold(&self, text: &str) -> bool {
        match text.as_bytes() {
            // White space before a name is trimmed away later.
            &[a, b, c, ..] if a > b' ' && a.is_ascii() => {
                let (word, bit) = Self::place(a, b, c);
                self.bits[word] & bit != 0
            }
            _ => true,
        }
    }
}
