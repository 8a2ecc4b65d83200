"""Runs of the native engine over many inputs: each result is that of a single call, each row what the report says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from places import FIXTURES
from recorded_names import GROUPS, Group, inputs
from symbolicate._native import ModuleKey, Run, Table
from symbolicate._native import Session as NativeSession
from symbolicate.engine import Session
from symbolicate.errors import EngineError, InputError
from symbolicate.symbols.store import SymbolStore
from table_rows import row
from tiny_dump import tiny_dump

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

Result = tuple[int, bytes | InputError]


def events(native: NativeSession, store: SymbolStore, run: Run, paths: Sequence[str]) -> Iterator[list[Result]]:
    """Add the inputs, a few at a time, find symbols, and yield what comes out."""
    left = iter(paths)
    while (event := run.next()) is not None:
        if event[0] == "needs":
            resolve(native, store, event[1])
            run.resolved(event[1])
        elif event[0] == "output":
            yield event[1]
        else:
            some = [(path, None, None) for _, path in zip(range(10), left, strict=False)]
            run.add(some) if some else run.close()


def resolve(native: NativeSession, store: SymbolStore, keys: Sequence[ModuleKey]) -> None:
    for key in keys:
        found = store.resolve(key.debug_file, key.debug_id, key.code_file, key.code_id)
        candidates = [(one.location, one.source, one.outcome, one.detail) for one in found.candidates]
        native.resolve(key, found.symbols, candidates, found.decisive, found.unwind)


def results_of(group: Group, paths: Sequence[str], jobs: int) -> list[Result]:
    store, native = SymbolStore(sources=[group.folder / name for name in group.symbols]), NativeSession()
    run = Run(native, jobs)
    return [one for some in events(native, store, run, paths) for one in some]


def table_of(group: Group, paths: Sequence[str], jobs: int) -> Table:
    store, native = SymbolStore(sources=[group.folder / name for name in group.symbols]), NativeSession()
    run = Run(native, jobs, rows=True)
    assert all(some == [] for some in events(native, store, run, paths))
    return run.table()


def said(result: Result) -> tuple[int, object]:
    number, one = result
    return (number, one if isinstance(one, bytes) else (type(one), one.args[0], one.input, one.hint))


def expected_of(group: Group, paths: Sequence[str]) -> list[Result]:
    session = Session([group.folder / name for name in group.symbols])
    return [(outcome.number, outcome.result) for outcome in session.outcomes(paths)]


def expected_rows(paths: Sequence[str], results: Sequence[Result]) -> list[dict[str, Any]]:
    rows, at, crash = [], -1, 0
    for number, result in results:
        crash = crash + 1 if number == at else 0
        at = number
        if isinstance(result, InputError):
            kind = type(result).__name__.removesuffix("Error")
            rows.append({"source": paths[number], "number": None, "error_kind": kind, "error": result.message})
        else:
            rows.append(row(paths[number], crash, json.loads(result)))
    return rows


def check(group: Group, paths: Sequence[str], jobs: int = 2) -> None:
    expected = expected_of(group, paths)
    assert [said(one) for one in results_of(group, paths, jobs)] == [said(one) for one in expected]
    found = pa.table(table_of(group, paths, jobs)).to_pylist()
    rows = expected_rows(paths, expected)
    assert len(found) == len(rows)
    for one, other in zip(found, rows, strict=True):
        assert {key: one[key] for key in other} == other


def test_results_and_rows_of_the_fixtures_are_those_of_reports(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    odd = [str(empty), str(tmp_path), str(tmp_path / "missing")]
    paths = [str(path) for path in inputs(Group(FIXTURES))]
    check(Group(FIXTURES, ("symbols", "apple")), [*odd, *paths, *odd])


@pytest.mark.corpora
@pytest.mark.parametrize("group", GROUPS[1:], ids=lambda group: group.label)
def test_results_and_rows_of_real_crashes_are_those_of_reports(group: Group, corpora: Path) -> None:
    assert corpora.is_dir()
    check(group, [str(path) for path in inputs(group) if path.stat().st_size < 4 << 20][:60])


def test_bytes_are_inputs_with_a_name(tmp_path: Path) -> None:
    run = Run(NativeSession(), 1)
    run.add([("named", tiny_dump(), None), (str(tmp_path / "\udcff"), None, None)])
    run.close()
    results: list[Result] = []
    while (event := run.next()) is not None:
        if event[0] == "needs":
            run.resolved(event[1])
        else:
            results += event[1]
    # The modules were not resolved: the caller has to do that, or gets an error.
    [(_, first), (_, second)] = results
    assert isinstance(first, EngineError)
    assert first.input == "named"
    assert isinstance(second, InputError)
    assert second.input == str(tmp_path / "�")


def test_no_workers_are_an_error() -> None:
    with pytest.raises(ValueError, match="jobs must be at least 1"):
        Run(NativeSession(), 0)
