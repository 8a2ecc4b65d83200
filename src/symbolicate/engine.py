"""The session a caller holds: symbols and the native engine, and the loop between them.

The engine never waits and never looks for a file. Given a crash, it answers with a report or with the modules whose
symbols it would need; this room finds those in the store, once for all crashes, hands them over and asks again.

An input is a minidump, an App Center log container, an Apple report (.ips, .crash, MetricKit), an Android report
(tombstone or ANR as text), a report of Windows Error Reporting (event or Report.wer) or the text of a managed
exception, recognised by its content; each also compressed. One input may hold any number of crashes.
"""

from __future__ import annotations

import os
import re
import stat
import threading
import weakref
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

from symbolicate.errors import (
    EmptyInputError,
    EngineError,
    InputError,
    InputIsDirectoryError,
    InputNotFoundError,
    InputUnreadableError,
    NotACrashError,
)
from symbolicate.symbols.store import SymbolStore

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import BinaryIO

    from symbolicate import _native
    from symbolicate.report import Report
    from symbolicate.symbols.sources import Source

__all__ = ["SMALLEST_REPORT", "Crash", "Input", "Outcome", "Readable", "Session", "Symbols", "process", "process_many"]

Crash: TypeAlias = "str | os.PathLike[str] | os.PathLike[bytes] | bytes | bytearray | memoryview | Readable | Input"
"""What can be processed: a path, the bytes themselves, or a file opened for them. It may hold several crashes."""

Symbols: TypeAlias = "SymbolStore | str | os.PathLike[str] | Iterable[str | os.PathLike[str] | Source] | None"
"""Where symbols come from: a store, or one or several folders or files for the default store."""

AttachedFile: TypeAlias = "tuple[str | None, str | None, str | None, int | None]"
"""A file that belongs to a crash: its id, name, media type, and how many bytes of it are given, None for none."""

_Crash: TypeAlias = "tuple[_native.Container, int]"
_Opened: TypeAlias = "_Crash | InputError"
_Result: TypeAlias = "bytes | InputError"

SMALLEST_REPORT = 64 << 10
"""The smallest limit that a user can set for the bytes of a report; what every report has fits into it."""

# What is given to the engine at a time, per job: enough to keep every core busy, few enough to hold the reports.
_INPUTS_PER_JOB = 8
_CRASHES_PER_JOB = 64
# Bytes of inputs that are held open together; a single one may be larger.
_HELD_BYTES = 256 << 20


@runtime_checkable
class Readable(Protocol):
    """A file opened for its bytes, an `io.BytesIO`, a response: whatever gives its bytes at once."""

    def read(self) -> bytes:
        """All bytes from here on."""
        ...


@dataclass(frozen=True, slots=True)
class Input:
    """One input to process: a file, or bytes under a name.

    Attributes:
        name: the path, or what to call the bytes in reports and errors.
        data: the bytes; None means to read the file.
        files: if the data are one App Center log and then the bytes of the files that belong to its crash: these files.
    """

    name: str
    data: bytes | None = None
    files: Sequence[AttachedFile] | None = None

    @classmethod
    def of(cls, crash: Crash) -> Input:
        """The input that a caller meant."""
        if isinstance(crash, Input):
            return crash
        if isinstance(crash, (bytes, bytearray, memoryview)):
            return cls("<bytes>", bytes(crash))
        if isinstance(crash, (str, os.PathLike)):
            return cls(os.fsdecode(crash))
        if not isinstance(crash, Readable):
            raise TypeError(f"a crash is a path, bytes or a file opened for reading, not {type(crash).__name__}")
        data = crash.read()
        if isinstance(data, str):
            raise TypeError("the file is opened for text: open it with mode 'rb'")
        return cls(_name_of(crash), bytes(data))

    def check(self) -> InputError | None:
        """What is wrong with it at first sight, before any byte is read."""
        if self.data is not None:
            return None if self.data else EmptyInputError("empty input", input=self.name)
        try:
            found = os.stat(self.name)
        except FileNotFoundError:
            return InputNotFoundError("no such file", input=self.name)
        except (OSError, ValueError) as error:
            return InputUnreadableError(getattr(error, "strerror", None) or str(error), input=self.name)
        return self._check_file(found.st_mode, found.st_size)

    def _check_file(self, mode: int, size: int) -> InputError | None:
        if stat.S_ISDIR(mode):
            return InputIsDirectoryError("is a directory, not a file", input=self.name)
        if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
            return InputUnreadableError("is a device, which may have no end", input=self.name)
        # The size of a pipe is 0 and says nothing.
        if stat.S_ISREG(mode) and size == 0:
            return EmptyInputError("empty file", input=self.name)
        return None

    def opened(self) -> Input | InputError:
        """The input as the engine can take it, or what is wrong with it at first sight.

        What can be read only once, such as a pipe, is read here: the engine asks for its bytes several times, and an
        interrupt ends Python's waiting alone.
        """
        if self.data is None and (descriptor := _once(self.name)) is not None:
            try:
                with open(descriptor, "rb") as stream:
                    return Input.read(self.name, stream)
            except OSError as error:
                return InputUnreadableError(error.strerror or str(error), input=self.name)
        return self.check() or self

    @classmethod
    def read(cls, name: str, stream: BinaryIO) -> Input | InputError:
        """The input that a stream has, which can be read only once; or why it cannot be read."""
        try:
            data = stream.read()
        except OSError as error:
            return InputUnreadableError(error.strerror or str(error), input=name)
        except MemoryError:
            return InputUnreadableError("more than there is memory for", input=name)
        # Nobody cut a pipe off: its writer had nothing to say.
        return cls(name, data) if data else EmptyInputError("empty input", input=name, hint="")


