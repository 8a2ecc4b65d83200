"""What a source of symbols is.

The store itself looks for the methods, as loading `typing` takes longer than a search in a folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from symbolicate.symbols.candidates import Candidate
    from symbolicate.symbols.resolution import Offer, UnwindOffer, Wanted

__all__ = ["FindSource", "Refreshable", "Source", "SourceInPart", "TextSource", "UnwindSource"]


@runtime_checkable
class Source(Protocol):
    """Something that may have the symbol file of a module.

    A source finds files; the store opens them and builds their indexes.
    """

    @property
    def name(self) -> str:
        """What candidates call the source: the path or address that was named for symbols."""
        ...

    def candidates(self, wanted: Wanted) -> Iterator[Offer | Candidate]:
        """The locations for a module, in the order of preference.

        Each is either a file that is offered, which the store opens and decides on, or a candidate whose outcome the
        source knows already, such as one that is missing. The store asks for no more of them once it has symbols with
        source lines: what is costly to find should come last, or in a later source.
        """
        ...

    def search(self, text: str) -> Iterator[str]:
        """Every symbol file here whose debug id or debug file is `text`, ignoring case."""
        ...


@runtime_checkable
class SourceInPart(Protocol):
    """A source whose large files may be read in part."""

    def candidates_in_part(self, wanted: Wanted) -> Iterator[Offer | Candidate]:
        """As `Source.candidates`; an offer may have a file that is read in part, see `Offer.in_part`."""
        ...


@runtime_checkable
class UnwindSource(Protocol):
    """A source that may also have the unwind tables of a module."""

    def unwind_files(self, wanted: Wanted) -> Iterator[UnwindOffer]:
        """The files that have unwind tables of this very build, binaries before debug information files.

        They are not asked for after an earlier source had the binary and the file with source lines.
        """
        ...


@runtime_checkable
class TextSource(Protocol):
    """A source that may have symbol files as text, whose unwind rules are used even if another file has the names."""

    def symbol_files(self, wanted: Wanted) -> Iterator[Offer]:
        """The symbol files of a module that are quick to find. Asked for if the symbols that are used have no rules."""
        ...


@runtime_checkable
class Refreshable(Protocol):
    """A source that remembers what it has seen."""

    def refresh(self) -> None:
        """Forget it, so that files that were added since are found."""
        ...


class FindSource(Protocol):
    """A source with the interface before candidates had fields; see `deprecated`."""

    def find(self, wanted: Wanted, tried: list[str]) -> Iterator[Offer]:
        """Offer files; append each location without a usable file to `tried`."""
        ...

    def search(self, text: str) -> Iterator[str]:
        """Every symbol file here whose debug id or debug file is `text`, ignoring case."""
        ...
