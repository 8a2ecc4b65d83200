"""The ids of a module by the kinds of files that have them: PDB, PE, ELF, Mach-O.

A crash names a module by a debug id and a code id, and does not say of which format it is. Layouts spell the ids of the
formats differently, so the format is concluded from the ids.
"""

from __future__ import annotations

from symbolicate.record import Record
from symbolicate.symbols import ids
from symbolicate.symbols.ids import is_hex
from symbolicate.symbols.names import leaf

TYPE_CHECKING = False
if TYPE_CHECKING:
    from symbolicate.symbols.resolution import Wanted

__all__ = [
    "BUILD_ID_DIGITS",
    "IMAGE_DIGITS",
    "UUID_DIGITS",
    "ImageId",
    "PdbId",
    "build_id",
    "image_id",
    "is_build_id",
    "is_hex",
    "pdb_id",
    "uuid",
]

IMAGE_DIGITS = range(9, 17)
"""Digits of a PE file's id: eight of a time stamp, and one to eight of a size."""
BUILD_ID_DIGITS = range(16, 129, 2)
"""Digits of a build id: lld's short ones have eight bytes; SHA-512 has 64."""
UUID_DIGITS = 32
"""Digits of a UUID, which Windows calls a GUID."""

_TIME_DIGITS = 8


class PdbId(Record):
    """What names a PDB.

    Attributes:
        signature: 32 digits of its GUID, or eight of the signature of PDB 2.0, in upper case.
        age: its age in lower-case hexadecimal digits.
    """

    signature: str
    age: str


class ImageId(Record):
    """What names a PE file.

    Attributes:
        time: eight digits of its time stamp, in upper case.
        size: the digits of its size in memory, in lower case and without leading zeros.
    """

    time: str
    size: str


def is_build_id(text: str) -> bool:
    """Whether a text may be a build id."""
    return len(text) in BUILD_ID_DIGITS and is_hex(text)


def pdb_id(wanted: Wanted) -> PdbId | None:
    """The id of the module's PDB; None for a module that has none, as far as its names and ids say."""
    known = ids.debug_id(wanted.debug_id)
    if known is None or not (leaf(wanted.debug_file).lower().endswith(".pdb") or image_id(wanted)):
        return None
    # The age of a GUID without one is 0, see `ids.debug_id`.
    digits = UUID_DIGITS if len(known) > UUID_DIGITS else _TIME_DIGITS
    return PdbId(known[:digits], known[digits:])


def image_id(wanted: Wanted) -> ImageId | None:
    """The id of the module's PE file; None if the code id is not one."""
    code_id = wanted.code_id
    if len(code_id) not in IMAGE_DIGITS or not is_hex(code_id):
        return None
    return ImageId(code_id[:_TIME_DIGITS].upper(), code_id[_TIME_DIGITS:].lower().lstrip("0") or "0")


def build_id(wanted: Wanted) -> str | None:
    """The build id of the module's ELF file in lower case; None if the code id is not one.

    One of eight bytes looks like a time stamp and a size, so that such a code id may be both.
    """
    code_id = wanted.code_id.lower()
    if not is_build_id(code_id) or _guid(wanted) == code_id:
        return None
    return code_id


def uuid(wanted: Wanted) -> str | None:
    """The UUID of the module's Mach-O file, 32 digits in lower case; None if it is of another format."""
    guid, code_id = _guid(wanted), wanted.code_id.lower().replace("-", "")
    if code_id:
        # A build id of 16 bytes gives another debug id: its bytes are swapped.
        is_one = len(code_id) == UUID_DIGITS and is_hex(code_id) and guid in {None, code_id}
        return code_id if is_one else None
    return None if leaf(wanted.debug_file).lower().endswith(".pdb") else guid


def _guid(wanted: Wanted) -> str | None:
    """The GUID of a debug id with the age 0, in lower case: all but PDBs have that age."""
    known = ids.debug_id(wanted.debug_id) or ""
    return known[:UUID_DIGITS].lower() if len(known) == UUID_DIGITS + 1 and known.endswith("0") else None
