"""The file that a client of the symbol server asks for: an upload, or a file of the configured sources.

An upload has its ids in the database; the headers of files in sources are read. So a file of another id is never
served, whatever its name is. A PDB that is compressed inside (MSFZ) is served if there is no plain one: older debuggers
and most other tools do not read it, and a request does not say what its client reads.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
import zlib
from typing import TYPE_CHECKING, NamedTuple, Protocol

from symbolicate._native import debug_files
from symbolicate.errors import SymbolFileError
from symbolicate.service.processing.symbol_cache import SymbolCache
from symbolicate.store import NotFound
from symbolicate.symbols import ids
from symbolicate.symbols.candidates import Candidate
from symbolicate.symbols.checking.pdb import COMPRESSED
from symbolicate.symbols.debug_files import is_debug_file
from symbolicate.symbols.elf_sections import find_section
from symbolicate.symbols.fetching.fetcher import Fetcher
from symbolicate.symbols.fetching.network import Network
from symbolicate.symbols.module_line import ModuleLine, module_line
from symbolicate.symbols.source_bundle import SourceBundle
from symbolicate.symbols.sources.exact_paths import ExactPaths
from symbolicate.symbols.sources.opening import is_local, open_source
from symbolicate.symbols.sources.source import Refreshable, UnwindSource
from symbolicate.symbols.sources.stored import StoredSource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from symbolicate._native import DebugFile
    from symbolicate.service.config import Config
    from symbolicate.store import Store, SymbolFile
    from symbolicate.store.records import Part
    from symbolicate.store.symbols.stored import StoredFile
    from symbolicate.symbols.elf_sections import Section
    from symbolicate.symbols.layouts.debuginfod import SectionRequest, SourceRequest
    from symbolicate.symbols.layouts.layout import FileKind, Request
    from symbolicate.symbols.sources.source import Source

__all__ = ["Content", "ServedFile", "ServedFiles"]

# What an upload is stored as, the likeliest first: a debug file has less that a debugger does not need.
_PARTS: dict[FileKind, tuple[Part, ...]] = {
    "symbol file": ("symbols",),
    "debug file": ("debug", "whole"),
    "binary": ("binary", "whole"),
}
# How often the folders of sources are listed anew.
_REFRESH_SECONDS = 60.0


class Content(Protocol):
    """The bytes of a file."""

    @property
    def size(self) -> int:
        """How many there are."""

    def read(self, offset: int, length: int, /) -> bytes:
        """At least one byte and at most so many, unless the file ends there."""


class _Bytes:
    """Bytes in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def read(self, offset: int, length: int, /) -> bytes:
        return self._data[offset : offset + length]


class ServedFile(NamedTuple):
    """A file to send.

    Attributes:
        path: where it is on this machine; empty if there is `content`.
        tag: differs for each content of the same address.
        is_text: whether it is a Breakpad text, which is worth compressing.
        section: the part of it that is sent; None for all.
        content: its bytes, if they are not read from a path: a file in the blob store, or a member of a bundle.
    """

    path: str
    tag: str
    is_text: bool
    section: Section | None = None
    content: Content | None = None


