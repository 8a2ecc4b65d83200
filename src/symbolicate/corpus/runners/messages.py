"""The messages between a runner and its worker processes: a line of JSON each."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from symbolicate.corpus.manifest import Record  # noqa: TC001 - the decoder reads annotations

__all__ = [
    "Answer",
    "Done",
    "Failed",
    "Gather",
    "Gathered",
    "Held",
    "Key",
    "Resolve",
    "Resolved",
    "RunShard",
    "Setup",
    "Task",
    "WriteRows",
]

Key: TypeAlias = tuple[str, str, str, str]
"""What symbols are searched by: debug file, debug id, code file, code id; each may be empty."""


class Setup(msgspec.Struct, frozen=True):
    """The first message to a worker.

    Attributes:
        place: the folder of the batch.
        places: symbol sources with their secrets.
        store_dir: the folder of indexes; None for the default.
        denied: modules whose symbols are not opened, because that ended a process.
    """

    place: str
    places: list[str] | None = None
    store_dir: str | None = None
    denied: list[Key] = []


class RunShard(msgspec.Struct, frozen=True, tag="shard"):
    """Process a shard; see `process_shard`."""

    shard: int
    poison: dict[int, str] | None = None
    begin: int | None = None
    held: int | None = None


class WriteRows(msgspec.Struct, frozen=True, tag="write"):
    """Write the rows of a shard that are in memory to the file of all rows, or to one of their own; and commit it."""

    shard: int
    begin: int | None = None


class Gather(msgspec.Struct, frozen=True, tag="gather"):
    """Find the modules that inputs of a shard need symbols of: one of `every` inputs."""

    shard: int
    every: int


class Resolve(msgspec.Struct, frozen=True, tag="resolve"):
    """Fetch the symbols of these modules and build their indexes."""

    keys: list[Key]


class Done(msgspec.Struct, frozen=True, tag="done"):
    """A shard is committed."""

    record: Record


class Held(msgspec.Struct, frozen=True, tag="held"):
    """A shard is processed, and its rows are in the memory of the worker."""

    shard: int
    size: int


class Gathered(msgspec.Struct, frozen=True, tag="gathered"):
    """The modules that inputs need, without those of earlier answers of this worker."""

    keys: list[Key]


class Resolved(msgspec.Struct, frozen=True, tag="resolved"):
    """The symbols of the modules are there, or are known to be missing."""


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """The worker cannot go on, and another one could not either: a full disk, a symbol source that does not exist."""

    message: str


Task: TypeAlias = RunShard | WriteRows | Gather | Resolve
Answer: TypeAlias = Done | Held | Gathered | Resolved | Failed
