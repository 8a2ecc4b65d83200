//! The crashes of one input, one after the other, while the caller finds symbols in between.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::document::Document;
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

/// The crashes of one input.
pub struct Crashes {
    input: Input,
    /// The next crash.
    next: usize,
    /// Bytes of the reports, and how many they may have.
    bytes: u64,
    most: u64,
    /// The modules that were needed last, in order, and how often.
    needs: Vec<ModuleKey>,
    rounds: u32,
}

/// What became of the next crash.
#[derive(Debug)]
pub enum Next {
    /// Its report.
    Report(Document),
    /// It has none.
    Failed(InputError),
    /// Modules whose symbols are needed for it: resolve them in the session, and go on.
    Needs(Vec<ModuleKey>),
    /// There is none.
    End,
}

impl Crashes {
    /// Open an input that has at least one crash.
    ///
    /// # Errors
    /// It cannot be read, is empty, is not a crash of any kind, or has none. What is no regular file is not opened.
    pub fn open(source: Source) -> Result<Self, InputError> {
        source.check()?;
        // Inputs are untrusted and parsers have bugs.
        let input = catch_unwind(AssertUnwindSafe(|| Input::open(source))).unwrap_or_else(|panic| {
            Err(InputError::Engine { position: None, source: Error::Internal(panic_text(panic.as_ref())) })
        })?;
        if input.is_empty() {
            let notes: Vec<_> = input.notes().iter().map(|note| &*note.message).collect();
            return Err(InputError::NoCrash(notes.join("; ")));
        }
        let most = FREE_BYTES.max(input.held_bytes().saturating_mul(RATIO));
        Ok(Self { input, next: 0, bytes: 0, most, needs: Vec::new(), rounds: 0 })
    }

    /// How many crashes the input has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.input.len()
    }

    /// Whether there are none, which [`Crashes::open`] refuses.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.input.is_empty()
    }

    /// Process the next crash, or the same one again after its symbols were found.
    pub fn process(&mut self, session: &Session, options: &Options) -> Next {
        let (all, index) = (self.input.len(), self.next);
        if index >= all {
            return Next::End;
        }
        if self.bytes > self.most {
            self.next = all;
            return Next::Failed(InputError::LeftOut { left: all - index, all, bytes: self.bytes });
        }
        let processed = self.input.process(index, session, options);
        if let Ok(Outcome::Needs(keys)) = &processed {
            self.rounds = if *keys == self.needs { self.rounds + 1 } else { 0 };
            if self.rounds <= ROUNDS {
                self.needs.clone_from(keys);
                return Next::Needs(keys.clone());
            }
        }
        self.next += 1;
        match processed {
            Ok(Outcome::Report(document)) => {
                self.bytes = self.bytes.saturating_add(document.len() as u64);
                Next::Report(document)
            }
            Ok(Outcome::Needs(keys)) => {
                let why = format!("modules are needed that were resolved already: {keys:?}");
                Next::Failed(InputError::Engine { position: None, source: Error::Internal(why) })
            }
            Err(error) => Next::Failed(error),
        }
    }
}
