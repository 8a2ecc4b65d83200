"""The session that callers hold, and the loop between the symbols and the native engine.

The engine never waits and never searches for a file. For a crash it returns a report or the modules whose symbols it
needs; this module finds these in the store, once for all crashes, passes them to the engine and calls it again.
"""

from __future__ import annotations

import os
import time

from symbolicate.cores import usable_cores
from symbolicate.engine.inputs import Input, called, name_of
from symbolicate.engine.written import Written
from symbolicate.errors import EngineError, InputAbandonedError, InputError, InputUnreadableError, NotACrashError
from symbolicate.record import Record
from symbolicate.symbols.deadline import clock, until
from symbolicate.symbols.store import SymbolStore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence
    from typing import TypeAlias

    from symbolicate import _native
    from symbolicate.engine.ahead import Ahead
    from symbolicate.engine.inputs import Crash
    from symbolicate.report import Report
    from symbolicate.symbols.sources import Source

    Result: TypeAlias = bytes | InputError
    """The JSON of the report of a crash, or its error."""

__all__ = ["SMALLEST_REPORT", "Outcome", "Session", "Symbols"]

Symbols: TypeAlias = "SymbolStore | str | os.PathLike[str] | Iterable[str | os.PathLike[str] | Source] | None"
"""The source of symbols: a store, or one or several folders, files or servers for the default store."""

SMALLEST_REPORT = 64 << 10
"""The smallest limit that a user can set for the bytes of a report; the fixed parts of a report fit into it."""

