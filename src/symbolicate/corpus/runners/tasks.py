"""What a runner passes to worker processes, and what happens to it when a worker ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from symbolicate.corpus.manifest import JobError
from symbolicate.corpus.runners.messages import Gather, Resolve, RunShard, WriteRows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from symbolicate.corpus.layout import Layout
    from symbolicate.corpus.runners.messages import Key, Task

__all__ = ["HELD_BYTES", "GatherWork", "ResolveWork", "ShardWork", "Work", "WriteWork"]

HELD_BYTES = 8 << 20
"""Bytes of rows that a worker holds in memory until their place is known."""

# How often a shard may end a worker without an input being the reason.
_MOST_DEATHS = 3


class Work(Protocol):
    """A task that may be handed out several times."""

    @property
    def task(self) -> Task:
        """The message to the worker."""
        ...

    def after_death(self, step: int, why: str) -> Iterable[Work]:
        """What is left to do after a worker died.

        Args:
            step: the step that it began last; 0 if it began none.
            why: the reason, for an input.

        Raises:
            JobError: there is no use in another try.
        """
        ...


@dataclass(slots=True)
class ShardWork:
    """Process a shard. The first death may have another reason than an input; the step of the next one is left out."""

    number: int
    layout: Layout | None = None
    poison: dict[int, str] | None = None
    deaths: int = 0

    @property
    def task(self) -> RunShard:
        """The message to the worker: where the rows are written is decided when it is sent."""
        if self.layout is None:
            return RunShard(self.number, self.poison)
        begin = self.layout.to_stream(self.number)
        return RunShard(self.number, self.poison, begin, HELD_BYTES if begin is None else None)

    def after_death(self, step: int, why: str) -> Iterable[Work]:
        """The same shard, with what is known now."""
        if self.poison is not None and step and step not in self.poison:
            self.poison[step] = why
            return [self]
        self.deaths += 1
        if self.deaths > _MOST_DEATHS:
            raise JobError(f"shard {self.number} ended its process {self.deaths} times, not because of an input: {why}")
        self.poison = self.poison if self.poison is not None else {}
        return [self]


@dataclass(slots=True)
class WriteWork:
    """Write the rows of a shard that a worker holds; after a death they are made again."""

    shard: ShardWork
    begin: int | None

    @property
    def task(self) -> WriteRows:
        """The message to the worker."""
        return WriteRows(self.shard.number, self.begin)

    def after_death(self, step: int, why: str) -> Iterable[Work]:
        """The shard."""
        return self.shard.after_death(step, why)


@dataclass(slots=True)
class GatherWork:
    """Find out which modules a shard needs. If that ends a worker, they are found when the shard is processed."""

    number: int
    every: int

    @property
    def task(self) -> Gather:
        """The message to the worker."""
        return Gather(self.number, self.every)

    def after_death(self, step: int, why: str) -> Iterable[Work]:
        """Nothing."""
        del step, why
        return []


@dataclass(slots=True)
class ResolveWork:
    """Fetch symbols and build indexes; after a death one by one. Symbols that end a worker go to `denied`."""

    keys: list[Key]
    denied: set[Key]

    @property
    def task(self) -> Resolve:
        """The message to the worker."""
        return Resolve(self.keys)

    def after_death(self, step: int, why: str) -> Iterable[Work]:
        """The modules one by one, without one that did it by itself."""
        del step, why
        if len(self.keys) == 1:
            self.denied.update(self.keys)
            return []
        return [ResolveWork([key], self.denied) for key in self.keys]
