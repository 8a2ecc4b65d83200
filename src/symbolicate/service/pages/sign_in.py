"""`/sign-in` and `/sign-out`: a token, or the answer of an identity provider, is exchanged for a session's cookie."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie

from symbolicate.service.access.callers import Callers
from symbolicate.service.access.guard import SESSION
from symbolicate.service.access.oidc import ProviderError
from symbolicate.service.context import context_of
from symbolicate.service.errors import RefusedError
from symbolicate.service.http.address import base_url
from symbolicate.service.log import logger
from symbolicate.service.pages.forms import read_fields
from symbolicate.service.pages.rendering import page, to

if TYPE_CHECKING:
    from typing import Literal

    from symbolicate.service.access.oidc import SignIn

__all__ = ["come_back", "leave_provider", "show_sign_in", "sign_in", "sign_in_elsewhere", "sign_out"]

_PATH_LENGTH = 2048
_FLOW = "symbolicate-sign-in"
_FLOW_SECONDS = 600
_BACK = "/sign-in/back"


@get("/sign-in")
async def show_sign_in(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The link to the identity provider, and the form for a token."""
    return await asyncio.to_thread(_form, request, _own_path(request.query_params.get("next", "")))


@post("/sign-in", status_code=303)
async def sign_in(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Begin a session with a token, and go to the page that was asked for."""
    _limit(request)
    context = context_of(request)
    fields = await read_fields(request)
    target = _own_path(fields.get("next", ""))
    seconds = context.config.access.session_hours * 3600
    secret = fields.get("token", "").strip()
    value = await asyncio.to_thread(context.part(Callers).session, secret, seconds)
    if value is None:
        return await asyncio.to_thread(
            _form, request, target, 403, problem="This token is not valid.", token_problem=True
        )
    answer = to(target)
    answer.set_cookie(_cookie(request, SESSION, value, seconds))
    return answer


@get("/sign-in/provider")
async def sign_in_elsewhere(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Lead the browser to the identity provider.

    This is for a link, because the policy of pages permits forms to this service alone.
    """
    _limit(request)
    target = _own_path(request.query_params.get("next", ""))
    try:
        flow, place = await asyncio.to_thread(_provider(request).begin, target, base_url(request) + _BACK)
    except ProviderError as error:
        return await asyncio.to_thread(_refused, request, error, target)
    answer = to(place)
    # `Lax`, because the provider, which is another site, leads the browser back.
    answer.set_cookie(_cookie(request, _FLOW, flow.cookie, _FLOW_SECONDS, path="/sign-in", same_site="lax"))
    return answer


@get(_BACK)
async def come_back(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Begin a session for who comes back from the identity provider."""
    _limit(request)
    context = context_of(request)
    cookie, query = request.cookies.get(_FLOW, ""), dict(request.query_params)
    try:
        person, target = await asyncio.to_thread(_provider(request).finish, query, cookie, base_url(request) + _BACK)
    except ProviderError as error:
        answer = await asyncio.to_thread(_refused, request, error, "/apps")
    else:
        if person is None:
            problem = "You are known, but have no access here. Whoever runs this service grants it."
            answer = await asyncio.to_thread(_form, request, target, 403, problem=problem)
        else:
            # Not a redirection: browsers leave out the new cookie (SameSite=Strict) as long as another site led here.
            answer = await asyncio.to_thread(page, request, "again.html", "One moment", here=target)
            seconds = context.config.access.session_hours * 3600
            answer.set_cookie(_cookie(request, SESSION, context.part(Callers).session_of(person, seconds), seconds))
    # The address has the code, which no other page may see.
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.set_cookie(_cookie(request, _FLOW, "", 0, path="/sign-in", same_site="lax"))
    return answer


@post("/sign-out", status_code=303)
async def sign_out(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Forget the session in this browser. The sessions of a token all end when it is revoked."""
    await read_fields(request)
    answer = to("/sign-in?signed_out=yes" if context_of(request).part(Callers).sign_in is not None else "/sign-in")
    answer.set_cookie(_cookie(request, SESSION, "", 0))
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


@get("/sign-out/provider")
async def leave_provider(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Lead the browser to where the identity provider ends its own session."""
    _limit(request)
    try:
        place = await asyncio.to_thread(_provider(request).end, base_url(request) + "/sign-in")
    except ProviderError as error:
        return await asyncio.to_thread(_refused, request, error, "/apps")
    return to(place or "/sign-in")


def _limit(request: Request[Any, Any, Any]) -> None:
    address = request.client.host if request.client else ""
    if not context_of(request).by_address.take(address):
        raise RefusedError(429, "TooManyRequests", "too many requests from this address", {"Retry-After": "10"})


def _provider(request: Request[Any, Any, Any]) -> SignIn:
    found = context_of(request).part(Callers).sign_in
    if found is None:
        raise RefusedError(404, "NotFound", "this service has no identity provider")
    return found


def _refused(request: Request[Any, Any, Any], error: ProviderError, target: str) -> Response[bytes]:
    logger.warning("sign-in: %s", error)
    if error.refused:
        return _form(request, target, 403, problem="The sign-in was not completed. Begin it again from this page.")
    return _form(request, target, 503, problem="The identity provider does not answer as it should. Try again later.")


def _form(
    request: Request[Any, Any, Any], target: str, status: int = 200, *, problem: str = "", token_problem: bool = False
) -> Response[bytes]:
    callers = context_of(request).part(Callers)
    return page(
        request,
        "sign_in.html",
        "Sign in",
        status=status,
        target=target,
        problem=problem,
        token_problem=token_problem,
        provider=callers.sign_in.name if callers.sign_in is not None else "",
        signed_out="signed_out" in request.query_params,
        is_open=callers.is_open,
    )


def _cookie(
    request: Request[Any, Any, Any],
    name: str,
    value: str,
    seconds: int,
    *,
    path: str = "/",
    same_site: Literal["lax", "strict"] = "strict",
) -> Cookie:
    """A cookie that scripts cannot read, and that other sites cannot have sent, but for links if it is `lax`."""
    config = context_of(request).config
    secure = base_url(request).startswith("https:") or config.public_url.startswith("https:")
    return Cookie(name, path, value, max_age=seconds, httponly=True, samesite=same_site, secure=secure)


def _own_path(text: str) -> str:
    """A path of this service to go to after the sign-in; anything else, such as the address of another host, is not."""
    is_plain = len(text) <= _PATH_LENGTH and text.isascii() and text.isprintable() and "\\" not in text
    return text if is_plain and text.startswith("/") and not text.startswith("//") else "/apps"
