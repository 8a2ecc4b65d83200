"""Forms of pages: read within limits, and only if they were sent from a page of the same session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from symbolicate.service.access.callers import Callers
from symbolicate.service.access.guard import SESSION
from symbolicate.service.context import context_of
from symbolicate.service.errors import RefusedError
from symbolicate.service.http import body
from symbolicate.service.http.address import base_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from litestar import Request

__all__ = ["check_origin", "check_sender", "read_fields"]

# Notes have up to 10,000 characters, each of which may be escaped as 12 bytes.
_FORM_BYTES = 256 * 1024
_FIELDS = 50


async def read_fields(request: Request[Any, Any, Any]) -> dict[str, str]:
    """The fields of a form; of several with one name the last.

    Raises:
        RefusedError: it is too large, not a form, or not from a page of this session.
    """
    check_origin(request)
    limits = context_of(request).config.limits
    parts, size = [], 0
    async for chunk in body.stream(request, limits, body_bytes=_FORM_BYTES):
        size += len(chunk)
        if size > _FORM_BYTES:
            raise RefusedError(413, "PayloadTooLarge", "the form is too large")
        parts.append(chunk)
    try:
        text = b"".join(parts).decode()
        fields = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_FIELDS))
    except ValueError:
        raise RefusedError(400, "BadRequest", "the body is not a form") from None
    check_sender(request, fields)
    return fields


def check_origin(request: Request[Any, Any, Any]) -> None:
    """Refuse a form of another site.

    Raises:
        RefusedError: the browser states another origin than this service, or none.
    """
    sent, own = request.headers.get("origin", ""), {base_url(request)}
    own.add(f"{request.scope['scheme']}://{request.headers.get('host', '')}")
    site = request.headers.get("sec-fetch-site", "same-origin")
    # A proxy that ends TLS may leave the scheme unknown here, so only hosts are compared.
    if site != "same-origin" or not sent or urlsplit(sent).netloc not in {urlsplit(one).netloc for one in own}:
        raise RefusedError(403, "Forbidden", "the form is not from a page of this service")


def check_sender(request: Request[Any, Any, Any], fields: Mapping[str, str]) -> None:
    """Refuse a form that has not the code of this session.

    Raises:
        RefusedError: it has another.
    """
    callers = context_of(request).part(Callers)
    if not callers.is_form_code(request.cookies.get(SESSION, ""), fields.get("form_code", "")):
        raise RefusedError(403, "Forbidden", "the form is of another session: load its page again, then send it again")
