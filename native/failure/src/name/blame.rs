//! Which frame is blamed: from the crash downwards the first that no rule passes over.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::facts::{Facts, Trust};
use super::function::{self, Function, Style};
use super::kept;
use super::rules::{self, Action, Layers, Rule, Target};
use super::sanitise::{head, leaf};
use crate::reason::Platform;

/// Frames that are looked at; deeper ones say nothing about a crash.
pub(super) const MAX_FRAMES: usize = 512;
/// How far down a frame is looked for that makes everything above it plumbing, from the crash or the last such frame.
const ABOVE_REACH: usize = 16;
/// How far down a frame that is no guess takes the blame from one that is.
const SCAN_REACH: usize = 3;
/// Passed-over frames that are told about.
const MAX_WHY: usize = 24;
/// Frames that enter the looser hashes.
pub(super) const KEPT: usize = 3;

/// A frame as names and hashes see it.
#[derive(Clone, Debug)]
pub(super) struct Seen<'a> {
    pub(super) index: usize,
    /// File name of the module; None where there is none.
    pub(super) image: Option<&'a str>,
    /// Cleaned; None if unknown.
    pub(super) function: Option<Function<'a>>,
}

impl Seen<'_> {
    fn id(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.image, self.function.as_deref()).hash(&mut hasher);
        hasher.finish()
    }
}

/// The outcome.
#[derive(Debug, Default)]
pub(super) struct Blame<'a> {
    /// The blamed frame.
    pub(super) frame: Option<Seen<'a>>,
    /// The first frames nothing passed over, recursion collapsed; at most [`KEPT`].
    pub(super) kept: Vec<Seen<'a>>,
    /// What a passed-over frame says of the failure.
    pub(super) hint: Option<&'a str>,
    /// The crash is in a module that was unloaded.
    pub(super) unloaded: bool,
    /// What was passed over and why.
    pub(super) why: Vec<String>,
}

/// Finds the frame to blame. `overflow`: the stack is full, so its recursion is to blame.
pub(super) fn blame<'a>(facts: &Facts<'a>, overflow: bool) -> Blame<'a> {
    Walk::new(facts).run(overflow)
}

fn style(platform: Platform) -> Style {
    match platform {
        Platform::Windows => Style::Windows,
        Platform::MacOs | Platform::Ios => Style::Apple,
        Platform::Linux | Platform::Android | Platform::Other => Style::Itanium,
    }
}

/// The file at the end of a module's path: behind the last slash, or behind the `!` of a library inside an APK.
fn file_name(path: &str) -> &str {
    match path.bytes().rposition(|byte| matches!(byte, b'/' | b'\\' | b'!')) {
        None => path,
        Some(i) if i + 1 < path.len() => &path[i + 1..],
        // It ends in a slash.
        Some(_) => leaf(path.rsplit('!').next().unwrap_or(path)),
    }
}

/// The frames of a crash, looked at from above.
pub(super) struct Walk<'a, 'f> {
    facts: &'f Facts<'a>,
    rules: Layers<'a>,
    style: Style,
}

