//! The values of a column, and the levels that say to which row each belongs and which are null.

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type, TimestampMillisecondType, UInt64Type};
use arrow_array::{Array, ArrayRef, ListArray, RecordBatch};
use arrow_buffer::Buffer;
use arrow_schema::DataType;
use bytes::Bytes;
use parquet::data_type::{self as physical, ByteArray};
use parquet::errors::{ParquetError, Result};
use parquet::file::writer::SerializedColumnWriter;

use super::schema::Leaf;

/// Write the values of some rows.
pub(super) fn write(rows: &RecordBatch, leaf: Leaf, column: &mut SerializedColumnWriter<'_>) -> Result<()> {
    let array = rows.column(leaf.column);
    let nullable = rows.schema_ref().field(leaf.column).is_nullable();
    let DataType::List(item) = array.data_type() else {
        let levels = nullable.then(|| (0..array.len()).map(|i| i16::from(array.is_valid(i))).collect::<Vec<_>>());
        return write_values(array, levels.as_deref(), None, column);
    };
    let list = array.as_list::<i32>();
    let items = items_of(list)?;
    let (items, nullable) = match (leaf.field, item.data_type()) {
        (Some(field), DataType::Struct(fields)) => {
            let nullable = fields.get(field).is_some_and(|field| field.is_nullable());
            (items.as_struct().columns().get(field).cloned(), nullable)
        }
        _ => (Some(items), item.is_nullable()),
    };
    let items = items.ok_or_else(|| ParquetError::General("a field that is not in the list".to_owned()))?;
    let (levels, repeated) = list_levels(list, &items, nullable);
    write_values(&items, Some(&levels), Some(&repeated), column)
}

/// The items of all lists of an array, which may be a part of a longer one.
fn items_of(list: &ListArray) -> Result<ArrayRef> {
    let offset = |at: Option<&i32>| at.and_then(|at| usize::try_from(*at).ok());
    match (offset(list.value_offsets().first()), offset(list.value_offsets().last())) {
        (Some(first), Some(end)) if first <= end => Ok(list.values().slice(first, end - first)),
        _ => Err(ParquetError::General("a list without offsets".to_owned())),
    }
}

/// Definition levels: 0 for no list, 1 for one without items, 2 for an item, 3 for one with a value if it may have none. Repetition
/// levels: 0 for the first item of a list, 1 for others.
fn list_levels(list: &ListArray, items: &ArrayRef, nullable: bool) -> (Vec<i16>, Vec<i16>) {
    let capacity = list.len() + items.len();
    let (mut levels, mut repeated) = (Vec::with_capacity(capacity), Vec::with_capacity(capacity));
    let mut item = 0;
    for row in 0..list.len() {
        let length = usize::try_from(list.value_length(row)).unwrap_or(0);
        if length == 0 {
            levels.push(i16::from(list.is_valid(row)));
            repeated.push(0);
        }
        for i in 0..length {
            levels.push(2 + i16::from(nullable && items.is_valid(item)));
            repeated.push(i16::from(i > 0));
            item += 1;
        }
    }
    (levels, repeated)
}

fn write_values(
    array: &ArrayRef,
    levels: Option<&[i16]>,
    repeated: Option<&[i16]>,
    column: &mut SerializedColumnWriter<'_>,
) -> Result<()> {
    match array.data_type() {
        DataType::Boolean => {
            let values: Vec<_> = array.as_boolean().iter().flatten().collect();
            column.typed::<physical::BoolType>().write_batch(&values, levels, repeated)
        }
        DataType::Int32 => {
            let values: Vec<_> = array.as_primitive::<Int32Type>().iter().flatten().collect();
            column.typed::<physical::Int32Type>().write_batch(&values, levels, repeated)
        }
        DataType::Int64 => {
            let values: Vec<_> = array.as_primitive::<Int64Type>().iter().flatten().collect();
            column.typed::<physical::Int64Type>().write_batch(&values, levels, repeated)
        }
        DataType::UInt64 => {
            // The bits are the same; the logical type is unsigned.
            let values: Vec<_> = array.as_primitive::<UInt64Type>().iter().flatten().map(u64::cast_signed).collect();
            column.typed::<physical::Int64Type>().write_batch(&values, levels, repeated)
        }
        DataType::Timestamp(..) => {
            let values: Vec<_> = array.as_primitive::<TimestampMillisecondType>().iter().flatten().collect();
            column.typed::<physical::Int64Type>().write_batch(&values, levels, repeated)
        }
        DataType::Utf8 => {
            let values: Vec<_> = texts(array).into_iter().flatten().collect();
            column.typed::<physical::ByteArrayType>().write_batch(&values, levels, repeated)
        }
        DataType::Dictionary(..) => {
            let array = array.as_dictionary::<Int32Type>();
            let words = texts(array.values());
            let word = |key: i32| usize::try_from(key).ok().and_then(|key| words.get(key).cloned().flatten());
            let values: Vec<_> = array.keys().iter().flatten().filter_map(word).collect();
            column.typed::<physical::ByteArrayType>().write_batch(&values, levels, repeated)
        }
        other => Err(ParquetError::NYI(format!("a column of the type {other}"))),
    }?;
    Ok(())
}

/// The texts of an array; they share its memory.
fn texts(array: &ArrayRef) -> Vec<Option<ByteArray>> {
    struct Shared(Buffer);

    impl AsRef<[u8]> for Shared {
        fn as_ref(&self) -> &[u8] {
            self.0.as_slice()
        }
    }

    let texts = array.as_string::<i32>();
    let all = Bytes::from_owner(Shared(texts.values().clone()));
    let text =
        |text: &str| ByteArray::from(if text.is_empty() { Bytes::new() } else { all.slice_ref(text.as_bytes()) });
    texts.iter().map(|value| value.map(text)).collect()
}
