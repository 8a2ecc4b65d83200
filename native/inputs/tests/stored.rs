//! A log and the files of its crash, which a service stored apart from each other.

#![allow(clippy::unwrap_used, clippy::panic)]

use inputs::{AttachedFile, Bytes, Container, Item};

const DUMP: &[u8] = b"MDMP rest of the dump";

fn file(name: &str, data: Option<&[u8]>) -> AttachedFile {
    AttachedFile { name: Some(name.to_owned()), data: data.map(Bytes::from), ..AttachedFile::default() }
}

#[test]
fn the_dump_is_the_item_and_its_bytes_are_shared() {
    let whole = Bytes::from(&b"{\"exception\":{\"type\":\"minidump\"}}MDMP rest of the dump"[..]);
    let log = whole.part(0..whole.len() - DUMP.len());
    let dump = whole.part(whole.len() - DUMP.len()..whole.len());
    let container = Container::of_log(log, vec![AttachedFile { data: Some(dump), ..AttachedFile::default() }]).unwrap();
    assert_eq!(container.len(), 1);
    let Item::Minidump { bytes, context: Some(context) } = container.crash(0).unwrap() else { panic!() };
    assert_eq!(&*bytes, DUMP);
    assert_eq!(bytes.as_ptr(), whole[whole.len() - DUMP.len()..].as_ptr());
    assert_eq!(context.attachments[0].size, Some(DUMP.len() as u64));
}

#[test]
fn files_are_attachments_and_what_is_wrong_with_them_is_noted() {
    let log = r#"{"type":"managedError","id":"1","exception":{"type":"minidump"}}"#;
    let files = vec![file("a.txt", Some(b"text")), file("left out", None), file("core.dmp", Some(b"not a dump"))];
    let container = Container::of_log(log, files).unwrap();
    let Item::Unwound(crash) = container.crash(0).unwrap() else { panic!() };
    let found: Vec<_> =
        crash.attachments.iter().map(|one| (one.name.as_deref(), one.size, one.fault.is_some())).collect();
    assert_eq!(
        found,
        [(Some("a.txt"), Some(4), false), (Some("left out"), None, true), (Some("core.dmp"), Some(10), true)]
    );
    let places: Vec<_> = crash.notes.iter().map(|note| note.place.as_str()).collect();
    assert_eq!(places, ["logs[2]", "logs[3]", ""]);
}

#[test]
fn a_log_is_read_whatever_its_type_and_encoding_are() {
    let utf_16: Vec<u8> = "\u{feff}{\"exception\":{\"type\":\"A\",\"message\":\"ä\"}}"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for log in
        [&b"{\"exception\":{\"type\":\"A\",\"message\":\"\xff\"}}"[..], &utf_16, b"{\"exception\":{\"type\":\"A\""]
    {
        let container = Container::of_log(log, Vec::new()).unwrap();
        assert_eq!(container.len(), 1, "{}", String::from_utf8_lossy(log));
        assert!(matches!(container.crash(0), Ok(Item::Unwound(_))));
    }
    assert_eq!(Container::of_log(r#"{"type":"startSession"}"#, Vec::new()).unwrap().len(), 0);
    assert_eq!(Container::of_log("", Vec::new()).unwrap().len(), 0);
}

#[test]
fn a_part_that_is_not_within_the_bytes_is_empty() {
    let whole = Bytes::from("abc");
    assert_eq!(&*whole.part(1..3), b"bc");
    assert_eq!(&*whole.part(2..4), b"");
}
