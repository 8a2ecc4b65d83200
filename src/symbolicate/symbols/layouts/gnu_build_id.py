"""The layout of debug files of Linux distributions, by build id, which gdb and elfutils read.

    .build-id/ab/cdef….debug    the debug file
    .build-id/ab/cdef…          the program or library

All digits are in lower case. Source: the manual of gdb, "Debugging Information in Separate Files".
"""

from __future__ import annotations

from symbolicate.symbols.layouts.identity import build_id, is_build_id
from symbolicate.symbols.layouts.layout import Request
from symbolicate.symbols.resolution import Wanted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from symbolicate.symbols.layouts.layout import FileKind, Parts

__all__ = ["paths", "request"]

_PARTS = 3


def paths(wanted: Wanted, kind: FileKind) -> tuple[Parts, ...]:
    """The paths of a module's file."""
    own = build_id(wanted)
    if own is None or kind == "symbol file":
        return ()
    return ((".build-id", own[:2], own[2:] + (".debug" if kind == "debug file" else "")),)


def request(path: Parts) -> Request | None:
    """The file that a path asks for."""
    if len(path) != _PARTS or path[0] != ".build-id" or len(path[1]) != 2:  # noqa: PLR2004 - digits of a byte
        return None
    rest = path[2].removesuffix(".debug")
    own = (path[1] + rest).lower()
    kind: FileKind = "binary" if rest == path[2] else "debug file"
    return Request(kind, Wanted("", "", "", own)) if is_build_id(own) else None
