//! The answer to a request, as JSON.

use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;

use symbols::SymbolMap;
use symbols::lookup::BatchFrames;

use super::request::{Frame, Job, StackRequest};
use super::texts::{KeptTexts, Row, Texts};
use crate::json::Writer;
use crate::names::Names;

/// What clients call the module of an address that is in none.
const NO_MODULE: &str = "<unknown>";
/// Bytes reserved for each frame of an answer, and for each of its functions, inlined ones too: more than those of Firefox take,
/// because an answer that outgrows its memory is copied. Memory that is not used costs nothing.
const FRAME_BYTES: usize = 160;
const FUNCTION_BYTES: usize = 224;
/// Frames whose functions are touched before they are written.
const AHEAD: usize = 32;

/// What was found for a module.
#[derive(Clone, Debug)]
pub enum ModuleResult {
    /// Its symbols, and what earlier answers have kept of them.
    Found(Arc<SymbolMap>, Arc<KeptTexts>),
    /// It has none that can be used: what is wrong in one word, and as a sentence.
    Failed(String, String),
}

/// The answer would have too many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer has more than {0} bytes: send fewer frames")]
pub struct TooLarge(usize);

impl StackRequest {
    /// The answer in version 5.
    ///
    /// `results` has an entry for each module of the request, by its number; one that is missing counts as not looked for.
    ///
    /// # Errors
    /// The answer has more than `budget` bytes.
    pub fn answer_5(&self, results: &[Option<ModuleResult>], budget: usize) -> Result<Vec<u8>, TooLarge> {
        let found = self.look_up(results);
        let mut texts = Texts::new(results.iter().map(|result| match result {
            Some(ModuleResult::Found(map, kept)) => Some((&**map, &**kept)),
            _ => None,
        }));
        let mut w = Writer::new(budget, found.expected());
        w.begin_object();
        w.key("results");
        w.list("jobs", &self.jobs, |w, job| {
            w.begin_object();
            w.key("stacks");
            w.list("stacks", &job.stacks, |w, stack| {
                w.list("frames", stack.iter().enumerate(), |w, (number, frame)| {
                    self.frame_5(w, job, number, *frame, found.next(job, *frame).as_ref(), &mut texts);
                });
            });
            self.modules_5(w, job, results);
            w.end_object();
        });
        w.end_object();
        finish(w, budget)
    }

    /// The answer in version 4: a text for each frame.
    ///
    /// # Errors
    /// The answer has more than `budget` bytes.
    pub fn answer_4(&self, results: &[Option<ModuleResult>], budget: usize) -> Result<Vec<u8>, TooLarge> {
        let found = self.look_up(results);
        let names = Names::default();
        let mut w = Writer::new(budget, found.expected());
        let job = self.jobs.first();
        let mut text = String::new();
        w.begin_object();
        w.key("symbolicatedStacks");
        w.list("stacks", job.map(|job| &job.stacks[..]).unwrap_or_default(), |w, stack| {
            w.list("frames", stack, |w, &frame| {
                let Some(job) = job else { return };
                text.clear();
                let answer = found.next(job, frame);
                if let Some(answer) = &answer {
                    answer.map.touch_functions(answer.ahead());
                }
                match answer.as_ref().and_then(|answer| Some((answer.map, answer.outer()?))) {
                    Some((map, row)) => text.push_str(&names.readable(map.batch_name(row.function))),
                    None => text.push_str(&frame.offset.map_or("-0x1".to_owned(), |offset| format!("{offset:#x}"))),
                }
                text.push_str(" (in ");
                text.push_str(self.module_name(job, frame));
                text.push(')');
                w.string(&text);
            });
        });
        w.key("knownModules");
        w.list("modules", job.map(|job| &job.modules[..]).unwrap_or_default(), |w, &module| {
            self.is_found(w, module, results);
        });
        w.end_object();
        finish(w, budget)
    }

    fn frame_5(
        &self,
        w: &mut Writer,
        job: &Job,
        number: usize,
        frame: Frame,
        answer: Option<&Answer<'_>>,
        texts: &mut Texts<'_>,
    ) {
        w.begin_object();
        w.field("frame", number);
        match frame.offset {
            Some(offset) => {
                w.key("module_offset");
                w.hex(offset, 1);
            }
            None => w.field("module_offset", "-0x1"),
        }
        texts.module(w, module_of(job, frame), self.module_name(job, frame));
        let Some(answer) = answer else { return w.end_object() };
        let module = answer.module;
        texts.touch(module, answer.ahead());
        if let Some(outer) = answer.outer()
            && let Some(offset) = frame.offset
        {
            texts.function(w, module, outer.function, offset.saturating_sub(answer.start));
            texts.place(w, module, outer);
            if answer.rows.len() > 1 {
                w.key("inlines");
                w.list("inlines", answer.inlined(), |w, row| {
                    w.begin_object();
                    texts.inlined(w, module, row.function);
                    texts.place(w, module, row);
                    w.end_object();
                });
            }
        }
        w.end_object();
    }

