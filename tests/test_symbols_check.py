"""`symbols check`: what a file is, whether it is usable, and which half it lacks."""

from __future__ import annotations

import json
import os
import random
import shutil
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from elftools.elf.elffile import ELFFile

from places import CORPORA, FIXTURES
from symbolicate.cli import main, symbols_check
from symbolicate.isolation.messages import Checked, CheckFile
from symbolicate.isolation.process import IsolatedProcess
from symbolicate.symbols.checking import CheckedFile, check_file
from symbolicate.symbols.checking.dwarf_units import units
from tiny_dump import DEBUG_FILE, DEBUG_ID, SYM
from tiny_mach_o import mach_o

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Run

    Program = Callable[..., Run]

ELF = FIXTURES / "elf"
APPLE = FIXTURES / "apple"
DEBUG_FILES = CORPORA / "debug-files"


def build_id_of(path: Path) -> str:
    """As pyelftools reads it."""
    with path.open("rb") as stream:
        section: Any = ELFFile(stream).get_section_by_name(".note.gnu.build-id")
        return "".join(note["n_desc"] for note in section.iter_notes()) if section is not None else ""


BUILD_ID = build_id_of(ELF / "x86_64-gcc-dwarf5/gauge")
UNDER_BUILD_ID = f"(.build-id/{BUILD_ID[:2]}/{BUILD_ID[2:]}.debug)"
MEMORY = 1 << 30

ROWS: list[tuple[str, list[str], list[str]]] = [
    # File, what it is said to have, what it is said to lack.
    (
        "elf/x86_64-gcc-dwarf5/gauge.debug",
        ["DWARF 5 in 5 units", "symbol table of ", "no code: a debug file"],
        [f"unwind tables: the binary with the build id {BUILD_ID} has them"],
    ),
    (
        "elf/x86_64-gcc-dwarf5/gauge",
        [],
        [
            f"names and lines: the debug file gauge.debug with the build id {BUILD_ID} {UNDER_BUILD_ID} has them",
        ],
    ),
    (
        "elf/arm-clang-dwarf4/gauge.debug",
        ["DWARF 4 in 5 units", "compressed sections (zlib)", "symbol table of ", "no code: a debug file"],
        [],
    ),
    (
        "apple/images/macos-arm64-dwarf5/gauge",
        ["symbol table of "],
        [
            "lines and inlined calls: the dSYM with the debug id 4C4C44A955553144A17400C5F98488240 has them",
            "debug information is in 5 object files, unless dsymutil made a dSYM of them",
        ],
    ),
]


@pytest.mark.parametrize(("path", "contents", "missing"), ROWS, ids=[row[0] for row in ROWS])
def test_a_file_is_described_and_its_other_half_named(path: str, contents: list[str], missing: list[str]) -> None:
    checked = check_file(str(FIXTURES / path))
    assert (checked.usable, checked.problem, checked.notes) == (True, "", [])
    [build] = checked.builds
    assert [lack.text for lack in build.missing] == missing
    assert len(build.details) == len(contents)
    assert all(map(str.startswith, build.details, contents)), build.details
    assert build.usable_for == [
        *(["symbols"] if build.records else []),
        *(["unwinding"] if build.unwind_tables else []),
    ]


WINDOWS: list[tuple[str, list[str], list[str]]] = [
    ("x64/gauge.pdb", ["program database (MSF 7.00)"], ["unwind tables: the binary with the debug id "]),
    (
        "../windows-msfz/x64/gauge.pdb",
        ["program database (compressed, MSFZ)"],
        ["unwind tables: the binary with the debug id "],
    ),
    (
        "x64-publics/gauge.pdb",
        ["program database (MSF 7.00)"],
        ["unwind tables: the binary with the debug id ", "lines and inlined calls: it was stripped; the PDB "],
    ),
    (
        "x64/gauge.exe",
        ["2 exported names", ".pdata of 8 functions"],
        ["lines and inlined calls: the PDB gauge.pdb with the debug id FFD18B72A63D9E324C4C44205044422E1 has them"],
    ),
    (
        "x86/gauge.exe",
        ["2 exported names"],
        ["unwind rules: binaries of x86 have none; the PDB gauge.pdb ", "lines and inlined calls: the PDB gauge.pdb "],
    ),
    (
        "x64-mixed/gauge.exe",
        ["DWARF 4 in 1 unit", "COFF symbol table of ", ".pdata of 8 functions"],
        ["names and lines of other code: the PDB gauge.pdb with the debug id "],
    ),
]