def _name_of(stream: object) -> str:
    """What a file that the caller opened is called."""
    name = getattr(stream, "name", None)
    # Of a file opened by its descriptor it is that.
    return os.fsdecode(name) if isinstance(name, (str, bytes, os.PathLike)) else "<stream>"


def _once(path: str) -> str | int | None:
    """What to open of a path that can be read only once; None for others."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return None
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return None
    if path == "/dev/stdin":
        return os.dup(0)
    if match := re.fullmatch(r"/dev/fd/(\d+)|/proc/self/fd/(\d+)", path):
        return os.dup(int(match[1] or match[2]))
    return path if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) else None


class Session:
    """Processes crashes against one symbol store, and keeps what it has loaded. May be used by many threads.

    Args:
        symbols: a `SymbolStore`, or folders and files to put before the default one.
        jobs: how many crashes to process at once in `reports`; by default as many as there are cores to use.
        naming: how failures are named; see `symbolicate.failure.naming`.
        full: put into the reports of dumps what is left out otherwise: the process's environment variables, which
            often hold secrets, and the whole memory map, which is long.
        report_bytes: how many bytes a report may have; by default 10 MiB more than its input. What is left out is
            reported in `truncated`.
    """

    def __init__(
        self,
        symbols: Symbols = None,
        *,
        jobs: int | None = None,
        naming: _native.Naming | None = None,
        full: bool = False,
        report_bytes: int | None = None,
    ) -> None:
        self.store = _store(symbols)
        self.jobs = jobs if jobs is not None else _usable_cores()
        if self.jobs < 1:
            raise ValueError(f"jobs must be at least 1, not {self.jobs}")
        self.naming = naming
        self.full = full
        self.report_bytes = report_bytes
        if report_bytes is not None and report_bytes < 1:
            raise ValueError(f"report_bytes must be at least 1, not {report_bytes}")
        self._native = _native_session(self.store)

    def report(self, crash: Crash) -> Report:
        """Process an input that holds one crash.

        Raises:
            InputError: it cannot be read as a crash, or holds several.
        """
        return _decode(self.report_json(crash))

    def report_json(self, crash: Crash) -> bytes:
        """Process an input that holds one crash into the bytes of its JSON document, without decoding them.

        Raises:
            InputError: it cannot be read as a crash, or holds several.
        """
        [(_, opened)] = list(islice(self._opened([crash], _Written()), 1))
        if isinstance(opened, InputError):
            raise opened
        container, _ = opened
        if len(container) > 1:
            hint = f"process_many gives all {len(container)}"
            raise InputError(f"holds {len(container)} crashes, not one", input=container.name, hint=hint)
        [(_, result)] = self._chunk([opened], _Written())
        if isinstance(result, InputError):
            raise result
        return result

    def reports(self, crashes: Iterable[Crash]) -> Iterator[Report | InputError]:
        """Process many inputs, in parallel; see `process_many`."""
        for result in self.reports_json(crashes):
            yield result if isinstance(result, InputError) else _decode(result)

    def reports_json(self, crashes: Iterable[Crash]) -> Iterator[bytes | InputError]:
        """As `reports`, with the bytes of each JSON document."""
        for outcome in self.outcomes(crashes):
            yield outcome.result

    def outcomes(self, crashes: Iterable[Crash]) -> Iterator[Outcome]:
        """As `reports_json`, with the input that each result is of."""
        written = _Written()
        for chunk in self._chunks(self._opened(crashes, written)):
            for place, result in self._chunk([one for _, one in chunk], written):
                yield Outcome(chunk[place][0], result)

    def _opened(self, crashes: Iterable[Crash], written: _Written) -> Iterator[tuple[int, _Opened]]:
        """Every crash of every input, with the opened input that it is in; or what is wrong with the input.

        Each comes with the number of its input.
        """
        from symbolicate._native import Container

        for number, crash in enumerate(crashes):
            container = None
            try:
                opened = Input.of(crash).opened()
                if isinstance(opened, Input):
                    container = Container(opened.name, opened.data, opened.files)
            except InputError as error:
                opened = error
            except OSError as error:
                # Of a file that the caller opened; a path's errors are told by `opened`.
                opened = InputUnreadableError(error.strerror or str(error), input=_name_of(crash))
            if isinstance(opened, InputError) or container is None:
                refused = opened if isinstance(opened, InputError) else EngineError("not opened", input=opened.name)
                yield number, refused
            elif len(container) == 0:
                why = "; ".join(message for _, message in container.notes)
                yield number, NotACrashError(f"holds no crash: {why}" if why else "holds no crash", input=opened.name)
            else:
                for index in range(len(container)):
                    if written.is_too_much(container):
                        yield from ((number, error) for error in written.left_out(container, index))
                        break
                    yield number, (container, index)

    def _chunks(self, opened: Iterator[tuple[int, _Opened]]) -> Iterator[list[tuple[int, _Opened]]]:
        """What is given to the engine together."""
        chunk: list[tuple[int, _Opened]] = []
        inputs, held = 0, 0
        for number, one in opened:
            chunk.append((number, one))
            ended = True
            if not isinstance(one, InputError):
                container, index = one
                ended = index == len(container) - 1
                held += container.held if ended else 0
            inputs += ended
            full = ended and (inputs >= _INPUTS_PER_JOB * self.jobs or held >= _HELD_BYTES)
            if full or len(chunk) >= _CRASHES_PER_JOB * self.jobs:
                yield chunk
                chunk, inputs, held = [], 0, 0
        if chunk:
            yield chunk

    def _chunk(self, opened: list[_Opened], written: _Written) -> Iterator[tuple[int, _Result]]:
        """Process some crashes together: ask, find what is needed, ask again for those that needed something.

        A batch may end early, and a crash may have to wait for symbols while later ones are done. Results are given in
        order and as soon as they can be: a report of megabytes is not kept while the others are made, nor while its
        caller works on it.
        """
        done: dict[int, list[_Result]] = {i: [one] for i, one in enumerate(opened) if isinstance(one, InputError)}
        waiting = [(i, one) for i, one in enumerate(opened) if not isinstance(one, InputError)]
        again: list[tuple[int, _Crash]] = []
        asked: set[tuple[str, str, str, str]] = set()
        given = 0
        while given < len(opened):
            while (ready := done.pop(given, None)) is not None:
                while ready:
                    yield given, ready.pop()
                given += 1
            again, waiting = (written.cut(some, done) for some in (again, waiting))
            if not (batch := again or waiting):
                continue
            unmet, unanswered = self._ask(batch, asked, written, done)
            again, waiting = (unmet + unanswered, waiting) if again else (unmet, unanswered)

    def _ask(
        self,
        batch: list[tuple[int, _Crash]],
        asked: set[tuple[str, str, str, str]],
        written: _Written,
        done: dict[int, list[_Result]],
    ) -> tuple[list[tuple[int, _Crash]], list[tuple[int, _Crash]]]:
        """Have some crashes processed, and find the symbols they need: those to ask for again, and those not begun."""
        answers = self._native.process_batch(
            [one for _, one in batch], self.jobs, self.naming, self.full, self.report_bytes
        )
        unmet = []
        needed: dict[tuple[str, str, str, str], _native.ModuleKey] = {}
        for (i, one), answer in zip(batch, answers, strict=False):
            if isinstance(answer, list):
                needed.update((_parts(key), key) for key in answer)
                unmet.append((i, one))
            else:
                written.add(one[0], answer)
                done[i] = [answer]
        if unmet and needed.keys() <= asked:
            name = unmet[0][1][0].name
            raise EngineError(f"asks again for symbols that it was given: {sorted(needed)}", input=name)
        asked |= needed.keys()
        self._resolve(list(needed.values()))
        return unmet, batch[len(answers) :]

    def _resolve(self, keys: list[_native.ModuleKey]) -> None:
        """Find the symbols of these modules and hand them to the engine."""
        pending = iter(keys)
        failures: list[BaseException] = []

        def work() -> None:
            try:
                for key in iter(lambda: next(pending, None), None):
                    self._resolve_one(key)
            except BaseException as error:  # noqa: BLE001 - raised again by the caller's thread
                failures.append(error)

        # Plain threads: a pool's import costs more than most commands spend here, and the work is native.
        helpers = [threading.Thread(target=work) for _ in range(min(self.jobs, len(keys)) - 1)]
        for helper in helpers:
            helper.start()
        work()
        for helper in helpers:
            helper.join()
        if failures:
            raise failures[0]

    def _resolve_one(self, key: _native.ModuleKey) -> None:
        found = self.store.resolve(*_parts(key))
        candidates = [(one.location, one.source, one.outcome, one.detail) for one in found.candidates]
        self._native.resolve(key, found.symbols, candidates, found.decisive)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one crash.

    Attributes:
        number: the number of its input among those given, from 0.
        result: the JSON of the report, or the error in its place.
    """

    number: int
    result: bytes | InputError


