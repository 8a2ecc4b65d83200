"""The child process: `python -m symbolicate.isolation.child BYTES` answers requests until its input ends.

Symbols of apps are in a database, which the child cannot reach: it requests them from its parent, module by module.

The kernel ends it: by a signal when a request takes longer than its deadline, and by refusing memory beyond `BYTES`.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
import threading
import time
from collections import OrderedDict
from itertools import count
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from symbolicate.engine import Input, Session
from symbolicate.errors import EngineError, InputError, SymbolFileError, SymbolStoreError
from symbolicate.isolation.frames import read_frame, write_frame
from symbolicate.isolation.messages import (
    Added,
    AddedFile,
    AddSymbols,
    Answer,
    Build,
    Checked,
    CheckFile,
    Failed,
    FetchedFile,
    FetchedFiles,
    FetchFile,
    FetchFiles,
    FindSymbols,
    Found,
    LookedUp,
    LookUpStacks,
    MakeReport,
    Reported,
    Request,
    Symbols,
)
from symbolicate.isolation.stacks import RequestError, Stacks
from symbolicate.symbols.deadline import clock, leave_out, until
from symbolicate.symbols.debug_files import is_debug_file
from symbolicate.symbols.fetching.failure import FetchError
from symbolicate.symbols.fetching.fetcher import Fetched, Fetcher
from symbolicate.symbols.fetching.network import Network
from symbolicate.symbols.fetching.ranges import Range
from symbolicate.symbols.fetching.urls import address_below
from symbolicate.symbols.layouts import local_store
from symbolicate.symbols.resolution import Offer, UnwindOffer
from symbolicate.symbols.sources.opening import open_source
from symbolicate.symbols.sources.remote import RemoteSource
from symbolicate.symbols.store import SymbolStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from symbolicate._native import DebugFile
    from symbolicate.isolation.messages import Question
    from symbolicate.symbols.candidates import CandidateOutcome
    from symbolicate.symbols.layouts.layout import Parts
    from symbolicate.symbols.resolution import Wanted
    from symbolicate.symbols.sources.source import Source

__all__ = ["main"]

# How long a thread waits for others, whose files are then requested together.
_LINGER_SECONDS = 0.002
# The share of the time of a request in which files are converted: a module without symbols is better than no report.
_CONVERTING = 0.75
# The number of owners whose symbols stay loaded.
_SESSIONS = 8


class _Waiting:
    """A file of a server that a thread waits for."""

    def __init__(self, question: FetchFile) -> None:
        self.question = question
        self.answer: FetchedFile | None = None

    def result(self) -> FetchedFile:
        return self.answer if self.answer is not None else FetchedFile(outcome="denied")


class _Parent:
    """The parent process's symbols, as a source. May be used by many threads."""

    def __init__(self, requests: BinaryIO, answers: BinaryIO) -> None:
        self._requests = requests
        self._answers = answers
        self._changed = threading.Condition()
        self._is_asking = False
        self._finding = 0
        self._waiting: list[_Waiting] = []

    name = "service"

    def candidates(self, wanted: Wanted) -> Iterator[Offer]:
        """The parent's files for this module, the best first."""
        for found in self._files(wanted, "symbols"):
            yield Offer(found.path, index=local_store.index_of(found.path), name=found.name, is_best=True)

    def unwind_files(self, wanted: Wanted) -> Iterator[UnwindOffer]:
        """The parent's unwind tables of this module."""
        for found in self._files(wanted, "unwind"):
            yield UnwindOffer(found.path, name=found.name)

    def _files(self, wanted: Wanted, part: str) -> Iterator[Found]:
        for rank in count():
            ids = (wanted.debug_file, wanted.debug_id, wanted.code_file, wanted.code_id)
            found = self._ask(FindSymbols(*ids, rank, part))
            if not found.path:
                return
            yield found

    def search(self, _: str) -> Iterator[str]:
        """Nothing: only the modules of reports are requested."""
        return iter(())

    def fetch(self, question: FetchFile) -> FetchedFile:
        """A file of a server, which the parent fetches, together with those that other threads wait for."""
        own = _Waiting(question)
        with self._changed:
            self._waiting.append(own)
            # Threads that ask the database will want files, too: one question for all of these.
            self._changed.wait_for(lambda: own.answer is not None, _LINGER_SECONDS)
            self._changed.wait_for(lambda: own.answer is not None or not (self._is_asking or self._finding))
            if own.answer is not None:
                return own.result()
            asked, self._waiting = self._waiting, []
            self._is_asking = True
        with self._turn():
            response = self._respond(FetchFiles([one.question for one in asked]))
            for one, answer in zip(asked, msgspec.msgpack.decode(response, type=FetchedFiles).files, strict=True):
                one.answer = answer
        return own.result()

    def _ask(self, question: FindSymbols) -> Found:
        with self._changed:
            self._finding += 1
            self._changed.wait_for(lambda: not self._is_asking)
            self._finding -= 1
            self._is_asking = True
        with self._turn():
            return msgspec.msgpack.decode(self._respond(question), type=Found)

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """The turn of a thread that has set `_is_asking`: there is one question at a time."""
        try:
            yield
        finally:
            with self._changed:
                self._is_asking = False
                self._changed.notify_all()

    def _respond(self, question: Question) -> bytes:
        # The time in which the parent fetches files does not count towards this request's deadline.
        left, _ = signal.setitimer(signal.ITIMER_REAL, 0)
        asked = time.monotonic()
        write_frame(self._answers, question)
        frame = read_frame(self._requests)
        if frame is None:
            os._exit(0)  # the parent has ended
        leave_out(time.monotonic() - asked)
        signal.setitimer(signal.ITIMER_REAL, left)
        return frame[0]


