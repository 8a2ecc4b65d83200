"""A module whose symbols are looked for, the files that sources offer for it, and the result of the search."""

from __future__ import annotations

from symbolicate.record import Record
from symbolicate.symbols import ids, names
from symbolicate.symbols.acceptance import has_rules
from symbolicate.symbols.candidates import outcome_without_file, sentence
from symbolicate.symbols.content import LINES
from symbolicate.symbols.former_arguments import accepting_former_arguments

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Literal, Protocol, TypeAlias

    from symbolicate._native import DebugFile, SymbolFile, UnwindTables
    from symbolicate.symbols.candidates import Candidate, CandidateOutcome
    from symbolicate.symbols.module_line import ModuleLine

    class FileInPart(Protocol):
        """A file that is read in part.

        It is on a server, as `fetching.pdb_in_part.PdbInPart`, or has no index yet, as
        `store.debug_file_in_part.DebugFileInPart`.
        """

        def extended(self, addresses: Iterable[int] = ()) -> SymbolFile | None:
            """Symbols that answer for these addresses, relative to the module, and for all that were given before.

            None if the whole file is the better choice.

            Raises:
                FetchError: something cannot be fetched, or the whole file is better fetched.
            """
            ...


__all__ = ["Offer", "Resolution", "Status", "UnwindOffer", "Wanted"]

Status: TypeAlias = "Literal['loaded', 'missing', 'malformed', 'mismatch']"

# A code id of a PE file: eight digits of its time stamp and up to eight of its size.
_NO_TIME = "00000000"
_LONGEST_OF_PE = 16
# A GUID without an age. A build id of SHA-1 could be a GUID with an age of eight digits, which no compiler reaches.
_GUID_DIGITS, _BUILD_ID_DIGITS = 32, 40


class Wanted(Record):
    """A module whose symbols are looked for, as the crash names it; unknown parts are empty.

    Attributes:
        debug_file: file name of the debug file.
        debug_id: debug id, in any spelling.
        code_file: file name of the image.
        code_id: build id, or time stamp and size of the image.
    """

    debug_file: str
    debug_id: str
    code_file: str = ""
    code_id: str = ""

    @classmethod
    def named(cls, text: str) -> tuple[Wanted, ...]:
        """What `ID` or `NAME/ID` may mean: several where an id may be of two kinds, none for other texts."""
        name, _, identifier = text.rpartition("/")
        found = []
        is_guid_of_any_age = len(identifier.replace("-", "")) == _GUID_DIGITS
        if ids.debug_id(identifier) and not is_guid_of_any_age and len(identifier) < _BUILD_ID_DIGITS:
            found.append(cls(name, identifier, name))
        # A UUID, a build id, or the time stamp and the size of an image.
        identifier = identifier.replace("-", "") if is_guid_of_any_age else identifier
        if ids.is_code_id(identifier) and (not found or len(identifier) <= _LONGEST_OF_PE):
            found.append(cls(name, "", name, identifier.lower()))
        return tuple(found)

    def is_of(self, line: ModuleLine) -> bool:
        """Whether a symbol file with this head is of this very build."""
        known = ids.debug_id(self.debug_id)
        return line.debug_id == known if known is not None and line.debug_id else self.is_of_image(line)

    def is_of_image(self, line: ModuleLine) -> bool:
        """Whether the head names this very image, or, naming none, has the debug id that the image's build id gives."""
        if not self.code_id:
            return False
        if line.code_id:
            # Linkers that leave out the time of a PE file, as those of MinGW do, leave nothing of its build but a size.
            is_only_a_size = line.code_id.startswith(_NO_TIME) and len(line.code_id) <= _LONGEST_OF_PE
            return line.code_id == self.code_id.lower() and (not is_only_a_size or self.is_named(line.debug_file))
        return line.debug_id in ids.debug_ids_of_code(self.code_id)

    def distance(self, name: str) -> int:
        """How far the name of a symbol file's module is from this one's: 0 is the same.

        One id may be in several files, such as a library and its stripped copy: the nearest name is used.
        """
        own = self.debug_file or self.code_file
        if name == own:
            return 0
        if name.lower() == own.lower():
            return 1
        return 2 if self.is_named(name) else 3

    def is_named(self, name: str) -> bool:
        """Whether a name is the module's, but for what systems and tools add to it."""
        return names.plain_name(name) in {names.plain_name(self.debug_file), names.plain_name(self.code_file)}


