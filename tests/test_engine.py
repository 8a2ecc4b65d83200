"""The library's face: one crash, many crashes, and the symbols between them."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import symbolicate
from symbolicate import InputError, Report, Session, SymbolStore
from symbolicate._native import Container, ModuleKey
from symbolicate._native import Session as NativeSession
from symbolicate.engine import Input
from symbolicate.errors import InputUnreadableError
from tiny_dump import DEBUG_FILE, DEBUG_ID, tiny_dump

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Samples
    from symbolicate.symbols.resolution import Resolution, Wanted


def functions(report: Report) -> list[str | None]:
    return [frame.function for frame in report.threads[0].frames]


class _BytesPath:
    """A path whose text is bytes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __fspath__(self) -> bytes:
        return bytes(self._path)


STACK = ["crash_here(int)", "main", "_start"]


@pytest.mark.parametrize("form", ["path", "text", "bytes", "bytearray", "memoryview", "stream", "file", "bytes path"])
def test_a_crash_in_any_form(samples: Samples, form: str) -> None:
    data = samples.dump.read_bytes()
    forms: dict[str, symbolicate.engine.Crash] = {
        "path": samples.dump,
        "text": str(samples.dump),
        "bytes": data,
        "bytearray": bytearray(data),
        "memoryview": memoryview(data),
        "stream": io.BytesIO(data),
        "bytes path": _BytesPath(samples.dump),
    }
    with samples.dump.open("rb") as file:
        report = symbolicate.process(forms.get(form, file), symbols=samples.symbols)
    assert functions(report) == STACK
    assert report.input is not None
    names = {"stream": "<stream>", "bytes": "<bytes>", "bytearray": "<bytes>", "memoryview": "<bytes>"}
    assert report.input.name == names.get(form, str(samples.dump))


def test_the_crash_is_named(samples: Samples) -> None:
    report = symbolicate.process(samples.dump, symbols=samples.symbols)
    assert report.failure is not None
    assert report.failure.symbol is not None
    assert report.failure.symbol.startswith("app!")
    assert report.failure.name is not None
    assert report.failure.hash == symbolicate.failure_hash(report.failure.name)


@pytest.mark.parametrize("form", ["path", "text", "list", "store", "nothing"])
def test_symbols_in_any_form(samples: Samples, form: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    places = {
        "path": samples.symbols,
        "text": str(samples.symbols),
        "list": [str(tmp_path / "empty"), samples.symbols],
        "store": SymbolStore(sources=[samples.symbols]),
        "nothing": None,
    }
    report = symbolicate.process(samples.dump, places[form])  # type: ignore[arg-type]
    assert functions(report) == (STACK if form != "nothing" else [None] * len(report.threads[0].frames))


def test_many_come_in_order(samples: Samples) -> None:
    dumps = [tiny_dump(thread_id=1000 + i) for i in range(100)]
    reports = symbolicate.process_many(dumps, symbols=samples.symbols, jobs=2)
    ids = [report.threads[0].thread_id for report in reports if isinstance(report, Report)]
    assert ids == [1000 + i for i in range(100)]


def test_a_bad_one_is_an_error_in_its_place(samples: Samples, tmp_path: Path) -> None:
    inputs: list[Path | bytes] = [samples.dump, b"", tmp_path / "nothing", b"not a dump", samples.dump]
    results = list(symbolicate.process_many(inputs, symbols=samples.symbols))
    kinds = [type(result).__name__ for result in results]
    assert kinds == ["Report", "EmptyInputError", "InputNotFoundError", "NotACrashError", "Report"]


def test_inputs_are_taken_as_they_are_needed() -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        for i in itertools.count():
            taken += 1
            yield tiny_dump(thread_id=i)

    reports = symbolicate.process_many(endless(), jobs=2)
    for _ in range(3):
        next(reports)
    assert taken <= 32


def test_what_an_input_iterator_raises_is_raised() -> None:
    def broken() -> Iterator[bytes]:
        yield tiny_dump()
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        list(symbolicate.process_many(broken()))


def test_what_is_no_crash_is_told_at_once(samples: Samples) -> None:
    with samples.dump.open(encoding="latin-1") as text, pytest.raises(TypeError, match="mode 'rb'"):
        symbolicate.process(text)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="not int"):
        symbolicate.process(5)  # type: ignore[arg-type]
    # Each character of a path would be a path.
    with pytest.raises(TypeError, match="use process"):
        symbolicate.process_many(str(samples.dump))


