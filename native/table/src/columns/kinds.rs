//! The kinds of columns, by what they contain.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::{
    ArrayBuilder, BooleanBuilder, Int32Builder, Int64Builder, ListBuilder, StringBuilder, StringDictionaryBuilder,
    TimestampMillisecondBuilder, UInt64Builder,
};
use arrow_array::types::Int32Type;
use arrow_schema::{DataType, Field, TimeUnit};

use super::Column;

/// The time zone of instants.
const UTC: &str = "UTC";

fn dictionary() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

fn finished(mut builder: impl ArrayBuilder) -> ArrayRef {
    builder.finish()
}

/// Text that each row has.
#[derive(Default)]
pub(crate) struct Name(StringBuilder);

impl Column for Name {
    type Value<'a> = &'a str;
    const NULLABLE: bool = false;
    const TYPE: &'static str = "string";

    fn data_type() -> DataType {
        DataType::Utf8
    }

    fn append(&mut self, value: &&str) {
        self.0.append_value(value);
    }

    fn finish(self) -> ArrayRef {
        finished(self.0)
    }
}

/// Text that seldom repeats.
#[derive(Default)]
pub(crate) struct Text(StringBuilder);

impl Column for Text {
    type Value<'a> = Option<&'a str>;
    const TYPE: &'static str = "string";

    fn data_type() -> DataType {
        DataType::Utf8
    }

    fn append(&mut self, value: &Option<&str>) {
        self.0.append_option(*value);
    }

    fn finish(self) -> ArrayRef {
        finished(self.0)
    }
}

/// Text that repeats: a dictionary holds each value once.
#[derive(Default)]
pub(crate) struct Word(StringDictionaryBuilder<Int32Type>);

impl Column for Word {
    type Value<'a> = Option<&'a str>;
    const TYPE: &'static str = "string, dictionary";

    fn data_type() -> DataType {
        dictionary()
    }

    fn append(&mut self, value: &Option<&str>) {
        self.0.append_option(*value);
    }

    fn finish(self) -> ArrayRef {
        finished(self.0)
    }
}

/// Several words.
pub(crate) struct Words(ListBuilder<StringDictionaryBuilder<Int32Type>>);

impl Default for Words {
    fn default() -> Self {
        Self(ListBuilder::new(StringDictionaryBuilder::new()).with_field(Field::new_list_field(dictionary(), false)))
    }
}

impl Column for Words {
    type Value<'a> = Option<Vec<&'a str>>;
    const TYPE: &'static str = "list of string, dictionary";

    fn data_type() -> DataType {
        DataType::List(Arc::new(Field::new_list_field(dictionary(), false)))
    }

    fn append(&mut self, value: &Option<Vec<&str>>) {
        for word in value.iter().flatten() {
            self.0.values().append_value(word);
        }
        self.0.append(value.is_some());
    }

    fn finish(self) -> ArrayRef {
        finished(self.0)
    }
}

/// Declare a kind of column with values of a fixed size.
macro_rules! fixed {
    ($(#[doc = $about:literal])+ $Kind:ident($Builder:ty): $Value:ty, $type:literal, $data_type:expr, $default:expr) => {
        $(#[doc = $about])+
        pub(crate) struct $Kind($Builder);

        impl Default for $Kind {
            fn default() -> Self {
                Self($default)
            }
        }

        impl Column for $Kind {
            type Value<'a> = Option<$Value>;
            const TYPE: &'static str = $type;

            fn data_type() -> DataType {
                $data_type
            }

            fn append(&mut self, value: &Option<$Value>) {
                self.0.append_option(*value);
            }

            fn finish(self) -> ArrayRef {
                finished(self.0)
            }
        }
    };
}

fixed!(
    /// A small number or an index.
    Count(Int32Builder): i32, "int32", DataType::Int32, Int32Builder::new()
);
fixed!(
    /// A number without a narrow limit.
    Size(Int64Builder): i64, "int64", DataType::Int64, Int64Builder::new()
);
fixed!(
    /// An address or an offset.
    Address(UInt64Builder): u64, "uint64", DataType::UInt64, UInt64Builder::new()
);
fixed!(
    /// Yes or no.
    Flag(BooleanBuilder): bool, "bool", DataType::Boolean, BooleanBuilder::new()
);
fixed!(
    /// An instant: milliseconds since 1970, UTC.
    Instant(TimestampMillisecondBuilder): i64, "timestamp(ms, UTC)",
    DataType::Timestamp(TimeUnit::Millisecond, Some(UTC.into())),
    TimestampMillisecondBuilder::new().with_timezone(UTC)
);
