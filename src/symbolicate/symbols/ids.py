"""Debug ids and code ids in their canonical spelling."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from symbolicate._native import DebugFile

__all__ = ["CODE_ID", "debug_id", "debug_ids_of_code", "of_build"]

CODE_ID = re.compile(r"[0-9A-Fa-f]{9,128}\Z")
"""A time stamp and a size, or a build id."""


def debug_id(text: str) -> str | None:
    """A debug id as Breakpad's tools spell it and name folders by it; None for a text that is not one, or all zero.

    The digits of the GUID are upper case, those of the age lower case and without leading zeros. A GUID may have
    dashes, and without an age its age is 0. The rule is native and the only one, see `DebugId::canonical`.
    """
    from symbolicate._native import canonical_debug_id

    return canonical_debug_id(text)


def debug_ids_of_code(code_id: str) -> tuple[str, ...]:
    """The debug ids that tools derive from a build id (ELF) or a UUID (Mach-O); none of a time stamp and a size.

    A build id's first 16 bytes are taken as a GUID of little-endian fields and padded with zeros; the age is 0.
    """
    from symbolicate._native import debug_ids_of_code as derived

    return tuple(derived(code_id))


def of_build(build: DebugFile) -> str:
    """The id that the symbols of a build are kept under: its debug id, else its code id; empty without both."""
    return build.debug_id or (build.code_id or "").upper()
