"""The session that callers hold: symbols, the native engine, and the loop between them.

The engine never waits and never searches for a file. For a crash it returns a report or the modules whose symbols it
needs; this module finds these in the store, once for all crashes, passes them to the engine and calls it again.

An input is a minidump, an App Center log container, an Apple report (.ips, .crash, MetricKit), an Android report
(tombstone or ANR as text), a report of Windows Error Reporting (event or Report.wer) or the text of a managed
exception, recognised by its content; each also compressed. One input may contain any number of crashes.
"""

from __future__ import annotations

import os
import re
import stat
import threading
import time
import weakref
from collections import Counter
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

from symbolicate.cores import usable_cores
from symbolicate.errors import (
    EmptyInputError,
    EngineError,
    InputError,
    InputIsDirectoryError,
    InputNotFoundError,
    InputUnreadableError,
    NotACrashError,
)
from symbolicate.symbols.fetching.deadline import until
from symbolicate.symbols.fetching.failure import FetchError
from symbolicate.symbols.store import SymbolStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import BinaryIO

    from symbolicate import _native
    from symbolicate.report import Report
    from symbolicate.symbols.sources import Source

__all__ = ["SMALLEST_REPORT", "Crash", "Input", "Outcome", "Readable", "Session", "Symbols", "process", "process_many"]

Crash: TypeAlias = "str | os.PathLike[str] | os.PathLike[bytes] | bytes | bytearray | memoryview | Readable | Input"
"""An input to process: a path, bytes, or a file opened in binary mode. It may contain several crashes."""

Symbols: TypeAlias = "SymbolStore | str | os.PathLike[str] | Iterable[str | os.PathLike[str] | Source] | None"
"""The source of symbols: a store, or one or several folders, files or servers for the default store."""

AttachedFile: TypeAlias = "tuple[str | None, str | None, str | None, int | None]"
"""A file that belongs to a crash: its id, name, media type, and how many bytes of it are given, None for none."""

_Crash: TypeAlias = "tuple[_native.Container, int]"
_Opened: TypeAlias = "_Crash | InputError"
_Result: TypeAlias = "bytes | InputError"

SMALLEST_REPORT = 64 << 10
"""The smallest limit that a user can set for the bytes of a report; the fixed parts of a report fit into it."""

# Inputs and crashes of one native call, per job: enough to keep every core busy, few enough to hold the reports.
_INPUTS_PER_JOB = 8
_CRASHES_PER_JOB = 64
# How often a module of a crash is looked for until its whole file is fetched: each time, a walk may reach further
# addresses of a file that is read in part.
_ROUNDS = 64
# Bytes of inputs that are open at the same time; a single one may be larger.
_HELD_BYTES = 256 << 20


@runtime_checkable
class Readable(Protocol):
    """A file opened in binary mode, an `io.BytesIO`, a response: any object that returns its bytes at once."""

    def read(self) -> bytes:
        """All remaining bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Input:
    """One input to process: a file, or bytes under a name.

    Attributes:
        name: the path, or the name of the bytes in reports and errors.
        data: the bytes; None to read the file.
        files: the attached files, if the data are one App Center log followed by the bytes of its crash's files.
    """

    name: str
    data: bytes | None = None
    files: Sequence[AttachedFile] | None = None

    @classmethod
    def of(cls, crash: Crash) -> Input:
        """The input for any value that a caller may pass."""
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
        """The problem that is visible before any byte is read, if there is one."""
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
        # The size of a pipe is always 0.
        if stat.S_ISREG(mode) and size == 0:
            return EmptyInputError("empty file", input=self.name)
        return None

    def opened(self) -> Input | InputError:
        """The input in a form that the engine can open, or the problem that is visible before.

        Inputs that can be read only once, such as pipes, are read here: the engine needs the bytes several times, and
        only a wait in Python can be interrupted.
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
        """The input from a stream that can be read only once, or the error of reading it."""
        try:
            data = stream.read()
        except OSError as error:
            return InputUnreadableError(error.strerror or str(error), input=name)
        except MemoryError:
            return InputUnreadableError("larger than the memory", input=name)
        # Without the hint of a truncated file: the writer of the pipe wrote nothing.
        return cls(name, data) if data else EmptyInputError("empty input", input=name, hint="")


