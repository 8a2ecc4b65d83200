//! An input on its way: opened, then one crash after the other.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::input::{Input, InputError, Source};
use crate::key::ModuleKey;
use crate::options::Options;
use crate::panic_text::panic_text;
use crate::session::{Error, Outcome, Session};

/// Bytes of the reports of one input, beside which its own bytes count: an input may have a million tiny crashes.
const FREE_BYTES: u64 = 32 << 20;
/// Bytes of reports for each byte of an input.
const RATIO: u64 = 4;

/// How often the same modules are needed again. Of a file that is read in part, further addresses are needed each time, until the
/// caller takes the whole file.
const ROUNDS: u32 = 80;

/// The results of an input.
#[derive(Debug)]
pub struct Done {
    /// Number of the input, in the order in which they were added.
    pub number: usize,
    /// What the input is called.
    pub name: String,
    /// The JSON document of the report on each crash, or its error. An input that cannot be read has one error.
    pub results: Vec<Result<Vec<u8>, InputError>>,
}

/// An input on its way.
pub(super) struct Task {
    pub(super) number: usize,
    name: String,
    state: Stage,
    results: Vec<Result<Vec<u8>, InputError>>,
    bytes: u64,
    /// The modules that were needed last, in order.
    pub(super) needs: Vec<ModuleKey>,
    /// How often they were needed.
    rounds: u32,
    /// How often modules had been resolved when a worker took it.
    pub(super) began: u64,
}

enum Stage {
    Unopened(Source),
    Opened(Input),
}

/// How far an input came.
pub(super) enum Step {
    Done(Done),
    Needs(Task),
}

impl Task {
    pub(super) fn new(number: usize, source: Source) -> Self {
        let name = source.name();
        let state = Stage::Unopened(source);
        Self { number, name, state, results: Vec::new(), bytes: 0, needs: Vec::new(), rounds: 0, began: 0 }
    }

    /// Process the input until it is done or needs symbols.
    pub(super) fn step(self, session: &Session, options: &Options) -> Step {
        let Self { number, name, state, mut results, mut bytes, needs, mut rounds, began } = self;
        let input = match state {
            Stage::Opened(input) => Ok(input),
            Stage::Unopened(source) => open(source),
        };
        let input = match input {
            Ok(input) => input,
            Err(error) => return Step::Done(Done { number, name, results: vec![Err(error)] }),
        };
        let most = FREE_BYTES.max(input.held_bytes().saturating_mul(RATIO));
        while results.len() < input.len() {
            if bytes > most {
                let (left, all) = (input.len() - results.len(), input.len());
                results.push(Err(InputError::LeftOut { left, all, bytes }));
                break;
            }
            match input.process(results.len(), session, options) {
                Ok(Outcome::Report(json)) => {
                    bytes = bytes.saturating_add(json.len() as u64);
                    results.push(Ok(json));
                }
                Ok(Outcome::Needs(keys)) if keys == needs && rounds >= ROUNDS => {
                    let why = format!("modules are needed that were resolved already: {keys:?}");
                    results.push(Err(InputError::Engine { position: None, source: Error::Internal(why) }));
                }
                Ok(Outcome::Needs(keys)) => {
                    rounds = if keys == needs { rounds + 1 } else { 0 };
                    let state = Stage::Opened(input);
                    return Step::Needs(Self { number, name, state, results, bytes, needs: keys, rounds, began });
                }
                Err(error) => results.push(Err(error)),
            }
        }
        Step::Done(Done { number, name, results })
    }
}

/// Open an input that has a crash.
fn open(source: Source) -> Result<Input, InputError> {
    source.check()?;
    // Inputs are untrusted and parsers have bugs.
    let input = catch_unwind(AssertUnwindSafe(|| Input::open(source))).unwrap_or_else(|panic| {
        Err(InputError::Engine { position: None, source: Error::Internal(panic_text(panic.as_ref())) })
    })?;
    if input.is_empty() {
        let notes: Vec<_> = input.notes().iter().map(|note| &*note.message).collect();
        return Err(InputError::NoCrash(notes.join("; ")));
    }
    Ok(input)
}
