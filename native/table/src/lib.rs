//! Rows of crashes as columns: Arrow in memory, Parquet in files.
//!
//! A [`Builder`] takes the JSON document of a report, or the error of an input, for each row, and becomes a [`Table`]: one
//! Arrow record batch, which other libraries read without a copy ([`Table::stream`]) or as Parquet ([`Table::parquet`]).
//! [`join`] puts the row groups of several files into one without decoding them, and [`failure_hashes`] reads the column of buckets back.
//!
//! The columns are those of `Row` in `row.rs`. Columns are only added, and each addition is a new [`VERSION`].

mod builder;
mod columns;
mod document;
mod error;
mod file;
mod hashes;
mod instant;
mod json;
mod row;
mod table;

pub use builder::{Builder, MOST_BYTES, MOST_ROWS};
pub use columns::Description;
pub use error::Error;
pub use file::join;
pub use hashes::failure_hashes;
pub use table::{FFI_ArrowArrayStream, Table, descriptions};

/// Version of the columns; it is in the metadata of each table and file.
pub const VERSION: u32 = 1;
