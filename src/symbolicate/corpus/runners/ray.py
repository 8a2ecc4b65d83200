"""Runs shards on a Ray cluster: the only file that imports Ray.

An actor for each processor of the cluster keeps a worker process, with its symbols loaded and with the same limits of
time and memory as on one machine. An actor that is lost, with its machine or alone, loses the shard that it was doing;
another one does it again. All machines need this package, and the inputs, symbols and output under the same paths or
addresses.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import msgspec

from symbolicate.corpus.manifest import Job, JobError, Record
from symbolicate.corpus.runners.local import in_order_of_work, interrupts
from symbolicate.corpus.runners.messages import Done, Setup
from symbolicate.corpus.runners.pool import Interrupted, Pool
from symbolicate.corpus.runners.tasks import ShardWork

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = ["run_on_ray"]

_WAIT_SECONDS = 0.5
# How often a shard may be lost with an actor.
_MOST_LOSSES = 5


class _ShardActor:
    """Processes shards on one processor of the cluster."""

    def __init__(self, setup: bytes) -> None:
        decoded = msgspec.json.decode(setup, type=Setup)
        self._pool = Pool(Job(decoded.place), decoded, 1)

    def run(self, shard: int) -> bytes:
        """The commit record of a shard, in JSON."""
        for answer in self._pool.run([ShardWork(shard)]):
            if isinstance(answer, Done):
                return msgspec.json.encode(answer.record)
        raise JobError(f"shard {shard} was not processed")


def run_on_ray(
    job: Job,
    shards: Iterable[int],
    *,
    address: str | None = None,
    jobs: int | None = None,
    places: Sequence[str] | None = None,
    store_dir: str | None = None,
    progress: Callable[[int], object] = lambda _: None,
) -> Iterator[Record]:
    """Process shards and yield the record of each when it is committed.

    Args:
        job: the batch, in a folder or an object store that all machines can reach.
        shards: the numbers of the shards.
        address: the cluster, see `ray.init`; None for the one that `RAY_ADDRESS` names, or a new one on this machine.
        jobs: the number of actors; None for one on each processor.
        places: symbol sources with their secrets; None if the manifest has all of them.
        store_dir: the folder of indexes on each machine; None for the default there.
        progress: called from time to time with 0: only committed shards are known.

    Raises:
        Interrupted: by SIGINT or SIGTERM.
        JobError: Ray is not installed, the cluster cannot be reached, or a shard cannot be processed.
    """
    try:
        import ray
    except ImportError:
        raise JobError("--runner ray needs the package ray: install symbolicate[ray]") from None
    is_own = not ray.is_initialized()
    if is_own:
        try:
            ray.init(address=address, log_to_driver=False, include_dashboard=False, logging_level="error")
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise JobError(f"the Ray cluster cannot be used: {error}") from None
    setup = Setup(job.place, None if places is None else list(places), store_dir)
    try:
        cluster = _Cluster(ray, setup, in_order_of_work(job, shards), jobs)
        with interrupts(cluster.interrupt):
            yield from cluster.records(progress)
    finally:
        if is_own:
            ray.shutdown()


class _Cluster:
    """The actors, and the shards that wait for them."""

    def __init__(self, ray: Any, setup: Setup, shards: Sequence[int], jobs: int | None) -> None:
        self._ray = ray
        self._setup = msgspec.json.encode(setup)
        self._waiting = deque(shards)
        self._losses: dict[int, int] = {}
        self._running: dict[Any, tuple[int, Any]] = {}
        self._is_interrupted = False
        # It may be changed by other jobs; an actor that has no processor yet gets no shard before it starts.
        processors = max(1, int(ray.cluster_resources().get("CPU", 1)))
        self._jobs = min(jobs or processors, processors, max(1, len(shards)))
        self._actor = ray.remote(num_cpus=1, max_restarts=0)(_ShardActor)

    def interrupt(self) -> None:
        """Stop: what is not committed is done again when the batch is resumed."""
        self._is_interrupted = True

    def records(self, progress: Callable[[int], object]) -> Iterator[Record]:
        """The record of each shard, as they come."""
        for _ in range(self._jobs):
            self._start()
        while self._running:
            done, _ = self._ray.wait(list(self._running), timeout=_WAIT_SECONDS)
            progress(0)
            if self._is_interrupted:
                raise Interrupted
            for reference in done:
                shard, actor = self._running.pop(reference)
                record = self._result(reference, shard)
                if record is not None:
                    yield record
                    self._give(actor)
            if not self._running and self._waiting:  # all actors are lost
                self._start()

    def _result(self, reference: Any, shard: int) -> Record | None:
        """The record; None if the actor was lost."""
        try:
            return msgspec.json.decode(self._ray.get(reference), type=Record)
        except self._ray.exceptions.RayTaskError as error:
            raise JobError(f"shard {shard}: {error.cause}") from None
        except self._ray.exceptions.RayError as error:
            self._losses[shard] = self._losses.get(shard, 0) + 1
            if self._losses[shard] > _MOST_LOSSES:
                raise JobError(f"shard {shard} was lost {self._losses[shard]} times: {error}") from None
            self._waiting.appendleft(shard)
            return None

    def _start(self) -> None:
        if self._waiting:
            self._give(self._actor.remote(self._setup))

    def _give(self, actor: Any) -> None:
        if self._waiting:
            shard = self._waiting.popleft()
            self._running[actor.run.remote(shard)] = (shard, actor)
