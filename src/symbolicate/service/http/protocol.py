"""Uvicorn's HTTP/1.1 protocol, with limits on the head of a request.

Uvicorn's fast parser accepts heads of any size and waits for them without a limit. It also refuses spaces in URLs,
which the documented requests of the Store's analytics API have (`filter=market eq 'US'`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

    from uvicorn._types import ASGI3Application
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

    from symbolicate.service.config import Limits
    from symbolicate.service.http.whole import WholeAnswers, WholeRequest

__all__ = ["LimitedProtocol", "limited_protocol"]

_SPACES = 2  # in a request line: around the address
_LINE_BEGINS = re.compile(rb"[A-Z]{1,24}(?: |\Z)")
_HEAD_END = b"\r\n\r\n"
# The end of a chunked body without trailers. The same bytes within a body only split it for the parser.
_LAST_CHUNK = b"\r\n0\r\n\r\n"
# Most small bodies are there with their head or right after it.
_PATIENCE_SECONDS = 1.0


def limited_protocol(limits: Limits, whole: WholeAnswers | None = None) -> type[LimitedProtocol]:
    """The protocol with these limits.

    Args:
        limits: the limits.
        whole: answers small requests of some routes, which then do not reach the application.
    """
    return type("LimitedProtocol", (LimitedProtocol,), {"limits": limits, "whole": whole})


class LimitedProtocol(HttpToolsProtocol):
    """Counts bytes and time between the first byte of a request and the end of its head."""

    limits: ClassVar[Limits]
    whole: ClassVar[WholeAnswers | None]

    _clock: asyncio.TimerHandle | None = None
    _head_began: float | None = None  # while a head is awaited
    _seen = 0
    _in_head = True
    _line_seen = False
    _held = b""  # of a request line that is not complete
    _tail = b""  # the last bytes so far, which may be the beginning of an end
    _body_left: int | None = 0
    _refused = False
    _gathering: WholeRequest | None = None  # while its body is received
    _patience: asyncio.TimerHandle | None = None  # the time for that
    _answered: RequestResponseCycle | None = None  # by the application; `cycle` is the newest of several requests

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock: a client that connects and sends nothing is disconnected, too."""
        super().connection_made(transport)
        self._start_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._stop_clock()
        self._end_gathering()
        if self._answered is not None and not self._answered.response_complete:
            self._answered.disconnected = True
            self._answered.message_event.set()
        if self._clock is not None:
            self._clock.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse received data, and close the connection if the head has become too long.

        The parser gets one message at a time, so that each request line can be changed before the parser sees it,
        however packets are split.
        """
        data = self._held + data
        self._held = b""
        while data and not self._refused and not self.transport.is_closing():
            part, data = self._next(data)
            if not part:
                self._hold(data)
                return
            if self._in_head:
                self._seen += len(part)
            super().data_received(part)
            # A body may begin in the same packet, so the parser runs first, on at most the limit and a packet.
            if self._in_head and self._seen > self.limits.header_bytes:
                self._refuse(431, b"the head of the request is too large")
        if self._gathering is not None and self._patience is None:
            self._patience = self.loop.call_later(_PATIENCE_SECONDS, self._pass_on)

    def _next(self, data: bytes) -> tuple[bytes, bytes]:
        """The data that the parser may get now, and the rest. It gets nothing while a request line is not complete."""
        if not self._in_head:
            return self._next_of_body(data)
        if self._line_seen:
            return self._until(data, _HEAD_END)
        return self._next_of_line(data)

    def _next_of_line(self, data: bytes) -> tuple[bytes, bytes]:
        if data[:1] in {b"\r", b"\n"}:  # an empty line before a request
            return data[:1], data[1:]
        if not _LINE_BEGINS.match(data):  # the parser refuses it
            return data, b""
        end = data.find(b"\n") + 1
        if not end:
            return b"", data
        self._line_seen = True
        # Most heads are in one packet and need no change.
        if size := _size_of_plain_head(data, end):
            return data[:size], data[size:]
        self._tail = b"\r\n"
        return _with_encoded_spaces(data[:end]), data[end:]

    def _next_of_body(self, data: bytes) -> tuple[bytes, bytes]:
        if self._body_left is None:
            return self._until(data, _LAST_CHUNK)
        part, rest = data[: self._body_left], data[self._body_left :]
        self._body_left -= len(part)
        # A body without a length has ended with its head, unless the parser disagrees.
        return part or data, rest if part else b""

    def _until(self, data: bytes, end: bytes) -> tuple[bytes, bytes]:
        """The data up to an end, which may have begun in earlier data, and the rest."""
        found = (self._tail + data).find(end)
        size = len(data) if found < 0 else found + len(end) - len(self._tail)
        self._tail = (self._tail + data[:size])[-(len(end) - 1) :]
        return data[:size], data[size:]

    def _hold(self, data: bytes) -> None:
        """Store the beginning of a request line until its rest is received."""
        self._held = data
        self._unset_keepalive_if_required()
        if self._head_began is None:
            self._start_clock()
        if len(data) > self.limits.header_bytes:
            self._refuse(414, b"the address is too long")

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
        """Start the handler, unless the head was refused."""
        if self._refused:
            return
        self._stop_clock()
        self._in_head = False
        self._tail = b"\r\n"
        size = len(self.url)
        self._body_left = 0
        for name, value in self.headers:
            size += len(name) + len(value) + 4
            if name == b"transfer-encoding":
                self._body_left = None  # chunked
            elif name == b"content-length" and self._body_left is not None:
                declared = value.strip()
                self._body_left = int(declared) if declared.isdigit() else 0
        if size > self.limits.header_bytes:
            self._refuse(431, b"the head of the request is too large")
            return
        if self.whole is not None and self._is_small():
            keep_alive = self.parser.should_keep_alive()
            found = self.whole.request(self.scope, self.url, self.headers, keep_alive=keep_alive)
            if found is not None:
                self.cycle = self._gathering = found  # type: ignore[assignment]
                return
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        if self._gathering is not None:
            self._gathering.body += body
        elif not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Expect the next head."""
        if self._refused:
            return
        if (request := self._gathering) is not None and self.whole is not None:
            self._end_gathering()
            task = self.loop.create_task(self.whole.answer(request, self))
            task.add_done_callback(self.tasks.discard)
            self.tasks.add(task)
        else:
            super().on_message_complete()
        self._in_head = True
        self._line_seen = False
        self._seen = 0

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def default_headers(self) -> list[tuple[bytes, bytes]]:
        """The headers of all responses; a new list when the date has changed."""
        return self.server_state.default_headers

    def finish(self, request: WholeRequest, response: bytes) -> None:
        """Send the complete response to a request."""
        request.response_complete = True
        if not self.transport.is_closing():
            self.transport.write(response)
            if not request.keep_alive:
                self.transport.close()
        self.on_response_complete()

    def _is_small(self) -> bool:
        """Whether a POST with a small body was begun, and nothing else is under way that the server would see to."""
        most = self.limit_concurrency
        return (
            0 < (self._body_left or 0) <= min(HIGH_WATER_LIMIT, self.limits.body_bytes)
            and self.parser.get_method() == b"POST"
            and self.parser.get_http_version() == "1.1"
            and not self.parser.should_upgrade()
            and not self.expect_100_continue
            and not self.flow.write_paused
            and not self._is_busy()
            and (most is None or (len(self.connections) < most and len(self.tasks) < most))
        )

    def _is_busy(self) -> bool:
        """Whether the response to the request before is not complete."""
        before: RequestResponseCycle | WholeRequest | None = self.cycle
        return before is not None and not before.response_complete

    def _end_gathering(self) -> None:
        self._gathering = None
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _pass_on(self) -> None:
        """Pass a request on whose body is slow to arrive: the application has limits for that."""
        request = self._gathering
        self._end_gathering()
        if request is not None and not self.transport.is_closing():
            self.cycle = None  # type: ignore[assignment]
            super().on_headers_complete()
            self.cycle.keep_alive = self.cycle.keep_alive and request.keep_alive
            super().on_body(request.body)

    def _start_clock(self) -> None:
        self._in_head = True
        self._head_began = self.loop.time()
        # One timer serves many requests: when it fires, it is set again for what is left of the present head.
        if self._clock is None:
            self._clock = self.loop.call_later(self.limits.head_seconds, self._check_clock)

    def _stop_clock(self) -> None:
        self._head_began = None

    def _check_clock(self) -> None:
        self._clock = None
        if self._head_began is None or self.transport.is_closing():
            return
        left = self._head_began + self.limits.head_seconds - self.loop.time()
        if left > 0:
            self._clock = self.loop.call_later(left, self._check_clock)
        else:
            self._refuse(408, b"the head of the request was sent too slowly")

    def _refuse(self, status: int, reason: bytes) -> None:
        """Send a response and close the connection, because further data cannot be trusted."""
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


def _size_of_plain_head(data: bytes, line: int) -> int:
    """The bytes of a head that is complete and whose line, of so many bytes, has no further spaces; otherwise 0."""
    if data[line - 2 : line] != b"\r\n" or data.count(b" ", 0, line) > _SPACES:
        return 0
    found = data.find(_HEAD_END, line - 2)
    return 0 if found < 0 else found + len(_HEAD_END)


def _with_encoded_spaces(line: bytes) -> bytes:
    """A request line, with the spaces inside its address encoded."""
    if line.count(b" ") <= _SPACES:
        return line
    method, _, rest = line.partition(b" ")
    target, _, version = rest.rpartition(b" ")
    if not version.startswith(b"HTTP/"):
        return line
    return b" ".join((method, target.replace(b" ", b"%20"), version))
