"""Who may do what, against running servers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

pytest.importorskip("litestar")

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from service_process import Process, Service, multipart, service, until
from symbolicate.store import Store
from tiny_dump import tiny_dump

if TYPE_CHECKING:
    from collections.abc import Iterator
READS = [
    "/v1.0/my/analytics/desktop/failurehits?applicationId=a",
    "/v1.0/my/analytics/desktop/failuredetails?applicationId=a&failureHash=x",
    "/v1.0/my/analytics/desktop/stacktrace?applicationId=a&cabIdHash=x",
    "/v1.0/my/analytics/desktop/cabdownload?applicationId=a&cabIdHash=x",
    "/api/v1/apps/a/buckets",
    "/api/v1/apps/a/suggestions",
    "/api/v1/apps/a/missing-symbols",
    "/api/v1/reports/abcdef0123456789",
    "/api/v1/reports/abcdef0123456789/report",
    "/api/v1/queue",
    "/api/v1/queue/dead-letters",
    "/api/v1/queue/aside",
    "/metrics",
]
SYMBOLS = ["/v0.1/apps/o/a/symbol_uploads", "/v1/symbols/a/B:checkStatus"]
CHANGES = [
    ("PATCH", "/api/v1/apps/a/buckets/00000000-0000-0000-0000-000000000000", {"state": "closed"}),
    ("POST", "/api/v1/queue/dead-letters/requeue", {}),
    ("POST", "/api/v1/queue/aside/requeue", {}),
]


def command(*arguments: str) -> str:
    done = subprocess.run([sys.executable, "-m", "symbolicate", *arguments], capture_output=True, check=True, text=True)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    data = tmp_path_factory.mktemp("service")
    with Store.open(data=data) as store:
        store.apps.ensure("a")  # the queries are about this app
        made = {scope: store.tokens.create(scope, [scope])[1] for scope in ("query", "symbols", "ingest", "admin")}
        client, secret = store.tokens.create_client("dashboard", ["query"])
    return made | {"data": str(data), "client_id": client.client_id, "client_secret": secret}


@pytest.fixture(scope="module")
def running(tokens: dict[str, str]) -> Iterator[Service]:
    with service(Path(tokens["data"]), SYMBOLICATE_INGEST_REPORTS_PER_MINUTE="0") as one:
        yield one


@pytest.mark.parametrize("token", [None, "", "x", "sym_x_y", "a.b.c", "Ω" * 10, "x" * 20_000])
def test_nothing_is_read_or_changed_without_a_token(running: Service, token: str | None) -> None:
    headers = {} if token is None else {"Authorization": "Bearer " + token.encode().decode("latin-1")}
    for path in READS + SYMBOLS:
        answer = running.get(path, headers=headers, token=None)
        assert answer.status in {401, 431}, path
        assert b"Traceback" not in answer.body
    for method, path, body in CHANGES:
        assert running.ask(method, path, body, headers, token=None).status in {401, 431}, path


@pytest.mark.parametrize("scope", ["query", "symbols", "ingest", "admin"])
def test_a_token_opens_what_it_is_for(running: Service, tokens: dict[str, str], scope: str) -> None:
    def statuses(paths: list[str]) -> set[int]:
        return {running.get(path, token=tokens[scope]).status for path in paths}

    assert (403 in statuses(READS)) is (scope not in {"query", "admin"})
    assert (403 in statuses(SYMBOLS)) is (scope not in {"symbols", "admin"})
    for method, path, body in CHANGES:
        assert (running.ask(method, path, body, token=tokens[scope]).status == 403) is (scope != "admin"), path
    assert 401 not in statuses(READS + SYMBOLS)


def test_tokens_come_in_the_headers_that_clients_have(running: Service, tokens: dict[str, str]) -> None:
    path, token = SYMBOLS[0], tokens["symbols"]
    assert running.get(path, headers={"X-API-Token": token}, token=None).status == 200
    assert running.get(path, headers={"Authorization": f"bearer  {token}"}, token=None).status == 200
    assert running.get(f"{SYMBOLS[1]}?key={token}", token=None).status == 200
    assert running.get(f"{path}?key={token}", token=None).status == 401  # clients of these routes can send headers


def test_reports_are_sent_without_a_token(running: Service) -> None:
    body, content_type = multipart({"prod": "A"}, [("upload_file_minidump", "a.dmp", tiny_dump())])
    assert running.ask("POST", "/submit", body, {"Content-Type": content_type}, token=None).status == 200
    assert running.logs({"type": "startSession"}).status == 200
    assert running.get("/healthz", token=None).status == 200
    assert running.get("/readyz", token=None).status == 200


def test_errors_have_the_shape_of_their_endpoint(running: Service) -> None:
    analytics = running.get(READS[0], token=None).json
    assert analytics["innererror"]["source"] == "AnalyticsAPI"
    assert set(running.get(SYMBOLS[0], token=None).json) == {"message", "statusCode", "code"}
    assert running.get(SYMBOLS[1], token=None).headers["content-type"].startswith("text/plain")


def form(tokens: dict[str, str], **more: str) -> bytes:
    fields = {
        "grant_type": "client_credentials",
        "client_id": tokens["client_id"],
        "client_secret": tokens["client_secret"],
        "resource": "https://manage.devcenter.microsoft.com",
    }
    return urlencode(fields | more).encode()


def test_the_token_endpoint_answers_as_microsofts(running: Service, tokens: dict[str, str]) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    answer = running.ask("POST", "/some-tenant/oauth2/token", form(tokens), headers, token=None)
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json["token_type"] == "Bearer"  # noqa: S105 - a word
    assert answer.json["expires_in"] == "3600"
    assert int(answer.json["expires_on"]) - int(answer.json["not_before"]) == 3600
    token = answer.json["access_token"]
    assert running.get(READS[0], token=token).status == 200
    assert running.get(SYMBOLS[0], token=token).status == 403
    head, body, signature = token.split(".")
    for forged in (f"{head}.{body}.{signature[:-4]}AAAA", f"{head}.{body}.", f"eyJhbGciOiJub25lIn0.{body}."):
        assert running.get(READS[0], token=forged).status == 401


@pytest.mark.parametrize(
    ("more", "status", "error"),
    [
        ({"client_secret": "x"}, 401, "invalid_client"),
        ({"client_id": "x"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_wrong_credentials_are_refused(
    running: Service, tokens: dict[str, str], more: dict[str, str], status: int, error: str
) -> None:
    answer = running.ask("POST", "/t/oauth2/token", form(tokens, **more), token=None)
    assert (answer.status, answer.json["error"]) == (status, error)


def test_a_client_that_is_taken_back_takes_its_access_tokens_with_it(running: Service, tokens: dict[str, str]) -> None:
    with Store.open(data=tokens["data"]) as store:
        client, secret = store.tokens.create_client("short", ["query"])
        sent = form({"client_id": client.client_id, "client_secret": secret})
        access = running.ask("POST", "/t/oauth2/token", sent, token=None).json["access_token"]
        until(lambda: running.get(READS[0], token=access).status == 200)
        store.tokens.revoke_client(client.client_id)
    until(lambda: running.get(READS[0], token=access).status == 401, 10)


def test_expired_and_revoked_tokens_are_refused(running: Service, tokens: dict[str, str]) -> None:
    with Store.open(data=tokens["data"]) as store:
        _, old = store.tokens.create("old", ["query"], expires=datetime.now(UTC) - timedelta(seconds=1))
        kept, text = store.tokens.create("kept", ["query"])
        assert running.get(READS[0], token=old).status == 401
        assert running.get(READS[0], token=text).status == 200
        store.tokens.revoke(kept.id)
    until(lambda: running.get(READS[0], token=text).status == 401, 10)


def test_no_secret_is_in_the_log(running: Service, tokens: dict[str, str]) -> None:
    for path in (f"/v1/symbols/a/B:checkStatus?key={tokens['symbols']}", f"/nowhere?token={tokens['admin']}"):
        running.get(path, token=tokens["query"])
    for name in ("query", "symbols", "ingest", "admin", "client_secret"):
        assert tokens[name] not in running.log


# --- before there is a token


def test_without_a_token_only_loopback_is_listened_on(tmp_path: Path) -> None:
    started = Process("serve", "--bind", "0.0.0.0:0", "--data", str(tmp_path))
    assert started.process.wait(40) == 2
    started.kill()
    assert "symbolicate token create" in started.log
    command("token", "create", "me", "--scope", "admin", "--data", str(tmp_path))
    started = Process("serve", "--bind", "0.0.0.0:0", "--data", str(tmp_path))
    try:
        started.wait_for("listening on")
        assert started.stop() == 0
    finally:
        started.kill()


def test_an_open_service_answers_to_names_of_this_machine_alone_and_closes_with_the_first_token(tmp_path: Path) -> None:
    with service(tmp_path, "--workers", "0") as one:
        assert "there is no token yet" in one.log
        assert one.get(READS[0]).status == 200
        for name in ("localhost", "127.0.0.1:80", "[::1]:8080"):
            assert one.get(READS[0], headers={"Host": name}).status == 200
        for name in ("evil.example", "localhost.evil.example", "127.0.0.1.evil.example"):
            assert one.get(READS[0], headers={"Host": name}).status == 403
            assert one.ask(*CHANGES[1], {"Origin": f"https://{name}"}).status == 403
        assert one.ask(*CHANGES[1], {"Origin": "null"}).status == 403
        assert one.ask(*CHANGES[1], {"Origin": one.url}).status == 200
        token = command("token", "create", "me", "--scope", "query", "--days", "3", "--data", str(tmp_path))
        until(lambda: one.get(READS[0]).status == 401, 10)
        assert one.get(READS[0], token=token).status == 200
        assert "\tme\tquery\t" in command("token", "list", "--data", str(tmp_path))
        command("token", "revoke", "1", "--data", str(tmp_path))


# --- tokens of others


@pytest.fixture
def issuer() -> Iterator[tuple[str, RSAKey]]:
    """A token issuer on loopback: its URL, and its private key."""
    key = RSAKey.generate_key(2048, {"kid": "k1"}, private=True)
    published = json.dumps(KeySet([key]).as_dict(private=False)).encode()

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(published)))
            self.end_headers()
            self.wfile.write(published)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Keys)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/keys", key
    server.shutdown()
    server.server_close()


def _part(values: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def test_tokens_of_another_issuer_are_checked_by_its_keys(tmp_path: Path, issuer: tuple[str, RSAKey]) -> None:
    url, key = issuer
    now = int(time.time())
    good = {"iss": "https://issuer", "aud": "symbolicate", "sub": "me", "exp": now + 600, "scp": "query other"}

    def signed(claims: dict[str, Any], by: RSAKey = key) -> str:
        return jwt.encode({"alg": "RS256", "kid": "k1"}, claims, by)

    def by_public_key(claims: dict[str, Any]) -> str:
        """A token that is valid for a verifier which lets the token choose the algorithm."""
        head, body = (_part({"alg": "HS256", "kid": "k1"}), _part(claims))
        signature = hmac.new(key.as_pem(private=False), f"{head}.{body}".encode(), hashlib.sha256).digest()
        return f"{head}.{body}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"

    wrong = [
        signed(good | {"exp": now - 3600}),
        signed(good | {"iss": "https://other"}),
        signed(good | {"aud": "other"}),
        signed({name: value for name, value in good.items() if name != "exp"}),
        signed(good, RSAKey.generate_key(2048, {"kid": "k1"}, private=True)),
        by_public_key(good),
    ]
    with service(
        tmp_path,
        "--workers",
        "0",
        SYMBOLICATE_ACCESS_FOREIGN_JWKS_URL=url,
        SYMBOLICATE_ACCESS_FOREIGN_ISSUER="https://issuer",
        SYMBOLICATE_ACCESS_FOREIGN_AUDIENCE="symbolicate",
        SYMBOLICATE_ACCESS_FOREIGN_SCOPE_CLAIM="scp",
    ) as one:
        assert one.get(READS[0], token=None).status == 401
        assert one.get(READS[0], token=signed(good)).status == 200
        assert one.get(SYMBOLS[0], token=signed(good)).status == 403
        for token in wrong:
            assert one.get(READS[0], token=token).status == 401