    fn modules_5(&self, w: &mut Writer, job: &Job, results: &[Option<ModuleResult>]) {
        let mut modules = job.modules.clone();
        modules.sort_unstable();
        modules.dedup();
        w.key("found_modules");
        w.entries("modules", &modules, |w, &module| {
            w.foreign_key(&self.key(module));
            self.is_found(w, module, results);
        });
        let failed = |module: usize| match results.get(module) {
            Some(Some(ModuleResult::Failed(name, message))) => Some((name, message)),
            _ => None,
        };
        if modules.iter().any(|&module| failed(module).is_some()) {
            w.key("module_errors");
            let errors = modules.iter().filter_map(|&module| Some((module, failed(module)?)));
            w.entries("errors", errors, |w, (module, (name, message))| {
                w.foreign_key(&self.key(module));
                w.begin_array();
                w.begin_object();
                w.field("name", name);
                w.field("message", message);
                w.end_object();
                w.end_array();
            });
        }
    }

    fn is_found(&self, w: &mut Writer, module: usize, results: &[Option<ModuleResult>]) {
        match results.get(module) {
            Some(Some(result)) => w.bool(matches!(result, ModuleResult::Found(..))),
            _ => w.null(),
        }
    }

    fn key(&self, module: usize) -> String {
        self.modules.get(module).map(|module| format!("{}/{}", module.name, module.id)).unwrap_or_default()
    }

    fn module_name(&self, job: &Job, frame: Frame) -> &str {
        let name = module_of(job, frame).and_then(|module| self.modules.get(module)).map(|module| module.name.as_str());
        name.filter(|name| !name.is_empty()).unwrap_or(NO_MODULE)
    }

    /// Look up the addresses of each module together, in the order of its frames.
    fn look_up(&self, results: &[Option<ModuleResult>]) -> Found {
        let mut offsets: Vec<Vec<u64>> = vec![Vec::new(); self.modules.len()];
        for job in &self.jobs {
            for frame in job.stacks.iter().flatten() {
                if let Some(own) = module_of(job, *frame).and_then(|module| offsets.get_mut(module)) {
                    // An offset that there is not is in no function.
                    own.push(frame.offset.unwrap_or(u64::MAX));
                }
            }
        }
        let modules = offsets.iter().enumerate().map(|(module, offsets)| match results.get(module) {
            Some(Some(ModuleResult::Found(map, _))) => {
                let mut frames = BatchFrames::default();
                map.frames_batch(offsets, &mut frames);
                Some((Arc::clone(map), frames))
            }
            _ => None,
        });
        Found { frames: self.frames(), modules: modules.collect(), next: vec![Cell::new(0); self.modules.len()] }
    }
}

/// The frames of all addresses, which are read in the order in which they were looked up.
struct Found {
    /// All frames of the request.
    frames: usize,
    modules: Vec<Option<(Arc<SymbolMap>, BatchFrames)>>,
    /// For each module which of its addresses is next.
    next: Vec<Cell<usize>>,
}

impl Found {
    /// Bytes of the answer, usually fewer.
    fn expected(&self) -> usize {
        let known = self.modules.iter().flatten();
        let functions: usize = known.map(|(_, frames)| frames.functions.len()).sum();
        self.frames.saturating_mul(FRAME_BYTES).saturating_add(functions.saturating_mul(FUNCTION_BYTES))
    }

    /// The answer for the next frame of the request; `None` without symbols.
    fn next(&self, job: &Job, frame: Frame) -> Option<Answer<'_>> {
        let module = module_of(job, frame)?;
        let next = self.next.get(module)?;
        let at = next.replace(next.get() + 1);
        let (map, frames) = self.modules.get(module)?.as_ref()?;
        let rows = rows_before(frames, at)?..rows_before(frames, at + 1)?;
        Some(Answer { module, map, frames, at, rows, start: *frames.starts.get(at)? })
    }
}

/// How many rows the addresses before one have.
fn rows_before(frames: &BatchFrames, address: usize) -> Option<usize> {
    usize::try_from(*frames.offsets.get(address)?).ok()
}

/// The answer for one address.
struct Answer<'a> {
    /// Its module, by its number in the request.
    module: usize,
    map: &'a SymbolMap,
    frames: &'a BatchFrames,
    /// Which address of its module it is.
    at: usize,
    /// Its rows, the innermost first; the last one is the function itself.
    rows: Range<usize>,
    /// Where its function begins.
    start: u64,
}

impl Answer<'_> {
    /// The function that the compiler made; `None` if there is no symbol.
    fn outer(&self) -> Option<Row> {
        self.rows.clone().next_back().and_then(|row| self.row(row))
    }

    /// The calls that are inlined into it, the innermost first.
    fn inlined(&self) -> impl Iterator<Item = Row> {
        (self.rows.start..self.rows.end.saturating_sub(1)).filter_map(|row| self.row(row))
    }

    /// The functions of this address and of those after it, each time that all that were returned before are used up.
    fn ahead(&self) -> impl Iterator<Item = u64> {
        let count = if self.at.is_multiple_of(AHEAD) { AHEAD } else { 0 };
        let rows = (self.at + 1..=self.at + count).filter_map(|end| rows_before(self.frames, end)?.checked_sub(1));
        rows.filter_map(|row| self.frames.functions.get(row).copied())
    }

    fn row(&self, row: usize) -> Option<Row> {
        let frames = self.frames;
        Some(Row {
            function: *frames.functions.get(row)?,
            file: *frames.files.get(row)?,
            line: *frames.lines.get(row)?,
        })
    }
}

fn module_of(job: &Job, frame: Frame) -> Option<usize> {
    job.modules.get(frame.module? as usize).copied()
}

fn finish(mut w: Writer, budget: usize) -> Result<Vec<u8>, TooLarge> {
    if w.cut().omitted.is_empty() { Ok(w.take()) } else { Err(TooLarge(budget)) }
}
