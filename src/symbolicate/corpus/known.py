"""The failures of earlier batches, by which a summary says what is new."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

from symbolicate.corpus.inputs import find_inputs
from symbolicate.corpus.manifest import JobError
from symbolicate.corpus.objects import ObjectError, ObjectStores, is_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from symbolicate.corpus.entries import Entry

__all__ = ["known_failures"]

_FORMS = (".parquet", ".ndjson")


def known_failures(tables: Sequence[str], *, beside: str = "") -> frozenset[str]:
    """The failure hashes of tables that batches have written.

    Args:
        tables: Parquet or ndjson files, folders or prefixes of object stores with such files, patterns, and lists of
            these; see `find_inputs`.
        beside: a folder or address that is left out: that of the batch itself, which may be below one of these.

    Raises:
        JobError: a table cannot be read, or one of these has none.
    """
    from symbolicate._native import failure_hashes

    known: set[str] = set()
    objects = ObjectStores()
    for one in tables:
        is_empty = True
        for entry in _tables(one, beside):
            is_empty = False
            if entry.error:
                raise JobError(f"{entry.source}: {entry.error}")
            try:
                if not is_address(entry.name):
                    known |= failure_hashes(entry.path)
                    continue
                with tempfile.TemporaryDirectory(prefix="symbolicate-") as folder:
                    path = os.path.join(folder, "table")
                    objects.download(entry.name, path)
                    known |= failure_hashes(path)
            except ObjectError as error:
                raise JobError(f"{entry.source}: {error}") from None
            except OSError as error:
                raise JobError(f"{entry.source}: {(error.strerror or str(error)).lower()}") from None
            except ValueError as error:
                raise JobError(f"{entry.source}: {str(error).partition(': ')[2]}") from None
        if is_empty:
            raise JobError(f"{one}: there is no .parquet or .ndjson file in it")
    return frozenset(known)


def _tables(name: str, beside: str) -> Iterator[Entry]:
    """The file of this name, or the tables below it."""
    skipped = set()
    if beside and not is_address(beside) and os.path.isdir(beside):
        found = os.stat(beside)
        skipped.add((found.st_dev, found.st_ino))
    for entry in find_inputs([name], skipped=skipped):
        is_own = bool(beside) and entry.name.startswith(f"{beside.rstrip('/')}/")
        if not is_own and (entry.path == name or entry.path.lower().endswith(_FORMS)):
            yield entry
