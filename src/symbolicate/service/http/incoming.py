"""A request as an ASGI server passes it on, with the little that the ways in need of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from litestar.types import HTTPScope, Receive

__all__ = ["Incoming"]


class Incoming:
    """A request without the framework. Its attributes are a part of those of the framework's `Request`.

    Attributes:
        scope: the ASGI scope.
        receive: returns the next part of the body, unless that is complete already.
        whole: the complete body, as it was sent; None if it is still to be received, or was taken.
        headers: the headers by their names in lower case; of several with one name the first.
    """

    __slots__ = ("headers", "receive", "scope", "whole")

    def __init__(self, scope: HTTPScope, receive: Receive | None, whole: bytes | None = None) -> None:
        self.scope = scope
        self.receive: Any = receive
        self.whole = whole
        # Backwards, so that the first of several remains.
        self.headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(list(scope["headers"]))
        }

    def take_whole(self) -> bytes:
        """The complete body, which is not held here any longer."""
        body = self.whole or b""
        self.whole = None
        return body

    @property
    def method(self) -> str:
        """The method, in capital letters."""
        return self.scope["method"]

    @property
    def query_params(self) -> dict[str, str]:
        """The parameters of the address; of several with one name the first."""
        pairs = parse_qsl(self.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        return dict(reversed(pairs))
