"""The local symbol store: symbol files and their indexes, keyed by debug id.

    <dir>/symbols/<debug file>/<DEBUG ID>/<name>.sym       files that were added, in Breakpad layout
    <dir>/index/<ID[:2]>/<ID>-<debug file>.syx             indexes, of added files and of files that sources gave
    <dir>/converted/<ID[:2]>/<ID>-<debug file>-<version>.sym, .syx
                                                           what was made from dSYMs that sources gave, and indexes

An index is built once per debug id and mapped by every process afterwards. If the folder cannot be written, the
index is built in memory and the answer is the same, only later.
"""

from __future__ import annotations

import contextlib
import os
import stat
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from symbolicate.errors import StoreError, SymbolFileError
from symbolicate.symbols import layout
from symbolicate.symbols.debug_files import best, builds_in, is_debug_file
from symbolicate.symbols.module_line import ModuleLine, module_line
from symbolicate.symbols.resolution import Resolution, Wanted
from symbolicate.symbols.sources import DirectorySource, Source, open_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from symbolicate._native import DebugFile, SymbolFile
    from symbolicate.symbols.resolution import Place, Status

__all__ = ["Added", "SymbolStore", "default_dir", "has_symbols", "unusable"]


def default_dir() -> str:
    """`$SYMBOLICATE_STORE`, else `symbolicate` in the user's cache folder."""
    chosen = os.environ.get("SYMBOLICATE_STORE")
    if chosen:
        return chosen
    cache = os.environ.get("XDG_CACHE_HOME")
    # The XDG rules say that a relative path there is to be ignored.
    if not cache or not os.path.isabs(cache):
        cache = os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(cache, "symbolicate")


@dataclass(frozen=True, slots=True)
class Added:
    """A symbol file that was added to a store.

    Attributes:
        source: the file it came from.
        path: where it lies now.
        symbols: the opened file: its module, counts and diagnostics.
    """

    source: str
    path: str
    symbols: SymbolFile


