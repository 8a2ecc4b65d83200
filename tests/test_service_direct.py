"""Reports that are received without the framework get the responses that the framework would give."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("litestar")

from service_process import Answer, Service, multipart, service
from symbolicate.service.http.idle import IdleLimit
from tiny_dump import tiny_dump

if TYPE_CHECKING:
    from collections.abc import Iterator

LOG = {"type": "managedError", "id": "1", "exception": {"type": "java.lang.RuntimeException"}}
FORM, FORM_TYPE = multipart({"prod": "A"}, [("upload_file_minidump", "a.dmp", tiny_dump())])
BARE, BARE_TYPE = multipart({"prod": "A"}, [])
CASES: dict[str, tuple[str, str, Any, dict[str, str]]] = {
    "a log": ("POST", "/logs", json.dumps({"logs": [LOG]}).encode(), {"App-Secret": "a"}),
    "no log": ("POST", "/logs", b"nothing", {}),
    "too large": ("POST", "/logs", b" " * 70_000, {}),
    "no method": ("GET", "/logs", None, {}),
    "a dump": ("POST", "/submit", FORM, {"Content-Type": FORM_TYPE}),
    "a dump of an app": ("POST", "/submit/app", FORM, {"Content-Type": FORM_TYPE}),
    "a dump by the query": ("POST", "/submit?app=b&ver=1", FORM, {"Content-Type": FORM_TYPE}),
    "no dump": ("POST", "/submit", BARE, {"Content-Type": BARE_TYPE}),
    "no form": ("POST", "/submit/app", b"{}", {"Content-Type": "application/json"}),
    "no host": ("POST", "/logs", json.dumps({"logs": [LOG]}).encode(), {"Host": "a b"}),
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    limits = {"SYMBOLICATE_INGEST_REPORTS_PER_MINUTE": "0", "SYMBOLICATE_LIMITS_BODY_BYTES": "60000"}
    with service(tmp_path_factory.mktemp("service"), "--workers", "0", **limits) as one:
        yield one


def compared(answer: Answer) -> tuple[int, dict[str, str], bytes]:
    """A response without what differs each time."""
    headers = {name.lower(): value for name, value in answer.headers.items() if name.lower() != "date"}
    body = answer.body
    if body.startswith(b"{") and "correlationId" in answer.json:
        assert uuid.UUID(answer.json["correlationId"]).version == 4
        body = json.dumps(answer.json | {"correlationId": ""}).encode()
    return answer.status, headers, body


@pytest.mark.parametrize("case", CASES)
def test_the_response_is_that_of_the_framework(running: Service, case: str) -> None:
    method, path, body, headers = CASES[case]
    direct = running.ask(method, path, body, headers)
    # The framework takes paths with a slash at their end.
    place, mark, query = path.partition("?")
    through = running.ask(method, f"{place}/{mark}{query}", body, headers)
    assert compared(direct) == compared(through)


def test_requests_are_counted_by_their_routes(running: Service) -> None:
    for path in ("/submit", "/submit/app", "/submit/app/"):
        assert running.ask("POST", path, FORM, {"Content-Type": FORM_TYPE}).status == 200
    metrics = running.get("/metrics").body.decode()
    for path in ("/submit", "/submit/{app}"):
        assert f'symbolicate_requests_total{{method="POST",path="{path}",status="200"}}' in metrics
    assert 'path="/submit/app"' not in metrics


def test_each_wait_is_limited() -> None:
    async def work() -> list[str]:
        said: list[str] = []
        with IdleLimit(0.2) as idle:
            for number in range(4):  # together longer than one wait may take
                said += [await idle.wait_for(asyncio.sleep(0.08, str(number)))]
            with pytest.raises(TimeoutError):
                await idle.wait_for(asyncio.sleep(60))
        await asyncio.sleep(0)  # the request to cancel is used up
        return said

    assert asyncio.run(work()) == ["0", "1", "2", "3"]


def test_a_task_that_is_cancelled_from_outside_stays_cancelled() -> None:
    async def waiting() -> None:
        with IdleLimit(60) as idle:
            await idle.wait_for(asyncio.sleep(60))

    async def work() -> None:
        task = asyncio.create_task(waiting())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(work())