def _name_of(stream: object) -> str:
    """The name of a file that the caller opened."""
    name = getattr(stream, "name", None)
    # A file that was opened by its descriptor has the number as its name.
    return os.fsdecode(name) if isinstance(name, (str, bytes, os.PathLike)) else "<stream>"


def _once(path: str) -> str | int | None:
    """The path or descriptor to open, of an input that can be read only once; None for others."""
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
    """Processes crashes with one symbol store and keeps loaded symbols. May be used by several threads.

    Args:
        symbols: a `SymbolStore`, or folders, files, servers and buckets that are searched beside the default store.
        jobs: number of crashes that `reports` processes in parallel; by default the number of usable cores.
        naming: how failures are named; see `symbolicate.failure.naming`.
        full: include in the reports of dumps the environment variables of the process, which often contain secrets,
            and the whole memory map, which is long.
        report_bytes: limit of a report in bytes; by default 10 MiB more than its input. What is left out is reported in
            `truncated`.
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
        self.jobs = jobs if jobs is not None else usable_cores()
        if self.jobs < 1:
            raise ValueError(f"jobs must be at least 1, not {self.jobs}")
        self.naming = naming
        self.full = full
        self.report_bytes = report_bytes
        if report_bytes is not None and report_bytes < 1:
            raise ValueError(f"report_bytes must be at least 1, not {report_bytes}")

    def report(self, crash: Crash) -> Report:
        """Process an input with one crash.

        Raises:
            InputError: it cannot be read as a crash, or contains several.
        """
        return _decode(self.report_json(crash))

    def report_json(self, crash: Crash) -> bytes:
        """Process an input with one crash and return its JSON document, undecoded.

        Raises:
            InputError: it cannot be read as a crash, or contains several.
        """
        [(_, opened)] = list(islice(self._opened([crash], _Written()), 1))
        if isinstance(opened, InputError):
            raise opened
        container, _ = opened
        if len(container) > 1:
            hint = f"process_many returns all {len(container)}"
            raise InputError(f"contains {len(container)} crashes, not one", input=container.name, hint=hint)
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
        """As `reports_json`, with the number of the input of each result."""
        written = _Written()
        for chunk in self._chunks(self._opened(crashes, written)):
            for place, result in self._chunk([one for _, one in chunk], written):
                yield Outcome(chunk[place][0], result)

    def _opened(self, crashes: Iterable[Crash], written: _Written) -> Iterator[tuple[int, _Opened]]:
        """Every crash of every input, with its opened input, or the error of the input.

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
                # The error of a file that the caller opened; `opened` returns the errors of paths.
                opened = InputUnreadableError(error.strerror or str(error), input=_name_of(crash))
            if isinstance(opened, InputError) or container is None:
                refused = opened if isinstance(opened, InputError) else EngineError("not opened", input=opened.name)
                yield number, refused
            elif len(container) == 0:
                why = "; ".join(message for _, message in container.notes)
                text = f"contains no crash: {why}" if why else "contains no crash"
                yield number, NotACrashError(text, input=opened.name)
            else:
                for index in range(len(container)):
                    if written.is_too_much(container):
                        yield from ((number, error) for error in written.left_out(container, index))
                        break
                    yield number, (container, index)

    def _chunks(self, opened: Iterator[tuple[int, _Opened]]) -> Iterator[list[tuple[int, _Opened]]]:
        """The crashes of each native call."""
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
        """Process some crashes in parallel: call the engine, find the symbols it needs, call it again.

        A batch may end early, and a crash may wait for symbols while later ones are done. Results are yielded in order
        and as early as possible, so that a report of megabytes is not held while others are made, or while the caller
        uses it.
        """
        # One for all of them: another one would not have the symbols that this one was given.
        native = _native_session(self.store)
        done: dict[int, list[_Result]] = {i: [one] for i, one in enumerate(opened) if isinstance(one, InputError)}
        waiting = [(i, one) for i, one in enumerate(opened) if not isinstance(one, InputError)]
        again: list[tuple[int, _Crash]] = []
        asked: Counter[tuple[str, str, str, str]] = Counter()
        ends = time.monotonic() + self.store.fetcher.network.seconds
        given = 0
        while given < len(opened):
            while (ready := done.pop(given, None)) is not None:
                while ready:
                    yield given, ready.pop()
                given += 1
            again, waiting = (written.cut(some, done) for some in (again, waiting))
            if not (batch := again or waiting):
                continue
            unmet, unanswered = self._ask(native, batch, asked, ends, written, done)
            again, waiting = (unmet + unanswered, waiting) if again else (unmet, unanswered)

    def _ask(
        self,
        native: _native.Session,
        batch: list[tuple[int, _Crash]],
        asked: Counter[tuple[str, str, str, str]],
        ends: float,
        written: _Written,
        done: dict[int, list[_Result]],
    ) -> tuple[list[tuple[int, _Crash]], list[tuple[int, _Crash]]]:
        """Process some crashes and find the symbols they need; return those to repeat, and those not started."""
        answers = native.process_batch([one for _, one in batch], self.jobs, self.naming, self.full, self.report_bytes)
        unmet = []
        needed: dict[tuple[str, str, str, str], _native.ModuleKey] = {}
        for (i, one), answer in zip(batch, answers, strict=False):
            if isinstance(answer, list):
                needed.update((_parts(key), key) for key in answer)
                unmet.append((i, one))
            else:
                written.add(one[0], answer)
                done[i] = [answer]
        if unmet and all(asked[parts] > _ROUNDS for parts in needed):
            name = unmet[0][1][0].name
            raise EngineError(f"the engine needs modules that were resolved already: {sorted(needed)}", input=name)
        asked.update(needed.keys())
        # Of a module that is read in part, further addresses may be needed each time.
        self._resolve(
            [partial(self._resolve_one, native, key, whole=asked[parts] >= _ROUNDS) for parts, key in needed.items()],
            ends,
        )
        return unmet, batch[len(answers) :]

    def _resolve(self, modules: list[Callable[[], None]], ends: float) -> None:
        """Find the symbols of modules, each by a call, side by side; on a network until a time has come."""
        pending = iter(modules)
        failures: list[BaseException] = []

        def work() -> None:
            try:
                with until(ends):
                    for resolve in iter(lambda: next(pending, None), None):
                        resolve()
            except BaseException as error:  # noqa: BLE001 - raised again by the caller's thread
                failures.append(error)
                for _ in pending:  # nobody begins with another one
                    pass

        # Plain threads: importing a pool takes longer than most commands spend here, and the work is native.
        most = max(self.store.parallel, self.jobs)
        helpers: list[threading.Thread] = []
        for _ in range(min(most, len(modules)) - 1):
            # An interrupt does not wait for servers: then these threads end with the process.
            helper = threading.Thread(target=work, daemon=self.store.parallel > 0)
            try:
                helper.start()
            except RuntimeError:  # no memory for one more
                break
            helpers.append(helper)
        work()
        for helper in helpers:
            if not any(isinstance(failure, KeyboardInterrupt) for failure in failures):
                helper.join()
        if failures:
            raise failures[0]

    def _resolve_one(self, native: _native.Session, key: _native.ModuleKey, *, whole: bool) -> None:
        """Find the symbols of a module and pass them to the engine; those of its whole file, if that is wanted."""
        found = self.store.resolve(*_parts(key)) if whole else self.store.resolve_in_part(*_parts(key))
        symbols = found.symbols
        if found.in_part is not None:
            try:
                symbols = found.in_part.extended(native.take_lacking(key))
            except FetchError:
                found = self.store.resolve(*_parts(key))
                symbols = found.symbols
        candidates = [(one.location, one.source, one.outcome, one.detail) for one in found.candidates]
        native.resolve(key, symbols, candidates, found.decisive, found.unwind)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one crash.

    Attributes:
        number: the number of its input, from 0.
        result: the JSON of the report, or the error.
    """

    number: int
    result: bytes | InputError


class _Written:
    """The total size of the reports of one input: a container may have a million tiny crashes."""

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
        """Whether the limit is exceeded, so that no more reports of the input are made."""
        return container is self._container and self._bytes > max(self._FREE, self._RATIO * container.held)

    def cut(self, crashes: list[tuple[int, _Crash]], done: dict[int, list[_Result]]) -> list[tuple[int, _Crash]]:
        """The crashes within the limit; the errors of the others, at most one per input, are put into `done`."""
        left = []
        for i, (container, index) in crashes:
            if self.is_too_much(container):
                done[i] = list(self.left_out(container, index))
            else:
                left.append((i, (container, index)))
        return left

    def left_out(self, container: _native.Container, index: int) -> Iterator[InputError]:
        """The error, once per input, for its crashes from this one on."""
        if not self._is_said:
            self._is_said = True
            why = f"{len(container) - index} of its {len(container)} crashes are left out: "
            why += f"the reports of the others have {self._bytes} bytes"
            yield InputError(why, input=container.name)


def _decode(json: bytes) -> Report:
    # Loaded when first needed: JSON output does not need the structs.
    from symbolicate.report import Report

    return Report.from_json(json)


def process(crash: Crash, symbols: Symbols = None) -> Report:
    """Turn one crash into a report.

    Args:
        crash: a path, a file opened in binary mode, or bytes: an input of any kind with one crash.
        symbols: a `SymbolStore` (keep it and use it again), or what its `sources` may be: folders and files, addresses
            of servers and buckets, names of public servers.

    Raises:
        InputError: it cannot be read as a crash, or contains several. Missing symbols are not an error.
    """
    return Session(symbols).report(crash)


def process_many(
    crashes: Iterable[Crash], symbols: Symbols = None, jobs: int | None = None
) -> Iterator[Report | InputError]:
    """Turn all crashes of many inputs into reports, in parallel and in the order of the inputs.

    An unreadable input yields an `InputError` object in its position; it is not raised, so one bad input does not stop
    the others. The inputs are taken a few at a time, so there may be any number of them.

    The work is done in this process, within the limits of `docs/limits.md`. A failed allocation, or a large file that
    is truncated while it is read, ends this process; the command `symbolicate report` and the service use child
    processes.

    Args:
        crashes: paths, opened files or bytes, of any kind and with any number of crashes each.
        symbols: as for `process`.
        jobs: number of crashes processed in parallel; by default the number of usable cores.

    Raises:
        TypeError: `crashes` is a path or bytes by itself.
    """
    if isinstance(crashes, (str, bytes, bytearray, memoryview, os.PathLike)):
        raise TypeError("crashes are many: give a list, or use process for a single one")
    return Session(symbols, jobs=jobs).reports(crashes)


_native_sessions: weakref.WeakKeyDictionary[SymbolStore, tuple[int, _native.Session]] = weakref.WeakKeyDictionary()
_native_sessions_lock = threading.Lock()


def _native_session(store: SymbolStore) -> _native.Session:
    """The native session of a store: it lives until the store forgets results, so that symbols are loaded once."""
    from symbolicate import _native

    generation = store.generation()
    with _native_sessions_lock:
        known, session = _native_sessions.get(store, (-1, None))
        if session is None or known < generation:
            session = _native.Session()
            _native_sessions[store] = (generation, session)
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
