"""`symbolicate addr --obj` beside llvm-symbolizer: the same bytes, but for columns and discriminators."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from places import FIXTURES
from symbolicate.cli.addr import addr

if TYPE_CHECKING:
    from pathlib import Path

TOOL = shutil.which("llvm-symbolizer-19") or ""
pytestmark = pytest.mark.skipif(not TOOL, reason="llvm-symbolizer-19 is not installed (Debian package llvm-19)")

FILES = {
    "elf/x86_64-gcc-dwarf5/gauge.debug": 0,
    "elf/arm-clang-dwarf4/gauge.debug": 0,
    "windows/x64/gauge.exe": 0x1_4000_0000,
    "apple/macos-arm64-dwarf5/gauge.dSYM/Contents/Resources/DWARF/gauge": 0x1_0000_0000,
}
OPTIONS = [
    [],
    ["--functions=none"],
    ["--functions=linkage"],
    ["-f=short"],
    ["-f=short", "--no-inlines"],
    ["--no-inlines"],
    ["--inlining=false", "-a"],
    ["--no-demangle"],
    ["-p", "-a"],
    ["-s", "--print-address", "--output-style=GNU"],
    ["-p", "--output-style=GNU", "--no-inlines"],
    ["--functions=none", "-p", "--output-style=GNU"],
    ["--relative-address", "-a"],
    ["--adjust-vma=0x2000", "-a"],
]


def _places(file: str) -> list[int]:
    folder = FIXTURES / file
    while not (folder / "truth.json").exists():
        folder = folder.parent
    truth: dict[str, Any] = json.loads((folder / "truth.json").read_bytes())
    frames = truth.get("frames") or next(iter(truth.values()))["frames"]
    # Functions of rest.c in the PDB have two lines for one address. llvm-symbolizer takes the first, which has no code.
    # Functions of assembly have no short name there.
    others = ("rest.c", ".s")
    return [row[0] for row in frames if any(frame[2] and not frame[1].endswith(others) for frame in row[1])]


def _theirs(arguments: list[str]) -> str:
    return subprocess.run([TOOL, *arguments], capture_output=True, text=True, check=False).stdout


def _ours(store: Path, arguments: list[str]) -> str:
    text = CliRunner().invoke(addr, ["--store", str(store), *arguments]).stdout
    # Lambdas are spelled as c++filt does, and not as LLVM.
    text = re.sub(r"\{lambda(\([^)]*\))#1\}", r"'lambda'\1", text)
    # Functions without a linkage name have the one of their scope here, and not in llvm-symbolizer.
    return re.sub(r"(?:\w+::|\(anonymous namespace\)::)+(\w+)(?= at |\"|$)", r"\1", text, flags=re.MULTILINE)


def _without_columns(text: str) -> str:
    return re.sub(r":(\d+):\d+$", r":\1:0", text.replace(" (discriminator 1)", ""), flags=re.MULTILINE)


def _is_compared(file: str, options: list[str]) -> bool:
    """Whether both mean the same by these options."""
    # Without inlined calls, llvm-symbolizer gives the line of the call from a PDB, where it gives the innermost line of
    # DWARF, and the name of the innermost function where a function has no symbol. Here it is always the
    # innermost line in the function itself.
    if {"--no-inlines", "--inlining=false"} & {*options}:
        return "gcc" in file
    # On Linux, it takes a path of Windows for the name of a file.
    if "-s" in options:
        return not file.startswith("windows")
    # It knows no base of Mach-O files.
    return not ("--relative-address" in options and file.startswith("apple"))


@pytest.mark.parametrize("file", FILES)
def test_each_option_gives_the_same(tmp_path: Path, file: str) -> None:
    places = _places(file)
    # llvm-symbolizer names functions of a PDB without their parameters.
    also = ["--functions=none"] if file.startswith("windows") else []
    for options in ([*options, *also] for options in OPTIONS if _is_compared(file, options)):
        base = 0 if "--relative-address" in options else FILES[file]
        base += 0x2000 if "--adjust-vma=0x2000" in options else 0
        lines = [f"{base + place:#x}" if at % 3 else f"{base + place}" for at, place in enumerate(places)]
        lines += ["nonsense", f" {base + places[1]} ", f"{base + places[2]:#b} 0", f"CODE {base + places[0]:#x}"]
        arguments = [f"--obj={FIXTURES / file}", *options, *lines]
        expected = _without_columns(_theirs(arguments))
        assert expected.count("\n") >= len(lines)
        assert _ours(tmp_path, arguments) == expected, options


def test_lines_that_name_their_file(tmp_path: Path) -> None:
    file = FIXTURES / "elf/x86_64-gcc-dwarf5/gauge.debug"
    lines = [f"CODE {file} 0x1160", f'"{file}" 4448', f"{file} 0x1170", "CODE nothing 0x1000"]
    for options in (["--output-style=LLVM"], ["--output-style=GNU", "-a", "-p"]):
        expected = _without_columns(_theirs([*options, *lines]))
        assert expected.count("shapes::Ring<short>::far") == 3
        assert _ours(tmp_path, [*options, *lines]) == expected


def _known(answers: str) -> list[dict[str, Any]]:
    """What the index knows of answers in JSON."""
    left_out = ("Column", "Discriminator", "StartFileName", "StartLine")
    found: list[dict[str, Any]] = json.loads(answers)
    for answer in found:
        for at, frame in enumerate(answer["Symbol"]):
            inlined = at + 1 < len(answer["Symbol"])
            for key in (*left_out, *(["StartAddress"] if inlined else [])):
                del frame[key]
    return found


@pytest.mark.parametrize("options", [[], ["-p"], ["--no-inlines"], ["-f=short"], ["-f=none"]])
def test_json(tmp_path: Path, options: list[str]) -> None:
    file = FIXTURES / "elf/x86_64-gcc-dwarf5/gauge.debug"
    arguments = [
        f"--obj={file}",
        "--output-style=JSON",
        *options,
        *(hex(at) for at in _places(str(file))[:20]),
    ]
    theirs, ours = _theirs(arguments), _ours(tmp_path, arguments)
    assert _known(ours) == _known(theirs)
    value = re.compile(r'(": ?)("[^"]*"|[0-9]+)')
    assert value.sub(r"\1_", ours) == value.sub(r"\1_", theirs)
