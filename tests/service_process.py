"""The service as a process of its own, and a plain client."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_SECONDS = 40


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Process:
    """`symbolicate COMMAND …`, with its output so far."""

    def __init__(self, *arguments: str, env: dict[str, str] | None = None) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SYMBOLICATE_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "symbolicate", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            env=environment | (env or {}),
        )
        self._lines: list[str] = []
        self._grown = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._grown:
                self._lines.append(line.decode("utf-8", "replace"))
                self._grown.notify_all()
        with self._grown:
            self._lines.append("<end>")
            self._grown.notify_all()

    @property
    def log(self) -> str:
        with self._grown:
            return "".join(self._lines)

    def wait_for(self, pattern: str, seconds: float = START_SECONDS) -> re.Match[str]:
        ends = time.monotonic() + seconds
        with self._grown:
            while True:
                text = "".join(self._lines)
                if match := re.search(pattern, text):
                    return match
                left = ends - time.monotonic()
                assert left > 0, f"no {pattern!r} in:\n{text}"
                assert not text.endswith("<end>"), f"no {pattern!r} in:\n{text}"
                self._grown.wait(left)

    def stop(self, seconds: float = 30) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        finally:
            self.kill()

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join(10)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


@dataclass
class Service(Process):
    """`symbolicate serve` on a free port."""

    data: Path
    options: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    token: str | None = None

    def __post_init__(self) -> None:
        super().__init__("serve", "--bind", "127.0.0.1:0", "--data", str(self.data), *self.options, env=self.env)
        try:
            match = self.wait_for(r"listening on (https?)://127\.0\.0\.1:(\d+)")
        except BaseException:
            self.kill()
            raise
        self.scheme, self.port = match[1], int(match[2])
        self.context = (
            ssl.create_default_context(cafile=self.data / "self-signed.pem") if self.scheme == "https" else None
        )

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def connect(self) -> http.client.HTTPConnection:
        if self.context is not None:
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=self.context)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, *, token: str | None = ""
    ) -> Answer:
        """One request on a connection of its own. A path may be a complete URL of the service."""
        if "://" in path:
            parts = urlsplit(path)
            path = parts.path + (f"?{parts.query}" if parts.query else "")
        sent = dict(headers or {})
        token = self.token if token == "" else token
        if token is not None:
            sent.setdefault("Authorization", f"Bearer {token}")
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        connection = self.connect()
        try:
            connection.request(method, path, body=body, headers=sent, encode_chunked=False)
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **more: Any) -> Answer:
        return self.ask("GET", path, **more)

    def logs(self, *logs: dict[str, Any], secret: str = "app", **headers: str) -> Answer:  # noqa: S107
        return self.ask(
            "POST", "/logs?Api-Version=1.0.0", {"logs": list(logs)}, {"App-Secret": secret, **headers}, token=None
        )

    def upload_symbols(self, data: bytes, name: str = "app.sym", app: str = "", *, token: str | None = "") -> Answer:
        """Upload a file as version 1 of Breakpad's protocol does."""
        body, content_type = multipart({}, [("symbol_file", name, data)])
        return self.ask("POST", f"/symbols?app={app}", body, {"Content-Type": content_type}, token=token)

    def raw(self, data: bytes, seconds: float = 30) -> bytes:
        """The service's response to these bytes, until it closes the connection or sends no more."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as connection:
            with contextlib.suppress(OSError):
                connection.sendall(data)
            answer = b""
            with contextlib.suppress(OSError):
                while chunk := connection.recv(65536):
                    answer += chunk
            return answer

    def report(self, public_id: str) -> Any:
        return self.get(f"/api/v1/reports/{public_id}").json

    def _in_queue(self) -> list[int]:
        queue = self.get("/api/v1/queue").json
        return [queue[state] for state in ("queued", "leased")]

    def wait_until_idle(self, stalled_seconds: float = 60) -> None:
        """Wait until no report waits or is being processed, as long as the queue moves.

        One answer tells both numbers: a report that is put back between two answers would be in neither.
        """
        moved, before = time.monotonic(), None
        while any(now := self._in_queue()):
            if now != before:
                moved, before = time.monotonic(), now
            assert time.monotonic() - moved < stalled_seconds, f"the queue stands still: {now}"
            time.sleep(0.05)

    def wait_until_done(self, public_id: str, seconds: float = 30) -> Any:
        return until(
            lambda: (found := self.report(public_id))["state"] != "queued" and found, seconds, f"report {public_id}"
        )


def until(question: Any, seconds: float = 30, what: str = "it") -> Any:
    """The first result that is true."""
    ends = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < ends, f"{what} did not come"
        time.sleep(0.05)
    return answer


@contextlib.contextmanager
def service(data: Path, *options: str, token: str | None = None, **env: str) -> Iterator[Service]:
    """A service, which is stopped at the end."""
    running = Service(data, options, env, token)
    try:
        yield running
        code = running.stop()
        assert code == 0, running.log
        assert "Traceback" not in running.log, running.log
    finally:
        running.kill()


def receiving(data: Path) -> contextlib.AbstractContextManager[Service]:
    """A service that receives any number of reports a minute, and processes none."""
    return service(data, "--workers", "0", SYMBOLICATE_INGEST_REPORTS_PER_MINUTE="0")


def multipart(
    fields: dict[str, str], files: list[tuple[str, str, bytes]], boundary: str = "---MultipartBoundary-abc---"
) -> tuple[bytes, str]:
    """A form as Crashpad writes it, and its content type."""
    body = b""
    for name, value in fields.items():
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    for name, file_name, data in files:
        body += (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()
        body += data + b"\r\n"
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
