"""Files in the blob store of which ranges are read, without the rest of their bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING

from symbolicate.store.errors import NotFound
from symbolicate.store.symbols.packed import BLOCK, DamagedError, read_blocks

if TYPE_CHECKING:
    from symbolicate.store.content.blobs import Blobs
    from symbolicate.store.symbols.packed import Blocks

__all__ = ["StoredFile", "StoredFiles"]

# Files whose tables of blocks are remembered: a table of a file of 4 GiB takes some 300 KiB.
_TABLES = 64
# Blocks that are remembered: a client that reads a file in parts asks for the same ones again and again.
_BLOCKS = 32


class StoredFile:
    """A file of which ranges can be read. May be used by many threads.

    Attributes:
        size: its bytes.
    """

    def __init__(self, files: StoredFiles, key: str, blocks: Blocks) -> None:
        self._files = files
        self._key = key
        self._blocks = blocks
        self.size = blocks.size

    def read(self, offset: int, length: int) -> bytes:
        """Bytes from an offset: at least one and at most so many, unless the file ends there.

        Raises:
            NotFound: the file is not there any more, or damaged.
            StoreUnavailable: it cannot be read.
        """
        if offset >= self.size:
            return b""
        number, skipped = divmod(offset, BLOCK)
        return self._files.block(self._key, self._blocks, number)[skipped : skipped + length]


class StoredFiles:
    """The files of a blob store, and what was read of them last. May be used by many threads."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._lock = threading.Lock()
        self._tables: OrderedDict[str, StoredFile] = OrderedDict()
        self._read: OrderedDict[tuple[str, int], bytes] = OrderedDict()

    def opened(self, key: str) -> StoredFile | None:
        """A file; None if its bytes cannot be read in ranges.

        Raises:
            NotFound: it is not in the blob store, or damaged.
            StoreUnavailable: it cannot be read.
        """
        with self._lock:
            if (known := self._tables.get(key)) is not None:
                self._tables.move_to_end(key)
                return known
        stored = self._blobs.size(key)
        if stored is None:
            raise NotFound(f"no blob {key}")
        try:
            blocks = read_blocks(partial(self._blobs.range, key), stored)
        except DamagedError as error:
            raise NotFound(f"{key} is damaged in the blob store: {error}") from None
        if blocks is None:
            return None
        file = StoredFile(self, key, blocks)
        with self._lock:
            self._tables[key] = file
            if len(self._tables) > _TABLES:
                self._tables.popitem(last=False)
        return file

    def block(self, key: str, blocks: Blocks, number: int) -> bytes:
        """A block of a file.

        Raises:
            NotFound: the file is not there any more, or damaged.
            StoreUnavailable: it cannot be read.
        """
        with self._lock:
            if (known := self._read.get((key, number))) is not None:
                self._read.move_to_end((key, number))
                return known
        try:
            plain = blocks.read(number, partial(self._blobs.range, key))
        except DamagedError as error:
            raise NotFound(f"{key} is damaged in the blob store: {error}") from None
        with self._lock:
            self._read[key, number] = plain
            if len(self._read) > _BLOCKS:
                self._read.popitem(last=False)
        return plain
