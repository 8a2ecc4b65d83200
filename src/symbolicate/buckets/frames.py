"""Stacks for comparison: few frames, recursion collapsed, bounded names, and what similar frames have in common."""

from __future__ import annotations

import hashlib
import re
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["DEPTH", "UNKNOWN", "compared", "kin", "verb"]

DEPTH = 32
"""How many frames are compared, from the crash on: weight falls with depth, and further frames hardly count."""

UNKNOWN = ""
"""An unknown frame; `module!` is a frame of which only the module is known."""

_LONGEST = 512
_MAX_PERIOD = 10
_REPEATS = 3
# `png_read_row`, `xmlParseCharData` and `SSL_write` begin with the library's prefix and what the function is about.
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")


def compared(frames: Sequence[str | None]) -> tuple[str, ...]:
    """The first `DEPTH` frames, with every cycle of at most ten frames once, and no name longer than some hundred."""
    head = frames[:DEPTH]
    if len(set(head)) == len(head):
        return tuple(_bounded(frame or UNKNOWN) for frame in head)  # nothing repeats
    out: list[str] = []
    at = 0
    while at < len(frames) and len(out) < DEPTH:
        period, repeats = _cycle(frames, at)
        out += (_bounded(frame or UNKNOWN) for frame in frames[at : at + period])
        at += period * repeats
    return tuple(out[:DEPTH])


def _cycle(frames: Sequence[str | None], at: int) -> tuple[int, int]:
    """How many frames repeat from here, and how often. Unknown frames do not count as repeated."""
    if not frames[at]:
        return 1, 1
    for period in range(1, _MAX_PERIOD + 1):
        if at + period >= len(frames):
            break
        if frames[at] != frames[at + period]:
            continue
        cycle = frames[at : at + period]
        repeats = 1
        while frames[at + period * repeats : at + period * (repeats + 1)] == cycle:
            repeats += 1
        # A function that calls itself once counts as recursion, too.
        if all(cycle) and (repeats >= _REPEATS or (period == 1 and repeats > 1)):
            return period, repeats
    return 1, 1


def _bounded(name: str) -> str:
    if len(name) <= _LONGEST:
        return name
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return f"{name[:_LONGEST]}~{digest}"


def kin(name: str) -> str:
    """What a function has in common with similar ones: its class, namespace or module, in C its first two words.

    Empty if nothing is recognised. Functions of one class at the same position suggest one bug in two forms: a
    constructor and its copy, a reader and the reader of the next version.
    """
    if not name or name.endswith("!"):
        return name
    if name.startswith(("-[", "+[")):
        return name[2:].split(" ", 1)[0]
    for separator in ("::", "."):
        scope, found, _ = name.rpartition(separator)
        if found and scope:
            return scope
    *shared, more = [*_first_words(name, 3), *[""] * 3][:3]
    return "_".join((*shared, "")).lower() if more else ""


def verb(name: str) -> str:
    """The first word of a function's own name, without its scope: what it does, or in C often its library."""
    if name.endswith("!"):
        return ""
    own = name.rpartition(" " if name.startswith(("-[", "+[")) else "::")[2].rpartition(".")[2]
    words = _first_words(own, 1)
    return words[0].lower() if words else ""


def _first_words(name: str, count: int) -> list[str]:
    return [found[0] for found in islice(_WORD.finditer(name), count)]
