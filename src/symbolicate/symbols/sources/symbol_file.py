"""A single symbol file as a source of symbols."""

from __future__ import annotations

import os

from symbolicate.symbols import names
from symbolicate.symbols.access import absence
from symbolicate.symbols.candidates import Candidate
from symbolicate.symbols.module_line import module_line
from symbolicate.symbols.resolution import Offer
from symbolicate.symbols.sources.deprecated import FindMixin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from symbolicate.symbols.resolution import Wanted

__all__ = ["FileSource"]


class FileSource(FindMixin):
    """One symbol file, for the module that its MODULE line names."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self._line = module_line(self.path)

    def __repr__(self) -> str:
        return f"FileSource({self.path!r})"

    @property
    def name(self) -> str:
        """The path of the file."""
        return self.path

    def candidates(self, wanted: Wanted) -> Iterator[Offer | Candidate]:
        """Offer the file if it is of this build, and for a module of the same name so that a mismatch is reported."""
        line = self._line
        named = names.leaf(wanted.debug_file).lower()
        if line is not None and (wanted.is_of(line) or line.debug_file.lower() == named):
            yield Offer(self.path, line)
        else:
            yield Candidate(self.path, self.name, *(absence(self.path) or ("missing", "")))

    def symbol_files(self, wanted: Wanted) -> Iterator[Offer]:
        """Offer the file if it is of this build."""
        if self._line is not None and wanted.is_of(self._line):
            yield Offer(self.path, self._line)

    def search(self, text: str) -> Iterator[str]:
        """The file itself if it has this id or debug file."""
        if self._line is not None and self._line.is_called(text):
            yield self.path