class ServedFiles:
    """The files of one service. May be used by many threads.

    Servers among the sources are not asked: their clients can do that themselves.

    Args:
        store: the store of uploads.
        config: the folders of this process, and the sources.
    """

    def __init__(self, store: Store, config: Config) -> None:
        self._store = store
        self._cache = SymbolCache(store, config.symbol_cache_dir, config.symbols.cache_bytes)
        local = [place for place in config.symbols.sources if is_local(place)]
        self._sources: tuple[Source, ...] = (*map(open_source, local), StoredSource(config.symbols_dir))
        # Compressed files, which are unpacked as those of servers are.
        fetcher = Fetcher(config.symbols_dir, Network(offline=True, fetched_bytes=config.symbols.fetched_bytes))
        self._exact = [ExactPaths(place, fetcher) for place in local if os.path.isdir(place)]
        self._lock = threading.Lock()
        self._listed = time.monotonic()

    def find(self, owner: int, request: Request, *, in_part: bool = False) -> ServedFile | None:
        """The file of a request, among those that an owner (an app's row, or `ALL`) may read; None if no file fits.

        Args:
            owner: the owner.
            request: what is asked for.
            in_part: whether only a part of it is sent, so that it is not fetched from the blob store for that.

        Raises:
            StoreUnavailable: the database, the blob store or the cache cannot be used now.
        """
        compressed = None
        for file in self._fitting(owner, request, in_part=in_part):
            if request.kind != "debug file" or not _is_compressed_pdb(file):
                return file
            compressed = compressed or file
        return compressed

    def _fitting(self, owner: int, request: Request, *, in_part: bool) -> Iterator[ServedFile]:
        """The files of a request, the one that is preferred first."""
        for file in self._uploaded(owner, request):
            if in_part and (stored := self._stored(file)) is not None:
                yield ServedFile("", file.content, file.part == "symbols", content=stored)
            elif os.path.isfile(path := self._cache.at_hand(file)):
                yield ServedFile(path, file.content, file.part == "symbols")
        self._refresh()
        for path in self._at_hand(request):
            if tag := _tag(path):
                yield ServedFile(path, tag, request.kind == "symbol file")

    def _at_hand(self, request: Request) -> Iterator[str]:
        """The files of the sources that fit, those that are compressed last."""
        for source in self._sources:
            yield from _in_source(source, request)
        if request.kind != "symbol file":
            for folder in self._exact:
                yield from (path for path in folder.files(request.wanted, request.kind) if _holds(path, request))

    def find_section(self, owner: int, request: SectionRequest) -> ServedFile | None:
        """The first file of a request that has the bytes of its section, and these; None if no file has them.

        Raises:
            StoreUnavailable: the database, the blob store or the cache cannot be used now.
        """
        for wanted in request.files:
            file = self.find(owner, wanted)
            with contextlib.suppress(OSError):
                if file is not None and (section := find_section(file.path, request.name)) is not None:
                    return file._replace(tag=f"{file.tag}-{section.offset:x}", section=section)
        return None

    def find_source(self, owner: int, request: SourceRequest) -> ServedFile | None:
        """A source file of the uploaded bundles of a module; None if none of them has it.

        Raises:
            StoreUnavailable: the database, the blob store or the cache cannot be used now.
        """
        known = ids.debug_ids_of_code(request.wanted.code_id)
        for file in self._store.symbol_files.readable(owner, known, "", ("source",)):
            with contextlib.suppress(SymbolFileError), SourceBundle(self._cache.at_hand(file)) as bundle:
                if (data := bundle.read(request.path)) is not None:
                    tag = f"{file.content}-{zlib.crc32(request.path.encode()):x}"
                    return ServedFile("", tag, is_text=False, content=_Bytes(data))
        return None

    def _stored(self, file: SymbolFile) -> StoredFile | None:
        """A file in the blob store; None if it is in the cache, or cannot be read in parts."""
        if self._cache.has(file):
            return None
        with contextlib.suppress(NotFound):
            return self._store.symbol_files.opened(file.content)
        return None

    def _uploaded(self, owner: int, request: Request) -> Iterator[SymbolFile]:
        wanted = request.wanted
        code_id = wanted.code_id.lower()
        known = [wanted.debug_id] if wanted.debug_id else list(ids.debug_ids_of_code(code_id))
        found = self._store.symbol_files.readable(owner, known, "" if known else code_id, _PARTS[request.kind])
        # What a debug id was derived from is longer than it.
        yield from (file for file in found if not file.code_id or not code_id or _same(file.code_id, code_id))

    def _refresh(self) -> None:
        with self._lock:
            if time.monotonic() - self._listed < _REFRESH_SECONDS:
                return
            self._listed = time.monotonic()
        for source in self._sources:
            if isinstance(source, Refreshable):
                source.refresh()


def _is_compressed_pdb(file: ServedFile) -> bool:
    """Whether a file is a PDB that is compressed inside."""
    if file.content is not None:
        return file.content.read(0, len(COMPRESSED)).startswith(COMPRESSED)
    with contextlib.suppress(OSError), open(file.path, "rb") as opened:
        return opened.read(len(COMPRESSED)) == COMPRESSED
    return False


def _same(code_id: str, other: str) -> bool:
    """Whether two code ids are the same: some layouts pad a build id with zeros, or leave out those of a size."""
    return code_id == other or code_id.rstrip("0") == other.rstrip("0")


def _in_source(source: Source, request: Request) -> Iterator[str]:
    """The paths of the files of a source that are what a request asks for."""
    wanted, kind = request.wanted, request.kind
    for one in source.candidates(wanted):
        if isinstance(one, Candidate):
            # A binary without symbols.
            if kind != "symbol file" and _holds(one.location, request):
                yield one.location
            continue
        if kind == "symbol file":
            line = one.line or module_line(one.path)
            if one.debug is None and line is not None and wanted.is_of(line):
                yield one.path
        elif one.debug is not None and (one.line is None or wanted.is_of(one.line)) and _is(one.debug, kind):
            yield one.path
    if kind == "binary" and isinstance(source, UnwindSource):
        # A binary without symbols is offered for its unwind tables alone.
        unwinding = source.unwind_files(wanted)
        yield from (one.path for one in unwinding if one.debug is not None and _is(one.debug, kind))


def _holds(path: str, request: Request) -> bool:
    """Whether a file is the binary or debug file that a request asks for."""
    if not is_debug_file(path):
        return False
    with contextlib.suppress(SymbolFileError):
        for file in debug_files(path):
            line = ModuleLine(file.debug_id or "", file.name, (file.code_id or "").lower())
            if request.wanted.is_of(line) and _is(file, request.kind):
                return True
    return False


def _is(file: DebugFile, kind: FileKind) -> bool:
    if kind == "binary":
        return file.kind == "image"
    return file.kind == "debug" or file.debug_info is not None


def _tag(path: str) -> str:
    """What changes with the content of a file; empty if it cannot be read."""
    try:
        about = os.stat(path)
    except OSError:
        return ""
    return f"{about.st_size:x}-{about.st_mtime_ns:x}"
