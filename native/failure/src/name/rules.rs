//! The rules that say which frames are passed over: `rules/*.toml`, read once and indexed by function.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

use super::facts::Profile;
use super::toml;
use crate::reason::Platform;

/// What a rule does with the frames it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Passes over the frame.
    Skip,
    /// Passes over the frame and everything above it, towards the crash.
    Above,
}

/// One rule.
#[derive(Debug)]
pub(super) struct Rule {
    modules: Vec<Pattern>,
    paths: Vec<String>,
    profile: Option<Profile>,
    pub(super) action: Action,
    /// The frame starts a thread: blamed last of all.
    pub(super) base: bool,
    /// What the frame says of the failure.
    pub(super) class: Option<String>,
    pub(super) reason: String,
    /// File and line.
    pub(super) place: String,
}

impl Rule {
    fn matches(&self, module: &str, file: Option<&str>, profile: Profile) -> bool {
        self.profile.is_none_or(|p| p == profile)
            && (self.modules.is_empty() || self.modules.iter().any(|p| p.matches(module, true)))
            && (self.paths.is_empty()
                || file.is_some_and(|file| self.paths.iter().any(|part| file.contains(part.as_str()))))
    }
}

/// Text with `*` for any run of characters.
#[derive(Debug, PartialEq, Eq)]
enum Pattern {
    Exact(String),
    Prefix(String),
    Glob(Vec<String>),
}

impl Pattern {
    fn new(text: &str) -> Pattern {
        match text.split('*').collect::<Vec<_>>()[..] {
            [whole] => Pattern::Exact(whole.to_owned()),
            [start, ""] => Pattern::Prefix(start.to_owned()),
            ref parts => Pattern::Glob(parts.iter().map(|&part| part.to_owned()).collect()),
        }
    }

    fn matches(&self, text: &str, any_case: bool) -> bool {
        let starts = |start: &str| match any_case {
            true => text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)),
            false => text.starts_with(start),
        };
        match self {
            Pattern::Exact(whole) => whole.len() == text.len() && starts(whole),
            Pattern::Prefix(start) => starts(start),
            Pattern::Glob(parts) => glob(parts, text),
        }
    }
}

