"""The symbol servers and buckets of the settings, which this process asks, and not its children that read crashes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from symbolicate.errors import SymbolSourceError
from symbolicate.isolation.messages import (
    FetchedFile,
    FetchedFiles,
    FetchedRange,
    FetchFile,
    FetchFiles,
    Server,
)
from symbolicate.service.errors import ConfigError
from symbolicate.service.log import logger
from symbolicate.service.processing.whole_files import WholeFiles
from symbolicate.symbols.deadline import until
from symbolicate.symbols.fetching.failure import FetchError
from symbolicate.symbols.fetching.fetcher import Fetcher, root_in_part
from symbolicate.symbols.fetching.network import Network, read_tokens
from symbolicate.symbols.fetching.pdb_in_part import CALL_BYTES, REQUEST_BYTES
from symbolicate.symbols.fetching.roots import CachedRoot
from symbolicate.symbols.names import is_plain
from symbolicate.symbols.sources.opening import is_local, open_sources
from symbolicate.symbols.sources.remote import RemoteSource

if TYPE_CHECKING:
    from symbolicate.service.config import Config
    from symbolicate.symbols.fetching.fetcher import Root
    from symbolicate.symbols.fetching.ranges import Range

__all__ = ["SymbolServers"]

_MOST_PARTS = 16
# More than a child has threads.
_MOST_FILES = 64


class SymbolServers:
    """The servers and buckets of the settings. May be used by many threads.

    Args:
        config: the settings.

    Attributes:
        local: the folders and files among the sources, which the child processes read themselves.
        servers: the others, as the child processes know them.

    Raises:
        ConfigError: an address or a token in the settings is not valid.
    """

    def __init__(self, config: Config) -> None:
        settings = config.symbols
        try:
            network = Network.from_environment(
                offline=settings.offline or None,
                seconds=settings.seconds,
                file_bytes=settings.file_bytes,
                fetched_bytes=settings.fetched_bytes,
                private=settings.private or None,
                tokens=read_tokens(" ".join(settings.tokens)) if settings.tokens else None,
                contacted=_log,
            )
            fetcher = Fetcher(config.symbols_dir, network)
            named = [one for place in settings.sources if not is_local(place) for one in open_sources(place, fetcher)]
        except SymbolSourceError as error:
            raise ConfigError(f"symbols.sources: {error}") from None
        except ValueError:
            raise ConfigError("symbols.tokens: not host=token") from None
        # An element of a symbol path may have folders, too.
        self.local = (
            *filter(is_local, settings.sources),
            *(one.name for one in named if not isinstance(one, RemoteSource)),
        )
        self._sources = [one for one in named if isinstance(one, RemoteSource)]
        self.servers = tuple(Server(one.name, one.layouts, one.compressed, one.pointers) for one in self._sources)
        self.seconds = network.seconds
        self._most_bytes = network.file_bytes
        self._whole_files = WholeFiles()

    def wait_for_whole_files(self, seconds: float) -> bool:
        """Wait until the files that were read in part are in the cache; whether they are."""
        return self._whole_files.wait(seconds)

    def answer(self, question: FetchFiles, ends: float) -> FetchedFiles:
        """Files for a child process, fetched side by side.

        Args:
            question: the files.
            ends: when the time for the symbols of its report is over.
        """
        files = question.files[:_MOST_FILES]
        found = [FetchedFile(outcome="denied", detail="too many files") for _ in question.files]

        def fetch(at: int) -> None:
            found[at] = self._one(files[at], ends)

        helpers = [threading.Thread(target=fetch, args=(at,)) for at in range(1, len(files))]
        for helper in helpers:
            helper.start()
        if files:
            fetch(0)
        for helper in helpers:
            helper.join()
        return FetchedFiles(found)

    def _one(self, question: FetchFile, ends: float) -> FetchedFile:
        """One file. What the child says is checked: what it reads may have taken it over."""
        path = question.path
        if not 0 <= question.server < len(self._sources) or not 0 < len(path) <= _MOST_PARTS:
            return FetchedFile(outcome="denied", detail="no such server")
        if not all(map(is_plain, path)):
            return FetchedFile(outcome="denied", detail="not a path")
        root = self._sources[question.server].root
        if question.outcome != "found":
            root.reject(path, question.outcome, question.detail)
            return FetchedFile()
        with until(ends):
            if question.ranges:
                return self._ranges(root, question)
            in_part = root_in_part(root) if question.large > 0 else None
            fetched = root.fetch(path) if in_part is None else in_part.fetch_or_head(path, question.large)
        head = () if fetched.head is None else (_fetched_range(fetched.head),)
        return FetchedFile(fetched.path, fetched.outcome, fetched.detail, fetched.of_server, head)

    def _ranges(self, root: Root, question: FetchFile) -> FetchedFile:
        """Ranges of a file, whose whole follows."""
        if not isinstance(root, CachedRoot):
            return FetchedFile(outcome="denied", detail="no ranges")
        if not all(offset >= 0 and 0 < length <= REQUEST_BYTES for offset, length in question.ranges):
            return FetchedFile(outcome="denied", detail="not a range")
        if sum(length for _, length in question.ranges) > CALL_BYTES:
            return FetchedFile(outcome="denied", detail="too many bytes")
        if root.has(question.path):
            return FetchedFile(outcome="denied", detail="the whole file is there")
        try:
            found = root.fetch_ranges(question.path, question.ranges, question.tag)
        except FetchError as error:
            return FetchedFile(outcome=error.outcome, detail=error.detail)
        if all(one.size <= self._most_bytes for one in found):
            self._whole_files.add(root, question.path)
        return FetchedFile(ranges=tuple(map(_fetched_range, found)))


def _fetched_range(found: Range) -> FetchedRange:
    return FetchedRange(found.data, found.size, found.tag)


def _log(server: str) -> None:
    logger.info("asking %s for symbols", server)
