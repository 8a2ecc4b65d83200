"""Base64 as clients write it."""

from __future__ import annotations

import binascii

__all__ = ["decode", "decoded_size"]

_TO_STANDARD = str.maketrans("-_", "+/", " \t\r\n")
_QUANTUM = 4


def decode(text: str) -> bytes | None:
    """The decoded bytes of a text; None if it is not base64.

    White space is ignored, padding may be missing, and both alphabets of RFC 4648 are read. Any other character makes
    the text invalid: decoders that skip unknown characters turn any text into bytes.
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
    """The decoded size of a text, if it is base64 without white space."""
    return len(text.rstrip("=")) * 3 // 4
