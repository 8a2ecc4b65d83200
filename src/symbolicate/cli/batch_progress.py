"""The progress of a batch: one line on a terminal, or a line from time to time in a log."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from symbolicate.summary.text import counted

if TYPE_CHECKING:
    from symbolicate.summary.tally import Tally

__all__ = ["BatchProgress"]

_INTERVAL, _LOG_INTERVAL = 0.2, 30.0


class BatchProgress:
    """Shows how many inputs are done, the rate, the time that is left, and the number of errors.

    Args:
        inputs: the number of all inputs.
        before: what was done before, which does not count for the rate.
    """

    def __init__(self, inputs: int = 0, before: Tally | None = None) -> None:
        self._inputs = inputs
        self._before = self._committed = before.inputs if before is not None else 0
        self._failed = before.failed if before is not None else 0
        self._began = time.monotonic()
        self._is_terminal = sys.stderr.isatty()
        self._next = self._began + (1.0 if self._is_terminal else _LOG_INTERVAL)
        self._shown = 0

    @property
    def seconds(self) -> float:
        """The time since the begin."""
        return time.monotonic() - self._began

    def listed(self, inputs: int) -> None:
        """So many inputs are found."""
        self._show(f"{counted(inputs, 'input')} found")

    def committed(self, tally: Tally) -> None:
        """A shard was committed; `tally` is the sum of all."""
        self._committed, self._failed = tally.inputs, tally.failed

    def running(self, inputs: int) -> None:
        """So many inputs are done in shards that are not committed."""
        done = self._committed + inputs
        rate = (done - self._before) / max(self.seconds, 1e-3)
        left = f", {_duration((self._inputs - done) / rate)} left" if rate > 0 else ""
        self._show(
            f"{done:,} of {counted(self._inputs, 'input')}, {rate:,.0f}/s{left}, {counted(self._failed, 'error')}"
        )

    def clear(self) -> None:
        """Erase the line, so that another one can be written."""
        if self._shown:
            sys.stderr.write(f"\r{'':{self._shown}}\r")
            sys.stderr.flush()
            self._shown = 0

    def _show(self, line: str) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + (_INTERVAL if self._is_terminal else _LOG_INTERVAL)
        if self._is_terminal:
            sys.stderr.write(f"\r{line:{self._shown}}")
            self._shown = len(line)
        else:
            sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
