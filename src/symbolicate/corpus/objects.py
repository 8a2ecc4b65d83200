"""Object stores as inputs: the objects below an address, and their bytes. Uses obstore, which is loaded when needed."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from symbolicate.corpus.entries import Entry, kind_of
from symbolicate.errors import InputNotFoundError, SymbolicateError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ObjectError", "ObjectStores", "is_address", "objects_below", "open_store", "reason_of", "split_address"]

_SCHEMES = ("s3", "s3a", "gs", "az", "adl", "azure", "abfs", "abfss")
_ALLOW_HTTP = ("AWS_ALLOW_HTTP", "AZURE_ALLOW_HTTP", "GOOGLE_ALLOW_HTTP")


class ObjectError(SymbolicateError, OSError):
    """An object store cannot be used. The message says why, in one line."""


def is_address(name: str) -> bool:
    """Whether a name is the address of an object store: `s3://`, `gs://`, `az://`."""
    # Nearly all names are paths.
    return "://" in name and name.partition("://")[0].lower() in _SCHEMES


def split_address(address: str) -> tuple[str, str]:
    """The bucket or container of an address, as an address, and the key or prefix in it."""
    scheme, _, rest = address.partition("://")
    bucket, _, key = rest.partition("/")
    return f"{scheme}://{bucket}", key


def open_store(bucket: str) -> Any:
    """The bucket of an address.

    Raises:
        ObjectError: obstore is not installed, or the environment lacks something, such as a region.
    """
    try:
        from obstore.store import from_url
    except ImportError:
        raise ObjectError(f"{bucket}: object stores need the package obstore: install symbolicate[buckets]") from None
    options: Any = {"allow_http": True} if any(_is_set(name) for name in _ALLOW_HTTP) else {}
    try:
        return from_url(bucket, client_options=options)
    except Exception as error:  # noqa: BLE001 - as below
        raise ObjectError(f"{_host(bucket)}: {reason_of(error)}") from None


def objects_below(address: str) -> Iterator[Entry]:
    """The object at an address, or those below it as a prefix of folders, in the order of their keys.

    Keys that end with a slash are the folders of browsers and have no bytes.
    """
    bucket, key = split_address(address)
    is_empty = True
    try:
        store = open_store(bucket)
        import obstore

        if key and not key.endswith("/"):
            try:
                size = obstore.head(store, key)["size"]
            except FileNotFoundError:
                pass
            else:
                yield Entry(address, size=size)
                return
        for page in obstore.list(store, key.rstrip("/") or None):
            for found in page:
                is_empty = False
                if found["size"] or not found["path"].endswith("/"):
                    yield Entry(f"{bucket}/{found['path']}", size=found["size"])
        if is_empty:
            why = "there is no such object, and none below it"
            yield Entry.of(address, error=why, kind=kind_of(InputNotFoundError))
    except Exception as error:  # noqa: BLE001 - the classes of obstore have no common base
        yield Entry.of(address, error=f"cannot be listed: {reason_of(error)}")


class ObjectStores:
    """The buckets that inputs are read from, each opened once. May be used by many threads."""

    def __init__(self) -> None:
        self._stores: dict[str, Any] = {}
        self._lock = threading.Lock()

    def read(self, address: str) -> bytes:
        """The bytes of an object.

        Raises:
            ObjectError: it cannot be read.
        """
        import obstore

        store, key = self._opened(address)
        try:
            return bytes(obstore.get(store, key).bytes())
        except FileNotFoundError:
            raise ObjectError("there is no such object") from None
        except Exception as error:  # noqa: BLE001 - the classes of obstore have no common base
            raise ObjectError(reason_of(error)) from None

    def download(self, address: str, path: str) -> None:
        """Write the bytes of an object to a file.

        Raises:
            ObjectError: it cannot be read.
            OSError: the file cannot be written.
        """
        import obstore

        store, key = self._opened(address)
        with open(path, "wb") as file:
            try:
                file.writelines(obstore.get(store, key).stream(min_chunk_size=1 << 20))
            except FileNotFoundError:
                raise ObjectError("there is no such object") from None
            except obstore.exceptions.BaseError as error:
                raise ObjectError(reason_of(error)) from None

    def _opened(self, address: str) -> tuple[Any, str]:
        bucket, key = split_address(address)
        with self._lock:
            if bucket not in self._stores:
                self._stores[bucket] = open_store(bucket)
            return self._stores[bucket], key


def reason_of(error: BaseException) -> str:
    """The reason in a few words: the first line, because others may repeat requests with their headers."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:200]


def _host(address: str) -> str:
    found = urlsplit(address)
    return f"{found.scheme}://{found.netloc.rpartition('@')[2]}"


def _is_set(name: str) -> bool:
    return os.environ.get(name, "").lower() in {"1", "true"}
