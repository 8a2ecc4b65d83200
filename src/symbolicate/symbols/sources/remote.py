"""A server or a bucket as a source of symbols: files at the paths that layouts give, one after the other.

A module may have a symbol file, a debug file and a binary there; they are asked for in this order, and only as far as
the store goes on asking. If nobody says which layouts a server has, all are tried until one has a file of a kind; from
then on, files of this kind are asked for in that one.
"""

from __future__ import annotations

from symbolicate.errors import SymbolFileError
from symbolicate.locks import Lock
from symbolicate.record import Record
from symbolicate.symbols import ids
from symbolicate.symbols.candidates import Candidate
from symbolicate.symbols.debug_files import best, is_debug_file
from symbolicate.symbols.fetching.failure import EMPTY, FetchError
from symbolicate.symbols.fetching.fetcher import root_in_part
from symbolicate.symbols.layouts import symstore
from symbolicate.symbols.layouts.identity import image_id, pdb_id
from symbolicate.symbols.layouts.layout import FILE_KINDS
from symbolicate.symbols.layouts.table import LAYOUTS
from symbolicate.symbols.module_line import module_line
from symbolicate.symbols.resolution import Offer, Wanted
from symbolicate.symbols.sources.debug_files import has_symbols, head_of, offer_of, unwind_offers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from symbolicate._native import DebugFile
    from symbolicate.symbols.fetching.fetcher import Fetched, Root, RootInPart
    from symbolicate.symbols.fetching.pdb_in_part import PdbInPart
    from symbolicate.symbols.fetching.ranges import Range
    from symbolicate.symbols.layouts.layout import FileKind, Layout, Parts
    from symbolicate.symbols.resolution import UnwindOffer

__all__ = ["RemoteFile", "RemoteSource"]

# The order in which layouts are tried where nobody names one: what most servers of crashes have first.
_USUAL = ("breakpad", "symstore", "debuginfod", "buildid", "lldb", "unified", "ssqp")
_FOR_UNWINDING: tuple[FileKind, ...] = ("binary", "debug file")
# Some addresses of a smaller PDB are answered no sooner from parts of it.
_LARGE_FOR_ADDRESSES = 4 << 20
# A pointer is a line of text.
_POINTER_BYTES = 4096
_NOT_OURS = "neither a symbol file nor a debug file"


class RemoteFile(Record):
    """A file of a module that was fetched.

    Attributes:
        path: where it is now.
        location: its address, as reports show it.
        kind: the kind of file that was asked for.
        builds: the module's builds in it; empty for a symbol file.
        in_part: the file, if it is a large PDB that is read in part. It has no path then.
    """

    path: str
    location: str
    kind: FileKind
    builds: tuple[DebugFile, ...] = ()
    in_part: PdbInPart | None = None


