"""Which symbols would help most: in a report, and over many."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from places import FIXTURES
from symbolicate.report import LostFrames, NeededSymbols
from symbolicate.summary.needed import NeededModules
from tiny_dump import DEBUG_ID, SYM

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Run, Samples

    Program = Callable[..., Run]

DUMPS = sorted((FIXTURES / "dumps").rglob("*.dmp"))


@pytest.fixture
def reported(run: Program, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    def report(dump: Path, *arguments: str | Path) -> dict[str, Any]:
        done = run("report", "--store", tmp_path / "store", "--format", "json", dump, *arguments)
        found: dict[str, Any] = json.loads(done.out)
        return found

    return report


def _counted(report: dict[str, Any]) -> dict[int, tuple[int, int, int, int]]:
    """The same, counted from the frames of the report."""
    modules = report["modules"]
    starts = {module["filename"]: index for index, module in enumerate(modules)}
    counts: dict[int, list[int]] = {}
    crashing = report["crash_info"]["crashing_thread"]
    for number, thread in enumerate(report["threads"]):
        before = None
        for frame in thread["frames"]:
            index = starts.get(frame["module"])
            lost = counts.setdefault(index, [0, 0, 0, 0]) if index is not None else None
            if lost is not None and frame["function"] is None and modules[index]["missing_symbols"]:
                lost[0] += number == crashing
                lost[1] += 1
            if before is not None and frame["trust"] in {"scan", "cfi_scan"}:
                symbols = modules[before]["symbols"]
                if symbols["status"] != "loaded" and not symbols.get("unwind"):
                    below = counts.setdefault(before, [0, 0, 0, 0])
                    below[2] += number == crashing
                    below[3] += 1
            before = index
    return {index: (a, b, c, d) for index, (a, b, c, d) in counts.items() if any((a, b, c, d))}


@pytest.mark.parametrize("dump", DUMPS[:6], ids=lambda path: path.stem)
def test_frames_of_a_dump_without_symbols(reported: Callable[..., dict[str, Any]], dump: Path) -> None:
    report = reported(dump)
    needed = report["symbols_needed"]
    assert {
        one["module_index"]: (
            one["unnamed_frames"]["crashing_thread"],
            one["unnamed_frames"]["all_threads"],
            one["scanned_frames"]["crashing_thread"],
            one["scanned_frames"]["all_threads"],
        )
        for one in needed
    } == _counted(report)
    ranks = [one["unnamed_frames"]["crashing_thread"] + one["scanned_frames"]["crashing_thread"] for one in needed]
    assert ranks == sorted(ranks, reverse=True)
    for one in needed:
        module = report["modules"][one["module_index"]]
        assert (one["module"], one["debug_file"]) == (module["filename"], module["debug_file"])
        assert one["outcome"] == module["symbols"]["outcome"] == "missing"


def test_symbols_that_are_there_are_not_needed(
    reported: Callable[..., dict[str, Any]], samples: Samples, run: Program, tmp_path: Path
) -> None:
    without = reported(samples.dump)
    assert [one["debug_id"] for one in without["symbols_needed"]]
    report = reported(samples.dump, "--symbols", samples.symbols)
    loaded = {index for index, module in enumerate(report["modules"]) if module["loaded_symbols"]}
    assert loaded
    assert not [
        one
        for one in report["symbols_needed"]
        if one["unnamed_frames"]["all_threads"] and one["module_index"] in loaded
    ]
    # A file of another build where the module's belongs.
    [sym] = samples.symbols.rglob("*.sym")
    sym.write_bytes(SYM.replace(DEBUG_ID.encode(), b"0" + DEBUG_ID[1:].encode(), 1))
    needed = reported(samples.dump, "--symbols", samples.symbols)["symbols_needed"]
    assert {one["debug_id"]: one["outcome"] for one in needed}[DEBUG_ID] == "mismatched"
    text = run("report", "--store", tmp_path / "store", samples.dump).text
    assert "of the crashed thread, " in text.partition("Modules without symbols")[2]
    markdown = run("report", "--store", tmp_path / "store", "--format", "md", samples.dump).text
    assert "of the crashed thread, " in markdown.partition("## Modules without symbols")[2]


def _needed(
    name: str, debug_id: str, unnamed: tuple[int, int], scanned: tuple[int, int], outcome: str
) -> NeededSymbols:
    return NeededSymbols(
        module=name,
        debug_id=debug_id or None,
        outcome=outcome,
        unnamed_frames=LostFrames(*unnamed),
        scanned_frames=LostFrames(*scanned),
    )


def test_reports_are_added_up() -> None:
    found = NeededModules()
    found.add([_needed("a.so", "A0", (1, 2), (0, 0), "missing"), _needed("b.so", "B0", (5, 9), (1, 1), "timed out")])
    found.add([_needed("renamed.so", "A0", (1, 1), (0, 3), "missing"), _needed("c", "", (0, 1), (0, 0), "missing")])
    found.add(None)
    found.add([])
    assert (found.reports, found.without_list) == (4, 1)
    rows = [
        (one.module, one.reports, one.crashing_frames, one.frames, one.crashing_scanned, one.scanned, one.lacks)
        for one in found.ranked()
    ]
    assert rows == [
        ("a.so", 2, 2, 3, 0, 3, ("symbols", "unwind rules")),
        ("b.so", 1, 5, 9, 1, 1, ("symbols", "unwind rules")),
        ("c", 1, 0, 1, 0, 0, ("symbols",)),
    ]
    assert found.ranked()[1].outcomes == {"timed out": 1}


def test_the_command_reads_reports_in_every_form(run: Program, samples: Samples, tmp_path: Path) -> None:
    store = ["--store", tmp_path / "store"]
    one = run("report", *store, "--format", "json", samples.dump).out
    lines = run("report", *store, "--format", "ndjson", samples.dump, samples.dump).out
    assert lines.count(b"\n") == 2
    spaced = json.dumps(json.loads(one), indent=1).encode()
    files = {"one.json": one, "lines.ndjson": lines, "spaced.json": spaced, "list.json": b"[" + one.strip() + b"]"}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    done = run("symbols", "missing", "--json", *(tmp_path / name for name in files), "-", stdin=one)
    assert (done.code, done.err) == (0, "")
    [first, *_] = map(json.loads, done.text.splitlines())
    assert first["reports"] == 6
    assert first["crashing_frames"] == 6 * json.loads(one)["symbols_needed"][0]["unnamed_frames"]["crashing_thread"]
    table = run("symbols", "missing", tmp_path / "one.json").text.splitlines()
    assert table[0].split()[0] == "reports"
    assert first["module"] in table[1]
    assert first["debug_id"] in table[1]


def test_what_is_no_report_is_said(run: Program, tmp_path: Path) -> None:
    (tmp_path / "lines.ndjson").write_bytes(b'{"schema_version":1}\nnonsense\n{"a":1}\n\xff\n')
    (tmp_path / "text").write_bytes(b"nothing")
    (tmp_path / "empty").write_bytes(b"")
    done = run("symbols", "missing", *(tmp_path / name for name in ("lines.ndjson", "text", "empty", "nowhere")))
    assert (done.code, done.text) == (1, "")
    assert "line 2: no report" in done.err
    assert "line 3: no report" in done.err
    assert done.err.count("no report in JSON") == 5
    assert f"symbolicate: {tmp_path / 'nowhere'}: no such file" in done.err.splitlines()
    assert "1 of 1 reports have no list" in done.err
