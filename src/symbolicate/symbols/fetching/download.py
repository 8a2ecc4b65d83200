"""One file by HTTP into a file on disk: resumed where it was cut, retried, bounded.

Also ranges of a file, for those who need few bytes of a large one.
"""

from __future__ import annotations

import random
import re
import time
from typing import TYPE_CHECKING

from symbolicate.symbols.fetching import ranges
from symbolicate.symbols.fetching.failure import EMPTY, FetchError, LargeFileError, TransientError
from symbolicate.symbols.fetching.partial import TAG_LENGTH
from symbolicate.symbols.fetching.ranges import Range

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from symbolicate.symbols.fetching.http import Answer, Http
    from symbolicate.symbols.fetching.partial import Partial
    from symbolicate.symbols.fetching.urls import Url

__all__ = ["download", "fetch_range", "fetch_ranges"]

# How often a file is asked for; a try that brought bytes does not count.
_TRIES = 3
_RESUMPTIONS = 100
# Seconds until the first retry, doubled each time; and the longest wait that a server may ask for.
_PAUSE, _LONGEST_PAUSE = 0.25, 20.0
_PARTIAL, _NOT_SATISFIABLE = 206, 416
_CONTENT_RANGE = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19}|\*)\Z")


def fetch_range(http: Http, url: Url, offset: int, length: int, ends: float, tag: str = "") -> Range:
    """A range of a file, by one request.

    Args:
        http: makes the request.
        url: the file.
        offset: its first byte.
        length: the number of bytes, at least 1.
        ends: when the operation ends.
        tag: the version of the file that earlier ranges were of.

    Raises:
        FetchError: there is no such file, the server does not answer ranges, or the file has changed.
    """
    headers = {"Range": f"bytes={offset}-{offset + length - 1}", "Accept-Encoding": "identity"}
    if tag:
        headers["If-Match"] = tag
    with http.get(url, ends, headers) as answer:
        if answer.status != _PARTIAL:
            raise FetchError("refused", "the server does not answer ranges")
        start, size = _place(answer)
        if start != offset or size is None:
            raise FetchError("malformed", "the server answers another range")
        data = bytearray()
        for chunk in answer.body():
            data += chunk
            if len(data) > length:
                raise FetchError("malformed", "the server answers another range")
        if len(data) != min(length, max(size - offset, 0)):
            raise FetchError("malformed", "the server answers another range")
        return Range(bytes(data), size, _tag(answer.headers))


def fetch_ranges(http: Http, url: Url, wanted: Sequence[tuple[int, int]], ends: float, tag: str = "") -> list[Range]:
    """Ranges of a file, each by one request, some at a time.

    Args:
        http: makes the requests.
        url: the file.
        wanted: offset and length of each.
        ends: when the operation ends.
        tag: the version of the file that earlier ranges were of.

    Raises:
        FetchError: as for `fetch_range`, of one of them.
    """
    return ranges.side_by_side(wanted, lambda offset, length: fetch_range(http, url, offset, length, ends, tag))


def download(http: Http, url: Url, part: Partial, ends: float, large: int = 0) -> None:
    """Fetch a file, from where the bytes that are there end.

    Args:
        http: makes the requests.
        url: the file.
        part: what is there of it, which is written on.
        ends: when the operation ends.
        large: a file of more bytes is not fetched if its server answers ranges; 0 to fetch all of any file.

    Raises:
        LargeFileError: it is not fetched for that reason.
        FetchError: it cannot be fetched. What came stays, and is resumed from the next time, if the server can do that.
    """
    tries, resumed = 0, 0
    while True:
        before = part.size
        try:
            _try(http, url, part, ends, large)
        except TransientError as error:
            has_more = bool(part.tag) and part.size > before
            resumed += 1
            tries = 0 if has_more and resumed < _RESUMPTIONS else tries + 1
            pause = _PAUSE * 2**tries * random.uniform(0.75, 1.25)  # noqa: S311 - not a secret
            pause = pause if error.after is None else error.after
            is_hopeless = tries >= _TRIES or pause > _LONGEST_PAUSE or time.monotonic() + pause >= ends
            if is_hopeless or error.outcome == "timed out":
                raise
            time.sleep(pause)
            http.recover(url)
        else:
            return


def _try(http: Http, url: Url, part: Partial, ends: float, large: int) -> None:
    have, tag = part.size, part.tag
    if large and not have:
        _begin(http, url, part, ends, large)
        return
    headers = {"Range": f"bytes={have}-", "If-Range": tag} if have and tag else {}
    with http.get(url, ends, headers, accept=frozenset({_NOT_SATISFIABLE})) as answer:
        if answer.status == _NOT_SATISFIABLE:
            if not headers:
                raise FetchError("refused", "HTTP 416")
            part.restart()
            raise TransientError("malformed", "the file has changed", after=0.0)
        if answer.status != _PARTIAL:
            part.restart(_tag(answer.headers))
            have = 0
        elif _place(answer)[0] != have:
            part.restart()
            raise TransientError("malformed", "the server answers another range", after=0.0)
        part.expect(have + _length(answer.headers))
        for chunk in answer.body():
            part.append(chunk)
        if not part.size:
            raise FetchError("malformed", EMPTY)


def _begin(http: Http, url: Url, part: Partial, ends: float, large: int) -> None:
    """Fetch the head of a file, all of it if it has no more, and the rest if it is not large."""
    headers = {"Range": f"bytes=0-{ranges.HEAD - 1}", "Accept-Encoding": "identity"}
    with http.get(url, ends, headers, accept=frozenset({_NOT_SATISFIABLE})) as answer:
        if answer.status == _NOT_SATISFIABLE:
            raise FetchError("malformed", EMPTY)
        part.restart(_tag(answer.headers))
        start, size = _place(answer) if answer.status == _PARTIAL else (0, _length(answer.headers))
        if start != 0:
            raise FetchError("malformed", "the server answers another range")
        is_part = answer.status == _PARTIAL
        if not is_part or size is None or size <= large:
            part.expect(size or 0)
        for chunk in answer.body():
            part.append(chunk)
    if not part.size:
        raise FetchError("malformed", EMPTY)
    if not is_part or part.size == size:
        return
    if size is not None and size > large:
        part.stream.seek(0)
        raise LargeFileError(Range(part.stream.read(ranges.HEAD), size, part.tag))
    _try(http, url, part, ends, 0)


def _tag(headers: Mapping[str, str]) -> str:
    """A strong `ETag`: a weak one does not say that the bytes are the same."""
    tag = headers.get("etag", "")
    return tag if tag.startswith('"') and len(tag) <= TAG_LENGTH and tag.isascii() and tag.isprintable() else ""


def _length(headers: Mapping[str, str]) -> int:
    """The size of a body, as far as it is said."""
    text = headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0  # noqa: PLR2004


def _place(answer: Answer) -> tuple[int, int | None]:
    """The first byte of a range, and the size of the whole file."""
    found = _CONTENT_RANGE.match(answer.headers.get("content-range", ""))
    if found is None:
        return -1, None
    return int(found[1]), None if found[3] == "*" else int(found[3])
