"""The messages between a process and its child: requests, responses, and the child's requests for symbols."""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

from symbolicate.symbols.checking import CheckedFile  # noqa: TC001 - msgspec reads the annotations
from symbolicate.symbols.outcomes import CandidateOutcome  # noqa: TC001 - as below

__all__ = [
    "AddSymbols",
    "Added",
    "AddedFile",
    "Answer",
    "AttachedFile",
    "Build",
    "CheckFile",
    "Checked",
    "Failed",
    "FetchFile",
    "FetchFiles",
    "FetchedFile",
    "FetchedFiles",
    "FetchedRange",
    "FindSymbols",
    "Found",
    "LookUpStacks",
    "LookedUp",
    "MakeReport",
    "Question",
    "Reported",
    "Request",
    "Response",
    "Server",
    "Symbols",
]


class Server(msgspec.Struct, frozen=True):
    """A symbol server or bucket, whose files the parent fetches.

    Attributes:
        name: its address, as reports show it.
        layouts: the names of its layouts; empty if they are unknown.
        compressed: whether files may be compressed, see `RemoteSource`.
        pointers: whether there may be files that say where others are.
    """

    name: str
    layouts: tuple[str, ...] = ()
    compressed: bool = True
    pointers: bool = True


class Symbols(msgspec.Struct, frozen=True):
    """Sources of symbols, besides the parent, which is asked with `FindSymbols`.

    Attributes:
        folder: a symbol store, which is searched last.
        sources: folders and files that are searched before it.
        owner: the owner of the parent's symbols. A child keeps the symbols of several owners loaded.
        version: changes when the symbols change; a child that gets a new version searches again.
        servers: servers and buckets, which are asked last; the parent is asked for their files with `FetchFile`.
    """

    folder: str
    sources: tuple[str, ...] = ()
    owner: int = 0
    version: tuple[int, int] = (0, 0)
    servers: tuple[Server, ...] = ()


class AttachedFile(NamedTuple):
    """A file that belongs to a crash. `size` is how many bytes of it are sent; None if they are left out."""

    id: str | None
    name: str | None
    content_type: str | None
    size: int | None


class MakeReport(msgspec.Struct, frozen=True, tag="report"):
    """Process an input that holds one crash, whose bytes are the data of the message.

    Attributes:
        name: the name of the input.
        symbols: the sources of symbols.
        seconds: the deadline.
        report_bytes: the largest size of the report; None for the default, which depends on the input.
        files: if the data are one App Center log and then the bytes of the files that belong to its crash: these files.
    """

    name: str
    symbols: Symbols
    seconds: float
    report_bytes: int | None = None
    files: tuple[AttachedFile, ...] | None = None


class AddSymbols(msgspec.Struct, frozen=True, tag="add"):
    """Add a symbol or debug information file to a symbol store in a folder. `seconds` is the deadline."""

    path: str
    folder: str
    seconds: float


class CheckFile(msgspec.Struct, frozen=True, tag="check"):
    """Find out what a symbol or debug file is. `seconds` is the deadline; the path need not be UTF-8."""

    path: bytes
    seconds: float


class LookUpStacks(msgspec.Struct, frozen=True, tag="stacks"):
    """Answer a request of the symbolication protocol, whose body is the data of the message.

    Attributes:
        symbols: the sources of symbols.
        version: the version of the protocol, 4 or 5.
        seconds: the deadline.
        answer_bytes: the largest size of the answer.
    """

    symbols: Symbols
    version: int
    seconds: float
    answer_bytes: int


class LookedUp(msgspec.Struct, frozen=True, tag="looked up"):
    """The answer to a request of the symbolication protocol.

    Attributes:
        parts: the JSON, one after the other. They are sent as the data of the message.
    """

    parts: tuple[bytes, ...] = ()


class Reported(msgspec.Struct, frozen=True, tag="reported"):
    """The JSON of a report."""

    report: bytes


