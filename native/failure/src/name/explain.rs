//! How a name came about, frame by frame: for people who doubt it.

use super::assemble::failure_name;
use super::blame::{Seen, Verdict, Walk};
use super::class;
use super::evidence::evidence;
use super::facts::{Facts, MAX_FRAMES};
use super::failure::Failure;
use super::rules::Rule;
use super::sanitise::head;

/// Frames that are explained at most.
const MAX_NOTES: usize = 64;

/// How a frame was treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is above a frame whose rule skips all frames above it.
    Above,
    /// A rule skipped it, or it cannot be blamed.
    Passed,
    /// It is blamed.
    Blamed,
    /// It could be blamed, and another frame is.
    Kept,
}

impl Outcome {
    /// `above`, `passed over`, `blamed` or `not needed`.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Above => "above",
            Outcome::Passed => "passed over",
            Outcome::Blamed => "blamed",
            Outcome::Kept => "not needed",
        }
    }
}

/// The parts of a rule that are shown to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleNote {
    /// File and line: `windows.toml:32`.
    pub place: String,
    /// `throw`, `abort`, ….
    pub category: String,
    /// `skip`, `above` or `blame`.
    pub action: &'static str,
    /// Why there is such a rule.
    pub reason: String,
    /// Where it was seen.
    pub sighting: Option<String>,
}

impl RuleNote {
    fn of(rule: &Rule) -> RuleNote {
        RuleNote {
            place: rule.place.clone(),
            category: rule.category.clone(),
            action: rule.action.as_str(),
            reason: rule.reason.clone(),
            sighting: rule.sighting.clone(),
        }
    }
}

/// One frame and how it was treated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameNote {
    /// Index in [`Facts::frames`].
    pub index: usize,
    /// The image, as names have it.
    pub image: Option<String>,
    /// The function, cleaned.
    pub function: Option<String>,
    /// How it was treated.
    pub outcome: Outcome,
    /// The rule that decided, if one did.
    pub rule: Option<RuleNote>,
    /// The reason, if no rule did.
    pub why: Option<&'static str>,
}

/// How a name came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The failure itself.
    pub failure: Failure,
    /// Where its class comes from, and by which facts.
    pub class: String,
    /// Where its code comes from, and by which facts.
    pub code: String,
    /// The frames from the crash to the blamed one, and those just below that enter the `strict` hash.
    pub frames: Vec<FrameNote>,
}

/// Names a failure and explains the name.
pub fn explain(facts: &Facts<'_>) -> Explanation {
    let failure = failure_name(&Facts { brief: false, ..*facts });
    let walk = Walk::new(facts);
    let limit = facts.frames.len().min(MAX_FRAMES);
    let mut cuts: Vec<(usize, RuleNote)> = Vec::new();
    let mut hint = None;
    let start = walk.cut(limit, |seen, rule| {
        hint = says(seen, rule).or(hint.take());
        cuts.push((seen.index, RuleNote::of(rule)));
    });
    let blamed = failure.blamed.map(|blamed| blamed.frame);
    let last = blamed.map_or(limit, |frame| limit.min(frame + 3)).min(MAX_NOTES);
    let mut frames = Vec::with_capacity(last);
    for index in 0..last {
        let seen = walk.seen(index);
        let mut note = note(&walk, &seen, limit);
        if let (Verdict::Passed(rule), None) = (walk.verdict(&seen), blamed.filter(|&b| b < index)) {
            let kept = hint.take().filter(|(class, _): &(&str, String)| rule.hint(Some(class)).is_some());
            hint = says(&seen, rule).or(kept);
        }
        if index < start && note.outcome != Outcome::Passed {
            note.outcome = Outcome::Above;
        }
        if let Some((_, rule)) = cuts.iter().find(|cut| cut.0 == index) {
            note.rule = Some(rule.clone());
        }
        if blamed == Some(index) {
            note.outcome = Outcome::Blamed;
        }
        frames.push(note);
    }
    let class = class::class(facts, hint.as_ref().map(|hint| hint.0));
    let decisive = evidence(facts, hint);
    Explanation {
        class: with(&class.because, &decisive.class),
        code: with(class.code_from, &decisive.code),
        failure,
        frames,
    }
}

/// The class that a skipped frame gives, and the rule that has it.
fn says<'a>(seen: &Seen<'_>, rule: &'a Rule) -> Option<(&'a str, String)> {
    let name = head(seen.function.as_deref().or(seen.image).unwrap_or("?"), 80);
    Some((rule.class.as_deref()?, format!("frame {} {name} ({})", seen.index, rule.place)))
}

/// A phrase and the facts behind it.
fn with(phrase: &str, facts: &str) -> String {
    if facts.is_empty() { phrase.to_owned() } else { format!("{phrase}: {facts}") }
}

fn note<'a>(walk: &Walk<'a, '_>, seen: &Seen<'a>, limit: usize) -> FrameNote {
    let (outcome, rule, why) = match walk.verdict(seen) {
        Verdict::Passed(rule) => (Outcome::Passed, Some(RuleNote::of(rule)), None),
        Verdict::Unfit(why) => (Outcome::Passed, None, Some(why)),
        Verdict::Fit(_) if walk.is_weak_scan(seen.index, limit) => {
            (Outcome::Passed, None, Some("found by scanning; a frame with higher trust follows"))
        }
        Verdict::Fit(rule) => (Outcome::Kept, rule.map(RuleNote::of), None),
    };
    FrameNote {
        index: seen.index,
        image: seen.image.map(str::to_owned),
        function: seen.function.as_deref().map(str::to_owned),
        outcome,
        rule,
        why,
    }
}
