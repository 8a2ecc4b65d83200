"""`/sign-in` and `/sign-out`: a token is exchanged for the cookie of a session."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from litestar import Request, Response, get, post

from symbolicate.service.access.callers import Callers
from symbolicate.service.access.guard import SESSION
from symbolicate.service.context import context_of
from symbolicate.service.errors import RefusedError
from symbolicate.service.http.address import base_url
from symbolicate.service.pages.forms import read_fields
from symbolicate.service.pages.rendering import page, to

if TYPE_CHECKING:
    from symbolicate.service.context import Context

__all__ = ["show_sign_in", "sign_in", "sign_out"]

_PATH_LENGTH = 4096


@get("/sign-in")
async def show_sign_in(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The form for a token."""
    target = _own_path(request.query_params.get("next", ""))
    return await asyncio.to_thread(_form, request, target, 200, "")


@post("/sign-in", status_code=303)
async def sign_in(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Begin a session, and go to the page that was asked for."""
    context = context_of(request)
    address = request.client.host if request.client else ""
    if not context.by_address.take(address):
        raise RefusedError(429, "TooManyRequests", "too many requests from this address", {"Retry-After": "10"})
    fields = await read_fields(request)
    target = _own_path(fields.get("next", ""))
    seconds = context.config.access.session_hours * 3600
    secret = fields.get("token", "").strip()
    value = await asyncio.to_thread(context.part(Callers).session, secret, seconds)
    if value is None:
        return await asyncio.to_thread(_form, request, target, 403, "This token is not valid.")
    answer = to(target)
    answer.headers["Set-Cookie"] = _cookie(request, context, value, seconds)
    return answer


@post("/sign-out", status_code=303)
async def sign_out(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Forget the session in this browser. The sessions of a token all end when it is revoked."""
    await read_fields(request)
    answer = to("/sign-in")
    answer.headers["Set-Cookie"] = _cookie(request, context_of(request), "", 0)
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


def _form(request: Request[Any, Any, Any], target: str, status: int, problem: str) -> Response[bytes]:
    is_open = context_of(request).part(Callers).is_open
    return page(request, "sign_in.html", "Sign in", status=status, target=target, problem=problem, is_open=is_open)


def _cookie(request: Request[Any, Any, Any], context: Context, value: str, seconds: int) -> str:
    """The header of a cookie, which scripts cannot read and which other sites cannot have sent."""
    is_secure = base_url(request).startswith("https:") or context.config.public_url.startswith("https:")
    secure = "; Secure" if is_secure else ""
    return f"{SESSION}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"


def _own_path(text: str) -> str:
    """A path of this service to go to after the sign-in; anything else, such as the address of another host, is not."""
    is_plain = len(text) <= _PATH_LENGTH and text.isascii() and text.isprintable() and "\\" not in text
    return text if is_plain and text.startswith("/") and not text.startswith("//") else "/apps"
