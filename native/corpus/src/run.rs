//! Inputs become rows, one after the other.

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::{Crashes, InputError, ModuleKey, Next, Options, Session, Source};

use crate::error::Error;
use crate::lines::{Held, Place};
use crate::rows::{Format, Rows};
use crate::tally::Tally;
use crate::watch::Watch;

/// The kind of an input whose step ended a process.
const ABANDONED: &str = "InputAbandoned";

/// What a run begins with.
pub struct Setup {
    /// The file of rows.
    pub out: PathBuf,
    /// Where the rows are in it, or whether they stay in memory.
    pub place: Place,
    /// Its format.
    pub format: Format,
    /// What is being done.
    pub watch: Arc<Watch>,
    /// How reports are made.
    pub options: Options,
    /// Steps that are left out: each is an error with this message.
    pub poison: HashMap<u64, String>,
    /// What users can do about errors, by their kinds; for rows in JSON.
    pub hints: HashMap<String, String>,
}

/// An input.
pub struct Given {
    /// What it is called in rows of errors and of tables.
    pub source: String,
    /// Its bytes, or the reason why it has none.
    pub content: Content,
}

/// The content of an input.
pub enum Content {
    /// A file or bytes.
    Source(Source),
    /// It cannot be read, which is known already.
    Refused {
        /// The kind of the error.
        kind: String,
        /// The problem, in one line.
        message: String,
    },
}

/// Why [`Run::next`] returned.
#[derive(Debug)]
pub enum Event {
    /// Modules whose symbols are needed: resolve them in the session, and go on.
    Needs(Vec<ModuleKey>),
    /// The input with this number, from 0, is not a crash, and may be an archive. Its files can be added, until [`Run::settle`].
    NotACrash(usize),
    /// The time is over; nothing has to be done.
    Paused,
    /// All inputs that were added are done.
    Done,
}

/// Inputs that become rows.
pub struct Run {
    setup: Setup,
    rows: Rows,
    row_count: u64,
    tally: Tally,
    queue: VecDeque<Given>,
    current: Option<Current>,
    archive: Option<Archive>,
    step: u64,
    /// Inputs that began, without the files of archives.
    begun: usize,
    done: u64,
    /// Since when symbols are waited for.
    waits: Option<Instant>,
}

/// What a run has made.
pub struct Ended {
    /// The number of rows.
    pub rows: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The JSON of what was counted (`Tally` of `symbolicate.summary.tally`).
    pub tally: Vec<u8>,
    /// The rows that are in memory; `None` if they are in the file.
    pub held: Option<Held>,
}

/// The input that is being processed.
struct Current {
    source: String,
    crashes: Crashes,
    /// The number of its next row.
    number: u32,
    clock: Clock,
}

/// An input that is not a crash itself.
struct Archive {
    source: String,
    error: (&'static str, String),
    /// The number of rows before it.
    row_count: u64,
    /// Its files.
    files: VecDeque<Given>,
    clock: Clock,
}

/// The time of an input, without the search for symbols.
struct Clock {
    began: Instant,
    searched: Duration,
}

impl Run {
    /// A run without inputs.
    ///
    /// # Errors
    /// The file cannot be created.
    pub fn new(setup: Setup) -> Result<Self, Error> {
        let rows = Rows::create(&setup.out, setup.format, setup.place)?;
        Ok(Self {
            setup,
            rows,
            row_count: 0,
            tally: Tally::default(),
            queue: VecDeque::new(),
            current: None,
            archive: None,
            step: 0,
            begun: 0,
            done: 0,
            waits: None,
        })
    }

    /// Add inputs behind the others; after [`Event::NotACrash`] the files of that input, each of which is a step as well.
    pub fn add(&mut self, inputs: impl IntoIterator<Item = Given>) {
        match &mut self.archive {
            Some(archive) => archive.files.extend(inputs),
            None => self.queue.extend(inputs),
        }
    }

    /// Process inputs until something has to be done by the caller, or until this time.
    ///
    /// # Errors
    /// The rows cannot be written.
    pub fn next(&mut self, session: &Session, until: Instant) -> Result<Event, Error> {
        self.go_on();
        loop {
            if let Some(current) = self.current.take() {
                if let Some(event) = self.process(current, session)? {
                    return Ok(event);
                }
            } else {
                let next = match &mut self.archive {
                    Some(archive) => archive.files.pop_front(),
                    None => self.queue.pop_front(),
                };
                let Some(given) = next else { return Ok(Event::Done) };
                if let Some(event) = self.begin(given)? {
                    return Ok(event);
                }
            }
            if Instant::now() >= until {
                return Ok(Event::Paused);
            }
        }
    }