class _Written:
    """How many bytes the reports of one input have by now: a container may hold a million crashes that say nothing."""

    _FREE, _RATIO = 32 << 20, 4

    def __init__(self) -> None:
        self._container: _native.Container | None = None
        self._is_said = False
        self._bytes = 0

    def add(self, container: _native.Container, result: bytes | InputError) -> None:
        """Count the report of a crash."""
        if container is not self._container:
            self._container, self._is_said, self._bytes = container, False, 0
        if not isinstance(result, InputError):
            self._bytes += len(result)

    def is_too_much(self, container: _native.Container) -> bool:
        """Whether no more reports of it are made."""
        return container is self._container and self._bytes > max(self._FREE, self._RATIO * container.held)

    def cut(self, crashes: list[tuple[int, _Crash]], done: dict[int, list[_Result]]) -> list[tuple[int, _Crash]]:
        """The crashes that reports are still made of; those of the others, one error at most, are put into `done`."""
        left = []
        for i, (container, index) in crashes:
            if self.is_too_much(container):
                done[i] = list(self.left_out(container, index))
            else:
                left.append((i, (container, index)))
        return left

    def left_out(self, container: _native.Container, index: int) -> Iterator[InputError]:
        """What is said, once for an input, of its crashes from this one on."""
        if not self._is_said:
            self._is_said = True
            why = f"{len(container) - index} of its {len(container)} crashes are left out: "
            why += f"the reports of the others have {self._bytes} bytes"
            yield InputError(why, input=container.name)


