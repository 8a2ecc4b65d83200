//! Inputs of any kind through a session: alone and in batches.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use engine::{Crashes, Input, InputError, Next, Options, Outcome, Resolution, Session, Source, Workers};
use minidump_synth::Builder;
use serde_json::Value;

/// A dump of one thread, without modules.
fn dump() -> Vec<u8> {
    let mut b = Builder::default();
    b.windows_x64();
    b.thread_x64(4660, 0x1_4000_1010, 0x7000_0000, &[0; 64]);
    b.build()
}

fn open(name: &str, bytes: &[u8]) -> Result<Arc<Input>, InputError> {
    Input::open(Source::bytes_named(name, bytes)).map(Arc::new)
}

fn report(outcome: Result<Outcome, InputError>) -> Value {
    let Outcome::Report(json) = outcome.unwrap() else { panic!("needs symbols") };
    serde_json::from_slice(&json).unwrap()
}

#[test]
fn a_batch_gives_what_single_calls_give_in_order() {
    let session = Session::new();
    let options = Options::default();
    let crashes: Vec<(Arc<Input>, usize)> = (0..40)
        .map(|i| {
            let bytes = if i % 7 == 3 { dump()[..20].to_vec() } else { dump() };
            (open(&format!("{i}.dmp"), &bytes).unwrap(), 0)
        })
        .collect();
    let workers = Workers::default();
    for jobs in [1, 2, 2, 4] {
        let all = workers.process(&session, &crashes, &options, jobs).unwrap();
        assert_eq!(all.len(), crashes.len());
        for ((input, index), batch) in crashes.iter().zip(all) {
            match (input.process(*index, &session, &options), batch) {
                (Ok(single), Ok(batch)) => assert_eq!(single, batch),
                (Err(single), Err(batch)) => assert_eq!(single.to_string(), batch.to_string()),
                (single, batch) => panic!("{single:?} alone, {batch:?} in a batch"),
            }
        }
    }
}

#[test]
fn an_input_is_recognised_and_named() {
    let session = Session::new();
    let options = Options::default();
    let input = open("a.dmp", &dump()).unwrap();
    assert_eq!((input.len(), input.name().as_str(), input.held_bytes()), (1, "a.dmp", 0));
    assert_eq!(report(input.process(0, &session, &options))["input"]["name"], "a.dmp");
    let logs = br#"{"logs":[{"type":"managedError"},{"type":"managedError"}]}"#;
    let several = open("logs.json", logs).unwrap();
    assert_eq!((several.len(), several.held_bytes()), (2, logs.len() as u64));
    let second = report(several.process(1, &session, &options));
    assert_eq!((&second["input"]["name"], &second["input"]["size"]), (&"logs.json".into(), &logs.len().into()));
    let beyond = several.process(2, &session, &options).unwrap_err();
    assert!(matches!(beyond, InputError::Crash { .. }));
    assert!(beyond.to_string().starts_with("crash 3 of 2: "), "{beyond}");
}

#[test]
fn a_file_is_read_when_its_crash_is_processed() {
    let path = std::env::temp_dir().join(format!("symbolicate-input-{}.dmp", std::process::id()));
    std::fs::write(&path, dump()).unwrap();
    let input = Input::open(Source::file(&path)).unwrap();
    let size = dump().len();
    assert_eq!(report(input.process(0, &Session::new(), &Options::default()))["input"]["size"], size);
    std::fs::remove_file(&path).unwrap();
    let gone = input.process(0, &Session::new(), &Options::default());
    assert!(matches!(gone, Err(InputError::Unreadable(_))));
    assert!(matches!(Input::open(Source::file(&path)), Err(InputError::Unreadable(_))));
}

#[test]
fn a_small_dump_is_read_once_and_let_go_with_its_report() {
    let path = std::env::temp_dir().join(format!("symbolicate-once-{}.dmp", std::process::id()));
    let bytes = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../symbols-fixtures/dumps/wine/x64-null.dmp"));
    std::fs::write(&path, bytes.unwrap()).unwrap();
    let input = Input::open(Source::file(&path)).unwrap();
    std::fs::remove_file(&path).unwrap();
    let session = Session::new();
    // For as long as symbols are needed, the bytes stay.
    while let Outcome::Needs(keys) = input.process(0, &session, &Options::default()).unwrap() {
        keys.into_iter().for_each(|key| session.resolve(key, Resolution::missing(Vec::new(), None)));
    }
    assert!(matches!(input.process(0, &session, &Options::default()), Err(InputError::Unreadable(_))));
}

#[test]
fn what_is_not_a_crash_is_refused() {
    assert!(matches!(open("-", b""), Err(InputError::Empty)));
    assert!(matches!(open("-", b"hello"), Err(InputError::Refused(_))));
    let cut = open("cut", b"MDMP").unwrap().process(0, &Session::new(), &Options::default()).unwrap_err();
    assert!(cut.to_string().contains("minidump"), "{cut}");
}

#[test]
fn the_values_of_a_document_are_those_of_its_keys() {
    let session = Session::new();
    // Frames of the same place are written once and copied.
    let trace = b"java.lang.Error: a \"quoted\" }, text\n\tat a.b(C.java:1)\n\tat a.b(C.java:1)\n\tat a.b(C.java:1)";
    for (name, bytes) in [("a.dmp", dump()), ("trace", trace.to_vec())] {
        let input = open(name, &bytes).unwrap();
        let Ok(Outcome::Report(document)) = input.process(0, &session, &Options::default()) else { panic!("{name}") };
        let all: Value = serde_json::from_slice(&document).unwrap();
        let values: serde_json::Map<String, Value> =
            document.values().map(|(key, value)| (key.to_owned(), serde_json::from_slice(value).unwrap())).collect();
        assert_eq!(all, Value::Object(values), "{name}");
        assert!(all["failure"]["name"].is_string(), "{name}");
    }
}

#[test]
fn crashes_of_an_input_come_one_after_the_other() {
    let session = Session::new();
    let opened = |bytes: Vec<u8>| Crashes::open(Source::bytes_named("x", bytes));
    let mut crashes = opened(dump()).unwrap();
    assert!(matches!(crashes.process(&session, &Options::default()), Next::Report(_)));
    assert!(matches!(crashes.process(&session, &Options::default()), Next::End));
    assert!(opened(b"text".to_vec()).is_err());
    assert!(matches!(Crashes::open(Source::file("/dev/zero")), Err(InputError::Unreadable(_))));
    assert!(matches!(Crashes::open(Source::file("/")), Err(InputError::Unreadable(_))));
    assert!(matches!(Crashes::open(Source::file("/none")).map_err(|error| error.described().0), Err("InputNotFound")));
}
