"""Fetched files and negative answers on disk; one fetch at a time for each address, across threads and processes.

    <folder>/<server>/<xx>/<digest>/<name>       a file, unpacked, under its own name
    <folder>/<server>/<xx>/<digest>.part         what has come of it, as sent; locked while it is fetched
    <folder>/<server>/<xx>/<digest>.part.tag     the version of the file that these bytes are of
    <folder>/<server>/<xx>/<digest>.ranges       parts of a large file, see `kept_ranges`
    <folder>/<server>/<xx>/<digest>.absent       why the file is missing, and until when that is believed

The digest is that of the address with its query, without user and password, and `xx` are its first two digits. What is
fetched with a new signature in the query is therefore fetched again. A file appears whole or not at all, and its time
of access says when it was last used.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, get_args

from symbolicate.atomic import AtomicFile
from symbolicate.locks import Lock
from symbolicate.symbols.fetching.failure import BusyError, FetchError
from symbolicate.symbols.fetching.kept_ranges import RANGES, KeptRanges
from symbolicate.symbols.fetching.partial import PART, Partial
from symbolicate.symbols.names import safe_name
from symbolicate.symbols.outcomes import CandidateOutcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from symbolicate.symbols.fetching.ranges import Range

__all__ = ["ABSENT", "Cache", "Place"]

ABSENT = ".absent"
"""The suffix of negative answers."""

_OUTCOMES = frozenset(get_args(CandidateOutcome))
_LONGEST_DETAIL = 500
# The longest lifetime of a negative answer: a clock that was wrong must not make it eternal.
_LONGEST_LIFETIME = 24 * 3600.0
# How often a use is recorded.
_TOUCH_SECONDS = 300.0
# How often a thread looks whether another one is done.
_SHORTEST_WAIT, _LONGEST_WAIT = 0.005, 0.1
# Fetched bytes until the size of the cache is looked at again.
_LOOK_BYTES = 256 << 20
# Files of ranges that are open at a time.
_OPEN_RANGES = 64


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file belongs.

    Attributes:
        path: the file itself.
        stem: the path of what is beside it, without a suffix.
    """

    path: str
    stem: str


