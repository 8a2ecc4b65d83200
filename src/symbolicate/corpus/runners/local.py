"""Runs shards in worker processes on this machine.

Each worker takes the next shard from a queue and keeps its symbols loaded; indexes of symbols are mapped, so all
workers share them. A worker that dies, or that takes longer for an input than it may, loses its shard: another one does
it again, one input at a time, and the input that ends a worker then is left out as an error.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, cast

import msgspec

from symbolicate.corpus.manifest import JobError
from symbolicate.corpus.runners.messages import Done, Failed, RunShard, Setup
from symbolicate.corpus.watch import SharedWatch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from symbolicate.corpus.manifest import Job, Record
    from symbolicate.corpus.runners.messages import Answer

__all__ = ["Interrupted", "in_order_of_work", "run_local"]

_POLL_SECONDS = 0.1
# After an interrupt: how long the shards that are being processed may take.
_LAST_SECONDS = 10.0
# A worker that stops responding for this time while it waits for symbols, beyond the time that their search may take.
_GRACE_SECONDS = 60.0
_START_SECONDS = 60.0
# How often a shard may end a worker without an input being the reason.
_MOST_DEATHS = 3
# Shards with fewer bytes are processed in order; those with more before them, so that none of them is the last.
_LONG_BYTES = 32 << 20
_END_SECONDS = 5.0
_decoder: msgspec.json.Decoder[Answer] = msgspec.json.Decoder(Done | Failed)


class Interrupted(Exception):  # noqa: N818 - not an error
    """The batch was interrupted; what is committed is kept."""


def in_order_of_work(job: Job, shards: Iterable[int]) -> list[int]:
    """Shards in the order in which they are best processed: long ones first, the others in their order."""
    sizes = job.manifest.shards
    return sorted(shards, key=lambda shard: (-(sizes[shard].bytes // _LONG_BYTES), shard))


def run_local(
    job: Job,
    shards: Iterable[int],
    *,
    jobs: int,
    places: Sequence[str] | None = None,
    store_dir: str | None = None,
    progress: Callable[[int], object] = lambda _: None,
) -> Iterator[Record]:
    """Process shards and yield the record of each when it is committed.

    Args:
        job: the batch.
        shards: the numbers of the shards.
        jobs: the number of worker processes.
        places: symbol sources with their secrets; None if the manifest has all of them.
        store_dir: the folder of indexes; None for the default.
        progress: called some times a second with the number of inputs that are done in uncommitted shards.

    Raises:
        Interrupted: by SIGINT or SIGTERM; shards that were finished within some seconds are committed.
        JobError: a worker cannot go on, for instance because the disk is full.
    """
    setup = Setup(job.place, None if places is None else list(places), store_dir)
    pool = _Pool(job, setup, in_order_of_work(job, shards), progress)
    try:
        with _interrupts(pool.interrupt):
            yield from pool.records(jobs)
    finally:
        pool.close()


@contextlib.contextmanager
def _interrupts(call: Callable[[], object]) -> Iterator[None]:
    """Call a function instead of raising an exception when the user interrupts the process, or a system ends it."""
    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, lambda *_: call())
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass(slots=True)
class _Shard:
    """A shard that is not committed: what is known of it from workers that it ended."""

    number: int
    poison: dict[int, str] | None = None
    deaths: int = 0


class _Pool:
    def __init__(self, job: Job, setup: Setup, shards: Sequence[int], progress: Callable[[int], object]) -> None:
        self._job = job
        self._setup = setup
        self._waiting = deque(_Shard(number) for number in shards)
        self._progress = progress
        self._selector = selectors.DefaultSelector()
        self._workers: list[_Worker] = []
        options = job.manifest.options
        self._seconds = options.seconds_per_input
        self._memory = options.memory_per_input
        self._search_seconds = options.network().seconds + _GRACE_SECONDS
        self._ends = float("inf")

    def records(self, jobs: int) -> Iterator[Record]:
        for _ in range(min(jobs, len(self._waiting))):
            self._start()
        last = time.monotonic()
        while self._workers:
            yield from self._turn()
            # Time in which this process was stopped as well does not count.
            now = time.monotonic()
            self._check(min(now - last, 10 * _POLL_SECONDS))
            last = now
            if now >= self._ends:
                break
        if self._ends < float("inf"):
            raise Interrupted

    def interrupt(self) -> None:
        """Hand out no more shards, and wait for the others for some seconds; at the second call not any longer."""
        self._waiting.clear()
        self._ends = time.monotonic() + _LAST_SECONDS if self._ends == float("inf") else 0.0

    def close(self) -> None:
        """End all workers."""
        for worker in self._workers:
            worker.kill()
        self._workers.clear()
        self._selector.close()

    def _turn(self) -> Iterator[Record]:
        """Hand out shards, and wait a moment for answers."""
        for worker in [one for one in self._workers if one.shard is None]:
            if self._waiting:
                worker.give(self._waiting.popleft())
            else:
                self._end(worker)
        for key, _ in self._selector.select(_POLL_SECONDS):
            worker = cast("_Worker", key.data)
            lines = worker.read()
            for line in lines or ():
                answer = _decoder.decode(line)
                if isinstance(answer, Failed):
                    raise JobError(answer.message)
                worker.shard = None
                yield answer.record
            if lines is None:
                self._died(worker)
        self._progress(sum(worker.answered for worker in self._workers))

    def _start(self) -> None:
        worker = _Worker(self._setup, self._job.manifest.folder)
        self._workers.append(worker)
        self._selector.register(worker.answers, selectors.EVENT_READ, worker)

    def _end(self, worker: _Worker) -> None:
        self._selector.unregister(worker.answers)
        self._workers.remove(worker)
        worker.kill()

    def _check(self, passed: float) -> None:
        """Kill workers that take too long. Their end is noticed when their output ends."""
        for worker in self._workers:
            if worker.shard is not None and worker.is_late(passed, self._seconds, self._search_seconds):
                worker.is_too_late = True
                worker.process.kill()

    def _died(self, worker: _Worker) -> None:
        step, shard = worker.step, worker.shard
        why = self._why(worker)
        self._end(worker)
        if shard is not None and self._ends == float("inf"):
            self._note(shard, step, why)
            self._waiting.appendleft(shard)
        if self._waiting:
            self._start()

    def _note(self, shard: _Shard, step: int, why: str) -> None:
        """What the end of a worker says about its shard."""
        if shard.poison is not None and step and step not in shard.poison:
            shard.poison[step] = why
            return
        shard.deaths += 1
        if shard.deaths > _MOST_DEATHS:
            raise JobError(
                f"shard {shard.number} ended its process {shard.deaths} times, not because of an input: {why}"
            )
        shard.poison = shard.poison if shard.poison is not None else {}

    def _why(self, worker: _Worker) -> str:
        if worker.is_too_late:
            return f"processing it took longer than {self._seconds:g} seconds"
        with contextlib.suppress(subprocess.TimeoutExpired):
            worker.process.wait(_END_SECONDS)
        code = worker.process.returncode or 0
        name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        memory = self._memory >> 20
        return f"processing it ended the process ({name}); it may have needed more than {memory} MiB of memory"


@dataclass(slots=True, init=False)
class _Worker:
    """A worker process, as the runner sees it."""

    process: subprocess.Popen[bytes]
    answers: IO[bytes]
    shard: _Shard | None = None
    is_too_late: bool = False
    _held: bytes = b""
    _watch: SharedWatch = field(init=False)
    _beats: int = -1
    _late: float = 0.0

    def __init__(self, setup: Setup, folder: str) -> None:
        self.shard, self.is_too_late, self._held, self._beats, self._late = None, False, b"", -1, 0.0
        shared = SharedWatch.file()
        try:
            self._watch = SharedWatch(shared)
            self.process = subprocess.Popen(  # noqa: S603 - this very program
                [sys.executable, "-P", "-m", "symbolicate.corpus.runners.worker", str(shared)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=folder,
                pass_fds=[shared],
                bufsize=0,
            )
        finally:
            os.close(shared)
        self.answers = cast("IO[bytes]", self.process.stdout)
        self._send(msgspec.json.encode(setup))

    @property
    def step(self) -> int:
        """The step of its shard that it began last."""
        return self._watch.read()[1]

    @property
    def answered(self) -> int:
        """The number of inputs of its shard that are done."""
        return self._watch.read()[2] if self.shard is not None else 0

    def give(self, shard: _Shard) -> None:
        """Let it process a shard."""
        self.shard, self._late = shard, 0.0
        self._watch.reset()
        self._send(msgspec.json.encode(RunShard(shard.number, shard.poison)))

    def read(self) -> list[bytes] | None:
        """The lines that it has written; None at the end."""
        data = os.read(self.answers.fileno(), 1 << 20)
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
