"""A server of files for the tests, on loopback, with faults that can be switched on for a path."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

__all__ = ["Handler", "SymbolServer", "serving"]


@dataclass
class SymbolServer:
    """What a server has, and what it was asked.

    Attributes:
        url: its address, without a slash at the end.
        files: the bytes of each path.
        faults: what is done instead for a path; `*` is for all.
        latency: seconds before each answer.
        tags: whether answers have an ETag.
        requests: the paths that were asked for, in order.
        headers: the headers of each request.
    """

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, Callable[[Handler], None]] = field(default_factory=dict)
    latency: float = 0.0
    tags: bool = True
    requests: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def put(self, path: tuple[str, ...], data: bytes) -> str:
        """Add a file; returns its path."""
        name = "/" + "/".join(path)
        self.files[name] = data
        return name


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    model: SymbolServer

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.model.requests.append(path)
        self.model.headers.append({name.lower(): value for name, value in self.headers.items()})
        if self.model.latency:
            time.sleep(self.model.latency)
        fault = self.model.faults.get(path) or self.model.faults.get("*")
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            if fault is not None:
                fault(self)
            else:
                self.answer_file(path)

    def answer_file(self, path: str) -> None:
        data = self.model.files.get(path)
        if data is None:
            self.answer(404, b"not here")
            return
        headers = {"ETag": f'"{len(data)}"'} if self.model.tags else {}
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("range", ""))
        wanted_tag = self.headers.get("if-range")
        if found is None or (wanted_tag is not None and wanted_tag != headers.get("ETag")):
            self.answer(200, data, headers)
            return
        start, end = int(found[1]), min(int(found[2] or len(data) - 1), len(data) - 1)
        if start >= len(data):
            self.answer(416, b"", {"Content-Range": f"bytes */{len(data)}"})
            return
        headers["Content-Range"] = f"bytes {start}-{end}/{len(data)}"
        self.answer(206, data[start : end + 1], headers)

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def end(self) -> None:
        """Close the connection after this answer."""
        self.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def serving(tls: ssl.SSLContext | None = None, **settings: Any) -> Iterator[SymbolServer]:
    """A running server; by HTTPS with a context."""
    model = SymbolServer(**settings)
    handler = type("Bound", (Handler,), {"model": model})
    server = _Server(("127.0.0.1", 0), handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    model.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield model
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
