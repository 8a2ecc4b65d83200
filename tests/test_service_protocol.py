"""Requests are parsed alike however packets are split and joined, spaces in URLs included."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("litestar")

import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.server import ServerState

from service_process import service
from symbolicate.service.config import Limits
from symbolicate.service.http.protocol import limited_protocol

if TYPE_CHECKING:
    from pathlib import Path

Seen = tuple[str, str, str, bytes]

FILTER = "/v1.0/my/analytics/desktop/failurehits?applicationId=1&filter=market eq 'US' and deviceType eq 'PC'"
TRAP = b"GET /no request HTTP/1.1\r\nHost: evil\r\n\r\n0\r\n\r\nGET /n o HTTP/1.1\r\n\r\n\r"
REQUESTS: list[tuple[bytes, Seen]] = [
    (
        f"GET {FILTER} HTTP/1.1\r\nHost: a\r\n\r\n".encode(),
        ("GET", FILTER.partition("?")[0], FILTER.partition("?")[2].replace(" ", "%20"), b""),
    ),
    (b"GET /plain HTTP/1.1\r\n\r\n", ("GET", "/plain", "", b"")),
    (b"\r\nGET /a b c?d e HTTP/1.1\r\nHost: a\r\nX: GET /x y HTTP/1.1\r\n\r\n", ("GET", "/a b c", "d%20e", b"")),
    (
        b"POST /with body?q 1 HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(TRAP), TRAP),
        ("POST", "/with body", "q%201", TRAP),
    ),
    (
        b"POST /in chunks HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n"
        % (len(TRAP), TRAP),
        ("POST", "/in chunks", "", TRAP + b"\r\n0\r\n\r\n"),
    ),
    (b"POST /empty HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ("POST", "/empty", "", b"")),
    (b"PUT /none HTTP/1.1\r\nContent-Length: 0\r\n\r\n", ("PUT", "/none", "", b"")),
]


class Wire(asyncio.Transport):
    """A connection that accepts everything and sends nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


async def talk(pieces: list[bytes]) -> tuple[list[Seen], Wire]:
    """What an application receives when these pieces are sent one after the other."""
    seen: list[Seen] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        seen.append((scope["method"], scope["path"], scope["query_string"].decode(), body))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    config = uvicorn.Config(application, http=limited_protocol(Limits()), ws="none", lifespan="off", log_config=None)
    config.load()
    wire = Wire()
    protocol = limited_protocol(Limits())(config=config, server_state=ServerState(), app_state={})
    protocol.connection_made(wire)
    for piece in pieces:
        if not wire.closed:
            protocol.data_received(piece)
        await asyncio.sleep(0)
    for _ in range(50):
        await asyncio.sleep(0)
    closed = wire.closed
    protocol.connection_lost(None)
    wire.closed = closed
    return seen, wire


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({place % (len(stream) + 1) for place in places} | {0, len(stream)})
    return [stream[start:end] for start, end in itertools.pairwise(ends)]


@given(st.lists(st.sampled_from(REQUESTS), min_size=1, max_size=5), st.lists(st.integers(0, 5000), max_size=12))
def test_packets_may_be_cut_anywhere(requests: list[tuple[bytes, Seen]], places: list[int]) -> None:
    seen, wire = asyncio.run(talk(cut(b"".join(sent for sent, _ in requests), places)))
    assert seen == [expected for _, expected in requests]
    assert not wire.closed


@pytest.mark.parametrize("number", range(len(REQUESTS)))
def test_packets_may_have_one_byte(number: int) -> None:
    sent, expected = REQUESTS[number]
    seen, _ = asyncio.run(talk([bytes([byte]) for byte in sent + sent]))
    assert seen == [expected, expected]


@pytest.mark.parametrize(
    "stream", [b"get / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00", b"GET /\x00 x HTTP/1.1\r\n\r\n"]
)
def test_an_invalid_request_is_refused_at_once(stream: bytes) -> None:
    seen, wire = asyncio.run(talk([stream]))
    assert (seen, wire.closed, wire.written.split(b" ")[1]) == ([], True, b"400")


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=6))
def test_anything_may_come(stream: bytes, places: list[int]) -> None:
    asyncio.run(talk(cut(b"GET " + stream, places)))
    asyncio.run(talk(cut(stream, places)))


def test_a_line_without_end_is_refused() -> None:
    seen, wire = asyncio.run(talk([b"GET /" + b"x y" * 1000] * 20))
    assert (seen, wire.closed, wire.written.split(b" ")[1]) == ([], True, b"414")


def test_a_service_takes_them(tmp_path: Path) -> None:
    with service(tmp_path, "--workers", "0") as one:
        again = f"GET {FILTER} HTTP/1.1\r\nHost: localhost\r\n\r\n"
        last = f"GET {FILTER} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        answers = one.raw((again * 3 + last).encode())
        assert answers.count(b"HTTP/1.1 200") == 4
