"""What a process asks of its child, what the child answers, and what it asks of its parent meanwhile."""

from __future__ import annotations

import msgspec

__all__ = [
    "AddSymbols",
    "Added",
    "AddedFile",
    "Answer",
    "Failed",
    "FindSymbols",
    "Found",
    "MakeReport",
    "Reported",
    "Request",
    "Symbols",
]


class Symbols(msgspec.Struct, frozen=True):
    """Where symbols are, besides those that the parent knows of and gives when it is asked (see `FindSymbols`).

    Attributes:
        folder: a symbol store, which is looked at last.
        sources: folders and files that are looked at before it.
        owner: whose symbols the parent gives. A child keeps what it has loaded for several owners.
        version: changes whenever these do; a child that gets a new one looks for symbols again.
    """

    folder: str
    sources: tuple[str, ...] = ()
    owner: int = 0
    version: tuple[int, int] = (0, 0)


class MakeReport(msgspec.Struct, frozen=True, tag="report"):
    """Process an input that holds one crash, whose bytes are the data of the message.

    Attributes:
        name: what to call the input.
        symbols: where symbols are.
        seconds: the deadline.
        report_bytes: what the report may have; None for the default, which depends on the input.
    """

    name: str
    symbols: Symbols
    seconds: float
    report_bytes: int | None = None


class AddSymbols(msgspec.Struct, frozen=True, tag="add"):
    """Add a symbol or debug information file to a symbol store in a folder. `seconds` is the deadline."""

    path: str
    folder: str
    seconds: float


class Reported(msgspec.Struct, frozen=True, tag="reported"):
    """The JSON of a report."""

    report: bytes


class AddedFile(msgspec.Struct, frozen=True):
    """A symbol file that is in the store now.

    Attributes:
        counts: its records by kind.
        losses: what of its debug information file is missing in it.
    """

    path: str
    debug_id: str
    name: str
    arch: str | None
    code_id: str | None
    counts: dict[str, int]
    losses: tuple[str, ...] = ()


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


class FindSymbols(msgspec.Struct, frozen=True, tag="find"):
    """The child asks for the symbols of a module. `rank` counts the files for it from 0, the best first."""

    debug_file: str
    debug_id: str
    code_file: str
    code_id: str
    rank: int


class Found(msgspec.Struct, frozen=True, tag="found"):
    """The parent's answer: a symbol file, and what reports call it; both empty if no file has this rank."""

    path: str = ""
    name: str = ""


Request = MakeReport | AddSymbols
Answer = Reported | Added | Failed
