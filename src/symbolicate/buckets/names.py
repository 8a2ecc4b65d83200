"""Frames as numbers: the names that an index has, and what similar ones have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbolicate.buckets.frames import compared, kin, verb

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Codes", "Names"]

Codes = tuple[int, int, int]
"""The numbers of a frame: of its name, of its kin and of its verb. Equal numbers are equal texts."""

_NONE = -1
_UNKNOWN = -2  # the name of a frame that equals no other frame, not even itself


class Names:
    """The names of frames, numbered from 0, and the codes of each, for the native index."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._texts: tuple[dict[str, int], ...] = ({}, {}, {})

    def numbers(self, frames: Sequence[str], new: list[Codes]) -> list[int]:
        """The numbers of a stack's compared frames. The codes of names that were not known are added to `new`."""
        names = compared(frames)
        try:
            return [self._numbers[name] for name in names]
        except KeyError:
            pass
        for name in names:
            if name not in self._numbers:
                self._numbers[name] = len(self._numbers)
                new.append(_codes(name, self._added))
        return [self._numbers[name] for name in names]

    def codes(self, frames: Sequence[str], fresh: dict[tuple[int, str], int]) -> list[Codes]:
        """The codes of a stack's compared frames, none of which is added.

        Args:
            frames: the names.
            fresh: numbers of texts that are not known; given for two stacks, they can be compared.
        """

        def known(kind: int, text: str) -> int:
            codes = self._texts[kind]
            code = codes.get(text)
            return fresh.setdefault((kind, text), len(codes) + len(fresh)) if code is None else code

        return [_codes(name, known) for name in compared(frames)]

    def _added(self, kind: int, text: str) -> int:
        codes = self._texts[kind]
        return codes.setdefault(text, len(codes))


def _codes(name: str, code: Callable[[int, str], int]) -> Codes:
    related, does = kin(name), verb(name)
    return (
        _UNKNOWN if not name or name.endswith("!") else code(0, name),
        code(1, related) if related else _NONE,
        code(2, does) if does else _NONE,
    )