class RemoteSource:
    """A server or a bucket. May be used by many threads.

    Args:
        root: the server or bucket.
        layouts: the names of its layouts, the usual one first; empty if they are unknown.
        compressed: whether files may be compressed, as SymStore does it.
        pointers: whether there may be files that say where others are, as SymStore writes them.
    """

    is_remote = True
    """Whether files of it come from the network, so that others are used first."""

    def __init__(
        self, root: Root, layouts: Sequence[str] = (), *, compressed: bool = True, pointers: bool = True
    ) -> None:
        self.root = root
        self.layouts = tuple(layouts)
        self.compressed = compressed
        self.pointers = pointers
        self._layouts = tuple(LAYOUTS[name] for name in layouts or _USUAL)
        self._is_known = bool(layouts)
        self._lock = Lock()
        self._hits: dict[FileKind, Layout] = {}

    def __repr__(self) -> str:
        return f"RemoteSource({self.name!r})"

    @property
    def parallel(self) -> int:
        """For how many modules it may be asked at a time: most of that time is waiting."""
        return self.root.parallel

    @property
    def name(self) -> str:
        """The address of the server or bucket, without credentials."""
        return self.root.name

    def candidates(self, wanted: Wanted) -> Iterator[Offer | Candidate]:
        """Offer the files of this module, each when it is asked for."""
        return self._offered(wanted, 0)

    def candidates_in_part(self, wanted: Wanted) -> Iterator[Offer | Candidate]:
        """The same; a large PDB is offered in part."""
        from symbolicate.symbols.fetching.pdb_in_part import LARGE

        return self._offered(wanted, LARGE)

    def _offered(self, wanted: Wanted, large: int) -> Iterator[Offer | Candidate]:
        for kind in FILE_KINDS:
            for one in self.files(wanted, kind, large):
                if isinstance(one, Candidate):
                    yield one
                    if one.location == self.name:
                        return
                elif one.in_part is not None:
                    yield Offer("", name=one.location, in_part=one.in_part)
                elif not one.builds:
                    yield Offer(one.path, module_line(one.path), name=one.location)
                else:
                    yield from (offer_of(build, one.location) for build in one.builds if has_symbols(build))

    def unwind_files(self, wanted: Wanted) -> Iterator[UnwindOffer]:
        """Offer the files with unwind tables of this module, its binary first."""
        for kind in _FOR_UNWINDING:
            if kind == "debug file" and wanted.debug_file.lower().endswith(".pdb"):
                return  # a PDB has no tables, and rules only with its symbols
            for one in self.files(wanted, kind):
                if isinstance(one, RemoteFile):
                    yield from unwind_offers(one.builds, one.location)

    def search(self, text: str) -> Iterator[str]:
        """The files of an id, or of `NAME/ID` where a layout needs the name, which are fetched.

        A server cannot be searched for a name.
        """
        for wanted in Wanted.named(text):
            for kind in FILE_KINDS:
                yield from (one.location for one in self.files(wanted, kind) if isinstance(one, RemoteFile))

    def pdb_in_part(self, wanted: Wanted) -> PdbInPart | None:
        """The module's PDB, of which only what answers need is fetched.

        None if the server has no PDB of the module, or if its whole file is in the cache now: it is small or
        compressed, or the server does not answer ranges.
        """
        root = root_in_part(self.root)
        if root is None or pdb_id(wanted) is None:
            return None
        for _, path in self._paths(wanted, "debug file"):
            fetched = root.fetch_or_head(path, _LARGE_FOR_ADDRESSES)
            if fetched.head is not None:
                found = _in_part(root, path, fetched.head, wanted, with_rules=False)
                return None if isinstance(found, FetchError) else found
            if fetched.outcome != "missing":
                return None
        return None

    def files(self, wanted: Wanted, kind: FileKind, large: int = 0) -> Iterator[RemoteFile | Candidate]:
        """The file of a module of a kind, last, after each address where it is not.

        Args:
            wanted: the module.
            kind: the kind of file.
            large: a PDB of more bytes is read in part; 0 for whole files alone.
        """
        for layout, path in self._paths(wanted, kind):
            for one in self._at(path, layout, wanted, kind, large):
                if isinstance(one, RemoteFile):
                    with self._lock:
                        self._hits[kind] = layout
                    yield one
                    return
                yield one
                if one.location == self.name:
                    return  # the others of this server would be, too

    def _paths(self, wanted: Wanted, kind: FileKind) -> Iterator[tuple[Layout, Parts]]:
        """The paths at which a file is asked for, each once, with their layouts."""
        asked: set[Parts] = set()
        for usual in self._layouts_for(wanted, kind):
            layout = self._tiered(usual, wanted) if usual.paths(wanted, kind) else usual
            for path in layout.paths(wanted, kind):
                if path not in asked:
                    asked.add(path)
                    yield layout, path

    def _layouts_for(self, wanted: Wanted, kind: FileKind) -> Sequence[Layout]:
        """The layouts in which a file is asked for."""
        if self._is_known:
            return self._layouts
        with self._lock:
            hit = self._hits.get(kind)
        if hit is not None and hit.paths(wanted, kind):
            return (hit,)
        return self._layouts

    def _tiered(self, layout: Layout, wanted: Wanted) -> Layout:
        """The layout, or that of SymStore with two tiers of folders if the server says that it has these."""
        if self._is_known or layout.name != "symstore" or not (pdb_id(wanted) or image_id(wanted)):
            return layout
        fetched = self.root.fetch((symstore.TWO_TIERS,))
        # The file that says so is usually empty.
        return LAYOUTS["symstore2"] if fetched.outcome == "found" or fetched.detail == EMPTY else layout

    def _at(
        self, path: Parts, layout: Layout, wanted: Wanted, kind: FileKind, large: int
    ) -> Iterator[RemoteFile | Candidate]:
        """The file at a path, or the same one compressed; or what a pointer says of it."""
        root = root_in_part(self.root) if large and kind == "debug file" and pdb_id(wanted) is not None else None
        head = None if root is None else root.fetch_or_head(path, large).head
        if root is not None and head is not None:
            found = _in_part(root, path, head, wanted, with_rules=True)
            if not isinstance(found, FetchError):
                yield RemoteFile("", self.root.shown(path), kind, in_part=found)
                return
            if found.outcome == "mismatched":
                self.root.reject(path, found.outcome, found.detail)
        for one in (path, symstore.compressed(path) if layout.compressed and self.compressed else None):
            if one is not None:
                fetched = self.root.fetch(one)
                if fetched.path:
                    yield self._checked(one, fetched.path, wanted, kind)
                    return
                yield self._candidate(one, fetched)
                if fetched.outcome != "missing":
                    return
        pointer = symstore.pointer(path) if layout.compressed and self.pointers else None
        if pointer is not None and (fetched := self.root.fetch(pointer)).path:
            yield self._pointed(pointer, fetched)

    def _candidate(self, path: Parts, fetched: Fetched) -> Candidate:
        location = self.name if fetched.of_server else self.root.shown(path)
        return Candidate(location, self.name, fetched.outcome, fetched.detail)

    def _pointed(self, path: Parts, fetched: Fetched) -> Candidate:
        """What a pointer says: a path on the machine of the server, which nobody else can read."""
        try:
            with open(fetched.path, encoding="utf-8", errors="replace") as file:
                said = file.read(_POINTER_BYTES).strip()
        except OSError:
            said = ""
        said = said.removeprefix("PATH:").lstrip() or said
        detail = f"says that the file is elsewhere: {said}"[:200]
        return Candidate(self.root.shown(path), self.name, "missing", detail)

    def _checked(self, path: Parts, file: str, wanted: Wanted, kind: FileKind) -> RemoteFile | Candidate:
        """The file if it is of this module; else it is removed from the cache, and the reason is remembered."""
        location = self.root.shown(path)
        found = _builds_of(file, wanted) if is_debug_file(file) else _head_of(file, wanted)
        if isinstance(found, FetchError):
            self.root.reject(path, found.outcome, found.detail)
            return Candidate(location, self.name, found.outcome, found.detail)
        return RemoteFile(file, location, kind, found)


