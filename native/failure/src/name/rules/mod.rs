//! The rules that decide which frames are skipped: built in as `rules/*.toml`, and a user's own on top.

mod file;
mod set;

use std::borrow::Cow;
use std::sync::LazyLock;

use md5::{Digest, Md5};
use vocabulary::Os;

use super::choices::Profile;
use super::pattern::Pattern;
use crate::hash::hex_text;

pub use file::Problem;
pub(super) use set::RuleSet;

/// The version of the built-in rules; stored with every hash, because a change of rules changes names.
pub const RULES_VERSION: u32 = 3;

/// What a rule does with the frames it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Skips the frame.
    Skip,
    /// Skips the frame and everything above it, towards the crash.
    Above,
    /// Lets the frame be blamed, whatever later rules say.
    Blame,
}

impl Action {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Action::Skip => "skip",
            Action::Above => "above",
            Action::Blame => "blame",
        }
    }
}

/// The family of systems a rule is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum System {
    Windows,
    Linux,
    Apple,
    /// The run-times of managed languages, on any system.
    Managed,
}

impl System {
    const ALL: [System; 4] = [System::Windows, System::Linux, System::Apple, System::Managed];

    pub(super) fn of(platform: Os) -> System {
        match platform {
            Os::Windows => System::Windows,
            Os::MacOs | Os::Ios => System::Apple,
            _ => System::Linux,
        }
    }

    fn named(name: &str) -> Option<System> {
        Some(match name {
            "windows" => System::Windows,
            "linux" => System::Linux,
            "apple" => System::Apple,
            "managed" => System::Managed,
            _ => return None,
        })
    }
}

/// One rule.
#[derive(Debug)]
pub(super) struct Rule {
    /// None: every system.
    systems: Vec<System>,
    module_texts: Vec<String>,
    modules: Vec<Pattern>,
    functions: Vec<String>,
    /// Parts of a source file's path.
    paths: Vec<String>,
    /// Parts of a module's path.
    folders: Vec<String>,
    profile: Option<Profile>,
    pub(super) action: Action,
    /// Only frames whose function is not known.
    nameless: bool,
    /// Only where the program raised the exception itself.
    raised: bool,
    /// The frame starts a thread: blamed last of all.
    pub(super) base: bool,
    /// What the frame says of the failure.
    pub(super) class: Option<String>,
    /// The kind of plumbing: `throw`, `abort`, `heap`.
    pub(super) category: String,
    pub(super) reason: String,
    pub(super) sighting: Option<String>,
    /// File and line.
    pub(super) place: String,
    /// Reason and position in the file, as a name's `why` has them.
    pub(super) because: String,
    line: usize,
}

/// A frame as rules look at it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'a> {
    /// The module's file name as rules spell it.
    pub(super) module: &'a str,
    /// The module as the facts give it: perhaps a path.
    pub(super) folder: &'a str,
    pub(super) function: Option<&'a str>,
    /// Source file.
    pub(super) file: Option<&'a str>,
    pub(super) profile: Profile,
    /// The program raised the exception itself: no instruction faulted.
    pub(super) raised: bool,
}

impl Rule {
    /// The class that is known after this frame: what it says itself, else what frames above it said. A throw above
    /// `std::terminate` is not a thrower: what throws calls `std::terminate`, not the other way round.
    pub(super) fn hint<'a>(&'a self, above: Option<&'a str>) -> Option<&'a str> {
        const THROWN: &str = "CPP_EXCEPTION";
        let above = above.filter(|class| self.category != "terminate" || *class != THROWN);
        self.class.as_deref().or(above)
    }

    /// The frame sends a signal, or a signal handler returns to it.
    pub(super) fn is_of_signals(&self) -> bool {
        self.category == "signal"
    }

    fn matches(&self, target: &Target<'_>) -> bool {
        self.profile.is_none_or(|p| p == target.profile)
            && (!self.nameless || target.function.is_none())
            && (!self.raised || target.raised)
            && (self.modules.is_empty() || self.modules.iter().any(|p| p.matches(target.module, true)))
            && (self.paths.is_empty()
                || target.file.is_some_and(|file| self.paths.iter().any(|part| file.contains(part.as_str()))))
            && (self.folders.is_empty() || self.folders.iter().any(|part| contains_path(target.folder, part)))
    }
}

