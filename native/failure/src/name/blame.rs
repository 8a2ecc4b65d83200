//! Which frame is blamed: from the crash downwards the first that no rule skips.

use std::cell::OnceCell;

use vocabulary::{Language, Os, Trust};

use super::class;
use super::facts::{Facts, MAX_FRAMES};
use super::function::{self, Function, Style, quick_hash};
use super::managed;
use super::recursion;
use super::rules::{self, Action, Layers, Rule, Target};
use super::sanitise::{head, module_leaf, undeleted};
use super::words::Says;

/// How far down a frame is looked for that makes everything above it plumbing, from the crash or the last such frame.
const ABOVE_REACH: usize = 16;
/// A trusted frame at most this many frames below a scanned one is blamed instead.
const SCAN_REACH: usize = 3;
/// Skipped frames that are listed in the explanation.
const MAX_WHY: usize = 24;
/// Frames that enter the `strict` hash, not counting those that only serve their caller,
pub(super) const KEPT: usize = 3;
/// and counting them.
const KEPT_IN_ALL: usize = 8;
/// Where the first frames repeat, so many are looked at to see the cycle.
const CYCLE_REACH: usize = 64;

/// A frame as names and hashes see it.
#[derive(Clone, Debug)]
pub(super) struct Seen<'a> {
    pub(super) index: usize,
    /// File name of the module; None outside of modules.
    pub(super) image: Option<&'a str>,
    /// The image as rules spell it.
    module: &'a str,
    /// Cleaned; None if unknown.
    pub(super) function: Option<Function<'a>>,
    /// Where in the image an unknown function is, which distinguishes it from others.
    pub(super) offset: Option<u64>,
    /// What the words of the function's name say, once that was needed.
    says: OnceCell<Says>,
}

impl Seen<'_> {
    /// The same for the same frame; a text that is made to have another's is only taken for a recursion.
    fn id(&self) -> u64 {
        let image = self.image.map_or(1, |image| quick_hash(image, self.offset.unwrap_or(0)));
        self.function.as_deref().map_or(image, |function| quick_hash(function, image))
    }

    fn is_same(&self, other: &Seen<'_>) -> bool {
        self.image == other.image && self.function == other.function && self.offset == other.offset
    }

    fn says(&self) -> Says {
        *self.says.get_or_init(|| self.function.as_deref().map(Says::of).unwrap_or_default())
    }

    /// The frame counts among those of the `strict` hash.
    fn counts(&self) -> bool {
        !self.says().serves
    }
}

/// The outcome.
#[derive(Debug, Default)]
pub(super) struct Blame<'a> {
    /// The blamed frame.
    pub(super) frame: Option<Seen<'a>>,
    /// The first frames that are not skipped, recursion collapsed; [`KEPT`] that count.
    pub(super) kept: Vec<Seen<'a>>,
    /// The frame that reports that memory ran out.
    pub(super) out_of_memory: Option<usize>,
    /// The class that a skipped frame gives.
    pub(super) hint: Option<&'a str>,
    /// The crash is in a module that was unloaded.
    pub(super) unloaded: bool,
    /// What was skipped and why.
    pub(super) why: Vec<String>,
}

impl Blame<'_> {
    fn note_memory(&mut self, seen: &Seen<'_>) {
        if self.out_of_memory.is_none() && seen.says().ran_out {
            self.out_of_memory = Some(seen.index);
        }
    }
}

/// Finds the frame to blame. `overflow`: the stack is full, so its recursion is to blame.
pub(super) fn blame<'a>(facts: &Facts<'a>, overflow: bool) -> Blame<'a> {
    Walk::new(facts).run(overflow)
}

/// `frame 12` and what is said of it.
pub(super) fn sentence(frame: usize, rest: &[&str]) -> String {
    let mut text = String::with_capacity(16 + rest.iter().map(|part| part.len()).sum::<usize>());
    text.push_str("frame ");
    // Nearly all have one digit, and formatting takes longer than all the rest.
    match char::from_digit(frame.min(10) as u32, 10) {
        Some(digit) => text.push(digit),
        None => text.push_str(&frame.to_string()),
    }
    rest.iter().for_each(|part| text.push_str(part));
    text
}

