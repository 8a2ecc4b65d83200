"""A worker process: `python -m symbolicate.corpus.runners.worker DESCRIPTOR` processes shards until its input ends.

Or a copy of the runner's process, which calls `work`.
It keeps its symbols loaded. The runner limits the time of an input and kills the worker; the kernel limits its memory.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import queue
import resource
import signal
import sys
import threading
import traceback
from typing import TYPE_CHECKING, BinaryIO

import msgspec

# Not used here: a search for symbols loads it, which is done once before the process is copied.
import symbolicate.symbols.sources.remote  # noqa: F401
from symbolicate._native import Watch
from symbolicate.corpus.gathering import needed_modules, resolve_all
from symbolicate.corpus.manifest import Job
from symbolicate.corpus.objects import ObjectStores
from symbolicate.corpus.runners.messages import (
    Done,
    Failed,
    Gather,
    Gathered,
    Held,
    Resolve,
    Resolved,
    RunShard,
    Setup,
    WriteRows,
)
from symbolicate.corpus.shard import ShardRows, process_shard
from symbolicate.corpus.symbols import open_session
from symbolicate.errors import SymbolicateError

if TYPE_CHECKING:
    from symbolicate.corpus.runners.messages import Answer, Key, Task
    from symbolicate.engine import Session

__all__ = ["main", "work"]

_PR_SET_PDEATHSIG = 1
# Of `mallopt` in glibc: the free bytes at the end of the heap beyond which it shrinks, and the size of a block that is
# mapped by itself.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_KEPT_BYTES, _MAPPED_BYTES = 8 << 20, 4 << 20
_decoder: msgspec.json.Decoder[Task] = msgspec.json.Decoder(RunShard | WriteRows | Gather | Resolve)


def main() -> None:
    """Process shards until standard input ends, in a new process."""
    work(Watch(int(sys.argv[1])), os.getppid())


def work(watch: Watch, parent: int) -> None:
    """Process shards until standard input ends, which is also when the runner ends.

    Args:
        watch: shows the runner what is being done.
        parent: the process of the runner.
    """
    if sys.platform.startswith("linux"):
        _end_with(parent)
        _keep_memory()
    # A native backtrace allocates memory, and after a panic for lack of memory its creation never ends.
    os.environ["RUST_BACKTRACE"] = "0"
    # The runner decides when to end; an interrupt from the terminal is sent to the whole process group.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Only answers are written to the pipe that the runner reads.
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        with contextlib.suppress(BrokenPipeError):
            # Not `sys.stdin`: in a copy of another process it may hold what that one has read.
            _work(_lines_of(os.fdopen(0, "rb", closefd=False)), answers, watch)
    # Threads of libraries may still wait for something.
    os._exit(0)


def _work(lines: queue.SimpleQueue[bytes], answers: BinaryIO, watch: Watch) -> None:
    def answer(message: Answer) -> None:
        answers.write(msgspec.json.encode(message) + b"\n")
        answers.flush()

    try:
        setup = msgspec.json.decode(lines.get(), type=Setup)
        job = Job(setup.place)
        options = job.manifest.options
        # This limits allocations, not mapped files: symbol files are mapped, and may be larger.
        resource.setrlimit(resource.RLIMIT_DATA, (options.memory_per_input, options.memory_per_input))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        session = open_session(
            options, places=setup.places, store_dir=setup.store_dir, watch=watch, denied=setup.denied
        )
        work = _Work(job, session, watch)
        while line := lines.get():
            watch.reset()
            answer(work.done(_decoder.decode(line)))
    except BrokenPipeError:
        raise
    except MemoryError:
        # As native code does; the input that needs so much is found by the runner.
        os.abort()
    except (SymbolicateError, OSError) as error:
        answer(Failed(str(error)))
    except Exception:  # noqa: BLE001 - a defect, which the runner reports
        answer(Failed(traceback.format_exc()))
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit)):
            raise
        # A native panic at the boundary: a Python object could not be allocated.
        os.abort()


class _Work:
    """Does tasks, with one session for all of them."""

    def __init__(self, job: Job, session: Session, watch: Watch) -> None:
        self._job = job
        self._session = session
        self._watch = watch
        self._objects = ObjectStores()
        self._gathered: set[Key] = set()
        self._held: dict[int, ShardRows] = {}

    def done(self, task: Task) -> Answer:
        """Do a task; the answer to it."""
        if isinstance(task, RunShard):
            return self._run(task)
        if isinstance(task, WriteRows):
            return Done(self._held.pop(task.shard).commit(task.begin))
        if isinstance(task, Gather):
            needed = set(needed_modules(self._job.inputs(task.shard)[:: task.every], self._watch)) - self._gathered
            self._gathered |= needed
            return Gathered(sorted(needed))
        resolve_all(task.keys, self._session.store, self._watch)
        return Resolved()

    def _run(self, task: RunShard) -> Answer:
        job, shard = self._job, task.shard
        with contextlib.suppress(FileNotFoundError):
            return Done(job.record(shard))
        poison = task.poison or {}
        made = process_shard(
            job, shard, self._session, self._objects, self._watch, poison, begin=task.begin, held=task.held
        )
        if not made.are_held:
            return Done(made.commit())
        self._held[shard] = made
        return Held(shard, made.size)


def _lines_of(requests: BinaryIO) -> queue.SimpleQueue[bytes]:
    """The lines of standard input, which a thread waits for: when it ends, the process ends, whatever it is doing."""
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def read() -> None:
        for line in requests:
            lines.put(line)
        os._exit(0)

    threading.Thread(target=read, name="requests", daemon=True).start()
    return lines


def _end_with(parent: int) -> None:
    """Let the kernel kill this process when its parent ends, even if it is stopped. Linux has this."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before
        os._exit(0)


def _keep_memory() -> None:
    """Let the heap keep some free memory, if it is glibc's.

    By default the pages of an input return to the kernel, and those of the next one are others, which it has to clear.
    """
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
        libc.mallopt(_M_MMAP_THRESHOLD, _MAPPED_BYTES)


if __name__ == "__main__":
    main()
