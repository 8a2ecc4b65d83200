"""Base64 as clients write it."""

from __future__ import annotations

import binascii

__all__ = ["decode", "decoded_size"]

_TO_STANDARD = str.maketrans("-_", "+/", " \t\r\n")
_QUANTUM = 4


def decode(text: str) -> bytes | None:
    """The bytes that a text stands for; None if it is no base64.

    White space is passed over, padding may be missing, and both alphabets of RFC 4648 are read. Anything else makes it
    no base64 at all: decoders that skip what they do not know turn any text into bytes.
    """
    plain = text.translate(_TO_STANDARD)
    if not plain.isascii():
        return None
    plain = plain.rstrip("=")
    try:
        return binascii.a2b_base64(plain + "=" * (-len(plain) % _QUANTUM), strict_mode=True)
    except (binascii.Error, ValueError):
        return None


def decoded_size(text: str) -> int:
    """How many bytes a text stands for, if it is base64 without white space."""
    return len(text.rstrip("=")) * 3 // 4
