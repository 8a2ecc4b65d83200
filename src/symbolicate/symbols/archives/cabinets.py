"""Windows cabinets: also single files that symbol servers keep compressed, such as `app.pd_`."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

from symbolicate.symbols.archives.limits import HEAD, LimitError, damage, most_of
from symbolicate.symbols.archives.member import reported_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from symbolicate._native import Cabinet
    from symbolicate.symbols.archives.limits import Budget

__all__ = ["MAGIC", "members"]

MAGIC = b"MSCF\0\0\0\0"


def members(path: str, folder: str) -> Iterator[_Packed]:
    """The files of a cabinet; of several of one name, the first.

    Args:
        path: the cabinet.
        folder: where temporary files may be.

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
        yield _Packed(cabinet, name, size, folder, modified)


class _Packed:
    def __init__(self, cabinet: Cabinet, name: str, size: int, folder: str, modified: float) -> None:
        self._cabinet = cabinet
        self._inside = name
        self._size = size
        self._folder = folder
        self.name = reported_name(name)
        self.modified: float | None = modified

    def head(self) -> bytes:
        # A cabinet is decompressed from its start for each file, so a look costs as much as the file.
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix=".unpacked-") as plain:
            self._write(plain.name)
            return plain.read(HEAD)

    def extract(self, target: str, budget: Budget) -> int:
        budget.take(self._size, self.name)
        return self._write(target)

    def _write(self, target: str) -> int:
        try:
            return self._cabinet.extract(self._inside, target, self._size)
        except OSError as error:
            raise damage(error, self.name) from None
