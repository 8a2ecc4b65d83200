"""The messages between a runner and its worker processes: a line of JSON each."""

from __future__ import annotations

import msgspec

from symbolicate.corpus.manifest import Record  # noqa: TC001 - the decoder reads annotations

__all__ = ["Answer", "Done", "Failed", "RunShard", "Setup", "Task"]


class Setup(msgspec.Struct, frozen=True):
    """The first message to a worker.

    Attributes:
        place: the folder of the batch.
        places: symbol sources with their secrets.
        store_dir: the folder of indexes; None for the default.
    """

    place: str
    places: list[str] | None = None
    store_dir: str | None = None


class RunShard(msgspec.Struct, frozen=True, tag="shard"):
    """Process a shard; see `run_shard`."""

    shard: int
    poison: dict[int, str] | None = None


class Done(msgspec.Struct, frozen=True, tag="done"):
    """A shard is committed."""

    record: Record


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """The worker cannot go on, and another one could not either: a full disk, a symbol source that does not exist."""

    message: str


Task = RunShard
Answer = Done | Failed
