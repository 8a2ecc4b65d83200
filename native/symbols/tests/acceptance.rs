//! How other parsers read malformed input (measured with Breakpad's `minidump_stackwalk`), and what is
//! done here: at least what the most tolerant of them does.
#![allow(clippy::unwrap_used, missing_docs)]

use symbols::SymbolMap;
use symbols::index::Kind;
use symbols::lookup::SourceFrame;

const PC: u64 = 0x1004;

/// `function|file:line` of each frame at `PC`, innermost first, joined by ` < `; `-` for none.
fn at(text: &[u8], rva: u64) -> String {
    let index = SymbolMap::from_text(text.to_vec());
    let mut frames = Vec::new();
    if !index.frames_at(rva, &mut frames) {
        return "-".into();
    }
    let show = |f: &SourceFrame<'_>| {
        let file = f.file.as_deref().unwrap_or("?");
        let line = f.line.map_or("?".into(), |line| line.to_string());
        format!("{}|{file}:{line}", f.function)
    };
    frames.iter().map(show).collect::<Vec<_>>().join(" < ")
}

/// Kinds and counts of diagnostics.
fn odd(text: &[u8]) -> Vec<(Kind, u64)> {
    let index = SymbolMap::from_text(text.to_vec());
    index.diagnostics().iter().map(|d| (d.kind, d.count)).collect()
}

