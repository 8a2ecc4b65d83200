"""Which version of this program made a symbol file from a debug file or a binary, as the head of the text states."""

from __future__ import annotations

__all__ = ["HEAD_BYTES", "is_of_another_version"]

HEAD_BYTES = 4096
"""Bytes of a text that state it."""

_OURS = b"INFO GENERATOR symbolicate "


def is_of_another_version(head: bytes) -> bool:
    """Whether another version of this program made a text, which may have read less of the file; False for others'."""
    from symbolicate._native import GENERATOR

    lines = head[:HEAD_BYTES].splitlines()
    return any(line.startswith(_OURS) and line != f"INFO GENERATOR {GENERATOR}".encode() for line in lines)
