"""Escaping and shortening of untrusted text for display.

Names in a dump are arbitrary bytes of the sender. A terminal acts on control characters, and characters that change the
direction of text mislead readers: both are shown as escapes.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from symbolicate.render.source_path import split_path

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["each_line", "escape", "leaf", "short_address", "source", "wrap"]

# The characters at which `str.splitlines` breaks lines.
_BREAKS = "\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029"
_LINE = re.compile(f"([^{_BREAKS}]*)(?:\r\n|[{_BREAKS}]|\\Z)")
# Characters that are escaped at a time: a text of megabytes may be nothing but control characters, each of which
# becomes a string of its own before they are joined.
_PIECE = 1 << 16

# Controls (C0, DEL, C1), characters that reorder or hide text (bidi marks and isolates, zero width, tags), line and
# paragraph separators, lone surrogates.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)


def escape(text: str) -> str:
    """The text with every invisible or active character replaced by its escape."""
    if text.isascii() and text.isprintable():
        return text
    if len(text) <= _PIECE:
        return _UNSAFE.sub(_escaped, text)
    return "".join(_UNSAFE.sub(_escaped, text[at : at + _PIECE]) for at in range(0, len(text), _PIECE))


def _escaped(match: re.Match[str]) -> str:
    return _as_escape(ord(match.group()))


@cache
def _as_escape(code: int) -> str:
    if code < 0x100:  # noqa: PLR2004
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"  # noqa: PLR2004


def each_line(text: str) -> Iterator[str]:
    """The lines of a text as `str.splitlines` returns them, one at a time: a short text can have millions."""
    for match in _LINE.finditer(text):
        if match.end() > match.start():
            yield match[1]


def leaf(path: str) -> str:
    """The last part of a path, after either slash."""
    return re.split(r"[/\\]", path)[-1] or path


def short_address(address: str | None) -> str:
    """An address without leading zeros; empty for None."""
    return f"0x{escape(address.removeprefix('0x').lstrip('0')) or '0'}" if address else ""


def source(file: str | None, line: int | None) -> str:
    """A short source location: the last two parts of the path, and the line.

    Of a path that names a version control system it is that of the path in the repository.
    """
    if not file:
        return ""
    if (found := split_path(file)) is not None:
        file = found.shown
    short = "/".join(part for part in re.split(r"[/\\]", file)[-2:] if part)
    return escape(short if line is None else f"{short}:{line}")


def wrap(text: str, room: int) -> list[str]:
    """Lines of at most `room` characters, broken at spaces where there are any. Nothing is lost: names stay whole."""
    lines: list[str] = []
    start = 0
    while len(text) - start > room:
        at = text.rfind(" ", start + room // 2, start + room + 1)
        if at < 0 and (at := text.find(" ", start + room)) < 0:
            break
        lines.append(text[start:at].rstrip())
        # The text is not copied for each line: it may have megabytes.
        start = at
        while start < len(text) and text[start].isspace():
            start += 1
    return [*lines, text[start:]]
