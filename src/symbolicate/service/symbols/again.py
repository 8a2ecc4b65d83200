"""Uploads whose symbols an earlier version made: their files are stored, so they are installed again."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

from symbolicate.store import SHARED, NotFound
from symbolicate.symbols.generator import HEAD_BYTES, is_of_another_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from symbolicate.store import Store, SymbolFile

__all__ = ["outdated_originals", "upload_again"]

_CONVERTED = ("binary", "debug", "whole")
_PAGE = 1000


def outdated_originals(store: Store, owners: Iterable[int] | None = None) -> Iterator[SymbolFile]:
    """The stored files from which another version made symbols, each once for each owner.

    Args:
        store: the store.
        owners: of these apps, by their rows, or of `SHARED`; None for all.
    """
    seen: set[tuple[int, str]] = set()
    owners = None if owners is None else list(owners)
    for file in _all(store, owners):
        if file.part not in _CONVERTED or not file.blob or (file.owner, file.content) in seen:
            continue
        seen.add((file.owner, file.content))
        if _is_outdated(store, file):
            yield file


def upload_again(store: Store, original: SymbolFile) -> str:
    """Give a stored file to the services of the store, as if it was uploaded again; returns the id of the upload.

    Raises:
        NotFound: it is not in the blob store.
        StoreUnavailable: it cannot be read or written.
    """
    app = None if original.owner == SHARED else store.apps.get(original.owner)
    upload = store.symbols.begin(app, "Breakpad", file_name=original.debug_file or None)
    try:
        # Not as a stream: the library for blobs does not read one while it writes another.
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "original")
            store.symbol_files.fetch(original.content, path)
            with open(path, "rb") as stream:
                size = store.blobs.put(upload.blob, stream)
    except BaseException:
        store.symbols.delete(upload.id)
        raise
    store.symbols.received(upload.id, size)
    store.symbols.set_status(upload.id, "committed")
    return upload.id


def _all(store: Store, owners: list[int] | None) -> Iterator[SymbolFile]:
    skip = 0
    while page := store.symbol_files.list(owners, top=_PAGE, skip=skip):
        yield from page
        skip += len(page)


def _is_outdated(store: Store, original: SymbolFile) -> bool:
    """Whether the symbols of its id that its owner has are another version's, and none are of this one's making."""
    texts = store.symbol_files.readable(original.owner, [original.debug_id], original.code_id or "", ["symbols"])
    heads = [_head(store, text.content) for text in texts if text.owner == original.owner]
    ours = [head for head in heads if b"INFO GENERATOR symbolicate " in head]
    return bool(ours) and all(map(is_of_another_version, ours))


def _head(store: Store, content: str) -> bytes:
    try:
        for part in store.symbol_files.stream(content):
            return bytes(part[:HEAD_BYTES])
    except NotFound:  # a report that needs it says so
        pass
    return b""
