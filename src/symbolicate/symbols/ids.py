"""Debug ids and code ids in their canonical spelling."""

from __future__ import annotations

import re

__all__ = ["CODE_ID", "debug_id", "debug_ids_of_code"]

# A GUID and an age are 33 digits or more, the signature and age of a PDB 2.0 nine or more; some write longer ids.
_GUID, _SIGNATURE = 32, 8
_ID = re.compile(r"[0-9A-Fa-f]{9,64}\Z")
CODE_ID = re.compile(r"[0-9A-Fa-f]{9,128}\Z")
"""A time stamp and a size, or a build id."""
# Eight bytes, as some linkers write; a time stamp and a size have fewer digits but for images of 256 MiB and more.
_SHORTEST_BUILD_ID = 16


def debug_id(text: str) -> str | None:
    """A debug id as Breakpad's tools spell it and name folders by it; None if it is none or says nothing (all zero).

    The digits of the GUID are upper case, those of the age lower case and without leading zeros. A GUID may have
    dashes, and without an age its age is 0.
    """
    if "-" in text:
        text = text.replace("-", "")
    if not _ID.match(text) or not text.strip("0"):
        return None
    fixed = _GUID if len(text) >= _GUID else _SIGNATURE
    return text[:fixed].upper() + (text[fixed:].lower().lstrip("0") or "0")


def debug_ids_of_code(code_id: str) -> tuple[str, ...]:
    """The debug ids that tools derive from a build id (ELF) or a UUID (Mach-O); none of a time stamp and a size.

    A build id's first 16 bytes are taken as a GUID of little-endian fields and padded with zeros; the age is 0.
    """
    if len(code_id) < _SHORTEST_BUILD_ID or len(code_id) % 2 or not CODE_ID.match(code_id):
        return ()
    digits = code_id[:_GUID].ljust(_GUID, "0")
    guid = bytes.fromhex(digits)
    swapped = (guid[3::-1] + guid[5:3:-1] + guid[7:5:-1] + guid[8:]).hex()
    ids = (debug_id(f"{swapped}0"), debug_id(f"{digits}0") if len(code_id) == _GUID else None)
    return tuple(dict.fromkeys(known for known in ids if known is not None))
