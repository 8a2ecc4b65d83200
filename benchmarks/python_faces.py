"""The functions of the Python package as pytest-benchmark measures them; faces.py runs this and makes a table of it.

`pytest -o pythonpath=benchmarks benchmarks/python_faces.py --benchmark-timer=time.process_time` prints its own table. It is no part of `make test`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import inputs
import made_up
import numpy as np
import pytest

import symbolicate
from symbolicate import SymbolFile, SymbolStore

if TYPE_CHECKING:
    from collections.abc import Callable

    Measured = Callable[..., Any]

FACTS = {"exception_code": "c0000005", "stack": [f"app.exe!game::World::step{number}" for number in range(12)]}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> SymbolStore:
    return SymbolStore(tmp_path_factory.mktemp("store"), sources=[inputs.SYMBOLS])


@pytest.fixture(scope="module")
def symbols(tmp_path_factory: pytest.TempPathFactory) -> SymbolFile:
    path = made_up.symbols(tmp_path_factory.mktemp("symbols"), 20_000_000)
    return SymbolFile.open_or_build(path, path.with_suffix(".syx"))


def test_process_one_dump(benchmark: Measured, store: SymbolStore) -> None:
    report = benchmark(symbolicate.process, inputs.small_dumps()[0], symbols=store)
    assert report.failure.name


def test_process_many_90_dumps_on_one_thread(benchmark: Measured, store: SymbolStore) -> None:
    dumps = inputs.small_dumps()
    reports = benchmark(lambda: list(symbolicate.process_many(dumps, symbols=store, jobs=1)))
    assert all(report.failure.name for report in reports)


@pytest.mark.parametrize("count", [1, 100, 1_000])
def test_look_up_addresses(benchmark: Measured, symbols: SymbolFile, count: int) -> None:
    chance = np.random.default_rng(1)
    size = made_up.functions_of(20_000_000) * made_up.SIZE
    places = chance.integers(made_up.FIRST, made_up.FIRST + size, count, dtype=np.uint64)
    assert len(benchmark(symbols.lookup, places)) == count


def test_frames_of_an_answer_as_tuples(benchmark: Measured, symbols: SymbolFile) -> None:
    found = symbols.lookup(np.array([made_up.FIRST + 0x24], dtype=np.uint64))
    assert len(benchmark(found.frames, 0)) == 2


def test_name_a_failure_from_facts(benchmark: Measured) -> None:
    assert benchmark(symbolicate.failure_name, FACTS).hash


def test_hash_a_name(benchmark: Measured) -> None:
    name = "INVALID_POINTER_READ_c0000005_app.exe!game::World::step"
    assert len(benchmark(symbolicate.failure_hash, name)) == 36


def test_demangle_a_name(benchmark: Measured) -> None:
    assert benchmark(symbolicate.demangle, "_ZNSt6vectorIiSaIiEE9push_backERKi").startswith("std::")


def test_read_a_dump_from_bytes(benchmark: Measured, store: SymbolStore) -> None:
    data = inputs.small_dumps()[0].read_bytes()
    assert benchmark(symbolicate.process, data, symbols=store).failure.name
