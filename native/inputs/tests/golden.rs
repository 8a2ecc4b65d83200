//! Reports of our own writing against what was seen to be right in them.
//!
//! `UPDATE_GOLDEN=1 cargo test` rewrites the golden files: read the difference before you commit it.
#![allow(clippy::unwrap_used, missing_docs)]

mod outline;

use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../symbols-fixtures/apple-reports")
}

#[test]
fn reports_are_read_as_before() {
    let mut reports: Vec<PathBuf> = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    reports.retain(|path| !matches!(path.extension().and_then(|end| end.to_str()), Some("golden" | "md")));
    reports.sort();
    assert!(reports.len() >= 10, "only {} reports in {}", reports.len(), folder().display());
    let mut different = Vec::new();
    for report in reports {
        let golden = PathBuf::from(format!("{}.golden", report.display()));
        let seen = outline::of_input(&std::fs::read(&report).unwrap());
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&golden, &seen).unwrap();
        } else if std::fs::read_to_string(&golden).unwrap_or_default() != seen {
            different.push(format!("{}:\n{seen}", report.display()));
        }
    }
    assert!(different.is_empty(), "UPDATE_GOLDEN=1 rewrites the golden files of\n{}", different.join("\n\n"));
}
