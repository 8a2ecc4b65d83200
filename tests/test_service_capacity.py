"""Nothing fills the disk: rate limits and quotas of apps, and free space of the disks."""

from __future__ import annotations

import base64
import contextlib
import os
import re
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("litestar")

from service_process import Service, multipart, service, until
from symbolicate.store import Settings, Store
from tiny_dump import DEBUG_FILE, SYM, tiny_dump

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KIB = 1024
_TEST_SECONDS = 6
FULL, OTHER = "full", "other"


def crash(log_id: str | None = None) -> dict[str, Any]:
    return {"type": "managedError", "id": log_id or str(uuid.uuid4()), "exception": {"type": "E", "frames": []}}


def attachment(error_id: str, size: int = 2 * KIB) -> dict[str, Any]:
    data = base64.b64encode(os.urandom(size)).decode()
    return {"type": "errorAttachment", "id": str(uuid.uuid4()), "errorId": error_id, "data": data}


def event(error_id: str) -> dict[str, Any]:
    return {"type": "event", "errorId": error_id, "name": "crash", "properties": {"filling": os.urandom(KIB).hex()}}


@pytest.fixture
def store_at(tmp_path: Path, database_url: str) -> Iterator[Store]:
    """The store of the services of this file, as another process sees it."""
    with Store.open(database_url, data=tmp_path / "data") as store:
        yield store


@contextlib.contextmanager
def run(tmp_path: Path, database_url: str, **env: str) -> Iterator[Service]:
    env = {f"SYMBOLICATE_{name}": value for name, value in env.items()}
    with service(tmp_path / "data", "--workers", "0", "--db", database_url, **env) as one:
        # The limits are those of a minute of the clock, which must not end during a test.
        if (left := 60 - time.time() % 60) < _TEST_SECONDS:
            time.sleep(left)
        yield one


def test_attachments_without_a_crash_count_as_reports(tmp_path: Path, database_url: str, store_at: Store) -> None:
    store_at.apps.create("app", settings=Settings(throttle_per_minute=10))
    with run(tmp_path, database_url) as one:
        for _ in range(10):
            assert one.logs(crash()).json["throttledDiagnosticsIds"] == []
        before = store_at.usage.of(1)
        strays = [attachment(str(uuid.uuid4())) for _ in range(20)]
        for stray in strays:
            answer = one.logs(stray)
            assert answer.status == 200, "SDKs delete what they have at a 4xx"
            assert answer.json["throttledDiagnosticsIds"] == [stray["id"]]
        assert (
            one.logs(
                *(attachment(str(uuid.uuid4())) for _ in range(20)), *(event(str(uuid.uuid4())) for _ in range(9))
            ).status
            == 200
        )
        assert store_at.usage.of(1) == before, "none of them was kept"
        text = one.get("/metrics").body.decode()
    assert 'symbolicate_logs_total{kind="attachment",outcome="throttled"} 40.0' in text


def test_attachments_of_a_crash_are_taken_with_it_and_after_it(
    tmp_path: Path, database_url: str, store_at: Store
) -> None:
    app = store_at.apps.create("app", settings=Settings(throttle_per_minute=3))
    with run(tmp_path, database_url, STORAGE_ATTACHMENTS_PER_REPORT="4") as one:
        ids = [str(uuid.uuid4()) for _ in range(3)]
        for log_id in ids:
            assert one.logs(crash(log_id), attachment(log_id), attachment(log_id)).json["throttledDiagnosticsIds"] == []
        # The limit is used up. Each crash may have two more, and an event.
        late = [attachment(ids[0]) for _ in range(5)]
        throttled = [one.logs(log).json["throttledDiagnosticsIds"] for log in late]
        assert throttled == [[], [], *([log["id"]] for log in late[2:])]
        assert one.logs(event(ids[1])).status == 200
        counts, known = store_at.reports.attachment_counts(app, [*ids, "unknown"])
    assert known == dict.fromkeys(ids, 1)
    assert counts == {ids[0]: 4, ids[1]: 3, ids[2]: 2}


def test_a_crash_that_is_sent_again_brings_no_more_attachments_than_others(
    tmp_path: Path, database_url: str, store_at: Store
) -> None:
    app = store_at.apps.create("app", settings=Settings(throttle_per_minute=10))
    log = crash()
    with run(tmp_path, database_url) as one:
        first = [attachment(log["id"]) for _ in range(16)]
        assert one.logs(log, *first).json["throttledDiagnosticsIds"] == []
        taken, told = 16, []
        for _ in range(8):
            some = [attachment(log["id"]) for _ in range(20)]
            answer = one.logs(log, *some)
            assert answer.status == 200
            throttled = answer.json["throttledDiagnosticsIds"]
            told += throttled
            taken += len(some) - len(set(throttled) - {log["id"]})
        counts, _ = store_at.reports.attachment_counts(app, [log["id"]])
        # Attachments that are stored already are not counted again.
        assert one.logs(*first).json["throttledDiagnosticsIds"] == []
    assert counts == {log["id"]: taken}
    assert taken <= 16 + 10
    assert len(told) >= 8 * 20 - 10


