"""A folder as a source of symbols: in Breakpad layout, or flat, or with binaries and debug files anywhere in it.

What is offered for a module, in this order:

1. the file at its path in Breakpad layout, `<debug file>/<DEBUG ID>/<name>.sym`; names in other case only if it is
   missing;
2. symbol files of the same id under any other name, in the folder itself or in Breakpad layout, the nearest name first
   (see `Wanted.distance`), then in the order of the alphabet;
3. debug information files and binaries of the same id, the most informative first;
4. files at the exact path of a layout that are compressed, or that headers do not show, see `exact_paths`; a folder
   that was seen to have nothing but `.sym` files is not asked for these.

Binaries and debug files are also offered for their unwind tables, whatever gives the symbols.

Listings and heads of files are read once and remembered for as long as the source lives. Only 1 is done for a module
whose file there has source lines, so that a large tree costs nothing while the names are right.
"""

from __future__ import annotations

import os
from itertools import islice

from symbolicate.locks import Lock
from symbolicate.symbols import ids, names
from symbolicate.symbols.access import PERMISSION_DENIED, absence, is_denied
from symbolicate.symbols.candidates import Candidate
from symbolicate.symbols.layouts import breakpad
from symbolicate.symbols.module_line import module_line
from symbolicate.symbols.resolution import Offer
from symbolicate.symbols.sources.debug_files import DebugFiles
from symbolicate.symbols.sources.deprecated import FindMixin
from symbolicate.symbols.sources.id_folders import IdFolders

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from symbolicate.symbols.fetching.fetcher import Fetcher
    from symbolicate.symbols.resolution import UnwindOffer, Wanted
    from symbolicate.symbols.sources.exact_paths import ExactPaths

__all__ = ["DirectorySource"]

# How many heads of files are read to find a code id under another name: the layout has no folders for those.
_HEADS = 2000


