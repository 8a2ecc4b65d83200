"""`POST /logs`: what App Center's SDKs and people with curl send, against a running server."""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import subprocess
import sys
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

pytest.importorskip("litestar")

from places import ROOT
from service_process import Service, receiving, service
from symbolicate.store import Store
from symbolicate.store.database.tables import DEVICES
from tiny_dump import tiny_dump

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MISSION = ROOT.parent / "shared" / "mission" / "app-center-upload-crashes.txt"
GUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with receiving(tmp_path_factory.mktemp("service")) as one:
        yield one


def crash(**more: Any) -> dict[str, Any]:
    return {
        "type": "managedError",
        "id": str(uuid.uuid4()),
        "timestamp": "2026-01-02T03:04:05.678Z",
        "device": {"appVersion": "1.0", "osName": "android", "locale": "en-US"},
        "exception": {"type": "java.lang.RuntimeException", "frames": []},
    } | more


def attachment(error_id: str, data: bytes | str = b"hello", **more: Any) -> dict[str, Any]:
    text = data if isinstance(data, str) else base64.b64encode(data).decode()
    return {"type": "errorAttachment", "id": str(uuid.uuid4()), "errorId": error_id, "data": text} | more


def kept(running: Service) -> Any:
    return running.get("/api/v1/queue").json["queued"]


def test_the_answer_is_the_one_that_sdks_know(running: Service) -> None:
    answer = running.logs(crash())
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert re.fullmatch(
        r'\{"status":"Success","validDiagnosticsIds":\[\],"throttledDiagnosticsIds":\[\],"correlationId":"'
        + GUID
        + r'"\}',
        answer.body.decode(),
    )


