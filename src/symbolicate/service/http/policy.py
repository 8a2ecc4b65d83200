"""What browsers may do with a response: nothing but show it, unless it is a page, which has a policy of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from litestar.enums import ScopeType

if TYPE_CHECKING:
    from litestar.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["OTHERS", "PAGE_POLICY", "with_policy"]

PAGE_POLICY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    # The address of a page goes to its own forms alone: with `no-referrer`, browsers send no usable `Origin` with them.
    "Referrer-Policy": "same-origin",
}
"""Headers of pages: styles and scripts are files of the service, there is no other host."""

OTHERS = [
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
]
"""Headers of all other responses."""


def with_policy(app: ASGIApp) -> ASGIApp:
    """The application; its responses without a policy get one that allows nothing."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                given = {name.lower() for name, _ in headers}
                message["headers"] = [*headers, *(one for one in OTHERS if one[0] not in given)]
            await send(message)

        await app(scope, receive, sending if scope["type"] == ScopeType.HTTP else send)

    return guarded
