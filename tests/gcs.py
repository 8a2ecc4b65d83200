"""A server of Google Cloud Storage for tests: fake-gcs-server, from Go's module proxy.

obstore writes by Google's XML API, which fake-gcs-server only reads by. So a server in front of it takes the writing
requests and makes those of the JSON API of them, with their conditions; all others are passed on as they are.
"""

from __future__ import annotations

import http.client
import itertools
import json
import re
import socket
import subprocess
import threading
import time
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from client_packages import go_program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["gcs"]

_VERSION = "v1.56.1"
_CONDITION = "x-goog-if-generation-match"
_NOT_PASSED_ON = {"connection", "transfer-encoding", "content-length"}


@contextmanager
def gcs(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The URL of a bucket on a server of our own, and the environment with its address."""
    program = go_program(folder, "github.com/fsouza/fake-gcs-server", _VERSION)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    front = _Front(("127.0.0.1", 0), port)
    place = f"127.0.0.1:{front.server_port}"
    command = [program, "-backend", "memory", "-scheme", "http", "-host", "127.0.0.1", "-port", str(port)]
    server = subprocess.Popen(
        [*command, "-public-host", place, "-external-url", f"http://{place}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    threading.Thread(target=front.serve_forever, daemon=True).start()
    key: dict[str, str | bool] = {"gcs_base_url": f"http://{place}", "disable_oauth": True}
    key |= {"client_email": "", "private_key_id": "", "private_key": ""}
    try:
        ends = time.monotonic() + 60
        while not _made(f"http://127.0.0.1:{port}"):
            assert time.monotonic() < ends, "fake-gcs-server does not start"
            time.sleep(0.1)
        yield "gs://bucket/some/prefix", {"GOOGLE_SERVICE_ACCOUNT_KEY": json.dumps(key), "GOOGLE_ALLOW_HTTP": "true"}
    finally:
        front.shutdown()
        front.server_close()
        server.kill()
        server.wait()


def _made(place: str) -> bool:
    """Make the bucket."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{place}/storage/v1/b?project=tests", b'{"name": "bucket"}', headers)  # noqa: S310
    try:
        urllib.request.urlopen(request, timeout=5).close()  # noqa: S310 - our own server
    except OSError:
        return False
    return True


class _Front(ThreadingHTTPServer):
    """The server in front, and the parts of the uploads that are not complete."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], port: int) -> None:
        super().__init__(address, _Request)
        self.port = port
        self.numbers = itertools.count(1)
        self.parts: dict[str, dict[int, bytes]] = {}


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # An answer is one write, so that no part of it waits for an acknowledgement.
    server: _Front

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._pass_on()

    def do_HEAD(self) -> None:
        self._pass_on()

    def do_DELETE(self) -> None:
        upload = self._query().get("uploadId")
        if not upload:
            return self._pass_on()
        self.server.parts.pop(upload, None)
        return self._answer(204)

    def do_POST(self) -> None:
        query, body = self._query(), self._body()
        if "uploads" in query:
            upload = f"upload-{next(self.server.numbers)}"
            self.server.parts[upload] = {}
            result = "InitiateMultipartUploadResult"
            return self._answer(200, f"<{result}><UploadId>{upload}</UploadId></{result}>".encode())
        parts = self.server.parts.pop(query["uploadId"])
        numbers = [int(number) for number in re.findall(rb"<PartNumber>(\d+)</PartNumber>", body)]
        status, made = self._insert(b"".join(parts[number] for number in numbers))
        if status != 200:
            return self._answer(status)
        result = "CompleteMultipartUploadResult"
        return self._answer(200, f"<{result}><ETag>{made['etag']}</ETag></{result}>".encode(), _headers(made))

    def do_PUT(self) -> None:
        query, body = self._query(), self._body()
        if "partNumber" in query:
            self.server.parts[query["uploadId"]][int(query["partNumber"])] = body
            return self._answer(200, headers={"ETag": f'"part-{query["partNumber"]}"'})
        status, made = self._insert(body)
        return self._answer(status, headers=_headers(made) if status == 200 else {})

    def _insert(self, data: bytes) -> tuple[int, Any]:
        """Write the object by the JSON API."""
        _, bucket, key = urlsplit(self.path).path.split("/", 2)
        query = {"uploadType": "media", "name": unquote(key)}
        if _CONDITION in self.headers:
            query["ifGenerationMatch"] = self.headers[_CONDITION]
        status, _, answer = self._ask("POST", f"/upload/storage/v1/b/{bucket}/o?{urlencode(query)}", data, {})
        return status, json.loads(answer)

    def _pass_on(self) -> None:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _NOT_PASSED_ON}
        status, given, body = self._ask(self.command, self.path, self._body(), headers)
        kept = {name: value for name, value in given.items() if name.lower() not in _NOT_PASSED_ON}
        if self.command == "HEAD":
            kept["Content-Length"] = given.get("Content-Length", "0")
        self._answer(status, body, kept)

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def _answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response_only(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _query(self) -> dict[str, str]:
        found = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        return {name: values[0] for name, values in found.items()}

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))


def _headers(made: dict[str, str]) -> dict[str, str]:
    return {"ETag": f'"{made["etag"]}"', "x-goog-generation": made["generation"]}
