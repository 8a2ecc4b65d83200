"""What looking for a module's symbols came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from symbolicate.symbols import layout

if TYPE_CHECKING:
    from symbolicate._native import DebugFile, SymbolFile
    from symbolicate.symbols.module_line import ModuleLine

__all__ = ["Place", "Resolution", "Status", "Wanted"]

Status = Literal["loaded", "missing", "malformed", "mismatch"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A module whose symbols are looked for, as the dump names it; parts that it does not say are empty.

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

    def is_of(self, line: ModuleLine) -> bool:
        """Whether a symbol file with this head is of this very build."""
        known = layout.debug_id(self.debug_id)
        return line.debug_id == known if known is not None and line.debug_id else self.is_of_image(line)

    def is_of_image(self, line: ModuleLine) -> bool:
        """Whether the head names this very image, or, naming none, has the debug id that the image's build id gives."""
        if not self.code_id:
            return False
        if line.code_id:
            return line.code_id == self.code_id.lower()
        return line.debug_id in layout.debug_ids_of_code(self.code_id)

    def distance(self, name: str) -> int:
        """How far the name of a symbol file's module is from this one's: 0 is the same.

        One id may be in several files, such as a library and its stripped copy: the nearest name is used.
        """
        own = self.debug_file or self.code_file
        if name == own:
            return 0
        if name.lower() == own.lower():
            return 1
        plain = layout.plain_name(name)
        return 2 if plain in {layout.plain_name(self.debug_file), layout.plain_name(self.code_file)} else 3


@dataclass(frozen=True, slots=True)
class Place:
    """A symbol file that a source offers for a module.

    Attributes:
        path: the file.
        line: its head, where the source has read it already.
        debug: the build in it, where it is no symbol file but has to be converted into one.
        index: where its index belongs, if not into the store's own folder.
        name: what reports call it, if not by its path.
    """

    path: str
    line: ModuleLine | None = None
    debug: DebugFile | None = None
    index: str = ""
    name: str = ""

    @property
    def shown(self) -> str:
        """What reports call it."""
        return self.name or self.path


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
