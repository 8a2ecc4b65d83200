"""One address of a file with much DWARF: the answer, and that few of the file's pages are read for it."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from places import ROOT
from symbolicate._native import debug_files

if TYPE_CHECKING:
    from pathlib import Path

BYTES = 64 << 20

PEAK = """
import json, sys
import numpy as np
from symbolicate._native import debug_files
def private():
    rows = dict(line.split(":", 1) for line in open("/proc/self/status"))
    return int(rows["RssAnon"].split()[0]) << 10
[build], places = debug_files(sys.argv[1]), np.array([int(sys.argv[2])], dtype=np.uint64)
before = private()
found = build.open_for(places).lookup(places).frames(0)
print(json.dumps([found, private() - before]))
"""


@pytest.mark.parametrize("aranges", [False, True])
def test_an_address_of_many_units(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, aranges: bool) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    huge = importlib.import_module("huge_dwarf")
    path = tmp_path / "huge.debug"
    units = huge.write(path, BYTES, aranges=aranges)
    assert BYTES * 0.9 < path.stat().st_size < BYTES * 1.1
    place = huge.start_of(units // 2, 5) + 3
    expected = [[huge.name_of(units // 2, 5), f"unit{units // 2:08d}.c", huge.FIRST_LINE + 5]]
    done = subprocess.run([sys.executable, "-c", PEAK, path, str(place)], check=True, capture_output=True)
    found, grown = json.loads(done.stdout)
    assert found == expected
    # What is known of each unit, and not what is in it.
    assert grown < BYTES // 8, grown
    some = np.array([huge.start_of(unit, unit % 16) for unit in range(0, units, 37)], dtype=np.uint64)
    looked = debug_files(path)[0].open_for(some).lookup(some)
    names = [looked.frames(at)[0][0] for at in range(len(some))]
    assert names == [huge.name_of(unit, unit % 16) for unit in range(0, units, 37)]
