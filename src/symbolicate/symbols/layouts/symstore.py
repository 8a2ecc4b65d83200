"""The layout of Microsoft's symbol servers, with one tier of folders and with two.

    <name>.pdb/<GUID><age>/<name>.pdb          GUID in upper case, age in lower case without leading zeros
    <name>.exe/<TIME STAMP><size>/<name>.exe   eight digits in upper case, the size in lower case
    <na>/<name>.pdb/…                          two tiers; a file `index2.txt` in the root says so

Names are spelled as the crash has them. Files may be compressed, which replaces the last character of their name by
`_`, or be elsewhere, which a file `file.ptr` beside them says. ELF and Mach-O files lie where SSQP puts them.

Source: Microsoft's documentation of SymStore, "SymStore Folder Tree" and "Using a Symbol Server".
"""

from __future__ import annotations

from symbolicate.symbols import ids
from symbolicate.symbols.layouts import ssqp
from symbolicate.symbols.layouts.identity import IMAGE_DIGITS, image_id, is_hex, pdb_id
from symbolicate.symbols.layouts.layout import Request
from symbolicate.symbols.names import is_plain, leaf
from symbolicate.symbols.resolution import Wanted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from symbolicate.symbols.layouts.layout import FileKind, Parts

__all__ = [
    "POINTER",
    "TWO_TIERS",
    "compressed",
    "paths",
    "paths_in_two_tiers",
    "pointer",
    "request",
    "request_in_two_tiers",
]

TWO_TIERS = "index2.txt"
"""The file in the root that says that there are two tiers."""
POINTER = "file.ptr"
"""The file that says where the file beside it is."""

_PARTS = 3


def paths(wanted: Wanted, kind: FileKind) -> tuple[Parts, ...]:
    """The paths of a module's file, in one tier."""
    found: list[Parts] = []
    if kind == "debug file" and (pdb := pdb_id(wanted)) is not None:
        found += _path(wanted.debug_file, pdb.signature + pdb.age)
    if kind == "binary" and (image := image_id(wanted)) is not None:
        found += _path(wanted.code_file, image.time + image.size)
    return (*found, *ssqp.other_paths(wanted, kind, lower=False))


def paths_in_two_tiers(wanted: Wanted, kind: FileKind) -> tuple[Parts, ...]:
    """The paths of a module's file, in two tiers: the first two characters of its folder's name are above it."""
    return tuple((tier, *path) for path in paths(wanted, kind) if is_plain(tier := path[0][:2].rstrip(".")))


def compressed(path: Parts) -> Parts | None:
    """Where the same file is if it is compressed; None for files that no tool compresses."""
    return None if _is_of_ssqp(path) else (*path[:-1], path[-1][:-1] + "_")


def request(path: Parts) -> Request | None:
    """The file that a path asks for, in one tier."""
    if len(path) != _PARTS or path[0].lower() != path[2].lower():
        return None
    name, identifier, _ = path
    if (other := ssqp.other_request(path)) is not None:
        return other
    if len(identifier) in IMAGE_DIGITS and is_hex(identifier) and not name.lower().endswith(".pdb"):
        return Request("binary", Wanted("", "", name, identifier))
    known = ids.debug_id(identifier) if is_hex(identifier) else None
    return Request("debug file", Wanted(name, known)) if known is not None else None


def request_in_two_tiers(path: Parts) -> Request | None:
    """The file that a path asks for, in two tiers."""
    inner = path[1:]
    is_tier = len(inner) == _PARTS and path[0].lower() == inner[0][:2].rstrip(".").lower()
    return request(inner) if is_tier else None


def pointer(path: Parts) -> Parts | None:
    """Where it is written where the file is; None for files that no tool writes that of."""
    return None if _is_of_ssqp(path) else (*path[:-1], POINTER)


def _is_of_ssqp(path: Parts) -> bool:
    """Whether it is the path of an ELF or Mach-O file, which SymStore does not know."""
    return path[-2].startswith(("elf-", "mach-"))


def _path(name: str, identifier: str) -> tuple[Parts, ...]:
    name = leaf(name)
    return ((name, identifier, name),) if is_plain(name) else ()
