"""The local symbol store: symbol files and their indexes, keyed by debug id.

    <dir>/symbols/<debug file>/<DEBUG ID>/<name>.sym       files that were added, in Breakpad layout
    <dir>/unwind/<ID[:2]>/<ID>-<file>.unwind               unwind tables of binaries and debug files that were added
    <dir>/index/<ID[:2]>/<ID>-<debug file>.syx             indexes of added files and of files in sources
    <dir>/converted/<ID[:2]>/<ID>-<debug file>-<version>.sym, .syx
                                                           made from files in sources: indexes of debug files,
                                                           texts of UTF-16 files and their indexes
    <dir>/converted/<ID[:2]>/<ID>-<debug file>-<version>.unwind
                                                           unwind tables of files in sources
    <dir>/unpacking/                                       files of archives while these are added

A module's symbols are those of its debug id, or of its code id if it has no debug id, whatever their name; a file of
another id is never used. Sources are searched in order, then the added files; `sources.directory` defines which file of
a source is used if several have the id. Its unwind tables are searched by themselves: a binary has them, and not the
debug file that has the names.

An index is built once per debug id and mapped by every process afterwards. If the folder cannot be written, the
index is built in memory: the result is the same and takes longer.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from symbolicate.cores import usable_cores
from symbolicate.errors import SymbolFileError, SymbolStoreError
from symbolicate.symbols import ids, names
from symbolicate.symbols.acceptance import (
    NO_IDENTITY,
    WITH_LINES,
    has_rules,
    has_symbols,
    identity,
    open_in_memory,
    refusal,
    richness,
)
from symbolicate.symbols.access import absence, unusable
from symbolicate.symbols.candidates import Candidate
from symbolicate.symbols.debug_files import addable, is_debug_file, losses
from symbolicate.symbols.fetching.fetcher import Fetcher
from symbolicate.symbols.fetching.network import Network
from symbolicate.symbols.layouts import local_store
from symbolicate.symbols.module_files import ModuleFiles
from symbolicate.symbols.module_line import module_line
from symbolicate.symbols.resolution import Resolution, Wanted
from symbolicate.symbols.sources.deprecated import current
from symbolicate.symbols.sources.opening import is_remote, open_sources, parallel, searched_in_order
from symbolicate.symbols.sources.source import Refreshable, UnwindSource
from symbolicate.symbols.sources.stored import StoredSource
from symbolicate.symbols.text_encoding import text_encoding, transcode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from symbolicate._native import DebugFile, SymbolFile, UnwindTables
    from symbolicate.symbols.candidates import CandidateOutcome
    from symbolicate.symbols.resolution import Offer, UnwindOffer
    from symbolicate.symbols.sources.source import Source

__all__ = ["Added", "SymbolStore", "default_dir"]

# How many times as long as it took to find nothing, until it is searched again.
_PATIENCE = 50


def default_dir() -> str:
    """`$SYMBOLICATE_STORE`, else `symbolicate` in the user's cache folder."""
    chosen = os.environ.get("SYMBOLICATE_STORE")
    if chosen:
        return chosen
    cache = os.environ.get("XDG_CACHE_HOME")
    # The XDG specification requires that a relative path is ignored.
    if not cache or not os.path.isabs(cache):
        cache = os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(cache, "symbolicate")


@dataclass(frozen=True, slots=True)
class Added:
    """A symbol file that was added to a store.

    Attributes:
        source: the file it came from.
        path: its path in the store.
        symbols: the opened file: its module, counts and diagnostics.
        losses: what was left out of a debug information file, damaged or beyond a limit; a clause each.
        unwind: the unwind tables that were kept of it, by their usual names.
        unwind_path: where they are in the store; empty without any.
        is_new: whether it was not there already.
    """

    source: str
    path: str
    symbols: SymbolFile
    losses: tuple[str, ...] = ()
    unwind: tuple[str, ...] = ()
    unwind_path: str = ""
    is_new: bool = True


class _Kept(NamedTuple):
    """The unwind tables that were kept of a build, and whether the store had none of it."""

    names: tuple[str, ...] = ()
    is_new: bool = False


