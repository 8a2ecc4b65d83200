//! A table that grows by a row at a time.

use crate::columns::Record;
use crate::document::{with_row, with_row_of_values};
use crate::error::Error;
use crate::row::{Columns, Row};
use crate::table::Table;

/// Rows that a builder takes.
pub const MOST_ROWS: usize = 1 << 20;
/// Bytes of documents, names and messages that a builder takes. No column has more bytes of text, whose offsets have 31 bits.
pub const MOST_BYTES: usize = 1 << 30;

/// A table that grows by a row at a time.
#[derive(Default)]
pub struct Builder {
    columns: Columns,
    rows: usize,
    bytes: usize,
}

impl Builder {
    /// Without rows.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Add the crash of the number `number`, from 0, of an input by the JSON document of its report.
    ///
    /// # Errors
    /// The document is not JSON, or the table is full; nothing is added then. A value of an unexpected type is null.
    pub fn report(&mut self, source: &str, number: u32, document: &[u8]) -> Result<(), Error> {
        self.reserve(source.len().saturating_add(document.len()))?;
        with_row(source, number.into(), document, |row| self.columns.append(row))?;
        self.added(source.len() + document.len());
        Ok(())
    }

    /// As [`Builder::report`], by the keys of the document, which has so many bytes, and the JSON of their values. Values that are
    /// not needed are not decoded.
    ///
    /// # Errors
    /// As there.
    pub fn report_values<'a>(
        &mut self,
        source: &'a str,
        number: u32,
        bytes: usize,
        values: impl Iterator<Item = (&'a str, &'a [u8])>,
    ) -> Result<(), Error> {
        let bytes = source.len().saturating_add(bytes);
        self.reserve(bytes)?;
        with_row_of_values(source, number.into(), values, |row| self.columns.append(row))?;
        self.added(bytes);
        Ok(())
    }

    /// Add an input, or a crash of it, that could not be read.
    ///
    /// # Errors
    /// The table is full.
    pub fn error(&mut self, source: &str, kind: &str, message: &str) -> Result<(), Error> {
        let bytes = source.len().saturating_add(kind.len()).saturating_add(message.len());
        self.reserve(bytes)?;
        self.columns.append(&Row { source, error_kind: Some(kind), error: Some(message), ..Row::default() });
        self.added(bytes);
        Ok(())
    }

    /// The table of all rows.
    ///
    /// # Errors
    /// A bug of this crate.
    pub fn finish(self) -> Result<Table, Error> {
        Table::of(self.columns)
    }

    fn reserve(&self, bytes: usize) -> Result<(), Error> {
        if self.rows >= MOST_ROWS {
            return Err(Error::Full(format!("it has {MOST_ROWS} rows")));
        }
        if bytes > MOST_BYTES - self.bytes {
            return Err(Error::Full(format!("its documents would have more than {MOST_BYTES} bytes")));
        }
        Ok(())
    }

    fn added(&mut self, bytes: usize) {
        self.rows += 1;
        self.bytes += bytes;
    }
}