def _in_part(root: RootInPart, path: Parts, head: Range, wanted: Wanted, *, with_rules: bool) -> PdbInPart | FetchError:
    """A PDB of which parts are fetched; the reason if it is not of the module, or better fetched as a whole."""
    from functools import partial

    from symbolicate.symbols.fetching.pdb_in_part import PdbInPart

    name, debug_id = wanted.debug_file or path[-1], ids.debug_id(wanted.debug_id) or ""
    try:
        found = PdbInPart(partial(root.fetch_ranges, path), head, name, debug_id, with_rules=with_rules)
        if with_rules:
            found.extended()
    except FetchError as error:
        return error
    return found


def _builds_of(path: str, wanted: Wanted) -> tuple[DebugFile, ...] | FetchError:
    """The module's builds in a binary or a debug file."""
    from symbolicate._native import debug_files

    try:
        builds = best(debug_files(path))
    except (SymbolFileError, OSError) as error:
        # Without the path in the cache: the candidate has the address.
        return FetchError("malformed", str(error).removeprefix(path).removeprefix(": "))
    right = tuple(build for build in builds if wanted.is_of(head_of(build)))
    if not builds:
        return FetchError("malformed", "no id in it")
    return right or FetchError("mismatched", builds[0].debug_id or builds[0].code_id or "")


def _head_of(path: str, wanted: Wanted) -> tuple[DebugFile, ...] | FetchError:
    """Nothing if it is a symbol file of the module."""
    line = module_line(path)
    if line is None:
        return FetchError("malformed", _NOT_OURS)
    return () if wanted.is_of(line) else FetchError("mismatched", line.debug_id or line.code_id)
