"""A pool of worker processes on this machine, with the limits of time for what they do.

A worker that dies, or that takes longer for an input than it may, is replaced; `tasks` says what becomes of its work.
"""

from __future__ import annotations

import contextlib
import selectors
import signal
import subprocess
import time
from collections import deque
from typing import TYPE_CHECKING, cast

import msgspec

from symbolicate.corpus.manifest import JobError
from symbolicate.corpus.runners.messages import Done, Failed, Gathered, Held, Resolved
from symbolicate.corpus.runners.tasks import HELD_BYTES, ShardWork, WriteWork
from symbolicate.corpus.runners.worker_process import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from symbolicate.corpus.layout import Layout
    from symbolicate.corpus.manifest import Job
    from symbolicate.corpus.runners.messages import Answer, Key, Setup
    from symbolicate.corpus.runners.tasks import Work

__all__ = ["Interrupted", "Pool"]

_POLL_SECONDS = 0.1
# After an interrupt: how long the shards that are being processed may take.
_LAST_SECONDS = 10.0
# A worker that stops responding for this time while it waits for symbols, beyond the time that their search may take.
_GRACE_SECONDS = 60.0
# How long the exit code of a worker is waited for whose output has ended.
_END_SECONDS = 5.0
_decoder: msgspec.json.Decoder[Answer] = msgspec.json.Decoder(Done | Held | Gathered | Resolved | Failed)


class Interrupted(Exception):  # noqa: N818 - not an error
    """The batch was interrupted; what is committed is kept."""


class Pool:
    """Worker processes, and the work that waits for them.

    Args:
        job: the batch.
        setup: what workers begin with.
        jobs: the number of workers.
        progress: called with the number of inputs that are done in uncommitted shards.
        layout: where rows are written; None for a file for each shard.
    """

    def __init__(
        self,
        job: Job,
        setup: Setup,
        jobs: int,
        progress: Callable[[int], object] = lambda _: None,
        layout: Layout | None = None,
    ) -> None:
        self._job = job
        self._layout = layout
        self._setup = setup
        self._jobs = jobs
        self._progress = progress
        self._waiting: deque[Work] = deque()
        self._selector = selectors.DefaultSelector()
        self._workers: list[Worker] = []
        options = job.manifest.options
        self._seconds = options.seconds_per_input
        self._memory = options.memory_per_input
        self._search_seconds = options.network().seconds + _GRACE_SECONDS
        self._ends = float("inf")

    def run(self, works: Iterable[Work]) -> Iterator[Answer]:
        """Do work in parallel, and yield the answers as they come.

        Raises:
            Interrupted: see `interrupt`.
            JobError: a worker cannot go on.
        """
        if self._ends == float("inf"):
            self._waiting.extend(works)
        last = time.monotonic()
        while self._waiting or self._is_working() or any(worker.held for worker in self._workers):
            if self._ends < float("inf"):
                self._waiting.clear()
            yield from self._turn()
            # Time in which this process was stopped as well does not count.
            now = time.monotonic()
            self._check(min(now - last, 10 * _POLL_SECONDS))
            last = now
            if now >= self._ends:
                break
        if self._ends < float("inf"):
            raise Interrupted

    def deny(self, keys: set[Key]) -> None:
        """Let workers leave out the symbols of these modules."""
        if keys:
            self._setup = msgspec.structs.replace(self._setup, denied=sorted(keys))
            for worker in list(self._workers):
                self._end(worker)

    def interrupt(self) -> None:
        """Hand out nothing more, and wait for some seconds for what is being done; at the second call no longer."""
        self._ends = time.monotonic() + _LAST_SECONDS if self._ends == float("inf") else 0.0

    def close(self) -> None:
        """End all workers."""
        for worker in self._workers:
            worker.kill()
        self._workers.clear()
        self._selector.close()

    def _turn(self) -> Iterator[Answer]:
        """Hand out work, and wait a moment for answers."""
        for worker in self._workers:
            if worker.work is None and (work := self._next(worker)) is not None:
                worker.give(work)
        while self._waiting and len(self._workers) < self._jobs:
            self._start().give(self._waiting.popleft())
        for key, _ in self._selector.select(_POLL_SECONDS):
            worker = cast("Worker", key.data)
            lines = worker.read()
            for line in lines or ():
                answer = _decoder.decode(line)
                if isinstance(answer, Failed):
                    raise JobError(answer.message)
                if isinstance(answer, Held):
                    self._hold(worker, answer)
                    continue
                if isinstance(answer, Done) and self._layout is not None:
                    self._layout.committed(answer.record)
                worker.work = None
                yield answer
            if lines is None:
                self._died(worker)
        sizes = self._job.manifest.shards
        held = sum(sizes[shard].inputs for worker in self._workers for shard in worker.held)
        self._progress(held + sum(worker.answered for worker in self._workers))

    def _next(self, worker: Worker) -> Work | None:
        """What a worker does next: it writes rows that it holds, if their place is known or if there are too many."""
        if self._layout is not None:
            for number, (shard, size) in worker.held.items():
                if (begin := self._layout.to_write(number, size)) is not None:
                    del worker.held[number]
                    return WriteWork(shard, begin)
            is_last = self._ends < float("inf") or not (self._waiting or self._is_working())
            if worker.held and (is_last or sum(size for _, size in worker.held.values()) > HELD_BYTES):
                shard, _ = worker.held.pop(next(iter(worker.held)))
                return WriteWork(shard, None)
        return self._waiting.popleft() if self._waiting else None

    def _hold(self, worker: Worker, answer: Held) -> None:
        """A worker holds the rows of the shard that it has processed."""
        if isinstance(worker.work, ShardWork) and self._layout is not None:
            worker.held[answer.shard] = worker.work, answer.size
            self._layout.known(answer.shard, answer.size)
        worker.work = None

    def _is_working(self) -> bool:
        return any(worker.work is not None for worker in self._workers)

    def _start(self) -> Worker:
        worker = Worker(self._setup, self._job.manifest.folder)
        self._workers.append(worker)
        self._selector.register(worker.answers, selectors.EVENT_READ, worker)
        return worker

    def _end(self, worker: Worker) -> None:
        self._selector.unregister(worker.answers)
        self._workers.remove(worker)
        worker.kill()

    def _check(self, passed: float) -> None:
        """Kill workers that take too long. Their end is noticed when their output ends."""
        for worker in self._workers:
            if worker.work is not None and worker.is_late(passed, self._seconds, self._search_seconds):
                worker.is_too_late = True
                worker.process.kill()

    def _died(self, worker: Worker) -> None:
        step, work = worker.step, worker.work
        why = self._why(worker)
        self._end(worker)
        if self._ends < float("inf"):
            return
        self._waiting.extendleft(shard for shard, _ in worker.held.values())
        if work is not None:
            self._waiting.extendleft(work.after_death(step, why))

    def _why(self, worker: Worker) -> str:
        if worker.is_too_late:
            return f"processing it took longer than {self._seconds:g} seconds"
        with contextlib.suppress(subprocess.TimeoutExpired):
            worker.process.wait(_END_SECONDS)
        code = worker.process.returncode or 0
        name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        memory = self._memory >> 20
        return f"processing it ended the process ({name}); it may have needed more than {memory} MiB of memory"
