"""Worker processes that are copies of this one: they need not load the modules that it has loaded already."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

__all__ = ["Forked", "can_fork"]

_LONGEST_SLEEP = 0.02


def can_fork() -> bool:
    """Whether a copy of this process can go on: other threads would be missing in it, with the locks that they hold.

    The threads of native libraries count as well, which only Linux lists.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        return len(os.listdir("/proc/self/task")) == 1
    except OSError:
        return False


class Forked:
    """A copy of this process that calls a function, and ends with it. It is used as `subprocess.Popen` is.

    Args:
        call: the function. The files that are open here are closed in the copy.
        folder: the folder that it runs in; None for that of this process.

    Attributes:
        stdin: a pipe to its standard input.
        stdout: a pipe from its standard output. Its standard error is discarded.
        returncode: its exit code, or the negative number of the signal that ended it; None until `wait` has returned.
    """

    def __init__(self, call: Callable[[], object], folder: str | None) -> None:
        self.returncode: int | None = None
        (theirs_in, ours_in), (ours_out, theirs_out) = os.pipe(), os.pipe()
        try:
            self._pid = os.fork()
            if not self._pid:
                _go_on(call, folder, theirs_in, theirs_out)
        except OSError:
            os.close(ours_in)
            os.close(ours_out)
            raise
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        self.stdin = os.fdopen(ours_in, "wb", buffering=0)
        self.stdout = os.fdopen(ours_out, "rb", buffering=0)

    def kill(self) -> None:
        """End it."""
        # Until its exit code is known, nothing else has its number.
        if self.returncode is None:
            os.kill(self._pid, signal.SIGKILL)

    def wait(self, timeout: float) -> int:
        """Wait for its end.

        Raises:
            TimeoutExpired: it has not ended after this number of seconds.
        """
        ends = time.monotonic() + timeout
        pause = 0.0005
        while self.returncode is None:
            ended, status = os.waitpid(self._pid, os.WNOHANG)
            if ended:
                self.returncode = os.waitstatus_to_exitcode(status)
                break
            if time.monotonic() >= ends:
                raise subprocess.TimeoutExpired("worker", timeout)
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_SLEEP)
        return self.returncode


def _go_on(call: Callable[[], object], folder: str | None, standard_input: int, standard_output: int) -> NoReturn:
    """In the copy: nothing of the caller is finished here, neither its blocks nor what it would do at its end."""
    code = 1
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        os.dup2(standard_input, 0)
        os.dup2(standard_output, 1)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 2)
        # Also the locks of the other process, and its pipes to other workers.
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        if folder is not None:
            os.chdir(folder)
        # Collections would write to all objects of the other process, whose memory is shared until then.
        gc.freeze()
        call()
        code = 0
    finally:
        os._exit(code)
