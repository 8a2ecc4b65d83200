//! Kinds that are recognised by their first bytes.

use super::{Kind, tombstone};

const UNPACK: &str = "unpack it and give the crashes in it";
const SYMBOLS: &str = "`symbolicate symbols check` states whether its symbols can be used";
const NO_CRASH: &str = "";
const CORE: &str = "core files are not read; write a minidump instead (Crashpad, Breakpad, core2md)";

/// Where a magic number stands, the number, and what it means.
const MAGIC: [(usize, &[u8], Kind); 46] = [
    kind(0, b"PAGEDU64", "a Windows kernel dump (64-bit)", "kernel dumps are not read; WinDbg reads them"),
    kind(0, b"PAGEDUMP", "a Windows kernel dump (32-bit)", "kernel dumps are not read; WinDbg reads them"),
    kind(0, b"Microsoft C/C++ MSF 7.00\r\n", "a PDB file", SYMBOLS),
    kind(0, b"Microsoft MSFZ Container\r\n", "a compressed PDB file (MSFZ)", SYMBOLS),
    kind(0, b"Microsoft C/C++ program database 2.00", "an old PDB file", NO_CRASH),
    kind(0, b"BSJB", "a portable PDB file of .NET", NO_CRASH),
    kind(
        0,
        b"JAVA PROFILE 1.0",
        "a heap dump of a Java virtual machine (hprof)",
        "it holds no crash; give the exception's trace",
    ),
    kind(0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK),
    kind(0, b"Rar!\x1a\x07", "a RAR archive", UNPACK),
    kind(0, b"MSCF", "a Windows cabinet (CAB)", UNPACK),
    kind(257, b"ustar", "a tar archive", UNPACK),
    kind(0, b"\x04\x22\x4d\x18", "data compressed with lz4", UNPACK),
    kind(0, b"LZIP", "data compressed with lzip", UNPACK),
    kind(0, b"\x1f\x9d", "data compressed with compress (.Z)", UNPACK),
    kind(0, b"\x5d\x00\x00\x80\x00", "data compressed with lzma", UNPACK),
    kind(0, b"\x5d\x00\x00\x00\x04", "data compressed with lzma", UNPACK),
    kind(0, b"ITSF", "a compiled help file (CHM)", NO_CRASH),
    kind(0, b"xar!", "a xar archive", UNPACK),
    kind(0, b"\xed\xab\xee\xdb", "an RPM package", NO_CRASH),
    kind(0, b"!<arch>\ndebian", "a Debian package", NO_CRASH),
    kind(0, b"!<arch>\n", "a static library (ar archive)", NO_CRASH),
    kind(0, b"!<thin>\n", "a static library (thin ar archive)", NO_CRASH),
    kind(0, b"SQLite format 3\0", "an SQLite database", NO_CRASH),
    kind(0, b"%PDF-", "a PDF document", NO_CRASH),
    kind(0, b"\x89PNG\r\n\x1a\n", "a PNG image", NO_CRASH),
    kind(0, b"\xff\xd8\xff", "a JPEG image", NO_CRASH),
    kind(0, b"GIF87a", "a GIF image", NO_CRASH),
    kind(0, b"GIF89a", "a GIF image", NO_CRASH),
    kind(8, b"WEBP", "a WebP image", NO_CRASH),
    kind(4, b"ftyp", "a video (MP4 or QuickTime)", NO_CRASH),
    kind(0, b"\0asm", "a WebAssembly module", NO_CRASH),
    kind(0, b"dex\n", "Dalvik bytecode (dex)", NO_CRASH),
    kind(0, b"ElfFile\0", "a Windows event log (evtx)", "export the event as text and give that"),
    kind(0, b"regf", "a Windows registry hive", NO_CRASH),
    kind(0, b"bplist00", "a binary property list", "convert it to text (plutil -convert json) if it holds a report"),
    kind(0, b"PERFILE2", "a profile of perf", NO_CRASH),
    kind(0, b"BC\xc0\xde", "LLVM bitcode", NO_CRASH),
    kind(0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an OLE document (Office, MSI)", NO_CRASH),
    kind(0, b"\0\0\x01\0\x01", "an icon", NO_CRASH),
    kind(0, b"OggS", "an Ogg recording", NO_CRASH),
    kind(0, b"RIFF", "a RIFF file (sound or video)", NO_CRASH),
    kind(0, b"ID3", "an MP3 recording", NO_CRASH),
    kind(0, b"\x50\x4b\x05\x06", "an empty zip archive", NO_CRASH),
    kind(0, b"KDMP", "a kernel core of the BSD family", CORE),
    kind(0, b"DtsX", "a data archive of DTrace", NO_CRASH),
    kind(0, b"\xfe\xed\xfe\xed", "a Java key store", NO_CRASH),
];

const fn kind(at: usize, magic: &'static [u8], name: &'static str, hint: &'static str) -> (usize, &'static [u8], Kind) {
    (at, magic, Kind { name, hint })
}

/// The kind that the bytes begin like.
pub(crate) fn of(bytes: &[u8]) -> Option<Kind> {
    let by_magic = MAGIC.iter().find(|(at, magic, _)| bytes.get(*at..).is_some_and(|rest| rest.starts_with(magic)));
    by_magic.map(|(_, _, kind)| *kind).or_else(|| elf(bytes)).or_else(|| mach_o(bytes)).or_else(|| pe(bytes)).or_else(
        || {
            tombstone::is_protobuf(bytes).then_some(Kind {
                name: "an Android tombstone in protobuf form",
                hint: "give the text form (tombstone_00 beside tombstone_00.pb, or `pbtombstone` of Android's tools)",
            })
        },
    )
}

fn elf(bytes: &[u8]) -> Option<Kind> {
    /// `e_type` of a core file.
    const ET_CORE: u16 = 4;
    if !bytes.starts_with(b"\x7fELF") {
        return None;
    }
    let kind = [*bytes.get(16)?, *bytes.get(17)?];
    let kind = if bytes.get(5) == Some(&2) { u16::from_be_bytes(kind) } else { u16::from_le_bytes(kind) };
    Some(if kind == ET_CORE {
        Kind { name: "an ELF core file", hint: CORE }
    } else {
        Kind { name: "an ELF file (program, library or debug information)", hint: SYMBOLS }
    })
}

fn mach_o(bytes: &[u8]) -> Option<Kind> {
    /// `filetype` of a core file.
    const MH_CORE: u32 = 4;
    let word = |at: usize| Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    let magic = word(0)?;
    match magic {
        0xfeed_face | 0xfeed_facf | 0xcefa_edfe | 0xcffa_edfe => {
            let kind = word(12)?;
            let kind = if magic & 0xffff == 0xfeed || magic >> 16 == 0xfeed { kind } else { kind.swap_bytes() };
            Some(if kind == MH_CORE {
                Kind { name: "a Mach-O core file", hint: CORE }
            } else {
                Kind { name: "a Mach-O file (program, library or debug information)", hint: SYMBOLS }
            })
        }
        // Both begin with the same word; a Java class has its version next, which is above 40.
        0xbeba_feca if word(4)?.swap_bytes() < 40 => {
            Some(Kind { name: "a universal Mach-O file (program, library or debug information)", hint: SYMBOLS })
        }
        0xbeba_feca => Some(Kind { name: "a Java class file", hint: NO_CRASH }),
        _ => None,
    }
}

fn pe(bytes: &[u8]) -> Option<Kind> {
    let header = u32::from_le_bytes(*bytes.strip_prefix(b"MZ")?.get(0x3a..)?.first_chunk()?);
    let header = bytes.get(usize::try_from(header).ok()?..)?;
    let windows = header.starts_with(b"PE\0\0");
    windows.then_some(Kind { name: "a Windows program or library (PE)", hint: SYMBOLS })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(bytes: &[u8]) -> Option<&'static str> {
        of(bytes).map(|kind| kind.name)
    }

    #[test]
    fn containers_by_their_type_field() {
        let mut elf = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x04\0".to_vec();
        assert_eq!(name(&elf), Some("an ELF core file"));
        elf[16] = 3;
        assert_eq!(name(&elf), Some("an ELF file (program, library or debug information)"));
        (elf[5], elf[16], elf[17]) = (2, 0, 4);
        assert_eq!(name(&elf), Some("an ELF core file"));
        assert_eq!(name(&elf[..17]), None);
        let little = b"\xcf\xfa\xed\xfe\x0c\0\0\x01\0\0\0\0\x04\0\0\0";
        assert_eq!(name(little), Some("a Mach-O core file"));
        let big = b"\xfe\xed\xfa\xce\0\0\0\x12\0\0\0\0\0\0\0\x02";
        assert_eq!(name(big), Some("a Mach-O file (program, library or debug information)"));
        assert_eq!(
            name(b"\xca\xfe\xba\xbe\0\0\0\x02"),
            Some("a universal Mach-O file (program, library or debug information)")
        );
        assert_eq!(name(b"\xca\xfe\xba\xbe\0\0\0\x41"), Some("a Java class file"));
        let mut pe = vec![0; 0x44];
        pe[..2].copy_from_slice(b"MZ");
        (pe[0x3c], pe[0x40], pe[0x41]) = (0x40, b'P', b'E');
        assert_eq!(name(&pe), Some("a Windows program or library (PE)"));
        pe[0x3f] = 0xff;
        assert_eq!(name(&pe), None);
    }

    #[test]
    fn by_magic() {
        assert_eq!(name(b"PAGEDU64DUMP"), Some("a Windows kernel dump (64-bit)"));
        let mut tar = vec![b'a'; 257];
        tar.extend(b"ustar\0");
        assert_eq!(name(&tar), Some("a tar archive"));
        assert_eq!(name(b"MDMP"), None);
        assert_eq!(name(b"hello"), None);
    }
}
