"""Many addresses at once, from numpy and back."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

from symbolicate import SymbolFile
from tiny_dump import DEBUG_FILE, DEBUG_ID, SYM

if TYPE_CHECKING:
    from pathlib import Path


def named(file: SymbolFile, *addresses: int) -> list[list[tuple[str, str | None, int]]]:
    """The frames of each address as tuples."""
    found = file.lookup(np.array(addresses, dtype=np.uint64))
    strings = found.strings
    rows = [
        (strings[function], strings[source] if source >= 0 else None, line)
        for function, source, line in zip(
            found.function.tolist(), found.file.tolist(), found.line.tolist(), strict=True
        )
    ]
    return [rows[a:b] for a, b in zip(found.starts[:-1].tolist(), found.starts[1:].tolist(), strict=True)]


def test_lookup() -> None:
    file = SymbolFile.from_text(SYM)
    assert named(file, 0x1018, 0x1100, 0, 0x1205, 0x1000) == [
        [("poke(int*)", "/src/app/poke.h", 3), ("crash_here(int)", "/src/app/crash.cc", 12)],
        [("main", "/src/app/crash.cc", 20)],
        [],
        [("_start", None, -1)],
        [("crash_here(int)", "/src/app/crash.cc", 11)],
    ]


def test_types_and_starts() -> None:
    found = SymbolFile.from_text(SYM).lookup(np.array([0x1018, 5], dtype=np.uint64))
    assert [found.starts.dtype, found.function.dtype, found.file.dtype, found.line.dtype] == [np.int64] * 4
    assert found.function_start.dtype == np.uint64
    assert found.starts.tolist() == [0, 2, 2]
    assert found.function_start.tolist() == [0x1000, 0x1000]


def test_any_array_of_addresses() -> None:
    file = SymbolFile.from_text(SYM)
    assert file.lookup(np.array([], dtype=np.uint64)).starts.tolist() == [0]
    every_second = np.arange(0x1000, 0x1300, dtype=np.uint64)[::2]
    assert len(file.lookup(every_second).starts) == len(every_second) + 1
    assert file.lookup(np.array([2**64 - 1], dtype=np.uint64)).starts.tolist() == [0, 0]
    with pytest.raises(TypeError):
        file.lookup(np.array([1, 2]))
    with pytest.raises(TypeError):
        file.lookup([1, 2])  # type: ignore[arg-type]


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
