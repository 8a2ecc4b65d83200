"""Identity providers on loopback: `oidc-provider-mock`, which follows the standard, and one that answers anything."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socketserver
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from joserfc import jwt
from joserfc.jwk import RSAKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CLIENT = "crashes"
SECRET = "secret of the client: 100 %"  # noqa: S105


@cache
def key(kid: str) -> RSAKey:
    """A key with this id, the same each time, because making one takes long."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


@contextlib.contextmanager
def provider() -> Iterator[str]:
    """The issuer of a provider that follows the standard, until the end of the `with` statement."""
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", "0"]
    env = {**os.environ, "AUTHLIB_INSECURE_TRANSPORT": "1"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, env=env) as process:
        assert process.stderr is not None
        reading = None
        try:
            for line in process.stderr:
                if found := re.search(rb"running on (http://127\.0\.0\.1:\d+)", line):
                    break
            else:
                raise AssertionError("the provider did not start")
            reading = threading.Thread(target=process.stderr.read, daemon=True)
            reading.start()
            yield found[1].decode()
        finally:
            process.terminate()
            process.wait()
            if reading is not None:
                reading.join()


@dataclass
class Liar:
    """A provider whose answers a test chooses.

    Attributes:
        change: changes the claims of the next identity.
        sign: makes a token of them.
        metadata: what it publishes instead of the truth.
        raw: the bytes of whole answers by path, instead of those below; None: it sends a byte now and then for ever.
        forms: the forms that it received, and the `Authorization` beside each.
    """

    url: str = ""
    nonce: str = ""
    change: dict[str, Any] = field(default_factory=dict)
    sign: Callable[[Liar, dict[str, Any]], str] = lambda liar, claims: liar.signed(claims)
    metadata: dict[str, Any] = field(default_factory=dict)
    raw: dict[str, bytes | None] = field(default_factory=dict)
    forms: list[tuple[dict[str, str], str]] = field(default_factory=list)
    key: RSAKey = field(default_factory=lambda: key("one"))
    fetched: list[str] = field(default_factory=list)
    ends: threading.Event = field(default_factory=threading.Event)

    def signed(self, claims: dict[str, Any], **header: Any) -> str:
        return jwt.encode({"alg": "RS256", "kid": "one", **header}, claims, self.key)

    def answer(self, path: str) -> dict[str, Any]:
        if path == "/.well-known/openid-configuration":
            names = (
                "authorization_endpoint",
                "token_endpoint",
                "jwks_uri",
                "userinfo_endpoint",
                "end_session_endpoint",
            )
            places = {name: f"{self.url}/{name.partition('_')[0]}" for name in names}
            return {"issuer": self.url, **places, **self.metadata}
        if path == "/jwks":
            return {"keys": [self.key.as_dict(private=False)]}
        if path == "/userinfo":
            return {"sub": "7", "groups": ["readers"]}
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "sub": "7", "iat": now, "exp": now + 300, "nonce": self.nonce}
        claims = {name: one for name, one in (claims | self.change).items() if one is not None}
        return {"id_token": self.sign(self, claims), "access_token": "key", "token_type": "Bearer"}


@contextlib.contextmanager
def liar() -> Iterator[Liar]:
    """A provider whose answers a test makes wrong."""
    found = Liar()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            found.fetched.append(path)
            if path in found.raw:
                self._send(found.raw[path])
                return
            body = json.dumps(found.answer(path)).encode()
            self._send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            found.forms.append((dict(parse_qsl(body)), self.headers.get("Authorization", "")))
            self.do_GET()

        def _send(self, data: bytes | None) -> None:
            with contextlib.suppress(OSError):
                if data is not None:
                    self.wfile.write(data)
                    return
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
                while not found.ends.wait(0.05):
                    self.wfile.write(b"x")

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
        assert isinstance(server, socketserver.ThreadingMixIn)
        found.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield found
        finally:
            found.ends.set()
            server.shutdown()
            thread.join()