class DirectorySource(FindMixin):
    """A folder with symbols in it. May be used by many threads.

    Args:
        root: the folder.
        debug_files: whether there may be debug information files in it, at any depth.
        fetcher: keeps what has to be unpacked; None to leave compressed files alone.
    """

    def __init__(
        self, root: str | os.PathLike[str], *, debug_files: bool = True, fetcher: Fetcher | None = None
    ) -> None:
        self.root = os.fspath(root)
        # Two threads may read the same heads at first; what they find is the same.
        self._lock = Lock()
        self._listings: dict[str, dict[str, list[str]]] = {}
        self._flat: list[Offer] | None = None
        self._heads: list[Offer] | None = None
        self._denied: list[str] = []
        self._ids = IdFolders(self.root)
        self._debug_files = DebugFiles(self.root) if debug_files else None
        self._fetcher = fetcher

    def __repr__(self) -> str:
        return f"DirectorySource({self.root!r})"

    @property
    def name(self) -> str:
        """The path of the folder."""
        return self.root

    def candidates(self, wanted: Wanted) -> Iterator[Offer | Candidate]:
        """Offer files for this module, the likeliest first, and report each path in the layout without a file."""
        seen: set[str] = set()
        for one in self._texts(wanted):
            seen.add(_place(one))
            yield one
        if not any(offer.line is not None and wanted.is_of(offer.line) for offer in self._flat_files()):
            yield from map(self._refused, self._denied)  # any of these may be the file
        for more in self._others(wanted):
            for one in more.candidates(wanted):
                if more is self._debug_files or _place(one) not in seen:
                    seen.add(_place(one))
                    yield one

    def symbol_files(self, wanted: Wanted) -> Iterator[Offer]:
        """Offer the symbol files for this module, the likeliest first."""
        yield from (one for one in self._texts(wanted) if isinstance(one, Offer))

    def _texts(self, wanted: Wanted) -> Iterator[Offer | Candidate]:
        identifier = ids.debug_id(wanted.debug_id)
        seen: set[str] = set()
        for parts in breakpad.paths(wanted, "symbol file"):
            found = list(self._matching(parts))
            seen.update(found)
            yield from map(Offer, found)
            if not found:
                path = os.path.join(self.root, *parts)
                seen.add(path)
                yield Candidate(path, self.name, *(absence(path) or ("missing", "")))
        others = self._of_image(wanted) if identifier is None else self._of_id(wanted, identifier)
        for offer in others:
            if offer.path not in seen:
                seen.add(offer.path)
                yield offer

    def unwind_files(self, wanted: Wanted) -> Iterator[UnwindOffer]:
        """Offer the files with unwind tables of this build, binaries first."""
        for more in self._others(wanted):
            found = list(more.unwind_files(wanted))
            yield from found
            if found:
                return

    def _others(self, wanted: Wanted) -> Iterator[DebugFiles | ExactPaths]:
        """Where files are that are no symbol files in the usual places."""
        if self._debug_files is not None:
            yield self._debug_files
        if self._fetcher is not None and not self._has_only_texts(wanted):
            from symbolicate.symbols.sources.exact_paths import ExactPaths

            yield ExactPaths(self.root, self._fetcher)

    def _has_only_texts(self, wanted: Wanted) -> bool:
        """Whether no layout has anything of a module here that is not offered as a symbol file.

        A folder in Breakpad layout usually has symbol files in text alone, and to load all layouts and make their paths
        takes longer than a report.
        """
        # The path of a binary ends with its name.
        is_called_text = any(name.lower().endswith(".sym") for name in (wanted.debug_file, wanted.code_file))
        return self._debug_files is not None and not is_called_text and self._debug_files.has_only_texts()

    def refresh(self) -> None:
        """List the folder again when it is next needed."""
        with self._lock:
            self._listings = {}
            self._flat = self._heads = None
            self._denied = []
            self._ids = IdFolders(self.root)
        if self._debug_files is not None:
            self._debug_files.refresh()

    def _refused(self, path: str) -> Candidate:
        return Candidate(path, self.name, "refused", PERMISSION_DENIED)

    def _of_id(self, wanted: Wanted, identifier: str) -> Iterator[Offer]:
        """Files of a debug id under any name."""
        flat = (offer for offer in self._flat_files() if offer.line is not None and offer.line.debug_id == identifier)
        yield from _by_distance(wanted, [*map(_named, flat), *self._in_folders([identifier])])

    def _of_image(self, wanted: Wanted) -> Iterator[Offer]:
        """Files of a code id: a module in a dump may have no debug id, for example without a CodeView record."""
        flat = (offer for offer in self._flat_files() if offer.line is not None and wanted.is_of_image(offer.line))
        known = [wanted.code_id, *ids.debug_ids_of_code(wanted.code_id)]
        yield from _by_distance(wanted, [*map(_named, flat), *self._in_folders(known)])
        for name in breakpad.debug_files_of(wanted.code_file):
            for folder in self._listing(self.root).get(name, []):
                yield from (offer for offer in map(_head, self._below(folder)) if _is_of_image(offer, wanted))
        yield from (offer for offer in self._some_heads() if _is_of_image(offer, wanted))

    def _in_folders(self, ids: Iterable[str]) -> Iterator[tuple[str, Offer]]:
        """The files in the folders of these ids, each with the name that it has there."""
        for identifier in ids:
            for name, folder in self._ids.find(identifier):
                # Where there are several, the one that is named after its folder.
                usual = {file.lower() for file in breakpad.sym_names(name)}
                files = sorted(self._files(folder), key=lambda path: os.path.basename(path).lower() not in usual)
                yield from ((name, Offer(path)) for path in files)

    def search(self, text: str) -> Iterator[str]:
        """Every file under this folder whose id or debug file is `text`."""
        plain, found = names.plain_name(text), dict[str, None]()
        for folder in self._names(self.root):
            if names.plain_name(folder) == plain:
                found.update(dict.fromkeys(self._below(folder)))
        found.update((offer.path, None) for _, offer in self._in_folders([text]))
        flat = (offer for offer in self._flat_files() if offer.line is not None and offer.line.is_called(text))
        found.update((offer.path, None) for offer in flat)
        yield from found
        if self._debug_files is not None:
            yield from self._debug_files.search(text)

    def _below(self, name: str) -> Iterator[str]:
        """The symbol files of every id of one debug file."""
        folder = os.path.join(self.root, name)
        for identifier in self._names(folder):
            yield from self._files(os.path.join(folder, identifier))

    def _files(self, folder: str) -> Iterator[str]:
        """The symbol files lying in a folder."""
        yield from (os.path.join(folder, name) for name in self._names(folder) if name.lower().endswith(".sym"))

    def _matching(self, parts: Sequence[str]) -> Iterator[str]:
        """The file at this path; if it is missing, files at this path in other case."""
        exact = os.path.join(self.root, *parts)
        if os.path.isfile(exact):
            yield exact
            return
        found = [self.root]
        for part in parts:
            found = [
                os.path.join(folder, name) for folder in found for name in self._listing(folder).get(part.lower(), [])
            ]
        yield from (path for path in found if os.path.isfile(path))

    def _listing(self, folder: str) -> dict[str, list[str]]:
        """The names in a folder by their lower case."""
        with self._lock:
            listing = self._listings.get(folder)
            if listing is None:
                listing = {}
                try:
                    for name in sorted(os.listdir(folder)):
                        listing.setdefault(name.lower(), []).append(name)
                except OSError:
                    pass  # no folder, no names
                self._listings[folder] = listing
            return listing

    def _names(self, folder: str) -> list[str]:
        return [name for names in self._listing(folder).values() for name in names]

    def _flat_files(self) -> list[Offer]:
        """The symbol files lying in the folder itself, with their heads."""
        if self._flat is None:
            offers = [_head(path) for path in self._files(self.root)]
            self._denied = [offer.path for offer in offers if offer.line is None and is_denied(offer.path)]
            self._flat = [offer for offer in offers if offer.line is not None]
        return self._flat

    def _some_heads(self) -> list[Offer]:
        """The heads of files in Breakpad layout, up to a number of them."""
        if self._heads is None:
            folders = islice(self._ids.folders(), _HEADS)
            files = islice((path for folder in folders for path in self._files(folder)), _HEADS)
            self._heads = [_head(path) for path in files]
        return self._heads


def _place(one: Offer | Candidate) -> str:
    return one.path if isinstance(one, Offer) else one.location


def _head(path: str) -> Offer:
    return Offer(path, module_line(path))


def _named(offer: Offer) -> tuple[str, Offer]:
    return (offer.line.debug_file if offer.line is not None else "", offer)


def _is_of_image(offer: Offer, wanted: Wanted) -> bool:
    return offer.line is not None and wanted.is_of_image(offer.line)


def _by_distance(wanted: Wanted, named: Iterable[tuple[str, Offer]]) -> Iterator[Offer]:
    """The offers, the nearest name first."""
    yield from (offer for _, offer in sorted(named, key=lambda one: (wanted.distance(one[0]), one[0], one[1].path)))
