"""Processing: reports from the queue through the engine and back into the store.

Each thread runs the engine in a child process, so that no report can crash or block the service: see
`symbolicate.isolation`.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from typing import TYPE_CHECKING

from symbolicate.isolation.messages import Failed, MakeReport, Reported
from symbolicate.isolation.process import IsolatedProcess, ProcessEndedError, longest_seconds
from symbolicate.service.log import logger
from symbolicate.service.processing.child_symbols import ChildSymbols
from symbolicate.service.processing.crash_input import crash_input
from symbolicate.store import SHARED, Done, NotFound, StoreUnavailable

if TYPE_CHECKING:
    from symbolicate.isolation.messages import Symbols
    from symbolicate.service.config import Config
    from symbolicate.service.metrics import Metrics
    from symbolicate.store import Job, Store

__all__ = ["Workers", "worker_name"]

_UNAVAILABLE_SECONDS = 2.0
_BEATS_PER_LEASE = 3
# Reports that are completed in one transaction: so many, or so many bytes, or those of so many seconds.
_TOGETHER = 64
_TOGETHER_BYTES = 16 * 1024 * 1024
_TOGETHER_SECONDS = 2.0
# How often a report may end the process that works on it before it becomes a dead letter.
_ENDED_ATTEMPTS = 2
# How many threads may hang, each with its memory, before no more are started.
_MOST_ABANDONED = 8


def worker_name() -> str:
    """A name for this process in leases."""
    return f"{socket.gethostname()[:100]}:{os.getpid()}"


class _Hand:
    """A worker thread: its child process, the jobs that it has leased, and since when it has worked on one of them."""

    def __init__(self, engine: IsolatedProcess) -> None:
        self.thread = threading.current_thread()
        self.engine = engine
        self.jobs: dict[int, Job] = {}
        self.current: Job | None = None
        self.abandoned = False
        self._since = time.monotonic()

    def begin(self, job: Job | None) -> None:
        """Record that the thread makes progress, with this job."""
        self.current = job
        self._since = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since its last progress."""
        return time.monotonic() - self._since


