"""Downloads of bytes that clients sent, as responses that browsers only save as files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from litestar import Response

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["as_file", "plain_name"]

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_NAME_LENGTH = 100
_OCTETS = "application/octet-stream"
# Types that no browser runs, even if it ignored that this is a download.
_HARMLESS = frozenset(
    {"application/gzip", "application/json", "application/zip", "image/jpeg", "image/png", "text/plain"}
)


def plain_name(name: str, otherwise: str) -> str:
    """A file name of harmless characters, without folders and not hidden."""
    return _UNSAFE.sub("_", _leaf(name))[-_NAME_LENGTH:].lstrip("._") or otherwise


def as_file(data: bytes, name: str, content_type: str | None, harmless: Collection[str] = _HARMLESS) -> Response[bytes]:
    """A response that is saved as a file. The content type is the sender's only if it is harmless."""
    declared = (content_type or "").partition(";")[0].strip().lower()
    plain = plain_name(name, "attachment")
    disposition = f'attachment; filename="{plain}"'
    if plain != name:
        disposition += f"; filename*=UTF-8''{quote(_leaf(name)[-_NAME_LENGTH:], safe='')}"
    headers = {
        "Content-Disposition": disposition,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(data, media_type=declared if declared in harmless else _OCTETS, headers=headers)


def _leaf(name: str) -> str:
    return re.split(r"[\\/]", name)[-1]
