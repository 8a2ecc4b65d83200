//! The failure hashes of tables, and of files that only look like tables.

use std::fs;
use std::path::PathBuf;

use symbolicate_table::{Builder, failure_hashes};

fn hash(number: usize) -> String {
    format!("{number:08x}-0000-0000-0000-000000000000")
}

/// A table of so many rows and failures; rows between them have none.
fn table(rows: usize, failures: usize) -> Vec<u8> {
    let mut builder = Builder::new();
    for i in 0..rows {
        let hash = hash(i % failures);
        let document = format!(r#"{{"failure": {{"name": "n", "hash": "{hash}"}}}}"#);
        builder.report("a.dmp", 0, document.as_bytes()).expect("JSON");
        builder.error("b.dmp", "EmptyInput", "empty file").expect("not full");
    }
    builder.finish().expect("columns fit").parquet().expect("a file")
}

struct Written(PathBuf);

impl Written {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("symbolicate-hashes-{name}-{}", std::process::id()));
        fs::write(&path, bytes).expect("a file");
        Self(path)
    }

    /// The number of hashes, or the error without the name of the file.
    fn read(&self) -> Result<usize, String> {
        let shown = self.0.display().to_string();
        failure_hashes(&self.0).map(|found| found.len()).map_err(|error| error.to_string().replace(&shown, "FILE"))
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn a_table_has_the_failures_of_its_rows() {
    let written = Written::new("rows", &table(300, 7));
    let found = failure_hashes(&written.0).expect("a table");
    assert_eq!(found, (0..7).map(hash).collect());
    assert_eq!(Written::new("none", &Builder::new().finish().expect("empty").parquet().expect("a file")).read(), Ok(0));
}

#[test]
fn more_failures_than_a_dictionary_holds_are_found() {
    assert_eq!(Written::new("many", &table(60_000, 60_000)).read(), Ok(60_000));
}

#[test]
fn lines_have_the_failures_of_their_reports() {
    let lines = format!(
        "{{\"failure\":{{\"hash\":\"{}\",\"name\":1}}}}\n\n{{\"status\":\"ERROR\"}}\r\n{{\"failure\":{{\"hash\":[]}}}}\n\
         {{\"failure\":{{\"hash\":\"{}\"}}}}",
        hash(1),
        "x".repeat(1000)
    );
    assert_eq!(Written::new("lines", lines.as_bytes()).read(), Ok(1));
    assert_eq!(Written::new("empty", b"").read(), Ok(0));
    let error = Written::new("cut", b"{}\n{\"failure\":").read().expect_err("cut");
    assert!(error.starts_with("FILE: line 2 is not JSON: "), "{error}");
    let error = Written::new("text", b"hello\n").read().expect_err("no table");
    assert_eq!(error, "FILE: line 1 is not a report: neither Parquet nor lines of JSON");
}

#[test]
fn a_table_that_is_cut_or_changed_is_an_error_or_read_without_harm() {
    let whole = table(40, 5);
    for end in (4..whole.len()).step_by(97) {
        Written::new("part", &whole[..end]).read().expect_err("cut");
    }
    for at in (4..whole.len()).step_by(13) {
        for value in [0x00, 0x7F, 0xFF] {
            let mut changed = whole.clone();
            changed[at] = value;
            if let Err(error) = Written::new("changed", &changed).read() {
                assert!(error.starts_with("FILE: "), "{error}");
            }
        }
    }
}

#[test]
fn a_page_that_claims_to_be_huge_is_refused() {
    let whole = table(40, 5);
    let mut refused = 0;
    // The heads of pages: the type, a byte; the size; the compressed size.
    for at in (4..whole.len() - 20).filter(|at| whole[*at] == 0x15 && whole[at + 2] == 0x15) {
        let mut changed = whole.clone();
        changed[at + 3..at + 8].copy_from_slice(&[0xFE, 0xFF, 0xFF, 0xFF, 0x0F]);
        let read = Written::new("huge", &changed).read();
        refused += usize::from(read.is_err_and(|error| error.contains("its pages are too large")));
    }
    assert!(refused > 0);
}

#[test]
fn another_parquet_file_is_not_a_table() {
    let whole = table(3, 1);
    let name = b"failure_hash";
    let mut changed = whole.clone();
    for at in 0..whole.len() - name.len() {
        if whole[at..].starts_with(name) {
            changed[at] = b'F';
        }
    }
    let error = Written::new("other", &changed).read().expect_err("no column");
    assert_eq!(error, "FILE: not a table of crashes: no column failure_hash");
    let mut huge = whole;
    let end = huge.len() - 8;
    huge[end..end + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    let error = Written::new("footer", &huge).read().expect_err("a huge footer");
    assert_eq!(error, "FILE: its footer has more than 128 MiB");
}
