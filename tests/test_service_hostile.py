"""Hostile or broken clients get a clear response, and others are served meanwhile."""

from __future__ import annotations

import gzip
import io
import json
import socket
import threading
import time
import zipfile
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("litestar")

from service_process import Service, multipart, service, until
from tiny_dump import tiny_dump

if TYPE_CHECKING:
    from collections.abc import Iterator

MIB = 1024 * 1024
LOG = {"type": "managedError", "exception": {"type": "E"}}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    limits = {
        "BODY_BYTES": str(8 * MIB),
        "DECODED_BYTES": str(16 * MIB),
        "INFLIGHT_BYTES": str(32 * MIB),
        "IDLE_SECONDS": "1",
        "HEAD_SECONDS": "1.5",
        "GRACE_SECONDS": "2",
        "BYTES_PER_SECOND": "1000",
        "REQUESTS_PER_MINUTE": "0",
    }
    env = {f"SYMBOLICATE_LIMITS_{name}": value for name, value in limits.items()}
    env |= {"SYMBOLICATE_INGEST_REPORTS_PER_MINUTE": "0", "SYMBOLICATE_SYMBOLS_UNPACKED_BYTES": str(4 * MIB)}
    with service(tmp_path_factory.mktemp("service"), **env) as one:
        yield one


@pytest.fixture(autouse=True)
def others_are_served(running: Service) -> Iterator[None]:
    yield
    assert running.process.poll() is None
    assert running.logs(LOG).status == 200


def memory(running: Service) -> int:
    """The most memory that the service has had, in MiB."""
    with open(f"/proc/{running.process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM"))


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


def test_bombs_are_refused_without_unpacking_them(running: Service) -> None:
    before = memory(running)
    bomb = gzip.compress(b" " * (512 * MIB))
    for path, headers in (
        ("/logs", {"App-Secret": "a"}),
        ("/submit", {"Content-Type": "multipart/form-data; boundary=x"}),
    ):
        answer = running.ask("POST", path, bomb, {"Content-Encoding": "gzip"} | headers, token=None)
        assert answer.status in {400, 413}
    assert memory(running) - before < 150


def test_bodies_that_are_too_large_are_refused_however_they_come(running: Service) -> None:
    large = b'{"logs":[' + b" " * (9 * MIB)
    declared = running.raw(b"POST /logs HTTP/1.1\r\nHost: a\r\nApp-Secret: a\r\nContent-Length: 99999999999\r\n\r\n{")
    assert status_of(declared) == 400
    assert b'"status":"PayloadTooLarge"' in declared
    chunks = b"%x\r\n" % len(large) + large + b"\r\n0\r\n\r\n"
    head = b"POST /logs HTTP/1.1\r\nHost: a\r\nApp-Secret: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert status_of(running.raw(head + chunks)) in {
        400,
        0,
    }  # 0: it closed the connection to a client that went on sending


@pytest.mark.parametrize("pause", [0.1, 3])
def test_slow_bodies_are_given_up_so_that_they_may_be_sent_again(running: Service, pause: float) -> None:
    with socket.create_connection(("127.0.0.1", running.port), timeout=20) as connection:
        connection.sendall(b"POST /logs HTTP/1.1\r\nHost: a\r\nApp-Secret: a\r\nContent-Length: 100000\r\n\r\n")
        connection.settimeout(pause)
        began, answer = time.monotonic(), b""
        while not answer:
            assert time.monotonic() - began < 15
            connection.sendall(b" ")
            try:
                answer = connection.recv(65536)
            except TimeoutError:
                continue
        assert status_of(answer) == 408


