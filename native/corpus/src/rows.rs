//! The file of rows, in each format.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use engine::Document;
use serde::Serialize;

use crate::error::Error;
use crate::lines::{Held, Lines, Place};

/// Rows, and bytes of their documents, that are held as columns before they are written: an archive may have any number of crashes.
const PART_ROWS: usize = 50_000;
const PART_BYTES: usize = 256 << 20;

/// The format of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A line of JSON for each row: that of a crash is the document of its report.
    Lines,
    /// A Parquet file with the columns of the crate `table`.
    Table,
}

/// Writes rows to a new file.
pub(crate) enum Rows {
    Lines(Lines),
    Table(Box<Parts>),
}

/// The columns of rows, and the files of those before.
pub(crate) struct Parts {
    path: PathBuf,
    builder: table::Builder,
    bytes: usize,
    parts: Vec<PathBuf>,
}

/// The line of an input that cannot be read.
#[derive(Serialize)]
struct ErrorLine<'a> {
    status: &'static str,
    input: Named<'a>,
    error: Why<'a>,
}

#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
}

#[derive(Serialize)]
struct Why<'a> {
    kind: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
}

impl Rows {
    /// Tables are always written to a new file.
    pub(crate) fn create(path: &Path, format: Format, place: Place) -> Result<Self, Error> {
        let path = path.to_owned();
        Ok(match format {
            Format::Lines => Self::Lines(Lines::create(path, place)?),
            Format::Table => {
                let builder = table::Builder::new();
                Self::Table(Box::new(Parts { path, builder, bytes: 0, parts: Vec::new() }))
            }
        })
    }

    /// A crash; `number` counts those of one input.
    pub(crate) fn report(&mut self, source: &str, number: u32, document: &Document) -> Result<(), Error> {
        match self {
            Self::Lines(lines) => lines.add(document),
            Self::Table(parts) => {
                let bytes = document.len();
                parts.add(bytes, |builder| builder.report_values(source, number, bytes, document.values()))
            }
        }
    }

    /// What cannot be read.
    pub(crate) fn error(&mut self, source: &str, kind: &str, message: &str, hint: Option<&str>) -> Result<(), Error> {
        match self {
            Self::Lines(lines) => {
                let error = Why { kind, message, hint };
                let line = ErrorLine { status: "ERROR", input: Named { name: source }, error };
                // Texts with plain keys: it cannot fail.
                lines.add(&serde_json::to_vec(&line).unwrap_or_default())
            }
            Self::Table(parts) => parts.add(0, |builder| builder.error(source, kind, message)),
        }
    }

    /// Write what is left: the bytes of all rows, and those that are held in memory.
    pub(crate) fn end(self) -> Result<(u64, Option<Held>), Error> {
        match self {
            Self::Lines(lines) => lines.end(),
            Self::Table(mut parts) => {
                parts.end()?;
                let size = std::fs::metadata(&parts.path).map_err(Error::of(&parts.path))?.len();
                Ok((size, None))
            }
        }
    }
}

impl Parts {
    fn add(
        &mut self,
        bytes: usize,
        mut row: impl FnMut(&mut table::Builder) -> Result<(), table::Error>,
    ) -> Result<(), Error> {
        match row(&mut self.builder) {
            Err(table::Error::Full(_)) if !self.builder.is_empty() => {
                self.write()?;
                row(&mut self.builder)?;
            }
            other => other?,
        }
        self.bytes += bytes;
        if self.bytes >= PART_BYTES || self.builder.len() >= PART_ROWS { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<(), Error> {
        let mut name = self.path.as_os_str().to_owned();
        name.push(format!(".{}", self.parts.len()));
        let part = PathBuf::from(name);
        let table = std::mem::take(&mut self.builder).finish()?;
        let failed = |source| Error::Io { path: part.clone(), source };
        let mut file = File::create_new(&part).map_err(failed)?;
        file.write_all(&table.parquet()?).map_err(failed)?;
        self.parts.push(part);
        self.bytes = 0;
        Ok(())
    }

    fn end(&mut self) -> Result<(), Error> {
        if !self.builder.is_empty() || self.parts.is_empty() {
            self.write()?;
        }
        match &*self.parts {
            [only] => std::fs::rename(only, &self.path).map_err(Error::of(&self.path)),
            parts => {
                table::join(parts, &self.path)?;
                for part in parts {
                    std::fs::remove_file(part).map_err(Error::of(part))?;
                }
                Ok(())
            }
        }
    }
}
