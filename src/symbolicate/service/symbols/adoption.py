"""Adopts symbol files that earlier versions installed in a local folder, where other processes cannot see them.

They served all apps, so they become part of the shared pool. Each process adopts the files in its own folder when it
starts, and continues at the next start if it is interrupted.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from itertools import groupby
from typing import TYPE_CHECKING

from symbolicate.errors import SymbolFileError
from symbolicate.service.log import logger
from symbolicate.store import SymbolFile

if TYPE_CHECKING:
    from symbolicate.service.symbols.storing import Storing
    from symbolicate.store import Store

__all__ = ["adopt_local_files"]


def adopt_local_files(store: Store, storing: Storing, folder: str, scratch: str) -> None:
    """Move the files that have rows in the database from a local symbol folder into the blob store.

    Args:
        store: the store with their rows.
        storing: converts and stores them.
        folder: the local symbol folder.
        scratch: a folder for temporary files.

    Raises:
        OSError: a file cannot be read, or there is no space.
        StoreUnavailable: a file cannot be stored.
    """
    old = sorted((file for file in store.symbol_files.without_bytes() if file.path), key=lambda file: file.path or "")
    absent = adopted = 0
    for relative, group in groupby(old, key=lambda file: file.path or ""):
        rows = list(group)
        path = os.path.join(folder, relative)
        if not os.path.isfile(path):
            absent += 1
            continue
        try:
            made = _made(storing, path, rows[0], scratch)
        except SymbolFileError as error:
            logger.warning("a symbol file of an earlier version cannot be used: %s", error)
            continue
        store.symbol_files.adopt(rows, made)
        # From now on it is found in the database, and can be removed there.
        with contextlib.suppress(FileNotFoundError):  # another process of this machine did the same
            os.unlink(path)
        adopted += 1
    if adopted:
        logger.info("symbol files of an earlier version are now in the blob store: %d", adopted)
    if absent:
        logger.warning(
            "symbol files of an earlier version are not in %s: %d; another service may have them", folder, absent
        )


def _made(storing: Storing, path: str, row: SymbolFile, scratch: str) -> SymbolFile:
    """The stored file. Usable files of earlier versions are texts, whatever they were made from.

    Raises:
        SymbolFileError: it cannot be used.
    """
    with tempfile.TemporaryDirectory(prefix="installing-", dir=scratch) as folder:
        # Files of a kind without a reader have no debug id.
        [made], _ = storing.add(path, os.path.basename(path), "breakpad" if row.debug_id else row.kind, folder)
    return SymbolFile(
        debug_id=row.debug_id,
        debug_file=row.debug_file,
        kind=row.kind,
        arch=row.arch,
        size=made.size,
        code_id=row.code_id or made.code_id,
        blob=made.blob,
        content=made.content,
        quality=made.quality,
    )
