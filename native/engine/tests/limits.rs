//! Reports stay within their budget, whatever an input has much of, and say what they lack; honest ones are whole.

#![allow(clippy::unwrap_used)]

use engine::{Options, Outcome, Resolution, Session};
use inputs::{
    Attachment, Crash, Exception, Frame, Given, Image, Kind, LastException, ManagedFrame, Note, System, Termination,
    Thread, Thrown,
};
use proptest::prelude::*;
use serde_json::Value;
use vocabulary::{Arch, Language, Os};

/// What a report may have beyond its budget: one entry of a list, and what has a fixed size.
const BEYOND: usize = 128 << 10;

fn report(crash: &Crash, report_bytes: Option<usize>) -> (usize, Value) {
    let session = Session::new();
    let options = Options { report_bytes, ..Options::default() };
    loop {
        match session.process_unwound(crash, &options).unwrap() {
            Outcome::Report(json) => return (json.len(), serde_json::from_slice(&json).unwrap()),
            Outcome::Needs(keys) => keys.into_iter().for_each(|key| session.resolve(key, Resolution::default())),
        }
    }
}

fn frame(number: usize, name: &str) -> Frame {
    let given = Given { function: Some(name.to_owned()), file: Some(name.to_owned()), ..Given::default() };
    Frame { address: Some(0x1_0000_0000 + number as u64 * 4), given: Some(given), ..Frame::default() }
}

fn thread(id: usize, frames: usize, name: &str) -> Thread {
    let frames = (0..frames).map(|number| frame(number, name)).collect();
    Thread { id: Some(id as u64), name: Some(name.to_owned()), frames, ..Thread::default() }
}

/// A crash with much of one thing: `count` times, with texts of so many bytes.
fn crash(kind: usize, count: usize, bytes: usize) -> Crash {
    let text = |n: usize| format!("{n}{}", "t".repeat(bytes));
    let texts = || (0..count).map(text);
    let pairs = || texts().map(|text| (text.clone(), text)).collect::<Vec<_>>();
    let system = System { os: Os::Ios, arch: Some(Arch::Arm64), ..System::default() };
    let mut crash = Crash { kind: Some(Kind::Ips), system, crashed: Some(0), ..Crash::default() };
    crash.threads.push(thread(0, 3, "main"));
    match kind {
        0 => crash.threads.extend((0..count).map(|id| thread(id, 1, &text(id)))),
        1 => crash.threads.push(thread(1, count, &text(0))),
        2 => crash.threads[0] = thread(0, count, &text(0)),
        3 => {
            let given = Given { inlines: texts().map(|text| (text, None, None)).collect(), ..Given::default() };
            crash.threads[0].frames[1].given = Some(Given { function: Some("f".to_owned()), ..given });
        }
        4 => {
            crash.images = (0..count)
                .map(|n| Image {
                    start: n as u64 * 4096,
                    end: n as u64 * 4096 + 4096,
                    name: text(n),
                    ..Image::default()
                })
                .collect();
        }
        5 => crash.more = pairs(),
        6 => crash.properties = pairs(),
        7 => crash.messages = pairs().into_iter().map(|(image, text)| (Some(image), text)).collect(),
        8 => crash.backtraces = texts().collect(),
        9 => crash.termination = Some(Termination { details: texts().collect(), ..Termination::default() }),
        10 => {
            crash.attachments = texts().map(|name| Attachment { name: Some(name), ..Attachment::default() }).collect();
        }
        11 => crash.notes = texts().map(|message| Note { place: "here".to_owned(), message }).collect(),
        12 => {
            let thrown = |message| Thrown { language: Language::Jvm, message: Some(message), ..Thrown::default() };
            crash.thrown = texts().map(thrown).collect();
        }
        13 => {
            let frames = texts().map(|method| ManagedFrame { method: Some(method), ..ManagedFrame::default() });
            crash.thrown = vec![Thrown { language: Language::Jvm, frames: frames.collect(), ..Thrown::default() }];
        }
        14 => {
            let frames = (0..count).map(|number| frame(number, &text(number))).collect();
            crash.last_exception = Some(LastException { frames });
        }
        15 => crash.threads[0].registers = texts().map(|name| (name, 1)).collect(),
        16 => crash.threads[0].state = pairs(),
        _ => {
            // One text alone.
            let note = Some("n".repeat(bytes * count));
            crash.exception = Some(Exception { note, ..Exception::default() });
        }
    }
    crash
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_report_stays_within_its_budget_and_says_what_it_lacks(
        kind in 0..18usize,
        bytes in 200usize..40_000,
        budget in 102_400usize..409_600,
    ) {
        let count = 3 * budget / bytes + 3;
        let (length, report) = report(&crash(kind, count, bytes), Some(budget));
        prop_assert!(length <= budget + BEYOND, "{length} bytes of {budget}, kind {kind}");
        prop_assert_eq!(&report["truncated"]["limit"], budget);
        let faults = report["faults"].as_array().unwrap();
        let told = |fault: &Value| fault["message"].as_str().unwrap().starts_with("the report is limited to");
        prop_assert!(faults.iter().any(told), "{:?}", faults);
        // Whatever there is much of, the crashed thread is there, at its index.
        prop_assert!(!report["crashing_thread"]["frames"].as_array().unwrap().is_empty());
        prop_assert_eq!(report["threads"].as_array().unwrap().len() as u64, report["thread_count"].as_u64().unwrap());
    }
}

#[test]
fn one_long_name_in_ten_thousand_frames() {
    let mut crash = crash(99, 1, 1);
    crash.images.push(Image { start: 0x1_0000_0000, end: 0x2_0000_0000, name: "n".repeat(60_000), ..Image::default() });
    crash.threads[0] = thread(0, 10_000, "f");
    let (length, report) = report(&crash, None);
    assert!(length < 11 << 20, "{length}");
    let crashed = &report["crashing_thread"];
    let shown = crashed["frames"].as_array().unwrap().len();
    assert_eq!(shown as u64 + crashed["frames_omitted"].as_u64().unwrap(), 10_000);
    assert!(shown > 100, "{shown}");
    // Cut where everybody sees it.
    assert!(crashed["frames"][0]["module"].as_str().unwrap().ends_with("n…"));
}

#[test]
fn honest_reports_are_whole() {
    let named = "-[SCNRenderer _drawScene:]";
    let images = || {
        let image = |n: u64| Image {
            start: n << 20,
            end: (n << 20) + 0x1000,
            name: format!("lib{n}.dylib"),
            ..Image::default()
        };
        (1..600).map(image).collect::<Vec<_>>()
    };
    let mut deep = crash(99, 1, 1);
    (deep.threads[0], deep.images) = (thread(0, 10_000, named), images());
    let mut wide = crash(99, 1, 1);
    (wide.threads, wide.images) = ((0..400).map(|id| thread(id, 40, named)).collect(), images());
    for crash in [deep, wide] {
        let (_, report) = report(&crash, None);
        assert!(report["truncated"].is_null(), "{}", report["truncated"]);
        let frames: usize =
            report["threads"].as_array().unwrap().iter().map(|thread| thread["frames"].as_array().unwrap().len()).sum();
        assert_eq!(frames, crash.threads.iter().map(|thread| thread.frames.len()).sum::<usize>());
        assert_eq!(report["modules"].as_array().unwrap().len(), crash.images.len());
    }
}