class Offer(Record):
    """A symbol file that a source offers for a module. The store opens it and decides what becomes of it.

    Attributes:
        path: the file.
        line: its head, where the source has read it already.
        debug: the build in it, where it is a debug information file, which has to be converted.
        index: where its index belongs, if not into the store's own folder.
        name: what reports call it, if not by its path.
        at_most: the rank of the most that the file may have (see `content.rank`), as far as the source knows. It is not
            opened if another file has more.
        is_best: whether the source has nothing better, so that it is asked for no more if this file can be used.
        in_part: the file itself, if it is a PDB on a server that is read in part; it has no path then.
    """

    path: str
    line: ModuleLine | None = None
    debug: DebugFile | None = None
    index: str = ""
    name: str = ""
    at_most: int = LINES
    is_best: bool = False
    in_part: FileInPart | None = None

    @property
    def location(self) -> str:
        """What reports call it."""
        return self.name or self.path

    @property
    def shown(self) -> str:
        """Deprecated: use `location`."""
        import warnings

        warnings.warn("Offer.shown is deprecated: use location", DeprecationWarning, stacklevel=2)
        return self.location


class UnwindOffer(Record):
    """A file that a source offers for the unwind tables of a module.

    Attributes:
        path: the file: a stored form of the tables, or what they are in.
        debug: the build in it, where it is a binary or a debug information file.
        tables: the names of its tables, as far as the source knows them.
        index: where the stored form belongs, if not into the store's own folder.
        name: what reports call it, if not by its path.
        of_binary: whether it is, or was made from, the program or library as it runs.
    """

    path: str
    debug: DebugFile | None = None
    tables: tuple[str, ...] = ()
    index: str = ""
    name: str = ""
    of_binary: bool = False

    @property
    def location(self) -> str:
        """What reports call it."""
        return self.name or self.path


_STATUS: dict[CandidateOutcome, Status] = {"found": "loaded", "malformed": "malformed", "mismatched": "mismatch"}


@accepting_former_arguments
class Resolution(Record):
    """The result of the search for one module's symbols.

    Attributes:
        symbols: the opened file; None if nothing was found.
        candidates: every location looked at, in order.
        decisive: which of them the status is about, by its index: the one that is used, else the first file that is
            damaged, or was opened and is of another build. None if there was no file.
        unwind: the unwind tables of the module, in the order in which they are used: those of its binary, then those
            of its debug file, then the rules of a symbol file whose symbols are not used. They may come from other
            files than the symbols, and be there without symbols.
        unwind_candidates: every file that was opened for them, in order.
        in_part: the file that the symbols are a part of, if it is read in part. Only `SymbolStore.resolve_in_part` has
            such results.
    """

    symbols: SymbolFile | None = None
    candidates: tuple[Candidate, ...] = ()
    decisive: int | None = None
    unwind: tuple[UnwindTables, ...] = ()
    unwind_candidates: tuple[Candidate, ...] = ()
    in_part: FileInPart | None = None

    @property
    def status(self) -> Status:
        """What became of the symbols as a whole.

        `loaded`; `missing`, no source has a file; `malformed`, a file was found and cannot be used; `mismatch`, a file
        was found where it belongs and its MODULE line names another build.
        """
        return "missing" if self._decisive is None else _STATUS.get(self._decisive.outcome, "missing")

    @property
    def outcome(self) -> CandidateOutcome:
        """The same as one of the outcomes of candidates, as reports have it.

        It tells a source that has nothing from one that did not answer, see `outcome_without_file`.
        """
        if self.symbols is not None:
            return "found"
        if self._decisive is not None:
            return self._decisive.outcome
        return outcome_without_file(self.candidates)

    @property
    def is_complete(self) -> bool:
        """Whether there are symbols, and rules to unwind by: in tables, or in the symbols."""
        return self.symbols is not None and (bool(self.unwind) or has_rules(self.symbols.counts))

    @property
    def path(self) -> str:
        """The file that the status is about; empty without one."""
        return "" if self._decisive is None else self._decisive.location

    @property
    def detail(self) -> str:
        """The error of a malformed file, or the id found in a mismatched one."""
        return "" if self._decisive is None else self._decisive.detail

    @property
    def tried(self) -> tuple[str, ...]:
        """Deprecated: a sentence for each of the candidates that are not used."""
        import warnings

        warnings.warn("Resolution.tried is deprecated: use candidates", DeprecationWarning, stacklevel=2)
        return tuple(sentence(one) for one in self.candidates if one.outcome != "found")

    @property
    def _decisive(self) -> Candidate | None:
        return None if self.decisive is None else self.candidates[self.decisive]


def __getattr__(name: str) -> object:
    if name == "Place":
        import warnings

        warnings.warn("Place is deprecated: it is called Offer", DeprecationWarning, stacklevel=2)
        return Offer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
