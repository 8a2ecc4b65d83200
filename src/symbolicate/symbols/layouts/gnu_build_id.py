"""The layout of debug files of Linux distributions, by build id, which gdb and elfutils read.

    .build-id/ab/cdef….debug    the debug file
    .build-id/ab/cdef…          the program or library

All digits are in lower case. Source: the manual of gdb, "Debugging Information in Separate Files".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbolicate.symbols.layouts.identity import build_id

if TYPE_CHECKING:
    from symbolicate.symbols.layouts.layout import FileKind, Parts
    from symbolicate.symbols.resolution import Wanted

__all__ = ["paths"]


def paths(wanted: Wanted, kind: FileKind) -> tuple[Parts, ...]:
    """The paths of a module's file."""
    own = build_id(wanted)
    if own is None or kind == "symbol file":
        return ()
    return ((".build-id", own[:2], own[2:] + (".debug" if kind == "debug file" else "")),)