class SymbolStore:
    """A folder of indexed symbols. Files from sources are indexed when they are first used.

    Sources are searched in order, the store's own files last. Results are cached for the lifetime of the object, but
    for modules that lack symbols or unwind rules: these are searched again after files were added to the store, by
    whatever process, and after some time. One object may be used by many threads.

    Args:
        dir: the folder; by default `$SYMBOLICATE_STORE`, `$XDG_CACHE_HOME/symbolicate` or `~/.cache/symbolicate`.
        sources: folders in Breakpad layout, flat folders of `.sym` files, folders with debug files anywhere in
            them, single files of either kind, addresses of servers and buckets, names of public servers (see
            `sources.presets`), or `Source` objects. Those on a network are searched last.
        recheck_seconds: after which time what was not found is searched again; fifty times the time that the search
            took if that is longer.
        network: what may be done on the network; by default as the environment says.

    Attributes:
        has_missed: whether any module has been resolved as missing.

    Raises:
        SymbolSourceError: the path of a source does not exist.
    """

    def __init__(
        self,
        dir: str | os.PathLike[str] | None = None,  # noqa: A002 - the promised name
        sources: Iterable[str | os.PathLike[str] | Source] = (),
        *,
        recheck_seconds: float = 60.0,
        network: Network | None = None,
    ) -> None:
        self.dir = os.fspath(dir) if dir is not None else default_dir()
        self.fetcher = Fetcher(self.dir, network if network is not None else Network.from_environment())
        opened: list[Source] = []
        for source in sources:  # a generator would be a frame of its own, and warnings would name this file
            if isinstance(source, (str, os.PathLike)):
                opened += open_sources(source, self.fetcher)
            else:
                opened.append(current(source))
        self.sources: tuple[Source, ...] = tuple(opened)
        self._own = StoredSource(self.dir)
        self._searched = searched_in_order(self.sources, self._own)
        # Many threads wait for servers; no more than there are cores make indexes, each of which needs memory.
        self._opening = threading.BoundedSemaphore(usable_cores())
        self._lock = threading.Lock()
        self._resolved: dict[Wanted, Resolution] = {}
        self._gates: dict[Wanted, threading.Lock] = {}
        self.has_missed = False
        self._recheck_seconds = recheck_seconds
        self._generation = 0
        self._incomplete: set[Wanted] = set()
        self._searching = 0.0
        self._due = 0.0
        self._state = 0

    def __repr__(self) -> str:
        return f"SymbolStore({self.dir!r}, sources={list(self.sources)!r})"

    def resolve(self, debug_file: str, debug_id: str, code_file: str = "", code_id: str = "") -> Resolution:
        """Find and open the symbols of one module. Missing or unusable symbols are a result, never an exception.

        Args:
            debug_file: file name of the debug file; empty if unknown.
            debug_id: debug id; empty if unknown.
            code_file: file name of the image, used for modules without a debug id.
            code_id: build id, or time stamp and size of the image.
        """
        self.generation()
        wanted = Wanted(names.leaf(debug_file), debug_id, names.leaf(code_file), code_id)
        with self._lock:
            known = self._resolved.get(wanted)
            if known is not None:
                return known
            gate = self._gates.setdefault(wanted, threading.Lock())
        with gate:  # one thread builds the index, the others wait for it
            with self._lock:
                known = self._resolved.get(wanted)
            if known is None:
                known = self._remember(wanted, self._own_state())
            return known

    @property
    def parallel(self) -> int:
        """For how many modules sources on a network may be asked at a time; 0 without any."""
        return parallel(self.sources)

    def generation(self) -> int:
        """How often this object has forgotten what was not found: whoever keeps results asks again when it grows."""
        with self._lock:
            if not self._incomplete:
                return self._generation
            if time.monotonic() < self._due and self._own_state() == self._state:
                return self._generation
            for wanted in self._incomplete:
                self._resolved.pop(wanted, None)
            self._incomplete.clear()
            self._searching = 0.0
            self._generation += 1
            generation = self._generation
        for source in self._searched:
            if isinstance(source, Refreshable):
                source.refresh()
        return generation

    def _remember(self, wanted: Wanted, state: int) -> Resolution:
        """Look for a module, and cache the result."""
        began = time.monotonic()
        known = self._look_for(wanted)
        now = time.monotonic()
        with self._lock:
            self.has_missed |= known.status == "missing"
            self._resolved[wanted] = known
            self._gates.pop(wanted, None)
            if not known.is_complete:
                if not self._incomplete:
                    # What was added while it was searched may be missed.
                    self._state = state
                self._incomplete.add(wanted)
                self._searching += now - began
                self._due = now + max(self._recheck_seconds, _PATIENCE * self._searching)
        return known

    def _own_state(self) -> int:
        """Changes when a file is added to the store; one system call."""
        try:
            return os.stat(self._own.root).st_mtime_ns
        except OSError:
            return 0

    def _announce(self) -> None:
        """Let other processes see that a file was added."""
        with contextlib.suppress(OSError):
            os.makedirs(self._own.root, exist_ok=True)
            os.utime(self._own.root)

    @property
    def searched(self) -> tuple[Source, ...]:
        """The sources in the order in which they are searched; the store's own files are one of them."""
        return self._searched

    def find(self, text: str, *, fetch: bool = True) -> Iterator[str]:
        """Every symbol file, in the sources and in the store, whose debug id or debug file is `text`, ignoring case.

        Args:
            text: the id or the name; `NAME/ID` for sources on a network.
            fetch: also ask those on a network, which fetches what they have.
        """
        for source in self._searched:
            if fetch or not is_remote(source):
                yield from source.search(text)

    def add(self, path: str | os.PathLike[str]) -> Added:
        """Copy a symbol file into the store and build its index; of a debug file, all that is in it.

        Returns:
            The symbols added; of a file with several builds the most informative ones, see `add_all`.

        Raises:
            SymbolFileError: it has no usable MODULE line or no symbol records, or cannot be read.
            SymbolStoreError: the store cannot be written.
        """
        return self.add_all(path)[0]

    def add_all(self, path: str | os.PathLike[str]) -> list[Added]:
        """As `add`, for each build in a debug file.

        Raises:
            SymbolFileError: it has no usable MODULE line, no id or no symbol records, or cannot be read.
            SymbolStoreError: the store cannot be written.
        """
        source = os.fspath(path)
        if is_debug_file(source):
            from symbolicate._native import debug_files

            builds = addable(source, debug_files(source))
            return [added for build in builds for added in self.add_module(ModuleFiles((build,)))]
        return [self._add_text(source)]

    def add_module(self, module: ModuleFiles) -> list[Added]:
        """Keep the builds of a module: the records of the best one as text, and all unwind tables as they are.

        Raises:
            SymbolFileError: a file of it cannot be read.
            SymbolStoreError: the store cannot be written.
        """
        best, unwinding = module.builds[0], module.unwinding
        try:
            kept: dict[DebugFile, _Kept] = {}
            damaged: list[SymbolFileError] = []
            for build in unwinding:
                try:
                    kept[build] = self._keep_unwind(build)
                except SymbolFileError as error:  # the other half is good all the same
                    kept[build] = _Kept()
                    damaged.append(error)
            added: list[Added] = []
            if best.debug_info or best.has_symbols:
                added.append(self._keep_symbols(best, module.name, kept.get(best, _Kept())))
            others = [build for build in unwinding if kept[build].names and (build is not best or not added)]
            added += (self._only_unwind(build, kept[build]) for build in others)
        except SymbolStoreError:
            raise
        except OSError as error:
            raise SymbolStoreError(f"{error.filename}: {error.strerror or error}") from error
        if not added and damaged:
            raise damaged[0]
        if not added:
            raise SymbolFileError(f"{best.path}: no symbol records, and no unwind tables that can be read")
        self._announce()
        return added

    def _keep_unwind(self, build: DebugFile) -> _Kept:
        """Keep the unwind tables of a build. Those that are there, of another file of this id, give way only to others.

        Raises:
            SymbolFileError: the file cannot be read.
            SymbolStoreError: they cannot be written.
            OSError: as above.
        """
        from symbolicate._native import UnwindTables
        from symbolicate.atomic import AtomicFile

        target = self._unwind_target(build)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with AtomicFile(target) as made:
            if not build.open_or_build_unwind(made.temporary).names:
                # Its headers name tables, which are empty or damaged.
                made.discard()
                return _Kept()
            try:
                found = tuple(UnwindTables.open(made.temporary).names)
            except SymbolFileError as error:
                # What could not be written was in memory.
                raise SymbolStoreError(f"{target}: {error}") from error
            return _Kept(found, is_new=not os.path.exists(target))

    def _keep_symbols(self, build: DebugFile, name: str, unwind: _Kept) -> Added:
        """Keep the records of a build as text."""
        identifier = _identifier(build)
        target, lost = self._target(name, identifier), (0, 0, 0)
        # The text has the time of its file, as that of an image may have, which has the same id and less information.
        is_new = not _has_time_of(target, build.path) or (
            build.debug_info is not None and richness(self._open(target, name, identifier)) < WITH_LINES
        )
        is_new &= build.debug_info is not None or not os.path.isfile(target)
        if is_new:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            lost = build.convert(target, name)
        elif build.parts():
            is_new, lost = _renewed(build, name, target)
        symbols = self._open(target, name, identifier)
        return Added(
            source=build.path,
            path=target,
            symbols=symbols,
            losses=losses(lost, build.refused_builds),
            unwind=unwind.names,
            unwind_path=self._unwind_target(build) if unwind.names else "",
            is_new=is_new or unwind.is_new,
        )

    def _only_unwind(self, build: DebugFile, unwind: _Kept) -> Added:
        from symbolicate._native import SymbolFile

        head = f"MODULE unknown {build.arch} {build.debug_id or '0' * 33} {build.name}\nINFO CODE_ID {build.code_id}\n"
        target = self._unwind_target(build)
        symbols = SymbolFile.from_text(head.encode())
        return Added(build.path, target, symbols, unwind=unwind.names, unwind_path=target, is_new=unwind.is_new)

    def _unwind_target(self, build: DebugFile) -> str:
        is_debug = build.kind == "debug"
        parts = local_store.added_unwind_path(build.name, _identifier(build), of_debug_file=is_debug)
        return os.path.join(self.dir, local_store.ADDED_UNWIND, *parts)

    def _add_text(self, source: str) -> Added:
        """Copy a symbol file into the store and build its index."""
        if reason := unusable(source):
            raise SymbolFileError(f"{source}: {reason}")
        line = module_line(source)
        if line is None and (line := identity(open_in_memory(source))) is None:
            raise SymbolFileError(f"{source}: {NO_IDENTITY}")
        name = line.debug_file or os.path.splitext(os.path.basename(source))[0]
        identifier = line.debug_id or line.code_id
        target = self._target(name, identifier)
        try:
            with _as_utf8(source, line.encoding, os.path.join(self.dir, "converted")) as text:
                # The copy has the size and the time of the text, so the index that is built here serves it, too.
                if reason := refusal(line, self._open(text, name, identifier)):
                    with contextlib.suppress(OSError):
                        os.unlink(os.path.join(self.dir, "index", *local_store.index_path(name, identifier)))
                    raise SymbolFileError(f"{source}: {reason}")
                os.makedirs(os.path.dirname(target), exist_ok=True)
                is_new = not _has_time_of(target, text) or os.path.getsize(target) != os.path.getsize(text)
                _copy_into_place(text, target)
                self._announce()
        except OSError as error:
            raise SymbolStoreError(f"{target}: {error.strerror or error}") from error
        return Added(source, target, self._open(target, name, identifier), is_new=is_new)

    def _target(self, name: str, identifier: str) -> str:
        return os.path.join(self.dir, local_store.SYMBOLS, *local_store.stored_path(name, identifier))

    def _look_for(self, wanted: Wanted) -> Resolution:
        if ids.debug_id(wanted.debug_id) is None and not wanted.code_id:
            return Resolution()
        found = self._find_symbols(wanted)
        unwind, candidates = self._find_unwind(wanted, has_rules=has_rules(found.symbols))
        return replace(found, unwind=unwind, unwind_candidates=candidates)

    def _find_symbols(self, wanted: Wanted) -> Resolution:
        candidates: list[Candidate] = []
        decisive: int | None = None
        for source in self._searched:
            best: tuple[int, SymbolFile] | None = None
            for one in source.candidates(wanted):
                if isinstance(one, Candidate):
                    candidates.append(one)
                    continue
                candidate, symbols = self._try(one, source.name, wanted)
                candidates.append(candidate)
                if symbols is not None and (best is None or richness(symbols) > richness(best[1])):
                    best = len(candidates) - 1, symbols
                # Files of one id were added from different files: an image, its debug file.
                if best is not None and source is not self._own:
                    break
                if decisive is None and candidate.outcome in {"mismatched", "malformed"}:
                    decisive = len(candidates) - 1
            if best is not None:
                # The symbols are those of the last candidate.
                candidates.append(candidates.pop(best[0]))
                return Resolution(best[1], tuple(candidates), len(candidates) - 1)
        return Resolution(None, tuple(candidates), decisive)

    def _find_unwind(self, wanted: Wanted, has_rules: bool) -> tuple[tuple[UnwindTables, ...], tuple[Candidate, ...]]:
        """The unwind tables of a module: of each kind the first that a source has, and what became of the files."""
        found: list[UnwindTables] = []
        candidates: list[Candidate] = []
        kinds: set[str] = set()
        for source in self._searched:
            if is_remote(source) and (has_rules or found):
                break
            for offer in source.unwind_files(wanted) if isinstance(source, UnwindSource) else ():
                if offer.tables and kinds.issuperset(offer.tables):
                    continue
                try:
                    with self._opening:
                        tables = self._open_unwind(offer, wanted)
                except (SymbolFileError, OSError) as error:
                    candidates.append(Candidate(offer.location, source.name, "malformed", str(error)))
                    continue
                if not kinds.issuperset(tables.names):
                    found.append(tables)
                    kinds.update(tables.names)
                    candidates.append(Candidate(offer.location, source.name, "found"))
        return tuple(found), tuple(candidates)

    def _open_unwind(self, offer: UnwindOffer, wanted: Wanted) -> UnwindTables:
        """The stored form of unwind tables, made once for each version of their file; or in memory."""
        from symbolicate._native import UnwindTables

        if offer.debug is None:
            return UnwindTables.open(offer.path, offer.location)
        path = self._made_of(offer.debug, wanted.debug_id, local_store.UNWIND)
        tables = offer.debug.open_or_build_unwind(path)
        if offer.name:  # reports have its address, and not its path in the cache
            with contextlib.suppress(SymbolFileError, OSError):
                return UnwindTables.open(path, offer.name)
        return tables

    def _try(self, offer: Offer, source: str, wanted: Wanted) -> tuple[Candidate, SymbolFile | None]:
        """Open an offered file; what became of it, and the symbols if they are of this module."""
        absent = absence(offer.path)
        with self._opening:
            outcome, detail, symbols = (*absent, None) if absent else self._read(offer, wanted)
        return Candidate(offer.location, source, outcome, detail), symbols

    def _read(self, offer: Offer, wanted: Wanted) -> tuple[CandidateOutcome, str, SymbolFile | None]:
        """Open an offered file; its outcome and detail as a candidate, and the symbols if they are of this module."""
        line = offer.line or module_line(offer.path)
        if line is not None and not wanted.is_of(line):
            return "mismatched", line.debug_id or line.code_id, None
        name, identifier = (wanted.debug_file, wanted.debug_id) if line is None else (line.debug_file, line.debug_id)
        try:
            if offer.debug is not None:
                symbols = self._open_debug_file(offer.debug, identifier)
            elif encoding := line.encoding if line is not None else text_encoding(offer.path):
                symbols = self._open_utf16(offer.path, encoding, name, identifier)
            else:
                symbols = self._open(offer.path, name, identifier, offer.index)
        except (SymbolFileError, OSError) as error:
            return "malformed", str(error), None
        # A MODULE line further down than the head is as good.
        found = identity(symbols) if line is None else None
        if found is not None and not wanted.is_of(found):
            return "mismatched", found.debug_id or found.code_id, None
        # A file that describes no address must not hide one that does, in another source.
        if not has_symbols(symbols):
            return "malformed", "no symbol records in it", None
        return "found", "", symbols

    def _open_debug_file(self, file: DebugFile, identifier: str) -> SymbolFile:
        """The index of a debug information file, made once for each version of it; in memory if it cannot be stored."""
        return file.open_or_build(self._made_of(file, identifier, local_store.INDEX))

    def _made_of(self, file: DebugFile, identifier: str, suffix: str) -> str:
        """Where what is made from a debug information file belongs."""
        text = local_store.converted_path(file.name, file.debug_id or identifier, file.version)
        path = os.path.join(self.dir, "converted", *text).removesuffix(".sym") + suffix
        with contextlib.suppress(OSError):  # it is then made in memory
            os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def _open_utf16(self, path: str, encoding: str, name: str, identifier: str) -> SymbolFile:
        """A symbol file in UTF-16, transcoded once for each version of it; in memory if the text cannot be kept."""
        try:
            about = os.stat(path)
            version = f"{encoding}.{about.st_size:x}.{about.st_mtime_ns:x}"
            return self._open_converted(name, identifier, version, lambda target: transcode(path, target, encoding))
        except OSError:
            return open_in_memory(path)

    def _open_converted(self, name: str, identifier: str, version: str, convert: Callable[[str], object]) -> SymbolFile:
        """A text that is made from another file: by `convert`, which is given its path, unless it is there.

        Raises:
            OSError: the store cannot be written.
        """
        from symbolicate._native import SymbolFile

        target = os.path.join(self.dir, "converted", *local_store.converted_path(name, identifier, version))
        if not os.path.isfile(target):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            convert(target)
        return SymbolFile.open_or_build(target, os.path.splitext(target)[0] + ".syx")

    def _open(self, path: str, debug_file: str, debug_id: str, index: str = "") -> SymbolFile:
        from symbolicate._native import SymbolFile

        index = index or os.path.join(self.dir, "index", *local_store.index_path(debug_file, debug_id))
        with contextlib.suppress(OSError):  # the index is then built in memory
            os.makedirs(os.path.dirname(index), exist_ok=True)
        return SymbolFile.open_or_build(path, index)


