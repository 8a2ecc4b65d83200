//! Parquet files.

mod join;
mod schema;
mod values;

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;

pub use join::join;

use crate::VERSION;
use crate::error::Error;

/// Key of the version in the metadata of a file, and of an Arrow schema.
pub(crate) const VERSION_KEY: &str = "symbolicate.table_version";
/// Rows of a row group: readers work on row groups in parallel, and hold one in memory.
const GROUP_ROWS: usize = 1 << 17;
/// Rows whose values are collected at a time.
const SLICE_ROWS: usize = 1 << 12;

/// The rows of some batches as a file.
///
/// The crate `parquet` can write Arrow by itself. That feature is left out: it would double the time to compile, and it stores the
/// Arrow schema in each file.
pub(crate) fn parquet(schema: &Schema, batches: &[RecordBatch]) -> Result<Vec<u8>, Error> {
    let columns = Arc::new(schema::parquet_schema(schema)?);
    let mut writer = SerializedFileWriter::new(Vec::new(), columns, properties()?)?;
    for slices in groups(batches) {
        let mut group = writer.next_row_group()?;
        for leaf in schema::leaves(schema) {
            let Some(mut column) = group.next_column()? else { break };
            for slice in &slices {
                values::write(slice, leaf, &mut column)?;
            }
            column.close()?;
        }
        group.close()?;
    }
    Ok(writer.into_inner()?)
}

/// The slices of each row group.
fn groups(batches: &[RecordBatch]) -> Vec<Vec<RecordBatch>> {
    let mut groups = Vec::new();
    let (mut group, mut rows) = (Vec::new(), 0);
    for batch in batches {
        let mut first = 0;
        while first < batch.num_rows() {
            let length = SLICE_ROWS.min(batch.num_rows() - first).min(GROUP_ROWS - rows);
            group.push(batch.slice(first, length));
            first += length;
            rows += length;
            if rows == GROUP_ROWS {
                groups.push(std::mem::take(&mut group));
                rows = 0;
            }
        }
    }
    if !group.is_empty() {
        groups.push(group);
    }
    groups
}

/// How files are written. Statistics are those of whole columns of a row group: an index of pages would be as large as small columns.
fn properties() -> Result<Arc<WriterProperties>, Error> {
    let version = KeyValue::new(VERSION_KEY.to_owned(), VERSION.to_string());
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_key_value_metadata(Some(vec![version]));
    Ok(Arc::new(properties.build()))
}
