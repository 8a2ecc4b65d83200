"""Files of servers and buckets, at hand or with the reason why not."""

from __future__ import annotations

import os
import time

from symbolicate.locks import Lock
from symbolicate.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Protocol

    from symbolicate.symbols.candidates import CandidateOutcome
    from symbolicate.symbols.fetching.cache import Cache, Place
    from symbolicate.symbols.fetching.http import Http
    from symbolicate.symbols.fetching.network import Network
    from symbolicate.symbols.fetching.partial import Partial
    from symbolicate.symbols.fetching.ranges import Range
    from symbolicate.symbols.layouts.layout import Parts

    class Origin(Protocol):
        """One file on a server or in a bucket."""

        @property
        def server(self) -> str:
            """The host, or the name of the bucket."""
            ...

        @property
        def key(self) -> str:
            """The whole address without user and password; files of the same key are the same.

            Its query may be secret: a key is neither shown nor stored, only its digest.
            """
            ...

        @property
        def name(self) -> str:
            """The name of the file."""
            ...

        @property
        def is_local(self) -> bool:
            """Whether it is on this machine, so that it may be used offline."""
            ...

        def fetch(self, fetcher: Fetcher, part: Partial, ends: float) -> None:
            """Fetch it.

            Raises:
                LargeFileError: it is not fetched, because it may be read in part.
                FetchError: it cannot be fetched.
            """
            ...

    class OriginInPart(Origin, Protocol):
        """One file of which ranges can be fetched."""

        @property
        def large(self) -> int:
            """A file of more bytes is not fetched: its head is enough. 0: all of any file is fetched."""
            ...

        def head(self, fetcher: Fetcher, ends: float) -> Range:
            """Its first bytes.

            Raises:
                FetchError: they cannot be fetched.
            """
            ...

        def ranges(self, fetcher: Fetcher, wanted: Sequence[tuple[int, int]], ends: float, tag: str) -> list[Range]:
            """Ranges of it: offset and length of each, and the version that earlier ones were of.

            Raises:
                FetchError: they cannot be fetched.
            """
            ...

    class Root(Protocol):
        """A server or a bucket, or a folder of one: what layouts are relative to."""

        @property
        def parallel(self) -> int:
            """How many files may be asked for at a time."""
            ...

        @property
        def name(self) -> str:
            """Its address, as reports show it."""
            ...

        def shown(self, path: Parts) -> str:
            """The address of a file, as reports show it."""
            ...

        def fetch(self, path: Parts) -> Fetched:
            """A file, at hand or with the reason why not."""
            ...

        def reject(self, path: Parts, outcome: CandidateOutcome, detail: str) -> None:
            """Remove a file that is not what was asked for, and remember the reason."""
            ...

    class RootInPart(Protocol):
        """A server that may answer ranges."""

        def fetch_or_head(self, path: Parts, large: int) -> Fetched:
            """A file as of `Root.fetch`; or its head, if it is larger and ranges of it can be fetched."""
            ...

        def fetch_ranges(self, path: Parts, wanted: Sequence[tuple[int, int]], tag: str = "") -> list[Range]:
            """Ranges of a file.

            Args:
                path: the file.
                wanted: offset and length of each range; a length is at least 1.
                tag: the version of the file that earlier ranges were of, see `Range.tag`.

            Raises:
                FetchError: there is no such file, ranges are not answered, the file has changed, or nothing may be
                    asked for.
            """
            ...


__all__ = ["FOLDER", "Fetched", "Fetcher", "root_in_part"]

FOLDER = "fetched"
"""The folder of fetched files in a symbol store."""


class Fetched(Record):
    """What became of a file.

    Attributes:
        path: its path in the cache; empty without one.
        outcome: `found`, or why there is no file.
        detail: the reason in words.
        of_server: whether it is about the server, and not about this one file.
        head: the first bytes of a large file that was not fetched, because ranges of it can be.
    """

    path: str
    outcome: CandidateOutcome = "found"
    detail: str = ""
    of_server: bool = False
    head: Range | None = None


