"""The inputs of a batch as they are listed: a name each, with what is known of it before it is opened."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from symbolicate.errors import InputError

__all__ = ["Entry", "kind_of", "readable"]


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One input: a file, an archive or an object of an object store.

    Attributes:
        name: its path or address as it was given, or below a folder that was given; empty if it is not UTF-8.
        raw: the bytes of a path that is not UTF-8.
        size: its bytes; 0 if they are unknown.
        error: why it cannot be read, if that is known already: it is not opened then.
        kind: the kind of that error; empty for that of `InputUnreadableError`.
        part: of a large archive the files that this input is: see `symbols.archives.Part`; None for all.
    """

    name: str = ""
    raw: bytes = b""
    size: int = 0
    error: str = ""
    kind: str = ""
    part: tuple[int, int, int, int] | None = None

    @property
    def inputs(self) -> int:
        """How many inputs it has, as far as that is known before it is opened."""
        return 1 if self.part is None else self.part[1]

    @classmethod
    def of(cls, path: str, size: int = 0, error: str = "", kind: str = "") -> Entry:
        """The entry of a path, which may have bytes that are not UTF-8 (see `os.fsdecode`)."""
        if not path.isascii():
            try:
                path.encode()
            except UnicodeEncodeError:
                return cls(raw=os.fsencode(path), size=size, error=error, kind=kind)
        return cls(path, size=size, error=error, kind=kind)

    @property
    def path(self) -> str:
        """The path to open, or the address."""
        return self.name or os.fsdecode(self.raw)

    @property
    def source(self) -> str:
        """The name for rows and messages, which is always UTF-8."""
        return self.name or readable(os.fsdecode(self.raw))


def readable(path: str) -> str:
    r"""A path as UTF-8: bytes that are not are written as `\xff`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def kind_of(error: type[InputError]) -> str:
    """The kind of an error in rows and counts: the name of its class without `Error`."""
    return error.__name__.removesuffix("Error")
