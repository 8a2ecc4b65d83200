"""Program databases: their kinds, by their first bytes. What is in them the native reader says."""

from __future__ import annotations

from symbolicate.symbols.access import open_file
from symbolicate.symbols.checking.findings import Facts

__all__ = ["describe", "kind_of"]

_KINDS = (
    (b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0", "program database (MSF 7.00)"),
    (b"Microsoft MSFZ Container", "compressed program database (MSFZ)"),
    (b"Microsoft C/C++ program database 2.00", "program database 2.00, as Visual C++ 6 and earlier wrote it"),
    (b"BSJB", "portable PDB: symbols of .NET's managed code"),
)


def kind_of(head: bytes) -> str:
    """What kind of program database begins with these bytes; empty for other files."""
    return next((kind for magic, kind in _KINDS if head.startswith(magic)), "")


def describe(path: str) -> dict[str, Facts]:
    """The kind of the file; its only build has an empty key."""
    with open_file(path) as stream:
        kind = kind_of(stream.read(64))
    return {"": Facts(contents=[kind] if kind else [])}
