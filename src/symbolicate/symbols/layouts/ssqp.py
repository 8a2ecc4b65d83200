"""The layout of the Simple Symbol Query Protocol, which .NET's symbol servers speak.

    <name>.pdb/<guid><age>/<name>.pdb              names and ids in lower case
    <name>.exe/<TIME STAMP><size>/<name>.exe       the time stamp in upper case
    <name>/elf-buildid-<build id>/<name>           an ELF file; the build id is padded with zeros to 20 bytes
    _.debug/elf-buildid-sym-<build id>/_.debug     its debug file
    <name>/mach-uuid-<uuid>/<name>                 a Mach-O file
    _.dwarf/mach-uuid-sym-<uuid>/_.dwarf           its debug file

Servers disagree on the case of digits above 9 in an age and in a time stamp, so both spellings are returned if they
differ.

Source: "SSQP Key Conventions", https://github.com/dotnet/symstore.
"""

from __future__ import annotations

from symbolicate.symbols.layouts.identity import UUID_DIGITS, build_id, image_id, is_build_id, is_hex, pdb_id, uuid
from symbolicate.symbols.layouts.layout import Request
from symbolicate.symbols.names import is_plain, leaf
from symbolicate.symbols.resolution import Wanted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from symbolicate.symbols.layouts.layout import FileKind, Parts

__all__ = ["other_paths", "other_request", "paths"]

# Digits of the 20 bytes that a build id is padded to.
_BUILD_ID_DIGITS = 40
_PARTS = 3
# The beginnings of keys, those of debug files first, because the others begin them.
_KEYS: dict[str, FileKind] = {
    "elf-buildid-sym-": "debug file",
    "elf-buildid-": "binary",
    "mach-uuid-sym-": "debug file",
    "mach-uuid-": "binary",
}


def paths(wanted: Wanted, kind: FileKind) -> tuple[Parts, ...]:
    """The paths of a module's file."""
    found: list[Parts] = []
    if kind == "debug file" and (pdb := pdb_id(wanted)) is not None:
        guid = pdb.signature.lower()
        found += _path(wanted.debug_file, guid + pdb.age, guid + pdb.age.upper())
    if kind == "binary" and (image := image_id(wanted)) is not None:
        found += _path(wanted.code_file, image.time + image.size, image.time.lower() + image.size)
    return (*found, *other_paths(wanted, kind, lower=True))


def other_paths(wanted: Wanted, kind: FileKind, *, lower: bool) -> tuple[Parts, ...]:
    """The paths of ELF and Mach-O files, which symbol servers of Windows have under the same names.

    Args:
        wanted: the module.
        kind: the kind of file.
        lower: whether names are in lower case.
    """
    found: list[Parts] = []
    own, mach = build_id(wanted), uuid(wanted)
    if own is not None and len(own) <= 2 * _BUILD_ID_DIGITS:
        own = own.ljust(_BUILD_ID_DIGITS, "0")
    if kind == "debug file":
        found += [("_.debug", f"elf-buildid-sym-{own}", "_.debug")] if own is not None else []
        found += [("_.dwarf", f"mach-uuid-sym-{mach}", "_.dwarf")] if mach is not None else []
    name = leaf(wanted.code_file or wanted.debug_file)
    name = name.lower() if lower else name
    if kind == "binary" and is_plain(name):
        found += [(name, f"elf-buildid-{own}", name)] if own is not None else []
        found += [(name, f"mach-uuid-{mach}", name)] if mach is not None else []
    return tuple(found)


def other_request(path: Parts) -> Request | None:
    """What a path asks for whose middle says which id it has: an ELF or a Mach-O file."""
    if len(path) != _PARTS or path[0].lower() != path[2].lower():
        return None
    key = path[1].lower()
    for prefix, kind in _KEYS.items():
        if key.startswith(prefix):
            identifier, name = key.removeprefix(prefix), "" if kind == "debug file" else path[0]
            if prefix.startswith("elf"):
                return Request(kind, Wanted("", "", name, identifier)) if is_build_id(identifier) else None
            is_uuid = len(identifier) == UUID_DIGITS and is_hex(identifier)
            return Request(kind, Wanted("", identifier.upper() + "0", name, identifier)) if is_uuid else None
    return None


def _path(name: str, *identifiers: str) -> list[Parts]:
    name = leaf(name).lower()
    return [(name, identifier, name) for identifier in dict.fromkeys(identifiers)] if is_plain(name) else []
