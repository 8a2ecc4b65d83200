//! An input of any kind and the crashes in it: each is decoded when it is processed.

mod error;
mod source;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use inputs::{Bytes, Container, Item, Note};

pub use error::{InputError, system_reason};
pub use source::Source;

use self::source::{DumpBytes, FoundDump};

use crate::options::Options;
use crate::session::{Error, Outcome, Session};

/// Bytes of a report beyond those of its input, where that has several crashes: their reports are made together.
const SEVERAL_BYTES: usize = 2 << 20;

/// An opened input.
pub struct Input {
    source: Source,
    /// Bytes of the input before decompression.
    size: u64,
    content: Content,
}

/// What was read of an input.
enum Content {
    /// A minidump. The bytes of a small one are here until its report is made; others are read when they are processed, so that a
    /// batch holds no more of them than it has workers.
    Dump(Mutex<Option<Bytes>>),
    /// Any other kind.
    Other(Other),
}

/// An input that is not a minidump.
struct Other {
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
        if let Some(FoundDump { size, read }) = source.find_dump().map_err(InputError::Unreadable)? {
            return Ok(Self { source, size, content: Content::Dump(Mutex::new(read)) });
        }
        let (size, container) = source.container()?;
        let other = Other {
            crashes: container.len(),
            notes: container.notes().to_vec(),
            container: Mutex::new(Some(Arc::new(container))),
        };
        Ok(Self { source, size, content: Content::Other(other) })
    }

    /// As [`Input::open`], of a file: `None` if it is no regular file, has no bytes or cannot be looked at. Of those, nothing was read.
    ///
    /// # Errors
    /// It cannot be read, or is not a crash of any kind.
    pub fn open_file(path: impl Into<PathBuf>) -> Result<Option<Self>, InputError> {
        let source = Source::file(path);
        if source.check().is_err() {
            return Ok(None);
        }
        Self::open(source).map(Some)
    }

    /// How many crashes it has.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.content {
            Content::Dump(_) => 1,
            Content::Other(other) => other.crashes,
        }
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

    /// Bytes of it that stay in memory while reports of its crashes are made.
    #[must_use]
    pub fn held_bytes(&self) -> u64 {
        if matches!(self.content, Content::Dump(_)) { 0 } else { self.size }
    }

    /// What was tolerated in the input as a whole.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        match &self.content {
            Content::Dump(_) => &[],
            Content::Other(other) => &other.notes,
        }
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
        let other = match &self.content {
            Content::Other(other) => other,
            Content::Dump(read) => return self.process_dump(read, session, &options)?.map_err(failed),
        };
        let container = other.container(&self.source)?;
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
            other.lock().take();
        }
        outcome.map_err(failed)
    }

    /// Process the crash of a minidump: one that was read already, or from its file. The outer error is that of reading it.
    fn process_dump(
        &self,
        read: &Mutex<Option<Bytes>>,
        session: &Session,
        options: &Options,
    ) -> Result<Result<Outcome, Error>, InputError> {
        let read_already = lock(read).clone();
        let bytes = match read_already.map_or_else(|| self.source.dump(), |bytes| Ok(DumpBytes::Memory(bytes)))? {
            DumpBytes::Memory(bytes) => bytes,
            DumpBytes::File(file) => {
                let outcome = session.process(minidump::Bytes::on_demand(&file), options);
                // Whatever was made of bytes that could not be read is not the report of this dump.
                return file.failure().map_or(Ok(outcome), |why| Err(InputError::Unreadable(why)));
            }
        };
        let outcome = session.process(&*bytes, options);
        // When symbols are needed, the same bytes are processed again.
        if !matches!(outcome, Ok(Outcome::Needs(_))) {
            lock(read).take();
        }
        Ok(outcome)
    }

    /// What one of several crashes is called.
    fn position(&self, index: usize) -> Option<String> {
        (self.len() > 1).then(|| format!("crash {} of {}", index + 1, self.len()))
    }
}

impl Other {
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
        lock(&self.container)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