def test_the_documented_requests_are_taken_verbatim(running: Service) -> None:
    if not MISSION.is_file():
        pytest.skip("no documents beside the project")
    commands = re.findall(r"^curl .*?'$", MISSION.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(commands) == 6
    before = kept(running)
    for command in commands:
        local = command.replace("https://in.appcenter.ms", running.url)
        done = subprocess.run(["bash", "-c", local + " -sS"], capture_output=True, check=True)
        assert json.loads(done.stdout)["status"] == "Success", (done.stdout, command)
    assert kept(running) - before == 6


@pytest.mark.parametrize("query", ["?Api-Version=1.0.0", "?api-version=1.0.0", "?API-VERSION=1.0.0", ""])
def test_the_version_is_asked_for_in_any_case(running: Service, query: str) -> None:
    body = json.dumps({"logs": [crash()]}).encode()
    assert running.ask("POST", f"/logs{query}", body, {"app-secret": "a"}, token=None).status == 200


def test_packed_bodies_are_taken_whether_they_say_so_or_not(running: Service) -> None:
    body = gzip.compress(json.dumps({"logs": [crash()]}).encode())
    for headers in ({"Content-Encoding": "gzip"}, {}):
        answer = running.ask("POST", "/logs", body, {"App-Secret": "app", **headers}, token=None)
        assert answer.json["status"] == "Success"


@pytest.mark.parametrize(
    "body",
    [
        b'{"logs":[{"type":"handledError","exception":{"type":"a",},},],}',
        b'\xef\xbb\xbf{"logs":[{"type":"handledError","exception":{"type":"a"}}]}',
        b'{"logs":[{"type":"handledError","exception":{"type":"a\\ud800"}}]}',
        b'{"logs":[{"type":"handledError","exception":{"type":"a\nb"}}]}',
        b'{"logs":[{"type":"handledError","exception":{"type":"\xff"}}]}',
        b'{"logs":[{"type":"handledError","exception":{"type":"a","message":NaN}}]}',
        b'{"logs":[{"type":"handledError","exception":{"type":"cut off',
    ],
    ids=["commas", "bom", "surrogate", "control", "utf8", "nan", "cut"],
)
def test_json_with_faults_is_repaired(running: Service, body: bytes) -> None:
    answer = running.ask("POST", "/logs", body, {"App-Secret": "app"}, token=None)
    assert (answer.status, answer.json["status"]) == (200, "Success")


@pytest.mark.parametrize(
    "body", [b"", b"nonsense", b"[]", b"{}", b'{"logs":[]}', b'{"logs":[{"type":"unheard of"}]}', b"\x1f\x8bnonsense"]
)
def test_what_never_will_be_of_use_is_refused_in_the_known_shape(running: Service, body: bytes) -> None:
    answer = running.ask("POST", "/logs", body, {"App-Secret": "app"}, token=None)
    assert answer.status == 400
    assert answer.json["status"] == "NoValidLogsFoundInLogContainer"
    assert list(answer.json) == ["status", "validDiagnosticsIds", "throttledDiagnosticsIds", "correlationId"]


def test_logs_that_are_not_for_us_are_answered_with_success(running: Service) -> None:
    before = kept(running)
    assert running.logs({"type": "startSession"}, {"type": "event", "name": "x"}).json["status"] == "Success"
    assert kept(running) == before


def session(**more: Any) -> dict[str, Any]:
    return {"type": "startSession", "sid": str(uuid.uuid4()), "timestamp": "2026-01-02T03:04:05.678Z"} | more


def test_session_logs_tell_how_many_devices_had_no_crash(tmp_path: Path) -> None:
    now = datetime.now(UTC).isoformat()
    device = {"appVersion": "1.0", "osName": "iOS", "osVersion": "17.4", "locale": "de_DE", "appBuild": 7}
    with service(tmp_path) as one:
        unknown = one.get("/api/v1/apps").json
        assert unknown == []
        for number in range(4):
            log = session(timestamp=now, device=device)
            for logs in ((log,), (log, session(timestamp=now, device=["no device"]), {"type": "page"})):
                assert one.logs(*logs, **{"Install-ID": f"installation {number}"}).status == 200
        one.logs(session(timestamp=now, device=device))  # of no installation
        one.logs(crash(timestamp=now, device=device), **{"Install-ID": "installation 3"})
        one.wait_until_idle()
        assert [app["application_id"] for app in one.get("/api/v1/apps").json] == ["app"]
        for version in ("", "&version=1.0"):
            found = one.get(f"/api/v1/apps/app/health?days=2{version}").json
            devices = found["crash_free"]
            assert (devices["period"]["active"], devices["period"]["crashed"], devices["period"]["share"]) == (
                4,
                1,
                0.75,
            )
            assert (devices["days"][0], devices["days"][1], devices["unknown"]) == (None, devices["period"], None)
        assert one.get("/api/v1/apps/app/health?version=2.0").json["crash_free"]["period"] is None
        assert one.get("/api/v1/apps/app/health?end=yesterday").status == 400
        assert one.get("/api/v1/apps/app/health?end=0001-01-01").status == 400
        [failure] = found["failures"]
        brief = one.get(f"/api/v1/apps/app/buckets/{failure['hash']}/brief")
        assert brief.headers["content-type"] == "text/markdown; charset=utf-8"
        assert "75.00 % (1 of 4 devices crashed; session logs of 1 of 90 days)" in brief.body.decode()
    with Store.open(data=tmp_path) as store:  # the same rows for a session and for a crash
        rows = store.database.read(lambda connection: connection.execute(sa.select(DEVICES)).all())
    of = {kind: {(row.dimension, row.value) for row in rows if row.kind == kind} for kind in ("active", "crashed")}
    assert of["crashed"] == {("", ""), ("application_version", "1.0"), ("os_version", "iOS 17"), ("market", "DE")}
    assert of["crashed"] <= of["active"]


def test_one_bad_log_takes_no_other_with_it(running: Service) -> None:
    before = kept(running)
    body = b'{"logs":[7,null,{"type":"nonsense"},{"type":"managedError","exception":[]},' + (
        json.dumps(crash()).encode() + b"]}"
    )
    assert running.ask("POST", "/logs", body, {"App-Secret": "app"}, token=None).status == 200
    assert kept(running) - before == 2


def test_the_same_report_sent_again_is_the_same(running: Service) -> None:
    before = kept(running)
    one = crash()
    for _ in range(3):
        assert running.logs(one).status == 200
    assert kept(running) - before == 1


def test_a_reused_id_is_another_report(running: Service) -> None:
    before = kept(running)
    one = crash()
    running.logs(one)
    running.logs(one | {"device": {"appVersion": "2.0"}})
    running.logs(one | {"type": "appleError"})
    assert kept(running) - before == 3


def test_attachments_come_before_with_and_after_their_crash(running: Service) -> None:
    one = crash()
    for log in (attachment(one["id"], b"before"), one, attachment(one["id"].upper(), b"after")):
        assert running.logs(log, secret="bound").status == 200  # noqa: S106 - an app
    with Store.open(data=running.data) as store:
        app = store.apps.by_secret("bound")
        assert app is not None
        [found] = store.reports.by_log_id(app, one["id"])
        assert sorted(store.attachment_data(file.id) for file in found.attachments) == [b"after", b"before"]
        assert found.client_time is not None
        assert found.client_time.isoformat() == "2026-01-02T03:04:05.678000+00:00"
        assert found.receive_time > found.client_time


def test_attachments_of_seven_mebibytes_are_taken_and_larger_ones_refused(running: Service) -> None:
    largest = os.urandom(7 * 1024 * 1024)
    one = crash()
    assert running.logs(one, attachment(one["id"], largest)).status == 200
    refused = running.logs(attachment(one["id"], largest + b"x"))
    assert refused.status == 400
    other = crash()
    assert running.logs(other, attachment(other["id"], largest + b"x")).status == 200


def test_junk_for_base64_keeps_the_crash(running: Service) -> None:
    one = crash()
    assert running.logs(one, attachment(one["id"], "<base64 encoded minidump>")).status == 200


def test_reports_beyond_the_limit_of_a_minute_are_reported(tmp_path: Path) -> None:
    with service(tmp_path, "--workers", "0", SYMBOLICATE_INGEST_REPORTS_PER_MINUTE="3") as one:
        logs = [crash() for _ in range(10)]
        answer = one.logs(*logs)
        assert answer.status == 200
        assert answer.json["status"] == "Success"
        assert 4 <= len(answer.json["throttledDiagnosticsIds"]) <= 7  # a minute may have begun
        assert (
            answer.json["throttledDiagnosticsIds"]
            == [log["id"] for log in logs][-len(answer.json["throttledDiagnosticsIds"]) :]
        )
        assert one.logs(*(crash() for _ in range(4)), secret="other").json["status"] == "Success"  # noqa: S106
        assert 'symbolicate_logs_total{kind="report",outcome="throttled"}' in one.get("/metrics").body.decode()


def test_what_is_sent_again_counts_once_against_the_limit(tmp_path: Path) -> None:
    with service(tmp_path, "--workers", "0", SYMBOLICATE_INGEST_REPORTS_PER_MINUTE="3") as one:
        first = crash()
        for log in (first, first, first, crash(), crash()):
            assert one.logs(log).json["throttledDiagnosticsIds"] == []
        for _ in range(2):
            assert len(one.logs(*(crash() for _ in range(7))).json["throttledDiagnosticsIds"]) >= 4
        assert 3 <= kept(one) <= 9  # a minute may have begun


def test_unknown_secrets_are_refused_once_secrets_are_set(tmp_path: Path) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "symbolicate", "app", "create", "--data", str(tmp_path), "--application-id", "product"],
        capture_output=True,
        check=True,
        text=True,
    )
    secret = made.stdout.strip()
    with service(tmp_path, "--workers", "0") as one:
        assert one.logs(crash(), secret=secret).status == 200
        assert one.logs(crash(), secret="{" + secret.upper() + "}").status == 200
        for wrong in ("", "x", secret[:-1], "a" * 5000, str(uuid.uuid4())):
            refused = one.logs(crash(), secret=wrong)
            assert (refused.status, refused.json["status"]) == (401, "AppSecretDenied")