def test_no_report_has_more_attachments_than_the_most(tmp_path: Path, database_url: str, store_at: Store) -> None:
    app = store_at.apps.create("app", settings=Settings(throttle_per_minute=None))
    log, orphan = crash(), str(uuid.uuid4())
    with run(tmp_path, database_url, STORAGE_MOST_ATTACHMENTS_PER_REPORT="20") as one:
        for spelling, room in ((log["id"], 15), (log["id"].upper(), 5), ("{" + log["id"] + "}", 0)):
            some = [attachment(spelling) for _ in range(15)]
            assert one.logs(log, *some).json["throttledDiagnosticsIds"] == [over["id"] for over in some[room:]]
        late = event(log["id"]) | {"id": str(uuid.uuid4())}
        assert one.logs(late).json["throttledDiagnosticsIds"] == [late["id"]]
        for _ in range(3):
            assert one.logs(*(attachment(orphan) for _ in range(15))).status == 200
        counts, known = store_at.reports.attachment_counts(app, [log["id"], orphan])
    assert counts == {log["id"]: 20, orphan: 20}
    assert known == {log["id"]: 1}


def test_crashes_of_one_id_have_their_attachments_each(tmp_path: Path, database_url: str, store_at: Store) -> None:
    app = store_at.apps.create("app", settings=Settings(throttle_per_minute=None))
    with run(tmp_path, database_url, STORAGE_MOST_ATTACHMENTS_PER_REPORT="2") as one:
        for number in range(5):
            some = [attachment("A") for _ in range(3)]
            answer = one.logs(crash("A") | {"processId": number}, *some)
            assert answer.json["throttledDiagnosticsIds"] == [some[2]["id"]]
        counts, known = store_at.reports.attachment_counts(app, ["A"])
    assert (counts, known) == ({"A": 10}, {"A": 5})


def test_an_event_that_is_not_stored_is_listed(tmp_path: Path, database_url: str, store_at: Store) -> None:
    store_at.apps.create("app", settings=Settings(throttle_per_minute=3))
    with run(tmp_path, database_url) as one:
        for _ in range(3):
            assert one.logs(crash()).json["throttledDiagnosticsIds"] == []
        named = [event(str(uuid.uuid4())) | {"id": str(uuid.uuid4())} for _ in range(2)]
        unnamed = event(str(uuid.uuid4()))
        answer = one.logs(*named, unnamed)
        assert answer.status == 200
        assert answer.json["throttledDiagnosticsIds"] == [*(log["id"] for log in named), unnamed["errorId"]]
        text = one.get("/metrics").body.decode()
    assert 'symbolicate_logs_total{kind="event",outcome="throttled"} 3.0' in text


def test_a_crash_after_its_attachment_is_whole(tmp_path: Path, database_url: str, store_at: Store) -> None:
    app = store_at.apps.create("app", settings=Settings(throttle_per_minute=2))
    log_id = str(uuid.uuid4())
    with run(tmp_path, database_url) as one:
        for log in (attachment(log_id), crash(log_id)):
            assert one.logs(log).json["throttledDiagnosticsIds"] == []
        assert store_at.reports.by_log_id(app, log_id)[0].attachments
        over = crash()
        assert one.logs(over).json["throttledDiagnosticsIds"] == [over["id"]], "the two were the limit"


