//! Several files of a table as one.

use std::fs::{self, File};
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;

use super::{VERSION_KEY, properties, schema};
use crate::VERSION;
use crate::error::Error;
use crate::table;

/// What a Parquet file begins and ends with.
const MARK: &[u8; 4] = b"PAR1";

/// Write the rows of several Parquet files of tables into one, in their order; the number of rows.
///
/// Row groups are copied as they are. The file appears whole or not at all: it is written beside `out` and renamed.
///
/// # Errors
/// A part cannot be read, is damaged, or has other columns than this version of the table ([`Error::Part`], [`Error::Io`]). The rows
/// themselves are not read: damage inside of a page is not found.
pub fn join(parts: &[PathBuf], out: &Path) -> Result<u64, Error> {
    let failed = |source| Error::Io { path: out.to_owned(), source };
    let mut name = out.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let temporary = out.with_file_name(name);
    let written = File::create(&temporary).map_err(failed).and_then(|file| {
        let rows = write_all(parts, BufWriter::new(&file))?;
        file.sync_all().map_err(failed)?;
        fs::rename(&temporary, out).map_err(failed)?;
        Ok(rows)
    });
    if written.is_err() {
        // What matters is the first error; there may be nothing to remove.
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn write_all(parts: &[PathBuf], out: impl Write + Send) -> Result<u64, Error> {
    let schema = Arc::new(schema::parquet_schema(&table::schema())?);
    let mut writer = SerializedFileWriter::new(out, Arc::clone(&schema), properties()?)?;
    let mut rows = 0_u64;
    for part in parts {
        let input = File::open(part).map_err(|source| Error::Io { path: part.clone(), source })?;
        let damaged = |error: ParquetError| Error::Part { path: part.clone(), message: error.to_string() };
        let metadata = ParquetMetaDataReader::new().parse_and_finish(&input).map_err(damaged)?;
        check(&metadata, &schema).map_err(|message| Error::Part { path: part.clone(), message })?;
        if !is_whole(&input, &metadata) {
            return Err(Error::Part { path: part.clone(), message: "bytes are missing, or added".to_owned() });
        }
        for group in metadata.row_groups() {
            let mut copy = writer.next_row_group()?;
            let group_rows = u64::try_from(group.num_rows()).unwrap_or(0);
            for column in group.columns() {
                let close = ColumnCloseResult {
                    bytes_written: u64::try_from(column.compressed_size()).unwrap_or(0),
                    rows_written: group_rows,
                    metadata: column.clone(),
                    bloom_filter: None,
                    column_index: None,
                    offset_index: None,
                };
                copy.append_column(&input, close).map_err(damaged)?;
            }
            copy.close().map_err(damaged)?;
            rows += group_rows;
        }
    }
    writer.close()?;
    Ok(rows)
}

/// Whether a file has the columns of this version.
fn check(metadata: &ParquetMetaData, expected: &Type) -> Result<(), String> {
    let file = metadata.file_metadata();
    let of_version = |pair: &&KeyValue| pair.key == VERSION_KEY;
    let Some(version) = file.key_value_metadata().and_then(|pairs| pairs.iter().find(of_version)) else {
        return Err("not a table of crashes".to_owned());
    };
    if version.value.as_deref() != Some(&*VERSION.to_string()) {
        let found = version.value.as_deref().unwrap_or("unknown");
        return Err(format!("a table of version {found}, not {VERSION}: make it again"));
    }
    if file.schema() != expected {
        return Err("a table with other columns".to_owned());
    }
    Ok(())
}

/// Whether the columns fill the file from its mark to the footer, as they do when a table is written.
fn is_whole(mut input: &File, metadata: &ParquetMetaData) -> bool {
    let mut mark = [0; MARK.len()];
    if input.seek(SeekFrom::Start(0)).and_then(|_| input.read_exact(&mut mark)).is_err() || mark != *MARK {
        return false;
    }
    let mut at = i64::try_from(MARK.len()).unwrap_or(0);
    for column in metadata.row_groups().iter().flat_map(|group| group.columns()) {
        let start = column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset());
        if start != at || column.compressed_size() < 0 {
            return false;
        }
        at = at.saturating_add(column.compressed_size());
    }
    // Behind the columns: the footer, its length in four bytes, the mark.
    let mut length = [0; 4];
    let read = input.seek(SeekFrom::End(-8)).and_then(|_| input.read_exact(&mut length));
    let end = input.metadata().ok().and_then(|file| file.len().checked_sub(8 + u64::from(u32::from_le_bytes(length))));
    read.is_ok() && end.is_some_and(|end| i64::try_from(end) == Ok(at))
}