class SymbolStore:
    """A folder of indexed symbols, filled on the way from sources.

    Sources are asked in order, the store's own files last. What was found, and what was not, is remembered for as
    long as the object lives; make a new one to look again. One object may be used by many threads.

    Args:
        dir: the folder; by default `$SYMBOLICATE_STORE`, `$XDG_CACHE_HOME/symbolicate` or `~/.cache/symbolicate`.
        sources: folders in Breakpad layout, flat folders of `.sym` files, folders with dSYM bundles or other Mach-O
            files anywhere in them, single files of either kind, or `Source` objects.

    Raises:
        SymbolSourceError: a source is no path that exists.
    """

    def __init__(
        self,
        dir: str | os.PathLike[str] | None = None,  # noqa: A002 - the promised name
        sources: Iterable[str | os.PathLike[str] | Source] = (),
    ) -> None:
        self.dir = os.fspath(dir) if dir is not None else default_dir()
        self.sources: tuple[Source, ...] = tuple(
            open_source(source) if isinstance(source, (str, os.PathLike)) else source for source in sources
        )
        self._own = DirectorySource(os.path.join(self.dir, "symbols"))
        self._lock = threading.Lock()
        self._resolved: dict[Wanted, Resolution] = {}
        self._gates: dict[Wanted, threading.Lock] = {}

    def __repr__(self) -> str:
        return f"SymbolStore({self.dir!r}, sources={list(self.sources)!r})"

    def resolve(self, debug_file: str, debug_id: str, code_file: str = "", code_id: str = "") -> Resolution:
        """Find and open the symbols of one module. Never raises for what is missing or wrong: that is the answer.

        Args:
            debug_file: file name of the debug file; empty if unknown.
            debug_id: debug id; empty if unknown.
            code_file: file name of the image, which is asked for where there is no debug id.
            code_id: build id, or time stamp and size of the image.
        """
        wanted = Wanted(layout.leaf(debug_file), debug_id, layout.leaf(code_file), code_id)
        with self._lock:
            known = self._resolved.get(wanted)
            if known is not None:
                return known
            gate = self._gates.setdefault(wanted, threading.Lock())
        with gate:  # one thread builds the index, the others wait for it
            with self._lock:
                known = self._resolved.get(wanted)
            if known is None:
                known = self._look_for(wanted)
                with self._lock:
                    self._resolved[wanted] = known
                    self._gates.pop(wanted, None)
            return known

    def find(self, text: str) -> Iterator[str]:
        """Every symbol file, in the sources and in the store, whose debug id or debug file is `text`, ignoring case."""
        for source in (*self.sources, self._own):
            yield from source.search(text)

    def add(self, path: str | os.PathLike[str]) -> Added:
        """Copy a symbol file into the store and build its index; of a Mach-O file, all that is in it.

        Returns:
            The symbols added; of a fat file those that tell most, see `add_all`.

        Raises:
            SymbolFileError: it has no usable MODULE line or no symbol records, or cannot be read.
            StoreError: the store cannot be written.
        """
        return self.add_all(path)[0]

    def add_all(self, path: str | os.PathLike[str]) -> list[Added]:
        """As `add`, and tell of each build in a Mach-O file.

        Raises:
            SymbolFileError: it has no usable MODULE line, no UUID or no symbol records, or cannot be read.
            StoreError: the store cannot be written.
        """
        source = os.fspath(path)
        if is_debug_file(source):
            builds = [file for file in best(builds_in(source)) if file.has_dwarf or file.has_symbols]
            if not builds:
                raise SymbolFileError(f"{source}: no symbol records")
            return [self._add_build(file) for file in builds]
        return [self._add_text(source)]

    def _add_build(self, file: DebugFile) -> Added:
        """Convert a build of a debug information file into the store."""
        parts = layout.sym_paths(file.name, file.debug_id or "")
        if not parts:
            raise SymbolFileError(f"{file.path}: no usable file name")
        target = os.path.join(self.dir, "symbols", *parts[0])
        # An image has the id of its dSYM and knows less.
        if not (os.path.isfile(target) and not file.has_dwarf):
            try:
                os.makedirs(os.path.dirname(target), exist_ok=True)
                file.convert(target)
            except OSError as error:
                raise StoreError(f"{target}: {error.strerror or error}") from error
        return Added(file.path, target, self._open(target, file.name, file.debug_id or ""))

    def _add_text(self, source: str) -> Added:
        """Copy a symbol file into the store and build its index."""
        line = module_line(source)
        parts = layout.sym_paths(line.debug_file, line.debug_id) if line is not None else ()
        if line is None or not parts:
            raise SymbolFileError(f"{source}: {unusable(source) or 'no MODULE line with a debug id and a file name'}")
        # The copy has the size and the time of the source, so the index that is built here serves it, too.
        if not has_symbols(self._open(source, line.debug_file, line.debug_id)):
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(self.dir, "index", *layout.index_path(line.debug_file, line.debug_id)))
            raise SymbolFileError(f"{source}: no symbol records")
        target = os.path.join(self.dir, "symbols", *parts[0])
        try:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            _copy_into_place(source, target)
        except OSError as error:
            raise StoreError(f"{target}: {error.strerror or error}") from error
        return Added(source, target, self._open(target, line.debug_file, line.debug_id))

    def _look_for(self, wanted: Wanted) -> Resolution:
        if layout.debug_id(wanted.debug_id) is None and not wanted.code_id:
            return Resolution("missing")
        tried: list[str] = []
        refused: Resolution | None = None
        for source in (*self.sources, self._own):
            for place in source.find(wanted, tried):
                result = self._try(place, wanted)
                if result.status == "loaded":
                    return Resolution("loaded", result.symbols, result.path, tried=tuple(tried))
                tried.append(f"{place.path} ({_refusal(result)})")
                refused = refused or result
        if refused is None:
            return Resolution("missing", tried=tuple(tried))
        return Resolution(refused.status, path=refused.path, detail=refused.detail, tried=tuple(tried))

    def _try(self, place: Place, wanted: Wanted) -> Resolution:
        """Open one file if it is what it should be."""
        line = place.line or module_line(place.path)
        if line is not None and not wanted.is_of(line):
            return Resolution("mismatch", path=place.path, detail=line.debug_id)
        name, identifier = (wanted.debug_file, wanted.debug_id) if line is None else (line.debug_file, line.debug_id)
        try:
            if place.debug is None:
                symbols = self._open(place.path, name, identifier)
            else:
                symbols = self._convert(place.debug, identifier)
        except (SymbolFileError, OSError) as error:
            return Resolution("malformed", path=place.path, detail=str(error))
        # A MODULE line further down than the head is as good.
        if line is None and symbols.debug_id is not None:
            found = ModuleLine(symbols.debug_id, symbols.name or "", (symbols.code_id or "").lower())
            if not wanted.is_of(found):
                return Resolution("mismatch", path=place.path, detail=found.debug_id)
        # Without a MODULE line the place is all that says whose symbols these are; without a record it is no such file.
        if line is None and not any(symbols.counts.values()):
            return Resolution("malformed", path=place.path, detail="no symbol records in it")
        return Resolution("loaded", symbols, place.path)

    def _convert(self, file: DebugFile, identifier: str) -> SymbolFile:
        """The text made from a debug information file, once for each version of it; in memory if it cannot be kept."""
        from symbolicate._native import SymbolFile  # noqa: PLC0415 - the native module is loaded when first needed

        parts = layout.converted_path(file.name, identifier, file.version)
        target = os.path.join(self.dir, "converted", *parts)
        try:
            if not os.path.isfile(target):
                os.makedirs(os.path.dirname(target), exist_ok=True)
                file.convert(target)
            return SymbolFile.open_or_build(target, os.path.splitext(target)[0] + ".syx")
        except OSError:
            return file.open()

    def _open(self, path: str, debug_file: str, debug_id: str) -> SymbolFile:
        from symbolicate._native import SymbolFile  # noqa: PLC0415 - the native module is loaded when first needed

        index = os.path.join(self.dir, "index", *layout.index_path(debug_file, debug_id))
        with contextlib.suppress(OSError):  # the index is then built in memory
            os.makedirs(os.path.dirname(index), exist_ok=True)
        return SymbolFile.open_or_build(path, index)


