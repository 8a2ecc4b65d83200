//! Containers split into their logs: what a service keeps is what was sent, whatever it is.
#![allow(clippy::unwrap_used, missing_docs)]

use inputs::{Error, Split, SplitLimits};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const LIMITS: SplitLimits = SplitLimits { logs: 100, repaired_bytes: 1 << 20, data_bytes: 1 << 10 };

/// The logs of a body as they are kept, with their heads.
fn split(body: &[u8], limits: SplitLimits) -> Vec<(Vec<u8>, Value)> {
    let split = Split::new(body, limits).unwrap();
    let log = |index| {
        let log = split.log(body, index).unwrap();
        (log.text.into_owned(), serde_json::from_slice(&log.head).unwrap())
    };
    assert!(split.log(body, split.len()).is_none());
    (0..split.len()).map(log).collect()
}

fn texts(body: &str) -> Vec<String> {
    split(body.as_bytes(), LIMITS).into_iter().map(|(text, _)| String::from_utf8(text).unwrap()).collect()
}

fn head(log: &str) -> Value {
    let (text, head) = split(format!("[{log}]").as_bytes(), LIMITS).remove(0);
    assert_eq!(text, log.as_bytes());
    head
}

#[test]
fn sound_logs_are_kept_byte_for_byte() {
    let (one, two) = (r#"{"type": "managedError",  "n": 1.50, "n": 2}"#, r#"{ "exception":{"type":"é'[{"} }"#);
    for body in [
        format!(r#"{{"logs": [{one}, {two}]}}"#),
        format!(r#" {{"x": [1], "logs": [{{}}], "y": {{}}, "logs": [{one}, {two}], "z": 1}} "#),
        format!("[{one},\n{two},]"),
        format!("\u{feff}{{\"Logs\":[{one} {two},],}}"),
        format!(r#"{{"logs": [{one}, 1, "x", null, {two}"#),
    ] {
        assert_eq!(texts(&body), [one, two], "{body}");
    }
    assert_eq!(texts(one), [one]);
    assert_eq!(texts(&format!(r#"{{"logs": {one}}}"#)), [one]);
}

#[test]
fn broken_logs_are_repaired_alone() {
    let body =
        r#"{"logs": [{"type": "a",}, {'type': "b", "c": "x	y" "d": 01}, {"type": "c"}, {"type": "d", "e": [{"f": "g"#;
    assert_eq!(
        texts(body),
        [r#"{"type":"a"}"#, r#"{"type":"b","c":"x\ty","d":1}"#, r#"{"type": "c"}"#, r#"{"type":"d","e":[{"f":"g"}]}"#]
    );
    let utf16: Vec<u8> =
        std::iter::once(0xfeff).chain(r#"{"logs":[{"type":"ä"}]}"#.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    assert_eq!(split(&utf16, LIMITS)[0].0, r#"{"type":"ä"}"#.as_bytes());
    let (text, head) = split(b"[{\"type\":\"\xff\xfe\"}]", LIMITS).remove(0);
    assert_eq!((text, head), ("{\"type\":\"\u{fffd}\u{fffd}\"}".into(), json!({"type": "\u{fffd}\u{fffd}"})));
}

#[test]
fn what_holds_no_list_is_an_error() {
    for body in ["", " ", "null", "3", "\"logs\"", "{}", r#"{"logs": 3}"#, r#"{"a": [{}]}"#, "x", "]"] {
        assert!(Split::new(body.as_bytes(), LIMITS).is_err(), "{body}");
    }
    assert!(Split::new(b"[]", LIMITS).unwrap().is_empty());
    let limits = SplitLimits { repaired_bytes: 10, ..LIMITS };
    assert!(matches!(Split::new(b"\xff\xfe[\0{\0}\0]\0 \0 \0", limits), Err(Error::TooBig { limit: 10, .. })));
}

#[test]
fn more_logs_than_are_taken_are_counted() {
    let body = format!("[{}]", vec!["{}"; 1000].join(","));
    let split = Split::new(body.as_bytes(), LIMITS).unwrap();
    assert_eq!((split.len(), split.beyond()), (100, 900));
}

#[test]
fn what_is_too_large_to_be_repaired_is_kept() {
    let limits = SplitLimits { repaired_bytes: 100, ..LIMITS };
    for tail in ["\0", "\u{1}\"}]", "\"", "\"}"] {
        let log = format!(r#"{{"type":"managedError","m":"{}{tail}"#, "m".repeat(100));
        let kept = log.trim_end_matches(']');
        assert_eq!(split(format!("[{log}").as_bytes(), limits), [(kept.into(), json!({"type": "managedError"}))]);
    }
    // Repaired it would be several times longer.
    let log = format!("{{\"type\":\"a\",\"m\":\"{}\"}}", "\0".repeat(100_000));
    let body = format!("[{log}]");
    let split = Split::new(body.as_bytes(), LIMITS).unwrap();
    let kept = split.log(body.as_bytes(), 0).unwrap();
    assert_eq!(kept.text, log.as_bytes());
    assert!(kept.notes[0].message.contains("kept as it was sent"), "{:?}", kept.notes);
    // Deeper than the repair goes.
    let log = format!(r#"{{"type":"a",,"m":{}"#, "[".repeat(10_000));
    assert_eq!(texts(&format!("[{log}")), [log]);
}

#[test]
fn heads_say_what_a_log_is() {
    assert_eq!(
        head(
            r#"{"type":"x","id":7,"errorId":null,"timestamp":1.5,"Type":"managedError","contentType":{"a":1},"fileName":[],
            "exception":{"type":"E","frames":[{"type":1}]},"threads":[{"a":[]}],"other":1}"#
        ),
        json!({"type": "managedError", "id": 7, "errorId": null, "timestamp": 1.5, "contentType": null, "fileName": null,
            "exception": {"type": "E"}, "threads": []})
    );
    assert_eq!(head(r#"{"exception":null,"threads":null}"#), json!({"exception": {}, "threads": []}));
    assert_eq!(head(r#"{"exception":{"type":"a"},"exception":{"x":1}}"#), json!({"exception": {}}));
    assert_eq!(head(r#"{"data":null}"#), json!({}));
    assert_eq!(head(r#"{"data":"aGk\u003d\/"}"#), json!({"data": "aGk=/", "dataLength": 13}));
    assert_eq!(head(r#"{"data":[1]}"#), json!({"data": null, "dataLength": 3}));
    let long = format!(r#"{{"data":"{}"}}"#, "A".repeat(2000));
    assert_eq!(head(&long), json!({"dataLength": 2002}));
    let long = head(&format!(r#"{{"type":"{}","id":{}}}"#, "é".repeat(9000), "9".repeat(9000)));
    assert!(long["type"].as_str().unwrap().len() < 5000);
    assert_eq!(
        head(r#"{"properties":{"a":"b\n","c":2,"d":true,"e":{"f":[1]}}}"#),
        json!({"properties": {"a": "b\n", "c": "2", "d": "true", "e": "{\"f\":[1]}"}})
    );
    let many: Map<String, Value> = (0..100_000).map(|i| (i.to_string(), json!("x".repeat(10)))).collect();
    assert_eq!(head(&json!({"properties": many}).to_string())["properties"].as_object().unwrap().len(), 1024);
}

/// Brackets without end, and each of the fields in a size that nobody sends.
#[test]
fn hostile_containers_are_split() {
    for part in
        ["[", "{", "{\"a\":", "{},", "[{},", "\"a\":1,", "\"", "'", "\\", "\u{1}", "\\u0041", "}", "]}", ",", "9"]
    {
        let many = part.repeat(300_000);
        for start in [
            "",
            "[",
            r#"{"logs":["#,
            r#"{"logs":[{"type":"#,
            r#"{"logs":[{"type":""#,
            r#"{"logs":[{"properties":{"x":"#,
        ] {
            let body = format!("{start}{many}");
            if let Ok(split) = Split::new(body.as_bytes(), LIMITS) {
                for index in 0..split.len() {
                    let log = split.log(body.as_bytes(), index).unwrap();
                    assert!(log.head.len() < 500_000, "{start}{part}");
                    serde_json::from_slice::<Value>(&log.head).unwrap();
                }
            }
        }
    }
}

/// A damaged number may be larger than any float; it is JSON all the same.
fn is_json(text: &[u8]) -> bool {
    serde_json::from_slice::<Value>(text)
        .map_or_else(|error| error.to_string().starts_with("number out of range"), |_| true)
}

fn value() -> impl Strategy<Value = Value> {
    let leaf =
        prop_oneof![Just(Value::Null), any::<i64>().prop_map(Value::from), any::<String>().prop_map(Value::from)];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name(), inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec!["type", "id", "errorId", "data", "properties", "exception", "logs", "threads"])
            .prop_map(str::to_owned),
        any::<String>(),
    ]
}

fn log() -> impl Strategy<Value = Value> {
    prop::collection::btree_map(name(), value(), 0..6).prop_map(|map| Value::Object(map.into_iter().collect()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// The logs of a strict container are those that a reader of JSON finds.
    #[test]
    fn strict_containers_give_their_logs(logs in prop::collection::vec(log(), 0..5), others in log(), pretty in any::<bool>()) {
        let mut container = others;
        container["logs"] = Value::from(logs.clone());
        let text = if pretty { serde_json::to_string_pretty(&container) } else { serde_json::to_string(&container) }.unwrap();
        let found = split(text.as_bytes(), LIMITS);
        let kept: Vec<Value> = found.iter().map(|(text, _)| serde_json::from_slice(text).unwrap()).collect();
        prop_assert_eq!(&kept, &logs);
        for ((_, head), log) in found.iter().zip(&logs) {
            prop_assert_eq!(head.get("exception").is_some(), log.get("exception").is_some());
            for name in ["type", "id", "errorId"] {
                let wanted = log.get(name).map(|value| if value.is_object() || value.is_array() { Value::Null } else { value.clone() });
                prop_assert_eq!(head.get(name), wanted.as_ref());
            }
        }
    }

    /// Whatever is cut off or changed, every log is strict JSON, and those before the damage stay as they were sent.
    #[test]
    fn damaged_containers_give_strict_logs(logs in prop::collection::vec(log(), 0..5), cut in 0.0..1.0f64, at in 0.0..1.0f64, byte in any::<u8>()) {
        let mut text = serde_json::to_vec(&json!({"logs": logs})).unwrap();
        text.truncate((text.len() as f64 * cut) as usize);
        let at = (text.len() as f64 * at) as usize;
        if let Some(old) = text.get_mut(at) {
            *old = byte;
        }
        let Ok(split) = Split::new(&text, LIMITS) else { return Ok(()) };
        let mut end = r#"{"logs":["#.len();
        for index in 0..split.len() {
            let kept = split.log(&text, index).unwrap();
            prop_assert!(is_json(&kept.text), "{}", String::from_utf8_lossy(&kept.text));
            prop_assert!(is_json(&kept.head), "{}", String::from_utf8_lossy(&kept.head));
            if let Some(log) = logs.get(index) {
                let whole = serde_json::to_vec(log).unwrap();
                if end + whole.len() < at {
                    prop_assert_eq!(&*kept.text, &whole[..]);
                }
                end += whole.len() + 1;
            }
        }
    }

    /// Any bytes.
    #[test]
    fn bytes_are_split_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), start in prop::sample::select(vec!["", "[", "{\"logs\":[{", "\u{feff}["])) {
        let body = [start.as_bytes(), &bytes].concat();
        for limits in [LIMITS, SplitLimits { logs: 1, repaired_bytes: 20, data_bytes: 4 }] {
            if let Ok(split) = Split::new(&body, limits) {
                for index in 0..split.len() {
                    let log = split.log(&body, index).unwrap();
                    prop_assert!(is_json(&log.head), "{}", String::from_utf8_lossy(&log.head));
                }
            }
        }
    }
}