def test_an_app_at_its_quota_is_asked_to_come_back_and_others_are_served(
    tmp_path: Path, database_url: str, store_at: Store
) -> None:
    full = store_at.apps.create("full", owner="own", name="full", settings=Settings(throttle_per_minute=None))
    store_at.apps.create("other", owner="own", name="other", settings=Settings(throttle_per_minute=None))
    quota = 300 * KIB
    with run(tmp_path, database_url, STORAGE_APP_BYTES=str(quota)) as one:
        statuses = []
        for _ in range(40):
            log_id = str(uuid.uuid4())
            answer = one.logs(crash(log_id), attachment(log_id, 20 * KIB), secret=FULL)
            statuses.append(answer.status)
        assert set(statuses) == {200, 503}
        assert statuses == sorted(statuses)
        assert answer.json["status"] == "ServiceUnavailable"
        assert int(answer.headers["x-ms-retry-after-ms"]) >= 60_000
        assert quota * 0.8 < store_at.usage.of(full.id) <= quota + 30 * KIB
        body, content_type = multipart({}, [("upload_file_minidump", "a.dmp", tiny_dump() + os.urandom(30 * KIB))])
        assert one.ask("POST", "/submit/full", body, {"Content-Type": content_type}, token=None).status == 503
        assert one.ask("POST", "/submit/other", body, {"Content-Type": content_type}, token=None).status == 200
        assert one.logs(crash(), secret=OTHER).status == 200
        # Symbols: each protocol reports the reason in the form of its clients.
        large = SYM + b"".join(b"PUBLIC %x 0 f%d\n" % (number, number) for number in range(0x10000, 0x14000))
        refused = one.upload_symbols(large, DEBUG_FILE, "own/full")
        assert (refused.status, b"quota" in refused.body) == (403, True)
        begun = one.ask("POST", "/v0.1/apps/own/other/symbol_uploads", {"symbol_type": "Breakpad"}).json
        put = one.ask("PUT", begun["upload_url"], os.urandom(quota), token=None)
        assert (put.status, put.headers["x-ms-error-code"]) == (403, "QuotaExceeded")
        block = begun["upload_url"] + "&comp=block&blockid="
        blocks = [one.ask("PUT", f"{block}{number}", os.urandom(50 * KIB), token=None).status for number in range(8)]
        assert blocks == sorted(blocks), "blocks count as they come"
        assert set(blocks) == {201, 403}
        # An app's own setting overrides the service's.
        store_at.apps.update(full.id, settings=Settings(throttle_per_minute=None, quota_bytes=0))
        until(lambda: one.logs(crash(), secret=FULL).status == 200)
        metrics = one.get("/metrics").body.decode()
    assert re.search(rf'symbolicate_app_bytes{{app="{full.id}"}} \d', metrics)
    assert re.search(rf'symbolicate_app_quota_bytes{{app="2"}} {float(quota)}', metrics)
    assert f'symbolicate_app_quota_bytes{{app="{full.id}"}}' not in metrics
    assert 'symbolicate_disk_free_bytes{folder="blobs"}' in metrics
    assert "full" not in re.findall(r'app="(\w+)"', metrics)


def test_deleting_an_upload_of_symbols_frees_quota(tmp_path: Path, database_url: str, store_at: Store) -> None:
    app = store_at.apps.create("app", owner="own", name="app", settings=Settings(quota_bytes=100 * KIB))
    uploads = "/v0.1/apps/own/app/symbol_uploads"
    with run(tmp_path, database_url) as one:
        begun = one.ask("POST", uploads, {"symbol_type": "Breakpad"}).json
        assert one.ask("PUT", begun["upload_url"], os.urandom(90 * KIB), token=None).status == 201
        assert store_at.usage.of(app.id) == 90 * KIB
        again = one.ask("POST", uploads, {"symbol_type": "Breakpad"}).json
        assert one.ask("PUT", again["upload_url"], os.urandom(20 * KIB), token=None).status == 403
        assert one.ask("DELETE", f"{uploads}/{begun['symbol_upload_id']}").status == 200
        until(lambda: one.ask("PUT", again["upload_url"], os.urandom(20 * KIB), token=None).status == 201)


def test_a_disk_that_is_nearly_full_is_not_filled(tmp_path: Path, database_url: str) -> None:
    margin = str(1 << 60)
    with run(tmp_path, database_url, STORAGE_MARGIN_BYTES=margin) as one:
        told = one.get("/readyz")
        assert (told.status, "nearly full" in told.json["status"]) == (503, True)
        assert one.get("/healthz").status == 200
        log_id = str(uuid.uuid4())
        large = one.logs(crash(log_id), attachment(log_id, 200 * KIB))
        assert large.status == 503
        assert int(large.headers["x-ms-retry-after-ms"]) > 0
        small = one.logs(crash())
        # Small reports are in the database alone, whose disk is another machine's with PostgreSQL.
        assert small.status == (503 if database_url.startswith("sqlite") else 200)
        begun = one.ask("POST", "/v0.1/apps/own/app/symbol_uploads", {"symbol_type": "Breakpad"})
        assert begun.status == 503


def test_the_command_line_sets_and_shows_what_apps_take(tmp_path: Path) -> None:
    from test_service_access import command

    data = ("--data", str(tmp_path))
    secret = command("app", "create", "--name", "own/app", "--quota-bytes", "1000", *data)
    with Store.open(data=tmp_path) as store:
        app = store.apps.by_secret(secret)
        assert app is not None
        assert app.settings.quota_bytes == 1000
        store.accept(app, [])
    command("app", "set", "own/app", "--quota-bytes", "0", *data)
    with Store.open(data=tmp_path) as store:
        assert store.apps.list()[0].settings.quota_bytes == 0
    assert command("app", "list", *data).split("\t")[2:] == ["own/app", "-", "1", "0"]
