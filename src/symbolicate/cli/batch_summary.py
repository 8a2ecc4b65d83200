"""The summary of a batch as text and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from symbolicate.render.plain import escape
from symbolicate.summary.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from symbolicate.summary.needed import NeededModule
    from symbolicate.summary.tally import Bucket, Tally

__all__ = ["summary", "summary_json"]

_MODULES, _SLOW, _NEW = 5, 3, 5


def summary(tally: Tally, seconds: float, top: int = 0, known: AbstractSet[str] | None = None) -> str:
    """What was counted, in some lines.

    Args:
        tally: the counts.
        seconds: the time that this run took.
        top: the number of failures to list.
        known: the hashes of failures of earlier batches; None if there are none to compare with.
    """
    return "".join(f"{escape(line)}\n" for line in _lines(tally, seconds, top, known))


def summary_json(tally: Tally, seconds: float, known: AbstractSet[str] | None = None) -> bytes:
    """What was counted, as a JSON document: every failure is listed. The arguments are those of `summary`."""
    document = msgspec.structs.asdict(tally)
    document["failed"] = tally.failed
    document["elapsed_seconds"] = round(seconds, 3)
    document["buckets"] = [
        {"hash": key, "name": bucket.name, "hits": bucket.hits, "days": dict(sorted(bucket.days.items()))}
        | ({} if known is None else {"new": key not in known})
        for key, bucket in tally.ranked()
    ]
    if known is not None:
        document["known"] = len(known)
        document["new"] = len(tally.new(known))
    return msgspec.json.format(msgspec.json.encode(document)) + b"\n"


def _lines(tally: Tally, seconds: float, top: int, known: AbstractSet[str] | None) -> Iterator[str]:
    new = tally.new(known) if known is not None else []
    yield (
        f"{counted(tally.inputs, 'input')}: {counted(tally.crashes, 'crash', 'crashes')} "
        f"in {counted(len(tally.buckets), 'bucket')}, "
        + (f"{len(new):,} of them new, " if known is not None else "")
        + f"{tally.unknown:,} without a name, {counted(tally.failed, 'error')}"
    )
    if seconds >= 1:
        yield f"time: {seconds:,.0f} s; {tally.seconds / max(tally.inputs, 1) * 1000:,.2f} ms for an input in a worker"
    if top and tally.buckets:
        yield "most frequent:"
        for key, bucket in tally.ranked()[:top]:
            yield _line(key, bucket) + ("  (new)" if known is not None and key not in known else "")
    if new:
        yield "new:"
        for key, bucket in new[: top or _NEW]:
            yield _line(key, bucket)
    if tally.errors:
        yield "errors: " + ", ".join(f"{count:,} {kind}" for kind, count in tally.errors.items())
        for kind, example in tally.examples.items():
            yield f"  {kind}: {example}"
    if tally.needed:
        yield "symbols that would help most:"
        yield from map(_needed, tally.needed[:_MODULES])
    slow = [one for one in tally.slowest[:_SLOW] if one.seconds >= 1]
    if slow:
        yield "slowest inputs: " + ", ".join(f"{one.source} ({one.seconds:.1f} s)" for one in slow)


def _line(key: str, bucket: Bucket) -> str:
    return f"  {bucket.hits:,}  {key}  {bucket.name}"


def _needed(module: NeededModule) -> str:
    named = f"{module.debug_file or module.module} {module.debug_id or module.code_id}".rstrip()
    frames = counted(module.crashing_frames + module.crashing_scanned, "frame")
    lacks = " and ".join(module.lacks)
    return f"  {named}: {lacks}; {counted(module.reports, 'crash', 'crashes')}, {frames} of crashed threads"
