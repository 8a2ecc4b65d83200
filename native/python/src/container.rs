//! `Container`: an opened input and the crashes in it.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::{Options, Outcome};
use inputs::Item;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

use crate::detach::detached;
use crate::error::Error;
use crate::input::{self, Input};

/// Bytes of a report beyond those of its input, where that has several crashes: their reports are made together.
const SEVERAL_BYTES: usize = 2 << 20;

/// An input of any kind, and the crashes in it. Each is decoded when it is processed.
#[pyclass(module = "symbolicate._native", frozen)]
pub(crate) struct Container {
    pub(crate) opened: Arc<Opened>,
}

#[pymethods]
impl Container {
    #[new]
    #[pyo3(signature = (path, data = None, files = None))]
    fn new(
        py: Python<'_>,
        path: PathBuf,
        data: Option<PyBackedBytes>,
        files: Option<Vec<input::File>>,
    ) -> PyResult<Self> {
        let opened = detached(py, || Opened::open(Input { path, data: data.map(Arc::new), files }))?;
        Ok(Self { opened: Arc::new(opened) })
    }

    /// How many crashes it has.
    fn __len__(&self) -> usize {
        self.opened.len()
    }

    /// What it is called.
    #[getter]
    fn name(&self) -> String {
        self.opened.input.name()
    }

    /// Bytes of it that are held in memory.
    #[getter]
    fn held(&self) -> u64 {
        if self.opened.content.is_none() { 0 } else { self.opened.size }
    }

    /// What was tolerated in it as a whole: place and sentence.
    #[getter]
    fn notes(&self) -> Vec<(String, String)> {
        let notes = self.opened.notes().iter();
        notes.map(|note| (note.place.clone(), note.message.clone())).collect()
    }
}

/// An opened input.
pub(crate) struct Opened {
    input: Input,
    /// Bytes of the input as it was given.
    size: u64,
    /// `None` for a minidump: it is read when its turn comes, so that a batch holds no more of them than it has workers.
    content: Option<Content>,
}

/// What was read of an input.
struct Content {
    crashes: usize,
    notes: Vec<inputs::Note>,
    /// Dropped with the report of the only crash: the text of a compressed input is larger than the input.
    container: Mutex<Option<Arc<inputs::Container>>>,
}

impl Opened {
    fn open(input: Input) -> Result<Self, Error> {
        if input.files.is_none()
            && let Some(size) = dump_size(&input).map_err(|source| Error::Input { input: input.name(), source })?
        {
            return Ok(Self { input, size, content: None });
        }
        let (size, container) = read(&input)?;
        let content = Content {
            crashes: container.len(),
            notes: container.notes().to_vec(),
            container: Mutex::new(Some(Arc::new(container))),
        };
        Ok(Self { input, size, content: Some(content) })
    }

    fn len(&self) -> usize {
        self.content.as_ref().map_or(1, |content| content.crashes)
    }

    fn notes(&self) -> &[inputs::Note] {
        self.content.as_ref().map_or(&[], |content| &content.notes)
    }

    /// Process one of its crashes.
    pub(crate) fn process(&self, index: usize, session: &engine::Session, options: &Options) -> Result<Outcome, Error> {
        let len = self.len();
        let several = Some(SEVERAL_BYTES.saturating_add(usize::try_from(self.size).unwrap_or(usize::MAX)));
        let options = Options {
            name: Some(self.input.name()),
            size: Some(self.size),
            report_bytes: options.report_bytes.or(several.filter(|_| len > 1)),
            one_of: Some((index, len)).filter(|_| len > 1),
            // The input's own notes are reported once.
            notes: if index == 0 { self.notes().to_vec() } else { Vec::new() },
            ..options.clone()
        };
        let failed = |source| Error::Engine { input: self.input.name(), place: self.place(index), source };
        let Some(content) = &self.content else {
            let bytes = self.input.bytes()?;
            return session.process(&bytes, &options).map_err(failed);
        };
        let container = content.container(&self.input)?;
        let item = container.crash(index).map_err(|source| Error::Crash {
            input: self.input.name(),
            place: self.place(index),
            source,
        })?;
        let outcome = match item {
            Item::Minidump { bytes, context: None } => session.process(&bytes, &options),
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
    fn place(&self, index: usize) -> Option<String> {
        (self.len() > 1).then(|| format!("crash {} of {}", index + 1, self.len()))
    }
}

impl Content {
    /// The container; it is read again if it was dropped.
    fn container(&self, input: &Input) -> Result<Arc<inputs::Container>, Error> {
        let mut kept = self.lock();
        if let Some(container) = kept.as_ref() {
            return Ok(Arc::clone(container));
        }
        let container = Arc::new(read(input)?.1);
        *kept = Some(Arc::clone(&container));
        Ok(container)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<inputs::Container>>> {
        self.container.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The size of an input that is no minidump, and its crashes.
fn read(input: &Input) -> Result<(u64, inputs::Container), Error> {
    let (size, container) = match &input.data {
        Some(data) if let Some(files) = &input.files => (data.len(), log_with_files(data, files)?),
        // Shared with Python: the bytes are not copied.
        Some(data) if !data.is_empty() => {
            (data.len(), inputs::Container::open(inputs::Bytes::shared(Shared(Arc::clone(data)))))
        }
        _ => {
            let bytes = input.bytes()?;
            (bytes.len(), inputs::Container::open(bytes.into_shared()))
        }
    };
    let container = container.map_err(|source| Error::Refused { input: input.name(), source })?;
    Ok((size as u64, container))
}

/// An App Center log and the files of its crash, whose bytes follow it.
fn log_with_files(
    data: &Arc<PyBackedBytes>,
    files: &[input::File],
) -> Result<Result<inputs::Container, inputs::Error>, Error> {
    let sizes = files.iter().map(|(.., size)| size.unwrap_or(0));
    let size = sizes.fold(0_usize, usize::saturating_add);
    let Some(log) = data.len().checked_sub(size) else {
        return Err(Error::Argument(format!("the files have {size} bytes, and all data have {}", data.len())));
    };
    let bytes = inputs::Bytes::shared(Shared(Arc::clone(data)));
    let mut start = log;
    let files = files.iter().map(|(id, name, content_type, size)| {
        let data = size.map(|size| {
            start += size;
            bytes.part(start - size..start)
        });
        inputs::AttachedFile { id: id.clone(), name: name.clone(), content_type: content_type.clone(), data }
    });
    let files = files.collect();
    Ok(inputs::Container::of_log(bytes.part(0..log), files))
}

/// The size of an input that is a minidump; `None` if it is none.
fn dump_size(input: &Input) -> io::Result<Option<u64>> {
    let is_dump = |head: &[u8]| matches!(head, b"MDMP" | b"PMDM");
    if let Some(data) = &input.data {
        return Ok(data.get(..4).filter(|head| is_dump(head)).map(|_| data.len() as u64));
    }
    let mut file = File::open(&input.path)?;
    let mut head = Vec::with_capacity(4);
    file.by_ref().take(4).read_to_end(&mut head)?;
    Ok(if is_dump(&head) { Some(file.metadata()?.len()) } else { None })
}

/// Bytes that Python owns.
struct Shared(Arc<PyBackedBytes>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}
