"""Attachments and event types over HTTP, on both databases: they are returned as sent, and counted apart."""

from __future__ import annotations

import base64
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

pytest.importorskip("litestar")

from service_process import Answer, Service, service
from tiny_dump import tiny_dump

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANALYTICS = "/v1.0/my/analytics/desktop"
LIMIT = 2048
APP = "own/shop"  # the secret, which is the application id unless another is set


@pytest.fixture
def running(tmp_path: Path, database_url: str) -> Iterator[Service]:
    env = {"SYMBOLICATE_INGEST_ATTACHMENT_BYTES": str(LIMIT), "SYMBOLICATE_LIMITS_REQUESTS_PER_MINUTE": "0"}
    with service(tmp_path / "data", "--db", database_url, **env) as one:
        yield one


def crash(log_id: str, kind: str = "managedError", **more: Any) -> dict[str, Any]:
    exception = {"type": "OutOfCheeseError", "frames": [{"className": "Shop", "methodName": "sell"}]}
    device = {"sdkName": "appcenter.custom", "osName": "Linux", "appVersion": "1"}
    return {"type": kind, "id": log_id, "processName": "p", "device": device, "exception": exception} | more


def attachment(error_id: str, data: bytes, **more: Any) -> dict[str, Any]:
    log = {"type": "errorAttachment", "id": str(uuid.uuid4()), "errorId": error_id, "contentType": "text/plain"}
    return log | {"data": base64.b64encode(data).decode()} | more


def send(
    running: Service, *logs: dict[str, Any], status: int = 200, app: str = APP, install: str | None = None
) -> Answer:
    headers = {} if install is None else {"Install-ID": install}
    answer = running.logs(*logs, secret=app, **headers)
    assert answer.status == status, answer
    return answer


def errors(running: Service, error_id: str, rest: str = "") -> Any:
    answer = running.get(f"/v0.1/apps/{APP}/errors/{error_id}/attachments{rest}")
    assert answer.status == 200, answer
    return answer.json


def test_attachments_are_listed_and_come_out_as_they_were(running: Service) -> None:
    error_id, data = str(uuid.uuid4()), "Käse\n".encode() * 40
    text = attachment(error_id, data, fileName="../notes \u2603.txt")
    page = attachment(error_id, b"<script>alert(1)</script>", contentType="text/html", fileName="a.html")
    binary = attachment(error_id, b"\xff\xfe\0\x01", contentType="application/x-own", fileName="core")
    send(running, crash(error_id), text, page)
    send(running, binary)
    listed = errors(running, error_id)
    assert [(one["fileName"], one["contentType"], one["size"], one["fault"]) for one in listed] == [
        ("../notes \u2603.txt", "text/plain", len(data), None),
        ("a.html", "text/html", 25, None),
        ("core", "application/x-own", 4, None),
    ]
    assert [one["attachmentId"] for one in listed] == [text["id"], page["id"], binary["id"]]
    assert {(one["appId"], one["crashId"]) for one in listed} == {(APP, error_id)}
    # Links expire at a second, which may begin between two requests.
    spellings = (errors(running, spelling) for spelling in (error_id.upper(), f"2516219759366789999-{error_id}"))
    first, second = (
        [one | {"blobLocation": one["blobLocation"].split("?")[0]} for one in found] for found in spellings
    )
    assert first == second
    assert errors(running, error_id, f"/{text['id']}/text") == {"content": data.decode()}
    for one, sent, media in zip(
        listed, (data, b"<script>alert(1)</script>", b"\xff\xfe\0\x01"), ("text/plain", "octet", "octet"), strict=True
    ):
        for uri in (one["blobLocation"], errors(running, error_id, f"/{one['attachmentId']}/location")["uri"]):
            answer = running.get(uri, token=None)
            assert (answer.status, answer.body) == (200, sent)
            assert media in answer.headers["content-type"]
            assert answer.headers["content-disposition"].startswith("attachment; filename=")
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "no-store" in answer.headers["cache-control"]
    # A link is valid for its own path and nothing else.
    first, second = listed[0]["blobLocation"], listed[1]["blobLocation"]
    stolen = first.split("?")[0] + "?" + second.split("?")[1]
    assert running.get(stolen, token=None).status == 403
    assert running.get(first.split("?")[0], token=None).status == 403
    not_text = running.get(f"/v0.1/apps/{APP}/errors/{error_id}/attachments/{binary['id']}/text")
    assert (not_text.status, not_text.json["error"]["code"]) == (400, "BadRequest")
    for path in (f"errors/{error_id}/attachments/none/text", f"errors/{uuid.uuid4()}/attachments"):
        answer = running.get(f"/v0.1/apps/{APP}/{path}")
        assert (answer.status, answer.json["error"]["code"]) == (404, "NotFound")
    assert running.get(f"/v0.1/apps/own/nobody/errors/{error_id}/attachments").status == 404