/// Whether the program raised the exception itself. Windows: fail-fast, heap, stowed, and all codes that are none of
/// the system's own. Apple: an Objective-C or C++ exception. Its first frames are those that raised it.
fn is_raised(facts: &Facts<'_>) -> bool {
    const CUSTOMER: u32 = 1 << 29;
    if facts.platform.is_apple() {
        return facts.thrown.is_some_and(|thrown| matches!(thrown.language, Language::Cpp | Language::ObjectiveC));
    }
    facts.platform == Os::Windows
        && facts.code.is_some_and(|code| {
            code & CUSTOMER != 0 || matches!(code, 0xc000_0374 | 0xc000_0409 | 0xc000_0420 | 0xc000_0602 | 0xc000_027b)
        })
}

/// The first frame is where an instruction faulted, and its own fault is the crash: the kernel raised the signal for
/// it, and it was not sent. The frame has to be the crash's own: text that a signal handler printed begins with the
/// handler.
fn is_synchronous(facts: &Facts<'_>) -> bool {
    const MACH_FAULTS: std::ops::RangeInclusive<u32> = 1..=6;
    const SIGNALS: [u32; 6] = [4, 5, 7, 8, 11, 31];
    let own = facts.frames.first().is_some_and(|frame| frame.trust == Trust::Context) || facts.instruction.is_some();
    let fault = match facts.platform {
        Os::Windows => false,
        Os::MacOs | Os::Ios => match facts.code {
            Some(code) => MACH_FAULTS.contains(&code) && code != SOFTWARE,
            None => matches!(facts.signal, Some("SIGSEGV" | "SIGBUS" | "SIGILL" | "SIGFPE" | "SIGTRAP")),
        },
        _ => {
            facts.code.is_some_and(|code| SIGNALS.contains(&code))
                || matches!(facts.signal, Some("SIGSEGV" | "SIGBUS" | "SIGILL" | "SIGFPE" | "SIGTRAP" | "SIGSYS"))
        }
    };
    own && fault && !class::was_sent(facts)
}

/// The Mach exception of what the kernel raises for software: signals and aborts among them.
const SOFTWARE: u32 = 5;

/// The file at the end of a module's path: behind the last slash, or behind the `!` of a library inside an APK.
fn file_name(path: &str) -> &str {
    let path = undeleted(path);
    match path.bytes().rposition(|byte| matches!(byte, b'/' | b'\\' | b'!')) {
        None => path,
        Some(i) if i + 1 < path.len() => &path[i + 1..],
        // It ends in a slash.
        Some(_) => module_leaf(path.rsplit('!').next().unwrap_or(path)),
    }
}

/// Linux appends this to the path of a mapped file that was replaced or removed, as an update does.
const DELETED: &str = " (deleted)";

/// The file name of a module, whether or not its file is still there.
pub(super) fn without_deleted(name: &str, platform: Os) -> &str {
    if platform == Os::Windows { name } else { name.strip_suffix(DELETED).unwrap_or(name) }
}

/// What Apple's reports write for the image of an address that is in none, such as that of a call of a null pointer.
fn is_no_image(name: &str) -> bool {
    matches!(name, "(null)" | "unknown" | "???")
}

