"""Crashes in files, read in a child process with a deadline and a memory limit."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

import msgspec

from symbolicate.isolation.messages import (
    Failed,
    FetchFiles,
    Found,
    LookedUp,
    LookUpStacks,
    MakeReport,
    Reported,
    Symbols,
)
from symbolicate.isolation.process import IsolatedProcess, ProcessEndedError
from symbolicate.mcp.answers import ToolFailure
from symbolicate.report import Report
from symbolicate.service.processing.symbol_servers import SymbolServers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from symbolicate.isolation.messages import Answer, Question, Response
    from symbolicate.service.config import Config

__all__ = ["Crashes", "Lookup"]

_REMEMBERED = 8
_MEMORY = 2 << 30
_SECONDS = 120.0
_INPUT_BYTES = 1 << 30
_ANSWER_BYTES = 4 << 20


class Lookup(msgspec.Struct, frozen=True):
    """A function at an address: its name, source file and line, as far as they are known."""

    function: str | None = None
    file: str | None = None
    line: int | None = None


class _Frame(Lookup, frozen=True):
    inlines: list[Lookup] = []


class _Result(msgspec.Struct, frozen=True):
    stacks: list[list[_Frame]]
    found_modules: dict[str, bool | None] = {}


class _Results(msgspec.Struct, frozen=True):
    results: list[_Result]


class Crashes:
    """Reads crashes of files. May be used by several threads; one crash is read at a time.

    Args:
        config: the sources of symbols, and the folder of the symbol store.
        roots: only files below these folders are read.
    """

    def __init__(self, config: Config, roots: Sequence[str]) -> None:
        self.symbols_dir = config.symbols_dir
        self.roots = [os.path.realpath(root) for root in roots]
        self._servers = SymbolServers(config)
        self._child = IsolatedProcess(_MEMORY, quiet=True)
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, int, int, int], Report] = OrderedDict()
        self._version = 0

    def close(self) -> None:
        """End the child process."""
        self._child.close()

    def path(self, path: str) -> str:
        """The real path of a file that may be read.

        Raises:
            ToolFailure: it is outside of the folders, or is no file.
        """
        real = os.path.realpath(path if os.path.isabs(path) else os.path.join(self.roots[0], path))
        if not any(real == root or real.startswith(root.rstrip(os.sep) + os.sep) for root in self.roots):
            raise ToolFailure(f"{path} is outside of the folders that may be read: {', '.join(self.roots)}")
        if not os.path.exists(real):
            raise ToolFailure(f"no such file: {path}")
        return real

    def report(self, path: str) -> Report:
        """The report of the crash in a file. The last few are remembered until symbols are added.

        Raises:
            ToolFailure: the file cannot be read as one crash.
        """
        real = self.path(path)
        try:
            found = os.stat(real)
            if not os.path.isfile(real):
                raise ToolFailure(f"not a file: {path}")
            if found.st_size > _INPUT_BYTES:
                raise ToolFailure(f"{path} has {found.st_size:,} bytes; the limit is {_INPUT_BYTES:,}")
            key = (real, found.st_size, found.st_mtime_ns, self._version)
            with self._lock:
                if (known := self._known.get(key)) is not None:
                    self._known.move_to_end(key)
                    return known
            with open(real, "rb") as stream:
                data = stream.read()
        except OSError as error:
            raise ToolFailure(f"{path}: {error.strerror}") from None
        answer = self._ask(MakeReport(real, self._symbols(), _SECONDS), data)
        if not isinstance(answer, Reported):
            raise ToolFailure(f"{path}: {answer.message if isinstance(answer, Failed) else 'no report'}")
        report = Report.from_json(answer.report)
        with self._lock:
            self._known[key] = report
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return report

    def look_up(self, debug_file: str, debug_id: str, offsets: Sequence[int]) -> list[list[Lookup]] | None:
        """The functions at addresses relative to a module, innermost inlined call first; None without symbols.

        Raises:
            ToolFailure: the request is refused.
        """
        stack = [[0, offset] for offset in offsets]
        job = {"memoryMap": [[debug_file, debug_id]], "stacks": [stack]}
        request = LookUpStacks(self._symbols(), 5, _SECONDS, _ANSWER_BYTES)
        answer = self._ask(request, msgspec.json.encode({"jobs": [job]}))
        if not isinstance(answer, LookedUp):
            raise ToolFailure(answer.message if isinstance(answer, Failed) else "no answer")
        [result] = msgspec.json.decode(b"".join(answer.parts), type=_Results).results
        if not any(result.found_modules.values()):
            return None
        return [
            [
                *frame.inlines,
                Lookup(frame.function, frame.file, frame.line),
            ]
            for frame in result.stacks[0]
        ]

    def symbols_changed(self) -> None:
        """Read crashes again, with the symbols that there are now."""
        with self._lock:
            self._version += 1
            self._known.clear()

    def _symbols(self) -> Symbols:
        return Symbols(self.symbols_dir, self._servers.local, 0, (self._version, 0), self._servers.servers)

    def _ask(self, request: MakeReport | LookUpStacks, data: bytes) -> Answer:
        ends = time.monotonic() + self._servers.seconds

        def find(question: Question) -> Response:
            return self._servers.answer(question, ends) if isinstance(question, FetchFiles) else Found()

        with self._lock:
            try:
                return self._child.ask(request, [data], find)
            except ProcessEndedError as error:
                raise ToolFailure(str(error)) from None
