"""HEAD is answered wherever GET is, and responses reach clients that are still sending."""

from __future__ import annotations

import os
import re
import socket
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("litestar")

from service_process import Service, multipart, service
from tiny_dump import tiny_dump

if TYPE_CHECKING:
    from collections.abc import Iterator

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    limits = {
        "SYMBOLICATE_SUBMIT_DUMP_BYTES": str(MIB),
        "SYMBOLICATE_LIMITS_BODY_BYTES": str(8 * MIB),
        "SYMBOLICATE_LIMITS_DECODED_BYTES": str(8 * MIB),
        "SYMBOLICATE_LIMITS_DISCARDED_BYTES": str(64 * MIB),
        "SYMBOLICATE_LIMITS_IDLE_SECONDS": "3",
        "SYMBOLICATE_LIMITS_REQUESTS_PER_MINUTE": "0",
        "SYMBOLICATE_SYMBOLS_UPLOAD_BYTES": str(2 * MIB),
    }
    with service(tmp_path_factory.mktemp("service"), "--workers", "0", **limits) as one:
        yield one


def exchange(running: Service, request: bytes) -> tuple[bytes, bytes]:
    """The head and the body of the response to a request that is sent completely before anything is read."""
    with socket.create_connection(("127.0.0.1", running.port), timeout=60) as connection:
        connection.sendall(request)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    return head, body


def test_head_is_answered_where_get_is(running: Service) -> None:
    body, content_type = multipart({"prod": "A"}, [("upload_file_minidump", "a.dmp", tiny_dump())])
    identifier = running.ask("POST", "/submit", body, {"Content-Type": content_type}).body.decode()
    begun = running.ask("POST", "/v0.1/apps/o/a/symbol_uploads", {"symbol_type": "Breakpad"}).json
    running.ask("PUT", begun["upload_url"], os.urandom(100_000), token=None)
    upload = f"/v0.1/apps/o/a/symbol_uploads/{begun['symbol_upload_id']}"
    link = running.get(f"{upload}/location").json["uri"].removeprefix(running.url)
    paths = [
        path.replace("{report_id}", identifier)
        for path, item in running.get("/openapi.json").json["paths"].items()
        if "get" in item
    ]
    # Most of these objects do not exist; such requests are answered, too.
    paths = [re.sub(r"\{\w+\}", "x", path) for path in paths]
    paths += [link, upload, "/v1/symbols/a/x:checkStatus", "/openapi.json", "/nowhere"]
    assert len(paths) > 20
    for path in paths:
        wanted = running.get(path)
        head, content = exchange(
            running,
            # The same host as in the other request: links in responses contain it.
            f"HEAD {path} HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\nConnection: close\r\n\r\n".encode(),
        )
        assert content == b"", path
        lines = head.decode().lower().split("\r\n")
        assert int(lines[0].split()[1]) == wanted.status, path
        headers = dict(line.split(": ", 1) for line in lines[1:])
        assert headers["content-type"] == wanted.headers["content-type"].lower(), path
        length = int(headers["content-length"])
        # One counts the request itself, the other shows the age of the queue.
        changes = path in {"/metrics", "/api/v1/queue"}
        assert length > 0 if changes else length == len(wanted.body), path


def test_head_is_no_way_to_post(running: Service) -> None:
    for path in ("/logs", "/submit", "/symbols"):
        assert running.ask("HEAD", path).status == 405


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(
    ("path", "size", "statuses"),
    [
        ("/submit", 6 * MIB, {413}),  # a dump beyond submit.dump_bytes
        ("/submit", 30 * MIB, {413}),  # a body beyond limits.body_bytes
        ("/logs", 30 * MIB, {400}),
        ("/symbols?app=o/a", 30 * MIB, {200, 400, 413}),
        ("/v0.1/apps/o/a/symbol_uploads", 30 * MIB, {413}),
        ("put", 30 * MIB, {413}),
        ("/nowhere", 30 * MIB, {404, 405}),
    ],
)
def test_who_sends_too_much_hears_so(
    running: Service, path: str, size: int, statuses: set[int], *, chunked: bool
) -> None:
    body, content_type = multipart({"prod": "A"}, [("upload_file_minidump", "a.dmp", tiny_dump() + os.urandom(size))])
    if path in {"/logs", "/v0.1/apps/o/a/symbol_uploads"}:
        body = b'{"logs":["' + b"x" * size
    method = b"POST"
    if path == "put":
        begun = running.ask("POST", "/v0.1/apps/o/a/symbol_uploads", {"symbol_type": "Breakpad"}).json
        path, method = begun["upload_url"].removeprefix(running.url), b"PUT"
    head = b"%b %b HTTP/1.1\r\nHost: localhost\r\nApp-Secret: a\r\nConnection: close\r\nContent-Type: %b\r\n" % (
        method,
        path.encode(),
        content_type.encode(),
    )
    if chunked:
        head += b"Transfer-Encoding: chunked\r\n\r\n"
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    else:
        head += b"Content-Length: %d\r\n\r\n" % len(body)
    answer, told = exchange(running, head + body)
    assert int(answer.split()[1]) in statuses, (answer, told)
    assert told


def test_what_is_far_too_much_is_not_waited_for(running: Service) -> None:
    head = b"POST /submit HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    answer, _ = exchange(running, head + b"Content-Length: 99999999999\r\n\r\n--x")
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in answer.lower()


def test_a_client_that_waits_to_send_its_body_gets_the_refusal_at_once(running: Service) -> None:
    head = b"POST /submit HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    answer, _ = exchange(running, head + b"Expect: 100-continue\r\nContent-Length: 30000000\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413")


def test_a_refused_request_leaves_the_connection_usable(running: Service) -> None:
    body, content_type = multipart({}, [("upload_file_minidump", "a.dmp", os.urandom(6 * MIB))])
    head = f"POST /submit HTTP/1.1\r\nHost: a\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    again = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    answer, told = exchange(running, head.encode() + body + again)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"HTTP/1.1 200" in told
