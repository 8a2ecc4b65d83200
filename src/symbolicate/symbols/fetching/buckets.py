"""A bucket of S3, Google Cloud Storage or Azure: its files, in the cache.

Credentials, regions and endpoints are those of the environment, as the tools of each provider read them (`AWS_…`,
`GOOGLE_…`, `AZURE_…`). A person names a bucket; nothing else leads to one.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from symbolicate.errors import SymbolSourceError
from symbolicate.symbols.fetching import ranges
from symbolicate.symbols.fetching.failure import (
    DOWN_SECONDS,
    EMPTY,
    FetchError,
    LargeFileError,
    TransientError,
    time_is_over,
)
from symbolicate.symbols.fetching.partial import TAG_LENGTH
from symbolicate.symbols.fetching.ranges import Range
from symbolicate.symbols.fetching.roots import CachedRoot
from symbolicate.symbols.fetching.urls import address_below, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from symbolicate.symbols.fetching.fetcher import Fetcher
    from symbolicate.symbols.fetching.partial import Partial
    from symbolicate.symbols.layouts.layout import Parts

__all__ = ["SCHEMES", "Bucket"]

SCHEMES = frozenset({"s3", "s3a", "gs", "az", "adl", "azure", "abfs", "abfss"})
"""The schemes of buckets."""

_ALLOW_HTTP = ("AWS_ALLOW_HTTP", "AZURE_ALLOW_HTTP", "GOOGLE_ALLOW_HTTP")
_CHUNK = 1 << 20
_TRIES = 3


class Bucket(CachedRoot):
    """A bucket, or what is below a prefix in it. May be used by many threads.

    Args:
        url: `s3://bucket/prefix`, `gs://…`, `az://…`.
        fetcher: fetches its files.

    Raises:
        SymbolSourceError: it is not the address of a bucket, or the library for buckets is not installed.
    """

    def __init__(self, url: str, fetcher: Fetcher) -> None:
        super().__init__(_shown(url).rstrip("/"), fetcher)
        self._url = url
        self._lock = threading.Lock()
        self._store: Any = None
        self._down = (0.0, "")
        try:
            import obstore  # noqa: F401 - a large native module, which is needed as soon as something is asked
        except ImportError:
            raise SymbolSourceError(
                f"{self.name}: buckets need the package obstore: install symbolicate[buckets]"
            ) from None

    def shown(self, path: Parts) -> str:
        """The address of a file, as reports show it."""
        return address_below(self.name, path)

    def origin(self, path: Parts, large: int = 0) -> _BucketOrigin:
        """A file in it."""
        return _BucketOrigin(self, path, large)

    def range_of(self, path: Parts, offset: int, length: int, ends: float, tag: str = "") -> Range:
        """A range of a file.

        Raises:
            FetchError: there is no such file, it has changed, or it cannot be asked for.
        """
        import obstore

        self.check(ends)
        store = self.opened()
        options: Any = {"range": (offset, offset + length)}
        if tag:
            options["if_match"] = tag
        with self.translated():
            try:
                found = obstore.get(store, "/".join(path), options=options)
            except obstore.exceptions.PreconditionError:
                raise FetchError("malformed", "the file has changed meanwhile", 0.0) from None
            size = found.meta["size"]
            data = bytes(found.bytes())
        if found.range[0] != offset or len(data) != min(length, max(size - offset, 0)):
            raise FetchError("malformed", "the provider answers another range")
        return Range(data, size, (found.meta.get("e_tag") or "")[:TAG_LENGTH])

    def opened(self) -> Any:
        """The bucket of obstore.

        Raises:
            FetchError: the environment lacks something, such as a region.
        """
        from obstore.store import from_url

        network = self._fetcher.network
        with self._lock:
            if self._store is None:
                self._fetcher.contact(self.name)
                options: Any = {
                    "connect_timeout": timedelta(seconds=network.connect_seconds),
                    "timeout": timedelta(seconds=network.seconds),
                }
                if any(os.environ.get(name, "").lower() in {"1", "true"} for name in _ALLOW_HTTP):
                    options["allow_http"] = True  # obstore does not read it from the environment beside other options
                retries: Any = {"max_retries": _TRIES, "retry_timeout": timedelta(seconds=network.stall_seconds)}
                try:
                    self._store = from_url(self._url, client_options=options, retry_config=retries)
                except Exception as error:  # noqa: BLE001 - the classes of obstore have no common base here
                    raise FetchError("refused", _reason(error), 0.0, of_server=True) from None
            return self._store

    def check(self, ends: float) -> None:
        """Do not ask when the time is over, nor a provider again that did not answer.

        Raises:
            FetchError: it is not to be asked.
        """
        now = time.monotonic()
        if now >= ends:
            raise time_is_over()
        with self._lock:
            until, reason = self._down
        if now < until:
            raise FetchError("refused", reason, 0.0, of_server=True)

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Errors of obstore as outcomes."""
        import obstore

        known = obstore.exceptions
        try:
            yield
        except FetchError:
            raise
        except FileNotFoundError:
            raise FetchError("missing") from None
        except (known.PermissionDeniedError, known.UnauthenticatedError) as error:
            raise FetchError("refused", _reason(error)) from None
        except known.GenericError as error:
            # It was tried several times already: no connection, or an error of the provider.
            with self._lock:
                self._down = time.monotonic() + DOWN_SECONDS, _reason(error)
            raise TransientError("refused", _reason(error), of_server=True) from None
        except known.BaseError as error:
            raise FetchError("refused", _reason(error)) from None


