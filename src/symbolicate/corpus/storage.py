"""The folder of a batch: its manifest, lists of inputs, data files and commit records, on a disk or in an object store.

`create` is the one operation that everything rests on: a key is written whole, and only if it does not exist yet. On a
disk that is a link of a finished temporary file, in an object store a put with a condition.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from typing import TYPE_CHECKING, Protocol

from symbolicate.corpus.objects import ObjectError, is_address, open_store, reason_of, split_address

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Storage", "open_storage"]

_TEMPORARY = ".writing-"
_CHUNK = 1 << 20


class Storage(Protocol):
    """Where the files of a batch are. Keys have forward slashes."""

    place: str
    """Its path or address."""

    def create(self, key: str, data: bytes) -> bool:
        """Write a key that does not exist yet; False if it exists. The data are durable when this returns."""
        ...

    def put_file(self, key: str, path: str) -> None:
        """Move a local file to a key that nobody else writes. The data are durable when this returns."""
        ...

    def read(self, key: str, part: tuple[int, int] | None = None) -> bytes:
        """The bytes of a key, or a part of them: where it begins, and its length.

        Raises:
            FileNotFoundError: it does not exist.
        """
        ...

    def keys(self, prefix: str) -> Iterator[str]:
        """The keys in a folder, without it."""
        ...

    def local(self, key: str, folder: str) -> str:
        """The path of a local file with the bytes of a key: the file itself, or a copy in a folder."""
        ...

    def scratch(self) -> str:
        """A local folder for temporary files, from which `put_file` does not copy if that can be avoided."""
        ...

    def delete(self, key: str) -> None:
        """Remove a key; one that does not exist is ignored."""
        ...

    def remove(self) -> None:
        """Remove the whole folder."""
        ...


def open_storage(place: str) -> Storage:
    """The storage at a path or an address (`s3://bucket/prefix`).

    Raises:
        ObjectError: the object store cannot be opened.
    """
    return _Objects(place) if is_address(place) else _Folder(place)


class _Folder:
    """A folder on a disk."""

    def __init__(self, place: str) -> None:
        self.place = place
        # Folders that are there; nothing but `remove` removes one.
        self._made: set[str] = set()

    def create(self, key: str, data: bytes) -> bool:
        target = self._path(key)
        temporary = f"{os.path.dirname(target)}/{_TEMPORARY}{os.getpid()}-{os.urandom(6).hex()}"
        self._make_folder(os.path.dirname(target))
        try:
            # Buffered: a full disk takes a part of a single unbuffered write, without an error.
            with open(temporary, "xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            try:
                # Unlike a rename it fails if the target exists.
                os.link(temporary, target)
            except FileExistsError:
                return False
            except OSError as error:
                if error.errno not in {errno.EPERM, errno.ENOTSUP, errno.EMLINK}:
                    raise
                return self._create_without_links(target, data)
        finally:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        _sync(os.path.dirname(target))
        return True

    def _create_without_links(self, target: str, data: bytes) -> bool:
        """On file systems without hard links: one process gets the name, and a reader may see it before its bytes."""
        try:
            with open(target, "xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except FileExistsError:
            return False
        _sync(os.path.dirname(target))
        return True

    def put_file(self, key: str, path: str) -> None:
        target = self._path(key)
        self._make_folder(os.path.dirname(target))
        _sync(path)
        os.replace(path, target)
        _sync(os.path.dirname(target))

    def read(self, key: str, part: tuple[int, int] | None = None) -> bytes:
        with open(self._path(key), "rb", buffering=0) as file:
            if part is None:
                return file.read()
            start, length = part
            return os.pread(file.fileno(), length, start)

    def keys(self, prefix: str) -> Iterator[str]:
        with contextlib.suppress(FileNotFoundError), os.scandir(self._path(prefix)) as found:
            for child in found:
                if not child.name.startswith(_TEMPORARY):
                    yield child.name

    def local(self, key: str, folder: str) -> str:
        del folder
        return self._path(key)

    def scratch(self) -> str:
        path = self._path("scratch")
        self._make_folder(path)
        return path

    def delete(self, key: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path(key))

    def remove(self) -> None:
        shutil.rmtree(self.place, ignore_errors=True)
        self._made.clear()

    def _path(self, key: str) -> str:
        return os.path.join(self.place, key)

    def _make_folder(self, path: str) -> None:
        if path not in self._made:
            os.makedirs(path, exist_ok=True)
            self._made.add(path)


class _Objects:
    """A prefix in an object store. `create` needs a provider with conditional writes: S3, GCS and Azure have them."""

    def __init__(self, place: str) -> None:
        self.place = place.rstrip("/")
        bucket, self._prefix = split_address(self.place)
        self._store = open_store(bucket)

    def create(self, key: str, data: bytes) -> bool:
        import obstore

        with self._translated(key):
            try:
                obstore.put(self._store, self._key(key), data, mode="create", use_multipart=False)
            except obstore.exceptions.AlreadyExistsError:
                return False
        return True

    def put_file(self, key: str, path: str) -> None:
        import obstore

        with self._translated(key), open(path, "rb") as file:
            obstore.put(self._store, self._key(key), file)
        os.unlink(path)

    def read(self, key: str, part: tuple[int, int] | None = None) -> bytes:
        import obstore

        with self._translated(key):
            if part is None:
                return bytes(obstore.get(self._store, self._key(key)).bytes())
            start, length = part
            return bytes(obstore.get_range(self._store, self._key(key), start=start, length=length))

    def keys(self, prefix: str) -> Iterator[str]:
        import obstore

        with self._translated(prefix):
            for page in obstore.list(self._store, self._key(prefix)):
                for found in page:
                    yield found["path"].rpartition("/")[2]

    def local(self, key: str, folder: str) -> str:
        import obstore

        path = os.path.join(folder, key.replace("/", "-"))
        with self._translated(key), open(path, "wb") as file:
            file.writelines(obstore.get(self._store, self._key(key)).stream(min_chunk_size=_CHUNK))
        return path

    def scratch(self) -> str:
        import tempfile

        return tempfile.gettempdir()

    def delete(self, key: str) -> None:
        import obstore

        with contextlib.suppress(FileNotFoundError), self._translated(key):
            obstore.delete(self._store, self._key(key))

    def remove(self) -> None:
        import obstore

        with self._translated(""):
            for page in obstore.list(self._store, self._prefix):
                keys = [found["path"] for found in page]
                try:
                    obstore.delete(self._store, keys)
                except FileNotFoundError:  # another process removes them, too; S3 does not mind
                    for key in keys:
                        with contextlib.suppress(FileNotFoundError):
                            obstore.delete(self._store, key)

    def _key(self, key: str) -> str:
        return f"{self._prefix}/{key}" if self._prefix else key

    @contextlib.contextmanager
    def _translated(self, key: str) -> Iterator[None]:
        """Errors of obstore as those of this package; a missing key stays a FileNotFoundError."""
        import obstore

        try:
            yield
        except FileNotFoundError:
            raise
        except obstore.exceptions.BaseError as error:
            raise ObjectError(f"{self.place}/{key}: {reason_of(error)}") from None


def _sync(path: str) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