def _identifier(build: DebugFile) -> str:
    return build.debug_id or (build.code_id or "").upper()


def _has_time_of(path: str, source: str) -> bool:
    """Whether a file is there and has the time of another."""
    try:
        return os.stat(path).st_mtime_ns == os.stat(source).st_mtime_ns
    except OSError:
        return False


@contextlib.contextmanager
def _as_utf8(source: str, encoding: str, folder: str) -> Iterator[str]:
    """The file itself, or, if it is in UTF-16, a transcoded copy in a folder, for as long as it is needed."""
    if not encoding:
        yield source
        return
    os.makedirs(folder, exist_ok=True)
    copy = os.path.join(folder, f".adding-{os.getpid()}-{os.urandom(4).hex()}")
    try:
        transcode(source, copy, encoding)
        yield copy
    finally:
        with contextlib.suppress(OSError):
            os.unlink(copy)


def _copy_into_place(source: str, target: str) -> None:
    """Copy a file; the copy appears whole or not at all."""
    import shutil

    from symbolicate.atomic import AtomicFile

    if os.path.exists(target) and os.path.samefile(source, target):
        return
    with AtomicFile(target) as copy:
        # With its time: an index is valid for a size and a time, and both copies share one index.
        shutil.copy2(source, copy.temporary)
        os.chmod(copy.temporary, 0o644)


def _renewed(build: DebugFile, name: str, target: str) -> tuple[bool, tuple[int, int, int]]:
    """Write a text again whose build has parts in other files, which may not have been there before.

    Returns:
        Whether the text is another now, and what it lacks.
    """
    with open(target, "rb") as before:
        known = hashlib.file_digest(before, "sha256").digest()
    lost = build.convert(target, name)
    with open(target, "rb") as after:
        return known != hashlib.file_digest(after, "sha256").digest(), lost
