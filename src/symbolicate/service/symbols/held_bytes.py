"""The bytes of an upload: its own, or those of the files that it held, which are not stored twice."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, NamedTuple

from symbolicate.service.symbols.parts import key_of
from symbolicate.symbols.archives import safe_part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from symbolicate.store import Store, SymbolUpload, UploadEntry

__all__ = ["Held", "bytes_of"]


class Held(NamedTuple):
    """The bytes of an upload; their number is None if it is not known before they are sent."""

    size: int | None
    parts: Iterable[bytes]
    media_type: str


def bytes_of(store: Store, upload: SymbolUpload) -> Held | None:
    """The bytes of an upload; None if they are gone.

    Of an archive whose bytes are not stored any more, they are a zip of its files, without those that were removed.
    """
    if upload.blob:
        size = store.blobs.size(key_of(upload))
        return None if size is None else Held(size, store.blobs.stream(upload.blob), "application/octet-stream")
    entries = store.symbols.entries(upload.id)
    if not entries:
        return None
    if not entries[0].name:
        return Held(entries[0].size, store.symbol_files.stream(entries[0].content), "application/octet-stream")
    return Held(None, _zipped(store, entries), "application/zip")


class _Sink:
    """Holds what a zip file writes until it is sent. It cannot seek, so that sizes follow the bytes of a file."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self._written.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass

    def taken(self) -> bytes:
        written, self._written = b"".join(self._written), []
        return written


def _zipped(store: Store, entries: list[UploadEntry]) -> Iterator[bytes]:
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for entry in entries:
            name = "/".join(part for part in map(safe_part, entry.name.split("/")) if part) or entry.content
            with archive.open(name, "w", force_zip64=True) as member:
                for part in store.symbol_files.stream(entry.content):
                    member.write(part)
                    if written := sink.taken():
                        yield written
    yield sink.taken()
