"""Small reports are answered alike, whether their bodies arrive with their heads, after them, or slowly."""

from __future__ import annotations

import json
import socket
import time
import uuid
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("litestar")

from service_process import Service, multipart, receiving
from tiny_dump import tiny_dump

if TYPE_CHECKING:
    from collections.abc import Iterator

FORM, FORM_TYPE = multipart({"prod": "A"}, [("upload_file_minidump", "a.dmp", tiny_dump())])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with receiving(tmp_path_factory.mktemp("service")) as one:
        yield one


def log(identifier: str = "") -> bytes:
    one = {"type": "managedError", "id": identifier or str(uuid.uuid4()), "exception": {"type": "E"}}
    return json.dumps({"logs": [one]}).encode()


def head(body: bytes, *further: str, path: str = "/logs", length: bool = True) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "App-Secret: a", *further]
    return "\r\n".join([*lines, *([f"Content-Length: {len(body)}"] if length else []), "", ""]).encode()


def talk(running: Service, *pieces: bytes | float) -> list[int]:
    """The statuses of the responses to these pieces, with pauses between them; the connection is then closed."""
    with socket.create_connection(("127.0.0.1", running.port), timeout=30) as connection:
        for piece in pieces:
            if isinstance(piece, float):
                time.sleep(piece)
            else:
                connection.sendall(piece)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return [int(part[:3]) for part in received.split(b"HTTP/1.1 ")[1:]]


def requests(running: Service, path: str) -> float:
    """How many requests of this route were answered with success, by the metrics."""
    start = f'symbolicate_requests_total{{method="POST",path="{path}",status="200"}} '
    lines = running.get("/metrics").body.decode().splitlines()
    return next((float(line.removeprefix(start)) for line in lines if line.startswith(start)), 0.0)


CLOSE = "Connection: close"


def test_a_body_may_come_with_its_head_or_after_it(running: Service) -> None:
    before = requests(running, "/logs")
    body = log()
    assert talk(running, head(body, CLOSE) + body) == [200]
    assert talk(running, head(body, CLOSE), 0.1, body) == [200]
    assert talk(running, head(body, CLOSE) + body[:50], 0.1, body[50:60], 0.1, body[60:]) == [200]
    # Longer than the protocol waits: the application takes what is there, and the rest.
    assert talk(running, head(body, CLOSE) + body[:50], 1.3, body[50:60], 0.3, body[60:]) == [200]
    assert talk(running, head(body, CLOSE, "Expect: 100-continue"), 0.1, body) == [100, 200]
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    assert talk(running, head(body, CLOSE, "Transfer-Encoding: chunked", length=False) + chunks) == [200]
    assert requests(running, "/logs") == before + 6


def test_a_connection_is_used_again(running: Service) -> None:
    body, last = log(), log()
    once = head(body) + body
    end = head(last, CLOSE) + last
    assert talk(running, once, 0.2, once, 0.2, end) == [200, 200, 200]
    assert talk(running, once * 3 + end) == [200, 200, 200, 200]
    slow = head(body) + body[:9]
    assert talk(running, slow, 1.3, body[9:] + once + slow, 0.2, body[9:] + end) == [200, 200, 200, 200]
    get = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert talk(running, get + once + get + end) == [200, 200, 200, 200]


def test_a_refused_request_leaves_its_connection_open(running: Service) -> None:
    body, last = b"nothing", log()
    assert talk(running, head(body) + body, 0.2, head(last, CLOSE) + last) == [400, 200]


def test_a_client_may_leave_at_any_time(running: Service) -> None:
    body = log()
    whole = head(body) + body
    for sent in (head(body), whole[:-40], *(whole * count for count in (1, 2, 3, 6) for _ in range(10))):
        connection = socket.create_connection(("127.0.0.1", running.port))
        connection.sendall(sent)
        connection.close()
    assert talk(running, head(body, CLOSE) + body) == [200]
    assert "Traceback" not in running.log


def test_a_dump_is_taken_in_the_same_way(running: Service) -> None:
    before = requests(running, "/submit/{app}")
    kind = f"Content-Type: {FORM_TYPE}"
    for path in ("/submit", "/submit/an-app", "/submit?prod=B", "/submit/an%2Dapp"):
        assert talk(running, head(FORM, CLOSE, kind, path=path) + FORM) == [200]
    assert requests(running, "/submit/{app}") == before + 2
