"""Debug ids and code ids in their canonical spelling."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re

    from symbolicate._native import DebugFile

    CODE_ID: re.Pattern[str]

__all__ = ["CODE_ID", "debug_id", "debug_ids_of_code", "is_code_id", "is_hex", "of_build"]

_HEX = frozenset("0123456789abcdefABCDEF")
_CODE_ID_DIGITS = range(9, 129)


def is_code_id(text: str) -> bool:
    """Whether a text may be a code id: a time stamp and a size, or a build id."""
    return len(text) in _CODE_ID_DIGITS and _HEX.issuperset(text)


def is_hex(text: str) -> bool:
    """Whether a text consists of hexadecimal digits, and has at least one."""
    return bool(text) and _HEX.issuperset(text)


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


def __getattr__(name: str) -> object:
    if name == "CODE_ID":
        import re
        import warnings

        warnings.warn("ids.CODE_ID is deprecated: use is_code_id", DeprecationWarning, stacklevel=2)
        return re.compile(r"[0-9A-Fa-f]{9,128}\Z")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
