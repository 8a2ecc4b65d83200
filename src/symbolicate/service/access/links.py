"""Checks signed links, which are valid without a token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from symbolicate.service.access.signing import signature_is_valid
from symbolicate.service.context import context_of
from symbolicate.service.errors import RefusedError

if TYPE_CHECKING:
    from litestar import Request

__all__ = ["check_link"]


def check_link(request: Request[Any, Any, Any], method: str, path: str, *, code: str = "Forbidden") -> None:
    """Refuse a request whose address was not signed here, or is too old.

    Args:
        request: the request.
        method: the HTTP method that was signed.
        path: the path that was signed.
        code: the code of the refusal.

    Raises:
        RefusedError: the link is not valid, or has expired.
    """
    query, key = request.query_params, context_of(request).signing_key
    if not signature_is_valid(key, method, path, query.get("se", ""), query.get("sig", "")):
        raise RefusedError(403, code, "the link is not valid, or has expired")