/// What is thought of one frame.
pub(super) enum Verdict<'a> {
    /// Fit to be blamed; perhaps because a rule says so.
    Fit(Option<&'a Rule>),
    Passed(&'a Rule),
    /// Not fit for a reason that is no rule.
    Unfit(&'static str),
}

impl<'a, 'f> Walk<'a, 'f> {
    pub(super) fn new(facts: &'f Facts<'a>) -> Self {
        Walk { facts, rules: Layers::new(facts.platform, facts.rules), style: style(facts.platform) }
    }

    fn run(&self, overflow: bool) -> Blame<'a> {
        let frames = self.facts.frames;
        let mut blame = Blame::default();
        if frames.first().is_some_and(|frame| frame.unloaded) {
            blame.unloaded = true;
            blame.why.push("the crash is in a module that was unloaded".to_owned());
            return blame;
        }
        let limit = frames.len().min(MAX_FRAMES);
        let wanted = if overflow { limit } else { KEPT };
        let mut start = self.start(limit, &mut blame);
        let mut best_plumbing: Option<(bool, Seen<'a>)> = None;
        let mut repeats = false;
        if start > 0 {
            self.consider_plumbing(start - 1, false, &mut best_plumbing);
        }
        while start < limit && (blame.kept.len() < wanted || (repeats && blame.kept.len() < 64)) {
            let seen = self.seen(start);
            match self.verdict(&seen) {
                Verdict::Fit(_) if self.is_weak_scan(start, limit) => {
                    self.pass(start, &seen, "found by scanning, and a surer frame follows", &mut blame);
                }
                Verdict::Fit(_) => {
                    repeats |= blame.kept.iter().any(|kept| kept.image == seen.image && kept.function == seen.function);
                    blame.kept.push(seen);
                }
                Verdict::Passed(rule) => {
                    if blame.kept.is_empty() {
                        blame.hint = rule.class.as_deref().or(blame.hint);
                        self.pass_by_rule(start, &seen, rule, &mut blame);
                        self.consider_plumbing(start, rule.base, &mut best_plumbing);
                    }
                }
                Verdict::Unfit(why) => {
                    if blame.kept.is_empty() {
                        self.pass(start, &seen, why, &mut blame);
                    }
                }
            }
            start += 1;
        }
        if overflow {
            blame.frame = self.recursion(&blame.kept, &mut blame.why);
        }
        if repeats || overflow {
            let ids: Vec<u64> = blame.kept.iter().map(Seen::id).collect();
            let order = kept::collapse(&ids);
            blame.kept = order.into_iter().take(KEPT).map(|i| blame.kept[i].clone()).collect();
        }
        if blame.frame.is_none() {
            blame.frame = blame.kept.first().cloned();
        }
        if blame.frame.is_none()
            && let Some((_, seen)) = best_plumbing
        {
            blame.why.push(format!("frame {}: nothing else is left, so it is blamed", seen.index));
            blame.kept.push(seen.clone());
            blame.frame = Some(seen);
        }
        blame
    }

    /// The first frame below everything that an `above` rule takes away.
    fn start(&self, limit: usize, blame: &mut Blame<'a>) -> usize {
        self.cut(limit, |seen, rule| {
            blame.hint = rule.class.as_deref().or(blame.hint);
            let name = seen.function.as_deref().unwrap_or("?");
            blame.why.push(format!(
                "frame {} {} and all above passed over: {} ({})",
                seen.index,
                head(name, 80),
                rule.reason,
                rule.place
            ));
        })
    }

    /// As [`Walk::start`]; each frame with such a rule is told of.
    pub(super) fn cut(&self, limit: usize, mut tell: impl FnMut(&Seen<'a>, &'a Rule)) -> usize {
        let mut start = 0;
        let mut i = 0;
        while i < limit.min(start + ABOVE_REACH) {
            let frame = &self.facts.frames[i];
            // A guess must not take real frames away.
            if frame.trust != Trust::Scan && frame.function.is_some_and(|raw| self.rules.may_be_above(raw)) {
                let seen = self.seen(i);
                if let Verdict::Passed(rule) = self.verdict(&seen)
                    && rule.action == Action::Above
                {
                    start = i + 1;
                    tell(&seen, rule);
                }
            }
            i += 1;
        }
        start
    }

    pub(super) fn seen(&self, index: usize) -> Seen<'a> {
        let frame = &self.facts.frames[index];
        // Libraries inside an APK: `base.apk!libgame.so`.
        let image = frame.image.or_else(|| frame.module.map(file_name));
        let image = image.filter(|name| !name.is_empty());
        Seen { index, image, function: frame.function.and_then(|raw| function::clean(raw, self.style)) }
    }

    pub(super) fn verdict(&self, seen: &Seen<'a>) -> Verdict<'a> {
        let frame = &self.facts.frames[seen.index];
        if frame.inline && self.facts.platform == Platform::Windows {
            return Verdict::Unfit("inlined");
        }
        if frame.unloaded {
            return Verdict::Unfit("in a module that was unloaded");
        }
        if seen.image.is_none() && seen.function.is_none() {
            return Verdict::Unfit("in no module");
        }
        let target = Target {
            module: rules::module_name(leaf(seen.image.unwrap_or("")), self.facts.platform),
            folder: frame.module.unwrap_or(""),
            function: seen.function.as_deref(),
            file: frame.file,
            profile: self.facts.profile,
        };
        match self.rules.find(&target) {
            Some(rule) if rule.action == Action::Blame => Verdict::Fit(Some(rule)),
            Some(rule) => Verdict::Passed(rule),
            None => Verdict::Fit(None),
        }
    }

    /// The frame is a guess, and one that is none and fit follows within reach.
    pub(super) fn is_weak_scan(&self, index: usize, limit: usize) -> bool {
        let frames = self.facts.frames;
        frames[index].trust == Trust::Scan
            && (index + 1..limit.min(index + 1 + SCAN_REACH))
                .any(|i| frames[i].trust != Trust::Scan && matches!(self.verdict(&self.seen(i)), Verdict::Fit(_)))
    }

    /// Keeps the best frame to blame if nothing else is left: named before nameless, a thread's start last.
    fn consider_plumbing(&self, index: usize, base: bool, best: &mut Option<(bool, Seen<'a>)>) {
        let seen = self.seen(index);
        let better = match best {
            None => true,
            Some((best_is_base, best)) => {
                (*best_is_base && !base) || (best.function.is_none() && seen.function.is_some() && !base)
            }
        };
        if better && seen.image.is_some() {
            *best = Some((base, seen));
        }
    }

    /// The frame of a full stack's cycle that is blamed: the one whose name sorts first, since the crash may stop
    /// anywhere in the cycle and the walk may be cut at both ends.
    fn recursion(&self, kept: &[Seen<'a>], why: &mut Vec<String>) -> Option<Seen<'a>> {
        let cycle = match self.facts.recursion {
            Some(known) => {
                let last = known.first.saturating_add(known.period);
                kept.iter().filter(|seen| (known.first..last).contains(&seen.index)).collect()
            }
            None => Vec::new(),
        };
        let cycle = if cycle.is_empty() {
            let ids: Vec<u64> = kept.iter().map(Seen::id).collect();
            let (first, period) = kept::cycle(&ids)?;
            kept[first..first + period].iter().collect()
        } else {
            cycle
        };
        let blamed =
            cycle.into_iter().min_by_key(|seen| (seen.function.is_none(), seen.function.clone(), seen.image))?;
        why.push(format!("frame {}: blamed as part of the recursion that filled the stack", blamed.index));
        Some(blamed.clone())
    }

    fn pass_by_rule(&self, index: usize, seen: &Seen<'a>, rule: &Rule, blame: &mut Blame<'a>) {
        if blame.why.len() < MAX_WHY && !self.facts.brief {
            let why = format!("{} ({})", rule.reason, rule.place);
            self.pass(index, seen, &why, blame);
        }
    }

    fn pass(&self, index: usize, seen: &Seen<'a>, why: &str, blame: &mut Blame<'a>) {
        if blame.why.len() < MAX_WHY && !self.facts.brief {
            let name = seen.function.as_deref().or(seen.image).unwrap_or("?");
            let name = head(name, 80);
            blame.why.push(format!("frame {index} {name} passed over: {why}"));
        }
    }
}
