"""The layout of debuginfod, the server of ELF files of Linux distributions.

    buildid/<build id>/debuginfo
    buildid/<build id>/executable
    buildid/<build id>/section/<name of a section>
    buildid/<build id>/source/<path of a source file>

All digits are in lower case. Source: debuginfod(8) of elfutils, "WEBAPI".
"""

from __future__ import annotations

from symbolicate.record import Record
from symbolicate.symbols.layouts.identity import build_id, is_build_id
from symbolicate.symbols.layouts.layout import Request
from symbolicate.symbols.resolution import Wanted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from symbolicate.symbols.layouts.layout import FileKind, Parts

__all__ = ["SectionRequest", "SourceRequest", "paths", "request", "section_request", "source_path", "source_request"]

_PARTS, _PARTS_OF_SECTION = 3, 4
_KINDS: dict[str, FileKind] = {"debuginfo": "debug file", "executable": "binary"}


class SectionRequest(Record):
    """A section that a client asks a server for.

    Attributes:
        files: the files that may have its bytes.
        name: its name.
    """

    files: tuple[Request, ...]
    name: str


class SourceRequest(Record):
    """A source file that a client asks a server for.

    Attributes:
        wanted: the module.
        path: the path that debug information has.
    """

    wanted: Wanted
    path: str


def paths(wanted: Wanted, kind: FileKind) -> tuple[Parts, ...]:
    """The paths of a module's file."""
    own = build_id(wanted)
    if own is None or kind == "symbol file":
        return ()
    return (("buildid", own, "debuginfo" if kind == "debug file" else "executable"),)


def request(path: Parts) -> Request | None:
    """The file that a path asks for."""
    if len(path) != _PARTS or path[0] != "buildid" or not is_build_id(path[1]):
        return None
    kind = _KINDS.get(path[2])
    return Request(kind, Wanted("", "", "", path[1].lower())) if kind is not None else None


def section_request(path: Parts) -> SectionRequest | None:
    """The section that a path asks for; None if it does not ask for one."""
    if len(path) != _PARTS_OF_SECTION or path[0] != "buildid" or path[2] != "section" or not is_build_id(path[1]):
        return None
    wanted = Wanted("", "", "", path[1].lower())
    # Sections with addresses have their bytes in the binary alone.
    return SectionRequest((Request("debug file", wanted), Request("binary", wanted)), path[3])


def source_request(path: Parts) -> SourceRequest | None:
    """The source file that a path asks for; None if it does not ask for one."""
    if len(path) < _PARTS_OF_SECTION or path[0] != "buildid" or path[2] != "source" or not is_build_id(path[1]):
        return None
    return SourceRequest(Wanted("", "", "", path[1].lower()), "/" + "/".join(path[3:]))


def source_path(wanted: Wanted, file: str) -> Parts | None:
    """The path of a source file of a module; None for a path that is not absolute, or has `..` in it."""
    own = build_id(wanted)
    parts = file.split("/")
    if own is None or parts[0] or "\0" in file or any(part in {"", ".", ".."} for part in parts[1:]):
        return None
    return ("buildid", own, "source", *parts[1:])
