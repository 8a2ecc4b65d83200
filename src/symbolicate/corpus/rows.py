"""The rows of a shard as they are written, in each format."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Protocol

import msgspec

if TYPE_CHECKING:
    from symbolicate.corpus.options import Format
    from symbolicate.errors import InputError

__all__ = ["ErrorRow", "Rows", "rows_writer"]


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
        """Write what is left."""


def rows_writer(form: Format, file: BinaryIO) -> Rows:
    """A writer of rows in a format."""
    if form != "ndjson":
        raise ValueError(f"rows are not written as {form}")
    return _Lines(file)


class _Lines:
    """A line of JSON for each row: that of a crash is the document of its report."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
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
        pass


def kind_of(error: InputError) -> str:
    """The kind of an error in rows and counts: the name of its class without `Error`."""
    return type(error).__name__.removesuffix("Error")


def _text(message: str) -> str:
    return message.encode("utf-8", "backslashreplace").decode()
