"""Line ends, encodings, spacing: the same small file written in many ways."""

BASE = """MODULE Linux x86_64 000102030405060708090A0B0C0D0E0F0 app
INFO CODE_ID 030201000504070608090A0B0C0D0E0F10111213
FILE 0 /src/a.c
FILE 1 /src/b.h
FUNC 1000 20 0 first(int)
1000 8 10 0
1008 18 11 1
FUNC 1020 10 8 second
1020 10 20 0
PUBLIC 1040 0 third
"""
SAME = {"1000": [["first(int)", "/src/a.c", 10]], "1008": [["first(int)", "/src/b.h", 11]], "102f": [["second", "/src/a.c", 20]], "1040": [["third", None, None]], "fff": []}


def same(data, what, **more):
    return dict(data=data, what=what, look_ups=SAME, **more)


TEXTS = {
    "plain": same(BASE, "nothing odd"),
    "crlf": same(BASE.replace("\n", "\r\n"), "CR LF line ends"),
    "lone-cr": same(BASE.replace("\n", "\r"), "CR line ends"),
    "mixed-ends": same(BASE.replace("\n", "\r\n", 4), "line ends change on the way"),
    "no-final-newline": same(BASE.rstrip("\n"), "the last line has no end"),
    "blank-lines": same(BASE.replace("\n", "\n\n"), "a blank line after each"),
    "bom": same(b"\xef\xbb\xbf" + BASE.encode(), "a UTF-8 byte order mark"),
    "upper-hex": dict(data="MODULE Linux x86_64 000102030405060708090A0B0C0D0E0F0 app\nFUNC ABC0 2A 0 upper\nFUNC 0xdef0 0X10 0 prefixed\n", what="upper case hex, and 0x before numbers", look_ups={"abe9": [["upper", None, None]], "deff": [["prefixed", None, None]]}),
    "spaces": same(BASE.replace("FUNC 1000 20", "FUNC   1000  20").replace("1008 18", "1008   18"), "runs of spaces between fields"),
    "leading-spaces": same(BASE.replace("\n10", "\n 10"), "a space before line records"),
    "comment": same(BASE.replace("FILE 0", "# a comment\nFILE 0"), "a line that begins with #"),
    "unknown-record": same(BASE.replace("FILE 0", "FUTURE 1 2 3\nFILE 0"), "a record of an unknown kind", bad=1),
    "nul-bytes": same(BASE.replace("FILE 1", "INFO \0\0\nFILE 1").encode() + b"\0\0\0", "NUL bytes in a line and behind the end"),
    "byte-ff": dict(data=BASE.encode().replace(b"second", b"sec\xffond"), what="a byte 0xFF in a name: the file does not end there", look_ups={k: v for k, v in SAME.items() if k != "102f"}),
    "utf8-names": dict(data=BASE.replace("first(int)", "первый(int)").replace("/src/b.h", "/src/имя файла.h"), what="names beyond ASCII, spaces in file names", look_ups={"1008": [["первый(int)", "/src/имя файла.h", 11]]}),
    "latin1-names": dict(data=BASE.encode().replace(b"second", b"sch\xf6n"), what="a name that is not UTF-8", look_ups={"1000": SAME["1000"], "1040": SAME["1040"]}),
    "long-line": dict(data=BASE.replace("second", "s" * 9000), what="a name of 9,000 characters", look_ups={"1000": SAME["1000"], "102f": [["s" * 9000, "/src/a.c", 20]]}),
    "empty": dict(data=b"", what="an empty file", look_ups={"1000": []}),
    "header-only": dict(data=BASE.split("\n")[0] + "\n", what="a MODULE record and nothing else", look_ups={"1000": []}),
    "no-module": same("\n".join(BASE.split("\n")[1:]), "no MODULE record"),
    "two-modules": same(BASE + "MODULE mac arm64 FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF0 other\n", "a second MODULE record at the end: the first counts"),
    "info-records": same(BASE.replace("FILE 0", "INFO URL https://symbols.invalid/app.sym\nINFO GENERATOR dumper 2.3.4\nINFO\nINFO OTHER x y z\nFILE 0"), "INFO records of several kinds", info=dict(URL="https://symbols.invalid/app.sym", GENERATOR="dumper 2.3.4")),
}
