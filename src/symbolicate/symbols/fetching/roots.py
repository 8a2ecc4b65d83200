"""What servers and buckets have in common: their files are in the cache, or are fetched into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from symbolicate.symbols.candidates import CandidateOutcome
    from symbolicate.symbols.fetching.fetcher import Fetched, Fetcher, OriginInPart
    from symbolicate.symbols.fetching.ranges import Range
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

    def shown(self, path: Parts) -> str:
        """The address of a file, as reports show it."""
        raise NotImplementedError

    def origin(self, path: Parts, large: int = 0) -> OriginInPart:
        """A file of it; of a file of more than `large` bytes the head is enough, if ranges of it can be fetched."""
        raise NotImplementedError

    def fetch(self, path: Parts) -> Fetched:
        """A file, at hand or with the reason why not."""
        return self._fetcher.fetch(self.origin(path))

    def fetch_or_head(self, path: Parts, large: int) -> Fetched:
        """A file, or its head if it has more than so many bytes and ranges of it can be fetched."""
        return self._fetcher.fetch(self.origin(path, large))

    def fetch_ranges(self, path: Parts, wanted: Sequence[tuple[int, int]], tag: str = "") -> list[Range]:
        """Ranges of a file: those that were fetched before, and the others, which are kept.

        Raises:
            FetchError: there is no such file, ranges are not answered, the file has changed, or nothing may be asked
                for.
        """
        return self._fetcher.fetch_ranges(self.origin(path), wanted, tag)

    def follow(self, path: Parts) -> None:
        """Fetch a file of which parts were read already, so that it is at hand."""
        self._fetcher.follow(self.origin(path))

    def has(self, path: Parts) -> bool:
        """Whether a file is in the cache."""
        return self._fetcher.has(self.origin(path))

    def reject(self, path: Parts, outcome: CandidateOutcome, detail: str) -> None:
        """Remove a file that is not what was asked for, and remember the reason."""
        self._fetcher.reject(self.origin(path), outcome, detail)
