"""Opens the files that sources offer, with what is made of them once for each version and kept in the store.

If the store cannot be written, it is made in memory: the result is the same and takes longer.
"""

from __future__ import annotations

import os

from symbolicate.cores import usable_cores
from symbolicate.errors import SymbolFileError
from symbolicate.locks import Permits
from symbolicate.symbols.acceptance import has_symbols, identity, open_in_memory
from symbolicate.symbols.access import absence
from symbolicate.symbols.deadline import OVER, left
from symbolicate.symbols.layouts import local_store
from symbolicate.symbols.module_line import module_line
from symbolicate.symbols.text_encoding import text_encoding, transcode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from symbolicate._native import SymbolFile, UnwindTables
    from symbolicate.symbols.candidates import CandidateOutcome
    from symbolicate.symbols.layouts.local_store import StorePaths
    from symbolicate.symbols.resolution import Offer, UnwindOffer, Wanted
    from symbolicate.symbols.store.debug_file_in_part import DebugFileInPart

__all__ = ["Indexes"]


class Indexes:
    """The indexes of a store. May be used by many threads and processes.

    Args:
        paths: the files of the store.
    """

    def __init__(self, paths: StorePaths) -> None:
        self._paths = paths
        # Many threads wait for servers; no more than there are cores make indexes, each of which needs memory.
        self._opening = Permits(usable_cores())

    def open_offer(self, offer: Offer, wanted: Wanted) -> tuple[CandidateOutcome, str, SymbolFile | None]:
        """Open an offered file.

        Returns:
            Its outcome and detail as a candidate; and the symbols, if they are of this module.
        """
        absent = absence(offer.path)
        if absent is not None:
            return (*absent, None)
        with self._opening:
            return self._read(offer, wanted)

    def in_part(self, offer: Offer, wanted: Wanted) -> DebugFileInPart | None:
        """An offered file as one that is read in part, if it is a large one that this store uses for the first time.

        The next process finds the mark of that, and makes the index.
        """
        debug = offer.debug
        if debug is None or debug.debug_info is None or offer.line is None or not wanted.is_of(offer.line):
            return None
        from symbolicate.symbols.store.debug_file_in_part import LARGE, DebugFileInPart, write_mark

        try:
            index, mark = (
                self._paths.made_of(debug, suffix, left()) for suffix in (local_store.INDEX, local_store.FIRST_USE)
            )
            if os.path.getsize(offer.path) < LARGE or os.path.exists(index) or os.path.exists(mark):
                return None
            with self._opening:
                inlines = debug.survey(left())
            if inlines is None:
                return None
            found = DebugFileInPart(debug, inlines=inlines)
            if found.extended() is None:
                return None
        except (SymbolFileError, OSError):
            return None  # it is opened as a whole, which says what is wrong, or that the time is over
        write_mark(self._writable(mark))
        return found

    def _read(self, offer: Offer, wanted: Wanted) -> tuple[CandidateOutcome, str, SymbolFile | None]:
        line = offer.line or module_line(offer.path)
        if line is not None and not wanted.is_of(line):
            return "mismatched", line.debug_id or line.code_id, None
        name, identifier = (wanted.debug_file, wanted.debug_id) if line is None else (line.debug_file, line.debug_id)
        try:
            if offer.debug is not None:
                path = self._writable(self._paths.made_of(offer.debug, local_store.INDEX, left()))
                symbols = offer.debug.open_or_build(path, left())
            elif encoding := line.encoding if line is not None else text_encoding(offer.path):
                symbols = self._open_utf16(offer.path, encoding, name, identifier)
            else:
                symbols = self.open_text(offer.path, name, identifier, offer.index)
        except TimeoutError:
            return "timed out", OVER, None
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

    def open_text(self, path: str, name: str, identifier: str, index: str = "") -> SymbolFile:
        """Open a symbol file in UTF-8.

        Args:
            path: the file.
            name: the debug file of its module, for the name of the index.
            identifier: its id, for the name of the index.
            index: the path of the index, if it does not belong into the store's folder.

        Raises:
            SymbolFileError: it cannot be read.
            TimeoutError: the time of the report was over before its index was built.
        """
        from symbolicate._native import SymbolFile

        return SymbolFile.open_or_build(path, self._writable(index or self._paths.index(name, identifier)), left())

    def open_unwind(self, offer: UnwindOffer) -> UnwindTables:
        """Map the stored form of offered unwind tables.

        Raises:
            SymbolFileError: they cannot be read.
            TimeoutError: the time of the report was over before.
        """
        from symbolicate._native import UnwindTables

        if offer.debug is None:
            return UnwindTables.open(offer.path, offer.location)
        path = self._writable(self._paths.made_of(offer.debug, local_store.UNWIND, left()))
        with self._opening:
            tables = offer.debug.open_or_build_unwind(path, left())
        if offer.name:  # reports have its address, and not its path in the cache
            try:
                return UnwindTables.open(path, offer.name)
            except (SymbolFileError, OSError):
                pass  # the store cannot be written
        return tables

    def _open_utf16(self, path: str, encoding: str, name: str, identifier: str) -> SymbolFile:
        """A symbol file in UTF-16, transcoded once for each version of it; in memory if the text cannot be kept."""
        from symbolicate._native import SymbolFile

        try:
            about = os.stat(path)
            version = f"{encoding}.{about.st_size:x}.{about.st_mtime_ns:x}"
            text = self._paths.converted_text(name, identifier, version)
            if not os.path.isfile(text):
                os.makedirs(os.path.dirname(text), exist_ok=True)
                transcode(path, text, encoding)
            return SymbolFile.open_or_build(text, local_store.index_of(text), left())
        except TimeoutError:
            raise
        except OSError:
            return open_in_memory(path)

    @staticmethod
    def _writable(path: str) -> str:
        """The path, whose folder is there now if the store can be written."""
        folder = os.path.dirname(path)
        if not os.path.isdir(folder):
            import contextlib

            with contextlib.suppress(OSError):  # then what is made is kept in memory
                os.makedirs(folder, exist_ok=True)
        return path
