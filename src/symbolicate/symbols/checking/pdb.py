"""Program databases of Microsoft's tools. The native reader reads one kind and refuses the others by their names."""

from __future__ import annotations

from symbolicate.symbols.checking.findings import Facts

__all__ = ["COMPRESSED", "describe"]

COMPRESSED = b"Microsoft MSFZ Container"
"""How a PDB begins that is compressed inside."""


def describe(path: str) -> dict[str, Facts]:
    """The kind of the file; its only build has an empty key."""
    with open(path, "rb") as file:
        form = "compressed, MSFZ" if file.read(len(COMPRESSED)) == COMPRESSED else "MSF 7.00"
    return {"": Facts(contents=["pdb"], details=[f"program database ({form})"])}
