"""The requests of sentry-cli's uploads, for tests of what it never sends."""

from __future__ import annotations

import gzip
import hashlib
from typing import TYPE_CHECKING, Any

from service_process import multipart, until

if TYPE_CHECKING:
    from service_process import Answer, Service


def sha1(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


class SentryClient:
    """Uploads files for an app."""

    def __init__(self, running: Service, owner: str, app: str, token: str | None = None, chunk: int = 1024) -> None:
        self._running, self._token, self._chunk = running, token, chunk
        self.chunks_path = f"/api/0/organizations/{owner}/chunk-upload/"
        self._assemble = f"/api/0/projects/{owner}/{app}/files/difs/assemble/"

    def options(self) -> Answer:
        return self._running.ask("GET", self.chunks_path, token=self._token)

    def cut(self, data: bytes) -> list[bytes]:
        return [data[start : start + self._chunk] for start in range(0, len(data), self._chunk)]

    def send(self, *files: tuple[str, str, bytes]) -> Answer:
        """Send a form of files: field, name, bytes."""
        body, content_type = multipart({}, list(files))
        return self._running.ask("POST", self.chunks_path, body, {"Content-Type": content_type}, token=self._token)

    def send_chunks(self, data: bytes, only: list[str] | None = None) -> None:
        """Send the chunks of a file, every other one compressed."""
        parts = [part for part in self.cut(data) if only is None or sha1(part) in only]
        files = [
            ("file_gzip", sha1(part), gzip.compress(part)) if number % 2 else ("file", sha1(part), part)
            for number, part in enumerate(parts)
        ]
        answer = self.send(*files)
        assert answer.status == 200, answer

    def ask(self, wanted: dict[str, Any]) -> Answer:
        """Ask for files, by their SHA-1, to be put together."""
        return self._running.ask("POST", self._assemble, wanted, token=self._token)

    def state(self, data: bytes, name: str = "app.sym", **more: Any) -> Any:
        """The state of a file."""
        given = {"name": name, "chunks": [sha1(part) for part in self.cut(data)]} | more
        answer = self.ask({sha1(data): given})
        assert answer.status == 200, answer
        return answer.json[sha1(data)]

    def upload(self, data: bytes, name: str = "app.sym") -> Any:
        """Upload a file; its final state."""
        asked = self.state(data, name)
        if asked["state"] == "not_found":
            self.send_chunks(data, asked["missingChunks"])
        return until(lambda: (found := self.state(data, name))["state"] in {"ok", "error"} and found, what=name)