#[test]
fn frames_table() {
    let table: &[(&str, &[u8], &str)] = &[
        ("plain", b"FILE 0 a.c\nFUNC 1000 10 0 f\n1000 10 5 0\n", "f|a.c:5"),
        ("CRLF", b"FILE 0 a.c\r\nFUNC 1000 10 0 f\r\n1000 10 5 0\r\n", "f|a.c:5"),
        ("lone CR", b"FILE 0 a.c\rFUNC 1000 10 0 f\r1000 10 5 0\r", "f|a.c:5"),
        ("blank lines", b"\n\nFILE 0 a.c\n\n\nFUNC 1000 10 0 f\n\n1000 10 5 0\n\n", "f|a.c:5"),
        ("no final newline", b"FILE 0 a.c\nFUNC 1000 10 0 f\n1000 10 5 0", "f|a.c:5"),
        ("leading space on a line", b"FILE 0 a.c\nFUNC 1000 10 0 f\n 1000 10 5 0\n", "f|a.c:5"),
        ("leading space on a keyword", b" FILE 0 a.c\n FUNC 1000 10 0 f\n1000 10 5 0\n", "f|a.c:5"),
        ("tabs", b"FILE\t0\ta.c\nFUNC\t1000\t10\t0\tf\n1000\t10\t5\t0\n", "f|a.c:5"),
        ("comment", b"# x\nFILE 0 a.c\nFUNC 1000 10 0 f\n# y\n1000 10 5 0\n", "f|a.c:5"),
        ("BOM", b"\xef\xbb\xbfFILE 0 a.c\nFUNC 1000 10 0 f\n1000 10 5 0\n", "f|a.c:5"),
        ("unknown keyword", b"FILE 0 a.c\nWHAT 1\nFUNC 1000 10 0 f\nWHAT 2\n1000 10 5 0\n", "f|a.c:5"),
        ("runs of spaces", b"FILE  0 a.c\nFUNC  1000   10  0 f\n1000   10  5   0\n", "f|a.c:5"),
        ("two spaces before the name", b"FUNC 1000 10 0  f x\n", "f x|?:?"),
        ("trailing spaces", b"FUNC 1000 10 0 f  \n", "f  |?:?"),
        ("FUNC without name", b"FILE 0 a.c\nFUNC 1000 10 0\n1000 10 5 0\n", "<name omitted>|a.c:5"),
        ("FUNC with empty name", b"FILE 0 a.c\nFUNC 1000 10 0 \n1000 10 5 0\n", "<name omitted>|a.c:5"),
        ("PUBLIC without name", b"PUBLIC 900 0 p\nPUBLIC 1000 0\n", "<name omitted>|?:?"),
        ("PUBLIC with empty name", b"PUBLIC 1000 0 \nPUBLIC 1000 0 p\n", "p|?:?"),
        ("FILE without name", b"FILE 0\nFUNC 1000 10 0 f\n1000 10 5 0\n", "f|?:5"),
        ("upper case", b"FUNC 00000000000000000FFE 1A 0 f\n", "f|?:?"),
        ("0x", b"FILE 0 a.c\nFUNC 0x1000 0X10 0x0 f\n0x1000 0x10 5 0\n", "f|a.c:5"),
        ("plus", b"FILE 0 a.c\nFUNC +1000 +10 +0 f\n+1000 +10 +5 +0\n", "f|a.c:5"),
        ("-1", b"FUNC -1 10 0 f\nFUNC 1000 -1 0 g\n", "-"),
        ("negative address", b"FUNC -fffffffffffff000 10 0 f\n", "f|?:?"),
        ("more than 64 bits", b"FUNC 1000 10000000000000000 0 f\n", "-"),
        ("glued junk", b"FUNC 1000 10zz 0 f\n", "-"),
        ("negative parameters", b"FUNC 1000 10 -4 f\n", "-"),
        ("large parameters", b"FUNC 1000 10 100000004 f\n", "f|?:?"),
        ("size 0, PUBLIC at the same place", b"FUNC 1000 0 0 f\n1000 10 5 0\nPUBLIC 1000 0 p\n", "p|?:?"),
        ("size 0 alone", b"FILE 0 a.c\nFUNC 1000 0 0 f\n1000 10 5 0\n", "f|a.c:5"),
        ("size 0, lines stay its own", b"FUNC 1000 10 0 f\nFUNC 2000 0 0 g\n1000 10 5 0\n", "f|?:?"),
        ("wrapping size", b"FUNC 1000 fffffffffffff001 0 f\n", "-"),
        ("identical FUNCs", b"FUNC 1000 10 0 f\nFUNC 1000 10 0 g\n", "f|?:?"),
        ("identical FUNCs, the first unnamed", b"FUNC 1000 10 0 <name omitted>\nFUNC 1000 10 0 g\n", "g|?:?"),
        ("nested FUNC", b"FUNC 1000 100 0 f\nFUNC 1004 4 0 g\n", "g|?:?"),
        (
            "unsorted",
            b"FUNC 1000 10 0 f\n1008 8 6 0\n1000 8 5 0\nFUNC 0 10 0 g\nFILE 0 a.c\nMODULE a b c d\n",
            "f|a.c:5",
        ),
        ("overlapping lines", b"FUNC 1000 10 0 f\n1000 10 5 0\n1004 4 6 0\n", "f|?:5"),
        ("line of size 0", b"FUNC 1000 10 0 f\n1004 0 5 0\n1000 10 6 0\n", "f|?:6"),
        ("line begins before its FUNC", b"FUNC 1000 10 0 f\nff0 20 5 0\n", "f|?:5"),
        ("line outside its FUNC", b"FUNC 1000 10 0 f\n2000 20 5 0\n", "f|?:?"),
        ("FUNC ends before the line", b"FUNC 1000 4 0 f\n1000 10 5 0\n", "-"),
        ("unknown file", b"FUNC 1000 10 0 f\n1000 10 5 7\n", "f|?:5"),
        ("negative file", b"FUNC 1000 10 0 f\n1000 10 5 -1\n", "f|?:?"),
        ("line 0", b"FUNC 1000 10 0 f\n1000 10 0 0\n", "f|?:0"),
        ("negative line", b"FILE 0 a.c\nFUNC 1000 10 0 f\n1000 10 -5 0\n", "f|a.c:0"),
        ("minus zero", b"FILE -0 a.c\nFUNC 1000 10 0 f\n1000 10 5 -0\n", "f|a.c:5"),
        ("line of 33 bits", b"FUNC 1000 10 0 f\n1000 10 4294967301 0\n", "f|?:5"),
        ("line of 65 bits", b"FUNC 1000 10 0 f\n1000 10 36893488147419103232 0\n", "f|?:?"),
        ("extra field", b"FILE 0 a.c\nFUNC 1000 10 0 f\n1000 10 5 0 9 x\n", "f|a.c:5"),
        ("missing field", b"FUNC 1000 10 0 f\n1000 10 5\n", "f|?:?"),
        ("line before any FUNC", b"1000 10 5 0\nFUNC 1000 10 0 f\n", "f|?:?"),
        ("line after PUBLIC", b"FUNC 1000 10 0 f\nPUBLIC 3000 0 p\n1000 10 5 0\n", "f|?:?"),
        ("line after a bad FUNC", b"FUNC 1000 10 0 f\nFUNC zz 10 0 g\n1000 10 5 0\n", "f|?:?"),
        (
            "FILE, INFO, STACK, INLINE_ORIGIN do not end a FUNC",
            b"FUNC 1000 10 0 f\nFILE 0 a.c\nINFO x\nSTACK CFI INIT 1 1 .cfa: 1\nINLINE_ORIGIN 0 o\n1000 10 5 0\n",
            "f|a.c:5",
        ),
        ("FILE twice", b"FILE 0 a.c\nFILE 0 b.c\nFUNC 1000 10 0 f\n1000 10 5 0\n", "f|a.c:5"),
        ("FILE id of 33 bits", b"FILE 4294967296 a.c\nFUNC 1000 10 0 f\n1000 10 5 0\n", "f|a.c:5"),
        ("negative FILE id", b"FILE -1 a.c\nFUNC 1000 10 0 f\n1000 10 5 0\n", "f|?:5"),
        ("PUBLIC at 0", b"PUBLIC 0 0 p\n", "-"),
        ("PUBLIC for code that no symbol covers", b"PUBLIC 900 0 p\nPUBLIC fff 0 <unknown in a.pdb>\n", "-"),
        ("PUBLIC twice", b"PUBLIC 1000 0 p\nPUBLIC 1000 0 q\n", "p|?:?"),
        ("PUBLIC inside a FUNC names the gap", b"FUNC ff0 10 0 f\nPUBLIC ff8 0 p\n", "p|?:?"),
        ("PUBLIC at a FUNC's start does not", b"FUNC ff0 10 0 f\nPUBLIC ff0 0 p\n", "-"),
        ("PUBLIC below a FUNC does not", b"FUNC ff0 10 0 f\nPUBLIC fe0 0 p\n", "-"),
        ("FUNC over PUBLIC", b"FUNC 1000 10 0 f\nPUBLIC 1002 0 p\n", "f|?:?"),
        ("NUL inside a name", b"FUNC 1000 10 0 f\0g\n", "f_g|?:?"),
        ("NUL at the end", b"FUNC 1000 10 0 f\0\0\n1000 10 5 0\0\n", "f|?:5"),
        ("byte FF", b"FILE 0 a.c\nFUNC 0 10 0 \xff\nFUNC 1000 10 0 g\xffh\n1000 10 5 0\n", "g\u{fffd}h|a.c:5"),
        ("empty", b"", "-"),
        ("bar in a name", b"FUNC 1000 10 0 operator|\n", "operator||?:?"),
        ("INLINE before any FUNC", b"INLINE 0 1 0 0 1000 10\nFUNC 1000 10 0 f\n", "f|?:?"),
        ("INLINE after PUBLIC", b"FUNC 1000 10 0 f\nPUBLIC 2000 0 p\nINLINE 0 1 0 0 1000 10\n", "f|?:?"),
        (
            "INLINE after lines",
            b"INLINE_ORIGIN 0 i\nFILE 0 a.c\nFUNC 1000 10 0 f\n1000 10 5 0\nINLINE 0 1 0 0 1000 10\n",
            "i|a.c:5 < f|a.c:1",
        ),
        (
            "child outside its parent",
            b"INLINE_ORIGIN 0 i\nINLINE_ORIGIN 1 j\nFUNC 1000 10 0 f\nINLINE 0 1 0 0 1004 1\nINLINE 1 2 0 1 1000 20\n",
            "j|?:? < i|?:2 < f|?:1",
        ),
        (
            "overlapping siblings",
            b"INLINE_ORIGIN 0 i\nINLINE_ORIGIN 1 j\nFUNC 1000 10 0 f\nINLINE 0 1 0 0 1000 8\nINLINE 0 2 0 1 1000 10\n",
            "i|?:? < j|?:1 < f|?:2",
        ),
        ("depth gap", b"INLINE_ORIGIN 0 i\nFUNC 1000 10 0 f\nINLINE 2 7 0 0 1000 10\n1000 10 5 0\n", "i|?:5 < f|?:7"),
        ("unknown origin", b"FUNC 1000 10 0 f\nINLINE 0 1 0 9 1000 10\n", "<name omitted>|?:? < f|?:1"),
        (
            "unknown call file",
            b"FILE 0 a.c\nINLINE_ORIGIN 0 i\nFUNC 1000 10 0 f\nINLINE 0 1 -1 0 1000 10\n1000 10 5 0\n",
            "i|a.c:5 < f|?:1",
        ),
        (
            "old dialect",
            b"FILE 0 a.c\nINLINE_ORIGIN 0 0 i\nFUNC 1000 10 0 f\nINLINE 0 1 0 1000 10\n1000 10 5 0\n",
            "i|a.c:5 < f|a.c:1",
        ),
        (
            "old dialect, unknown file",
            b"INLINE_ORIGIN 0 -1 i\nFUNC 1000 10 0 f\nINLINE 0 1 0 1000 10\n",
            "i|?:? < f|?:1",
        ),
        (
            "an origin that begins with a number",
            b"INLINE_ORIGIN 0 3 musketeers\nFUNC 1000 10 0 f\nINLINE 0 1 0 0 1000 10\n",
            "3 musketeers|?:? < f|?:1",
        ),
        (
            "an origin that is a number",
            b"INLINE_ORIGIN 0 33\nFUNC 1000 10 0 f\nINLINE 0 1 0 1000 10\n",
            "33|?:? < f|?:1",
        ),
        ("inline of size 0", b"FUNC 1000 10 0 f\nINLINE 0 1 0 0 1004 0\n", "f|?:?"),
    ];
    for (what, text, want) in table {
        assert_eq!(at(text, PC), *want, "{what}");
        // Nothing hangs on where the file ends: more of it changes nothing.
        let mut longer = text.to_vec();
        longer.extend_from_slice(b"\nFUNC 90000 10 0 ");
        longer.extend_from_slice(&[b'x'; 200]);
        longer.push(b'\n');
        assert_eq!(at(&longer, PC), *want, "{what}, in a longer file");
    }
}