def test_the_attachments_of_a_report_by_its_id(running: Service) -> None:
    error_id = str(uuid.uuid4())
    sent = attachment(error_id, b"hello")
    send(running, crash(error_id), sent)
    running.wait_until_idle()
    report_id = report_of(running, error_id)
    [listed] = running.report(report_id)["attachments"]
    assert (listed["size"], listed["fault"], listed["kept"]) == (5, None, True)
    path = f"/api/v1/reports/{report_id}/attachments"
    assert [one["attachmentId"] for one in running.get(path).json] == [sent["id"]]
    for name in (sent["id"], str(listed["id"])):
        assert running.get(f"{path}/{name}").body == b"hello"
        assert running.get(f"{path}/{name}/text").json == {"content": "hello"}
        assert running.get(running.get(f"{path}/{name}/location").json["uri"], token=None).body == b"hello"
    assert running.get(f"{path}/nothing").status == 404
    assert errors(running, report_id) == running.get(path).json


def test_no_id_of_a_sender_hides_an_attachment(running: Service) -> None:
    error_id, twice = str(uuid.uuid4()), str(uuid.uuid4())
    send(running, crash(error_id), attachment(error_id, b"one", id=twice), attachment(error_id, b"two", id=twice))
    running.wait_until_idle()
    path = f"/api/v1/reports/{report_of(running, error_id)}/attachments"
    listed = running.get(path).json
    assert [one["attachmentId"] for one in listed] == [twice, twice]
    assert [running.get(f"{path}/{one['number']}").body for one in listed] == [b"one", b"two"]
    send(running, attachment(error_id, b"three", id=str(listed[1]["number"])))
    listed = running.get(path).json
    assert [running.get(f"{path}/{one['number']}").body for one in listed] == [b"one", b"two", b"three"]
    assert [running.get(f"{path}/{one['number']}/text").json["content"] for one in listed] == ["one", "two", "three"]


def report_of(running: Service, error_id: str) -> str:
    """The id of the report that an id of a log belongs to."""
    for row in hits(running):
        details = f"applicationId={quote(APP)}&failureHash={row['failureHash']}&startDate=1/1/2020"
        for hit in running.get(f"{ANALYTICS}/failuredetails?{details}").json["Value"]:
            found: str = hit["cabIdHash"]
            if running.report(found)["log_id"] == error_id:
                return found
    raise AssertionError(error_id)


def hits(running: Service, **more: str) -> list[dict[str, Any]]:
    given = {"applicationId": APP, "startDate": "1/1/2020"} | more
    answer = running.get(f"{ANALYTICS}/failurehits?" + "&".join(f"{k}={quote(v)}" for k, v in given.items()))
    assert answer.status == 200, answer
    rows: list[dict[str, Any]] = answer.json["Value"]
    return rows