/// Whether a path holds a part, in any case and with either slash.
fn contains_path(path: &str, part: &str) -> bool {
    let same = |a: &u8, b: &u8| match (a, b) {
        (b'/' | b'\\', b'/' | b'\\') => true,
        _ => a.eq_ignore_ascii_case(b),
    };
    let part = part.as_bytes();
    !part.is_empty()
        && path.as_bytes().windows(part.len()).any(|window| window.iter().zip(part).all(|(a, b)| same(a, b)))
}

/// A user's own rules. They come before the built-in ones: the first rule that matches a frame counts.
#[derive(Debug, Default)]
pub struct Rules {
    sets: [RuleSet; 4],
    version: String,
}

impl Rules {
    /// Reads a file of rules; `name` is how its rules are cited. `docs/naming.md` describes the format.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, by line.
    pub fn parse(name: &str, text: &str) -> Result<Rules, Vec<Problem>> {
        let read = file::read(name, text);
        if !read.problems.is_empty() {
            return Err(read.problems);
        }
        let version = read.version.unwrap_or_else(|| {
            let digest: [u8; 16] = Md5::digest(text.as_bytes()).into();
            hex_text(&digest[..4])
        });
        Ok(Rules { sets: System::ALL.map(|system| RuleSet::new(&read.rules, system)), version })
    }

    /// The file's `version`, or eight hex digits of its text's digest.
    pub fn version(&self) -> &str {
        &self.version
    }

    fn set(&self, system: System) -> &RuleSet {
        &self.sets[system as usize]
    }
}

/// The rules a name is made with, as text for the hashes: `3`, or `3+2026-03` with a user's own.
pub fn rules_version(own: Option<&Rules>) -> Cow<'static, str> {
    match own {
        Some(rules) => Cow::Owned(format!("{RULES_VERSION}+{}", rules.version)),
        None => Cow::Borrowed(BUILT_IN_VERSION),
    }
}

/// [`RULES_VERSION`] as text.
const BUILT_IN_VERSION: &str = "3";

/// A user's rules and the built-in ones below them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layers<'a> {
    own: Option<&'a RuleSet>,
    built_in: &'static RuleSet,
}

