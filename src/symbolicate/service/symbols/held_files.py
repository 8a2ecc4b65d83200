"""What an upload holds, and whether all of it is stored with its files, so that its own bytes are not needed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from symbolicate.store import UploadEntry, content_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from symbolicate.store import SymbolFile
    from symbolicate.symbols.archives import Entry

__all__ = ["HeldFiles"]

# Property lists and relocations of dSYMs, and what is put beside symbols for people: nothing else is lost with them.
_PACKAGING = (".plist", ".yml", ".yaml", ".json", ".xml", ".txt", ".md", ".ds_store")


class HeldFiles:
    """The files of an upload, in the order in which they are extracted."""

    def __init__(self) -> None:
        self._entries: list[UploadEntry] = []
        self._is_all = True

    def add(self, entry: Entry) -> None:
        """Count a symbol file; it is still at its path."""
        self._entries.append(UploadEntry(entry.name, content_of(entry.path), entry.size))

    def skip(self, entry: Entry) -> None:
        """Count a file that could not be extracted, or is of no kind of symbol file."""
        self._is_all = self._is_all and not entry.error and entry.name.lower().endswith(_PACKAGING)

    def entries(self, delivered: str, files: Sequence[SymbolFile]) -> list[UploadEntry] | None:
        """The files, if each of them is stored unchanged; None if something is in the upload alone.

        Args:
            delivered: the path of the upload.
            files: the files that are stored.
        """
        entries = self._entries
        stored = {file.content for file in files}
        if not (entries and self._is_all and all(entry.content in stored for entry in entries)):
            return None
        is_no_archive = len(entries) == 1 and content_of(delivered) == entries[0].content
        return [replace(entries[0], name="")] if is_no_archive else entries
