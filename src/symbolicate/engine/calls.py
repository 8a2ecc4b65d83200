"""One crash, or many: functions that need no session."""

from __future__ import annotations

import os

from symbolicate.engine.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from symbolicate.engine.inputs import Crash
    from symbolicate.engine.session import Symbols
    from symbolicate.errors import InputError
    from symbolicate.report import Report

__all__ = ["process", "process_many"]

_LONGEST_SECONDS = 1e9  # some thirty years


def process(crash: Crash, symbols: Symbols = None) -> Report:
    """Turn one crash into a report.

    Args:
        crash: a path, a file opened in binary mode, or bytes: an input of any kind with one crash.
        symbols: a `SymbolStore` (keep it and use it again), or what its `sources` may be: folders and files, addresses
            of servers and buckets, names of public servers.

    Raises:
        InputError: it cannot be read as a crash, or contains several. Missing symbols are not an error.
    """
    return Session(symbols).report(crash)


def process_many(
    crashes: Iterable[Crash], symbols: Symbols = None, jobs: int | None = None, timeout: float | None = None
) -> Iterator[Report | InputError]:
    """Turn all crashes of many inputs into reports, in parallel and in the order of the inputs.

    An unreadable input yields an `InputError` object in its position; it is not raised, so one bad input does not stop
    the others. The work is done by threads, ahead of the caller by a few inputs: there may be any number of them, and a
    slow caller slows down what is taken. Closing the iterator, or leaving it to be collected, ends the work.

    The work is done in this process, within the limits of `docs/limits.md`. A failed allocation, or a symbol file that
    is truncated while it is read, ends this process; the command `symbolicate report` and the service use child
    processes. An input that is truncated while it is read is an `InputError`.

    Args:
        crashes: paths, opened files or bytes, of any kind and with any number of crashes each.
        symbols: as for `process`.
        jobs: number of crashes processed in parallel; by default the number of usable cores.
        timeout: seconds that an input may take, with the search for its symbols; an input with many crashes has them
            for every 16 of these. One that takes longer yields an `InputAbandonedError`, and its further crashes are
            left out. A thread cannot be stopped: it goes on with such an input in the background, with the memory and
            the core that it uses, and its result is dropped. Another thread takes its place, and neither the end of
            the iterator nor that of the process waits for it. With more than 32 such threads at a time the iterator
            raises an `EngineError`. A child process can be stopped: see `symbolicate batch`.

    Raises:
        TypeError: `crashes` is a path or bytes by itself.
        ValueError: `timeout` is not more than 0.
    """
    refuse_single(crashes)
    refuse_timeout(timeout)
    return Session(symbols, jobs=jobs).reports(crashes, timeout)


def refuse_timeout(timeout: float | None) -> None:
    """Refuse a limit of time that no input can keep.

    Raises:
        ValueError: it is not more than 0, or infinite: systems do not wait so long.
    """
    if timeout is not None and not 0 < timeout <= _LONGEST_SECONDS:
        raise ValueError(f"timeout is more than 0 seconds, or None for no limit, not {timeout}")


def refuse_single(crashes: object) -> None:
    """Refuse one crash where many are expected: a path is also a sequence, of characters.

    Raises:
        TypeError: it is a path or bytes.
    """
    if isinstance(crashes, (str, bytes, bytearray, memoryview, os.PathLike)):
        raise TypeError("crashes are many: give a list, or use process for a single one")
