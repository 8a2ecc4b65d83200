//! Cabinets and zstd: whole ones give their files, damaged ones an error, and nothing more than the limit is written.
#![allow(clippy::unwrap_used, missing_docs)]

use std::io::{self, Cursor, Read, Write};

use archives::{Cabinet, decompress_zstd};

fn cabinet(files: &[(&str, Vec<u8>)], compression: cab::CompressionType) -> Vec<u8> {
    let mut builder = cab::CabinetBuilder::new();
    let folder = builder.add_folder(compression);
    for (name, _) in files {
        folder.add_file(*name);
    }
    let mut writer = builder.build(Cursor::new(Vec::new())).unwrap();
    let mut data = files.iter();
    while let Some(mut file) = writer.next_file().unwrap() {
        file.write_all(&data.next().unwrap().1).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn files() -> Vec<(&'static str, Vec<u8>)> {
    let text: Vec<u8> = (0..100_000_u32).flat_map(|number| (number % 1000).to_le_bytes()).collect();
    vec![("a.pdb", text.clone()), ("folder\\b.dll", b"MZ".to_vec()), ("empty", Vec::new()), ("c", text)]
}

fn take(bytes: &[u8], name: &str, limit: u64) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    Cabinet::open(Cursor::new(bytes))?.extract(name, &mut out, limit)?;
    Ok(out)
}

#[test]
fn every_file_of_a_cabinet_is_extracted() {
    for compression in [cab::CompressionType::None, cab::CompressionType::MsZip] {
        let packed = cabinet(&files(), compression);
        let members = Cabinet::open(Cursor::new(&packed)).unwrap().members();
        let listed: Vec<_> = members.iter().map(|member| (member.name.as_str(), member.size)).collect();
        let expected: Vec<_> = files().iter().map(|(name, data)| (*name, data.len() as u64)).collect();
        assert_eq!(listed, expected);
        for (name, data) in files() {
            assert!(take(&packed, name, 1 << 20).unwrap() == data, "{name}");
        }
        assert!(take(&packed, "d", 1 << 20).is_err());
    }
}

#[test]
fn no_more_than_the_limit_is_extracted() {
    let packed = cabinet(&files(), cab::CompressionType::MsZip);
    assert_eq!(take(&packed, "c", 399_999).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    assert_eq!(take(&packed, "c", 400_000).unwrap().len(), 400_000);
}

#[test]
fn many_files_in_one_folder_do_not_cost_their_square() {
    let names: Vec<String> = (0..2000).map(|number| number.to_string()).collect();
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_le_bytes()[3]
    };
    let all: Vec<_> = names.iter().map(|name| (name.as_str(), (0..4096).map(|_| noise()).collect())).collect();
    let packed = cabinet(&all, cab::CompressionType::MsZip);
    let mut opened = Cabinet::open(Cursor::new(&packed)).unwrap();
    let ended = names.iter().find_map(|name| opened.extract(name, &mut io::sink(), 1 << 20).err());
    assert_eq!(ended.unwrap().kind(), io::ErrorKind::FileTooLarge);
}

#[test]
fn damaged_cabinets_are_errors() {
    let whole = cabinet(&files(), cab::CompressionType::MsZip);
    for cut in (0..whole.len()).step_by(97) {
        for (name, _) in files() {
            let _ = take(whole.get(..cut).unwrap(), name, 1 << 20);
        }
    }
    for at in 0..200 {
        for value in [0, 1, 0x7f, 0xff] {
            let mut changed = whole.clone();
            changed[at] = value;
            for (name, _) in files() {
                let _ = take(&changed, name, 1 << 20);
            }
        }
    }
}

fn zstd(data: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(data, ruzstd::encoding::CompressionLevel::Fastest)
}

#[test]
fn frames_of_zstd_follow_each_other_and_some_are_skipped() {
    let mut packed = zstd(b"first ");
    packed.extend([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    packed.extend(zstd(b"second"));
    let mut out = Vec::new();
    assert_eq!(decompress_zstd(packed.as_slice(), &mut out, 100).unwrap(), 12);
    assert_eq!(out, b"first second");
    assert!(decompress_zstd(packed.as_slice(), &mut io::sink(), 11).is_err());
    for cut in 1..packed.len() {
        let _ = decompress_zstd(packed.as_slice().take(cut as u64), &mut io::sink(), 100);
    }
    assert!(decompress_zstd(&packed[..packed.len() - 1], &mut io::sink(), 100).is_err());
}

#[test]
fn a_bomb_of_zstd_ends_at_the_limit() {
    let packed = zstd(&vec![0; 64 << 20]);
    assert!(packed.len() < 1 << 20);
    let error = decompress_zstd(packed.as_slice(), &mut io::sink(), 1 << 20).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
}
