"""Which files of a module are used: the search over all sources.

Its symbols are those of the file with the most, whatever source that is in: source lines before functions without
lines, a symbol table, and the names that a binary exports (see `content`); of equals the first. So a stripped library
does not hide its debug file in another folder. The search ends with the first file that has lines: later sources, which
are on a network, are not asked. Files without debug information are opened last, if nothing better was found.

Its unwind tables are searched by themselves: a binary has them, and not the debug file that has the names. Of each kind
the first is used, and the search ends when the binary and the file with the lines were found. A symbol file whose
symbols are not used may still give its unwind rules. Sources on a network are asked if there is neither.
"""

from __future__ import annotations

from symbolicate.errors import SymbolFileError
from symbolicate.record import replace
from symbolicate.symbols import ids
from symbolicate.symbols.acceptance import has_rules
from symbolicate.symbols.access import absence
from symbolicate.symbols.candidates import Candidate
from symbolicate.symbols.content import LINES, rank
from symbolicate.symbols.deadline import OVER
from symbolicate.symbols.resolution import Offer, Resolution
from symbolicate.symbols.sources.opening import is_remote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from symbolicate._native import SymbolFile, UnwindTables
    from symbolicate.symbols.candidates import CandidateOutcome
    from symbolicate.symbols.resolution import FileInPart, UnwindOffer, Wanted
    from symbolicate.symbols.sources.source import Source
    from symbolicate.symbols.store.indexes import Indexes

__all__ = ["look_for", "promising"]

_NOT_OPENED = "no debug information"


def look_for(wanted: Wanted, sources: Sequence[Source], indexes: Indexes, *, in_part: bool = False) -> Resolution:
    """Search the symbols and unwind tables of a module.

    Args:
        wanted: the module.
        sources: where, in order.
        indexes: open what the sources offer.
        in_part: whether a large file may be read in part.
    """
    if ids.debug_id(wanted.debug_id) is None and not wanted.code_id:
        return Resolution()
    symbols = _SymbolSearch(wanted, indexes, in_part=in_part)
    symbols.search(sources)
    found = symbols.result()
    unwind = _UnwindSearch(wanted, indexes)
    local = [source for source in sources if not is_remote(source)]
    unwind.search(local, symbols.with_lines)
    if found.symbols is None or not has_rules(found.symbols.counts):
        unwind.search_texts(local)
        if not unwind.found:
            unwind.search([source for source in sources if is_remote(source)], None)
    return replace(found, unwind=tuple(unwind.found), unwind_candidates=tuple(unwind.candidates))


def promising(wanted: Wanted, source: Source) -> Offer | None:
    """The first file of a source that may have lines, without opening it: it is the one that is used, if it has."""
    for one in source.candidates(wanted):
        if not isinstance(one, Offer) or one.at_most < LINES or absence(one.path):
            continue
        if one.line is None or wanted.is_of(one.line):
            return one
    return None


