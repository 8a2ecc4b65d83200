"""Counts over many reports: failures, days, modules without symbols, errors, slow inputs. Two tallies can be merged.

Each shard of a batch has one in its commit record, so that the summary of a corpus needs no second look at its rows.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import msgspec

from symbolicate.summary.needed import NeededModule  # noqa: TC001 - the decoder reads annotations

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

__all__ = ["Adding", "Bucket", "Slow", "Tally"]

_SLOWEST = 10
# Failures and modules that are counted by themselves; of more the rarest are added up as `others`.
_MOST = 100_000


class Bucket(msgspec.Struct):
    """A failure and how often it occurred.

    Attributes:
        name: the failure name.
        hits: the number of crashes.
        days: the number of crashes of each day (`2026-11-30`, UTC), of those that state a time.
    """

    name: str
    hits: int = 0
    days: dict[str, int] = {}


class Slow(msgspec.Struct, order=True, frozen=True):
    """An input that took long: its seconds and its name."""

    seconds: float
    source: str


class Tally(msgspec.Struct):
    """What was counted.

    Attributes:
        inputs: the number of inputs.
        crashes: the number of reports.
        errors: the number of errors by their kind, such as `NotACrashError`.
        unknown: crashes without a failure name.
        buckets: failures by their hashes.
        others: crashes of failures that are too rare to be in `buckets`, which is empty unless there are very many.
        needed: modules that lack symbols or unwind rules, those that cost most first.
        slowest: the inputs that took longest.
        seconds: time of processing, added up over all processes.
        examples: for each kind of error the first input that has it, and why.
    """

    inputs: int = 0
    crashes: int = 0
    errors: dict[str, int] = {}
    unknown: int = 0
    buckets: dict[str, Bucket] = {}
    others: int = 0
    needed: list[NeededModule] = []
    slowest: list[Slow] = []
    seconds: float = 0.0
    examples: dict[str, str] = {}

    @property
    def failed(self) -> int:
        """The number of errors."""
        return sum(self.errors.values())

    def new(self, known: AbstractSet[str]) -> list[tuple[str, Bucket]]:
        """The failures that are not known, with their hashes, the most frequent first."""
        return [one for one in self.ranked() if one[0] not in known]

    def ranked(self) -> list[tuple[str, Bucket]]:
        """The failures with their hashes, the most frequent first."""
        return sorted(self.buckets.items(), key=lambda one: (-one[1].hits, one[1].name, one[0]))


class Adding:
    """Adds tallies up, in memory that does not grow with their number.

    Args:
        tallies: the first ones.

    Attributes:
        tally: the sum, without the modules; see `result`.
    """

    def __init__(self, tallies: Iterable[Tally] = ()) -> None:
        self.tally = Tally(errors={}, buckets={}, needed=[], slowest=[], examples={})
        self._needed: dict[tuple[str, str], NeededModule] = {}
        for one in tallies:
            self.add(one)

    def add(self, one: Tally) -> None:
        """Add a tally."""
        total = self.tally
        for name in ("inputs", "crashes", "unknown", "others", "seconds"):
            setattr(total, name, getattr(total, name) + getattr(one, name))
        for kind, count in one.errors.items():
            total.errors[kind] = total.errors.get(kind, 0) + count
        total.examples = {**one.examples, **total.examples}
        total.slowest = heapq.nlargest(_SLOWEST, [*total.slowest, *one.slowest])
        for key, bucket in one.buckets.items():
            _add_bucket(total.buckets, key, bucket)
        for module in one.needed:
            _add_module(self._needed, module)
        if len(total.buckets) > 2 * _MOST:
            kept = heapq.nlargest(_MOST, total.buckets.items(), key=lambda one: one[1].hits)
            total.others += sum(bucket.hits for bucket in total.buckets.values()) - sum(b.hits for _, b in kept)
            total.buckets = dict(kept)
        if len(self._needed) > 2 * _MOST:
            self._needed = dict(heapq.nlargest(_MOST, self._needed.items(), key=lambda one: one[1].reports))

    def result(self) -> Tally:
        """The sum."""
        errors = dict(sorted(self.tally.errors.items(), key=lambda one: -one[1]))
        needed = sorted(
            self._needed.values(),
            key=lambda one: (-one.reports, -one.crashing_frames - one.crashing_scanned, one.module, one.debug_id),
        )
        return msgspec.structs.replace(self.tally, errors=errors, needed=needed)


def _add_bucket(buckets: dict[str, Bucket], key: str, added: Bucket) -> None:
    bucket = buckets.get(key)
    if bucket is None:
        bucket = buckets[key] = Bucket(added.name, days={})
    bucket.hits += added.hits
    for day, hits in added.days.items():
        bucket.days[day] = bucket.days.get(day, 0) + hits


def _add_module(modules: dict[tuple[str, str], NeededModule], added: NeededModule) -> None:
    # The same build, whatever it is called; without an id only the name is known.
    key = (added.debug_id or added.code_id, "" if added.debug_id or added.code_id else added.module)
    module = modules.get(key)
    if module is None:
        modules[key] = msgspec.structs.replace(added, outcomes=dict(added.outcomes))
        return
    for name in ("reports", "crashing_frames", "frames", "crashing_scanned", "scanned"):
        setattr(module, name, getattr(module, name) + getattr(added, name))
    for outcome, count in added.outcomes.items():
        module.outcomes[outcome] = module.outcomes.get(outcome, 0) + count