    /// A step begins that the caller does for an input. If it is left out, its error is a row, and the result is false.
    ///
    /// # Errors
    /// The row cannot be written.
    pub fn step(&mut self, source: &str) -> Result<bool, Error> {
        self.step += 1;
        self.setup.watch.begin(self.step);
        let Some(why) = self.setup.poison.get(&self.step).cloned() else { return Ok(true) };
        self.failed(source, ABANDONED, &why)?;
        Ok(false)
    }

    /// An input that is not a crash is done. Unless its files became rows, its error does.
    ///
    /// # Errors
    /// The row cannot be written.
    pub fn settle(&mut self) -> Result<(), Error> {
        let Some(Archive { source, error: (kind, message), row_count, clock, .. }) = self.archive.take() else {
            return Ok(());
        };
        if self.row_count == row_count {
            self.failed(&source, kind, &message)?;
        }
        self.finished(&source, &clock);
        Ok(())
    }

    /// Write what is left.
    ///
    /// # Errors
    /// The rows cannot be written.
    pub fn end(self) -> Result<Ended, Error> {
        let (bytes, held) = self.rows.end()?;
        Ok(Ended { rows: self.row_count, bytes, tally: self.tally.json(), held })
    }

    /// Begin an input or a file of an archive.
    fn begin(&mut self, given: Given) -> Result<Option<Event>, Error> {
        let Given { source, content } = given;
        if self.archive.is_none() {
            self.begun += 1;
        }
        let clock = Clock { began: Instant::now(), searched: Duration::ZERO };
        if self.step(&source)? {
            match content {
                Content::Refused { kind, message } => self.failed(&source, &kind, &message)?,
                Content::Source(content) => match Crashes::open(content) {
                    Ok(crashes) => {
                        self.current = Some(Current { source, crashes, number: 0, clock });
                        return Ok(None);
                    }
                    Err(error) => return self.not_opened(source, &error, clock),
                },
            }
        }
        self.finished(&source, &clock);
        Ok(None)
    }

    /// Process the next crash of an input.
    fn process(&mut self, mut current: Current, session: &Session) -> Result<Option<Event>, Error> {
        match current.crashes.process(session, &self.setup.options) {
            Next::Report(document) => {
                self.row_count += 1;
                self.tally.report(&document);
                self.rows.report(&current.source, current.number, &document)?;
            }
            Next::Failed(error) if current.crashes.len() == 1 => {
                return self.not_opened(current.source, &error, current.clock);
            }
            Next::Failed(error) => {
                let (kind, message) = error.described();
                self.failed(&current.source, kind, &message)?;
            }
            Next::Needs(keys) => {
                self.current = Some(current);
                self.setup.watch.waits(true);
                self.waits = Some(Instant::now());
                return Ok(Some(Event::Needs(keys)));
            }
            Next::End => {
                self.finished(&current.source, &current.clock);
                return Ok(None);
            }
        }
        current.number = current.number.saturating_add(1);
        self.current = Some(current);
        Ok(None)
    }

    /// An input has no crash that can be read.
    fn not_opened(&mut self, source: String, error: &InputError, clock: Clock) -> Result<Option<Event>, Error> {
        let error = error.described();
        if error.0 == InputError::NOT_A_CRASH && self.archive.is_none() {
            let files = VecDeque::new();
            self.archive = Some(Archive { source, error, row_count: self.row_count, files, clock });
            return Ok(Some(Event::NotACrash(self.begun - 1)));
        }
        self.failed(&source, error.0, &error.1)?;
        self.finished(&source, &clock);
        Ok(None)
    }

    /// Write the row of an error.
    fn failed(&mut self, source: &str, kind: &str, message: &str) -> Result<(), Error> {
        self.row_count += 1;
        self.tally.error(source, kind, message);
        self.rows.error(source, kind, message, self.setup.hints.get(kind).map(String::as_str))
    }

    /// An input is done. The files of an archive are a part of it.
    fn finished(&mut self, source: &str, clock: &Clock) {
        if self.archive.is_none() {
            self.done += 1;
            self.tally.input(source, clock.began.elapsed().saturating_sub(clock.searched).as_secs_f64());
            self.setup.watch.answered(self.done);
        }
    }

    /// Symbols are not waited for any more.
    fn go_on(&mut self) {
        let Some(since) = self.waits.take() else { return };
        self.setup.watch.waits(false);
        let searched = since.elapsed();
        for clock in
            self.current.iter_mut().map(|one| &mut one.clock).chain(self.archive.iter_mut().map(|one| &mut one.clock))
        {
            clock.searched += searched;
        }
    }
}
