"""Reports that were written before: JSON, a report per line, or lists of reports; from files or standard input."""

from __future__ import annotations

import contextlib
import sys
from typing import IO, TYPE_CHECKING

import msgspec

from symbolicate.errors import InputError, InputNotFoundError, InputUnreadableError, NotACrashError
from symbolicate.report import NeededSymbols  # noqa: TC001 - the decoder reads annotations

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ReportHead", "read_reports"]

_NO_REPORT = "no report in JSON"


class ReportHead(msgspec.Struct, frozen=True):
    """What is read of a report: nothing else is decoded.

    Attributes:
        schema_version: that of the report; a document without it is not a report.
        symbols_needed: the modules that lack symbols or unwind rules; None if it has no list of them.
    """

    schema_version: int
    symbols_needed: tuple[NeededSymbols, ...] | None = None


_decoder = msgspec.json.Decoder(ReportHead)
_list_decoder = msgspec.json.Decoder(list[ReportHead])


def read_reports(path: str) -> Iterator[ReportHead | InputError]:
    """The reports in a file, one after the other, and an error for each line that is not a report.

    Args:
        path: the file; `-` is standard input.
    """
    try:
        with contextlib.ExitStack() as stack:
            file = sys.stdin.buffer if path == "-" else stack.enter_context(open(path, "rb"))
            yield from _reports(file, path)
    except FileNotFoundError:
        yield InputNotFoundError("no such file", path)
    except OSError as error:
        yield InputUnreadableError((error.strerror or str(error)).lower(), path)


def _reports(file: IO[bytes], path: str) -> Iterator[ReportHead | InputError]:
    first = b""
    while not first.strip():
        first = file.readline()
        if not first:
            yield NotACrashError(_NO_REPORT, path)
            return
    one = _decoded(first)
    if one is None:
        # One document over many lines, or a list.
        whole = first + file.read()
        one, many = _decoded(whole), _decoded_list(whole)
        if one is None and many is None:
            yield NotACrashError(_NO_REPORT, path)
        yield from [one] if one is not None else many or []
        return
    yield one
    for number, line in enumerate(file, 2):
        if line.strip():
            found = _decoded(line)
            yield NotACrashError(f"line {number}: {_NO_REPORT}", path) if found is None else found


def _decoded(document: bytes) -> ReportHead | None:
    try:
        return _decoder.decode(document)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError):
        return None


def _decoded_list(document: bytes) -> list[ReportHead] | None:
    try:
        return _list_decoder.decode(document)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError):
        return None
