"""The unified layout, which Sentry's `symsorter` writes, for files of every format.

    ab/cdef…/executable
    ab/cdef…/debuginfo
    ab/cdef…/breakpad      Breakpad's text

The id is the debug id of PE files and PDBs, the build id of ELF files, the UUID of Mach-O files; all digits are in
lower case. Source: the documentation of symbolicator, "Unified Symbol Server Layout".
"""

from __future__ import annotations

from symbolicate.symbols import ids
from symbolicate.symbols.layouts.identity import build_id, is_build_id, is_hex, pdb_id, uuid
from symbolicate.symbols.layouts.layout import Request
from symbolicate.symbols.resolution import Wanted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from symbolicate.symbols.layouts.layout import FileKind, Parts

__all__ = ["FILES", "paths", "request"]

_PARTS = 3

FILES: dict[FileKind, str] = {"symbol file": "breakpad", "debug file": "debuginfo", "binary": "executable"}
"""What a file is called in the folder of its id."""

_KINDS = {name: kind for kind, name in FILES.items()}


def paths(wanted: Wanted, kind: FileKind) -> tuple[Parts, ...]:
    """The paths of a module's file."""
    if pdb_id(wanted) is not None:
        known = [(ids.debug_id(wanted.debug_id) or "").lower()]
    else:
        known = [own for own in (build_id(wanted), uuid(wanted)) if own is not None]
    return tuple((own[:2], own[2:], FILES[kind]) for own in dict.fromkeys(known))


def request(path: Parts) -> Request | None:
    """The file that a path asks for. A UUID and a build id of 16 bytes look the same: each is a code id."""
    kind = _KINDS.get(path[-1])
    if len(path) != _PARTS or kind is None or len(path[0]) != 2:  # noqa: PLR2004 - digits of a byte
        return None
    own = (path[0] + path[1]).lower()
    if is_build_id(own):
        return Request(kind, Wanted("", "", "", own))
    known = ids.debug_id(own) if is_hex(own) else None
    return Request(kind, Wanted("", known)) if known is not None else None
