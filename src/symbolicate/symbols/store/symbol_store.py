"""The symbol store that callers hold: a folder of indexed symbols, and the sources that are searched before it."""

from __future__ import annotations

import os

from symbolicate.locks import Lock
from symbolicate.symbols import names
from symbolicate.symbols.fetching.fetcher import Fetcher
from symbolicate.symbols.fetching.network import Network
from symbolicate.symbols.layouts.local_store import StorePaths
from symbolicate.symbols.resolution import Wanted
from symbolicate.symbols.sources.opening import is_remote, open_sources, parallel, searched_in_order
from symbolicate.symbols.sources.stored import StoredSource
from symbolicate.symbols.store.indexes import Indexes
from symbolicate.symbols.store.results import Results
from symbolicate.symbols.store.searching import look_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from symbolicate._native import Session
    from symbolicate.symbols.module_files import ModuleFiles
    from symbolicate.symbols.resolution import Resolution
    from symbolicate.symbols.sources.source import Source
    from symbolicate.symbols.store.keeping import Added

__all__ = ["SymbolStore", "default_dir"]


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


class SymbolStore:
    """A folder of indexed symbols. Files from sources are indexed when they are first used.

    A module's symbols are those of its debug id, or of its code id if it has no debug id, whatever their name; a file
    of another id is never used. Sources are searched in order, the store's own files last; `store.searching` defines
    which of several files is used.

    An index is built once per debug id and mapped by every process afterwards. If the folder cannot be written, the
    index is built in memory: the result is the same and takes longer.

    Results are cached for the lifetime of the object, but for modules that lack symbols or unwind rules: these are
    searched again after files were added to the store, by whatever process, and after some time. One object may be used
    by many threads.

    Args:
        dir: the folder; by default `$SYMBOLICATE_STORE`, `$XDG_CACHE_HOME/symbolicate` or `~/.cache/symbolicate`.
        sources: folders in Breakpad layout, flat folders of `.sym` files, folders with debug files anywhere in
            them, single files of either kind, addresses of servers and buckets, names of public servers (see
            `sources.presets`), or `Source` objects. Those on a network are searched last.
        recheck_seconds: after which time what was not found is searched again; fifty times the time that the search
            took if that is longer.
        network: what may be done on the network; by default as the environment says.

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
        from symbolicate._native import changed_at

        self.dir = os.fspath(dir) if dir is not None else default_dir()
        self.fetcher = Fetcher(self.dir, network if network is not None else Network.from_environment())
        opened: list[Source] = []
        for source in sources:  # a generator would be a frame of its own, and warnings would name this file
            if isinstance(source, (str, os.PathLike)):
                opened += open_sources(source, self.fetcher)
            else:
                from symbolicate.symbols.sources.deprecated import current

                opened.append(current(source))
        self.sources: tuple[Source, ...] = tuple(opened)
        self._paths = StorePaths(self.dir)
        self._searched = searched_in_order(self.sources, StoredSource(self.dir))
        self._indexes = Indexes(self._paths)
        symbols = self._paths.symbols
        # Called for each report: one system call.
        self._results = Results(recheck_seconds, lambda: changed_at(symbols))
        self._lock = Lock()
        self._native: tuple[int, Session] | None = None

    def __repr__(self) -> str:
        return f"SymbolStore({self.dir!r}, sources={list(self.sources)!r})"

    @property
    def has_missed(self) -> bool:
        """Whether any module has been resolved as missing."""
        return self._results.has_missed

    def resolve(self, debug_file: str, debug_id: str, code_file: str = "", code_id: str = "") -> Resolution:
        """Find and open the symbols of one module. Missing or unusable symbols are a result, never an exception.

        Args:
            debug_file: file name of the debug file; empty if unknown.
            debug_id: debug id; empty if unknown.
            code_file: file name of the image, used for modules without a debug id.
            code_id: build id, or time stamp and size of the image.
        """
        self.generation()
        return self._results.of(_wanted(debug_file, debug_id, code_file, code_id), self._look_for)

    def resolve_in_part(self, debug_file: str, debug_id: str, code_file: str = "", code_id: str = "") -> Resolution:
        """As `resolve`, but the symbols may be a part of a large file, see `Resolution.in_part`.

        That is a PDB on a server, or a debug file that this store has no index of and that is used for the first time.
        `resolve` gets the whole file afterwards, if more of it is needed than is worth while.
        """
        self.generation()
        wanted = _wanted(debug_file, debug_id, code_file, code_id)
        return self._results.of(wanted, self._look_for_in_part, whole=False)

    @property
    def parallel(self) -> int:
        """For how many modules sources on a network may be asked at a time; 0 without any."""
        return parallel(self.sources)

    def generation(self) -> int:
        """How often this object has forgotten what was not found: whoever keeps results asks again when it grows."""
        generation, is_new = self._results.forget_incomplete()
        if is_new:
            for source in self._searched:
                if (refresh := getattr(source, "refresh", None)) is not None:
                    refresh()
        return generation

    def native_session(self) -> Session:
        """What holds the loaded symbols, until this object forgets results."""
        generation = self.generation()
        with self._lock:
            if self._native is None or self._native[0] < generation:
                from symbolicate._native import Session

                self._native = (generation, Session())
            return self._native[1]

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
            SymbolFileError: it is no symbol file, names no build, has no symbol records, or cannot be read.
            SymbolStoreError: the store cannot be written.
        """
        return self.add_all(path)[0]

    def add_all(self, path: str | os.PathLike[str]) -> list[Added]:
        """As `add`, for each build in a debug file.

        Raises:
            SymbolFileError: it is no symbol file, names no build, has no symbol records, or cannot be read.
            SymbolStoreError: the store cannot be written.
        """
        from symbolicate.symbols.store.keeping import keep_file

        added = keep_file(os.fspath(path), self._paths, self._indexes)
        self._announce()
        return added

    def add_module(self, module: ModuleFiles) -> list[Added]:
        """Keep the builds of a module: the records of the best one as text, and all unwind tables as they are.

        Raises:
            SymbolFileError: a file of it cannot be read.
            SymbolStoreError: the store cannot be written.
        """
        from symbolicate.symbols.store.keeping import keep_module

        added = keep_module(module, self._paths, self._indexes)
        self._announce()
        return added

    def _look_for(self, wanted: Wanted) -> Resolution:
        return look_for(wanted, self._searched, self._indexes)

    def _look_for_in_part(self, wanted: Wanted) -> Resolution:
        return look_for(wanted, self._searched, self._indexes, in_part=True)

    def _announce(self) -> None:
        """Let other processes see that a file was added."""
        try:
            os.makedirs(self._paths.symbols, exist_ok=True)
            os.utime(self._paths.symbols)
        except OSError:
            pass  # the files themselves are there


def _wanted(debug_file: str, debug_id: str, code_file: str, code_id: str) -> Wanted:
    return Wanted(names.leaf(debug_file), debug_id, names.leaf(code_file), code_id)