@pytest.mark.parametrize(("path", "contents", "missing"), WINDOWS, ids=[row[0] for row in WINDOWS])
def test_files_of_windows(path: str, contents: list[str], missing: list[str]) -> None:
    checked = check_file(str(FIXTURES / "windows" / path))
    assert (checked.usable, checked.problem, checked.notes) == (True, "", [])
    [build] = checked.builds
    assert len(build.details) == len(contents)
    assert all(map(str.startswith, build.details, contents)), build.details
    texts = [lack.text for lack in build.missing]
    assert len(texts) == len(missing)
    assert all(map(str.startswith, texts, missing)), texts


def test_files_in_an_archive_are_checked(run: Program, tmp_path: Path) -> None:
    path = tmp_path / "symbols.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(FIXTURES / "windows/x64/gauge.pdb", "deep/gauge.pdb")
        archive.writestr("bad.sym", "nothing")
        archive.writestr("readme.txt", "nothing")
    done = run("symbols", "check", "--json", path)
    assert (done.code, done.err) == (1, f"symbolicate: {path}/bad.sym: not a symbol file, a debug file or a binary\n")
    found = [json.loads(line) for line in done.text.splitlines()]
    assert [(one["path"], one["usable"]) for one in found] == [
        (f"{path}/bad.sym", False),
        (f"{path}/deep/gauge.pdb", True),
    ]
    path.write_bytes(path.read_bytes()[:-30])
    done = run("symbols", "check", path)
    assert (done.code, done.out) == (1, b"")
    assert "Traceback" not in done.err


def test_each_slice_has_its_own_description() -> None:
    checked = check_file(str(APPLE / "fat/gauge.dSYM/Contents/Resources/DWARF/gauge"))
    assert [(build.arch, build.details[0]) for build in checked.builds] == [
        ("x86_64", "DWARF 4 in 5 units"),
        ("arm64", "DWARF 5 in 4 units, DWARF 4 in 1 unit"),
    ]


def test_text_and_json_say_the_same(run: Program, tmp_path: Path) -> None:
    (tmp_path / "a.sym").write_bytes(SYM + b"FUNC zz 1 0 f\n")
    (tmp_path / "no").write_bytes(b"nothing")
    files = [ELF / "x86_64-gcc-dwarf5/gauge", tmp_path / "a.sym", tmp_path / "no", tmp_path / "gone"]
    text = run("symbols", "check", *files)
    done = run("symbols", "check", "--json", *files)
    assert (text.code, done.code) == (1, 1)
    assert text.err == done.err
    assert done.err.splitlines() == [
        f"symbolicate: {tmp_path / 'no'}: not a symbol file, a debug file or a binary",
        f"symbolicate: {tmp_path / 'gone'}: no such file",
    ]
    elf, sym, no, gone = map(json.loads, done.text.splitlines())
    assert [one["usable"] for one in (elf, sym, no, gone)] == [True, True, False, False]
    assert (no["problem"], gone["problem"]) == ("not a symbol file, a debug file or a binary", "no such file")
    assert (sym["format"], sym["builds"][0]["debug_id"], sym["builds"][0]["name"]) == ("Breakpad", DEBUG_ID, DEBUG_FILE)
    assert sym["builds"][0]["bad_records"] == 1
    assert sym["builds"][0]["diagnostics"] == [{"kind": "bad_number", "count": 1, "lines": [16]}]
    assert elf["builds"][0]["code_id"] == BUILD_ID
    for said in (
        elf["builds"][0]["missing"][0]["text"],
        "unwind tables: .eh_frame",
        f"code id {BUILD_ID}",
        "bad number: line 16",
    ):
        assert said in text.text


def test_programs_can_read_the_document(run: Program) -> None:
    """Words from fixed lists and ids under their own keys; no sentence has to be taken apart."""
    files = [ELF / "x86_64-gcc-dwarf5/gauge", ELF / "arm-clang-dwarf4/gauge.debug", FIXTURES / "windows/x86/gauge.exe"]
    files += [FIXTURES / "windows/x86/gauge.pdb"]
    image, debug, exe, pdb = (json.loads(line) for line in run("symbols", "check", "--json", *files).text.splitlines())
    [build] = image["builds"]
    [lack] = build["missing"]
    assert lack.pop("text").startswith("names and lines: the debug file gauge.debug ")
    assert lack == {
        "part": "names_and_lines",
        "file": "gauge.debug",
        "debug_id": build["debug_id"],
        "code_id": BUILD_ID,
    }
    assert debug["builds"][0]["contents"] == ["dwarf", "compressed_sections", "symbol_table", "no_code"]
    [unwinding, lines] = exe["builds"][0]["missing"]
    assert [one["part"] for one in (unwinding, lines)] == ["unwinding", "lines"]
    assert [(one["file"], one["debug_id"]) for one in (unwinding, lines)] == [
        ("gauge.pdb", pdb["builds"][0]["debug_id"])
    ] * 2
    assert "stack_win" in pdb["builds"][0]["records"]
    assert "inline_origins" in debug["builds"][0]["records"]
    for checked in (image, debug, exe, pdb):
        assert not [key for build in checked["builds"] for key in (*build, *build.get("records", ())) if " " in key]


def test_a_text_says_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "a.sym"
    path.write_bytes(b"".join(line for line in SYM.splitlines(keepends=True) if not line.startswith(b"STACK")))
    [lack] = check_file(str(path)).builds[0].missing
    assert lack.text == "unwind rules: the binary with this id has unwind tables"
    assert (lack.part, lack.debug_id) == ("unwinding", DEBUG_ID)
    path.write_bytes(SYM.splitlines(keepends=True)[0] + b"PUBLIC 1000 0 f\n")
    [build] = check_file(str(path)).builds
    assert (build.usable_for, len(build.missing)) == (["symbols"], 2)


@pytest.mark.parametrize(
    ("head", "problem"),
    [
        (b"BSJB\1\0\1\0", "portable PDBs (.NET) are not read"),
        (b"Microsoft C/C++ program database 2.00\r\n\x1aJG", "PDB 2.00"),
        (b"\x7fELF" + bytes(60), ""),
        (b"\x7fELF\2\1\1", ""),
        (b"", "not a symbol file, a debug file or a binary"),
    ],
)
def test_what_cannot_be_used_is_one_problem(tmp_path: Path, head: bytes, problem: str) -> None:
    (tmp_path / "file").write_bytes(head)
    checked = check_file(str(tmp_path / "file"))
    assert not checked.usable
    assert checked.problem.startswith(problem)
    assert checked.problem
    assert "\n" not in checked.problem


def test_a_name_in_a_file_does_not_reach_the_terminal(run: Program, tmp_path: Path) -> None:
    (tmp_path / "a.sym").write_bytes(SYM.replace(DEBUG_FILE.encode(), b"a\x1b[31mpp.pdb"))
    image = bytearray((ELF / "x86_64-gcc-dwarf5/gauge").read_bytes())
    at = image.index(b"gauge.debug\0")
    image[at : at + 5] = b"\x1b[31m"
    (tmp_path / "image").write_bytes(image)
    done = run("symbols", "check", tmp_path)
    assert done.code == 0
    assert "\x1b" not in done.text


def test_a_file_that_ends_the_process_is_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "many"
    path.write_bytes(mach_o([b"n" * 3000] * 100_000))
    (tmp_path / "a.sym").write_bytes(SYM)
    monkeypatch.setattr(symbols_check, "_MEMORY", 160 << 20)
    with pytest.raises(SystemExit) as left:
        main(["symbols", "check", str(path), str(tmp_path / "a.sym")])
    assert left.value.code == 1
    out, err = capsys.readouterr()
    assert DEBUG_ID in out, err
    [line] = err.splitlines()
    assert line.startswith(f"symbolicate: {path}: ")
    assert "memory" in line


@pytest.fixture(scope="module")
def reader() -> Iterator[IsolatedProcess]:
    process = IsolatedProcess(MEMORY)
    yield process
    process.close()


def answer(reader: IsolatedProcess, path: Path) -> CheckedFile:
    found = reader.ask(CheckFile(os.fsencode(path), 60))
    assert isinstance(found, Checked), found
    return found.file


SAMPLES = [
    ELF / "x86_64-gcc-dwarf5/gauge",
    ELF / "arm-clang-dwarf4/gauge.debug",
    ELF / "arm64-clang-dwarf5/gauge.debug",
    FIXTURES / "windows/x64/gauge.pdb",
    FIXTURES / "windows/x64-mixed/gauge.exe",
    APPLE / "fat/gauge.dSYM/Contents/Resources/DWARF/gauge",
    APPLE / "images/macos-arm64-dwarf5/gauge",
]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_damaged_files_are_described_or_refused(reader: IsolatedProcess, tmp_path: Path, sample: Path) -> None:
    damage(reader, tmp_path, sample, 60)


def damage(reader: IsolatedProcess, tmp_path: Path, sample: Path, rounds: int) -> None:
    whole = sample.read_bytes()
    source = random.Random(sample.name)  # noqa: S311 - the same each time
    path = tmp_path / "damaged"
    for number in range(rounds):
        data = bytearray(whole)
        if number % 4 == 0:
            del data[source.randrange(len(data)) :]
        # The headers have most of what others are found by.
        reach = min(len(data), 4096 if number % 2 else len(data))
        for _ in range(source.choice([1, 2, 8, 64]) if reach else 0):
            at = source.randrange(reach)
            value = source.choice([0, 1, 0x7F, 0x80, 0xFF, source.randrange(256)])
            data[at : at + source.choice([1, 4, 8])] = bytes([value]) * source.choice([1, 4, 8])
        path.write_bytes(data)
        checked = answer(reader, path)
        assert checked.usable != bool(checked.problem)
        assert not [note for note in checked.notes if "\n" in note]


def section_of(kind: int, flags: int, data: bytes, *, name: bytes = b".debug_info", size: int | None = None) -> bytes:
    """An ELF file with one section and the names."""
    names = b"\0" + name + b"\0.shstrtab\0"
    at = 64
    headers = at + len(data) + len(names)

    def header(name: int, kind: int, flags: int, offset: int, size: int) -> bytes:
        return struct.pack("<IIQQQQIIQQ", name, kind, flags, 0, offset, size, 0, 0, 1, 0)

    table = header(0, 0, 0, 0, 0) + header(1, kind, flags, at, len(data) if size is None else size)
    table += header(2 + len(name), 3, 0, at + len(data), len(names))
    head = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 0, headers, 0, 64, 0, 0, 64, 3, 2)
    return head + data + names + table


def test_a_compressed_section_is_unpacked_in_part(reader: IsolatedProcess, tmp_path: Path) -> None:
    unit = struct.pack("<IHBBI", 8, 5, 1, 8, 0)
    packed = zlib.compress(unit * ((1 << 29) // len(unit)), 9)
    path = tmp_path / "bomb"
    path.write_bytes(section_of(1, 0x800, struct.pack("<IIQQ", 1, 0, 1 << 29, 1) + packed))
    from symbolicate.symbols.checking import elf

    [facts] = elf.describe(str(path)).values()
    assert facts.details[0] == "DWARF 5 in at least 1,000,000 units"
    assert not answer(reader, path).usable
    path.write_bytes(section_of(1, 0, b"", size=1 << 62))
    assert not answer(reader, path).usable


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        (b"", ""),
        (struct.pack("<IHBBI", 8, 5, 4, 8, 0), "DWARF 5 in 1 unit"),
        (struct.pack("<IHIB", 7, 2, 0, 4) * 2, "DWARF 2 in 2 units"),
        (struct.pack("<IQHBBI", 0xFFFFFFFF, 8, 5, 1, 8, 0), "DWARF 5 in 1 unit"),
        (struct.pack("<IHIB", 7, 4, 0, 4) + bytes(20), "DWARF 4 in at least 1 unit"),
        (struct.pack("<IHIB", 0xFFFFFFF0, 4, 0, 4), "DWARF 4 in 1 unit"),
        (struct.pack("<IHIB", 7, 9, 0, 4), ""),
    ],
)
def test_versions_of_units(section: bytes, expected: str) -> None:
    assert str(units(section, little=True)) == expected


# --- files of others


@pytest.mark.corpora
def test_versions_of_windows_files(corpora: Path) -> None:
    checked = check_file(str(corpora / "debug-files/samply/win64-ci/firefox.exe"))
    assert checked.version_resource["CompanyName"] == "Mozilla Corporation"
    assert checked.version_resource["FileVersion"] == "78.0a1"
    assert ".pdata of 1,013 functions" in checked.builds[0].details
    mixed = check_file(str(corpora / "debug-files/dump_syms/windows/basic32-dwarf.dll"))
    assert mixed.builds[0].details[0] == "DWARF 5 in 2 units, DWARF 4 in 16 units"


