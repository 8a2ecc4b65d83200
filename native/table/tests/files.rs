//! Parquet files of tables, and several of them as one.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Row, RowAccessor};
use symbolicate_table::{Builder, Error, Table, VERSION, join};

fn table(first: u32, rows: u32) -> Table {
    let mut builder = Builder::new();
    for i in first..first + rows {
        if i % 5 == 4 {
            builder.error(&format!("{i}.dmp"), "empty", "empty file").expect("not full");
            continue;
        }
        let document = format!(
            r#"{{"input": {{"kind": "minidump", "size": {i}, "time": "2020-01-01T00:00:{:02}Z"}},
                "failure": {{"name": "A_{}", "problem_classes": ["A"]}},
                "crashing_thread": {{"frames": [{{"function": "f{i}", "module": "m", "module_offset": "{i:#x}"}}, {{}}]}}}}"#,
            i % 60,
            i % 3
        );
        builder.report(&format!("{i}.dmp"), 0, document.as_bytes()).expect("JSON");
    }
    builder.finish().expect("columns fit")
}

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("symbolicate-table-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, bytes).expect("a file");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The number of row groups, and the rows.
fn read(path: &Path) -> (usize, Vec<Row>) {
    let reader = SerializedFileReader::new(File::open(path).expect("a file")).expect("Parquet");
    let pairs = reader.metadata().file_metadata().key_value_metadata().expect("metadata");
    assert_eq!(pairs.len(), 1);
    assert_eq!((&*pairs[0].key, pairs[0].value.clone()), ("symbolicate.table_version", Some(VERSION.to_string())));
    let rows = reader.get_row_iter(None).expect("rows").map(|row| row.expect("a row")).collect();
    (reader.num_row_groups(), rows)
}

#[test]
fn the_same_rows_are_the_same_bytes_and_are_read_back() {
    let folder = Folder::new("same");
    let bytes = table(0, 100).parquet().expect("a file");
    assert_eq!(bytes, table(0, 100).parquet().expect("a file"));
    let (groups, rows) = read(&folder.write("a.parquet", &bytes));
    assert_eq!((groups, rows.len()), (1, 100));
    assert_eq!(rows[3].get_string(0).expect("a name"), "3.dmp");
}

#[test]
fn a_joined_file_has_the_rows_of_all_parts_in_their_order() {
    let folder = Folder::new("join");
    let parts: Vec<_> = [(0, 7), (7, 0), (7, 30), (37, 1)]
        .into_iter()
        .map(|(first, rows)| folder.write(&format!("{first}-{rows}"), &table(first, rows).parquet().expect("a file")))
        .collect();
    let out = folder.0.join("all.parquet");
    assert_eq!(join(&parts, &out).expect("joined"), 38);
    let (groups, rows) = read(&out);
    assert_eq!(groups, 3);
    assert_eq!(rows, read(&folder.write("whole", &table(0, 38).parquet().expect("a file"))).1);
    let again = folder.0.join("again.parquet");
    join(&parts, &again).expect("joined");
    assert_eq!(fs::read(&out).expect("a file"), fs::read(&again).expect("a file"));
    assert_eq!(fs::read_dir(&folder.0).expect("a folder").count(), 7);
}

#[test]
fn no_parts_are_an_empty_table() {
    let folder = Folder::new("none");
    let out = folder.0.join("all.parquet");
    assert_eq!(join(&[], &out).expect("joined"), 0);
    assert_eq!(read(&out).0, 0);
}

#[test]
fn a_part_that_is_no_table_is_named_and_nothing_is_left() {
    let folder = Folder::new("damaged");
    let good = table(0, 50).parquet().expect("a file");
    let first = folder.write("first", &good);
    let out = folder.0.join("all.parquet");
    let cut = &good[..good.len() / 2];
    let without_start = &good[good.len() / 2..];
    for (name, bytes) in [("empty", &b""[..]), ("text", b"hello, PAR1"), ("cut", cut), ("without-start", without_start)]
    {
        let part = folder.write(name, bytes);
        let error = join(&[first.clone(), part.clone()], &out).expect_err("a damaged part");
        assert!(matches!(&error, Error::Part { path, .. } if *path == part), "{error}");
        fs::remove_file(part).expect("a file");
    }
    let missing = folder.0.join("missing");
    assert!(matches!(join(&[first, missing.clone()], &out), Err(Error::Io { path, .. }) if path == missing));
    assert_eq!(fs::read_dir(&folder.0).expect("a folder").count(), 1);
}

#[test]
fn a_damaged_footer_is_an_error_or_harmless_but_never_a_panic() {
    let folder = Folder::new("footer");
    let good = table(0, 20).parquet().expect("a file");
    let footer = usize::try_from(u32::from_le_bytes(good[good.len() - 8..good.len() - 4].try_into().expect("four")))
        .expect("a length");
    let out = folder.0.join("all.parquet");
    for at in (good.len() - 8 - footer..good.len()).step_by(31) {
        for value in [0, 0x7f, 0xff, good[at] ^ 1] {
            let mut bytes = good.clone();
            bytes[at] = value;
            let _ = join(&[folder.write("part", &bytes)], &out);
        }
    }
}