def _refusal(result: Resolution) -> str:
    """Why a file that was found is not used."""
    kinds: dict[Status, str] = {"mismatch": "is of", "malformed": "malformed:"}
    return f"{kinds[result.status]} {result.detail}"


def has_symbols(opened: SymbolFile) -> bool:
    """Whether a symbol file can say anything about an address: names of files alone do not."""
    return any(opened.counts[kind] for kind in ("functions", "publics", "cfi", "stack win"))


def unusable(path: str) -> str | None:
    """Why this is no file that can be read, at first sight; None if it is one."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return "no such file"
    except (OSError, ValueError) as error:
        return (getattr(error, "strerror", None) or str(error)).lower()
    if stat.S_ISDIR(mode):
        return "is a directory, not a file"
    if stat.S_ISFIFO(mode):
        return "is a pipe, not a file"
    if not stat.S_ISREG(mode):
        return f"is a {'socket' if stat.S_ISSOCK(mode) else 'device'}, not a file"
    return None if os.access(path, os.R_OK) else "permission denied"


def _copy_into_place(source: str, target: str) -> None:
    """Copy under a temporary name and rename, so that nobody ever sees half a file."""
    import shutil  # noqa: PLC0415 - only `add` copies
    import tempfile  # noqa: PLC0415

    if os.path.exists(target) and os.path.samefile(source, target):
        return
    handle, temporary = tempfile.mkstemp(prefix=".adding-", dir=os.path.dirname(target))
    os.close(handle)
    try:
        # With its time: the index knows its text by size and time, and both copies share one index.
        shutil.copy2(source, temporary)
        os.chmod(temporary, 0o644)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise
