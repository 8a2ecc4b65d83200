//! Compressed inputs: read like the crash in them, within limits.
#![allow(clippy::unwrap_used, missing_docs)]

use std::io::Write as _;

use inputs::{Container, Error, Item};

const TEXT: &str = "java.lang.Error: x\n\tat com.a.B.m(B.java:12)\n";
/// [`TEXT`], as `xz`, `zstd` and `bzip2` write it.
const XZ: &[u8] = include_bytes!("compressed/trace.xz");
const ZSTD: &[u8] = include_bytes!("compressed/trace.zst");
const BZIP2: &[u8] = include_bytes!("compressed/trace.bz2");

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// An archive of files: name, content, flags and method.
fn zip(files: &[(&str, &[u8], u16, u16)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, content, flags, method) in files {
        let data = if *method == 8 { deflated(content) } else { content.to_vec() };
        let at = u32::try_from(out.len()).unwrap();
        let mut middle = Vec::new();
        for number in [20, *flags, *method, 0, 0] {
            middle.extend(number.to_le_bytes());
        }
        for number in [0, data.len(), content.len()] {
            middle.extend(u32::try_from(number).unwrap().to_le_bytes());
        }
        middle.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        middle.extend([0, 0]);
        out.extend(b"PK\x03\x04");
        out.extend(&middle);
        out.extend(name.as_bytes());
        out.extend(data);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(middle);
        directory.extend([0; 10]);
        directory.extend(at.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (count, at) = (u16::try_from(files.len()).unwrap(), u32::try_from(out.len()).unwrap());
    let size = u32::try_from(directory.len()).unwrap();
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    out.extend([size.to_le_bytes(), at.to_le_bytes()].concat());
    out.extend([0, 0]);
    out
}

#[track_caller]
fn read(bytes: &[u8]) -> usize {
    let container = Container::open(bytes).unwrap();
    let Item::Unwound(crash) = container.crash(0).unwrap() else { panic!("a minidump") };
    assert_eq!(crash.thrown[0].type_name.as_deref(), Some("java.lang.Error"));
    container.notes().len()
}

#[track_caller]
fn refused(bytes: &[u8]) -> String {
    match Container::open(bytes).unwrap_err() {
        error @ Error::Compressed { .. } => error.to_string(),
        error => panic!("{error}"),
    }
}

#[test]
fn streams_of_every_format() {
    for bytes in [XZ, ZSTD, BZIP2] {
        assert_eq!(read(bytes), 0);
        // Streams one after the other are one.
        let twice = Container::open([bytes, bytes].concat()).unwrap();
        let Item::Unwound(crash) = twice.crash(0).unwrap() else { panic!("a minidump") };
        assert_eq!(crash.thrown[0].frames.len(), 2);
        for end in 0..bytes.len() {
            let _ = Container::open(&bytes[..end]);
        }
    }
    let skipped = [&b"\x28\xb5\x2f\xfd"[..0], ZSTD, b"\x50\x2a\x4d\x18\x02\0\0\0xx"].concat();
    assert_eq!(read(&skipped), 0);
}

#[test]
fn damaged_streams_and_streams_in_streams() {
    for bytes in [XZ, ZSTD, BZIP2] {
        assert!(refused(&bytes[..12]).len() < 200);
    }
    assert!(refused(&zip(&[("a", XZ, 0, 8)])).contains("another xz stream"));
}

#[test]
fn memory_is_bounded() {
    // A frame of zstd whose header asks for a window of 2 GiB.
    let window = b"\x28\xb5\x2f\xfd\x00\xa8\x01\0\0";
    assert!(refused(window).starts_with("zstd: "));
    let zeros = vec![0; 80 << 20];
    let bomb = zip(&[("a", &zeros, 0, 8)]);
    assert!(refused(&bomb).contains("taken for an attack"));
}

#[test]
fn an_archive_with_one_crash() {
    let text = TEXT.as_bytes();
    assert_eq!(read(&zip(&[("crash.txt", text, 0, 8)])), 0);
    assert_eq!(read(&zip(&[("crash.txt", text, 0, 0)])), 0);
    assert_eq!(read(&zip(&[("a/", b"", 0, 0), ("__MACOSX/a", b"x", 0, 0), ("a/b.txt", text, 0, 8)])), 0);
    assert_eq!(read(&zip(&[("info.txt", b"x", 0, 0), ("a/B.CRASH", text, 0, 8)])), 1);
}

#[test]
fn other_archives_are_refused_by_name() {
    let text = TEXT.as_bytes();
    let two = refused(&zip(&[("a.dmp", text, 0, 0), ("b\u{1b}.dmp", text, 0, 0)]));
    assert!(two.contains("2 files") && two.contains("\"a.dmp\"") && two.contains("\\u{1b}"), "{two}");
    assert!(refused(&zip(&[("a.txt", text, 0, 0), ("b.txt", text, 0, 0)])).contains("none of them"));
    assert!(refused(&zip(&[("a", text, 1, 8)])).contains("encrypted"));
    assert!(refused(&zip(&[("a", text, 0, 99)])).contains("method 99"));
    assert!(refused(&zip(&[("a/", b"", 0, 0)])).contains("no files"));
    assert!(refused(&zip(&[("a", text, 0, 0)])[..40]).contains("directory"));
    let whole = zip(&[("a", text, 0, 8), ("b.dmp", text, 0, 8)]);
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 0xff;
        let _ = Container::open(changed);
        let _ = Container::open(&whole[..at]);
    }
}
