"""What a batch says at its end: the summary on standard error, and the files that its options name."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from symbolicate.cli.batch_summary import summary, summary_json

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from symbolicate.summary.tally import Tally

__all__ = ["write_results"]

# Failures in the summary in HTML, and in the picture, without `--top`.
_LISTED, _DRAWN = 50, 10


def write_results(tally: Tally, seconds: float, known: AbstractSet[str] | None, chosen: dict[str, Any]) -> None:
    """Write the summary in each form that was asked for.

    Args:
        tally: what was counted.
        seconds: the time that this run took.
        known: the hashes of failures of earlier batches; None if there are none to compare with.
        chosen: the options: `top`, and the files `plot`, `html` and `json`.

    Raises:
        OSError: a file cannot be written.
    """
    top = chosen["top"]
    sys.stderr.write(summary(tally, seconds, top, known))
    if chosen["plot"] is not None:
        from symbolicate.corpus.plot import plot

        _write(chosen["plot"], plot(tally, top or _DRAWN).encode())
    if chosen["html"] is not None:
        from symbolicate.cli.batch_html import batch_page

        page = batch_page(tally, seconds, top or _LISTED, known)
        _write(chosen["html"], page.encode("utf-8", "replace"))
    if chosen["json"] is not None:
        _write(chosen["json"], summary_json(tally, seconds, known))


def _write(path: str, data: bytes) -> None:
    from symbolicate.atomic import AtomicFile

    with AtomicFile(path) as file:
        file.stream.write(data)
