"""What a process asks of its child, and what the child answers."""

from __future__ import annotations

import msgspec

__all__ = ["AddSymbols", "Added", "AddedFile", "Answer", "Failed", "MakeReport", "Reported", "Request", "Symbols"]


class Symbols(msgspec.Struct, frozen=True):
    """Where symbols are.

    Attributes:
        folder: the symbol store.
        sources: places that are looked at before it.
        stamp: changes whenever symbols were added; a child that sees a new one looks for symbols again.
    """

    folder: str
    sources: tuple[str, ...] = ()
    stamp: int | None = None


class MakeReport(msgspec.Struct, frozen=True, tag="report"):
    """Process an input that holds one crash, whose bytes are the data of the message. `seconds` is the deadline."""

    name: str
    symbols: Symbols
    seconds: float


class AddSymbols(msgspec.Struct, frozen=True, tag="add"):
    """Add a symbol or debug information file to a symbol store. `seconds` is the deadline."""

    path: str
    folder: str
    seconds: float


class Reported(msgspec.Struct, frozen=True, tag="reported"):
    """The JSON of a report."""

    report: bytes


class AddedFile(msgspec.Struct, frozen=True):
    """A symbol file that is in the store now."""

    path: str
    debug_id: str
    name: str
    arch: str | None
    code_id: str | None


class Added(msgspec.Struct, frozen=True, tag="added"):
    """The files that were added."""

    files: list[AddedFile]


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """It could not be done.

    Attributes:
        kind: `input` if the bytes are wrong, `store` if the symbol store cannot be written, `fault` for anything else.
        message: why, in one line.
        errno: the system's number of the error, if there is one.
    """

    kind: str
    message: str
    errno: int | None = None


Request = MakeReport | AddSymbols
Answer = Reported | Added | Failed