class Workers:
    """Threads that process the queue.

    Each leases some reports, sends them one after the other to its child process, and completes them in one
    transaction. One more thread extends the leases, and replaces a thread that makes no progress. A report that ends
    the child, or takes too long, is tried once more later and then becomes a dead letter; other reports are not
    affected. A report that was tried before is processed alone, so that it costs no other report an attempt if it ends
    this process.

    Args:
        store: the store with the queue.
        config: the number of threads, and the sources of symbols.
        metrics: counts what was done.
        threads: how many threads, if not as configured.
    """

    def __init__(self, store: Store, config: Config, metrics: Metrics, threads: int | None = None) -> None:
        self._store = store
        self._settings = config.workers
        self._metrics = metrics
        self._symbols = ChildSymbols(store, config)
        self._name = worker_name()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        # A child that hangs is ended before its thread is considered stuck.
        self._limit = config.workers.job_seconds + longest_seconds(config.workers.report_seconds)
        wanted = config.workers.threads if threads is None else threads
        count = wanted if wanted >= 0 else max(1, (os.cpu_count() or 1) // 2)
        self._hands = [self._hand(f"worker-{number}") for number in range(count)]
        self._abandoned: list[_Hand] = []
        self._heart = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begin to process."""
        if self._hands:
            self._heart.start()
        for hand in self._hands:
            hand.thread.start()

    def stop(self) -> None:
        """Finish the reports that are being processed, within the configured time, and release the others."""
        self._stop.set()
        ends = time.monotonic() + self._settings.stop_seconds
        for hand in self._hands:
            hand.thread.join(max(0.0, ends - time.monotonic()))
        with self._lock:
            late = [hand for hand in self._hands if hand.thread.is_alive()]
            left = [job for hand in late for job in hand.jobs.values()]
            for hand in late:
                # If the child ends now, the report is not the reason.
                hand.abandoned = True
            for hand in late + self._abandoned:
                hand.engine.abandon()
        if left:
            try:
                self._store.queue.release(left)
            except StoreUnavailable as error:
                logger.warning("leases are left to run out: %s", error)

    def wait(self) -> None:
        """Wait until `stop` is called."""
        self._stop.wait()

    @property
    def stuck(self) -> int:
        """How many threads were replaced and still hang."""
        with self._lock:
            return sum(hand.thread.is_alive() for hand in self._abandoned)

    @property
    def working(self) -> int:
        """How many threads make progress, or wait for work."""
        with self._lock:
            return sum(
                hand.thread.is_alive() and not (hand.jobs and hand.seconds > self._limit) for hand in self._hands
            )

    def _hand(self, name: str) -> _Hand:
        hand = _Hand(IsolatedProcess(self._settings.memory_bytes))
        hand.thread = threading.Thread(target=self._work, args=(hand,), name=name, daemon=True)
        return hand

    def _work(self, hand: _Hand) -> None:
        try:
            self._work_with(hand)
        finally:
            hand.engine.close()

    def _ends(self, hand: _Hand) -> bool:
        return self._stop.is_set() or hand.abandoned

    def _work_with(self, hand: _Hand) -> None:
        while not self._ends(hand):
            try:
                jobs = self._lease(hand)
                if jobs:
                    self._process(hand, jobs)
                else:
                    self._store.queue.wait(self._settings.poll_seconds)
            except StoreUnavailable as error:
                logger.error("processing waits: the store is not available: %s", error)
                self._stop.wait(_UNAVAILABLE_SECONDS)
            except Exception:  # noqa: BLE001 - logged, and the thread goes on
                logger.exception("processing failed")
                self._stop.wait(_UNAVAILABLE_SECONDS)

    def _lease(self, hand: _Hand) -> list[Job]:
        jobs = self._store.queue.lease(self._settings.batch, worker=self._name, seconds=self._settings.lease_seconds)
        tried = next((job for job in jobs if job.attempt > 1), None)
        if tried is not None and len(jobs) > 1:
            self._store.queue.release([job for job in jobs if job is not tried])
            jobs = [tried]
        with self._lock:
            hand.jobs = {job.report_id: job for job in jobs}
            hand.begin(None)
        return jobs

    def _process(self, hand: _Hand, jobs: list[Job]) -> None:
        # Reports of one app together, because the child keeps the symbols of a few apps loaded.
        left = sorted(jobs, key=lambda job: job.app.id)
        try:
            while left and not self._ends(hand):
                left = self._process_some(hand, left)
        finally:
            with self._lock:
                hand.jobs = {}
            if left and not hand.abandoned:
                self._store.queue.release(left)

    def _symbols_for(self, job: Job) -> Symbols:
        """The symbols for a report, as of its lease; a change since then is noticed when it is completed.

        Apps without symbols of their own share one session with the symbols of the pool, which so stay loaded for all.
        """
        return self._symbols.of(job.app.id if job.symbols_version[0] else SHARED, job.symbols_version)

    def _process_some(self, hand: _Hand, jobs: list[Job]) -> list[Job]:
        """Process as many jobs as are completed in one transaction; returns the others."""
        jobs, left = jobs[:_TOGETHER], jobs[_TOGETHER:]
        done: list[Done] = []
        first, size = 0.0, 0
        for number, job in enumerate(jobs, 1):
            if hand.abandoned:
                return []
            one = self._process_one(hand, job)
            if one is not None:
                first = first or time.monotonic()
                done.append(one)
                size += len(one.report)
            if done and (size > _TOGETHER_BYTES or time.monotonic() - first > _TOGETHER_SECONDS):
                left = jobs[number:] + left
                break
        if done:
            hand.begin(done[-1].job)
            counted = self._store.queue.complete(done)
            self._metrics.processed.labels("done").inc(sum(counted))
            self._metrics.processed.labels("lease lost").inc(len(counted) - sum(counted))
        return left

    def _process_one(self, hand: _Hand, job: Job) -> Done | None:
        """Process a job; None if it failed, which is recorded."""
        hand.begin(job)
        began = time.perf_counter()
        try:
            limits = self._settings
            symbols = self._symbols_for(job)
            found = crash_input(self._store, job)
            request = MakeReport(job.public_id, symbols, limits.report_seconds, limits.report_bytes, found.files)
            answer = hand.engine.ask(request, found.data, self._symbols.answers(symbols.owner))
            if isinstance(answer, Reported):
                return Done(job=job, report=answer.report)
            if isinstance(answer, Failed):
                # An unreadable input stays unreadable; an internal error may be temporary, or be fixed.
                is_input = answer.kind == "input"
                self._fail(job, answer.message, "input" if is_input else "fault", permanent=is_input)
        except NotFound as error:
            self._fail(job, str(error), "gone", permanent=True)
        except ProcessEndedError as error:
            if not hand.abandoned:
                # The machine may have been short of memory or time, so it is tried again, but not for ever.
                cause = "time" if error.timed_out else "process"
                self._fail(job, str(error), cause, permanent=job.attempt >= _ENDED_ATTEMPTS)
        finally:
            self._metrics.processing.observe(time.perf_counter() - began)
        return None

    def _fail(self, job: Job, error: str, cause: str, *, permanent: bool) -> None:
        outcome = self._store.queue.fail(job, error, cause=cause, permanent=permanent)
        self._metrics.processed.labels(outcome).inc()
        logger.warning("a report cannot be processed: %s", error, extra={"report": job.public_id, "outcome": outcome})

    def _beat(self) -> None:
        """Extend the leases of threads that make progress, and replace the others."""
        lease = self._settings.lease_seconds
        pause = min(lease, self._limit) / _BEATS_PER_LEASE
        longest = self._limit * (self._settings.batch + 1)
        while not self._stop.wait(pause):
            try:
                with self._lock:
                    stuck = [hand for hand in self._hands if hand.jobs and hand.seconds > self._limit]
                for hand in stuck:
                    self._replace(hand)
                with self._lock:
                    jobs = [job for hand in self._hands for job in hand.jobs.values()]
                if jobs:
                    self._store.queue.heartbeat(jobs, seconds=lease, longest=longest)
            except StoreUnavailable as error:
                logger.warning("leases are not prolonged: %s", error)

    def _replace(self, hand: _Hand) -> None:
        """Replace a thread that makes no progress: a disk, the blob store or the database does not answer."""
        with self._lock:
            jobs, current = list(hand.jobs.values()), hand.current
            hand.abandoned, hand.jobs = True, {}
            self._hands.remove(hand)
            self._abandoned = [one for one in self._abandoned if one.thread.is_alive()] + [hand]
            new = self._hand(hand.thread.name) if len(self._abandoned) <= _MOST_ABANDONED else None
            if new is not None:
                self._hands.append(new)
        # The child of this thread would only hold memory, or hang itself.
        hand.engine.abandon()
        logger.error(
            "%s made no progress for %g seconds and is %s",
            hand.thread.name,
            self._limit,
            "replaced" if new is not None else "abandoned: too many are, restart this process",
        )
        if new is not None:
            new.thread.start()
        self._store.queue.release([job for job in jobs if job is not current])
        if current is not None:
            message = (
                f"its worker made no progress for {self._limit:g} seconds: a disk, the blob store or the database did "
                "not answer"
            )
            self._fail(current, message, "worker", permanent=False)
