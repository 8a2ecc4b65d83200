"""`POST /{tenant}/oauth2/token`: client credentials, as in version 1 of Microsoft's token endpoint.

The Store's clients send `grant_type=client_credentials&client_id=…&client_secret=…&resource=…`. Numbers are strings in
the response of that endpoint, and clients rely on it.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from typing import Any
from urllib.parse import parse_qs, unquote_plus

from litestar import Request, Response, post

from symbolicate.service.access.callers import Callers
from symbolicate.service.context import context_of
from symbolicate.service.errors import RefusedError
from symbolicate.service.http import body
from symbolicate.service.http.openapi import OpenAPIType, Schema, body_operation
from symbolicate.service.http.responses import as_json, error_handlers

__all__ = ["token"]

_FORM_BYTES = 16 * 1024
_RESOURCE = "https://manage.devcenter.microsoft.com"
_CODES = {401: "invalid_client", 503: "temporarily_unavailable", 500: "server_error"}

_Operation = body_operation(
    {
        "application/x-www-form-urlencoded": Schema(
            type=OpenAPIType.OBJECT,
            properties={
                name: Schema(type=OpenAPIType.STRING)
                for name in ("grant_type", "client_id", "client_secret", "resource")
            },
            required=["grant_type", "client_id", "client_secret"],
        )
    },
    "The client's credentials.",
)


def _oauth_error(refused: RefusedError) -> Response[bytes]:
    code = refused.code if refused.code.islower() else _CODES.get(refused.status, "invalid_request")
    answer = {"error": code, "error_description": refused.message}
    return as_json(answer, refused.status, {**refused.headers, "Cache-Control": "no-store"})


@post(
    ["/{tenant:str}/oauth2/token", "/oauth2/token"],
    status_code=200,
    summary="Get an access token",
    tags=["Access"],
    operation_class=_Operation,
    security=[{"client": []}, {}],
    exception_handlers=error_handlers(_oauth_error),
)
async def token(request: Request[Any, Any, Any], tenant: str = "") -> Response[bytes]:  # noqa: ARG001 - any will do
    """Exchange a client's id and secret for an access token."""
    context = context_of(request)
    address = request.client.host if request.client else ""
    if not context.by_address.take(address):
        raise RefusedError(429, "temporarily_unavailable", "too many requests from this address")
    content = b"".join([chunk async for chunk in body.stream(request, context.config.limits, body_bytes=_FORM_BYTES)])
    try:
        form = {name: values[-1] for name, values in parse_qs(content.decode(), max_num_fields=50).items()}
    except ValueError:
        raise RefusedError(400, "invalid_request", "the body is not a form") from None
    if form.get("grant_type") != "client_credentials":
        raise RefusedError(400, "unsupported_grant_type", "grant_type must be client_credentials")
    basic = _basic(request.headers.get("authorization", ""))
    client_id, secret = basic or (form.get("client_id", ""), form.get("client_secret", ""))
    made = await asyncio.to_thread(context.part(Callers).access_token, client_id, secret)
    if made is None:
        raise RefusedError(401, "invalid_client", "no client has this id and secret", {"WWW-Authenticate": "Basic"})
    text, begins, seconds = made
    answer = {
        "token_type": "Bearer",
        "expires_in": str(seconds),
        "ext_expires_in": str(seconds),
        "expires_on": str(begins + seconds),
        "not_before": str(begins),
        "resource": form.get("resource", _RESOURCE)[:200],
        "access_token": text,
    }
    return as_json(answer, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})


def _basic(authorization: str) -> tuple[str, str] | None:
    """Credentials in the header, where RFC 6749 prefers them."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (unquote_plus(name), unquote_plus(secret)) if colon else None
