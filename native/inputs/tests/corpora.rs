//! Real reports, where they are at hand, against what other tools read in them.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::{Path, PathBuf};

use inputs::{Container, Crash, Item};

fn corpora(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora").join(folder)
}

fn crash(path: &Path) -> Box<Crash> {
    match Container::open(std::fs::read(path).unwrap()).unwrap().crash(0).unwrap() {
        Item::Unwound(crash) => crash,
        Item::Minidump { .. } => panic!("{} is no minidump", path.display()),
    }
}

/// What a snapshot of another parser says of frames and images, in order.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    frames: Vec<(u64, Option<String>)>,
    images: Vec<(u64, u64, String)>,
    registers: usize,
}

fn number(text: &str) -> u64 {
    u64::from_str_radix(text.trim_matches('"').trim_start_matches("0x"), 16).unwrap()
}

fn snapshot(text: &str) -> Seen {
    let mut seen = Seen::default();
    let mut symbol = None;
    for line in text.lines() {
        let Some((name, value)) = line.trim().trim_start_matches("- ").split_once(": ") else { continue };
        match name {
            "symbol" => symbol = Some(value.trim_matches('"').to_owned()),
            "instruction_addr" => seen.frames.push((number(value), symbol.take())),
            "addr" => seen.images.push((number(value), 0, String::new())),
            // That parser's size is one byte short.
            "size" => seen.images.last_mut().unwrap().1 = value.parse::<u64>().unwrap() + 1,
            "uuid" => seen.images.last_mut().unwrap().2 = value.replace('-', "").to_uppercase() + "0",
            _ if value.starts_with("\"0x") && name.len() <= 6 => seen.registers += 1,
            _ => {}
        }
    }
    seen
}

#[test]
fn text_reports_have_all_that_another_parser_reads() {
    let folder = corpora("apple/text-reports");
    if !folder.exists() {
        return;
    }
    for name in ["handcrafted", "bruno", "spaces", "XCDYouTubeKit-54"] {
        let crash = crash(&folder.join(format!("fixtures/{name}.txt")));
        let text = std::fs::read_to_string(folder.join(format!("snapshots/test_snapshots__{name}.snap"))).unwrap();
        let expected = snapshot(&text);
        let frames = crash.threads.iter().flat_map(|thread| &thread.frames);
        let symbol = |frame: &inputs::Frame| frame.given.as_ref().and_then(|given| given.function.clone());
        let seen = Seen {
            frames: frames.map(|frame| (frame.address.unwrap(), symbol(frame))).collect(),
            images: crash
                .images
                .iter()
                .map(|image| (image.start, image.end - image.start, image.debug_id.unwrap().to_string()))
                .collect(),
            registers: crash.threads.iter().map(|thread| thread.registers.len()).sum(),
        };
        assert!(!expected.frames.is_empty() && !expected.images.is_empty());
        assert_eq!(seen, expected, "{name}");
        assert!(crash.notes.len() <= 1, "{name}: {:?}", crash.notes);
    }
}

/// The report that lldb tests its own reader with.
#[test]
fn an_ips_report_has_all_that_is_in_it() {
    let path = corpora("apple/lldb-crashlog").join("asi_leb.trimmed.ips");
    if !path.exists() {
        return;
    }
    let crash = crash(&path);
    assert!(crash.notes.is_empty(), "{:?}", crash.notes);
    let body = std::fs::read_to_string(&path).unwrap();
    let body: serde_json::Value = serde_json::from_str(body.split_once('\n').unwrap().1).unwrap();
    let list = |name: &str| body[name].as_array().unwrap();
    // The same frames, each at its image's start and its offset there.
    let frames = |values: &serde_json::Value| -> Vec<(u64, String)> {
        let one = |frame: &serde_json::Value| {
            let image = &list("usedImages")[usize::try_from(frame["imageIndex"].as_u64().unwrap()).unwrap()];
            let address = image["base"].as_u64().unwrap() + frame["imageOffset"].as_u64().unwrap();
            (address, frame["symbol"].as_str().unwrap().to_owned())
        };
        values.as_array().unwrap().iter().map(one).collect()
    };
    let seen = |frames: &[inputs::Frame]| -> Vec<(u64, String)> {
        frames.iter().map(|f| (f.address.unwrap(), f.given.as_ref().unwrap().function.clone().unwrap())).collect()
    };
    assert_eq!(crash.crashed, Some(0));
    assert_eq!((crash.threads.len(), list("threads").len()), (1, 1));
    assert_eq!(seen(&crash.threads[0].frames), frames(&list("threads")[0]["frames"]));
    assert_eq!((crash.threads[0].registers.len(), crash.threads[0].id), (15, Some(1_767_667)));
    let last = crash.last_exception.as_ref().unwrap();
    assert_eq!(seen(&last.frames), frames(&body["lastExceptionBacktrace"]));
    assert_eq!(last.frames.len(), 7);
    let ids: Vec<String> = crash.images.iter().map(|image| image.debug_id.unwrap().to_string()).collect();
    let uuid = |image: &serde_json::Value| image["uuid"].as_str().unwrap().replace('-', "").to_uppercase() + "0";
    assert_eq!(ids, list("usedImages").iter().map(uuid).collect::<Vec<_>>());
    let messages: Vec<_> =
        crash.messages.iter().map(|(image, text)| (image.as_deref().unwrap(), text.as_str())).collect();
    let asi = body["asi"].as_object().unwrap();
    assert_eq!(messages.len(), asi.len());
    assert!(messages.iter().all(|(image, text)| asi[*image] == serde_json::json!([text])), "{messages:?}");
    assert_eq!(crash.backtraces.len(), list("asiBacktraces").len());
    assert_eq!(crash.thrown[0].type_name.as_deref(), Some("NSRangeException"));
}

#[test]
fn every_crash_of_crashprobe_is_read_without_a_note() {
    let mut folders = vec![corpora("crashprobe")];
    let mut read = 0;
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".json") && !name.ends_with(".truth.json") {
                let crash = crash(&path);
                assert!(crash.notes.is_empty(), "{name}: {:?}", crash.notes);
                assert!(crash.crashed.is_some() && crash.images.iter().all(|image| image.debug_id.is_some()));
                let mut frames = crash.threads.iter().flat_map(|thread| &thread.frames);
                assert!(
                    frames
                        .all(|frame| frame.address.is_some() && (frame.given.is_some() || frame.image_base.is_some()))
                );
                read += 1;
            }
        }
    }
    assert!(read == 0 || read == 85, "{read}");
}
