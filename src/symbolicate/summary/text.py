"""Texts for counts and databases: numbers with what they count, and untrusted text made safe.

PostgreSQL rejects NUL, and no database takes halves of surrogate pairs.
"""

from __future__ import annotations

import re

__all__ = ["LONGEST_NAME", "LONGEST_TEXT", "clean", "clean_or_none", "counted", "is_guid"]

LONGEST_NAME = 300
"""Characters of an id, a version, a file name."""
LONGEST_TEXT = 4096
"""Characters of a failure name, an error, a note."""


_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def clean(text: str, longest: int = LONGEST_NAME) -> str:
    """The text without characters that a database rejects, cut to a number of characters."""
    text = text[:longest]
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8")
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}") if "\0" in text else text


def is_guid(text: str) -> bool:
    """Whether a text is a GUID in lower case, with dashes and without braces."""
    return _GUID.fullmatch(text) is not None


def clean_or_none(text: str | None, longest: int = LONGEST_NAME) -> str | None:
    """The same; None for None and for an empty text."""
    return clean(text, longest) if text else None


def counted(count: int, one: str, many: str = "") -> str:
    """A number and what it counts: `1 bucket`, `2,000 buckets`; `many` is by default `one` with an s."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
