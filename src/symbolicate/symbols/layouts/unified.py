"""The unified layout, which Sentry's `symsorter` writes, for files of every format.

    ab/cdef…/executable
    ab/cdef…/debuginfo
    ab/cdef…/breakpad      Breakpad's text

The id is the debug id of PE files and PDBs, the build id of ELF files, the UUID of Mach-O files; all digits are in
lower case. Source: the documentation of symbolicator, "Unified Symbol Server Layout".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbolicate.symbols import ids
from symbolicate.symbols.layouts.identity import build_id, pdb_id, uuid

if TYPE_CHECKING:
    from symbolicate.symbols.layouts.layout import FileKind, Parts
    from symbolicate.symbols.resolution import Wanted

__all__ = ["FILES", "paths"]

FILES: dict[FileKind, str] = {"symbol file": "breakpad", "debug file": "debuginfo", "binary": "executable"}
"""What a file is called in the folder of its id."""


def paths(wanted: Wanted, kind: FileKind) -> tuple[Parts, ...]:
    """The paths of a module's file."""
    if pdb_id(wanted) is not None:
        known = [(ids.debug_id(wanted.debug_id) or "").lower()]
    else:
        known = [own for own in (build_id(wanted), uuid(wanted)) if own is not None]
    return tuple((own[:2], own[2:], FILES[kind]) for own in dict.fromkeys(known))