def test_a_stream_that_fails_is_an_error_in_its_place(samples: Samples) -> None:
    class Broken(io.RawIOBase):
        name = "the socket"

        def read(self, size: int = -1) -> bytes:
            raise OSError(5, f"gone after {size}")

    broken, good = symbolicate.process_many([Broken(), samples.dump], symbols=samples.symbols)
    assert isinstance(broken, InputError)
    assert (broken.input, str(broken)) == ("the socket", "the socket: gone after -1")
    assert isinstance(good, Report)


def test_jobs_are_at_least_one() -> None:
    with pytest.raises(ValueError, match="jobs"):
        Session(jobs=0)


def test_a_store_is_looked_through_once(samples: Samples, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SymbolStore(sources=[samples.symbols])
    asked = []
    look = store._look_for_in_part

    def counted(wanted: Wanted) -> Resolution:
        asked.append((wanted.debug_file, wanted.debug_id))
        return look(wanted)

    monkeypatch.setattr(store, "_look_for_in_part", counted)
    for _ in range(3):
        assert functions(symbolicate.process(samples.dump, store)) == STACK
    list(symbolicate.process_many([samples.dump] * 50, store, jobs=4))
    assert asked == [(DEBUG_FILE, DEBUG_ID)]


def test_a_hostile_module_name_leads_nowhere(samples: Samples, tmp_path: Path) -> None:
    (tmp_path / "secret.sym").write_text(f"MODULE Linux x86_64 {DEBUG_ID} secret\nPUBLIC 0 0 stolen\n")
    for name in ("../../../secret", str(tmp_path / "secret"), "..", ".", "/", "\\..\\secret", "a" * 3000, "\x1b[2J"):
        report = symbolicate.process(tiny_dump(debug_file=name, code_file=name), samples.symbols)
        assert "stolen" not in str(report)
        assert report.modules[0].symbols is not None
        assert report.modules[0].symbols.candidates
        for candidate in report.modules[0].symbols.candidates:
            assert ".." not in Path(candidate.location or "").parts
        for place in report.modules[0].symbols.tried or ():
            assert ".." not in Path(place).parts
    assert sorted(path.name for path in tmp_path.iterdir()) == ["crash.dmp", "secret.sym", "symbols"]


def test_the_native_session_asks_once_and_then_answers() -> None:
    session = NativeSession()
    crash = (Container("-", tiny_dump()), 0)
    [needs] = session.process_batch([crash], 1)
    assert isinstance(needs, list)
    assert [(key.debug_file, key.debug_id, key.code_file) for key in needs] == [(DEBUG_FILE, DEBUG_ID, "app")]
    assert needs[0] == ModuleKey(DEBUG_FILE, DEBUG_ID, "app", needs[0].code_id)
    assert len({needs[0], ModuleKey(DEBUG_FILE, DEBUG_ID, "app", needs[0].code_id)}) == 1
    session.resolve(needs[0], None, [("here", "/", "missing", ""), ("there", "/", "missing", "")])
    [answer] = session.process_batch([crash], 1)
    assert isinstance(answer, bytes)
    assert b'"here","there"' in answer


def test_a_batch_has_an_answer_for_each() -> None:
    logs = Container("logs", b'{"logs":[{"type":"managedError"}]}')
    crashes = [(Container("-", tiny_dump()), 0), (logs, 0), (logs, 7), (Container("cut", tiny_dump()[:20]), 0)]
    answers = NativeSession().process_batch(crashes, 3)
    assert [type(answer).__name__ for answer in answers] == ["list", "bytes", "NotACrashError", "NotACrashError"]
    assert isinstance(answers[2], InputError)
    with pytest.raises(ValueError, match="jobs"):
        NativeSession().process_batch([], 0)


def test_a_stream_that_is_too_much_is_an_input_error() -> None:
    class Endless(io.BytesIO):
        def read(self, _: int | None = -1) -> bytes:
            raise MemoryError

    error = Input.read("-", Endless())
    assert isinstance(error, InputUnreadableError)
    assert str(error) == "-: larger than the memory"


def test_an_input_that_can_be_read_only_once_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("symbolicate.engine.inputs.MOST_PIPED", 3 << 20)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def write(size: int) -> None:
        with contextlib.suppress(BrokenPipeError), open(pipe, "wb") as stream:
            stream.write(bytes(size))

    for size, why in ((3 << 20, "not a crash"), ((3 << 20) + 1, "has more than 3 MiB, and can be read only once")):
        writer = threading.Thread(target=write, args=[size])
        writer.start()
        with pytest.raises(InputError, match=why):
            symbolicate.process(pipe)
        writer.join()
