"""What looking for a module's symbols came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from symbolicate._native import SymbolFile

__all__ = ["ModuleLine", "Place", "Resolution", "Status"]

Status = Literal["loaded", "missing", "malformed", "mismatch"]


@dataclass(frozen=True, slots=True)
class ModuleLine:
    """The first line of a symbol file: which build it describes."""

    debug_id: str
    debug_file: str


@dataclass(frozen=True, slots=True)
class Place:
    """A symbol file that a source offers for a module.

    Attributes:
        path: the file.
        line: its MODULE line, where the source has read it already.
    """

    path: str
    line: ModuleLine | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """The answer for one module.

    Attributes:
        status: `loaded`; `missing`, nobody has it; `malformed`, a file was found and cannot be read; `mismatch`, a file
            was found where it belongs and its MODULE line names another build.
        symbols: the opened file if loaded.
        path: the file the status is about.
        detail: the error of a malformed file, or the id found in a mismatched one.
        tried: the places looked at, in order.
    """

    status: Status
    symbols: SymbolFile | None = None
    path: str = ""
    detail: str = ""
    tried: tuple[str, ...] = ()