class _Server:
    """A server, whose files the parent fetches: nothing that reads a crash uses the network."""

    # The stack of each thread counts towards the memory of this process.
    parallel = 8

    def __init__(self, parent: _Parent, number: int, name: str) -> None:
        self._parent = parent
        self._number = number
        self.name = name

    def shown(self, path: Parts) -> str:
        """The address of a file, as reports show it."""
        return address_below(self.name, path)

    def fetch(self, path: Parts) -> Fetched:
        """A file, at hand or with the reason why not."""
        answer = self._parent.fetch(FetchFile(self._number, path))
        return Fetched(answer.path, answer.outcome, answer.detail, answer.of_server)

    def fetch_or_head(self, path: Parts, large: int) -> Fetched:
        """A file, or its head if it has more than so many bytes and the server answers ranges."""
        answer = self._parent.fetch(FetchFile(self._number, path, large=large))
        head = Range(*msgspec.structs.astuple(answer.ranges[0])) if answer.ranges else None
        return Fetched(answer.path, answer.outcome, answer.detail, answer.of_server, head)

    def fetch_ranges(self, path: Parts, wanted: Sequence[tuple[int, int]], tag: str = "") -> list[Range]:
        """Ranges of a file.

        Raises:
            FetchError: they cannot be fetched; or the whole file is in the cache now, which serves better.
        """
        answer = self._parent.fetch(FetchFile(self._number, path, ranges=tuple(wanted), tag=tag))
        if answer.outcome != "found":
            raise FetchError(answer.outcome, answer.detail, 0.0)
        return [Range(*msgspec.structs.astuple(one)) for one in answer.ranges]

    def reject(self, path: Parts, outcome: CandidateOutcome, detail: str) -> None:
        """Let the parent remove a file that is not what it should be."""
        self._parent.fetch(FetchFile(self._number, path, outcome, detail))


class _Work:
    """Runs requests, with a session for each owner that is recreated when symbols were added."""

    def __init__(self, parent: _Parent) -> None:
        self._parent = parent
        self._sessions: OrderedDict[int, tuple[Symbols, Session]] = OrderedDict()
        self._stacks = Stacks(self._store)

    def answer(self, request: Request, data: bytes) -> Answer | memoryview:
        """The answer to a request; of stacks its JSON."""
        try:
            if isinstance(request, MakeReport):
                return self._report(request, data)
            if isinstance(request, LookUpStacks):
                with until(clock() + request.seconds * _CONVERTING):
                    return self._stacks.answer(request, data)
            return _add(request) if isinstance(request, AddSymbols) else _check(request)
        except Exception as error:  # noqa: BLE001 - the caller reports it
            return _failed(error)

    def _report(self, request: MakeReport, data: bytes) -> Reported:
        session = self._session(request)
        session.report_bytes = request.report_bytes
        return Reported(session.report_json(Input(request.name, data, request.files)))

    def _session(self, request: MakeReport) -> Session:
        symbols = request.symbols
        known, session = self._sessions.get(symbols.owner, (None, None))
        if session is None or known != symbols:
            # One crash at a time, because the caller starts a child for each crash that it processes in parallel. Only
            # files of servers are waited for by several threads.
            session = Session(self._store(symbols, seconds=request.seconds * _CONVERTING), jobs=1)
            self._sessions[symbols.owner] = (symbols, session)
        self._sessions.move_to_end(symbols.owner)
        if len(self._sessions) > _SESSIONS:
            self._sessions.popitem(last=False)
        return session

    def _store(
        self, symbols: Symbols, wrap: Callable[[Source], Source] = lambda source: source, seconds: float | None = None
    ) -> SymbolStore:
        """The symbols of an owner; each of their sources may be wrapped.

        A report has so many seconds for them, beside those in which the parent fetches files.
        """
        servers = [
            RemoteSource(
                _Server(self._parent, number, server.name),
                server.layouts,
                compressed=server.compressed,
                pointers=server.pointers,
            )
            for number, server in enumerate(symbols.servers)
        ]
        # What is compressed in a folder is unpacked. The parent keeps the size of the cache.
        network = Network(offline=True, fetched_bytes=sys.maxsize, seconds=seconds or sys.maxsize)
        fetcher = Fetcher(symbols.folder, network)
        local = [open_source(place, fetcher) for place in symbols.sources]
        sources = [self._parent, *local, *servers]
        return SymbolStore(symbols.folder, sources=map(wrap, sources), network=network)


