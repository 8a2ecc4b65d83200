//! A column of lists of records.

use std::sync::Arc;

use arrow_array::{ArrayRef, ListArray, StructArray};
use arrow_buffer::{NullBufferBuilder, OffsetBufferBuilder};
use arrow_schema::{DataType, Field, Fields};

use super::{Column, Description, Record};

/// Lists of records.
pub(crate) struct List<R> {
    items: R,
    lengths: OffsetBufferBuilder<i32>,
    valid: NullBufferBuilder,
}

impl<R: Record> Default for List<R> {
    fn default() -> Self {
        Self { items: R::default(), lengths: OffsetBufferBuilder::new(0), valid: NullBufferBuilder::new(0) }
    }
}

fn item<R: Record>() -> (Fields, Arc<Field>) {
    let fields = Fields::from(R::fields());
    let item = Field::new_list_field(DataType::Struct(fields.clone()), false);
    (fields, Arc::new(item))
}

impl<R: Record> Column for List<R> {
    type Value<'a> = Option<Vec<R::Row<'a>>>;
    const TYPE: &'static str = "list of struct";

    fn data_type() -> DataType {
        DataType::List(item::<R>().1)
    }

    fn append(&mut self, value: &Self::Value<'_>) {
        let items = value.as_deref().unwrap_or_default();
        for one in items {
            self.items.append(one);
        }
        self.lengths.push_length(items.len());
        self.valid.append(value.is_some());
    }

    fn finish(mut self) -> ArrayRef {
        let (fields, item) = item::<R>();
        let items = StructArray::new(fields, self.items.finish(), None);
        Arc::new(ListArray::new(item, self.lengths.finish(), Arc::new(items), self.valid.finish()))
    }

    fn describe_items(path: &str, into: &mut Vec<Description>) {
        R::describe(&format!("{path}[]."), into);
    }
}
