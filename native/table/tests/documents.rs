//! Documents become rows, whatever is in them.

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type, TimestampMillisecondType, UInt64Type};
use arrow_array::{Array, ArrayRef, RecordBatch};
use proptest::prelude::*;
use symbolicate_table::{Builder, Error, MOST_ROWS, Table};

const DOCUMENT: &str = r#"{
    "unknown": [1, {"name": 2}], "threads": [{"frames": [{"function": "not this one"}]}],
    "input": {"kind": "minidump", "name": "a.dmp", "size": 4711, "time": "2020-11-19T09:50:38Z", "writer": "crashpad"},
    "failure": {
        "name": "NULL_CLASS_PTR_c0000005_game.exe!f", "hash": "0d0b4c6b", "problem_classes": ["NULL_CLASS_PTR", "READ"],
        "blamed": {"thread": 1, "frame": 0, "inline": 0}, "hashes": {"strict": "s", "coarse": "c", "address": "a"}
    },
    "crash_info": {"type": "SIGSEGV / \u0053EGV_MAPERR", "address": "0xfffffffffffffff8", "crashing_thread": 1},
    "system_info": {"os": "Windows NT", "os_ver": "10.0.1", "cpu_arch": "amd64"},
    "crashpad": {"annotations": {"prod": " Game ", "ver": ""}},
    "main_module": 1, "modules": [{"filename": "ntdll.dll"}, {"filename": "Game.EXE", "version": "1.2"}],
    "thread_count": 2,
    "crashing_thread": {"thread_name": "main", "frames": [
        {"module": "game.exe", "module_offset": "0x10", "function": "f", "file": "f.c", "line": 7, "trust": "context",
         "inlines": [{"function": "g", "file": "g.h", "line": 3}]},
        {"module": null, "function": null, "trust": "scan"}
    ]},
    "symbols_needed": [{"module": "game.exe", "debug_id": "D1", "unnamed_frames": {"crashing_thread": 4, "all_threads": 9}}],
    "faults": [{}, {}], "faults_omitted": 3, "truncated": {"limit": 5}
}"#;

fn table(rows: &[(&str, &str)]) -> Table {
    let mut builder = Builder::new();
    for (number, (source, document)) in rows.iter().enumerate() {
        builder.report(source, u32::try_from(number).expect("few"), document.as_bytes()).expect("JSON");
    }
    builder.finish().expect("columns fit")
}

fn rows(table: &Table) -> &RecordBatch {
    &table.batches()[0]
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> &'a ArrayRef {
    batch.column_by_name(name).expect("a column")
}

/// The words of a column with a dictionary.
fn words(array: &dyn Array) -> Vec<Option<String>> {
    let array = array.as_dictionary::<Int32Type>();
    let values = array.values().as_string::<i32>();
    array
        .keys()
        .iter()
        .map(|key| key.map(|key| values.value(usize::try_from(key).expect("an index")).to_owned()))
        .collect()
}

fn word(batch: &RecordBatch, name: &str) -> Option<String> {
    words(column(batch, name)).remove(0)
}

#[test]
fn a_document_fills_the_columns() {
    let table = table(&[("a.dmp", DOCUMENT)]);
    let batch = rows(&table);
    for (name, expected) in [
        ("error_kind", None),
        ("kind", Some("minidump")),
        ("writer", Some("crashpad")),
        ("os", Some("Windows NT")),
        ("os_version", Some("10.0.1")),
        ("cpu", Some("amd64")),
        ("process", Some("Game.EXE")),
        ("version", Some("1.2")),
        ("product", Some("Game")),
        ("failure_name", Some("NULL_CLASS_PTR_c0000005_game.exe!f")),
        ("failure_code", None),
        ("hash_coarse", Some("c")),
        ("reason", Some("SIGSEGV / SEGV_MAPERR")),
        ("thread_name", Some("main")),
    ] {
        assert_eq!(word(batch, name).as_deref(), expected, "{name}");
    }
    assert_eq!(column(batch, "address").as_primitive::<UInt64Type>().value(0), u64::MAX - 7);
    assert_eq!(column(batch, "time").as_primitive::<TimestampMillisecondType>().value(0), 1_605_779_438_000);
    assert_eq!(column(batch, "faults").as_primitive::<Int64Type>().value(0), 5);
    assert!(column(batch, "truncated").as_boolean().value(0));
    let classes = column(batch, "problem_classes").as_list::<i32>().value(0);
    assert_eq!(words(&classes), [Some("NULL_CLASS_PTR".to_owned()), Some("READ".to_owned())]);
}

#[test]
fn an_inlined_call_is_before_the_function_it_is_inlined_into() {
    let table = table(&[("a.dmp", DOCUMENT)]);
    let batch = rows(&table);
    let frames = column(batch, "frames").as_list::<i32>().value(0);
    let frames = frames.as_struct();
    let field = |name: &str| frames.column_by_name(name).expect("a field");
    assert_eq!(words(field("function")), [Some("g".to_owned()), Some("f".to_owned()), None]);
    assert_eq!(words(field("module")), [Some("game.exe".to_owned()), Some("game.exe".to_owned()), None]);
    assert_eq!(field("frame").as_primitive::<Int32Type>().values(), &[0, 0, 1]);
    assert_eq!(field("inline").as_boolean().iter().flatten().collect::<Vec<_>>(), [true, false, false]);
    assert_eq!(field("offset").as_primitive::<UInt64Type>().iter().collect::<Vec<_>>(), [Some(16), Some(16), None]);
    for (name, expected) in [("frames_named", 1), ("frames_unnamed", 1), ("blamed_inline", 0)] {
        assert_eq!(column(batch, name).as_primitive::<Int32Type>().value(0), expected, "{name}");
    }
    let needed = column(batch, "symbols_needed").as_list::<i32>().value(0);
    let unnamed = needed.as_struct().column_by_name("unnamed_frames").expect("a field");
    assert_eq!(unnamed.as_primitive::<Int32Type>().values(), &[4]);
}