impl<'a> Layers<'a> {
    /// The rules for a crash, the user's `own` first. Rules of the system are for its own frames, not for `managed`
    /// ones: `start` and `raise` are functions like others in JavaScript and Python.
    pub(super) fn of(platform: Os, managed: bool, own: Option<&'a Rules>) -> Layers<'a> {
        let system = if managed { System::Managed } else { System::of(platform) };
        Layers { own: own.map(|rules| rules.set(system)), built_in: built_in(system) }
    }

    /// The first rule that matches.
    pub(super) fn find(&self, target: &Target<'_>) -> Option<&'a Rule> {
        self.own.and_then(|set| set.find(target)).or_else(|| self.built_in.find(target))
    }

    /// See [`RuleSet::may_be_above`].
    pub(super) fn may_be_above(&self, function: Option<&str>) -> bool {
        self.built_in.may_be_above(function) || self.own.is_some_and(|set| set.may_be_above(function))
    }
}

/// The rules built in for a system. Tests check that a built-in file is well-formed; if one is not, names are made
/// without its rules.
fn built_in(system: System) -> &'static RuleSet {
    static WINDOWS: LazyLock<RuleSet> = LazyLock::new(|| load(&[&COMMON, &BUILT_IN[0]], System::Windows));
    static LINUX: LazyLock<RuleSet> = LazyLock::new(|| load(&[&COMMON, &BUILT_IN[1]], System::Linux));
    static APPLE: LazyLock<RuleSet> = LazyLock::new(|| load(&[&COMMON, &BUILT_IN[2]], System::Apple));
    static MANAGED: LazyLock<RuleSet> = LazyLock::new(|| load(&[&BUILT_IN[3]], System::Managed));
    match system {
        System::Windows => &WINDOWS,
        System::Linux => &LINUX,
        System::Apple => &APPLE,
        System::Managed => &MANAGED,
    }
}

static BUILT_IN: [(&str, &str); 4] = [
    ("windows.toml", include_str!("../../../rules/windows.toml")),
    ("linux.toml", include_str!("../../../rules/linux.toml")),
    ("apple.toml", include_str!("../../../rules/apple.toml")),
    ("managed.toml", include_str!("../../../rules/managed.toml")),
];

/// For all systems; they come before a system's own.
static COMMON: (&str, &str) = ("common.toml", include_str!("../../../rules/common.toml"));

fn load(files: &[&(&str, &str)], system: System) -> RuleSet {
    let rules: Vec<_> = files.iter().flat_map(|(name, text)| file::read(name, text).rules).collect();
    RuleSet::new(&rules, system)
}

/// The name rules know a module by: on Windows without `.dll` and the like.
pub(super) fn module_name(leaf: &str, platform: Os) -> &str {
    if platform == Os::Windows { windows_stem(leaf) } else { leaf }
}

fn windows_stem(leaf: &str) -> &str {
    match leaf.as_bytes() {
        &[ref stem @ .., b'.', a, b, c]
            if matches!(&[a | 0x20, b | 0x20, c | 0x20], b"dll" | b"exe" | b"sys" | b"drv" | b"ocx") =>
        {
            &leaf[..stem.len()]
        }
        _ => leaf,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn target<'a>(module: &'a str, function: Option<&'a str>, profile: Profile) -> Target<'a> {
        Target { module, folder: module, function, file: None, profile, raised: false }
    }

    fn of(platform: Os, rules: Option<&Rules>) -> Layers<'_> {
        Layers::of(platform, false, rules)
    }

    #[test]
    fn built_in_files_are_well_formed() {
        assert_eq!(RULES_VERSION.to_string(), BUILT_IN_VERSION);
        for (name, text) in BUILT_IN.into_iter().chain([COMMON]) {
            let read = file::read(name, text);
            assert_eq!(read.problems, [], "{name}");
            // A file has the version it was changed for last.
            let version: u32 = read.version.as_deref().unwrap_or("").parse().unwrap();
            assert!((1..=RULES_VERSION).contains(&version), "{name}");
            assert!(read.rules.len() > 4);
        }
    }

    #[test]
    fn finds_the_first_rule() {
        let layers = of(Os::Windows, None);
        let find = |module, function, profile| layers.find(&target(module, Some(function), profile)).is_some();
        assert!(find("NTDLL", "RtlUserThreadStart", Profile::Wer));
        assert!(find("KERNELBASE", "RaiseException", Profile::Wer));
        assert!(find("ucrtbase", "abort", Profile::Wer));
        assert!(!find("ucrtbase", "abort", Profile::Windbg));
        assert!(!find("VCRUNTIME140", "memcpy", Profile::Wer));
        assert!(layers.find(&target("app", None, Profile::Wer)).is_none());
    }

    #[test]
    fn a_user_s_rules_come_first() {
        let text = "version = \"7\"\n[[rule]]\ncategory = \"x\"\nmodule = \"ntdll.dll\"\naction = \"blame\"\nreason = \"r\"\n\
                    [[rule]]\ncategory = \"x\"\nfolder = \"/plugins/\"\nsystem = \"linux\"\nreason = \"r\"\n";
        let own = Rules::parse("own.toml", text).unwrap();
        assert_eq!(rules_version(Some(&own)), format!("{RULES_VERSION}+7"));
        let windows = of(Os::Windows, Some(&own));
        let rule = windows.find(&target("ntdll", Some("RtlFreeHeap"), Profile::Wer)).unwrap();
        assert_eq!((rule.action, rule.place.as_str()), (Action::Blame, "own.toml:2"));
        let linux = of(Os::Linux, Some(&own));
        let plugin = Target { folder: "/opt/app/Plugins/a.so", ..target("a.so", None, Profile::Wer) };
        assert!(linux.find(&plugin).is_some());
        assert!(windows.find(&plugin).is_none());
    }
}
