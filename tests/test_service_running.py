"""Starting, stopping, and operating a service."""

from __future__ import annotations

import contextlib
import http.client
import json
import subprocess
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("litestar")

from service_process import Process, service, until
from symbolicate.store import Store, Upload
from tiny_dump import tiny_dump

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Run


def test_dead_letters_are_listed_by_the_command_of_earlier_versions(tmp_path: Path, run: Callable[..., Run]) -> None:
    with Store.open(data=tmp_path) as store:
        store.accept(store.apps.ensure("app"), [Upload("1", "minidump", b"MDMP")])
        store.queue.fail(store.queue.lease(worker="w")[0], "no crash at all", permanent=True)
    listed = run("queue", "dead-letters", "--top", "5", "--data", str(tmp_path))
    assert (listed.code, listed.text.count("no crash at all"), listed.err) == (0, 1, "")
    same = run("queue", "aside", "--top", "5", "--data", str(tmp_path))
    assert (same.code, same.text) == (0, listed.text)
    assert "deprecated" in same.err


def test_a_worker_says_how_it_is(tmp_path: Path, database_url: str) -> None:
    data = tmp_path / "data"
    with Store.open(database_url, data=data) as store:
        store.accept(store.apps.ensure("app"), [Upload("1", "minidump", tiny_dump())])
        worker = Process("worker", "--bind", "127.0.0.1:0", "--data", str(data), "--db", database_url)
        try:
            port = int(worker.wait_for(r"listening on http://127\.0\.0\.1:(\d+)")[1])

            def get(path: str, method: str = "GET") -> tuple[int, str]:
                with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
                    connection.request(method, path)
                    answer = connection.getresponse()
                    return answer.status, answer.read().decode()

            assert get("/healthz") == (200, '{"status":"ok"}')
            assert get("/healthz", "HEAD") == (200, "")
            assert get("/readyz") == (200, '{"status":"ready"}')
            until(lambda: 'symbolicate_processed_total{outcome="done"} 1.0' in get("/metrics")[1])
            assert 'symbolicate_worker_threads{state="working"}' in get("/metrics")[1]
            for path in ("/logs", "/submit", "/api/v1/queue", "/v1.0/my/analytics/desktop/failurehits"):
                assert get(path)[0] == 404, path
            _, secret = store.tokens.create("one", ["query"])
            until(lambda: get("/metrics")[0] == 401)
            assert get("/healthz")[0] == 200
            assert secret not in worker.log
            assert worker.stop() == 0
            assert "Traceback" not in worker.log
        finally:
            worker.kill()


def test_a_worker_without_an_address_listens_nowhere_and_others_need_a_token(tmp_path: Path) -> None:
    worker = Process("worker", "--bind", "0.0.0.0:0", "--data", str(tmp_path))
    try:
        assert worker.process.wait(40) == 2
        assert "there is no token yet" in worker.log
    finally:
        worker.kill()


def test_a_certificate_of_its_own_is_enough_for_clients_that_insist(tmp_path: Path) -> None:
    with service(tmp_path, "--workers", "0", "--tls-self-signed") as one:
        assert one.url.startswith("https://")
        assert "strict-transport-security" in one.get("/healthz").headers
        begun = one.ask("POST", "/v0.1/apps/o/a/symbol_uploads", {"symbol_type": "Breakpad"}).json
        assert begun["upload_url"].startswith(f"{one.url}/symbol-uploads/")
        command = [
            "curl",
            "-sS",
            "--cacert",
            str(tmp_path / "self-signed.pem"),
            f"https://localhost:{one.port}/healthz",
        ]
        assert json.loads(subprocess.run(command, capture_output=True, check=True).stdout) == {"status": "ok"}
        assert (tmp_path / "self-signed.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--bind", "nowhere"], "bind"),
        (["--bind", "192.0.2.1:80"], "192.0.2.1"),
        (["--tls-cert", "/nonexistent"], "belong together"),
        (["--config", "/nonexistent.toml"], "/nonexistent.toml"),
        (["--db", "oracle://x"], "oracle"),
    ],
)
def test_an_unusable_setting_is_reported_in_a_line(tmp_path: Path, options: list[str], problem: str) -> None:
    more = {"SYMBOLICATE_ACCESS_INSECURE_OPEN": "1"}
    started = Process("serve", "--data", str(tmp_path), *options, env=more)
    try:
        assert started.process.wait(40) == 2, started.log
    finally:
        started.kill()
    assert problem in started.log
    assert "Traceback" not in started.log


def test_its_metrics_and_its_log_are_for_machines(tmp_path: Path) -> None:
    with service(tmp_path, "--workers", "0", "--log-json", SYMBOLICATE_LOG_REQUESTS="true") as one:
        one.logs({"type": "managedError", "exception": {"type": "E"}})
        one.get("/healthz?token=hidden")
        metrics = one.get("/metrics")
        assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")
        text = metrics.body.decode()
        assert 'symbolicate_requests_total{method="POST",path="/logs",status="200"} 1.0' in text
        assert 'symbolicate_queue{state="queued"} 1.0' in text
        assert 'symbolicate_logs_total{kind="report",outcome="kept"} 1.0' in text
        one.stop()
        lines = [json.loads(line) for line in one.log.splitlines() if line != "<end>"]
    assert {"time", "level", "message"} <= lines[0].keys()
    assert [line["status"] for line in lines if line["message"] == "GET /healthz"] == [200]
    assert "hidden" not in one.log


def test_every_answer_has_the_headers_that_keep_browsers_out(tmp_path: Path) -> None:
    with service(tmp_path, "--workers", "0") as one:
        for path in ("/healthz", "/nowhere", "/openapi.json", "/metrics"):
            headers = one.get(path).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert "default-src 'none'" in headers["content-security-policy"]
            assert "server" not in headers