def test_logs_become_named_failures(tmp_path: Path) -> None:
    frames = [{"className": "com.example.Screen", "methodName": "open", "fileName": "Screen.java", "lineNumber": 7}]
    with service(tmp_path) as one:
        for number in range(3):
            log = crash(exception={"type": "java.lang.IllegalStateException", "message": f"{number}", "frames": frames})
            assert one.logs(log, {"type": "startSession"}).status == 200
        one.wait_until_idle()
        [bucket] = one.get("/api/v1/apps/app/buckets").json
        assert bucket["count"] == 3
        assert bucket["name"].startswith("JVM_EXCEPTION_java.lang.IllegalStateException")
        assert bucket["name"].endswith("!com.example.Screen.open")


def test_a_dump_posted_as_an_attachment_is_processed(tmp_path: Path) -> None:
    log = crash(exception={"type": "minidump", "wrapperSdkName": "custom.ndk"})
    with service(tmp_path) as one:
        assert one.logs(log, attachment(log["id"], tiny_dump(), fileName="minidump.dmp")).status == 200
        one.wait_until_idle()
        [bucket] = one.get("/api/v1/apps/app/buckets").json
        assert bucket["count"] == 1
        assert "SIGSEGV" in bucket["name"] or "POINTER" in bucket["name"]
