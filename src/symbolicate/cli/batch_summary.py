"""The summary of a batch as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbolicate.render.plain import escape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from symbolicate.summary.tally import Tally

__all__ = ["summary"]

_MODULES, _SLOW = 5, 3


def summary(tally: Tally, seconds: float, top: int = 0) -> str:
    """What was counted, in some lines.

    Args:
        tally: the counts.
        seconds: the time that this run took.
        top: the number of failures to list.
    """
    return "".join(f"{escape(line)}\n" for line in _lines(tally, seconds, top))


def _lines(tally: Tally, seconds: float, top: int) -> Iterator[str]:
    yield (
        f"{tally.inputs:,} inputs: {tally.crashes:,} crashes in {len(tally.buckets):,} buckets, "
        f"{tally.unknown:,} without a name, {tally.failed:,} errors"
    )
    if seconds >= 1:
        yield f"time: {seconds:,.0f} s; {tally.seconds / max(tally.inputs, 1) * 1000:,.2f} ms for an input in a worker"
    if top and tally.buckets:
        yield "most frequent:"
        for key, bucket in tally.ranked()[:top]:
            yield f"  {bucket.hits:,}  {key}  {bucket.name}"
    if tally.errors:
        yield "errors: " + ", ".join(f"{count:,} {kind}" for kind, count in tally.errors.items())
        for kind, example in tally.examples.items():
            yield f"  {kind}: {example}"
    if tally.needed:
        yield "symbols that would help most:"
        for module in tally.needed[:_MODULES]:
            named = f"{module.debug_file or module.module} {module.debug_id or module.code_id}".rstrip()
            frames = module.crashing_frames + module.crashing_scanned
            lacks = " and ".join(module.lacks)
            yield f"  {named}: {lacks}; {module.reports:,} crashes, {frames:,} frames of crashed threads"
    slow = [one for one in tally.slowest[:_SLOW] if one.seconds >= 1]
    if slow:
        yield "slowest inputs: " + ", ".join(f"{one.source} ({one.seconds:.1f} s)" for one in slow)