#[test]
fn many_inline_ranges() {
    for old in [false, true] {
        let mut text = b"INLINE_ORIGIN 0 i\nFUNC 1000 10000 0 f\nINLINE 0 1 0".to_vec();
        text.extend_from_slice(if old { b"" } else { b" 0" });
        for i in 0..1000 {
            text.extend(format!(" {:x} 1", 0x1000 + 16 * i).bytes());
        }
        assert_eq!(at(&text, 0x1000 + 16 * 999), "i|?:? < f|?:1");
        assert_eq!(at(&text, 0x1001), "f|?:?");
    }
}

#[test]
fn extents_of_publics() {
    let table: &[(&str, &[u8], u64, u64)] = &[
        ("to the next", b"PUBLIC 1000 0 p\nPUBLIC 2000 0 q\n", 0x1fff, 0x2000),
        ("to a FUNC", b"PUBLIC 1000 0 p\nFUNC 1800 10 0 f\n", 0x17ff, 0x1800),
        ("the last, without unwind records", b"PUBLIC 1000 0 p\n", 0x10fff, 0x11000),
        ("the end of its unwind records", b"PUBLIC 1000 0 p\nSTACK CFI INIT 1000 40 .cfa: 1\n", 0x103f, 0x1040),
        (
            "a run of them",
            b"PUBLIC 1000 0 p\nSTACK CFI INIT 1000 40 .cfa: 1\nSTACK CFI INIT 1050 10 .cfa: 1\n",
            0x105f,
            0x1060,
        ),
        (
            "not a gap",
            b"PUBLIC 1000 0 p\nSTACK CFI INIT 1000 40 .cfa: 1\nSTACK CFI INIT 1051 10 .cfa: 1\n",
            0x103f,
            0x1040,
        ),
        ("not into others' unwind records", b"PUBLIC 1000 0 p\nSTACK CFI INIT 1100 40 .cfa: 1\n", 0x10ff, 0x1100),
    ];
    for (what, text, last, past) in table {
        assert!(at(text, *last).starts_with("p|"), "{what}");
        assert!(!at(text, *past).starts_with("p|"), "{what}");
        assert_eq!(at(text, 0xfff), "-", "{what}");
    }
}

