//! The rules that say which frames are passed over: `rules/*.toml`, read once and indexed by function.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::LazyLock;

use super::facts::Profile;
use super::pattern::{Buckets, Ends, Pattern};
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

    /// Whether a frame can be one that takes away everything above it, by a first look at the function as the symbols
    /// spell it. Most frames are none, and need not be cleaned to know it.
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
