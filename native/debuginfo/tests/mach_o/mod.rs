//! Mach-O files with DWARF as no compiler writes it, byte by byte.
#![allow(clippy::unwrap_used, dead_code)]

/// Address of the first byte of code.
pub(crate) const BASE: u64 = 0x1_0000_1000;

/// The contents of the DWARF sections; empty ones are left out.
#[derive(Default)]
pub(crate) struct Dwarf {
    pub(crate) info: Vec<u8>,
    pub(crate) lines: Vec<u8>,
    pub(crate) strings: Vec<u8>,
    pub(crate) compressed_strings: Vec<u8>,
    pub(crate) frames: Vec<u8>,
    pub(crate) compressed_frames: Vec<u8>,
    /// If empty, [`ABBREVIATIONS`].
    pub(crate) abbreviations: Vec<u8>,
}

/// 1 a unit with a name; 2 a function with code and a name; 3 the same with its name in the section of strings; 4 a
/// declaration with a name; 5 a function with code whose name another entry has; 6 a namespace; 7 a unit with lines.
pub(crate) const ABBREVIATIONS: &[u8] = &[
    1, 0x11, 1, 0x03, 0x08, 0, 0, // compile_unit: name string
    2, 0x2e, 0, 0x03, 0x08, 0x11, 0x01, 0x12, 0x06, 0, 0, // subprogram: name string, low_pc addr, high_pc data4
    3, 0x2e, 0, 0x03, 0x0e, 0x11, 0x01, 0x12, 0x06, 0, 0, // subprogram: name strp, low_pc, high_pc
    4, 0x2e, 0, 0x03, 0x08, 0, 0, // subprogram: name string
    5, 0x2e, 0, 0x47, 0x13, 0x11, 0x01, 0x12, 0x06, 0, 0, // subprogram: specification ref4, low_pc, high_pc
    6, 0x39, 1, 0x03, 0x08, 0, 0, // namespace: name string
    7, 0x11, 1, 0x03, 0x08, 0x10, 0x17, 0, 0, // compile_unit: name string, stmt_list sec_offset
    0,
];

pub(crate) fn uleb(mut value: usize) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

fn with_length(body: &[u8]) -> Vec<u8> {
    [&u32::try_from(body.len()).unwrap().to_le_bytes(), body].concat()
}

/// A unit of version 4 around entries, the first of which is at offset 14.
pub(crate) fn unit(abbreviations: u32, entries: &[u8]) -> Vec<u8> {
    with_length(&[&[4, 0], abbreviations.to_le_bytes().as_slice(), b"\x08\x01u\0", entries, &[0]].concat())
}

/// The same with the line program at the start of its section.
pub(crate) fn unit_with_lines(entries: &[u8]) -> Vec<u8> {
    with_length(&[&[4, 0, 0, 0, 0, 0], b"\x08\x07u\0\0\0\0\0".as_slice(), entries, &[0]].concat())
}

/// The entry of a function of 16 bytes.
pub(crate) fn function(abbreviation: u8, name: &[u8], address: u64) -> Vec<u8> {
    [&[abbreviation], name, &address.to_le_bytes(), &16u32.to_le_bytes()].concat()
}

/// A section with one line program of version 4.
pub(crate) fn line_section(header: &[u8], program: &[u8]) -> Vec<u8> {
    let header = [u32::try_from(header.len()).unwrap().to_le_bytes().as_slice(), header].concat();
    with_length(&[&[4, 0], header.as_slice(), program].concat())
}

/// An entry of the symbol table: code of the first section.
pub(crate) fn symbol(name: u32, address: u64) -> Vec<u8> {
    [name.to_le_bytes().as_slice(), &[0x0f, 1, 0, 0], &address.to_le_bytes()].concat()
}

fn padded(name: &str) -> [u8; 16] {
    let mut out = [0; 16];
    out[..name.len()].copy_from_slice(name.as_bytes());
    out
}

