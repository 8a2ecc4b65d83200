//! The Parquet schema of an Arrow schema with the types that tables have.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema};
use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::errors::{ParquetError, Result};
use parquet::schema::types::Type;

/// A column with values: a column of the table, or a field of the items of its lists.
#[derive(Clone, Copy)]
pub(super) struct Leaf {
    pub(super) column: usize,
    pub(super) field: Option<usize>,
}

/// All columns with values, in the order of the Parquet schema.
pub(super) fn leaves(schema: &Schema) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    for (column, field) in schema.fields().iter().enumerate() {
        match field.data_type() {
            DataType::List(item) => match item.data_type() {
                DataType::Struct(fields) => {
                    leaves.extend((0..fields.len()).map(|field| Leaf { column, field: Some(field) }));
                }
                _ => leaves.push(Leaf { column, field: None }),
            },
            _ => leaves.push(Leaf { column, field: None }),
        }
    }
    leaves
}

pub(super) fn parquet_schema(schema: &Schema) -> Result<Type> {
    let fields = schema.fields().iter().map(|field| of_field(field)).collect::<Result<Vec<_>>>()?;
    Type::group_type_builder("schema").with_fields(fields).build()
}

fn of_field(field: &Field) -> Result<Arc<Type>> {
    let repetition = if field.is_nullable() { Repetition::OPTIONAL } else { Repetition::REQUIRED };
    let (physical, logical) = match field.data_type() {
        DataType::Utf8 | DataType::Dictionary(..) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        DataType::Int32 => (Physical::INT32, None),
        DataType::Int64 => (Physical::INT64, None),
        DataType::UInt64 => (Physical::INT64, Some(LogicalType::integer(64, false))),
        DataType::Boolean => (Physical::BOOLEAN, None),
        DataType::Timestamp(..) => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS))),
        DataType::Struct(fields) => {
            let fields = fields.iter().map(|field| of_field(field)).collect::<Result<Vec<_>>>()?;
            let group = Type::group_type_builder(field.name()).with_repetition(repetition).with_fields(fields);
            return Ok(Arc::new(group.build()?));
        }
        DataType::List(item) => {
            // The three levels that the format prescribes for lists.
            let element = of_field(&Field::new("element", item.data_type().clone(), item.is_nullable()))?;
            let items = Type::group_type_builder("list").with_repetition(Repetition::REPEATED);
            let items = items.with_fields(vec![element]).build()?;
            let list = Type::group_type_builder(field.name()).with_repetition(repetition);
            let list = list.with_logical_type(Some(LogicalType::List)).with_fields(vec![Arc::new(items)]);
            return Ok(Arc::new(list.build()?));
        }
        other => return Err(ParquetError::NYI(format!("a column of the type {other}"))),
    };
    let primitive = Type::primitive_type_builder(field.name(), physical).with_repetition(repetition);
    Ok(Arc::new(primitive.with_logical_type(logical).build()?))
}
