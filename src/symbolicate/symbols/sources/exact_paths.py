"""Files of a folder that headers do not show: where a layout puts them, compressed or without a suffix.

A folder is searched by the ids in its files. That does not find the compressed files of SymStore (`app.pd_`) and the
symbol files of the unified layout (`ab/cdef…/breakpad`), nor files of a folder that is too large to be listed. They are
looked up at the paths that layouts give. What is compressed is unpacked into the cache of fetched files.
"""

from __future__ import annotations

import os

from symbolicate.record import Record
from symbolicate.symbols.candidates import Candidate
from symbolicate.symbols.fetching.fetcher import Fetched
from symbolicate.symbols.layouts import symstore
from symbolicate.symbols.layouts.table import LAYOUTS
from symbolicate.symbols.sources.remote import RemoteSource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from symbolicate.symbols.candidates import CandidateOutcome
    from symbolicate.symbols.fetching.fetcher import Fetcher
    from symbolicate.symbols.fetching.partial import Partial
    from symbolicate.symbols.layouts.layout import FileKind, Parts
    from symbolicate.symbols.resolution import Offer, UnwindOffer, Wanted

__all__ = ["ExactPaths"]


class ExactPaths:
    """The files of a folder at the paths of all layouts. May be used by many threads.

    Args:
        root: the folder.
        fetcher: keeps what is unpacked.
    """

    def __init__(self, root: str, fetcher: Fetcher) -> None:
        self._folder = _Folder(root, fetcher)
        self._source = RemoteSource(self._folder, tuple(LAYOUTS))

    def candidates(self, wanted: Wanted) -> Iterator[Offer | Candidate]:
        """Offer the files of a module, and name those that cannot be used; paths without a file are not named."""
        return (one for one in self._source.candidates(wanted) if not _is_nothing(one))

    def unwind_files(self, wanted: Wanted) -> Iterator[UnwindOffer]:
        """Offer the files with unwind tables of a module, its binary first."""
        return self._source.unwind_files(wanted)

    def files(self, wanted: Wanted, kind: FileKind) -> Iterator[str]:
        """The files at the places of a file of this kind in all layouts, compressed ones unpacked; none is opened."""
        for layout in LAYOUTS.values():
            for path in layout.paths(wanted, kind):
                packed = symstore.compressed(path) if layout.compressed else None
                for one in (path,) if packed is None else (path, packed):
                    if found := self._folder.fetch(one).path:
                        yield found


def _is_nothing(one: Offer | Candidate) -> bool:
    return isinstance(one, Candidate) and one.outcome == "missing" and not one.detail


class _Folder:
    """A folder with the interface of a server. Its files are used where they are, unless they are compressed."""

    parallel = 1

    def __init__(self, root: str, fetcher: Fetcher) -> None:
        self.name = root
        self._fetcher = fetcher

    def shown(self, path: Parts) -> str:
        """The path of a file."""
        return os.path.join(self.name, *path)

    def fetch(self, path: Parts) -> Fetched:
        """A file, at hand or with the reason why not."""
        file = self.shown(path)
        try:
            if not os.path.isfile(file):
                return Fetched("", "missing")
            from symbolicate.symbols.archives import is_archive  # loads the readers of all kinds of archives

            return self._fetcher.fetch(_Packed.of(file)) if is_archive(file) else Fetched(file)
        except (OSError, ValueError):  # a name that the system does not take
            return Fetched("", "missing")

    def reject(self, path: Parts, outcome: CandidateOutcome, detail: str) -> None:
        """Nothing: a file of somebody's folder is not removed, and looking at it again costs little."""


class _Packed(Record):
    """A compressed file of a folder, as something to fetch.

    Attributes:
        path: its path.
        key: the path with the version of the file.
    """

    path: str
    key: str
    server: str = "local"
    is_local: bool = True

    @classmethod
    def of(cls, path: str) -> _Packed:
        about = os.stat(path)
        return cls(path, f"{os.path.realpath(path)}:{about.st_size}:{about.st_mtime_ns}")

    @property
    def name(self) -> str:
        """The name of the file."""
        return os.path.basename(self.path)

    def fetch(self, _: Fetcher, part: Partial, ends: float) -> None:  # noqa: ARG002 - of the interface
        """Copy it.

        Raises:
            FetchError: it cannot be read.
        """
        import shutil

        from symbolicate.symbols.fetching.failure import FetchError

        part.restart()
        try:
            part.expect(os.path.getsize(self.path))
            with open(self.path, "rb") as file:
                shutil.copyfileobj(file, part.stream)
        except OSError as error:
            raise FetchError("refused", (error.strerror or str(error)).lower()) from None