@dataclass(frozen=True, slots=True)
class _BucketOrigin:
    """One file in a bucket."""

    bucket: Bucket
    path: Parts
    large: int = 0
    is_local: bool = False

    @property
    def server(self) -> str:
        """The bucket."""
        return self.bucket.name.replace("://", "-").partition("/")[0]

    @property
    def key(self) -> str:
        """The whole address."""
        return self.bucket.shown(self.path)

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.path[-1]

    def head(self, _: Fetcher, ends: float) -> Range:
        """Its first bytes.

        Raises:
            FetchError: they cannot be fetched.
        """
        return self.bucket.range_of(self.path, 0, ranges.HEAD, ends)

    def ranges(self, _: Fetcher, wanted: Sequence[tuple[int, int]], ends: float, tag: str) -> list[Range]:
        """Ranges of it, some at a time.

        Raises:
            FetchError: there is no such file, or it has changed.
        """
        one = self.bucket.range_of
        return ranges.side_by_side(wanted, lambda offset, length: one(self.path, offset, length, ends, tag))

    def fetch(self, _: Fetcher, part: Partial, ends: float) -> None:
        """Fetch it.

        Raises:
            LargeFileError: it is large, and only its head was fetched.
            FetchError: it cannot be fetched.
        """
        import obstore

        self.bucket.check(ends)
        store, key = self.bucket.opened(), "/".join(self.path)
        with self.bucket.translated():
            if self.large and not part.size and self._begin(store, key, part):
                return
            have, tag = part.size, part.tag
            options: Any = {"range": {"offset": have}, "if_match": tag} if have and tag else {}
            try:
                result = obstore.get(store, key, options=options)
            except obstore.exceptions.PreconditionError:  # another version
                options = {}
                result = obstore.get(store, key)
            if not options:
                part.restart(result.meta.get("e_tag") or "")
            part.expect(result.meta["size"])
            for chunk in result.stream(min_chunk_size=_CHUNK):
                part.append(memoryview(chunk))
                self.bucket.check(ends)
            if part.size != result.meta["size"]:
                raise TransientError("malformed", f"cut: {part.size:,} of {result.meta['size']:,} bytes")
        if not part.size:
            raise FetchError("malformed", EMPTY)

    def _begin(self, store: Any, key: str, part: Partial) -> bool:
        """Fetch the head of a file; whether that is all of it.

        Raises:
            LargeFileError: it is large.
        """
        import obstore

        try:
            first = obstore.get(store, key, options={"range": (0, ranges.HEAD)})
        except obstore.exceptions.GenericError:
            return False  # an empty file has no such range
        data, size, tag = bytes(first.bytes()), first.meta["size"], (first.meta.get("e_tag") or "")[:TAG_LENGTH]
        if size > self.large:
            raise LargeFileError(Range(data, size, tag))
        part.restart(tag)
        part.expect(size)
        part.append(data)
        return part.size == size and size > 0


def _shown(url: str) -> str:
    """The address of a bucket without what may be secret; `abfss://container@account/` has its container there.

    Raises:
        SymbolSourceError: it is not a valid address, or names no bucket.
    """
    try:
        found = urlsplit(url)
    except ValueError:
        raise SymbolSourceError(f"not a valid address: {shown(url)}") from None
    user, at, host = found.netloc.rpartition("@")
    if not host or (at and not user):
        raise SymbolSourceError(f"no bucket is named: {found.scheme}://{found.path}")
    return f"{found.scheme}://{user.partition(':')[0]}{at}{host}{found.path}"


def _reason(error: BaseException) -> str:
    """The reason in a few words: the first line, because others may repeat requests with their headers."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:200]