@pytest.mark.parametrize("start", [b"", b"GET / HT", b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: "])
def test_slow_heads_are_given_up(running: Service, start: bytes) -> None:
    began = time.monotonic()
    assert status_of(running.raw(start, 10)) == 408
    assert time.monotonic() - began < 8


def test_many_slow_clients_do_not_block_others(running: Service) -> None:
    slow = [socket.create_connection(("127.0.0.1", running.port)) for _ in range(200)]
    try:
        for one in slow:
            one.sendall(b"POST /logs HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
        began = time.monotonic()
        assert running.logs(LOG).status == 200
        assert time.monotonic() - began < 5
    finally:
        for one in slow:
            one.close()


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"GET /healthz HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 5000 + b"\r\n", {431}),
        (b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 200_000 + b"\r\n\r\n", {431}),
        (b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 40_000 + b"\r\n\r\n", {431}),
        (b"GET /" + b"y" * 200_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", {414, 431}),
        (b"GET /healthz HTTP/1.1\r\nHost: a\r\n" + b"y" * 200_000, {400, 431}),
        (b"\0" * 1000, {400}),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", {400}),
        (b"GET /healthz HTTP/9.9\r\n\r\n", {400}),
        (b"POST /logs HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}", {400}),
        (b"POST /logs HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400}),
        (b"POST /logs HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", {400}),
    ],
)
def test_floods_and_nonsense_in_heads(running: Service, head: bytes, expected: set[int]) -> None:
    assert status_of(running.raw(head, 10)) in expected | {0}


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/cabs/..%2F..%2Fetc%2Fpasswd?applicationId=a&se=9999999999&sig=x",
        "/symbol-uploads/..%2f..%2fx?se=9999999999&sig=x",
        "/v0.1/apps/..%2F../x/symbol_uploads",
        "/v0.1/apps/%00/x/symbol_uploads",
        "/v0.1/apps/o/a/symbol_uploads/%2e%2e%2f",
        "/api/v1/apps/%27%20OR%201=1--/buckets",
        "/api/v1/apps/" + "x" * 5000 + "/buckets",
        "/api/v1/reports/..%2f..",
        "/api/v1/reports/%00",
        "/v1/symbols/..%2F..%2Fa/B:checkStatus",
        "/v1.0/my/analytics/desktop/failurehits?applicationId=a&filter=%27;DROP%20TABLE%20report;--",
        "/v1.0/my/analytics/desktop/failurehits?applicationId=a%00&top=1e9&skip=-1&orderby=(select)",
        "/v1.0/my/analytics/desktop/cabdownload?applicationId=a&cabIdHash=..%2F..%2Fx",
        "/%ff%fe?%ff=%fe",
    ],
)
def test_tricks_in_paths_find_nothing(running: Service, path: str) -> None:
    answer = running.get(path)
    assert answer.status in {200, 400, 403, 404}
    assert b"root:" not in answer.body
    assert b"Traceback" not in answer.body
    if answer.status == 200:
        assert answer.json in ([], {"Value": [], "@nextLink": None, "TotalCount": 0}) or b"MISSING" in answer.body


def test_names_of_files_and_fields_lead_nowhere(running: Service) -> None:
    fields = {"../../a": "1", "a\0b": "\0", "prod": "Tricks", "__proto__": "x"}
    files = [
        ("upload_file_minidump", "../../../../etc/cron.d/x.dmp", tiny_dump()),
        ("..", "..\\..\\windows\\x", b"1"),
        ("c", "c:\\con", b"2"),
    ]
    body, content_type = multipart(fields, files)
    answer = running.ask("POST", "/submit", body, {"Content-Type": content_type}, token=None)
    assert answer.status == 200
    done = running.wait_until_done(answer.body.decode())
    assert all("/" not in file["file_name"] and "\\" not in file["file_name"] for file in done["attachments"])


def test_a_form_of_very_many_parts_ends_soon(running: Service) -> None:
    parts = b"".join(b'--x\r\nContent-Disposition: form-data; name="a%d"\r\n\r\n1\r\n' % n for n in range(50_000))
    dump = b'--x\r\nContent-Disposition: form-data; name="upload_file_minidump"; filename="a"\r\n\r\nMDMP\r\n--x--\r\n'
    began = time.monotonic()
    answer = running.ask(
        "POST", "/submit", parts + dump, {"Content-Type": "multipart/form-data; boundary=x"}, token=None
    )
    assert answer.status in {200, 400}
    assert time.monotonic() - began < 15


def test_a_bomb_for_symbols_fails_and_says_so(running: Service) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.sym", b"\0" * (64 * MIB))
    begun = running.ask("POST", "/v0.1/apps/o/a/symbol_uploads", {"symbol_type": "Breakpad"}).json
    running.ask("PUT", begun["upload_url"], packed.getvalue(), token=None)
    path = f"/v0.1/apps/o/a/symbol_uploads/{begun['symbol_upload_id']}"
    running.ask("PATCH", path, {"status": "committed"})
    told = until(lambda: (found := running.get(path).json)["status"] in {"failed", "indexed"} and found)
    assert told["status"] == "failed"
    assert "unpacks to more" in told["message"]


def test_deep_json_is_refused(running: Service) -> None:
    for body in (b"[" * 200_000, b'{"logs":[{"exception":' + b"[" * 200_000, b'{"a":' * 200_000):
        answer = running.ask("POST", "/logs", body, {"App-Secret": "a"}, token=None)
        assert answer.status in {200, 400}
        assert b"Traceback" not in answer.body


def test_more_than_may_be_held_at_a_time_is_asked_to_come_back(running: Service) -> None:
    body = json.dumps({"logs": [LOG | {"padding": "x" * (7 * MIB)}]}).encode()
    statuses: list[tuple[int, bool]] = []

    def send() -> None:
        answer = running.ask("POST", "/logs", body, {"App-Secret": "a"}, token=None)
        statuses.append((answer.status, "x-ms-retry-after-ms" in answer.headers))

    clients = [threading.Thread(target=send) for _ in range(12)]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
    assert {status for status, _ in statuses} <= {200, 503}
    assert all(hinted is (status == 503) for status, hinted in statuses)
