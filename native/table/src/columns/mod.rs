//! Columns that grow by a value at a time, and records of them.

mod kinds;
mod list;
mod record;

use arrow_array::ArrayRef;
use arrow_schema::{DataType, Field};

pub(crate) use kinds::{Address, Count, Flag, Instant, Name, Size, Text, Word, Words};
pub(crate) use list::List;
pub(crate) use record::record;

/// A column that grows by a value at a time.
pub(crate) trait Column: Default {
    /// The value of a row.
    type Value<'a>;
    /// Whether a row may have no value.
    const NULLABLE: bool = true;
    /// Its type for readers of the documentation.
    const TYPE: &'static str;

    /// The Arrow type.
    fn data_type() -> DataType;
    /// Add the value of the next row.
    fn append(&mut self, value: &Self::Value<'_>);
    /// The array of all values.
    fn finish(self) -> ArrayRef;
    /// Describe the fields of its items.
    fn describe_items(_path: &str, _into: &mut Vec<Description>) {}
}

/// Columns that grow together.
pub(crate) trait Record: Default {
    /// The values of a row.
    type Row<'a>;

    /// The Arrow fields, in their order.
    fn fields() -> Vec<Field>;
    /// Add a row.
    fn append(&mut self, row: &Self::Row<'_>);
    /// The arrays of all columns, in the order of the fields.
    fn finish(self) -> Vec<ArrayRef>;
    /// Describe the fields.
    fn describe(prefix: &str, into: &mut Vec<Description>);
}

/// A column as it is documented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Its name; a field of the items of a list is `list[].field`.
    pub path: String,
    /// Its type.
    pub kind: &'static str,
    /// What it contains.
    pub meaning: String,
}