class AddedFile(msgspec.Struct, frozen=True):
    """A symbol file that was added to the store.

    Attributes:
        path: the text; empty for a binary that has unwind tables alone.
        counts: its records by kind.
        content: what it has at best, see `symbols.content`.
        losses: what it lacks of its debug information file.
        unwind: where its unwind tables are, in their stored form; empty without any.
    """

    path: str
    debug_id: str
    name: str
    arch: str | None
    code_id: str | None
    counts: dict[str, int]
    losses: tuple[str, ...] = ()
    unwind: str = ""
    content: str = ""


class Build(msgspec.Struct, frozen=True):
    """A build in a binary or debug file.

    Attributes:
        part: `binary`; `debug`, a file that was made for debug information; `whole`, a binary with debug information.
    """

    debug_id: str
    code_id: str | None
    name: str
    arch: str
    part: Literal["binary", "debug", "whole"]


class Added(msgspec.Struct, frozen=True, tag="added"):
    """The files that were added.

    Attributes:
        files: the files.
        builds: of a binary or debug file, what it holds.
        nothing: why no file was added, of a binary that has nothing to add and is of use to debuggers alone.
    """

    files: list[AddedFile]
    builds: list[Build] = []
    nothing: str = ""


class Checked(msgspec.Struct, frozen=True, tag="checked"):
    """What the file is, without its path."""

    file: CheckedFile


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """The request failed.

    Attributes:
        kind: `input` if the bytes are wrong, `request` if they are no request of the symbolication protocol, `store` if
            the symbol store cannot be written, `fault` for anything else.
        message: the reason, in one line.
        errno: the system's number of the error, if there is one.
    """

    kind: str
    message: str
    errno: int | None = None


class FindSymbols(msgspec.Struct, frozen=True, tag="find"):
    """The child requests a part of a module, `symbols` or `unwind`. `rank` counts its files from 0, the best first."""

    debug_file: str
    debug_id: str
    code_file: str
    code_id: str
    rank: int
    part: str = "symbols"


class Found(msgspec.Struct, frozen=True, tag="found"):
    """The parent's response: a file, and its name for reports; both are empty if no file has this rank."""

    path: str = ""
    name: str = ""


class FetchFile(msgspec.Struct, frozen=True):
    """A file of a server that the child requests, or ranges of it.

    Attributes:
        server: the server, by its index in `Symbols.servers`.
        path: the path that a layout gives.
        outcome: if it is there and not what it should be: why, so that the parent removes it.
        detail: the reason in words, or the id of the other build.
        large: of a file of more bytes only the head is wanted, if ranges of it can be fetched; 0 for all of any file.
        ranges: offset and length of each range, if these are wanted and not the file.
        tag: the version of the file that earlier ranges were of.
    """

    server: int
    path: tuple[str, ...]
    outcome: CandidateOutcome = "found"
    detail: str = ""
    large: int = 0
    ranges: tuple[tuple[int, int], ...] = ()
    tag: str = ""


class FetchedRange(msgspec.Struct, frozen=True):
    """A range of a file, as `fetching.download.Range`."""

    data: bytes
    size: int
    tag: str = ""


class FetchedFile(msgspec.Struct, frozen=True):
    """A file that was requested: its local path, or why it is missing; or its head or ranges."""

    path: str = ""
    outcome: CandidateOutcome = "found"
    detail: str = ""
    of_server: bool = False
    ranges: tuple[FetchedRange, ...] = ()


class FetchFiles(msgspec.Struct, frozen=True, tag="fetch"):
    """The child requests files of servers, those that its threads wait for at this time."""

    files: list[FetchFile]


class FetchedFiles(msgspec.Struct, frozen=True, tag="fetched"):
    """The parent's response, in the order of the request."""

    files: list[FetchedFile]


Request = MakeReport | AddSymbols | CheckFile | LookUpStacks
Answer = Reported | Added | Checked | LookedUp | Failed
Question = FindSymbols | FetchFiles
Response = Found | FetchedFiles
