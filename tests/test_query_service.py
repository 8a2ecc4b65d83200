"""`symbolicate query` gives the same answers from a store and from a service."""

from __future__ import annotations

import http.server
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click
import pytest

pytest.importorskip("litestar")

from service_process import Service, service
from store_samples import document, hash_of, take_in
from symbolicate.cli import query_service
from symbolicate.store import Sighting, Store
from symbolicate.summary.dimensions import derive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Run

NOW = datetime.now(UTC)
MISSING = [("libscene.so", "A" * 32 + "0")]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one app."""
    folder = tmp_path_factory.mktemp("store")
    with Store.open(data=folder) as store:
        app = store.apps.create(owner="own", name="one")
        reports = [(NOW - timedelta(days=days), document(name)) for days in range(3) for name in "AAB"]
        take_in(store, app, [*reports, (NOW, document("C", missing=MISSING))])
        seen = [Sighting(str(number), NOW, derive({})) for number in range(5)]
        store.active_devices.add(store.active_devices.new(app, seen))
    return folder


@pytest.fixture(scope="module")
def running(data: Path) -> Iterator[tuple[Service, str]]:
    """A service of this store, and a token for its questions."""
    with Store.open(data=data) as store:
        _, token = store.tokens.create("questions", ["query"])
    with service(data, "--workers", "0", token=token) as one:
        yield one, token


START = (NOW - timedelta(days=5)).date().isoformat()


@pytest.mark.parametrize(
    "question",
    [
        ("failurehits", "--start-date", START, "--groupby", "failureName,market"),
        ("failurehits", "--start-date", START, "--top", "1", "--skip", "1", "--format", "json"),
        ("failurehits", "--start-date", START, "--filter", "market eq 'US'", "--app", "own/one"),
        ("failuredetails", hash_of("A"), "--start-date", START, "--format", "json"),
        ("stacktrace", "CAB"),
        ("missing-symbols", "--top", "1", "--format", "json"),
        ("health", "--days", "7"),
        ("health", "--days", "2", "--end-date", START, "--events", "any", "--format", "json"),
        ("health", "--version", "2.2.2.0", "--top", "1", "--format", "json"),
        ("compare", "2.2.2.0", "3.0"),
        ("brief", hash_of("A")),
    ],
    ids=lambda question: question[0],
)
def test_the_answers_are_the_same(
    run: Callable[..., Run],
    running: tuple[Service, str],
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    question: tuple[str, ...],
) -> None:
    one, token = running
    monkeypatch.setenv("SYMBOLICATE_CLIENT_TOKEN", token)
    if question[-1] == "CAB":
        asked = f"applicationId={one.get('/api/v1/apps').json[0]['application_id']}&failureHash={hash_of('A')}"
        details = one.get(f"/v1.0/my/analytics/desktop/failuredetails?{asked}").json
        question = (*question[:-1], details["Value"][0]["cabIdHash"])
    of_store = run("query", *question, "--data", data)
    of_service = run("query", *question, "--service", one.url + "/")
    assert (of_store.code, of_store.err) == (0, "")
    assert (of_service.code, of_service.err, of_service.out) == (0, "", of_store.out)


def test_the_settings_name_a_service(
    run: Callable[..., Run], running: tuple[Service, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, token = running
    monkeypatch.setenv("SYMBOLICATE_CLIENT_TOKEN", token)
    monkeypatch.setenv("SYMBOLICATE_CLIENT_SERVICE", one.url)
    assert run("query", "brief", hash_of("A")).text.startswith("# Bucket `A`")
    assert "5 devices crashed" in run("query", "health").text
    assert token not in one.log


def test_problems_are_the_same_or_name_the_service(
    run: Callable[..., Run], running: tuple[Service, str], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, token = running
    refused = run("query", "brief", hash_of("A"), "--service", one.url)
    assert (refused.code, refused.out) == (1, b"")
    assert "it needs a token: set SYMBOLICATE_CLIENT_TOKEN" in refused.err
    monkeypatch.setenv("SYMBOLICATE_CLIENT_TOKEN", "of-another-service")
    assert "the token is not valid" in run("query", "brief", hash_of("A"), "--service", one.url).err
    monkeypatch.setenv("SYMBOLICATE_CLIENT_TOKEN", f"{token}\r\n")
    wrong = [
        run("query", "failurehits", "--filter", "foo eq 'x'", *place)
        for place in (("--data", data), ("--service", one.url))
    ]
    assert wrong[0].code == wrong[1].code == 2
    assert "unknown field 'foo'" in wrong[0].err
    assert wrong[0].err.splitlines()[-1] == wrong[1].err.splitlines()[-1]
    gone = run("query", "brief", "0" * 32, "--service", one.url)
    assert (gone.code, gone.out) == (1, b"")
    assert "no failure has the hash" in gone.err
    for address in ("ftp://a", "crashes.example", "https://", "https://user:word@a", "https://a?x=1"):
        assert run("query", "health", "--service", address).code == 2, address
    assert run("query", "health", "--service", one.url, "--data", data).code == 2
    down = run("query", "health", "--app", "x", "--service", "http://127.0.0.1:9")
    assert (down.code, "http://127.0.0.1:9: " in down.err) == (1, True)
    assert "refused" in down.err
    assert token not in down.err + gone.err + wrong[1].err


@pytest.mark.parametrize(
    ("code", "question"),
    [
        (1, ("stacktrace", "0" * 40)),
        (1, ("stacktrace", "../x")),
        (2, ("stacktrace", "")),
        (1, ("brief", "0" * 32)),
        (2, ("brief", "../../x")),
        (2, ("brief", "\x1b[31m")),
        (1, ("health", "--app", "none")),
        (1, ("health", "--app", "../../x")),
        (1, ("health", "--app", "..")),
        (1, ("brief", "0" * 32, "--app", "own/none")),
        (1, ("failurehits", "--app", "none")),
        (1, ("failurehits", "--app", "/x")),
        (0, ("health", "--app", "own/one")),
        (0, ("brief", hash_of("A"), "--app", "OWN/one")),
        (0, ("missing-symbols", "--app", "")),
    ],
)
def test_the_errors_are_the_same(
    run: Callable[..., Run],
    data: Path,
    running: tuple[Service, str],
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    question: tuple[str, ...],
) -> None:
    one, token = running
    monkeypatch.setenv("SYMBOLICATE_CLIENT_TOKEN", token)
    of_store, of_service = (run("query", *question, *place) for place in (("--data", data), ("--service", one.url)))
    assert of_store.code == of_service.code == code
    assert of_store.err == of_service.err
    assert bool(of_store.err) == bool(code)


def test_what_cannot_be_an_app_or_a_hash_is_not_asked_for(run: Callable[..., Run]) -> None:
    nobody = ("--service", "http://127.0.0.1:9")
    for app in ("../../x", "..", "a/"):
        assert f"no app '{app}'" in run("query", "health", "--app", app, *nobody).err
    assert "a failure's hash is a GUID, not 'zz'" in run("query", "brief", "zz", *nobody).err


def test_a_token_follows_no_redirection_and_other_servers_are_not_understood(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []

    class Other(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers["Authorization"])
            if self.path.startswith("/api/v1/apps/moved"):
                self.send_response(302)
                self.send_header("Location", "/elsewhere")
                self.end_headers()
                return
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>\x1b[31m")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    monkeypatch.setenv("SYMBOLICATE_CLIENT_TOKEN", "secret-token")
    with http.server.HTTPServer(("127.0.0.1", 0), Other) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        moved = run("query", "health", "--app", "moved", "--service", address)
        other = run("query", "health", "--app", "other", "--service", address)
        server.shutdown()
    assert len(asked) == 2
    assert asked[0] == "Bearer secret-token"
    assert (moved.code, moved.out, other.code, other.out) == (1, b"", 1, b"")
    assert "no answer of this service" in other.err
    assert "secret-token" not in moved.err + other.err
    assert "\x1b" not in other.err


class Liar(http.server.BaseHTTPRequestHandler):
    """Answers with what its path asks for, and repeats the token."""

    def do_GET(self) -> None:
        token = self.headers["Authorization"].encode()
        status, kind, body = {
            "echo": (400, "application/json", b'{"message": "bad token ' + token + b'"}'),
            "page": (200, "text/html", b"<html>Sign in"),
            "empty": (200, "text/markdown", b""),
            "drip": (200, "text/markdown", b" " * 400),
        }[self.path.split("/")[4]]
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        for byte in body:
            self.wfile.write(bytes([byte]))
            if status == 200:
                time.sleep(0.05)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_services_that_lie_repeat_the_token_or_never_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_service, "_ANSWER_SECONDS", 2)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        said = {}
        for app in ("echo", "page", "empty", "drip"):
            of_service = query_service.OfService(f"http://127.0.0.1:{server.server_port}", "secret-token", app)
            with pytest.raises(click.ClickException) as raised:
                of_service.brief("0" * 32)
            said[app] = raised.value.message
        server.shutdown()
    assert said["echo"] == "bad token Bearer …"
    assert said["page"].endswith(": no answer of this service")
    assert said["empty"].endswith(": no answer of this service")
    assert said["drip"].endswith(": no whole answer within 2 seconds")
    for token in ("secret\ntoken", "sëcret", "a b"):
        with pytest.raises(click.UsageError) as refused:
            query_service.OfService("http://127.0.0.1:9", token, "x")
        assert token not in refused.value.message
