"""A server by HTTP: its files, in the cache."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from symbolicate.symbols.fetching.roots import CachedRoot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from symbolicate.symbols.fetching.fetcher import Fetcher
    from symbolicate.symbols.fetching.partial import Partial
    from symbolicate.symbols.fetching.ranges import Range
    from symbolicate.symbols.fetching.urls import Url
    from symbolicate.symbols.layouts.layout import Parts

__all__ = ["HttpOrigin", "Server"]


@dataclass(frozen=True, slots=True)
class HttpOrigin:
    """One file on a server.

    Attributes:
        url: its address.
        large: a file of more bytes is not fetched if the server answers ranges: its head is enough. 0: all of any file
            is fetched.
        is_local: False: it is asked for on a network.
    """

    url: Url
    large: int = 0
    is_local: bool = False

    @property
    def server(self) -> str:
        """Host and port."""
        return self.url.server

    @property
    def key(self) -> str:
        """The address as it is shown, with its query, by which a server may have other files at the same path."""
        return self.url.shown + (f"?{self.url.query}" if self.url.query else "")

    @property
    def name(self) -> str:
        """The last part of the path, decoded."""
        return unquote(self.url.path.rpartition("/")[2])

    def fetch(self, fetcher: Fetcher, part: Partial, ends: float) -> None:
        """Fetch it.

        Raises:
            LargeFileError: it is large, and the server answers ranges.
            FetchError: it cannot be fetched.
        """
        from symbolicate.symbols.fetching.download import download  # loads urllib3

        download(fetcher.http, self.url, part, ends, self.large)

    def head(self, fetcher: Fetcher, ends: float) -> Range:
        """Its first bytes.

        Raises:
            FetchError: it cannot be fetched, or not in part.
        """
        from symbolicate.symbols.fetching import ranges
        from symbolicate.symbols.fetching.download import fetch_range

        return fetch_range(fetcher.http, self.url, 0, ranges.HEAD, ends)

    def ranges(self, fetcher: Fetcher, wanted: Sequence[tuple[int, int]], ends: float, tag: str) -> list[Range]:
        """Ranges of it, some at a time.

        Raises:
            FetchError: there is no such file, the server does not answer ranges, or the file has changed.
        """
        from symbolicate.symbols.fetching.download import fetch_ranges

        return fetch_ranges(fetcher.http, self.url, wanted, ends, tag)


class Server(CachedRoot):
    """A server, or a folder on it. May be used by many threads.

    Args:
        url: its address.
        fetcher: fetches its files.
    """

    def __init__(self, url: Url, fetcher: Fetcher) -> None:
        super().__init__(url.shown, fetcher)
        self._url = url

    def shown(self, path: Parts) -> str:
        """The address of a file, as reports show it."""
        return self._url.joined(path).shown

    def origin(self, path: Parts, large: int = 0) -> HttpOrigin:
        """A file on it."""
        return HttpOrigin(self._url.joined(path), large)