/// The parts occur in this order, the first at the start and the last at the end. One pass, no going back: with `*` as the
/// only wildcard the earliest match of each part is as good as any.
fn glob(parts: &[String], text: &str) -> bool {
    let [first, middle @ .., last] = parts else { return false };
    let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
    for part in middle {
        match rest.find(part.as_str()) {
            Some(i) => rest = &rest[i + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last.as_str())
}

/// The rules of one system.
#[derive(Debug, Default)]
pub(super) struct RuleSet {
    rules: Vec<Rule>,
    /// Rules by whole function name, by the start of one, and by other patterns.
    exact: HashMap<String, Vec<usize>, BuildHasherDefault<Ends>>,
    prefixes: Buckets<String>,
    globs: Vec<(Pattern, usize)>,
    /// Rules for any function: by module, and those for any module.
    modules: Buckets<Pattern>,
    any: Vec<usize>,
    /// There are rules that take away everything above their frame.
    has_above: bool,
}

/// Patterns and their rules under the first four bytes of what they match, in lower case.
#[derive(Debug)]
struct Buckets<P> {
    by_start: HashMap<u32, Vec<(P, usize)>, BuildHasherDefault<Ends>>,
    /// Patterns that are shorter.
    short: Vec<(P, usize)>,
}

impl<P> Default for Buckets<P> {
    fn default() -> Self {
        Buckets { by_start: HashMap::default(), short: Vec::new() }
    }
}

impl<P> Buckets<P> {
    fn key(text: &str) -> Option<u32> {
        text.as_bytes().first_chunk().map(|start| u32::from_le_bytes(*start) | 0x2020_2020)
    }

    /// `start`: what everything the pattern matches starts with.
    fn add(&mut self, start: &str, pattern: P, rule: usize) {
        match Self::key(start) {
            Some(key) => self.by_start.entry(key).or_default().push((pattern, rule)),
            None => self.short.push((pattern, rule)),
        }
    }

    /// The patterns that may match.
    fn candidates(&self, text: &str) -> impl Iterator<Item = &(P, usize)> {
        Self::key(text).and_then(|key| self.by_start.get(&key)).into_iter().flatten().chain(&self.short)
    }
}

/// Hashes a name by its length and its two ends: quick, and good enough for a table that is fixed.
#[derive(Default)]
struct Ends(u64);

impl Hasher for Ends {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let word = |part: &[u8]| part.iter().fold(0_u64, |word, &byte| (word << 8) | u64::from(byte));
        let (head, tail) = (&bytes[..bytes.len().min(8)], &bytes[bytes.len().saturating_sub(8)..]);
        for value in [word(head), word(tail), bytes.len() as u64] {
            self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
    }

    fn write_u32(&mut self, value: u32) {
        self.0 = u64::from(value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    /// The end mark of a text says nothing that its length does not.
    fn write_u8(&mut self, _: u8) {}
}

impl RuleSet {
    /// Reads a rule file; `name` is for messages.
    pub(super) fn parse(name: &str, text: &str) -> Result<RuleSet, String> {
        let mut set = RuleSet::default();
        for table in toml::parse(text).map_err(|error| format!("{name}: {error}"))? {
            let fail = |what: &str| format!("{name}:{}: {what}", table.line);
            let index = set.rules.len();
            let functions = table.all("functions");
            for text in functions {
                match Pattern::new(text) {
                    Pattern::Exact(whole) => set.exact.entry(whole).or_default().push(index),
                    Pattern::Prefix(start) => set.prefixes.add(&start.clone(), start, index),
                    glob => set.globs.push((glob, index)),
                }
            }
            let modules: Vec<Pattern> = table.all("module").iter().map(|text| Pattern::new(text)).collect();
            if functions.is_empty() {
                for text in table.all("module") {
                    let start = text.split('*').next().unwrap_or("");
                    set.modules.add(start, Pattern::new(text), index);
                }
                if modules.is_empty() {
                    set.any.push(index);
                }
            }
            set.has_above |= table.one("action") == Some("above");
            set.rules.push(Rule {
                modules,
                paths: table.all("path").to_vec(),
                profile: match table.one("profile") {
                    None => None,
                    Some("wer") => Some(Profile::Wer),
                    Some("windbg") => Some(Profile::Windbg),
                    Some(_) => return Err(fail("profile is \"wer\" or \"windbg\"")),
                },
                action: match table.one("action") {
                    None | Some("skip") => Action::Skip,
                    Some("above") => Action::Above,
                    Some(_) => return Err(fail("action is \"skip\" or \"above\"")),
                },
                base: table.one("base") == Some("yes"),
                class: table.one("class").map(str::to_owned),
                reason: table.one("reason").ok_or_else(|| fail("a rule has a reason"))?.to_owned(),
                place: format!("{name}:{}", table.line),
            });
        }
        Ok(set)
    }

    /// The rules built in for a system.
    pub(super) fn built_in(platform: Platform) -> &'static RuleSet {
        static WINDOWS: LazyLock<RuleSet> =
            LazyLock::new(|| load("windows.toml", include_str!("../../rules/windows.toml")));
        static LINUX: LazyLock<RuleSet> = LazyLock::new(|| load("linux.toml", include_str!("../../rules/linux.toml")));
        static APPLE: LazyLock<RuleSet> = LazyLock::new(|| load("apple.toml", include_str!("../../rules/apple.toml")));
        match platform {
            Platform::Windows => &WINDOWS,
            Platform::MacOs | Platform::Ios => &APPLE,
            Platform::Linux | Platform::Android | Platform::Other => &LINUX,
        }
    }

    /// The first rule that matches a frame. `module` is the module's file name as rules spell it.
    pub(super) fn find(
        &self,
        module: &str,
        function: Option<&str>,
        file: Option<&str>,
        profile: Profile,
    ) -> Option<&Rule> {
        let mut best = usize::MAX;
        let mut offer = |index: usize| {
            if index < best && self.rules[index].matches(module, file, profile) {
                best = index;
            }
        };
        if let Some(function) = function {
            self.exact.get(function).into_iter().flatten().copied().for_each(&mut offer);
            let prefixes = self.prefixes.candidates(function);
            prefixes.filter(|(start, _)| function.starts_with(start.as_str())).for_each(|&(_, i)| offer(i));
            self.globs.iter().filter(|(glob, _)| glob.matches(function, false)).for_each(|&(_, i)| offer(i));
        }
        let modules = self.modules.candidates(module);
        modules.filter(|(pattern, _)| pattern.matches(module, true)).for_each(|&(_, i)| offer(i));
        self.any.iter().copied().for_each(&mut offer);
        self.rules.get(best)
    }

    /// Whether a frame can be one that takes away everything above it, by a first look at the function as the symbols spell
    /// it. Most frames are none, and need not be cleaned to know it.
    pub(super) fn may_be_above(&self, raw: &str) -> bool {
        if !self.has_above {
            return false;
        }
        let head = match raw.as_bytes() {
            [b'-' | b'+', b'[', ..] => raw,
            _ => raw.find(['(', '@', ' ']).map_or(raw, |i| &raw[..i]),
        };
        let above = |&index: &usize| self.rules[index].action == Action::Above;
        // `operator new` and names with a return type have a space in them; all such are other rules.
        self.exact.get(head).is_some_and(|rules| rules.iter().any(above))
            || self.prefixes.candidates(head).any(|(start, index)| head.starts_with(start.as_str()) && above(index))
            || self.globs.iter().any(|(glob, index)| above(index) && glob.matches(head, false))
    }
}

/// A built-in file is tested to be well-formed; should it not be, there are no rules rather than no names.
fn load(name: &str, text: &str) -> RuleSet {
    RuleSet::parse(name, text).unwrap_or_default()
}

/// The name rules know a module by: on Windows without `.dll` and the like.
pub(super) fn module_name(leaf: &str, platform: Platform) -> &str {
    if platform == Platform::Windows
        && let Some((stem, extension)) = leaf.rsplit_once('.')
        && ["dll", "exe", "sys", "drv", "ocx"].iter().any(|known| extension.eq_ignore_ascii_case(known))
    {
        return stem;
    }
    leaf
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn built_in_files_are_well_formed() {
        for (name, text) in [
            ("windows.toml", include_str!("../../rules/windows.toml")),
            ("linux.toml", include_str!("../../rules/linux.toml")),
            ("apple.toml", include_str!("../../rules/apple.toml")),
        ] {
            let set = RuleSet::parse(name, text).unwrap();
            assert!(set.rules.len() > 5 && set.rules.iter().all(|rule| !rule.reason.is_empty()));
        }
    }

    #[test]
    fn patterns() {
        assert!(Pattern::new("a*").matches("abc", false));
        assert!(Pattern::new("KERNEL32").matches("kernel32", true));
        assert!(!Pattern::new("kernel32").matches("kernel32x", true));
        assert!(Pattern::new("__*_chk_fail").matches("__memcpy_chk_fail", false));
        assert!(!Pattern::new("__*_chk_fail").matches("__memcpy_chk", false));
        assert!(Pattern::new("a*b*c").matches("aXbYc", false));
        assert!(!Pattern::new("é*").matches("e", true));
    }

    #[test]
    fn finds_the_first_rule() {
        let set = RuleSet::built_in(Platform::Windows);
        let find =
            |module, function, profile| set.find(module, Some(function), None, profile).map(|r| r.place.as_str());
        assert!(find("NTDLL", "RtlUserThreadStart", Profile::Wer).is_some());
        assert!(find("KERNELBASE", "RaiseException", Profile::Wer).is_some());
        assert!(find("ucrtbase", "abort", Profile::Wer).is_some());
        assert!(find("ucrtbase", "abort", Profile::Windbg).is_none());
        assert!(find("VCRUNTIME140", "memcpy", Profile::Wer).is_none());
        assert!(set.find("app", None, None, Profile::Wer).is_none());
    }
}
