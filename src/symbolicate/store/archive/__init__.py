"""A whole store in one file: for backups, and to move between databases and blob stores.

`layout` is the format, `writer` archives a store that may be in use, `reader` restores a store from an archive.
"""

from __future__ import annotations

from symbolicate.store.archive.layout import ArchiveError
from symbolicate.store.archive.reader import restore
from symbolicate.store.archive.writer import Written, write

__all__ = ["ArchiveError", "Written", "restore", "write"]