class _SymbolSearch:
    """What was looked at for symbols, and the best of it."""

    def __init__(self, wanted: Wanted, indexes: Indexes, *, in_part: bool) -> None:
        self._wanted = wanted
        self._indexes = indexes
        self._may_be_in_part = in_part
        self._candidates: list[Candidate] = []
        self._opened: dict[int, SymbolFile] = {}
        self._in_part: dict[int, FileInPart] = {}
        self._waiting: list[tuple[int, Offer]] = []
        self._decisive: int | None = None
        # The number of the source with the first file that has lines.
        self.with_lines: int | None = None

    def search(self, sources: Sequence[Source]) -> None:
        """Ask the sources in order until one has lines."""
        for number, source in enumerate(sources):
            if self._ask(source):
                self.with_lines = number
                return
        for position, offer in sorted(self._waiting, key=lambda one: (-one[1].at_most, one[0])):
            best = self._best()
            if best is None or (offer.at_most, -position) > (rank(self._opened[best].content), -best):
                self._open(position, offer, self._candidates[position].source)

    def result(self) -> Resolution:
        """The symbols with the candidates, in the order in which they were offered."""
        best = self._best()
        for position, symbols in self._opened.items():
            if position != best:
                shown = replace(self._candidates[position], outcome="unused", detail=symbols.content)
                self._candidates[position] = shown
        used = None if best is None else self._opened[best]
        if best is None:
            return Resolution(None, tuple(self._candidates), self._decisive)
        return Resolution(used, tuple(self._candidates), best, in_part=self._in_part.get(best))

    def _best(self) -> int | None:
        return max(self._opened, key=lambda position: (rank(self._opened[position].content), -position), default=None)

    def _ask(self, source: Source) -> bool:
        """Look at what a source has; whether that has lines."""
        for one in self._offered(source):
            position = len(self._candidates)
            if isinstance(one, Candidate):
                self._candidates.append(one)
                if one.outcome == "malformed":
                    self._decides(position)
                continue
            self._candidates.append(Candidate(one.location, source.name, "unused", _NOT_OPENED))
            if one.at_most < LINES and one.line is not None and self._wanted.is_of(one.line):
                self._waiting.append((position, one))
                continue
            symbols = self._open(position, one, source.name)
            if symbols is not None and rank(symbols.content) == LINES:
                return True
            if symbols is not None and one.is_best:
                break
        return False

    def _offered(self, source: Source) -> Iterator[Offer | Candidate]:
        in_part: Callable[[Wanted], Iterator[Offer | Candidate]] | None = getattr(source, "candidates_in_part", None)
        return source.candidates(self._wanted) if in_part is None or not self._may_be_in_part else in_part(self._wanted)

    def _open(self, position: int, offer: Offer, source: str) -> SymbolFile | None:
        file = offer.in_part
        if file is None and self._may_be_in_part:
            file = self._indexes.in_part(offer, self._wanted)
        if file is None:
            outcome, detail, symbols = self._indexes.open_offer(offer, self._wanted)
        else:
            outcome, detail, symbols = _open_in_part(file)
            self._in_part[position] = file
        self._candidates[position] = Candidate(offer.location, source, outcome, detail)
        if symbols is not None:
            self._opened[position] = symbols
        elif outcome in {"mismatched", "malformed"}:
            self._decides(position)
        return symbols

    def _decides(self, position: int) -> None:
        if self._decisive is None or position < self._decisive:
            self._decisive = position


def _open_in_part(file: FileInPart) -> tuple[CandidateOutcome, str, SymbolFile | None]:
    from symbolicate.symbols.fetching.failure import FetchError

    try:
        return "found", "", file.extended()
    except FetchError as error:
        return error.outcome, error.detail, None


class _UnwindSearch:
    """What was looked at for unwind tables, and of each kind the first."""

    def __init__(self, wanted: Wanted, indexes: Indexes) -> None:
        self._wanted = wanted
        self._indexes = indexes
        self._kinds: set[str] = set()
        self.found: list[UnwindTables] = []
        self.candidates: list[Candidate] = []

    def search(self, sources: Sequence[Source], with_lines: int | None) -> None:
        """Ask the sources in order until both halves of the module were found.

        Args:
            sources: the sources.
            with_lines: the number of the one whose file has lines: a debug file there may have tables, too. None if
                none of them has.
        """
        has_binary = False
        for number, source in enumerate(sources):
            if has_binary and with_lines is not None and number > with_lines:
                return
            for offer in _unwind_files(source, self._wanted):
                if offer.tables and self._kinds.issuperset(offer.tables):
                    continue
                try:
                    tables = self._indexes.open_unwind(offer)
                except TimeoutError:
                    self.candidates.append(Candidate(offer.location, source.name, "timed out", OVER))
                    continue
                except (SymbolFileError, OSError) as error:
                    self.candidates.append(Candidate(offer.location, source.name, "malformed", str(error)))
                    continue
                if not self._kinds.issuperset(tables.names):
                    self._use(tables, offer.location, source)
                    has_binary |= offer.of_binary

    def search_texts(self, sources: Sequence[Source]) -> None:
        """Use the rules of the first symbol file that has some."""
        from symbolicate._native import UnwindTables

        for source, offer in self._texts(sources):
            symbols = self._indexes.open_offer(offer, self._wanted)[2]
            if symbols is not None and has_rules(symbols.counts):
                self._use(UnwindTables.of_symbols(symbols, offer.location), offer.location, source)
                return

    def _texts(self, sources: Sequence[Source]) -> Iterator[tuple[Source, Offer]]:
        for source in sources:
            if (symbol_files := getattr(source, "symbol_files", None)) is not None:
                yield from ((source, offer) for offer in symbol_files(self._wanted))

    def _use(self, tables: UnwindTables, location: str, source: Source) -> None:
        self.found.append(tables)
        self._kinds.update(tables.names)
        self.candidates.append(Candidate(location, source.name, "found"))


def _unwind_files(source: Source, wanted: Wanted) -> Iterable[UnwindOffer]:
    """The files with unwind tables of a source, if it is an `UnwindSource`."""
    unwind_files: Callable[[Wanted], Iterable[UnwindOffer]] | None = getattr(source, "unwind_files", None)
    return unwind_files(wanted) if unwind_files is not None else ()