@pytest.mark.parametrize("when", ["before", "with", "after"])
def test_one_that_was_too_large_is_on_record(running: Service, when: str) -> None:
    error_id = str(uuid.uuid4())
    large = attachment(error_id, b"x" * (LIMIT + 1), fileName="large.bin")
    larger = attachment(error_id, b"y" * (3 * LIMIT), fileName="larger.bin")
    if when == "before":
        # Nothing else in the request was stored, so it is an error.
        assert send(running, large, larger, status=400).json["status"] == "NoValidLogsFoundInLogContainer"
    send(running, crash(error_id), *((large, larger) if when == "with" else ()))
    if when == "after":
        send(running, large, larger, status=400)
    listed = errors(running, error_id)
    assert [(one["fileName"], one["size"], one["blobLocation"]) for one in listed] == [
        ("large.bin", LIMIT + 1, None),
        ("larger.bin", 3 * LIMIT, None),
    ]
    assert listed[0]["fault"] == f"an attachment of {LIMIT + 1} bytes; more than {LIMIT} are not stored"
    running.wait_until_idle()
    report_id = report_of(running, error_id)
    assert [(one["size"], one["kept"]) for one in running.report(report_id)["attachments"]] == [
        (LIMIT + 1, False),
        (3 * LIMIT, False),
    ]
    for rest in ("", "/text", "/location"):
        answer = running.get(f"/api/v1/reports/{report_id}/attachments/{large['id']}{rest}")
        assert answer.status == 404
        assert "not stored" in answer.json["message"]


@pytest.mark.parametrize("wrapper", [{}, {"wrapperSdkName": "appcenter.ndk"}])
def test_the_cab_of_a_crash_with_a_dump_is_the_dump(running: Service, wrapper: dict[str, str]) -> None:
    error_id, dump = str(uuid.uuid4()), tiny_dump(code_file="/opt/p")
    assert len(dump) <= LIMIT
    announced = {"type": "minidump"} if not wrapper else {"type": "OutOfCheeseError"}
    log = attachment(error_id, b"not the dump", fileName="a.dmp")
    send(running, crash(error_id, exception=announced | wrapper), log)
    send(running, attachment(error_id, dump, contentType="application/octet-stream", fileName="core.bin"))
    running.wait_until_idle()
    asked = f"{ANALYTICS}/cabdownload?applicationId={quote(APP)}&cabIdHash={report_of(running, error_id)}"
    location = running.get(asked).headers["location"]
    answer = running.get(location, token=None)
    assert (answer.status, answer.body) == (200, dump)
    assert answer.headers["content-disposition"].endswith('.dmp"')


def test_one_exception_as_crash_as_handled_error_and_as_not_fatal(running: Service) -> None:
    install = str(uuid.uuid4())
    send(running, crash(str(uuid.uuid4()), fatal=True), app="shop", install=install)
    others = crash(str(uuid.uuid4()), "handledError"), crash(str(uuid.uuid4()), fatal=False)
    send(running, *others, app="shop", install=install)
    running.wait_until_idle()
    rows = hits(running, applicationId="shop")
    assert {row["eventType"]: row["eventCount"] for row in rows} == {"crash": 1, "handled": 2}
    assert {row["failureName"] for row in rows} == {"APP_EXCEPTION_OutOfCheeseError_e0657863_p!Shop.sell"}
    assert [row["eventCount"] for row in hits(running, applicationId="shop", groupby="failureName")] == [1]
    assert [row["eventCount"] for row in hits(running, applicationId="shop", filter="eventType eq 'handled'")] == [2]
    [bucket] = running.get("/api/v1/apps/shop/buckets").json
    names = ("count", "crashes", "handled", "requested", "installations", "handled_installations")
    assert [bucket[name] for name in names] == [3, 1, 2, 0, 1, 1]


def test_buckets_are_listed_by_kind_of_event(running: Service) -> None:
    for kind, method in (("managedError", "a"), ("handledError", "b"), ("handledError", "b")):
        exception = {"type": "ParseError", "frames": [{"className": "Shop", "methodName": method}]}
        send(running, crash(str(uuid.uuid4()), kind, exception=exception), app="shop")
    running.wait_until_idle()

    def listed(query: str = "") -> list[str]:
        answer = running.get(f"/api/v1/apps/shop/buckets{query}")
        return [one["symbol"] for one in answer.json] if answer.status == 200 else [str(answer.status)]

    assert listed() == ["p!Shop.a", "p!Shop.b"]
    assert listed("?events=crash") == ["p!Shop.a"]
    assert listed("?events=handled&state=open") == ["p!Shop.b"]
    assert listed("?events=handled&state=closed") == []
    assert listed("?events=foo") == ["400"]
    [image] = running.get("/api/v1/apps/shop/images").json
    assert (image["image"], image["buckets"], image["crashes"], image["handled"]) == ("p", 2, 1, 2)