@pytest.mark.corpora
@pytest.mark.parametrize(
    ("path", "contents", "missing"),
    [
        (
            "linux/crash.debug-zlib",
            "compressed sections (zlib)",
            "unwind tables: the binary with the build id f1c3bcc0",
        ),
        (
            "linux/crash.debug-zstd",
            "compressed sections (zstd)",
            "unwind tables: the binary with the build id f1c3bcc0",
        ),
        (
            "dump_syms/linux/basic.minidebuginfo",
            "mini-debuginfo: a compressed symbol table",
            "lines and inlined calls: ",
        ),
        (
            "dump_syms/linux/basic.dwz",
            "DWARF 4 in 1 unit",
            "common debug information is in basic.dwz with the build id ",
        ),
        ("samply/android32-local/libsoftokn3.so", "DWARF 4 in 23 units, DWARF 2 in 4 units", ""),
    ],
)
def test_files_of_other_tools(corpora: Path, path: str, contents: str, missing: str) -> None:
    checked = check_file(str(corpora / "debug-files" / path))
    assert checked.usable
    [build] = checked.builds
    assert contents in build.details
    assert any(lack.text.startswith(missing) for lack in build.missing) or (not missing and not build.missing)


@pytest.mark.corpora
def test_libraries_read_the_same_ids(corpora: Path) -> None:
    """The ids of the native readers are those that pyelftools and lief read."""
    from symbolicate.symbols.checking import macho

    seen = 0
    for path in sorted((corpora / "debug-files").rglob("*")):
        if not path.is_file():
            continue
        checked = check_file(str(path))
        if checked.format == "ELF" and checked.usable:
            build_id = build_id_of(path)
            assert not build_id or [build_id] == [build.code_id for build in checked.builds], path
            seen += 1
        if checked.format == "Mach-O" and checked.usable:
            assert set(macho.describe(str(path))) == {build.debug_id for build in checked.builds}, path
            seen += 1
        assert not checked.notes, path
    assert seen > 20


@pytest.mark.corpora
@pytest.mark.parametrize(
    "path",
    [
        "dump_syms/windows/mozwer.dll",
        "dump_syms/windows/basic32-dwarf.dll",
        "samply/win64-ci/WriteArgument.exe",
        "dump_syms/linux/basic.dwz",
        "samply/other/abstract-linkage-names/out/mac-oso/main",
    ],
)
def test_damaged_files_of_others(reader: IsolatedProcess, corpora: Path, tmp_path: Path, path: str) -> None:
    damage(reader, tmp_path, corpora / "debug-files" / path, 24)


def test_everything_in_a_folder_is_checked(run: Program, tmp_path: Path) -> None:
    shutil.copytree(ELF / "x86_64-gcc-dwarf5", tmp_path / "in")
    (tmp_path / "in" / "a.sym").write_bytes(SYM)
    done = run("symbols", "check", "--json", tmp_path / "in")
    assert (done.code, done.err) == (0, "")
    found: list[dict[str, Any]] = [json.loads(line) for line in done.text.splitlines()]
    assert [one["path"].rpartition("/")[2] for one in found] == ["a.sym", "gauge", "gauge.debug"]


def test_names_that_are_not_utf_8(run: Program, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    names = [b"a\xff.sym", b"b\xff.debug", b"c\xff.sym", b"d.sym"]
    contents = [SYM, (ELF / "x86_64-gcc-dwarf5" / "gauge.debug").read_bytes(), b"nonsense", SYM]
    for name, content in zip(names, contents, strict=True):
        with open(os.path.join(os.fsencode(folder), name), "wb") as target:
            target.write(content)
    done = run("symbols", "check", "--json", folder)
    found: list[dict[str, Any]] = [json.loads(line) for line in done.text.splitlines()]
    assert [one["path"].rpartition("/")[2] for one in found] == ["a\ufffd.sym", "b\ufffd.debug", "c\ufffd.sym", "d.sym"]
    assert [one["usable"] for one in found] == [True, True, False, True]
    assert "c\\udcff.sym" in done.err
    assert "d.sym" in run("symbols", "check", folder).text
