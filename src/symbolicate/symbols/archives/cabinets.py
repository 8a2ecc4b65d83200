"""Windows cabinets: also single files that symbol servers keep compressed, such as `app.pd_`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from symbolicate.symbols.archives.limits import CHUNK, HEAD, LimitError, damage, most_of
from symbolicate.symbols.archives.member import reported_name
from symbolicate.symbols.archives.native_output import native_output

if TYPE_CHECKING:
    from collections.abc import Iterator

    from symbolicate._native import Cabinet
    from symbolicate.symbols.archives.limits import Budget

__all__ = ["MAGIC", "members"]

MAGIC = b"MSCF\0\0\0\0"


def members(path: str, budget: Budget) -> Iterator[_Packed]:
    """The files of a cabinet; of several of one name, the first.

    Args:
        path: the cabinet.
        budget: what may still be extracted.

    Raises:
        BadArchiveError: it is cut or damaged.
        OSError: it cannot be read.
    """
    from symbolicate._native import Cabinet

    try:
        cabinet = Cabinet(path)
    except OSError as error:
        raise damage(error) from None
    limit, modified = most_of(os.path.getsize(path)), os.path.getmtime(path)
    for name, size in dict(reversed(cabinet.members())).items():
        if size > limit:
            raise LimitError(f"{reported_name(name)}: unpacks to more than it may")
        yield _Packed(cabinet, name, size, modified, budget.ends)


class _Packed:
    def __init__(self, cabinet: Cabinet, name: str, size: int, modified: float, ends: float) -> None:
        self._cabinet = cabinet
        self._inside = name
        self._size = size
        self._ends = ends
        self.name = reported_name(name)
        self.modified: float | None = modified

    def head(self) -> bytes:
        head = b""
        for data in self._data(HEAD):
            head += data
            if len(head) >= HEAD:
                break
        return head[:HEAD]

    def extract(self, target: str, budget: Budget) -> int:
        if self._size > budget.left:
            raise LimitError(f"{self.name}: unpacks to more than it may")
        size = 0
        with open(target, "wb") as file:
            for data in self._data(CHUNK):
                budget.take(len(data), self.name)
                size += file.write(data)
        return size

    def _data(self, most: int) -> Iterator[bytes]:
        """The bytes of the file, at most so many at a time, while they are decompressed."""
        with native_output(lambda path: self._cabinet.extract(self._inside, path, self._size), self._ends) as output:
            while True:
                try:
                    data = output.read(most)
                except OSError as error:
                    raise damage(error, self.name) from None
                if not data:
                    return
                yield data
