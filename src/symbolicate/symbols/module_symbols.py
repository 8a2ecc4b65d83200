"""One module's symbols for addresses without a crash: which module is meant, and answers from few parts of it.

Few addresses of a debug information file are answered from the parts of it that they need, and nothing is stored. From
some number of them on, making the index costs less, and it serves the next time, too.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from symbolicate.symbols import ids
from symbolicate.symbols.candidates import Candidate
from symbolicate.symbols.debug_files import best, is_debug_file
from symbolicate.symbols.fetching.failure import FetchError
from symbolicate.symbols.layouts import local_store
from symbolicate.symbols.module_line import module_line
from symbolicate.symbols.resolution import Wanted
from symbolicate.symbols.sources.opening import is_remote
from symbolicate.symbols.store.debug_file_in_part import share_of_index
from symbolicate.symbols.store.searching import promising
from symbolicate.symbols.walk import files_below

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from symbolicate._native import DebugFile, Lookup, SymbolFile
    from symbolicate.symbols.fetching.pdb_in_part import PdbInPart
    from symbolicate.symbols.sources.source import Source
    from symbolicate.symbols.store import SymbolStore

__all__ = ["Module", "ModuleSymbols", "modules_called", "modules_in"]

# How many symbol files of a folder are read for the modules that they describe.
_TEXTS = 10_000


@dataclass(frozen=True, slots=True)
class Module:
    """A module that may be meant.

    Attributes:
        name: the name of its debug file.
        wanted: what its symbols are searched by; None if its file has no id, so that only that file can have them.
        arch: its architecture; empty if unknown.
        base: the address that it was linked at; 0 if unknown.
        debug: the build in the file that names it; None: it was named by a symbol file, or by an id.
        is_alone: whether only that build can have its symbols, as for a file whose debug file no id ties to it.
    """

    name: str
    wanted: Wanted | None
    arch: str = ""
    base: int = 0
    debug: DebugFile | None = None
    is_alone: bool = False

    @property
    def identifier(self) -> str:
        """Its id; empty without one."""
        return "" if self.wanted is None else self.wanted.debug_id or self.wanted.code_id

    @property
    def debug_id(self) -> str:
        """Its debug id; empty if it is not known."""
        return "" if self.wanted is None else self.wanted.debug_id

    @property
    def code_id(self) -> str:
        """Its code id; empty if it is not known."""
        known = "" if self.wanted is None else self.wanted.code_id
        return known or (self.debug.code_id or "" if self.debug is not None else "")


def modules_in(path: str) -> list[Module]:
    """The modules that a file, or the files below a folder, describe; the most informative file of each.

    Raises:
        SymbolFileError: its headers are damaged.
    """
    from symbolicate._native import debug_files, find_debug_files

    if os.path.isdir(path):
        return _without_doubles([*_of_builds(best(find_debug_files(path)[0])), *_of_texts(path)])
    if is_debug_file(path):
        builds = debug_files(path)
        return _of_builds([*best(builds), *(build for build in builds if build.debug_id is None)])
    return _of_text(path)


def _of_text(path: str) -> list[Module]:
    line = module_line(path)
    if line is None:
        return []
    return [Module(line.debug_file, Wanted(line.debug_file, line.debug_id, "", line.code_id))]


def _of_texts(folder: str) -> Iterator[Module]:
    texts = (path for path in files_below(folder) if path.lower().endswith(".sym"))
    for path in islice(texts, _TEXTS):
        yield from _of_text(path)


def _without_doubles(modules: Iterable[Module]) -> list[Module]:
    found: dict[object, Module] = {}
    for module in modules:
        found.setdefault(module.identifier or module.debug, module)
    return list(found.values())


def _of_builds(builds: Iterable[DebugFile]) -> list[Module]:
    found: dict[object, Module] = {}
    for build in builds:
        wanted = Wanted(build.name, build.debug_id) if build.debug_id else None
        found.setdefault(build.debug_id or build, Module(build.name, wanted, build.arch, build.base, build))
    return list(found.values())


def modules_called(store: SymbolStore, text: str) -> list[Module]:
    """The modules of a name, or of a debug id or code id, whose symbols the sources of a store have.

    Raises:
        SymbolFileError: the headers of a file of this name are damaged.
    """
    identifier = ids.debug_id(text)
    found: dict[str, Module] = {}
    # The whole PDB is not fetched to say what its name and id say.
    is_pdb = any(wanted.debug_id and wanted.debug_file.lower().endswith(".pdb") for wanted in Wanted.named(text))
    for path in store.find(text, fetch=not is_pdb):
        for module in modules_in(path):
            if identifier is None or module.identifier == identifier:
                found.setdefault(module.identifier, module)
    if found:
        return list(found.values())
    # Many build ids can be read as a debug id, too: 32 digits and an age.
    of_code = _of_code_id(store, text) if ids.is_code_id(text) else None
    if of_code is not None:
        return [of_code]
    # A source on the network lists nothing, and has what is asked for by its id.
    if "/" in text:
        return [Module(wanted.debug_file, wanted) for wanted in Wanted.named(text)]
    if identifier is not None:
        return [Module("", Wanted("", identifier))]
    return [Module("", Wanted("", "", "", text.lower()))] if ids.is_code_id(text) else []


def _of_code_id(store: SymbolStore, code_id: str) -> Module | None:
    """The module of an image with a code id, which is the only file that states both of its ids."""
    wanted = Wanted("", "", "", code_id.lower())
    for source in store.sources:
        for one in source.candidates(wanted):
            image = None if isinstance(one, Candidate) else one.debug
            if image is None or image.debug_id is None:
                continue
            meant = Wanted(image.name, image.debug_id, image.name, wanted.code_id)
            return Module(image.name, meant, image.arch, image.base, image)
    return Module("", wanted) if store.resolve("", "", "", wanted.code_id).symbols is not None else None


class ModuleSymbols:
    """The symbols of one module, read as far as the addresses need it.

    Args:
        store: where they are searched, and indexes are kept.
        module: the module.
    """

    def __init__(self, store: SymbolStore, module: Module) -> None:
        self._store = store
        self._module = module
        self._debug = module.debug
        self._in_part: PdbInPart | None = None
        if module.wanted is not None and not module.is_alone:
            self._debug, self._in_part = self._offered(module.wanted)
        self._all: SymbolFile | None = None
        self._is_missing = False
        # What was spent on single answers, in units of what the index costs.
        self._spent = 0.0
        if self._debug is not None and (self._debug.debug_id is None or os.path.exists(self._index(self._debug))):
            # An index is quick to map. A file without an id has none, and is seldom large.
            self._spent = 1.0 if self._debug.debug_id else 0.0

    @property
    def is_missing(self) -> bool:
        """Whether no symbols were found for it."""
        return self._is_missing

    def lookup(self, addresses: list[int]) -> Lookup | None:
        """Functions, files and lines of addresses relative to the module; None if it has no symbols.

        Raises:
            SymbolFileError: the debug file cannot be read.
        """
        symbols = self._all
        if symbols is None and self._in_part is not None:
            try:
                return self._in_part.open_for(addresses).lookup(addresses)
            except FetchError:
                # The whole file may be had where its parts are not.
                self._in_part = None
        if symbols is None and self._debug is not None:
            self._spent += share_of_index(os.path.getsize(self._debug.path), len(addresses))
            if self._spent < 1:
                return self._debug.open_for(addresses).lookup(addresses)
        if symbols is None and not self._is_missing:
            symbols = self._all = self._whole()
            self._is_missing = symbols is None
        return None if symbols is None else symbols.lookup(addresses)

    def _whole(self) -> SymbolFile | None:
        wanted = self._module.wanted
        if wanted is None:
            return None if self._debug is None else self._debug.open()[0]
        if self._module.is_alone and self._debug is not None:
            return self._debug.open_or_build(self._index(self._debug))
        return self._store.resolve(wanted.debug_file, wanted.debug_id, wanted.code_file, wanted.code_id).symbols

    def _offered(self, wanted: Wanted) -> tuple[DebugFile | None, PdbInPart | None]:
        """The debug file that the store would use, or the PDB on a server; neither if it would use something else."""
        for source in self._store.searched:
            if is_remote(source) and (in_part := _pdb_in_part(source, wanted)) is not None:
                return None, in_part
            if (offer := promising(wanted, source)) is not None:
                return offer.debug, None
        return None, None

    def _index(self, debug: DebugFile) -> str:
        return local_store.StorePaths(self._store.dir).made_of(debug, local_store.INDEX)


def _pdb_in_part(source: Source, wanted: Wanted) -> PdbInPart | None:
    """The module's PDB on a server, read by its parts; None if the source has none, or none that is read so."""
    from symbolicate.symbols.sources.remote import RemoteSource

    return source.pdb_in_part(wanted) if isinstance(source, RemoteSource) else None
