"""Functions, lines, inlines and publics: dialects, order, overlaps, and records that are wrong."""

HEAD = "MODULE Linux x86_64 000102030405060708090A0B0C0D0E0F0 app\nFILE 0 a.c\nFILE 1 b.h\nFILE 2 c.h\n"
NEW = HEAD + """INLINE_ORIGIN 0 outer
INLINE_ORIGIN 1 inner
FUNC 1000 40 0 function
INLINE 0 12 0 0 1010 20 1038 4
INLINE 1 55 1 1 1018 8
1000 10 11 0
1010 8 54 1
1018 8 77 2
1020 10 56 1
1030 8 13 0
1038 4 57 1
103c 4 14 0
"""
OLD = HEAD + """INLINE_ORIGIN 0 1 outer
INLINE_ORIGIN 1 -1 inner
FUNC 1000 40 0 function
INLINE 0 12 0 1010 20
INLINE 1 55 1 1018 8
1000 10 11 0
1010 8 54 1
1018 8 77 2
1020 10 56 1
1030 10 13 0
"""


def case(what, data, **more):
    return dict(data=data, what=what, **more)


RECORDS = {
    "inline-new": case("INLINE with call file and several ranges", NEW, look_ups={
        "1000": [["function", "a.c", 11]], "1010": [["outer", "b.h", 54], ["function", "a.c", 12]],
        "101c": [["inner", "c.h", 77], ["outer", "b.h", 55], ["function", "a.c", 12]],
        "1020": [["outer", "b.h", 56], ["function", "a.c", 12]], "1034": [["function", "a.c", 13]],
        "1038": [["outer", "b.h", 57], ["function", "a.c", 12]], "103c": [["function", "a.c", 14]]}),
    "inline-old": case("the first INLINE dialect: no call file, a file number in INLINE_ORIGIN", OLD, functions_only=True, look_ups={
        "101c": [["inner", "c.h", 77], ["outer", None, 55], ["function", None, 12]], "1020": [["outer", "b.h", 56], ["function", None, 12]],
        "1030": [["function", "a.c", 13]]}),
    "inline-after-lines": case("INLINE records behind the lines of their function", HEAD + "INLINE_ORIGIN 0 in\nFUNC 1000 10 0 f\n1000 10 5 1\nINLINE 0 3 0 0 1000 10\n",
        look_ups={"1004": [["in", "b.h", 5], ["f", "a.c", 3]]}),
    "inline-without-function": case("INLINE before any FUNC, behind a PUBLIC, behind a FUNC that is wrong",
        HEAD + "INLINE_ORIGIN 0 in\nINLINE 0 3 0 0 1000 10\nFUNC 1000 10 0 f\n1000 10 5 1\nPUBLIC 2000 0 p\nINLINE 0 3 0 0 2000 10\nFUNC zz 10 0 g\nINLINE 0 3 0 0 3000 10\n",
        look_ups={"1004": [["f", "b.h", 5]], "2000": [["p", None, None]]}),
    "inline-depth-gap": case("depth 0 and 2 without 1: the ranges still nest", HEAD + "INLINE_ORIGIN 0 a\nINLINE_ORIGIN 1 b\nFUNC 1000 10 0 f\nINLINE 0 3 0 0 1000 10\nINLINE 2 4 1 1 1004 4\n1000 10 5 1\n",
        look_ups={"1000": [["a", "b.h", 5], ["f", "a.c", 3]]}),
    "inline-zero-range": case("a range of size 0 among others, as GCC's DWARF 4 gives", HEAD + "INLINE_ORIGIN 0 a\nFUNC 1000 10 0 f\nINLINE 0 3 0 0 1000 0 1004 4\n1000 10 5 1\n",
        look_ups={"1000": [["f", "b.h", 5]], "1004": [["a", "b.h", 5], ["f", "a.c", 3]]}),
    "inline-origin-missing": case("an origin that no record names", HEAD + "FUNC 1000 10 0 f\nINLINE 0 3 0 9 1000 10\n1000 10 5 1\n", frames=2, look_ups={}),
    "inline-origin-number": case("an inlined function whose name begins with a number, in the new dialect", HEAD + "INLINE_ORIGIN 0 3 musketeers\nFUNC 1000 10 0 f\nINLINE 0 3 0 0 1000 10\n1000 10 5 1\n", ambiguous=True, look_ups={}),
    "multiple-flag": case("m: several symbols share the address", HEAD + "FUNC m 1000 10 0 folded\n1000 10 5 1\nPUBLIC m 2000 4 alias\n",
        look_ups={"1004": [["folded", "b.h", 5]], "2000": [["alias", None, None]]}),
    "public-only": case("PUBLIC records without any FUNC", HEAD + "PUBLIC 1000 0 a\nPUBLIC 1100 c b\n", look_ups={"1000": [["a", None, None]], "10ff": [["a", None, None]], "1100": [["b", None, None]], "fff": []}),
    "public-before-function": case("a PUBLIC ends where a FUNC begins; behind the FUNC it says nothing", HEAD + "PUBLIC 1000 0 p\nFUNC 1010 10 0 f\n1010 10 5 1\n",
        look_ups={"1008": [["p", None, None]], "1018": [["f", "b.h", 5]], "1020": []}),
    "public-duplicate": case("two PUBLICs at one address: the first", HEAD + "PUBLIC 1000 0 one\nPUBLIC 1000 0 two\n", look_ups={"1004": [["one", None, None]]}),
    "function-duplicate": case("the same FUNC twice: the first, with its lines", HEAD + "FUNC 1000 10 0 one\n1000 10 5 1\nFUNC 1000 10 0 two\n1000 10 6 2\n", look_ups={"1004": [["one", "b.h", 5]]}),
    "function-overlap": case("a FUNC that begins inside another", HEAD + "FUNC 1000 20 0 one\n1000 20 5 1\nFUNC 1010 20 0 two\n1010 20 6 2\n", ambiguous=True, look_ups={"1004": [["one", "b.h", 5]]}),
    "function-size-zero": case("a FUNC of size 0", HEAD + "FUNC 1000 0 0 nothing\nFUNC 1010 10 0 f\n1010 10 5 1\n", look_ups={"1014": [["f", "b.h", 5]]}),
    "function-wraps": case("a FUNC whose end wraps around", HEAD + "FUNC ffffffffffffff00 200 0 wraps\nFUNC 1000 10 0 f\n1000 10 5 1\n", look_ups={"1004": [["f", "b.h", 5]]}),
    "unsorted": case("FUNC, lines, FILE and PUBLIC in no order", "MODULE Linux x86_64 000102030405060708090A0B0C0D0E0F0 app\nPUBLIC 3000 0 p\nFUNC 2000 10 0 late\n2008 8 2 7\n2000 8 1 7\nFUNC 1000 10 0 early\n1000 10 9 7\nFILE 7 x.c\n",
        look_ups={"1004": [["early", "x.c", 9]], "2004": [["late", "x.c", 1]], "200c": [["late", "x.c", 2]], "3000": [["p", None, None]]}),
    "file-missing": case("a line of a file that no record names", HEAD + "FUNC 1000 10 0 f\n1000 10 5 99\n", look_ups={"1004": [["f", None, 5]]}, file_of_line_unknown=True),
    "line-zero": case("line 0, as compilers write for code of no line", HEAD + "FUNC 1000 10 0 f\n1000 8 0 0\n1008 8 7 0\n", functions_only=True, look_ups={"1004": [["f", "a.c", 0]], "1008": [["f", "a.c", 7]]}),
    "line-gap": case("addresses of a function that no line covers", HEAD + "FUNC 1000 30 0 f\n1000 8 5 0\n1020 8 7 0\n", look_ups={"1004": [["f", "a.c", 5]], "1010": [["f", None, None]], "102c": [["f", None, None]]}),
    "line-outside": case("lines that begin before their function and end behind it", HEAD + "FUNC 1000 10 0 f\nff8 10 5 0\n1008 20 7 0\n", look_ups={"1004": [["f", "a.c", 5]], "100c": [["f", "a.c", 7]], "1010": [], "ffc": []}),
    "line-without-function": case("a line before any FUNC", HEAD + "1000 10 5 1\nFUNC 1000 10 0 f\n1000 10 6 1\n", bad=1, look_ups={"1004": [["f", "b.h", 6]]}),
    "line-extra-field": case("more fields than a line has", HEAD + "FUNC 1000 10 0 f\n1000 10 6 1 extra 5\n", look_ups={"1004": [["f", "b.h", 6]]}),
    "line-huge-number": case("numbers beyond 32 and 64 bits", HEAD + "FUNC 1000 10 0 f\n1000 8 99999999999999999999999 1\n1008 8 6 1\nFUNC 123456789abcdef01 10 0 g\n", functions_only=True, look_ups={"100c": [["f", "b.h", 6]]}),
    "many-bad-lines": case("two hundred wrong lines, then a good function", HEAD + "FUNC broken\n" * 200 + "FUNC 1000 10 0 f\n1000 10 6 1\n", bad=200, look_ups={"1004": [["f", "b.h", 6]]}),
    "name-missing": case("FUNC and PUBLIC without a name", HEAD + "FUNC 1000 10 0\n1000 10 6 1\nPUBLIC 2000 0\nFUNC 3000 10 0 f\n3000 10 6 1\n", look_ups={"3004": [["f", "b.h", 6]]}),
    "names-odd": case("names with bars, templates, operators, several languages' mangling", HEAD
        + "FUNC 1000 10 0 operator|(A const&, A const&)\n1000 10 6 1\nFUNC 2000 10 0 std::vector<std::pair<int, char>, std::allocator<std::pair<int, char> > >::operator[](unsigned long)\n2000 10 6 1\n"
        + "PUBLIC 3000 0 $s4main3FooC3bar1xySi_tF\nPUBLIC 3100 0 _RNvNtCs1234_7mycrate3foo3bar\nPUBLIC 3200 0 ?run@Session@core@@QEAAHHPECH@Z\nPUBLIC 3300 0 _ZN4core11callThroughEPFvvE\n",
        look_ups={"1000": [["operator|(A const&, A const&)", "b.h", 6]], "2000": [["std::vector<std::pair<int, char>, std::allocator<std::pair<int, char> > >::operator[](unsigned long)", "b.h", 6]]}),
    "wrong-id": case("the MODULE record is of another build than the path says", HEAD.replace("000102", "FFFFFF") + "FUNC 1000 10 0 f\n1000 10 6 1\n", look_ups={"1004": [["f", "b.h", 6]]}),
    "file-vcs": case("file names as servers of sources want them", HEAD + "FILE 7 hg:hg.example.org/central:src/a.cpp:0123456789ab\nFILE 8 s3:bucket:0123/gen b.cc:\nFUNC 1000 10 0 f\n1000 8 6 7\n1008 8 7 8\n",
        look_ups={"1000": [["f", "hg:hg.example.org/central:src/a.cpp:0123456789ab", 6]], "1008": [["f", "s3:bucket:0123/gen b.cc:", 7]]}),
}