# Crashes of one native call, and bytes of reports after which it ends.
_CRASHES = 16
_WRITTEN_BYTES = 4 << 20
# How often a module of a crash is looked for until its whole file is fetched: each time, a walk may reach further
# addresses of a file that is read in part.
_ROUNDS = 64
# How long one thread resolves modules by itself, of its CPU time.
_ALONE_SECONDS = 0.02


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
        from symbolicate._native import Container

        self._container = Container
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
        opened = self._open(crash)
        if isinstance(opened, InputError):
            raise opened
        if len(opened) > 1:
            hint = f"process_many returns all {len(opened)}"
            raise InputError(f"contains {len(opened)} crashes, not one", input=opened.name, hint=hint)
        [result] = self._results(opened, 0, 1)
        if isinstance(result, InputError):
            raise result
        return result

    def reports(
        self, crashes: Iterable[Crash], timeout: float | None = None
    ) -> Generator[Report | InputError, None, None]:
        """Process many inputs, in parallel; see `process_many`."""
        for result in self.reports_json(crashes, timeout):
            yield result if isinstance(result, InputError) else _decode(result)

    def reports_json(
        self, crashes: Iterable[Crash], timeout: float | None = None
    ) -> Generator[bytes | InputError, None, None]:
        """As `reports`, with the bytes of each JSON document."""
        for outcome in self.outcomes(crashes, timeout):
            yield outcome.result

    def outcomes(self, crashes: Iterable[Crash], timeout: float | None = None) -> Generator[Outcome, None, None]:
        """As `reports_json`, with the number of the input of each result."""
        from symbolicate.engine.ahead import Ahead

        def late(numbered: tuple[int, Crash]) -> tuple[int, _native.Container | InputError, list[Result]]:
            return numbered[0], _abandoned(called(numbered[1]), timeout), []

        with Ahead(self.jobs, self.store.parallel > 0, timeout) as ahead:
            for number, opened, results in ahead.map(self._begin, enumerate(crashes), late):
                if isinstance(opened, InputError):
                    yield Outcome(number, opened)
                    continue
                written = Written(opened)
                for index, result in enumerate(self._all(opened, results, ahead)):
                    if written.is_too_much:
                        yield Outcome(number, written.left_out(index))
                        break
                    written.add(result)
                    yield Outcome(number, result)

    def resolve(self, native: _native.Session, keys: Sequence[_native.ModuleKey], ends: float) -> None:
        """Find the symbols of the whole files of these modules and pass them to the engine.

        Args:
            native: the engine.
            keys: the modules.
            ends: until when symbols are waited for and converted, of `symbols.deadline.clock`.
        """
        self._resolve(native, [(key, True) for key in keys], ends)

    def _begin(self, numbered: tuple[int, Crash]) -> tuple[int, _native.Container | InputError, list[Result]]:
        """Open an input and process its first crashes; with its number."""
        number, crash = numbered
        opened = self._open(crash)
        if isinstance(opened, InputError):
            return number, opened, []
        return number, opened, self._results(opened, 0, min(len(opened), _CRASHES))

    def _all(self, opened: _native.Container, results: list[Result], ahead: Ahead) -> Iterator[Result]:
        """The results of all crashes of an input, of which the first ones are there."""
        at = len(results)
        yield from _let_go(results)

        def some(start: int) -> tuple[int, list[Result]]:
            return start, self._results(opened, start, min(start + _CRASHES, len(opened)))

        def late(start: int) -> tuple[int, list[Result]]:
            return start, [_abandoned(opened.name, ahead.seconds)]

        for start, more in ahead.map(some, range(at, len(opened), _CRASHES), late):
            at, found = start, more
            while found:
                at += len(found)
                is_late = isinstance(found[-1], InputAbandonedError)
                yield from _let_go(found)
                if is_late:  # the others would hold further threads
                    return
                # The thread made no more than those, as they have many bytes.
                end = min(start + _CRASHES, len(opened))
                found = ahead.call(some, at, late)[1] if at < end else []

    def _open(self, crash: Crash) -> _native.Container | InputError:
        """The opened input, which has at least one crash, or its error."""
        try:
            # Most inputs are files. Of anything else it is looked at here what it is, and what is wrong with it.
            container = self._container.of_file(crash) if isinstance(crash, str) else None
            if container is None:
                opened = Input.of(crash).opened()
                if isinstance(opened, InputError):
                    return opened
                container = self._container(opened.name, opened.data, opened.files)
        except InputError as error:
            return error
        except OSError as error:
            # The error of a file that the caller opened; `opened` returns the errors of paths.
            return InputUnreadableError(error.strerror or str(error), input=name_of(crash))
        if len(container) == 0:
            why = "; ".join(message for _, message in container.notes)
            return NotACrashError(f"contains no crash: {why}" if why else "contains no crash", input=container.name)
        return container

    def _results(self, container: _native.Container, start: int, end: int) -> list[Result]:
        """Process some crashes of an input: call the engine, find the symbols it needs, call it again.

        Returns:
            The results of the first of these crashes, at least of one: no more are made when they have many bytes.
        """
        # One for all of them: another one would not have the symbols that this one was given.
        native = self.store.native_session()
        answers = self._answers(native, container, range(start, end))
        if list not in map(type, answers):
            return answers  # type: ignore[return-value]
        return self._with_symbols(native, container, range(start, end), answers)

    def _answers(
        self, native: _native.Session, container: _native.Container, crashes: Iterable[int]
    ) -> list[bytes | InputError | list[_native.ModuleKey]]:
        """The reports of the first of these crashes, or the modules whose symbols they need."""
        batch = [(container, index) for index in crashes]
        return native.process_batch(batch, 1, self.naming, self.full, self.report_bytes)

    def _with_symbols(
        self,
        native: _native.Session,
        container: _native.Container,
        crashes: range,
        answers: list[bytes | InputError | list[_native.ModuleKey]],
    ) -> list[Result]:
        """The results of the first of these crashes, of which some need symbols, as the first answers say."""
        done: dict[int, Result] = {}
        asked: dict[tuple[str, str, str, str], int] = {}
        ends = clock() + self.store.fetcher.network.seconds
        size = 0
        batch = list(crashes)
        while True:
            needed: dict[tuple[str, str, str, str], _native.ModuleKey] = {}
            for index, answer in zip(batch, answers, strict=False):
                if isinstance(answer, list):
                    needed.update((_parts(key), key) for key in answer)
                else:
                    done[index] = answer
                    size += 0 if isinstance(answer, InputError) else len(answer)
            if needed and all(asked.get(parts, 0) > _ROUNDS for parts in needed):
                raise EngineError(
                    f"the engine needs modules that were resolved already: {sorted(needed)}", input=container.name
                )
            asked.update({parts: asked.get(parts, 0) + 1 for parts in needed})
            # Of a module that is read in part, further addresses may be needed each time.
            self._resolve(native, [(key, asked[parts] >= _ROUNDS) for parts, key in needed.items()], ends)
            batch = [index for index in crashes if index not in done]
            if not batch or (size >= _WRITTEN_BYTES and crashes.start in done):
                break
            answers = self._answers(native, container, batch)
        found: list[Result] = []
        while crashes.start + len(found) in done:
            found.append(done[crashes.start + len(found)])
        return found

    def _resolve(self, native: _native.Session, keys: list[tuple[_native.ModuleKey, bool]], ends: float) -> None:
        """Find the symbols of these modules and pass them to the engine; on a network until a time has come.

        Of each module it is said whether the symbols of its whole file are wanted.
        """
        pending = iter(keys)
        left = len(keys)
        with until(ends):
            # What is indexed already is mapped in less time than it takes to load and start threads.
            alone = time.thread_time() + (_ALONE_SECONDS if self.store.parallel == 0 else 0.0)
            while left and (left == 1 or time.thread_time() < alone):
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
            from symbolicate.symbols.in_part import extended

            symbols = extended(found.in_part, native.take_lacking(key))
            if symbols is None:
                found = self.store.resolve(*_parts(key))
                symbols = found.symbols
        candidates = [(one.location, one.source, one.outcome, one.detail) for one in found.candidates]
        native.resolve(key, symbols, candidates, found.decisive, found.unwind)


def _abandoned(name: str, seconds: float | None) -> InputAbandonedError:
    return InputAbandonedError(f"processing it took longer than {seconds:g} seconds", input=name)


def _let_go(results: list[Result]) -> Iterator[Result]:
    """The results, each let go when it is given: a report may have megabytes."""
    results.reverse()
    while results:
        yield results.pop()


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