fn cfi(text: &[u8], rva: u64) -> Option<Vec<String>> {
    let index = SymbolMap::from_text(text.to_vec());
    let rules = index.cfi_at(rva)?;
    let all = std::iter::once(rules.init).chain(rules.deltas);
    Some(all.map(|rules| String::from_utf8_lossy(rules).into_owned()).collect())
}

#[test]
fn cfi_table() {
    type Row<'a> = (&'a str, &'a [u8], Option<&'a [&'a str]>);
    let table: &[Row<'_>] = &[
        ("plain", b"STACK CFI INIT 1000 10 a: 1\nSTACK CFI 1002 b: 2\nSTACK CFI 1008 c: 3\n", Some(&["a: 1", "b: 2"])),
        (
            "last duplicate",
            b"STACK CFI INIT 1000 10 a: 1\nSTACK CFI 1002 b: 2\nSTACK CFI 1002 c: 3\n",
            Some(&["a: 1", "c: 3"]),
        ),
        ("delta before INIT", b"STACK CFI 1002 b: 2\nSTACK CFI INIT 1000 10 a: 1\n", Some(&["a: 1", "b: 2"])),
        ("delta at INIT", b"STACK CFI INIT 1000 10 a: 1\nSTACK CFI 1000 b: 2\n", Some(&["a: 1", "b: 2"])),
        (
            "unsorted",
            b"STACK CFI INIT 1000 10 a: 1\nSTACK CFI 1003 b: 2\nSTACK CFI 1001 c: 3\n",
            Some(&["a: 1", "c: 3", "b: 2"]),
        ),
        ("identical INIT", b"STACK CFI INIT 1000 10 a: 1\nSTACK CFI INIT 1000 10 b: 1\n", Some(&["a: 1"])),
        ("nested INIT", b"STACK CFI INIT 1000 10 a: 1\nSTACK CFI INIT 1004 2 b: 1\n", Some(&["b: 1"])),
        ("size 0", b"STACK CFI INIT 1004 0 a: 1\n", None),
        (
            "nothing after the keyword",
            b"STACK CFI\nSTACK CFI INIT 1000 10 a: 1\nSTACK WIN\nSTACK CFI\nSTACK CFI 1001 b: 2\n",
            Some(&["a: 1", "b: 2"]),
        ),
        ("unchecked numbers", b"STACK CFI INIT 1000zz 10 a: 1\nSTACK CFI 1001x b: 2\n", Some(&["a: 1", "b: 2"])),
        ("a number that is none", b"STACK CFI INIT zz 2000 a: 1\n", Some(&["a: 1"])),
    ];
    for (what, text, want) in table {
        let want = want.map(|rules| rules.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(cfi(text, PC), want, "{what}");
    }
}

#[test]
fn win_table() {
    let win = |text: &[u8]| {
        let index = SymbolMap::from_text(text.to_vec());
        index.win_at(PC).map(|w| (w.kind, w.prolog_size, w.program.map(<[u8]>::to_vec), w.allocates_base_pointer))
    };
    type Row<'a> = (&'a str, &'a [u8], Option<(u8, u32, Option<&'a [u8]>, bool)>);
    let table: &[Row<'_>] = &[
        ("frame data", b"STACK WIN 4 1000 10 1 0 0 0 0 0 1 $T0 4 =\n", Some((4, 1, Some(b"$T0 4 ="), false))),
        ("FPO", b"STACK WIN 0 1000 10 1 0 0 0 0 0 0 1\n", Some((0, 1, None, true))),
        (
            "frame data over FPO",
            b"STACK WIN 4 1000 10 1 0 0 0 0 0 1 x\nSTACK WIN 0 1000 10 2 0 0 0 0 0 0 1\n",
            Some((4, 1, Some(b"x"), false)),
        ),
        (
            "innermost",
            b"STACK WIN 4 1000 10 1 0 0 0 0 0 1 x\nSTACK WIN 4 1002 4 2 0 0 0 0 0 1 y\n",
            Some((4, 2, Some(b"y"), false)),
        ),
        ("other types", b"STACK WIN 1 1000 10 1 0 0 0 0 0 1 x\nSTACK WIN a 1000 10 1 0 0 0 0 0 1 x\n", None),
        ("program in FPO", b"STACK WIN 0 1000 10 1 0 0 0 0 0 1 x\n", Some((0, 1, Some(b"x"), false))),
        ("frame data without program", b"STACK WIN 4 1000 10 1 0 0 0 0 0 0 0\n", Some((4, 1, None, false))),
        ("unchecked numbers", b"STACK WIN 4 1000 10 zz 0 0 0 0 0 1 x\n", Some((4, 0, Some(b"x"), false))),
        ("nothing after the keyword", b"STACK WIN\n", None),
    ];
    for (what, text, want) in table {
        let want = want.map(|(kind, prolog, program, bp)| (kind, prolog, program.map(<[u8]>::to_vec), bp));
        assert_eq!(win(text), want, "{what}");
    }
}