def _failed(error: Exception) -> Failed:
    if isinstance(error, RequestError):
        return Failed("request", str(error))
    if isinstance(error, (InputError, SymbolFileError)) and not isinstance(error, EngineError):
        return Failed("input", str(error))
    if isinstance(error, OSError):
        cause = error.__cause__ if isinstance(error, SymbolStoreError) else error
        return Failed("store", str(error), cause.errno if isinstance(cause, OSError) else None)
    if isinstance(error, MemoryError):
        return Failed("fault", "processing exceeded its memory limit")
    return Failed("fault", str(error) if isinstance(error, EngineError) else f"{type(error).__name__}: {error}")


def _add(request: AddSymbols) -> Added:
    from symbolicate._native import debug_files

    builds = debug_files(request.path) if is_debug_file(request.path) else []
    try:
        added = SymbolStore(request.folder).add_all(request.path)
    except SymbolFileError as error:
        if not builds or any(build.debug_info or build.has_symbols or build.unwind_tables for build in builds):
            raise
        return Added([], _known(builds), str(error))
    files = [
        AddedFile(
            path="" if one.path == one.unwind_path else os.fspath(one.path),
            debug_id=one.symbols.debug_id or "",
            name=one.symbols.name or "",
            arch=one.symbols.arch,
            code_id=one.symbols.code_id,
            counts=dict(one.symbols.counts),
            losses=one.losses,
            unwind=one.unwind_path,
            content=one.symbols.content,
        )
        for one in added
    ]
    return Added(files, _known(builds))


def _known(builds: Iterable[DebugFile]) -> list[Build]:
    """The builds that debuggers may ask for."""
    return [
        Build(
            build.debug_id or "",
            build.code_id,
            build.name,
            build.arch,
            "debug" if build.kind == "debug" else "whole" if build.debug_info else "binary",
        )
        for build in builds
        if build.kind != "other" and (build.debug_id or build.code_id)
    ]


def _check(request: CheckFile) -> Checked:
    from symbolicate.symbols.checking import check_file

    found = check_file(os.fsdecode(request.path))
    # What a name that is not UTF-8 is decoded to cannot be encoded again.
    return Checked(
        msgspec.structs.replace(
            found, path="", problem=_encodable(found.problem), notes=[_encodable(note) for note in found.notes]
        )
    )


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _serve(requests: BinaryIO, answers: BinaryIO, work: Callable[[Request, bytes], Answer | memoryview]) -> None:
    decoder = msgspec.msgpack.Decoder(MakeReport | AddSymbols | CheckFile | LookUpStacks)
    while (frame := read_frame(requests)) is not None:
        request: Request = decoder.decode(frame[0])
        # The default action of the signal ends the process wherever it is, also in native code.
        signal.setitimer(signal.ITIMER_REAL, request.seconds)
        answer = work(request, frame[1])
        del frame
        signal.setitimer(signal.ITIMER_REAL, 0)
        if isinstance(answer, memoryview):
            write_frame(answers, LookedUp(), [answer])
        else:
            write_frame(answers, answer)


def main() -> None:
    """Answer requests on standard input until it ends."""
    # A native backtrace allocates memory, and after a panic for lack of memory its creation never ends.
    os.environ["RUST_BACKTRACE"] = "0"
    limit = int(sys.argv[1])
    # This limits allocations, not mapped files: symbol files are mapped, and may be larger.
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # The parent decides when to end; an interrupt from the terminal is sent to the whole process group.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Only responses are written to the pipe that the parent reads.
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        try:
            _serve(sys.stdin.buffer, answers, _Work(_Parent(sys.stdin.buffer, answers)).answer)
        except BrokenPipeError:
            os._exit(0)


if __name__ == "__main__":
    main()
