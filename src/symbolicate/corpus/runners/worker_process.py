"""A worker process, as its runner sees it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from typing import IO, TYPE_CHECKING, cast

import msgspec

from symbolicate._native import Watch
from symbolicate.corpus.runners.forked import Forked, can_fork

if TYPE_CHECKING:
    from symbolicate.corpus.runners.messages import Setup
    from symbolicate.corpus.runners.tasks import ShardWork, Work

__all__ = ["Worker"]

# How long a worker may take to start, and to write its rows.
_START_SECONDS = 60.0
_END_SECONDS = 5.0
# What a pipe has at most, as Linux makes it.
_READ_BYTES = 64 << 10


class Worker:
    """A worker process.

    Args:
        setup: its first message.
        folder: the folder that it runs in.

    Attributes:
        process: the process.
        answers: the pipe that it answers to.
        work: what it is doing; None if it is idle.
        held: the shards whose rows it holds in memory, and their bytes, by number.
        is_too_late: whether it was killed because it took too long.
    """

    def __init__(self, setup: Setup, folder: str) -> None:
        self.work: Work | None = None
        self.held: dict[int, tuple[ShardWork, int]] = {}
        self.is_too_late = False
        self._held = b""
        self._beats = -1
        self._late = 0.0
        shared = _unnamed_file()
        try:
            self._watch = Watch(shared)
            # Paths are absolute if other machines, which need not have it, take part.
            self.process = _started(self._watch, shared, folder if os.path.isdir(folder) else None)
        finally:
            os.close(shared)
        self.answers = cast("IO[bytes]", self.process.stdout)
        self._send(msgspec.json.encode(setup))

    @property
    def step(self) -> int:
        """The step that it began last; 0 if it has begun none."""
        return self._watch.read()[1]

    @property
    def answered(self) -> int:
        """The number of inputs of its shard that are done."""
        return self._watch.read()[2] if self.work is not None else 0

    def give(self, work: Work) -> None:
        """Let it do something."""
        self.work, self._late = work, 0.0
        self._watch.reset()
        self._send(msgspec.json.encode(work.task))

    def read(self) -> list[bytes] | None:
        """The lines that it has written; None at the end."""
        data = os.read(self.answers.fileno(), _READ_BYTES)
        if not data:
            return None
        *lines, self._held = (self._held + data).split(b"\n")
        return lines

    def is_late(self, passed: float, seconds: float, search_seconds: float) -> bool:
        """Whether it takes too long for a step, after some more seconds."""
        beats, step, _, waits = self._watch.read()
        if beats != self._beats:
            self._beats, self._late = beats, 0.0
            return False
        self._late += passed
        # Before the first step it starts, and it writes its rows after the last one.
        return self._late > (search_seconds if waits else seconds if step else max(seconds, _START_SECONDS))

    def kill(self) -> None:
        """End it."""
        self.process.kill()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        # A worker that waits for a disk ends when the disk responds.
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_END_SECONDS)

    def _send(self, line: bytes) -> None:
        with contextlib.suppress(BrokenPipeError):  # it has died, which is noticed when its output ends
            cast("IO[bytes]", self.process.stdin).write(line + b"\n")


def _started(watch: Watch, shared: int, folder: str | None) -> subprocess.Popen[bytes] | Forked:
    if can_fork():
        # Loaded here, for all workers.
        from symbolicate.corpus.runners.worker import work

        runner = os.getpid()
        return Forked(lambda: work(watch, runner), folder)
    return subprocess.Popen(  # noqa: S603 - this very program
        [sys.executable, "-P", "-m", "symbolicate.corpus.runners.worker", str(shared)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        pass_fds=[shared],
        bufsize=0,
    )


def _unnamed_file() -> int:
    """A descriptor of a new file without a name, for two processes."""
    descriptor, path = tempfile.mkstemp()
    os.unlink(path)
    return descriptor