fn segment(name: &str, (address, size): (u64, u64), (offset, bytes): (u64, u64), sections: &[Vec<u8>]) -> Vec<u8> {
    let count = u32::try_from(sections.len()).unwrap();
    let mut out = [0x19u32.to_le_bytes(), (72 + 80 * count).to_le_bytes()].concat();
    out.extend(padded(name));
    out.extend([address, size, offset, bytes].iter().flat_map(|value| value.to_le_bytes()));
    out.extend([7u32, 5, count, 0].iter().flat_map(|value| value.to_le_bytes()));
    out.extend(sections.concat());
    out
}

fn section(name: &str, segment: &str, (address, size): (u64, u64), offset: u32, flags: u32) -> Vec<u8> {
    let mut out = [padded(name), padded(segment)].concat();
    out.extend([address, size].iter().flat_map(|value| value.to_le_bytes()));
    out.extend([offset, 0, 0, 0, flags, 0, 0, 0].iter().flat_map(|value| value.to_le_bytes()));
    out
}

/// A dSYM of arm64 with a gigabyte of code.
pub(crate) fn mach_o(dwarf: &Dwarf, symbols: &[u8], strings: &[u8]) -> Vec<u8> {
    let abbreviations = if dwarf.abbreviations.is_empty() { ABBREVIATIONS } else { &dwarf.abbreviations };
    let contents = [
        ("__debug_abbrev", abbreviations),
        ("__debug_info", &dwarf.info),
        ("__debug_line", &dwarf.lines),
        ("__debug_str", &dwarf.strings),
        ("__zdebug_str", &dwarf.compressed_strings),
        ("__debug_frame", &dwarf.frames),
        ("__zdebug_frame", &dwarf.compressed_frames),
    ];
    let contents: Vec<_> = contents.into_iter().filter(|(_, bytes)| !bytes.is_empty()).collect();
    let commands = 72 + 80 + 72 + 80 * contents.len() + 24 + 24;
    let first = 32 + commands;
    let mut body = Vec::new();
    let mut sections = Vec::new();
    for (name, bytes) in contents {
        let offset = u32::try_from(first + body.len()).unwrap();
        sections.push(section(name, "__DWARF", (0, bytes.len() as u64), offset, 0));
        body.extend_from_slice(bytes);
    }
    let dwarf_bytes = body.len() as u64;
    let code = section("__text", "__TEXT", (BASE, 0x4000_0000), 0x1000, 0x8000_0400);
    let mut out = [0xfeed_facf_u32, 0x0100_000c, 0, 10, 4, u32::try_from(commands).unwrap(), 0, 0]
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect::<Vec<u8>>();
    out.extend(segment("__TEXT", (BASE - 0x1000, 0x4000_1000), (0, 0), &[code]));
    out.extend(segment("__DWARF", (BASE + 0x4000_0000, dwarf_bytes), (first as u64, dwarf_bytes), &sections));
    out.extend([0x1bu32, 24].iter().flat_map(|value| value.to_le_bytes()));
    out.extend(1..=16);
    let at = u32::try_from(first + body.len()).unwrap();
    let (count, length) = (u32::try_from(symbols.len() / 16).unwrap(), u32::try_from(strings.len()).unwrap());
    let table = [2, 24, at, count, at + 16 * count, length];
    out.extend(table.iter().flat_map(|value| value.to_le_bytes()));
    assert_eq!(out.len(), first);
    [out.as_slice(), &body, symbols, strings].concat()
}

/// A fat file that lists one slice many times.
pub(crate) fn fat(slice: &[u8], times: u32) -> Vec<u8> {
    let mut out = [0xcafe_babe_u32, times].iter().flat_map(|value| value.to_be_bytes()).collect::<Vec<u8>>();
    for number in 0..times {
        let entry = [0x0100_000c, number, 4096, u32::try_from(slice.len()).unwrap(), 12];
        out.extend(entry.iter().flat_map(|value| value.to_be_bytes()));
    }
    out.resize(4096, 0);
    [out.as_slice(), slice].concat()
}
