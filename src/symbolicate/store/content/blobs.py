"""Large bytes outside the database, under keys: a folder, or an object store such as S3."""

from __future__ import annotations

import errno
import os
import re
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from symbolicate.atomic import AtomicFile
from symbolicate.store.errors import NotFound, StoreFull, StoreUnavailable, StoreUrlError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

__all__ = ["Blobs"]

_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_LONGEST = 512
_FULL = (errno.ENOSPC, errno.EDQUOT)
# obstore reports every error of the operating system with one class.
_SAYS_FULL = re.compile(rf"os error ({errno.ENOSPC}|{errno.EDQUOT})\b")
_CHUNK = 1 << 20


class Blobs:
    """A blob store. `put` replaces a blob atomically, and the blob is durable when `put` returns.

    Args:
        place: a folder, or a URL that obstore knows: `s3://bucket/prefix` with the usual `AWS_…` environment.

    Raises:
        StoreUrlError: the URL is of an unknown kind.
        StoreUnavailable: the folder cannot be made.
    """

    def __init__(self, place: str) -> None:
        import obstore  # a large native module
        from obstore.store import LocalStore, from_url

        self._obstore = obstore
        self.folder: str | None = None
        self.place = _without_password(place)
        try:
            if "://" in place:
                self._store: Any = from_url(place)
            else:
                self.folder = os.path.abspath(place)
                os.makedirs(self.folder, exist_ok=True)
                self._store = LocalStore(self.folder)
        except OSError as error:
            raise StoreUnavailable(f"{place}: {error.strerror or error}") from error
        except Exception as error:
            raise StoreUrlError(f"no place for blobs: {_first_line(error)}") from error

    def put(self, key: str, data: bytes | Iterable[bytes] | IO[bytes]) -> int:
        """Store bytes under a key; returns their number.

        Raises:
            StoreUnavailable: they could not be stored.
        """
        key = _checked(key)
        size = 0

        def counted(parts: Iterable[bytes]) -> Iterator[bytes]:
            nonlocal size
            for part in parts:
                size += len(part)
                yield part

        with self._trouble(key):
            if isinstance(data, bytes | bytearray | memoryview):
                size = len(data)
                self._obstore.put(self._store, key, bytes(data), use_multipart=size > 4 * _CHUNK and not self.folder)
            else:
                parts = iter(lambda: data.read(_CHUNK), b"") if hasattr(data, "read") else data
                self._obstore.put(self._store, key, counted(parts))
            if self.folder is not None:
                _sync(self.folder, key)
        return size

    def get(self, key: str) -> bytes:
        """The bytes under a key.

        Raises:
            NotFound: there is no blob under the key.
        """
        key = _checked(key)
        with self._trouble(key):
            return bytes(self._obstore.get(self._store, key).bytes())

    def stream(self, key: str, chunk: int = _CHUNK) -> Iterator[bytes]:
        """The bytes under a key, in parts."""
        key = _checked(key)
        with self._trouble(key):
            for part in self._obstore.get(self._store, key).stream(min_chunk_size=chunk):
                yield bytes(part)

    def range(self, key: str, offset: int, length: int) -> bytes:
        """Bytes under a key, of which there must be so many.

        Raises:
            NotFound: there is no blob under the key.
        """
        key = _checked(key)
        with self._trouble(key):
            return bytes(self._obstore.get_range(self._store, key, start=offset, length=length))

    def size(self, key: str) -> int | None:
        """The number of bytes under a key; None if there is no blob."""
        key = _checked(key)
        try:
            with self._trouble(key):
                return int(self._obstore.head(self._store, key)["size"])
        except NotFound:
            return None

    def exists(self, key: str) -> bool:
        """Whether there is a blob under a key."""
        return self.size(key) is not None

    def delete(self, keys: Iterable[str]) -> None:
        """Remove the blobs under these keys; keys without a blob are ignored."""
        for key in map(_checked, keys):
            try:
                with self._trouble(key):
                    self._obstore.delete(self._store, key)
            except NotFound:
                pass

    def list(self, prefix: str = "") -> Iterator[tuple[str, datetime]]:
        """Every key below a prefix, and when it was last put."""
        with self._trouble(prefix):
            for page in self._obstore.list(self._store, prefix or None):
                for entry in page:
                    yield entry["path"], entry["last_modified"]

    def download(self, key: str, path: str) -> None:
        """Copy a blob to a file, which appears complete or not at all."""
        with AtomicFile(path) as file:
            file.stream.writelines(self.stream(key))
            file.commit(sync=False)  # it is read now and then removed

    @contextmanager
    def _trouble(self, key: str) -> Iterator[None]:
        """Translate the blob store's errors into those of this package."""
        try:
            yield
        except FileNotFoundError:
            raise NotFound(f"no blob {key}") from None
        except (NotFound, StoreUnavailable):
            raise
        except (OSError, self._obstore.exceptions.BaseError) as error:
            if (isinstance(error, OSError) and error.errno in _FULL) or _SAYS_FULL.search(str(error)):
                raise StoreFull("the disk of the blob store is full") from error
            raise StoreUnavailable(f"the blob store cannot be used: {_first_line(error)}") from error


def _checked(key: str) -> str:
    if len(key) > _LONGEST or not _KEY.fullmatch(key):
        raise ValueError(f"{key[:80]!r} cannot be the key of a blob")
    return key


def _sync(folder: str, key: str) -> None:
    """Sync a file and its folder to the disk; obstore renames files without a sync."""
    path = os.path.join(folder, key)
    while True:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if path == folder:
            return
        path = os.path.dirname(path)


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]


def _without_password(place: str) -> str:
    parts = urlsplit(place)
    if "@" not in parts.netloc:
        return place
    return urlunsplit(parts._replace(netloc="***@" + parts.netloc.rpartition("@")[2]))
