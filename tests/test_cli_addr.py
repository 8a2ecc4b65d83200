"""`symbolicate addr`: addresses without a crash, as this program and as other tools spell it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from places import FIXTURES, ROOT
from symbolicate._native import debug_files
from symbolicate.render.short_names import short_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Run

    Program = Callable[..., Run]

APPLE = ROOT / "symbols-fixtures" / "apple"
SYM = b"""MODULE windows x86_64 0123456789ABCDEF0123456789ABCDEF1 calc.pdb
FILE 0 C:\\src\\calc.cpp
FILE 1 C:\\src\\fold.h
INLINE_ORIGIN 0 ?fold@ns@@YAHH@Z
FUNC 1000 40 0 main
INLINE 0 12 0 0 1010 10
1000 10 10 0
1010 10 7 1
1020 20 14 0
PUBLIC 2000 0 _start
"""


@pytest.fixture
def sym(tmp_path: Path) -> Path:
    path = tmp_path / "symbols" / "calc.sym"
    path.parent.mkdir()
    path.write_bytes(SYM)
    return path


@pytest.fixture
def addr(run: Program, tmp_path: Path) -> Program:
    def program(*arguments: str | Path, stdin: bytes = b"") -> Run:
        return run("addr", "--store", tmp_path / "store", *arguments, stdin=stdin)

    return program


def test_frames_of_addresses(addr: Program, sym: Path) -> None:
    done = addr("--symbols", sym, "0x1015", "1000", "0x2004", "0x40")
    assert (done.code, done.err) == (0, "")
    assert done.text.splitlines() == [
        "0x0000000000001015: int __cdecl ns::fold(int) at C:\\src\\fold.h:7",
        " (inlined by) main at C:\\src\\calc.cpp:12",
        "0x0000000000001000: main at C:\\src\\calc.cpp:10",
        "0x0000000000002004: _start at ??:?",
        "0x0000000000000040: ?? ??:0",
    ]


def test_json(addr: Program, sym: Path) -> None:
    done = addr("--symbols", sym, "--base", "0x7ff600000000", "--json", "0x7ff600001015", "10", "x", "-s")
    assert done.code == 1
    first, before, wrong = map(json.loads, done.text.splitlines())
    assert first == {
        "address": "0x7ff600001015",
        "module": "calc.pdb",
        "debug_id": "0123456789ABCDEF0123456789ABCDEF1",
        "code_id": None,
        "module_offset": "0x1015",
        "function_offset": "0x15",
        "frames": [
            {"function": "int __cdecl ns::fold(int)", "file": "fold.h", "line": 7, "inlined": True},
            {"function": "main", "file": "calc.cpp", "line": 12, "inlined": False},
        ],
    }
    assert (before["module_offset"], before["frames"]) == (None, [])
    assert wrong == {"input": "x", "error": "not an address", "frames": []}


def test_each_id_has_its_own_key(addr: Program, sym: Path) -> None:
    def ids_of(*arguments: str | Path) -> tuple[str | None, str | None]:
        answer = json.loads(addr(*arguments, "--json", "0x1000").text)
        return answer["debug_id"], answer["code_id"]

    [build] = debug_files(FIXTURES / "elf/x86_64-gcc-dwarf5/gauge.debug")
    assert ids_of("--symbols", build.path) == (build.debug_id, build.code_id)
    sym.write_bytes(SYM.replace(b"FILE 0", b"INFO CODE_ID 5F3A2B1C10000 calc.exe\nFILE 0", 1))
    assert ids_of("--symbols", sym) == ("0123456789ABCDEF0123456789ABCDEF1", "5f3a2b1c10000")
    assert ids_of("--symbols", sym.parent, "--module", "nothing.so") == (None, None)


@pytest.mark.parametrize("folder", ["elf/x86_64-gcc-dwarf5", "windows/x64"])
def test_a_module_of_a_code_id(addr: Program, folder: str) -> None:
    builds = [build for path in (FIXTURES / folder).iterdir() if path.is_file() for build in debug_files(path)]
    image = next(build for build in builds if build.code_id)
    by_code, by_name = (
        addr("--symbols", FIXTURES / folder, "--module", module, "0x1000", "0x1100", "0x1200", "--json")
        for module in (image.code_id, image.debug_id)
    )
    frames = [json.loads(line)["frames"] for line in by_name.text.splitlines()]
    assert any(frames)
    assert [json.loads(line)["frames"] for line in by_code.text.splitlines()] == frames
    assert {json.loads(line)["debug_id"] for line in by_code.text.splitlines()} == {image.debug_id}


@pytest.mark.parametrize("name", ["calc.pdb", "CALC.PDB", "0123456789abcdef0123456789abcdef1"])
def test_a_module_of_a_folder(addr: Program, sym: Path, name: str) -> None:
    other = sym.with_name("other.sym")
    other.write_bytes(SYM.replace(b"calc.pdb", b"other.pdb").replace(b"DEF1 ", b"DEF2 "))
    done = addr("--symbols", sym.parent, "--module", name, "--base", "10000", "11020")
    assert (done.code, done.text) == (0, "0x0000000000011020: main at C:\\src\\calc.cpp:14\n")


def test_several_modules_of_a_name(addr: Program, sym: Path) -> None:
    sym.with_name("old.sym").write_bytes(SYM.replace(b"DEF1 ", b"DEF2 "))
    done = addr("--symbols", sym.parent, "--module", "calc.pdb", "0x1000")
    assert done.code == 2
    assert "DEF1" in done.err
    assert "DEF2" in done.err


def test_missing_symbols_are_no_error(addr: Program, sym: Path) -> None:
    done = addr("--symbols", sym.parent, "--module", "nothing.so", "0x1000")
    assert (done.code, done.text) == (0, "0x0000000000001000: ?? ??:0\n")
    assert "no symbols found for nothing.so" in done.err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-e"], "C:\\src\\fold.h:7\n"),
        (["-f", "-e"], "main\nC:\\src\\fold.h:7\n"),
        (["-fCi", "-e"], "int __cdecl ns::fold(int)\nC:\\src\\fold.h:7\nmain\nC:\\src\\calc.cpp:12\n"),
        (["-p", "-a", "-s", "-f", "--exe"], "0x0000000000001015: main at fold.h:7\n"),
        (["--obj"], "int __cdecl ns::fold(int)\nC:\\src\\fold.h:7:0\nmain\nC:\\src\\calc.cpp:12:0\n\n"),
        (["--no-inlines", "--no-demangle", "-a", "--obj"], "0x1015\nmain\nC:\\src\\fold.h:7:0\n\n"),
        (["-o"], "main (in calc.pdb) (fold.h:7)\n"),
        (["-i", "-o"], "int __cdecl ns::fold(int) (in calc.pdb) (fold.h:7)\nmain (in calc.pdb) (calc.cpp:12)\n"),
        (["-fullPath", "-o"], "main (in calc.pdb) (C:\\src\\fold.h:7)\n"),
        (["--output-style=GNU", "-o"], "C:\\src\\fold.h:7\n"),
    ],
)
def test_spellings_of_other_tools(addr: Program, sym: Path, arguments: list[str], expected: str) -> None:
    done = addr(*arguments, sym, "0x1015")
    assert (done.code, done.err, done.text) == (0, "", expected)


@pytest.mark.parametrize(
    ("arguments", "unknown"),
    [
        (["-e"], "??:0\n"),
        (["-fe"], "??\n??:0\n"),
        (["--obj"], "??\n??:0:0\n\n"),
        (["-o"], "0x0000000000000020 (in calc.pdb)\n"),
    ],
)
def test_unknown_addresses(addr: Program, sym: Path, arguments: list[str], unknown: str) -> None:
    done = addr(*arguments, sym, "0x20")
    assert (done.code, done.text) == (0, unknown)


def test_lines_that_are_no_addresses_are_answered(addr: Program, sym: Path) -> None:
    lines = [b"0x1000", b"", b"nonsense", b"-1", b"1_000", b"0x1ffffffffffffffff", b"\xff\x1b[31m", b" 1000 ", b"1020"]
    done = addr("-fpae", sym, stdin=b"\n".join(lines))
    assert (done.code, done.err) == (1, "")
    answers = done.text.splitlines()
    assert len(answers) == len(lines)
    assert [line.endswith("?? ??:0") for line in answers] == [False, True, True, True, True, True, True, False, False]
    assert "\x1b" not in done.text


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--module", "calc.pdb", "-e", "{sym}"],
        ["-e", "{sym}", "-o", "{sym}"],
        ["-o", "{sym}", "-s"],
        ["-e", "{sym}.missing"],
        ["--symbols", "{sym}", "--base", "zz"],
        ["--symbols", "{sym}", "--base", "-1"],
    ],
)
def test_wrong_usage(addr: Program, sym: Path, arguments: list[str]) -> None:
    done = addr(*(argument.format(sym=sym) for argument in arguments), "0x1000")
    assert (done.code, done.text) == (2, "")
    assert "Traceback" not in done.err


def test_each_line_is_answered_when_it_comes(sym: Path, tmp_path: Path) -> None:
    command: list[str | Path] = [sys.executable, "-m", "symbolicate", "addr", "--store", tmp_path / "store", "-e", sym]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for address, line in ((b"1000", 10), (b"1020", 14), (b"1010", 7)) * 3:
            process.stdin.write(address + b"\n")
            process.stdin.flush()
            assert process.stdout.readline().rstrip().endswith(f":{line}".encode())
        process.stdin.close()
        assert process.wait() == 0


def _truth(folder: Path) -> dict[str, Any]:
    truth: dict[str, Any] = json.loads((folder / "truth.json").read_bytes())
    return truth


@pytest.mark.parametrize("name", ["macos-arm64-dwarf5", "macos-x86_64-dwarf4", "ios-arm64-lto", "fat"])
def test_debug_files_as_llvm_symbolizer_reads_them(addr: Program, name: str) -> None:
    folder = APPLE / name
    for identifier, truth in _truth(folder).items():
        rows = [row for row in truth["frames"] if any(frame[2] for frame in row[1])]
        base = 0x1_0000_0000
        lines = "".join(f"{base + row[0]:#x}\n" for row in rows).encode()
        done = addr("-o", folder / "gauge.dSYM", "-arch", truth["arch"], "-l", hex(base), "--json", stdin=lines)
        assert (done.code, done.err) == (0, "")
        for row, line in zip(rows, done.text.splitlines(), strict=True):
            answer = json.loads(line)
            assert answer["debug_id"] == identifier
            mine = [[frame["file"].rsplit("/", 1)[-1], frame["line"]] for frame in answer["frames"]]
            assert mine == [[frame[1].rsplit("/", 1)[-1], frame[2]] for frame in row[1]]


def test_few_addresses_of_a_debug_file_need_no_index(addr: Program, tmp_path: Path) -> None:
    bundle = APPLE / "macos-arm64-dwarf5" / "gauge.dSYM"
    [truth] = _truth(APPLE / "macos-arm64-dwarf5").values()
    places = [hex(row[0]) for row in truth["frames"]]
    few = addr("--symbols", bundle, places[5])
    assert not list((tmp_path / "store").rglob("*.syx"))
    many = addr("--symbols", bundle, *places)
    assert list((tmp_path / "store").rglob("*.syx"))
    assert few.text in many.text
    assert addr("--symbols", bundle, places[5]).text == few.text


def test_addresses_of_a_file_are_as_it_was_linked(addr: Program) -> None:
    binary = APPLE / "macos-arm64-dwarf5" / "gauge.dSYM" / "Contents" / "Resources" / "DWARF" / "gauge"
    start = next(row[0] for truth in _truth(APPLE / "macos-arm64-dwarf5").values() for row in truth["frames"])
    absolute = addr("-fe", binary, hex(0x1_0000_0000 + start))
    assert absolute.text == addr("--symbols", binary, "--output-style=gnu", "-f", hex(start)).text
    assert "??" not in absolute.text


def test_a_file_with_several_architectures(addr: Program) -> None:
    done = addr("-e", APPLE / "fat" / "gauge.dSYM", "0x100001000")
    assert done.code == 2
    assert "arm64" in done.err
    assert "x86_64" in done.err


def test_a_folder_of_one_symbol_file_needs_no_name(addr: Program, sym: Path) -> None:
    done = addr("--symbols", sym.parent, "0x1000")
    assert (done.code, done.err, done.text) == (0, "", "0x0000000000001000: main at C:\\src\\calc.cpp:10\n")


def test_lines_that_name_their_module(addr: Program, sym: Path) -> None:
    sym.with_name("other.sym").write_bytes(SYM.replace(b"calc.pdb", b"my other.pdb").replace(b"DEF1 ", b"DEF2 "))
    lines = [
        b"calc.pdb 0x1000",
        b"my other.pdb 1020",
        b'CODE "my other.pdb" 1000',
        b"nothing.so 0x1000",
        b"0123456789ABCDEF0123456789ABCDEF1 0x2000",
        b"DATA calc.pdb 0x2000",
        b"calc.pdb nonsense",
        b"nothing.so 0x1000",
    ]
    done = addr("--symbols", sym.parent, stdin=b"\n".join(lines))
    assert [line.rpartition(": ")[2] for line in done.text.splitlines()] == [
        "main at C:\\src\\calc.cpp:10",
        "main at C:\\src\\calc.cpp:14",
        "main at C:\\src\\calc.cpp:10",
        "?? ??:0",
        "_start at ??:?",
        "?? ??:0",
        "?? ??:0",
        "?? ??:0",
    ]
    assert done.code == 1
    assert done.err.count("no symbols found for nothing.so") == 1
    assert done.err.count("DATA") == 1
    # A line without a module is a mistake where there are several.
    assert addr("--symbols", sym.parent, "0x1000").code == 2


def test_addresses_before_the_base_are_mentioned_once(addr: Program, sym: Path) -> None:
    done = addr("--symbols", sym, "--base", "0x10000", "0x11000", "0xffff", "0x10")
    assert done.code == 0
    assert done.text.count("??") == 4
    assert done.err.count("addresses before 0x10000") == done.err.count("\n") == 1


@pytest.mark.parametrize("name", ["armv7", "ARMv7", "arm"])
def test_other_names_of_processors(addr: Program, name: str) -> None:
    file = FIXTURES / "elf/arm-clang-dwarf4/gauge.debug"
    assert addr("--symbols", file, "-arch", name, "0x10214").code == 0
    assert addr("--symbols", file, "-arch", "aarch64", "0x10214").code == 2


def test_debug_files_of_a_binary(addr: Program, tmp_path: Path) -> None:
    """Beside it by its usual name, in a folder of debug files by its build id, and by the name in it."""
    source = FIXTURES / "elf/x86_64-gcc-dwarf5"
    binary, debug = tmp_path / "gauge", (source / "gauge.debug").read_bytes()
    binary.write_bytes((source / "gauge").read_bytes())
    [build] = debug_files(binary)
    identifier = build.code_id or ""

    def answer() -> str:
        arguments = ["-e", binary, "--debug-file-directory", tmp_path / "debug", "0x1160"]
        return addr(*arguments).text

    assert answer() == "??:0\n"
    places = [
        tmp_path / "debug" / ".build-id" / identifier[:2] / f"{identifier[2:]}.debug",
        tmp_path / "gauge.debug",
        tmp_path / ".debug" / "gauge.debug",
        tmp_path / "debug" / str(tmp_path.resolve()).lstrip("/") / "gauge.debug",
    ]
    for place in places:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(debug)
        assert answer() == "/src/gauge/shapes.h:14\n", place
        # Of another build.
        place.write_bytes((FIXTURES / "elf/x86_64-gcc-lto/gauge.debug").read_bytes())
        assert answer() == "??:0\n", place


def test_a_debug_file_by_its_checksum(addr: Program, tmp_path: Path) -> None:
    """A binary without a build id: beside it, and in a folder of debug files by the path of the binary."""
    source = FIXTURES / "elf/x86_64-gcc-debuglink"
    binary, debug = tmp_path / "bin" / "gauge", (source / "gauge.debug").read_bytes()
    binary.parent.mkdir()
    binary.write_bytes((source / "gauge").read_bytes())
    folder = tmp_path / "debug"

    def answer() -> str:
        return addr("-e", binary, "--debug-file-directory", folder, "0x1200").text

    assert answer() == "??:0\n"
    for place in (folder / str(binary.parent.resolve()).lstrip("/"), binary.parent, binary.parent / ".debug"):
        place.mkdir(parents=True, exist_ok=True)
        (place / "gauge.debug").write_bytes(debug)
        assert answer() == "/src/gauge/second.cpp:4\n", place
        # Of another build.
        (place / "gauge.debug").write_bytes(debug + b"\0")
        assert answer() == "??:0\n", place
        (place / "gauge.debug").unlink()
    (folder / str(binary.parent.resolve()).lstrip("/") / "gauge.debug").write_bytes(debug)
    # Many addresses: from the index.
    many = addr("-e", binary, "--debug-file-directory", folder, stdin=b"0x1200\n" * 2000).text
    assert set(many.splitlines()) == {"/src/gauge/second.cpp:4"}


def test_the_pdb_of_a_program_by_the_name_in_it(addr: Program, tmp_path: Path) -> None:
    folder = FIXTURES / "windows/x64"
    (tmp_path / "renamed.exe").write_bytes((folder / "gauge.exe").read_bytes())
    (tmp_path / "gauge.pdb").write_bytes((folder / "gauge.pdb").read_bytes())
    assert addr("-e", tmp_path / "renamed.exe", "-s", "140001010").text == "generated.inc:702\n"


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("main", "main"),
        ("shapes::Ring<short>::push(short, int volatile*) const", "push"),
        ("void ns::each<std::vector<int>, f(int)>(std::vector<int>&)", "each<std::vector<int>, f(int)>"),
        ("ns::(anonymous namespace)::f(void (*)(int))", "f"),
        ("int* __cdecl ns::fold(int)", "fold"),
        ("ns::T::operator()(int) const", "operator()"),
        ("bool operator< <int>(A<int> const&)", "operator<"),
        ("<alloc::vec::Vec<T> as core::ops::Drop>::drop", "drop"),
        ("-[View draw:]", "-[View draw:]"),
        ("f(", "f("),
        ("", ""),
    ],
)
def test_short_names(name: str, short: str) -> None:
    assert short_name(name) == short
