//! A finished table.

use std::collections::HashMap;
use std::sync::Arc;

pub use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{RecordBatch, RecordBatchIterator};
use arrow_schema::{Schema, SchemaRef};

use crate::VERSION;
use crate::columns::{Description, Record};
use crate::error::Error;
use crate::file::{self, VERSION_KEY};
use crate::row::Columns;

/// Rows of crashes.
#[derive(Clone, Debug)]
pub struct Table {
    batches: Vec<RecordBatch>,
}

impl Table {
    pub(crate) fn of(columns: Columns) -> Result<Self, Error> {
        Ok(Self { batches: vec![RecordBatch::try_new(schema(), columns.finish())?] })
    }

    /// The rows of several tables, in their order.
    #[must_use]
    pub fn concat(tables: impl IntoIterator<Item = Self>) -> Self {
        Self { batches: tables.into_iter().flat_map(|table| table.batches).collect() }
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.batches.iter().map(RecordBatch::get_array_memory_size).sum()
    }

    /// The rows as Arrow's record batches.
    #[must_use]
    pub fn batches(&self) -> &[RecordBatch] {
        &self.batches
    }

    /// The rows by Arrow's C stream interface; they are shared, not copied.
    #[must_use]
    pub fn stream(&self) -> FFI_ArrowArrayStream {
        let batches = self.batches.clone().into_iter().map(Ok);
        FFI_ArrowArrayStream::new(Box::new(RecordBatchIterator::new(batches, schema())))
    }

    /// The rows as a Parquet file. The same rows give the same bytes.
    ///
    /// # Errors
    /// They cannot be encoded: a bug.
    pub fn parquet(&self) -> Result<Vec<u8>, Error> {
        file::parquet(&schema(), &self.batches)
    }
}

/// The Arrow schema of tables.
pub(crate) fn schema() -> SchemaRef {
    let metadata = HashMap::from([(VERSION_KEY.to_owned(), VERSION.to_string())]);
    Arc::new(Schema::new_with_metadata(Columns::fields(), metadata))
}

/// Every column, and every field of the items of lists, in their order.
#[must_use]
pub fn descriptions() -> Vec<Description> {
    let mut all = Vec::new();
    Columns::describe("", &mut all);
    all
}
