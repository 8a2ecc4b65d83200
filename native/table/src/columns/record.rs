//! A record, declared once: the row, its columns, their schema and documentation.

/// Declare the row `$Row` and its columns `$Columns`. The fields keep their order, and their comments become documentation.
macro_rules! record {
    (
        $(#[doc = $about:literal])+
        $Row:ident in $Columns:ident {
            $( $(#[doc = $meaning:literal])+ $name:ident: $Kind:ty, )+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Default)]
        pub(crate) struct $Row<'a> {
            $( $(#[doc = $meaning])+ pub(crate) $name: <$Kind as $crate::columns::Column>::Value<'a>, )+
        }

        /// Columns of such rows.
        #[derive(Default)]
        pub(crate) struct $Columns {
            $( $name: $Kind, )+
        }

        impl $crate::columns::Record for $Columns {
            type Row<'a> = $Row<'a>;

            fn fields() -> Vec<arrow_schema::Field> {
                vec![$( arrow_schema::Field::new(
                    stringify!($name),
                    <$Kind as $crate::columns::Column>::data_type(),
                    <$Kind as $crate::columns::Column>::NULLABLE,
                ) ),+]
            }

            fn append(&mut self, row: &$Row<'_>) {
                $( $crate::columns::Column::append(&mut self.$name, &row.$name); )+
            }

            fn finish(self) -> Vec<arrow_array::ArrayRef> {
                vec![$( $crate::columns::Column::finish(self.$name) ),+]
            }

            fn describe(prefix: &str, into: &mut Vec<$crate::columns::Description>) {
                $(
                    let path = format!("{prefix}{}", stringify!($name));
                    into.push($crate::columns::Description {
                        path: path.clone(),
                        kind: <$Kind as $crate::columns::Column>::TYPE,
                        meaning: [$( $meaning.trim() ),+].join(" "),
                    });
                    <$Kind as $crate::columns::Column>::describe_items(&path, into);
                )+
            }
        }
    };
}
pub(crate) use record;