class Cache:
    """A cache of one folder. Many threads and processes may use it at once.

    Args:
        folder: the folder.
        limit: bytes that it may hold.
    """

    def __init__(self, folder: str, limit: int) -> None:
        self.folder = folder
        self._limit = limit
        # The first file of a process is a reason to look, as short processes would never fetch enough.
        self._fetched = _LOOK_BYTES
        self._lock = Lock()
        self._ranges: dict[str, KeptRanges] = {}

    def place(self, server: str, address: str, name: str) -> Place:
        """Where the file of an address belongs.

        Args:
            server: the host, or the name of the bucket.
            address: the whole address, without user and password.
            name: the name of the file.
        """
        import hashlib  # loads OpenSSL

        digest = hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        stem = os.path.join(self.folder, safe_name(server) or "_", digest[:2], digest)
        return Place(os.path.join(stem, safe_name(name)), stem)

    def has(self, place: Place) -> bool:
        """Whether the file is there; its use is recorded."""
        try:
            about = os.stat(place.path)
        except OSError:
            return False
        now = time.time()
        if now - about.st_atime > _TOUCH_SECONDS:
            with contextlib.suppress(OSError):
                os.utime(place.path, ns=(int(now * 1e9), about.st_mtime_ns))
        return True

    def absence(self, place: Place) -> FetchError | None:
        """Why there is no file; None if no reason is remembered, or it is too old."""
        import json

        try:
            with open(place.stem + ABSENT, encoding="utf-8") as file:
                known = json.loads(file.read(4096))
            until, outcome, detail = float(known["until"]), str(known["outcome"]), str(known["detail"])
            of_server = bool(known["of_server"])
        except (OSError, ValueError, TypeError, KeyError):
            return None
        left = until - time.time()
        if not 0 < left <= _LONGEST_LIFETIME or outcome not in _OUTCOMES:
            return None
        return FetchError(outcome, detail, 0.0, of_server=of_server)  # type: ignore[arg-type]

    def remember(self, place: Place, error: FetchError) -> None:
        """Remember why there is no file, for the lifetime of the answer. A cache that cannot be written does not."""
        if error.lifetime <= 0:
            return
        import json

        known = {
            "outcome": error.outcome,
            "detail": error.detail[:_LONGEST_DETAIL],
            "of_server": error.of_server,
            "until": time.time() + min(error.lifetime, _LONGEST_LIFETIME),
        }
        with contextlib.suppress(OSError):
            os.makedirs(os.path.dirname(place.stem), exist_ok=True)
            with AtomicFile(place.stem + ABSENT) as file:
                file.stream.write(json.dumps(known).encode())
                file.commit(sync=False)

    def forget_absence(self, place: Place) -> None:
        """Forget why there was no file."""
        with contextlib.suppress(OSError):
            os.unlink(place.stem + ABSENT)

    def remove(self, place: Place) -> None:
        """Remove a file that is not what it should be. A process that has mapped it can still use it."""
        self.forget_ranges(place)
        with contextlib.suppress(OSError):
            os.unlink(place.path)
            os.rmdir(place.stem)

    def ranges(self, place: Place) -> KeptRanges | None:
        """The ranges of a file that were fetched; None if there are none."""
        with self._lock:
            if (known := self._ranges.get(place.stem)) is None:
                known = KeptRanges.opened(place.stem + RANGES)
                self._know(place, known)
            return known

    def keep_ranges(self, place: Place, found: Sequence[tuple[int, Range]]) -> None:
        """Keep ranges with their offsets; those of other versions of the file are removed."""
        if not found or not (first := found[0][1]).tag:
            return
        kept = self.ranges(place)
        if kept is None or (kept.size, kept.tag) != (first.size, first.tag):
            kept = KeptRanges.created(place.stem + RANGES, first.size, first.tag)
            with self._lock:
                self._know(place, kept)
        if kept is not None:
            self.count(kept.add(found))

    def forget_ranges(self, place: Place) -> None:
        """Remove the ranges of a file."""
        with self._lock:
            self._ranges.pop(place.stem, None)
        with contextlib.suppress(OSError):
            os.unlink(place.stem + RANGES)

    def _know(self, place: Place, kept: KeptRanges | None) -> None:
        if kept is None:
            return
        self._ranges[place.stem] = kept
        if len(self._ranges) > _OPEN_RANGES:
            del self._ranges[next(iter(self._ranges))]

    @contextlib.contextmanager
    def fetching(self, place: Place, limit: int, ends: float) -> Iterator[Partial | None]:
        """The file that is being fetched, locked; None if another thread or process has fetched it meanwhile.

        The lock is that of the partial file, which is renamed or removed by whoever holds it; so after waiting, it is
        checked that it is still the one of that path.

        Args:
            place: where the file belongs.
            limit: its largest size.
            ends: how long to wait for others, see `time.monotonic`.

        Raises:
            BusyError: the time is over while another one fetches it.
            FetchError: the other one could not fetch it.
            OSError: the cache cannot be written.
        """
        os.makedirs(os.path.dirname(place.stem), exist_ok=True)
        path, wait = place.stem + PART, _SHORTEST_WAIT
        while True:
            part = open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644), "r+b")  # noqa: SIM115
            try:
                if _is_locked(part) and _is_at(part, path):
                    if (absence := self.absence(place)) is not None:
                        os.unlink(path)
                        raise absence
                    if self.has(place):
                        os.unlink(path)
                        yield None
                    else:
                        yield Partial(part, path, limit)
                    return
            finally:
                part.close()
            if time.monotonic() >= ends:
                raise BusyError
            if self.has(place):
                yield None
                return
            time.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)

    def count(self, fetched: int) -> None:
        """Count fetched bytes; remove the files least recently used when there may be too many."""
        self._fetched += fetched
        if self._fetched >= _LOOK_BYTES:
            self._fetched = 0
            self._trim()

    def _trim(self) -> None:
        from symbolicate.symbols.least_used import remove_least_used
        from symbolicate.symbols.walk import files_below

        for path in remove_least_used(files_below(self.folder), self._limit):
            with contextlib.suppress(OSError):
                os.rmdir(os.path.dirname(path))


def _is_locked(part: BinaryIO) -> bool:
    import fcntl

    try:
        fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # a file system without locks: the file may be fetched twice, and is renamed whole
    return True


def _is_at(part: BinaryIO, path: str) -> bool:
    """Whether an open file is the one at a path."""
    try:
        return os.path.samestat(os.fstat(part.fileno()), os.stat(path))
    except OSError:
        return False