class Fetcher:
    """Fetches files into the cache of a symbol store. May be used by many threads; nothing is loaded until it is asked.

    Args:
        store: the folder of the symbol store.
        network: what may be done on the network.
    """

    def __init__(self, store: str, network: Network) -> None:
        self.network = network
        self._store = store
        self._opened: Cache | None = None
        self._lock, self._http_lock = Lock(), Lock()
        self._http: Http | None = None
        self._contacted: set[str] = set()

    @property
    def _cache(self) -> Cache:
        """The fetched files. Two threads may open it at first, which is the same cache."""
        from symbolicate.symbols.fetching.cache import Cache

        if self._opened is None:
            self._opened = Cache(os.path.join(self._store, FOLDER), self.network.fetched_bytes)
        return self._opened

    @property
    def http(self) -> Http:
        """What makes requests."""
        from symbolicate.symbols.fetching.http import Http  # loads urllib3 and OpenSSL

        with self._http_lock:
            if self._http is None:
                self._http = Http(self.network, self.contact)
            return self._http

    def contact(self, server: str) -> None:
        """Say that a server is asked, the first time."""
        with self._lock:
            is_new = server not in self._contacted
            self._contacted.add(server)
        if is_new:
            self.network.contacted(server)

    def fetch(self, origin: Origin) -> Fetched:
        """A file: from the cache, or fetched into it. Never an exception: the result has the reason of a failure."""
        from symbolicate.symbols.fetching.failure import FetchError, LargeFileError

        place = self._place(origin)
        if self._cache.has(place):
            return Fetched(place.path)
        try:
            self._bring(origin, place)
        except LargeFileError as error:
            return Fetched("", error.outcome, error.detail, head=error.head)
        except FetchError as error:
            return Fetched("", error.outcome, error.detail, error.of_server)
        except OSError as error:
            return Fetched("", "denied", f"the cache cannot be written: {error.strerror or error}", of_server=True)
        return Fetched(place.path)

    def fetch_ranges(self, origin: OriginInPart, wanted: Sequence[tuple[int, int]], tag: str) -> list[Range]:
        """Ranges of a file: offset and length of each, and the version that earlier ones were of.

        Those that were fetched before are not fetched again.

        Raises:
            FetchError: there is no such file, ranges are not answered, the file has changed, or nothing may be asked
                for.
        """
        from symbolicate.symbols.deadline import ends_at
        from symbolicate.symbols.fetching.failure import FetchError

        place = self._place(origin)
        kept = self._cache.ranges(place) if tag else None
        known = {} if kept is None or kept.tag != tag else {one: kept.get(*one) for one in wanted}
        lacking = [one for one in wanted if known.get(one) is None]
        if not lacking:
            return [found for one in wanted if (found := known[one]) is not None]
        if self.network.offline and not origin.is_local:
            raise FetchError("denied", "offline")
        try:
            fetched = origin.ranges(self, lacking, ends_at(self.network.seconds), tag)
        except FetchError as error:
            if error.outcome == "malformed":  # the file has changed: what is kept is of another one
                self._cache.forget_ranges(place)
            raise
        self._cache.keep_ranges(place, [(offset, one) for (offset, _), one in zip(lacking, fetched, strict=True)])
        new = dict(zip(lacking, fetched, strict=True))
        return [known.get(one) or new[one] for one in wanted]

    def _kept_head(self, origin: Origin, place: Place) -> Range | None:
        """The head of a large file that is read in part, if it was fetched before."""
        large = _origin_in_part(origin)
        if large is None or not large.large:
            return None
        kept = self._cache.ranges(place)
        return None if kept is None or kept.size <= large.large else kept.head()

    def has(self, origin: Origin) -> bool:
        """Whether a file is in the cache."""
        return self._cache.has(self._place(origin))

    def reject(self, origin: Origin, outcome: CandidateOutcome, detail: str) -> None:
        """Remove a file that is not what was asked for, and remember the reason."""
        from symbolicate.symbols.fetching.failure import FetchError

        place = self._place(origin)
        self._cache.remove(place)
        self._cache.remember(place, FetchError(outcome, detail))

    def _place(self, origin: Origin) -> Place:
        return self._cache.place(origin.server, origin.key, origin.name)

    def follow(self, origin: Origin) -> None:
        """Fetch a file of which parts were read already. A failure is not remembered: its parts may still be had."""
        if self.fetch(origin).outcome != "found":
            self._cache.forget_absence(self._place(origin))

    def _bring(self, origin: Origin, place: Place) -> None:
        from symbolicate.symbols.deadline import ends_at
        from symbolicate.symbols.fetching.failure import BusyError, FetchError, LargeFileError

        if (kept := self._kept_head(origin, place)) is not None:
            raise LargeFileError(kept)
        if self.network.offline and not origin.is_local:
            raise FetchError("denied", "offline", of_server=True)
        if (absence := self._cache.absence(place)) is not None:
            raise absence
        ends = ends_at(self.network.seconds)
        large = _origin_in_part(origin)
        if large is not None and large.large:
            try:
                self._install(origin, place, ends, time.monotonic())
            except BusyError:
                # It may take long until the whole file is there.
                head = large.head(self, ends)
                if head.size > large.large:
                    self._cache.keep_ranges(place, [(0, head)])
                    raise LargeFileError(head) from None
            except LargeFileError as error:
                self._cache.keep_ranges(place, [(0, error.head)])
                raise
            else:
                return
        self._install(origin, place, ends, ends)

    def _install(self, origin: Origin, place: Place, ends: float, waits: float) -> None:
        from symbolicate.symbols.fetching.content import install
        from symbolicate.symbols.fetching.failure import FetchError, TransientError

        with self._cache.fetching(place, self.network.file_bytes, waits) as part:
            if part is None:
                return
            try:
                origin.fetch(self, part, ends)
            except FetchError as error:
                # Before the lock goes with the partial file, so that those who wait see it.
                self._cache.remember(place, error)
                # What was cut, or stopped by the time, is resumed the next time.
                is_cut = isinstance(error, TransientError) or error.outcome == "timed out"
                if not (is_cut and part.size and part.tag):
                    part.discard()
                raise
            size = part.size
            try:
                install(part, place.path, ends)
            except FetchError as error:
                self._cache.remember(place, error)
                part.discard()
                raise
            self._cache.forget_absence(place)
            self._cache.forget_ranges(place)
        self._cache.count(size)


def _origin_in_part(origin: Origin) -> OriginInPart | None:
    """The file, if ranges of it can be fetched."""
    found: Any = origin
    return found if hasattr(origin, "large") else None


def root_in_part(root: Root) -> RootInPart | None:
    """The server, if it may answer ranges."""
    found: Any = root
    return found if hasattr(root, "fetch_ranges") else None
