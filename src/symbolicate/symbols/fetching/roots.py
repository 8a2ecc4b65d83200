"""What servers and buckets have in common: their files are in the cache, or are fetched into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from symbolicate.symbols.candidates import CandidateOutcome
    from symbolicate.symbols.fetching.fetcher import Fetched, Fetcher, Origin
    from symbolicate.symbols.layouts.layout import Parts

__all__ = ["CachedRoot"]


class CachedRoot:
    """A server or a bucket, or a folder of one.

    Args:
        name: its address, as reports show it.
        fetcher: fetches its files.
    """

    parallel = 64
    """How many files may be asked for at a time: as many threads wait."""

    def __init__(self, name: str, fetcher: Fetcher) -> None:
        self.name = name
        self._fetcher = fetcher

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    def origin(self, path: Parts) -> Origin:
        """A file of it."""
        raise NotImplementedError

    def fetch(self, path: Parts) -> Fetched:
        """A file, at hand or with the reason why not."""
        return self._fetcher.fetch(self.origin(path))

    def follow(self, path: Parts) -> None:
        """Fetch a file of which parts were read already, so that it is at hand."""
        self._fetcher.follow(self.origin(path))

    def has(self, path: Parts) -> bool:
        """Whether a file is in the cache."""
        return self._fetcher.has(self.origin(path))

    def reject(self, path: Parts, outcome: CandidateOutcome, detail: str) -> None:
        """Remove a file that is not what was asked for, and remember the reason."""
        self._fetcher.reject(self.origin(path), outcome, detail)
