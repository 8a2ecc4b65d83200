//! Inputs that are wrong or malicious: one clear error, or the good part with a note; never a panic, never much memory.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use inputs::{Container, Crash, Error, Item, mend_json};
use proptest::prelude::*;

fn crash(input: impl AsRef<[u8]>) -> Box<Crash> {
    match Container::open(input.as_ref()).unwrap().crash(0).unwrap() {
        Item::Unwound(crash) => crash,
        Item::Minidump { .. } => panic!("a minidump"),
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn samples() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../symbols-fixtures/apple-reports");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.retain(|path| path.extension().is_some_and(|end| end != "golden" && end != "md"));
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// Everything that can be read of an input.
fn read_all(bytes: &[u8]) {
    if let Ok(container) = Container::open(bytes) {
        for index in 0..container.len().min(64) {
            let _ = container.crash(index);
        }
        assert!(matches!(container.crash(container.len()), Err(Error::NoSuchCrash { .. })));
    }
}

#[test]
fn what_is_nothing_says_so() {
    assert_eq!(Container::open(&b""[..]).unwrap_err(), Error::Empty);
    assert_eq!(Container::open(&b" \n "[..]).unwrap_err(), Error::Empty);
    let error = Container::open(&b"\x7fELF\x02\x01\x01\x00"[..]).unwrap_err().to_string();
    assert!(error.contains("7f 45 4c 46") && error.contains("expected a minidump"), "{error}");
    let error = Container::open("{\"name\": 1, \"dependencies\": {}}").unwrap_err().to_string();
    assert!(error.contains("\"name\", \"dependencies\""), "{error}");
    assert!(matches!(Container::open("[1, 2]"), Err(Error::UnknownJson(_))));
    let error = Container::open(&b"\x89PNG\r\n\x1a\n\0\0\0\r"[..]).unwrap_err().to_string();
    assert_eq!(error, "not a crash: this is a PNG image");
    let error = Container::open(&b"\x89NGP\r\n\x1a\n\0\0\0\r"[..]).unwrap_err().to_string();
    assert!(error.contains("89 4e 47 50"), "{error}");
    // It has threads as Apple's reports have them, and frames of its own form.
    let swift = "💣 Program crashed: Illegal instruction at 0x000055d0c2a1b7f4\n\nThread 0 \"shopd\" crashed:\n\n\
        0 0x000055d0c2a1b7f4 Basket.total(of:) + 84 in shopd at /src/Basket.swift:41:18\n\
        1 [ra] 0x000055d0c2a1b8aa static Main.main() + 58 in shopd at /src/Main.swift:9:15\n\n\
        Registers:\n\nrax 0x0000000000000000  0\n";
    for text in [swift.to_owned(), swift.replace('💣', "***")] {
        let error = Container::open(text.as_str()).unwrap_err().to_string();
        assert!(error.contains("this is a Swift backtrace; this kind of crash is not read"), "{error}");
    }
    // The bytes as they came, not what they were decoded to.
    let error = Container::open(&b"e-\x09\xe1\xbb\x13\xff plain"[..]).unwrap_err().to_string();
    assert!(error.ends_with("65 2d 09 e1 bb 13 ff 20 70 6c 61 69 6e"), "{error}");
}

/// What number a report has matters only if it has nothing else to show.
#[test]
fn a_bug_type_refuses_no_crash() {
    let body = r#"{"procName": "a", "threads": [{"triggered": true, "frames": [{"imageOffset": 1, "imageIndex": 0}]}],
        "usedImages": [{"base": 16, "size": 16, "name": "a"}]}"#;
    for (number, noted) in [("309", false), ("109", false), ("298", true), ("385", true), ("x", true)] {
        let header = format!(r#"{{"bug_type": "{number}", "os_version": "macOS 14.0"}}"#);
        let container = Container::open(format!("{header}\n{body}")).unwrap();
        let Item::Unwound(crash) = container.crash(0).unwrap() else { panic!() };
        assert_eq!(crash.threads[0].frames[0].address, Some(17));
        assert_eq!(container.notes().iter().any(|note| note.place == "bug_type"), noted, "{number}");
        let alone = body.replacen('{', &format!(r#"{{"bug_type": "{number}", "#), 1);
        assert_eq!(Container::open(alone).unwrap().notes().is_empty(), !noted, "{number}");
        let text = "Incident Identifier: x\nOS Version: iPhone OS 12.0 (1)\nThread 0:\n0   a 0x10 b + 1\n";
        let container = Container::open(format!("{header}\n{text}")).unwrap();
        assert_eq!(container.notes().is_empty(), !noted, "{number}");
        let nothing = Container::open(format!("{header}\n{{\"processes\": []}}"));
        assert_eq!(nothing.is_err(), noted, "{number}");
    }
}

#[test]
fn minidumps_pass() {
    for magic in [b"MDMP", b"PMDM"] {
        let bytes = [&magic[..], &[0; 60]].concat();
        for input in [bytes.clone(), gzip(&bytes)] {
            let container = Container::open(input).unwrap();
            assert_eq!(container.len(), 1);
            let Item::Minidump { bytes: seen, context: None } = container.crash(0).unwrap() else { panic!() };
            assert_eq!(seen.as_ref(), bytes);
        }
    }
}

#[test]
fn gzip_bombs_are_one_error() {
    // A gigabyte of zeros in pieces, so that the test itself stays small.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..1024 {
        encoder.write_all(&[0; 1 << 20]).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    assert!(matches!(Container::open(bomb), Err(Error::Compressed { format: "gzip", .. })));
    assert!(matches!(Container::open(gzip(&gzip(b"x"))), Err(Error::Compressed { format: "gzip", .. })));
    assert!(matches!(Container::open(&[0x1f, 0x8b, 8][..]), Err(Error::Compressed { format: "gzip", .. })));
}

#[test]
fn a_cut_gzip_stream_gives_its_good_part() {
    let mut log = r#"{"logs": [{"type": "handledError", "id": "a", "exception": {"type": "E"}}"#.to_owned();
    for i in 0..2000 {
        write!(log, r#", {{"type": "handledError", "id": "{i}", "exception": {{"type": "E{}"}}}}"#, i * 7919 % 1009)
            .unwrap();
    }
    let whole = gzip(log.as_bytes());
    let container = Container::open(&whole[..whole.len() / 2]).unwrap();
    assert!((100..2000).contains(&container.len()), "{}", container.len());
    assert!(container.notes().iter().any(|note| note.message.contains("gzip stream ends")), "{:?}", container.notes());
    assert_eq!(crash(&whole[..whole.len() / 2]).thrown[0].type_name.as_deref(), Some("E"));
}

#[test]
fn nesting_is_bounded() {
    let deep = |n: usize| {
        format!(r#"{{"type": "handledError", "x": {}1{}, "exception": {{"type": "E"}}}}"#, "[".repeat(n), "]".repeat(n))
    };
    // It is not read, only skipped.
    assert_eq!(crash(deep(10_000)).thrown[0].type_name.as_deref(), Some("E"));
    let error = mend_json(deep(10_000).as_bytes(), 1 << 20).unwrap_err();
    assert!(matches!(&error, Error::TooDeep { place, limit: 512 } if place == "byte 541"), "{error:?}");
    let causes = r#"{"type": "handledError", "exception": "#.to_owned()
        + &r#"{"type": "E", "innerExceptions": ["#.repeat(10_000)
        + &"]}".repeat(10_000)
        + "}";
    let deep = crash(causes);
    assert_eq!(deep.thrown.len(), 64);
    assert!(deep.notes.iter().any(|note| note.message.contains("more exceptions")));
    let frames =
        r#"{"callStacks": [{"callStackRootFrames": ["#.to_owned() + &r#"{"address": 1, "subFrames": ["#.repeat(10_000);
    let container = Container::open(frames).unwrap();
    assert!(matches!(container.crash(0), Err(Error::TooDeep { limit: 4096, .. })));
    let frames =
        r#"{"callStacks": [{"callStackRootFrames": ["#.to_owned() + &r#"{"address": 1, "subFrames": ["#.repeat(2_000);
    assert_eq!(crash(frames).threads[0].frames.len(), 2_000);
}

#[test]
fn counts_are_bounded() {
    let threads = format!(
        r#"{{"type": "appleError", "threads": [{}]}}"#,
        vec![r#"{"id": 1, "frames": [{}]}"#; 100_000].join(",")
    );
    let many = crash(threads);
    assert_eq!(many.threads.len(), 4_096);
    assert!(many.notes.iter().any(|note| note.place == "threads[4096]"), "{:?}", many.notes);
    let frames = format!(r#"{{"type": "appleError", "threads": [{{"frames": [{}]}}]}}"#, vec!["{}"; 400_000].join(","));
    assert_eq!(crash(frames).threads[0].frames.len(), 50_000);
    let mut text = "Incident Identifier: x\nOS Version: iPhone OS 12.0 (1)\n".to_owned();
    for i in 0..100_000 {
        writeln!(text, "Thread {i}:\n0   a 0x10 b + 1").unwrap();
    }
    let many = crash(&text);
    assert_eq!(many.threads.len(), 4_096);
    assert!(many.notes.iter().any(|note| note.message.contains("more threads")));
    let ips = format!(
        r#"{{"procName": "a", "threads": [{},{{"triggered": true, "id": 7, "frames": []}}], "usedImages": []}}"#,
        vec![r#"{"id": 1}"#; 20_000].join(",")
    );
    let many = crash(ips);
    assert_eq!((many.threads.len(), many.crashed), (4_097, Some(4_096)));
    assert_eq!(many.threads[4_096].id, Some(7));
}

#[test]
fn mended_text_is_what_another_parser_reads() {
    let mend = |text: &[u8]| {
        let (out, notes) = mend_json(text, 1 << 20).unwrap();
        (serde_json::from_slice::<serde_json::Value>(&out).unwrap(), notes)
    };
    let (value, notes) =
        mend(b"\xef\xbb\xbf{\"a\": [1, 2, ], 'b': NaN, c: \"x\ny\\q\xff\\ud83d\\ude00\\ud800\", \"d\": +1, \"e\": .5");
    let expected =
        serde_json::json!({"a": [1, 2], "b": null, "c": "x\ny\\q\u{fffd}\u{1f600}\u{fffd}", "d": 1, "e": 0.5});
    assert_eq!(value, expected);
    assert!(notes.len() >= 6, "{notes:?}");
    let utf16: Vec<u8> =
        std::iter::once(0xfeff).chain("{\"ä\": 1}".encode_utf16()).flat_map(u16::to_le_bytes).collect();
    assert_eq!(mend(&utf16).0, serde_json::json!({"ä": 1}));
    let (value, notes) = mend(br#"{"a": 1, "a": 2} trailing"#);
    assert_eq!(value, serde_json::json!({"a": 2}));
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(mend(br#"{"a": [1.5e-3, -0, 12345678901234567890, "\u00e4\\\/"], "b": {}}"#).1.is_empty());
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("finite", |f| f.is_finite()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Strict JSON stays what it is, without a note.
    #[test]
    fn strict_json_stays(value in json(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        let (out, notes) = mend_json(text.as_bytes(), 1 << 20).unwrap();
        let read = |text: &[u8]| serde_json::from_slice::<serde_json::Value>(text).unwrap();
        prop_assert_eq!(read(&out), read(text.as_bytes()));
        prop_assert!(notes.is_empty(), "{:?}", notes);
    }

    /// Whatever is cut off or changed, the result is JSON.
    #[test]
    fn damaged_json_is_mended(value in json(), cut in 0.0..1.0f64, at in 0.0..1.0f64, byte in any::<u8>()) {
        let mut text = serde_json::to_vec(&value).unwrap();
        let place = |part: f64, text: &[u8]| ((text.len() as f64) * part) as usize;
        let end = place(cut, &text);
        text.truncate(end);
        let i = place(at, &text);
        if let Some(old) = text.get_mut(i) {
            *old = byte;
        }
        if let Ok((out, _)) = mend_json(&text, 1 << 20) {
            prop_assert!(serde_json::from_slice::<serde_json::Value>(&out).is_ok(), "{}", String::from_utf8_lossy(&out));
        }
    }

    /// Any bytes.
    #[test]
    fn bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read_all(&bytes);
    }

    /// Samples with a few bytes changed, doubled or cut out.
    #[test]
    fn changed_samples_never_panic(which in any::<prop::sample::Index>(), changes in prop::collection::vec((0.0..1.0f64, 0..4u8, any::<u8>(), 0..64usize), 1..8)) {
        let samples = samples();
        let mut bytes = samples[which.index(samples.len())].clone();
        for (at, how, byte, length) in changes {
            let at = (bytes.len() as f64 * at) as usize;
            let end = (at + length).min(bytes.len());
            match how {
                0 => bytes[at.min(end.max(1) - 1)] = byte,
                1 => { bytes.drain(at..end); }
                2 => { let part = bytes[at..end].to_vec(); bytes.splice(at..at, part); }
                _ => bytes.truncate(end.max(1)),
            }
            if bytes.is_empty() { bytes.push(byte); }
        }
        read_all(&bytes);
    }
}

/// Half of any sample still gives what is in that half.
#[test]
fn every_cut_of_every_sample_is_read() {
    for sample in samples() {
        for end in (0..sample.len()).step_by(sample.len() / 150 + 1) {
            read_all(&sample[..end]);
        }
    }
}

/// Processor time of this thread: other programs may run beside it.
#[test]
fn texts_have_limits_of_bytes_and_of_lines() {
    let error = |text: String| Container::open(text.as_bytes()).err().map(|error| error.to_string());
    let few = "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nE: x\n";
    assert_eq!(error("\n".repeat(3_000_000) + few), None);
    assert_eq!(
        error("\n".repeat(5_000_000) + few).as_deref(),
        Some("a text of 5000003 lines: more than 4000000 are not read")
    );
    assert!(error(format!("{few}{}", " ".repeat(32 << 20))).unwrap().contains("the limit is 33554432"));
    // A container of logs may be long.
    assert_eq!(error(format!("{{\"logs\": [{{\"type\": \"managedError\"}}]{}}}", "\n".repeat(5_000_000))), None);
}

fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

/// Speed on ten thousand logs; run alone, in a release profile.
#[test]
#[ignore = "a measurement"]
fn speed() {
    let frame = |i: usize| {
        format!(
            r#"{{"address": "0x{:016x}", "code": "0x{:x} + {}"}}"#,
            0x1_0444_0000u64 + i as u64 * 4,
            0x1_0440_0000u64,
            i
        )
    };
    let thread =
        |t: usize| format!(r#"{{"id": {t}, "frames": [{}]}}"#, (0..20).map(frame).collect::<Vec<_>>().join(", "));
    let threads: Vec<String> = (0..10).map(thread).collect();
    for images in [10, 280] {
        let binary = |i: usize| {
            format!(
                r#"{{"id": "d449e33d-7e74-379d-8b79-15ee1{i:07x}", "startAddress": "0x{:016x}", "endAddress": "0x{:016x}", "name": "Library{i}", "path": "/System/Library/Frameworks/Library{i}.framework/Library{i}", "primaryArchitectureId": 16777228, "architectureVariantId": 0}}"#,
                0x1_8000_0000u64 + i as u64 * 0x10_0000,
                0x1_800f_ffffu64 + i as u64 * 0x10_0000
            )
        };
        let binaries: Vec<String> = (0..images).map(binary).collect();
        let log = |i: usize| {
            format!(
                r#"{{"type": "appleError", "timestamp": "2019-10-08T02:44:55.000Z", "id": "70D280D4-2343-400D-BE4C-301BB2B3{i:04x}", "processId": {i}, "errorThreadId": 0, "osExceptionType": "SIGSEGV", "osExceptionCode": "SEGV_NOOP", "osExceptionAddress": "0x00", "processName": "app", "fatal": true, "device": {{"appVersion": "10.0", "appBuild": "1", "sdkName": "appcenter.ios", "sdkVersion": "1.0.0", "osName": "iOS", "osVersion": "9.3", "model": "iPhone9,1", "locale": "en-US"}}, "threads": [{}], "binaries": [{}]}}"#,
                threads.join(", "),
                binaries.join(", ")
            )
        };
        let logs = if images == 10 { 10_000 } else { 1_000 };
        let text = format!(r#"{{"logs": [{}]}}"#, (0..logs).map(log).collect::<Vec<_>>().join(",\n"));
        let text: Arc<[u8]> = text.into_bytes().into();
        for _ in 0..3 {
            let start = cpu_seconds();
            let container = Container::open(Arc::clone(&text)).unwrap();
            let opened = cpu_seconds() - start;
            let mut frames = 0;
            for i in 0..container.len() {
                let Item::Unwound(crash) = container.crash(i).unwrap() else { panic!() };
                frames += crash.threads.iter().map(|thread| thread.frames.len()).sum::<usize>();
            }
            let all = cpu_seconds() - start;
            assert_eq!(frames, logs * 200);
            println!(
                "{images} images, {} MB: open {opened:.2} s, all {all:.2} s of one core, {:.0} logs/s, {:.0} MB/s",
                text.len() >> 20,
                logs as f64 / all,
                text.len() as f64 / 1e6 / all
            );
        }
    }
}
