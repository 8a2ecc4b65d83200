"""Program databases of Microsoft's tools. The native reader reads one kind and refuses the others by their names."""

from __future__ import annotations

from symbolicate.symbols.checking.findings import Facts

__all__ = ["describe"]


def describe(path: str) -> dict[str, Facts]:  # noqa: ARG001 - as the other formats are called
    """The kind of the file; its only build has an empty key."""
    return {"": Facts(contents=["pdb"], details=["program database (MSF 7.00)"])}