#[test]
fn values_of_an_unexpected_type_are_null() {
    let document = r#"{"input": [], "failure": {"name": 7, "problem_classes": "x", "blamed": {"frame": 1e3, "thread": 99999999999}},
        "crash_info": {"type": {}, "address": "0xzz"}, "crashing_thread": {"frames": [3, {"line": "4", "inlines": {}}]},
        "modules": {}, "main_module": -1, "faults": 4, "truncated": false}"#;
    for document in [document, "[]", "null", "1", "\"text\"", "{}"] {
        let table = table(&[("x", document)]);
        let batch = rows(&table);
        for name in ["kind", "failure_name", "reason", "process"] {
            assert_eq!(word(batch, name), None, "{name} of {document}");
        }
        for name in ["address", "blamed_frame", "blamed_thread", "problem_classes"] {
            assert!(column(batch, name).is_null(0), "{name} of {document}");
        }
    }
    let table = table(&[("x", document)]);
    assert_eq!(column(rows(&table), "frames").as_list::<i32>().value_length(0), 2);
}

#[test]
fn what_is_no_json_is_an_error_and_adds_nothing() {
    let mut builder = Builder::new();
    for document in ["", "{", "{\"failure\": {\"name\": \"x\"}", "{} {}", "{\"failure\": {\"name\": \"\u{1}\"}}"] {
        assert!(matches!(builder.report("x", 0, document.as_bytes()), Err(Error::Document(_))), "{document}");
    }
    assert!(matches!(builder.report("x", 0, b"{\"input\": {\"kind\": \"\xff\"}}"), Err(Error::Document(_))));
    assert!(builder.is_empty());
    assert_eq!(builder.finish().expect("an empty table").len(), 0);
}

#[test]
fn a_deep_document_is_not_followed() {
    let deep = format!(
        "{{\"threads\": {}1{}, \"input\": {{\"kind\": \"minidump\"}}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert_eq!(word(rows(&table(&[("x", &deep)])), "kind").as_deref(), Some("minidump"));
}

#[test]
fn an_error_is_a_row() {
    let mut builder = Builder::new();
    builder.error("missing.dmp", "not_found", "no such file").expect("not full");
    let table = builder.finish().expect("columns fit");
    let batch = rows(&table);
    assert_eq!(word(batch, "error_kind").as_deref(), Some("not_found"));
    assert_eq!(column(batch, "error").as_string::<i32>().value(0), "no such file");
    assert!(column(batch, "number").is_null(0));
    let after = batch.schema().index_of("error").expect("a column") + 1;
    assert!(batch.columns().iter().skip(after).all(|column| column.logical_null_count() == 1));
}

#[test]
fn a_full_table_takes_no_more_rows() {
    let mut builder = Builder::new();
    for _ in 0..MOST_ROWS {
        builder.error("x", "k", "m").expect("not full");
    }
    assert!(matches!(builder.error("x", "k", "m"), Err(Error::Full(_))));
    assert!(matches!(builder.report("x", 0, b"{}"), Err(Error::Full(_))));
    assert_eq!(builder.finish().expect("columns fit").len(), MOST_ROWS);
}

/// Any JSON, with the keys that are used in many places.
fn json() -> impl Strategy<Value = serde_json::Value> {
    let keys = "input|failure|crash_info|system_info|crashing_thread|frames|inlines|function|module|module_offset|line|trust|name|type|\
                address|time|problem_classes|blamed|frame|hashes|modules|main_module|filename|symbols_needed|unnamed_frames|faults|\
                exceptions|message|truncated|[a-z]{0,3}";
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        "\\PC{0,12}".prop_map(Into::into),
        "0x[0-9a-f]{0,17}".prop_map(Into::into),
        "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.+Z-]{0,20}".prop_map(Into::into),
    ];
    leaf.prop_recursive(6, 96, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::Array),
            prop::collection::vec((keys, inner), 0..10)
                .prop_map(|pairs| serde_json::Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_is_a_row(documents in prop::collection::vec(json(), 1..5), repeated in any::<bool>()) {
        let mut builder = Builder::new();
        for document in &documents {
            let mut text = document.to_string();
            if repeated && text.starts_with('{') && text.len() > 2 {
                // Each key twice.
                text = format!("{},{}", &text[..text.len() - 1], &text[1..]);
            }
            builder.report("x", 0, text.as_bytes()).expect("a row");
        }
        let table = builder.finish().expect("columns fit");
        prop_assert_eq!(table.len(), documents.len());
        prop_assert!(!table.parquet().expect("a file").is_empty());
    }
}
