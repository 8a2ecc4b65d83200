"""A run over several inputs, any of which may kill the process.

A failed allocation aborts the process, a mapped symbol file that is truncated while it is read raises SIGBUS, and the
kernel kills processes that take too much memory. To process the other inputs all the same, the command forks before it
starts threads: the child does the work and reports its progress through a pipe. If a signal ends the child, the next
child continues from there, at first with one input at a time, until an input ends a child by itself. That input is then
reported as failed.

A single input is processed without a child, because there is no other input to protect.
"""

from __future__ import annotations

from symbolicate.cli.run import Run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from symbolicate.cli.run import Work
    from symbolicate.engine import Input

__all__ = ["supervised"]


def supervised(inputs: Sequence[Input], work: Work) -> int:
    """Do the work on all inputs, in child processes if there are several, and return the exit code.

    The child leaves with `os._exit`, so `work` must close what it opened before it returns. An exception of `work` is
    raised in the child.
    """
    if len(inputs) == 1:
        return work(Run(inputs))
    from symbolicate.cli.children import can_fork, continued

    return continued(inputs, work) if can_fork() else work(Run(inputs))
