"""HTTP/1.1 as uvicorn speaks it, with limits on the head of a request.

Uvicorn's fast parser takes heads of any size and waits for them for any time. It also refuses spaces in addresses,
which the documented requests of the Store's analytics API have (`filter=market eq 'US'`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

    from symbolicate.service.config import Limits

__all__ = ["LimitedProtocol", "limited_protocol"]

_SPACES = 2  # in a request line: around the address


def limited_protocol(limits: Limits) -> type[LimitedProtocol]:
    """The protocol with these limits."""
    return type("LimitedProtocol", (LimitedProtocol,), {"limits": limits})


class LimitedProtocol(HttpToolsProtocol):
    """Counts bytes and time between the first byte of a request and the end of its head."""

    limits: ClassVar[Limits]

    _clock: asyncio.TimerHandle | None = None
    _seen = 0
    _in_head = True
    _refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock: also who connects and says nothing is not waited for."""
        super().connection_made(transport)
        self._start_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._stop_clock()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came, and hang up if the head has become too long."""
        if self._refused:
            return
        if self._in_head:
            if not self._seen:
                data = _with_encoded_spaces(data)
            self._seen += len(data)
        super().data_received(data)
        # A body may begin in the same packet, so the parser looks first, at no more than the limit and a packet.
        if self._in_head and self._seen > self.limits.header_bytes:
            self._refuse(431, b"the head of the request is too large")

    def on_message_begin(self) -> None:
        """Start the clock."""
        super().on_message_begin()
        self._start_clock()

    def on_url(self, url: bytes) -> None:
        """Take a part of the address."""
        super().on_url(url)
        if len(self.url) > self.limits.header_bytes:
            self._refuse(414, b"the address is too long")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        if self._refused:
            return
        super().on_header(name, value)
        if len(self.headers) > self.limits.headers:
            self._refuse(431, b"too many headers")

    def on_headers_complete(self) -> None:
        """Begin to answer, unless the head was refused."""
        if self._refused:
            return
        self._stop_clock()
        self._in_head = False
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self.limits.header_bytes:
            self._refuse(431, b"the head of the request is too large")
            return
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Expect the next head."""
        if self._refused:
            return
        super().on_message_complete()
        self._in_head = True
        self._seen = 0

    def _start_clock(self) -> None:
        self._stop_clock()
        self._in_head = True
        self._clock = self.loop.call_later(self.limits.head_seconds, self._too_late)

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _too_late(self) -> None:
        if not self.transport.is_closing():
            self._refuse(408, b"the head of the request came too slowly")

    def _refuse(self, status: int, reason: bytes) -> None:
        """Answer once and hang up: nothing that follows can be trusted."""
        if self._refused:
            return
        self._refused = True
        self._stop_clock()
        self.transport.write(
            STATUS_LINE[status]
            + b"content-type: text/plain; charset=utf-8\r\nconnection: close\r\ncontent-length: "
            + str(len(reason)).encode()
            + b"\r\n\r\n"
            + reason
        )
        self.transport.close()


def _with_encoded_spaces(data: bytes) -> bytes:
    """The first packet of a request, with the spaces inside its address encoded."""
    end = data.find(b"\r\n")
    if end < 0 or data.count(b" ", 0, end) <= _SPACES:
        return data
    method, _, rest = data[:end].partition(b" ")
    target, _, version = rest.rpartition(b" ")
    if not version.startswith(b"HTTP/"):
        return data
    return b" ".join((method, target.replace(b" ", b"%20"), version)) + data[end:]
