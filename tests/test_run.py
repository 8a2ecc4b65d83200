"""Runs of the native engine: each row is what a report says, and what is counted is what Python counts."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from places import FIXTURES
from recorded_names import GROUPS, Group, inputs
from symbolicate._native import Run, Watch
from symbolicate._native import Session as NativeSession
from symbolicate.corpus.entries import kind_of
from symbolicate.engine import Session
from symbolicate.errors import InputError
from symbolicate.report import NeededSymbols  # noqa: TC001 - the decoder reads annotations
from symbolicate.summary.needed import NeededModules
from symbolicate.summary.tally import Bucket, Tally
from symbolicate.summary.text import LONGEST_TEXT, clean
from table_rows import row
from tiny_dump import tiny_dump

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Result = tuple[str, bytes | InputError]
HINTS = {"EmptyInput": "the file was probably truncated when it was written or copied"}


class Failure(msgspec.Struct):
    name: str | None = None
    hash: str | None = None


class Input(msgspec.Struct):
    time: str | None = None


class Counted(msgspec.Struct):
    failure: Failure | None = None
    input: Input | None = None
    symbols_needed: tuple[NeededSymbols, ...] | None = None


def counted(results: Sequence[Result], names: Sequence[str]) -> Tally:
    """What a run has to count, but for times."""
    tally, needed = Tally(inputs=len(names), errors={}, buckets={}, examples={}), NeededModules()
    for source, result in results:
        if isinstance(result, InputError):
            kind = kind_of(type(result))
            tally.errors[kind] = tally.errors.get(kind, 0) + 1
            tally.examples.setdefault(kind, clean(f"{source}: {result.message}", LONGEST_TEXT))
            continue
        document = msgspec.json.decode(result, type=Counted)
        tally.crashes += 1
        needed.add(document.symbols_needed)
        failure = document.failure
        if failure is None or not failure.name or not failure.hash:
            tally.unknown += 1
            continue
        bucket = tally.buckets.setdefault(failure.hash, Bucket(clean(failure.name, LONGEST_TEXT), days={}))
        bucket.hits += 1
        day = ((document.input and document.input.time) or "")[:10]
        if day.count("-") == 2:
            bucket.days[day] = bucket.days.get(day, 0) + 1
    tally.needed = needed.ranked()
    return tally


def line_of(source: str, result: bytes | InputError) -> bytes:
    if not isinstance(result, InputError):
        return result
    error = {"kind": kind_of(type(result)), "message": result.message, "hint": HINTS.get(kind_of(type(result)))}
    if error["hint"] is None:
        del error["hint"]
    return msgspec.json.encode({"status": "ERROR", "input": {"name": source}, "error": error})


def processed(session: Session, paths: Sequence[str], out: Path, form: str) -> Tally:
    """Run inputs, and check what is counted of the run itself."""
    watch, native = Watch(), session.store.native_session()
    run = Run(out, form, watch, {}, HINTS)
    run.add([(path, path, None, None) for path in paths])
    while (event := run.next(native)) is not None:
        if event[0] == "needs":
            assert watch.read()[3]
            session.resolve(native, event[1], 0.0)
        else:
            run.settle()
    _, step, answered, waits = watch.read()
    assert (step, answered, waits) == (len(paths), len(paths), False)
    rows, _, tally, _ = run.end()
    found = msgspec.json.decode(tally, type=Tally)
    assert rows == found.crashes + found.failed
    assert 0 < len(found.slowest) <= 10
    assert found.slowest == sorted(found.slowest, reverse=True)
    assert 0 < sum(one.seconds for one in found.slowest) <= found.seconds + 1e-5
    return msgspec.structs.replace(found, seconds=0.0, slowest=[])


def check(group: Group, paths: Sequence[str], folder: Path) -> None:
    session = Session([group.folder / name for name in group.symbols])
    results = [(paths[one.number], one.result) for one in session.outcomes(paths)]
    expected = counted(results, paths)
    assert processed(session, paths, folder / "rows.ndjson", "ndjson") == expected
    assert (folder / "rows.ndjson").read_bytes().splitlines() == [line_of(*one) for one in results]
    assert processed(session, paths, folder / "rows.parquet", "parquet") == expected
    found = pq.read_table(folder / "rows.parquet").to_pylist()
    rows = rows_of(results)
    assert len(found) == len(rows)
    for one, other in zip(found, rows, strict=True):
        assert {key: one[key] for key in other} == other


def rows_of(results: Sequence[Result]) -> list[dict[str, Any]]:
    rows, numbers = [], dict[str, int]()
    for source, result in results:
        if isinstance(result, InputError):
            kind = kind_of(type(result))
            rows.append({"source": source, "number": None, "error_kind": kind, "error": result.message})
        else:
            rows.append(row(source, numbers.get(source, 0), json.loads(result)))
        numbers[source] = numbers.get(source, 0) + 1
    return rows


def test_rows_and_counts_of_the_fixtures_are_those_of_reports(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    odd = [str(tmp_path / "empty"), str(tmp_path), str(tmp_path / "missing"), "/dev/null"]
    check(Group(FIXTURES, ("symbols", "apple")), [*map(str, inputs(Group(FIXTURES))), *odd[:3]], tmp_path)


@pytest.mark.corpora
@pytest.mark.parametrize("group", GROUPS[1:], ids=lambda group: group.label)
def test_rows_and_counts_of_real_crashes_are_those_of_reports(group: Group, corpora: Path, tmp_path: Path) -> None:
    assert corpora.is_dir()
    check(group, [str(path) for path in inputs(group) if path.stat().st_size < 4 << 20][:60], tmp_path)


def test_inputs_are_files_bytes_or_errors_and_steps_are_left_out(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "\udcff.dmp").write_bytes(tiny_dump())
    run = Run(tmp_path / "out", "ndjson", Watch(), {3: "it ended the process"}, HINTS)
    run.add(
        [
            ("named", None, tiny_dump(), None),
            ("\\xff.dmp", str(tmp_path / "\udcff.dmp"), None, None),
            ("poison", None, tiny_dump(), None),
            ("pipe", str(tmp_path / "pipe"), None, None),
            ("refused", None, None, ("InputNotFound", "no such file")),
            ("empty", None, b"", None),
        ]
    )
    session = Session()
    native = session.store.native_session()
    while (event := run.next(native)) is not None:
        assert event[0] == "needs"
        session.resolve(native, event[1], 0.0)
    rows, _, tally, _ = run.end()
    assert rows == 6
    assert msgspec.json.decode(tally, type=Tally).crashes == 2
    lines = [json.loads(line) for line in (tmp_path / "out").read_bytes().splitlines()]
    assert [line["input"]["name"] for line in lines[:2]] == ["named", str(tmp_path / "�.dmp")]
    assert [(line["input"]["name"], line["error"]["kind"], line["error"]["message"]) for line in lines[2:]] == [
        ("poison", "InputAbandoned", "it ended the process"),
        ("pipe", "InputUnreadable", "is not a regular file"),
        ("refused", "InputNotFound", "no such file"),
        ("empty", "EmptyInput", "empty input"),
    ]
    assert lines[5]["error"]["hint"] == HINTS["EmptyInput"]
    with pytest.raises(ValueError, match="ended"):
        run.end()


def test_files_of_an_archive_are_rows_instead_of_its_error(tmp_path: Path) -> None:
    watch = Watch()
    run = Run(tmp_path / "out", "ndjson", watch, {4: "no"}, {})
    run.add([(name, None, name.encode(), None) for name in ("a.zip", "b.zip")] + [("c.dmp", None, tiny_dump(), None)])
    native = NativeSession()
    assert run.next(native) == ("not_a_crash", 0)
    assert run.step("a.zip")
    run.add([("a.zip: text", None, b"text", None)])
    assert run.next(native) is None
    assert not run.step("a.zip")
    assert watch.read()[1:3] == (4, 0)
    run.settle()
    assert watch.read()[2] == 1
    assert run.next(native) == ("not_a_crash", 1)
    run.settle()
    event = run.next(native)
    assert event is not None
    assert event[0] == "needs"
    lines = [json.loads(line) for line in (run.end(), (tmp_path / "out").read_bytes())[1].splitlines()]
    assert [(line["input"]["name"], line["error"]["kind"]) for line in lines] == [
        ("a.zip: text", "NotACrash"),
        ("a.zip", "InputAbandoned"),
        ("b.zip", "NotACrash"),
    ]


@settings(max_examples=50)
@given(st.lists(st.tuples(st.text(), st.text(), st.text(), st.none() | st.text()), max_size=5))
def test_lines_of_errors_are_those_of_another_encoder(errors: list[tuple[str, str, str, str | None]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        hints = {kind: hint for _, kind, _, hint in errors if hint is not None}
        run = Run(f"{folder}/out", "ndjson", Watch(), {}, hints)
        run.add([(source, None, None, (kind, message)) for source, kind, message, _ in errors])
        assert run.next(NativeSession()) is None
        rows, _, counts, _ = run.end()
        with open(f"{folder}/out", "rb") as file:
            lines = file.read()
    expected = []
    for source, kind, message, _ in errors:
        error = {"kind": kind, "message": message} | ({"hint": hints[kind]} if kind in hints else {})
        expected.append(msgspec.json.encode({"status": "ERROR", "input": {"name": source}, "error": error}) + b"\n")
    assert lines == b"".join(expected)
    assert rows == len(errors)
    tally = msgspec.json.decode(counts, type=Tally)
    assert (tally.inputs, tally.failed) == (len(errors), len(errors))


def test_what_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        Run(tmp_path / "none" / "out", "ndjson", Watch(), {}, {})
    with pytest.raises(ValueError, match="unknown format"):
        Run(tmp_path / "out", "csv", Watch(), {}, {})
    run = Run(tmp_path / "out", "ndjson", Watch(), {}, {})
    with pytest.raises(ValueError, match="path, bytes or an error"):
        run.add([("x", "x", b"x", None)])


def test_two_watches_of_one_file_see_each_other(tmp_path: Path) -> None:
    with (tmp_path / "shared").open("w+b") as file:
        one, other = Watch(file.fileno()), Watch(file.fileno())
    one.begin(7)
    one.waits(True)
    beats = other.read()[0]
    assert other.read() == (beats, 7, 0, True)
    one.reset()
    assert other.read()[0] > beats
    assert other.read()[1:] == (0, 0, False)
    with pytest.raises(ValueError, match="descriptor"):
        Watch(-1)
