"""The session that callers hold, and the loop between the symbols and the native engine.

The engine never waits and never searches for a file. For a crash it returns a report or the modules whose symbols it
needs; this module finds these in the store, once for all crashes, passes them to the engine and calls it again.
"""

from __future__ import annotations

import os
import time
from itertools import islice

from symbolicate.cores import usable_cores
from symbolicate.engine.inputs import Input, name_of
from symbolicate.engine.written import Written
from symbolicate.errors import EngineError, InputError, InputUnreadableError, NotACrashError
from symbolicate.record import Record
from symbolicate.symbols.fetching.deadline import until
from symbolicate.symbols.store import SymbolStore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeAlias

    from symbolicate import _native
    from symbolicate.engine.inputs import Crash
    from symbolicate.engine.written import Opened, Result
    from symbolicate.report import Report
    from symbolicate.symbols.sources import Source

    _Input: TypeAlias = Opened | InputError

__all__ = ["SMALLEST_REPORT", "Outcome", "Session", "Symbols"]

Symbols: TypeAlias = "SymbolStore | str | os.PathLike[str] | Iterable[str | os.PathLike[str] | Source] | None"
"""The source of symbols: a store, or one or several folders, files or servers for the default store."""

SMALLEST_REPORT = 64 << 10
"""The smallest limit that a user can set for the bytes of a report; the fixed parts of a report fit into it."""

# Inputs and crashes of one native call, per job: enough to keep every core busy, few enough to hold the reports.
_INPUTS_PER_JOB = 8
_CRASHES_PER_JOB = 64
# Bytes of inputs that are open at the same time; a single one may be larger.
_HELD_BYTES = 256 << 20
# How often a module of a crash is looked for until its whole file is fetched: each time, a walk may reach further
# addresses of a file that is read in part.
_ROUNDS = 64
# How long one thread resolves modules by itself.
_ALONE_SECONDS = 0.01


class Outcome(Record):
    """The result of one crash.

    Attributes:
        number: the number of its input, from 0.
        result: the JSON of the report, or the error.
    """

    number: int
    result: bytes | InputError


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
        self.store = store_of(symbols)
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
        [(_, opened)] = list(islice(self._opened([crash], Written()), 1))
        if isinstance(opened, InputError):
            raise opened
        container, _ = opened
        if len(container) > 1:
            hint = f"process_many returns all {len(container)}"
            raise InputError(f"contains {len(container)} crashes, not one", input=container.name, hint=hint)
        [(_, result)] = self._chunk([opened], Written())
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
        written = Written()
        for chunk in self._chunks(self._opened(crashes, written)):
            for place, result in self._chunk([one for _, one in chunk], written):
                yield Outcome(chunk[place][0], result)

    def _opened(self, crashes: Iterable[Crash], written: Written) -> Iterator[tuple[int, _Input]]:
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
                opened = InputUnreadableError(error.strerror or str(error), input=name_of(crash))
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

    def _chunks(self, opened: Iterator[tuple[int, _Input]]) -> Iterator[list[tuple[int, _Input]]]:
        """The crashes of each native call."""
        chunk: list[tuple[int, _Input]] = []
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

    def _chunk(self, opened: list[_Input], written: Written) -> Iterator[tuple[int, Result]]:
        """Process some crashes in parallel: call the engine, find the symbols it needs, call it again.

        A batch may end early, and a crash may wait for symbols while later ones are done. Results are yielded in order
        and as early as possible, so that a report of megabytes is not held while others are made, or while the caller
        uses it.
        """
        # One for all of them: another one would not have the symbols that this one was given.
        native = self.store.native_session()
        done: dict[int, list[Result]] = {i: [one] for i, one in enumerate(opened) if isinstance(one, InputError)}
        waiting = [(i, one) for i, one in enumerate(opened) if not isinstance(one, InputError)]
        again: list[tuple[int, Opened]] = []
        asked: dict[tuple[str, str, str, str], int] = {}
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
        batch: list[tuple[int, Opened]],
        asked: dict[tuple[str, str, str, str], int],
        ends: float,
        written: Written,
        done: dict[int, list[Result]],
    ) -> tuple[list[tuple[int, Opened]], list[tuple[int, Opened]]]:
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
        if unmet and all(asked.get(parts, 0) > _ROUNDS for parts in needed):
            name = unmet[0][1][0].name
            raise EngineError(f"the engine needs modules that were resolved already: {sorted(needed)}", input=name)
        asked.update({parts: asked.get(parts, 0) + 1 for parts in needed})
        # Of a module that is read in part, further addresses may be needed each time.
        self._resolve(native, [(key, asked[parts] >= _ROUNDS) for parts, key in needed.items()], ends)
        return unmet, batch[len(answers) :]

    def _resolve(self, native: _native.Session, keys: list[tuple[_native.ModuleKey, bool]], ends: float) -> None:
        """Find the symbols of these modules and pass them to the engine; on a network until a time has come.

        Of each module it is said whether the symbols of its whole file are wanted.
        """
        pending = iter(keys)
        left = len(keys)
        with until(ends):
            # What is indexed already is mapped in less time than it takes to load and start threads.
            alone = time.monotonic() + (_ALONE_SECONDS if self.store.parallel == 0 else 0.0)
            while left and (left == 1 or time.monotonic() < alone):
                self._resolve_one(native, *next(pending))
                left -= 1
        if left:
            self._resolve_together(native, pending, left, ends)

    def _resolve_together(
        self, native: _native.Session, pending: Iterator[tuple[_native.ModuleKey, bool]], count: int, ends: float
    ) -> None:
        """As `_resolve`, by several threads."""
        import threading

        failures: list[BaseException] = []

        def work() -> None:
            try:
                with until(ends):
                    for one in iter(lambda: next(pending, None), None):
                        self._resolve_one(native, *one)
            except BaseException as error:  # noqa: BLE001 - raised again by the caller's thread
                failures.append(error)
                for _ in pending:  # nobody begins with another one
                    pass

        # Plain threads: importing a pool takes longer than most commands spend here, and the work is native.
        helpers: list[threading.Thread] = []
        for _ in range(min(max(self.store.parallel, self.jobs), count) - 1):
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

    def _resolve_one(self, native: _native.Session, key: _native.ModuleKey, whole: bool) -> None:
        """Find the symbols of a module and pass them to the engine; those of its whole file, if that is wanted."""
        found = self.store.resolve(*_parts(key)) if whole else self.store.resolve_in_part(*_parts(key))
        symbols = found.symbols
        if found.in_part is not None:
            from symbolicate.symbols.fetching.failure import FetchError

            try:
                symbols = found.in_part.extended(native.take_lacking(key))
            except FetchError:
                found = self.store.resolve(*_parts(key))
                symbols = found.symbols
        candidates = [(one.location, one.source, one.outcome, one.detail) for one in found.candidates]
        native.resolve(key, symbols, candidates, found.decisive, found.unwind)


def _decode(json: bytes) -> Report:
    # Loaded when first needed: JSON output does not need the structs.
    from symbolicate.report import Report

    return Report.from_json(json)


def store_of(symbols: Symbols) -> SymbolStore:
    """The store itself, or the default store with these sources."""
    if isinstance(symbols, SymbolStore):
        return symbols
    if symbols is None:
        return SymbolStore()
    if isinstance(symbols, (str, os.PathLike)):
        return SymbolStore(sources=[symbols])
    return SymbolStore(sources=symbols)


def _parts(key: _native.ModuleKey) -> tuple[str, str, str, str]:
    return (key.debug_file, key.debug_id, key.code_file, key.code_id)
