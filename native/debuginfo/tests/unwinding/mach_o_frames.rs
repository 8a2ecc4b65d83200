//! `__debug_frame` of Mach-O files, as Go writes it: in the image, compressed, and the only table.

use debuginfo::formats::recognise;
use flate2::write::ZlibEncoder;
use std::io::Write as _;
use unwind::UnwindSource as _;
use unwind_tables::Kind;
use vocabulary::Arch;

use crate::mach_o::{BASE, Dwarf, function, mach_o, unit};
use crate::tables;

/// Offset of the field with the kind of file in a Mach-O header, and the kind of an executable.
const FILE_TYPE: usize = 12;
const EXECUTABLE: u8 = 2;

/// A CIE whose functions keep the return address in x30 and have no frame, and a function of 16 bytes at the base.
fn frames() -> Vec<u8> {
    let cie = [b"\xff\xff\xff\xff\x03\0\x01\x7c\x1e".as_slice(), &[0x0c, 31, 0], &[0; 4]].concat();
    let fde = [0u32.to_le_bytes().as_slice(), &BASE.to_le_bytes(), &16u64.to_le_bytes(), &[0; 4]].concat();
    let entry = |body: &[u8]| [u32::try_from(body.len()).unwrap().to_le_bytes().as_slice(), body].concat();
    [entry(&cie), entry(&fde)].concat()
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    [b"ZLIB".as_slice(), &(bytes.len() as u64).to_be_bytes(), &encoder.finish().unwrap()].concat()
}

#[test]
fn frames_of_images_and_debug_files() {
    let info = unit(0, &function(2, b"f\0", BASE));
    let plain = Dwarf { info: info.clone(), frames: frames(), ..Dwarf::default() };
    let packed = Dwarf { info, compressed_frames: compressed(&frames()), ..Dwarf::default() };
    for dwarf in [plain, packed] {
        let debug_file = mach_o(&dwarf, &[], b"\0");
        let mut image = debug_file.clone();
        image[FILE_TYPE] = EXECUTABLE;
        for file in [debug_file, image] {
            let builds = recognise(&file).unwrap().builds(&file).unwrap().list;
            assert_eq!(builds[0].unwind, ["__debug_frame"]);
            let tables = tables(&file, |kind| matches!(kind, Kind::DebugFrame | Kind::DebugFrameIndex));
            // The base of the helper's file is 0x1000 before its code.
            assert!(tables.has_rules_at(Arch::Arm64, 0x1000));
            assert!(!tables.has_rules_at(Arch::Arm64, 0x1010));
        }
    }
}

#[test]
fn damaged_frames_are_no_tables() {
    let mut frames = compressed(&frames());
    frames.truncate(20);
    let dwarf = Dwarf { info: unit(0, &function(2, b"f\0", BASE)), compressed_frames: frames, ..Dwarf::default() };
    let file = mach_o(&dwarf, &[], b"\0");
    let format = recognise(&file).unwrap();
    let builds = format.builds(&file).unwrap().list;
    assert!(format.unwind_tables(&file, &builds[0]).unwrap().is_none());
}
