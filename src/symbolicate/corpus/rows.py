"""The rows of a shard as they are written, in each format."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from symbolicate.corpus.options import Format
    from symbolicate.errors import InputError

__all__ = ["ErrorRow", "Rows", "kind_of", "rows_writer"]

# Of lines that wait to be written.
_BUFFER = 1 << 20
# Rows and bytes of documents that are held as columns before they are written.
_PART_ROWS, _PART_BYTES = 50_000, 256 << 20


class _ErrorText(msgspec.Struct, frozen=True, omit_defaults=True):
    kind: str
    message: str
    hint: str | None = None


class _Named(msgspec.Struct, frozen=True):
    name: str


class ErrorRow(msgspec.Struct, frozen=True):
    """The line of an input that could not be read: `status` is `ERROR`, where that of a report is `OK`."""

    status: str
    input: _Named
    error: _ErrorText


class Rows(Protocol):
    """Writes the rows of a shard."""

    def report(self, source: str, number: int, document: bytes) -> None:
        """A crash: `number` counts those of one input."""

    def error(self, source: str, error: InputError) -> None:
        """An input that could not be read."""

    def end(self) -> None:
        """Write what is left, and close the file."""


def rows_writer(form: Format, path: str) -> Rows:
    """A writer of rows in a format, to a new file."""
    return _Table(path) if form == "parquet" else _Lines(path)


class _Lines:
    """A line of JSON for each row: that of a crash is the document of its report."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "xb", buffering=_BUFFER)  # noqa: SIM115 - closed by `end`, or with the process
        self._encoder = msgspec.json.Encoder()

    def report(self, source: str, number: int, document: bytes) -> None:
        del source, number
        self._file.write(document)
        self._file.write(b"\n")

    def error(self, source: str, error: InputError) -> None:
        row = ErrorRow("ERROR", _Named(source), _ErrorText(kind_of(error), _text(error.message), error.hint))
        self._file.write(self._encoder.encode(row))
        self._file.write(b"\n")

    def end(self) -> None:
        self._file.close()


class _Table:
    """Columns of a Parquet file. An archive may have any number of rows, so they are written in parts."""

    def __init__(self, path: str) -> None:
        from symbolicate._native import TableBuilder

        self._path = path
        self._builder = TableBuilder()
        self._parts: list[str] = []
        self._bytes = 0

    def report(self, source: str, number: int, document: bytes) -> None:
        self._builder.report(source, number, document)
        self._bytes += len(document)
        if self._bytes >= _PART_BYTES or len(self._builder) >= _PART_ROWS:
            self._write_part()

    def error(self, source: str, error: InputError) -> None:
        self._builder.error(source, kind_of(error), _text(error.message))
        if len(self._builder) >= _PART_ROWS:
            self._write_part()

    def end(self) -> None:
        from symbolicate._native import join_parquet

        if len(self._builder) or not self._parts:
            self._write_part()
        if len(self._parts) == 1:
            os.replace(self._parts[0], self._path)
        else:
            join_parquet(self._parts, self._path)

    def _write_part(self) -> None:
        part = f"{self._path}.{len(self._parts)}"
        with open(part, "xb") as file:
            file.write(self._builder.finish().parquet())
        self._parts.append(part)
        self._bytes = 0


def kind_of(error: InputError) -> str:
    """The kind of an error in rows and counts: the name of its class without `Error`."""
    return type(error).__name__.removesuffix("Error")


def _text(message: str) -> str:
    return message.encode("utf-8", "backslashreplace").decode()
