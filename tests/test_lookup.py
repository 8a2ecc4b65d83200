"""Many addresses at once, from numpy and back."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

from symbolicate import SymbolFile
from tiny_dump import DEBUG_FILE, DEBUG_ID, SYM

if TYPE_CHECKING:
    from pathlib import Path


def named(file: SymbolFile, *addresses: int) -> list[list[tuple[str, str | None, int | None]]]:
    """The frames of each address as tuples."""
    found = file.lookup(np.array(addresses, dtype=np.uint64))
    return [found.frames(i) for i in range(len(found))]


def test_lookup() -> None:
    file = SymbolFile.from_text(SYM)
    assert named(file, 0x1018, 0x1100, 0, 0x1205, 0x1000) == [
        [("poke(int*)", "/src/app/poke.h", 3), ("crash_here(int)", "/src/app/crash.cc", 12)],
        [("main", "/src/app/crash.cc", 20)],
        [],
        [("_start", None, None)],
        [("crash_here(int)", "/src/app/crash.cc", 11)],
    ]


def test_the_arrays() -> None:
    found = SymbolFile.from_text(SYM).lookup(np.array([0x1018, 5, 0x1200], dtype=np.uint64))
    unknown = 2**32 - 1
    assert len(found) == 3
    assert found.starts.tolist() == [0, 2, 2, 3]
    assert found.function_start.tolist() == [0x1000, 2**64 - 1, 0x1200]
    assert found.line.tolist() == [3, 12, unknown]
    assert found.function_names(found.function) == ["poke(int*)", "crash_here(int)", "_start"]
    assert found.file_names(found.file) == ["/src/app/poke.h", "/src/app/crash.cc", None]
    assert [found.starts.dtype, found.function.dtype, found.function_start.dtype] == [np.uint64] * 3
    assert [found.file.dtype, found.line.dtype] == [np.uint32] * 2


def test_numbers_that_mean_nothing() -> None:
    found = SymbolFile.from_text(SYM).lookup(np.array([0x1018], dtype=np.uint64))
    assert found.file_names(np.array([99, 2**32 - 1], dtype=np.uint32)) == [None, None]
    assert len(found.function_names(np.array([0, 7, 2**63, 2**64 - 1], dtype=np.uint64))) == 4
    for place in (1, 2**63):
        with pytest.raises(IndexError):
            found.frames(place)


def test_a_result_outlives_its_file() -> None:
    found = SymbolFile.from_text(SYM).lookup(np.array([0x1100], dtype=np.uint64))
    assert found.frames(0) == [("main", "/src/app/crash.cc", 20)]


def test_any_array_of_addresses() -> None:
    file = SymbolFile.from_text(SYM)
    assert file.lookup(np.array([], dtype=np.uint64)).starts.tolist() == [0]
    every_second = np.arange(0x1000, 0x1300, dtype=np.uint64)[::2]
    assert len(file.lookup(every_second).starts) == len(every_second) + 1
    assert file.lookup(np.array([2**64 - 1], dtype=np.uint64)).starts.tolist() == [0, 0]
    with pytest.raises(TypeError):
        file.lookup(np.array([1, 2]))


def test_a_list_of_addresses() -> None:
    file = SymbolFile.from_text(SYM)
    found = file.lookup([0x1018, 5, 0x1200, 2**64 - 1])
    assert found.lists() == ([0, 2, 2, 3, 3], [0x1000, None, 0x1200, None])
    assert file.lookup([]).lists() == ([0], [])
    for beyond in (-1, 2**64):
        with pytest.raises(OverflowError):
            file.lookup([beyond])
    with pytest.raises(TypeError):
        file.lookup(["1"])  # type: ignore[list-item]


def test_what_a_file_says_of_itself(tmp_path: Path) -> None:
    path = tmp_path / "app.sym"
    path.write_bytes(SYM + b"FUNC zz\nwhat is this\n")
    for file in (SymbolFile.open(path), SymbolFile.open_or_build(path, tmp_path / "app.syx")):
        assert (file.os, file.arch, file.debug_id, file.name) == ("Linux", "x86_64", DEBUG_ID, DEBUG_FILE)
        assert file.code_id == "E532985A7228C141838ED98914E9B7FF"
        assert file.counts["functions"] == 2
        assert file.counts["publics"] == 1
        assert file.bad_records == 2
        kinds = {kind: (count, lines) for kind, count, lines in file.diagnostics}
        assert sum(count for count, _ in kinds.values()) == 2
        assert sorted(line for _, lines in kinds.values() for line in lines) == [16, 17]


def test_bytes_that_are_no_text() -> None:
    file = SymbolFile.from_text(bytes(range(256)) * 50)
    assert (file.debug_id, file.name) == (None, None)
    assert named(file, 0, 1 << 40) == [[], []]


def test_many_threads_look_up_at_once() -> None:
    file = SymbolFile.from_text(SYM)
    addresses = np.full(200_000, 0x1018, dtype=np.uint64)
    lengths: list[int] = []
    threads = [threading.Thread(target=lambda: lengths.append(len(file.lookup(addresses).function))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lengths == [400_000] * 4


def test_frames_in_common_are_listed_once() -> None:
    found = SymbolFile.from_text(SYM).lookup(np.array([0x1018, 0x1205, 5, 0x1018, 0x1100], dtype=np.uint64))
    which, frames = found.distinct_frames()
    assert which == [0, 1, 2, 0, 1, 3]
    assert frames == [
        ("poke(int*)", "/src/app/poke.h", 3),
        ("crash_here(int)", "/src/app/crash.cc", 12),
        ("_start", None, None),
        ("main", "/src/app/crash.cc", 20),
    ]


ODD = "f('\"\\\t\x01\x7f\xe4\U0001f600)"
"""A name with what JSON escapes."""


@pytest.mark.parametrize("inlines", [True, False])
@pytest.mark.parametrize("basenames", [True, False])
def test_frames_as_json(inlines: bool, basenames: bool) -> None:
    found = SymbolFile.from_text(SYM).lookup([0x1018, 5, 0x1100, 0x1018, 0x1205])
    asked: list[str] = []

    def name(known: str) -> str:
        asked.append(known)
        return ODD if known == "main" else known

    texts = found.json_frames(name, basenames, inlines)
    assert sorted(asked) == sorted(set(asked))
    for at, text in enumerate(texts):
        frames = found.frames(at)
        expected = [
            {
                "function": ODD if function == "main" else function,
                "file": file if file is None or not basenames else file.rpartition("/")[2],
                "line": line,
                "inlined": number < len(frames),
            }
            for number, (function, file, line) in enumerate(frames, start=1)
        ]
        assert f"[{text}]" == json.dumps(expected if inlines else expected[:1])


def test_an_error_of_the_name_is_passed_on() -> None:
    def fails(_name: str) -> str:
        raise LookupError

    with pytest.raises(LookupError):
        SymbolFile.from_text(SYM).lookup([0x1018]).json_frames(fails, False, True)
