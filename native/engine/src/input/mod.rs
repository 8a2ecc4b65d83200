//! An input of any kind and the crashes in it: each is decoded when it is processed.

mod error;
mod source;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use inputs::{Container, Item, Note};

pub use error::{InputError, system_reason};
pub use source::Source;

use self::source::DumpBytes;

use crate::options::Options;
use crate::session::{Outcome, Session};

/// Bytes of a report beyond those of its input, where that has several crashes: their reports are made together.
const SEVERAL_BYTES: usize = 2 << 20;

/// An opened input.
pub struct Input {
    source: Source,
    /// Bytes of the input before decompression.
    size: u64,
    /// `None` for a minidump: it is read when it is processed, so that a batch holds no more of them than it has workers.
    content: Option<Content>,
}

/// What was read of an input.
struct Content {
    crashes: usize,
    notes: Vec<Note>,
    /// Dropped with the report of the only crash: the text of a compressed input is larger than the input.
    container: Mutex<Option<Arc<Container>>>,
}

impl Input {
    /// Recognise an input by its content and count its crashes.
    ///
    /// # Errors
    /// It cannot be read, is empty, or is not a crash of any kind.
    pub fn open(source: Source) -> Result<Self, InputError> {
        if let Some(size) = source.dump_size().map_err(InputError::Unreadable)? {
            return Ok(Self { source, size, content: None });
        }
        let (size, container) = source.container()?;
        let content = Content {
            crashes: container.len(),
            notes: container.notes().to_vec(),
            container: Mutex::new(Some(Arc::new(container))),
        };
        Ok(Self { source, size, content: Some(content) })
    }

    /// How many crashes it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.content.as_ref().map_or(1, |content| content.crashes)
    }

    /// Whether it is of a known kind and holds no crash.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What it is called in reports and errors.
    #[must_use]
    pub fn name(&self) -> String {
        self.source.name()
    }

    /// Bytes of it that stay in memory while it is open.
    #[must_use]
    pub fn held_bytes(&self) -> u64 {
        if self.content.is_none() { 0 } else { self.size }
    }

    /// What was tolerated in the input as a whole.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        self.content.as_ref().map_or(&[], |content| &content.notes)
    }

    /// Process one of its crashes. Name, size, number and notes in the options are those of the input.
    ///
    /// # Errors
    /// The input cannot be read any more, the crash cannot be decoded or processed.
    pub fn process(&self, index: usize, session: &Session, options: &Options) -> Result<Outcome, InputError> {
        let len = self.len();
        let several = Some(SEVERAL_BYTES.saturating_add(usize::try_from(self.size).unwrap_or(usize::MAX)));
        let options = Options {
            name: Some(self.name()),
            size: Some(self.size),
            report_bytes: options.report_bytes.or(several.filter(|_| len > 1)),
            one_of: Some((index, len)).filter(|_| len > 1),
            // The input's own notes are reported once.
            notes: if index == 0 { self.notes().to_vec() } else { Vec::new() },
            ..options.clone()
        };
        let failed = |source| InputError::Engine { position: self.position(index), source };
        let Some(content) = &self.content else {
            return match self.source.dump()? {
                DumpBytes::Memory(bytes) => session.process(&*bytes, &options).map_err(failed),
                DumpBytes::File(file) => {
                    let outcome = session.process(minidump::Bytes::on_demand(&file), &options);
                    // Whatever was made of bytes that could not be read is not the report of this dump.
                    file.failure().map_or(outcome.map_err(failed), |why| Err(InputError::Unreadable(why)))
                }
            };
        };
        let container = content.container(&self.source)?;
        let item =
            container.crash(index).map_err(|source| InputError::Crash { position: self.position(index), source })?;
        let outcome = match item {
            Item::Minidump { bytes, context: None } => session.process(&*bytes, &options),
            Item::Minidump { bytes, context: Some(context) } => {
                session.process_with_context(&bytes, &context, &options)
            }
            Item::Unwound(crash) => session.process_unwound(&crash, &options),
        };
        if len == 1 && matches!(outcome, Ok(Outcome::Report(_))) {
            content.lock().take();
        }
        outcome.map_err(failed)
    }

    /// What one of several crashes is called.
    fn position(&self, index: usize) -> Option<String> {
        (self.len() > 1).then(|| format!("crash {} of {}", index + 1, self.len()))
    }
}

impl Content {
    /// The container; it is read again if it was dropped.
    fn container(&self, source: &Source) -> Result<Arc<Container>, InputError> {
        let mut kept = self.lock();
        if let Some(container) = kept.as_ref() {
            return Ok(Arc::clone(container));
        }
        let container = Arc::new(source.container()?.1);
        *kept = Some(Arc::clone(&container));
        Ok(container)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Container>>> {
        self.container.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