#[test]
fn diagnostics() {
    let text =
        b"MODULE Linux x86_64 ABC1 name\nWHAT\nFUNC zz 1 0 f\n1000 10 5 0\nFUNC 1000 10 0\n1000 10\n1000 10 5 x\n\
        INFO\nPUBLIC 2000 0 a\nPUBLIC 2000 0 b\nPUBLIC 0 0 c\nINLINE 0 1 0 0 1 1\nSTACK WIN 9 0 0 0 0 0 0 0 0 0 0\n\
        FILE 0\nMODULE a b c d\nFUNC 1008 4 0 g\nFUNC 3000 ffffffffffffff00 0 h\nSTACK CFI INIT 0 0 a: 1\n";
    assert_eq!(
        odd(text),
        [
            (Kind::UnknownRecord, 1),
            (Kind::MissingField, 1),
            (Kind::BadNumber, 2),
            (Kind::EmptyName, 1),
            (Kind::BadWinType, 1),
            (Kind::LineOutside, 1),
            (Kind::InlineOutside, 1),
            (Kind::FuncUnnamed, 1),
            (Kind::FuncWraps, 1),
            (Kind::PublicDuplicate, 1),
            (Kind::PublicZero, 1),
            (Kind::ModuleTwice, 1),
            (Kind::FuncOverlap, 1),
            (Kind::StackEmpty, 1),
        ]
    );
    let index = SymbolMap::from_text(text.to_vec());
    let lines = |kind| index.diagnostics().iter().find(|d| d.kind == kind).unwrap().first_lines.clone();
    assert_eq!(lines(Kind::BadNumber), [3, 7]);
    assert_eq!(lines(Kind::PublicDuplicate), [10]);
    assert_eq!(lines(Kind::FuncOverlap), [16]);
    let many = "WHAT\r\n".repeat(100);
    let index = SymbolMap::from_text(many.into_bytes());
    assert_eq!(index.diagnostics()[0].count, 100);
    assert_eq!(index.diagnostics()[0].first_lines, [1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn module_and_info() {
    let text =
        b"MODULE windows x86 5A9832E5287241C1838ED98914E9B7FF1 my app.pdb\nINFO CODE_ID 5F3A1B2C8000 my app.exe\n\
        INFO GENERATOR mozilla/dump_syms 2.3\nINFO URL http://x/y\nINFO CODE_ID 1\n";
    let index = SymbolMap::from_text(text.to_vec());
    let module = index.module().unwrap();
    assert_eq!((&*module.os, &*module.arch, &*module.name), ("windows", "x86", "my app.pdb"));
    assert_eq!(module.debug_id.unwrap().to_string(), "5A9832E5287241C1838ED98914E9B7FF1");
    assert_eq!(module.code_id.as_deref(), Some("5F3A1B2C8000"));
    assert_eq!(module.code_file.as_deref(), Some("my app.exe"));
    assert_eq!(module.generator.as_deref(), Some("mozilla/dump_syms 2.3"));
    assert_eq!(module.url.as_deref(), Some("http://x/y"));
    assert!(SymbolMap::from_text(b"FUNC 1 1 0 f\n".to_vec()).module().is_none());
}

#[test]
fn folding() {
    let folded = |text: &[u8]| SymbolMap::from_text(text.to_vec()).function_at(PC).unwrap().folded;
    assert!(folded(b"FUNC m 1000 10 0 f\n"));
    assert!(!folded(b"FUNC 1000 10 0 f\n"));
    assert!(folded(b"PUBLIC m 1000 0 p\n"));
    assert!(folded(b"PUBLIC 1000 0 p\nPUBLIC 1000 0 q\n"));
    assert!(!folded(b"PUBLIC 1000 0 p\nPUBLIC 1000 0 p\n"));
    assert!(folded(b"FUNC 1000 10 0 f\nFUNC 1000 10 0 g\n"));
    assert!(!folded(b"FUNC 1000 10 0 f\nFUNC 1000 10 0 f\n"));
    assert!(!folded(b"FUNC 1000 10 0 f\nFUNC 1000 8 0 g\n"));
}

#[test]
fn thumb_bits_are_no_part_of_a_public_address() {
    let index = SymbolMap::from_text(b"MODULE Linux arm 0 a\nPUBLIC 735 0 abort\nPUBLIC 801 0 next\n".to_vec());
    assert_eq!(index.function_at(0x734).map(|f| (f.name.into_owned(), f.start)), Some(("abort".into(), 0x734)));
    assert_eq!(index.function_at(0x800).map(|f| (f.name.into_owned(), f.start)), Some(("next".into(), 0x800)));
    let other = SymbolMap::from_text(b"MODULE Linux x86 0 a\nPUBLIC 735 0 abort\n".to_vec());
    assert!(other.function_at(0x734).is_none());
}

#[test]
fn the_last_public_does_not_name_the_constants_behind_it() {
    let text = b"MODULE Linux x86 0 a\nFUNC 100 10 0 f\nPUBLIC 200 0 _fini\nSTACK CFI INIT 100 10 .cfa: $esp 4 + .ra: .cfa -4 + ^\n";
    let index = SymbolMap::from_text(text.to_vec());
    assert!(index.function_at(0x210).is_some());
    assert!(index.function_at(0x2ea).is_none(), "a pointer to a constant is no return address");
    assert!(index.function_at(0x7000).is_none());
}

#[test]
fn rules_that_begin_inside_a_public_are_its_own() {
    let text = b"MODULE Linux x86_64 0 a\nPUBLIC 1000 0 clone3\nPUBLIC 2000 0 plain\n\
        STACK CFI INIT 1021 15 .cfa: $rsp 8 + .ra: .cfa -8 + ^\nSTACK CFI INIT 2100 20 .cfa: $rsp 8 + .ra: .cfa -8 + ^\n";
    let index = SymbolMap::from_text(text.to_vec());
    assert_eq!(index.function_at(0x102b).map(|f| f.name.into_owned()), Some("clone3".into()));
    assert!(index.function_at(0x1036).is_none());
    assert!(index.function_at(0x20ff).is_some());
    assert!(index.function_at(0x2100).is_none(), "a function without a name");
}