def _decode(json: bytes) -> Report:
    # Loaded when first needed: who wants the JSON alone does not pay for the structs.
    from symbolicate.report import Report

    return Report.from_json(json)


def process(crash: Crash, symbols: Symbols = None) -> Report:
    """Turn one crash into a report.

    Args:
        crash: a path, a file opened for reading bytes, or the bytes, of an input of any kind that holds one crash.
        symbols: a `SymbolStore` (best kept and used again), or folders in Breakpad layout or `.sym` files.

    Raises:
        InputError: it cannot be read as a crash, or holds several. Missing symbols are no error.
    """
    return Session(symbols).report(crash)


def process_many(
    crashes: Iterable[Crash], symbols: Symbols = None, jobs: int | None = None
) -> Iterator[Report | InputError]:
    """Turn many crashes into reports, in parallel and in the order given: all that each input holds.

    A crash that cannot be read comes out as an `InputError` object in its place; it is not raised, so one bad input
    does not stop the others. The inputs are taken a few at a time, so there may be any number of them.

    The work is done in this process, within the limits of `docs/limits.md`. What ends a process, such as an allocation
    that fails or a large file that is cut while it is read, ends this one; the command `symbolicate report` and the
    service have processes of their own for that.

    Args:
        crashes: paths, opened files or bytes, of any kind and with any number of crashes each.
        symbols: as for `process`.
        jobs: how many at once; by default as many as there are cores to use.

    Raises:
        TypeError: `crashes` is a path or bytes by itself.
    """
    if isinstance(crashes, (str, bytes, bytearray, memoryview, os.PathLike)):
        raise TypeError("crashes are many: give a list, or use process for a single one")
    return Session(symbols, jobs=jobs).reports(crashes)


_native_sessions: weakref.WeakKeyDictionary[SymbolStore, _native.Session] = weakref.WeakKeyDictionary()
_native_sessions_lock = threading.Lock()


def _native_session(store: SymbolStore) -> _native.Session:
    """The native session of a store: kept with it, so that a store used twice is warm the second time."""
    from symbolicate import _native

    with _native_sessions_lock:
        session = _native_sessions.get(store)
        if session is None:
            session = _native_sessions[store] = _native.Session()
        return session


def _store(symbols: Symbols) -> SymbolStore:
    if isinstance(symbols, SymbolStore):
        return symbols
    if symbols is None:
        return SymbolStore()
    if isinstance(symbols, (str, os.PathLike)):
        return SymbolStore(sources=[symbols])
    return SymbolStore(sources=symbols)


def _parts(key: _native.ModuleKey) -> tuple[str, str, str, str]:
    return (key.debug_file, key.debug_id, key.code_file, key.code_id)


def _usable_cores() -> int:
    """The cores this process may run on, which in a container are fewer than there are."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1