/// The frames of a crash, looked at from above.
pub(super) struct Walk<'a, 'f> {
    facts: &'f Facts<'a>,
    rules: Layers<'a>,
    style: Style,
    raised: bool,
    /// The functions of the first frames, cleaned when one is first asked for: most are looked at twice.
    functions: [OnceCell<Option<Function<'a>>>; ABOVE_REACH],
}

/// The verdict on one frame.
pub(super) enum Verdict<'a> {
    /// Fit to be blamed; perhaps because a rule says so.
    Fit(Option<&'a Rule>),
    Passed(&'a Rule),
    /// Not fit for a reason other than a rule.
    Unfit(&'static str),
}

impl<'a, 'f> Walk<'a, 'f> {
    pub(super) fn new(facts: &'f Facts<'a>) -> Self {
        Walk {
            facts,
            rules: Layers::of(facts.platform, managed::frames(facts).is_some(), facts.rules),
            style: Style::of_facts(facts),
            raised: is_raised(facts),
            functions: [const { OnceCell::new() }; ABOVE_REACH],
        }
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
        let most = if overflow { limit } else { KEPT_IN_ALL };
        let mut counted = 0;
        let mut start = self.start(limit, &mut blame);
        let mut best_plumbing: Option<(bool, Seen<'a>)> = None;
        let mut repeats = false;
        if start > 0 {
            self.consider_plumbing(start - 1, false, &mut best_plumbing);
        }
        while start < limit
            && ((counted < wanted && blame.kept.len() < most) || (repeats && blame.kept.len() < CYCLE_REACH))
        {
            let seen = self.seen(start);
            match self.verdict(&seen) {
                Verdict::Fit(_) if self.is_weak_scan(start, limit) => {
                    self.pass(start, &seen, "found by scanning; a frame with higher trust follows", &mut blame);
                }
                Verdict::Fit(_) => {
                    repeats = repeats || blame.kept.iter().any(|kept| kept.is_same(&seen));
                    counted += usize::from(seen.counts());
                    blame.kept.push(seen);
                }
                Verdict::Passed(rule) => {
                    if blame.kept.is_empty() {
                        blame.note_memory(&seen);
                        blame.hint = rule.hint(blame.hint);
                        self.pass(start, &seen, &rule.because, &mut blame);
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
            let mut kept: Vec<Seen<'a>> = Vec::with_capacity(KEPT_IN_ALL);
            let mut counted = 0;
            for seen in recursion::collapse(&ids).into_iter().map(|i| &blame.kept[i]) {
                if counted == KEPT || kept.len() == KEPT_IN_ALL {
                    break;
                }
                counted += usize::from(seen.counts());
                kept.push(seen.clone());
            }
            blame.kept = kept;
        }
        if blame.frame.is_none() {
            blame.frame = blame.kept.first().cloned();
        }
        if blame.frame.is_none()
            && let Some((_, seen)) = best_plumbing
        {
            blame.why.push(sentence(seen.index, &[": nothing else is left, so it is blamed"]));
            blame.kept.push(seen.clone());
            blame.frame = Some(seen);
        }
        let ran_out = blame.kept.iter().find(|seen| seen.says().ran_out);
        blame.out_of_memory = blame.out_of_memory.or(ran_out.map(|seen| seen.index));
        blame
    }

    /// The crash is the first frame's own fault. A frame that sends signals has none, whatever the signal's code says.
    fn is_own_fault(&self) -> bool {
        let sends = || matches!(self.verdict(&self.seen(0)), Verdict::Passed(rule) if rule.is_of_signals());
        !self.facts.frames.is_empty() && is_synchronous(self.facts) && !sends()
    }

    /// The first frame below everything that an `above` rule takes away.
    fn start(&self, limit: usize, blame: &mut Blame<'a>) -> usize {
        self.cut(limit, |seen, rule| {
            blame.hint = rule.hint(blame.hint);
            blame.note_memory(seen);
            let name = head(seen.function.as_deref().unwrap_or("?"), 80);
            blame.why.push(sentence(seen.index, &[" ", name, " and all above passed over: ", &rule.because]));
        })
    }

    /// As [`Walk::start`]; each frame with such a rule is recorded.
    pub(super) fn cut(&self, limit: usize, mut tell: impl FnMut(&Seen<'a>, &'a Rule)) -> usize {
        let mut start = 0;
        let mut i = 0;
        while i < limit.min(start + ABOVE_REACH) {
            let frame = &self.facts.frames[i];
            // A guess must not take real frames away.
            if !frame.trust.is_scanned() && self.may_be_above(i) {
                let seen = self.seen(i);
                if let Verdict::Passed(rule) = self.verdict(&seen)
                    && rule.action == Action::Above
                    // A fault inside a signal handler is the handler's, and what the signal interrupted is its caller.
                    && !(rule.is_of_signals() && self.is_own_fault())
                {
                    start = i + 1;
                    tell(&seen, rule);
                }
            }
            i += 1;
        }
        start
    }

    /// A first look: most frames cannot take away what is above them.
    fn may_be_above(&self, index: usize) -> bool {
        self.functions.get(index).is_none_or(|known| {
            let function = known.get_or_init(|| self.clean(index));
            self.rules.may_be_above(function.as_deref())
        })
    }

    fn function(&self, index: usize) -> Option<Function<'a>> {
        match self.functions.get(index) {
            Some(known) => known.get_or_init(|| self.clean(index)).clone(),
            None => self.clean(index),
        }
    }

    fn clean(&self, index: usize) -> Option<Function<'a>> {
        self.facts.frames[index].function.and_then(|raw| function::clean(raw, self.style))
    }

    pub(super) fn seen(&self, index: usize) -> Seen<'a> {
        let frame = &self.facts.frames[index];
        // Libraries inside an APK: `base.apk!libgame.so`.
        let image = frame.image.map(undeleted).or_else(|| frame.module.map(file_name));
        let image = image.map(|name| without_deleted(name, self.facts.platform)).filter(|name| !name.is_empty());
        let module = if frame.image.is_some() { image.map(module_leaf) } else { image };
        let module = rules::module_name(module.unwrap_or(""), self.facts.platform);
        let function = self.function(index);
        let unmapped = self.facts.platform.is_apple() && function.is_none() && image.is_some_and(is_no_image);
        let image = image.filter(|_| !unmapped);
        let offset = frame.offset.filter(|_| function.is_none());
        Seen { index, image, module, function, offset, says: OnceCell::new() }
    }

    pub(super) fn verdict(&self, seen: &Seen<'a>) -> Verdict<'a> {
        let frame = &self.facts.frames[seen.index];
        if frame.inline && self.facts.platform == Os::Windows {
            return Verdict::Unfit("inlined");
        }
        if frame.unloaded {
            return Verdict::Unfit("in a module that was unloaded");
        }
        if seen.image.is_none() && seen.function.is_none() {
            return Verdict::Unfit("in no module");
        }
        let target = Target {
            module: seen.module,
            folder: frame.module.unwrap_or(""),
            function: seen.function.as_deref(),
            file: frame.file,
            profile: self.facts.profile,
            raised: self.raised,
        };
        match self.rules.find(&target) {
            Some(rule) if rule.action == Action::Blame => Verdict::Fit(Some(rule)),
            Some(rule) => Verdict::Passed(rule),
            None => Verdict::Fit(None),
        }
    }

    /// The frame was found by scanning, and a trusted and fit one follows within reach.
    pub(super) fn is_weak_scan(&self, index: usize, limit: usize) -> bool {
        let frames = self.facts.frames;
        frames[index].trust.is_scanned()
            && (index + 1..limit.min(index + 1 + SCAN_REACH))
                .any(|i| !frames[i].trust.is_scanned() && matches!(self.verdict(&self.seen(i)), Verdict::Fit(_)))
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
        // Frames of managed code need no image: the process is theirs.
        if better && (seen.image.is_some() || (seen.function.is_some() && managed::frames(self.facts).is_some())) {
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
            let (first, period) = recursion::cycle(&ids)?;
            kept[first..first + period].iter().collect()
        } else {
            cycle
        };
        let blamed =
            cycle.into_iter().min_by_key(|seen| (seen.function.is_none(), seen.function.clone(), seen.image))?;
        why.push(sentence(blamed.index, &[": blamed as part of the recursion that filled the stack"]));
        Some(blamed.clone())
    }

    fn pass(&self, index: usize, seen: &Seen<'a>, why: &str, blame: &mut Blame<'a>) {
        if blame.why.len() < MAX_WHY && !self.facts.brief {
            let name = head(seen.function.as_deref().or(seen.image).unwrap_or("?"), 80);
            blame.why.push(sentence(index, &[" ", name, " passed over: ", why]));
        }
    }
}
