"""Queries over HTTP as dashboards send them: dates, pages followed to their end, filters, errors."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import pytest

pytest.importorskip("litestar")

from service_process import Answer, Service, service

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = "/v1.0/my/analytics/"
APP = "10238467886765136388"
EVENTS = 240
END = dt.datetime.now(dt.UTC)
START = END - dt.timedelta(days=39)
RANGE = f"startDate={START:%m/%d/%Y}&endDate={END:%m/%d/%Y}"
FIELDS = [
    *("date", "applicationId", "productName", "appName", "fileName", "failureName", "failureHash", "symbol"),
    *("osBuild", "osVersion", "osRelease", "eventType", "market", "deviceType", "applicationVersion", "eventCount"),
]


def log(number: int) -> dict[str, Any]:
    """Five failures, three versions, and a phone and a PC in turn, over forty days."""
    phone = number % 2
    device = {
        "osName": ("Windows", "android")[phone],
        "osVersion": ("10.0.19045.3803", "14")[phone],
        "locale": ("en-US", "de_DE")[phone],
        "appVersion": f"1.{number % 3}",
    }
    return {
        "type": "managedError",
        "id": f"00000000-0000-0000-0000-{number:012}",
        "timestamp": f"{END - dt.timedelta(days=number % 40):%Y-%m-%dT%H:%M:%SZ}",
        "device": device,
        "processName": "app.exe",
        "exception": {"type": f"E{number % 5}", "frames": [{"className": "a.B", "methodName": f"m{number % 5}"}]},
    }


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    env = {"SYMBOLICATE_INGEST_REPORTS_PER_MINUTE": "0", "SYMBOLICATE_LIMITS_REQUESTS_PER_MINUTE": "0"}
    with service(tmp_path_factory.mktemp("service"), **env) as one:
        assert one.logs(*map(log, range(EVENTS)), secret=APP).status == 200
        one.wait_until_idle()
        yield one


def ask(running: Service, parameters: str) -> Answer:
    path = f"{ROOT}desktop/failurehits?applicationId={APP}&{parameters}"
    return running.get(path.replace(" ", "%20"))


def count(running: Service, wanted: str) -> int:
    answer = ask(running, f"{RANGE}&filter={quote(wanted)}")
    assert answer.status == 200, answer
    return sum(row["eventCount"] for row in answer.json["Value"])


def test_without_dates_today_is_asked_for(running: Service) -> None:
    rows = ask(running, "").json["Value"]
    assert list(rows[0]) == FIELDS
    assert {row["date"] for row in rows} <= {f"{END:%Y-%m-%d}", f"{dt.datetime.now(dt.UTC):%Y-%m-%d}"}
    [pc] = {
        tuple(row[name] for name in ("osVersion", "osRelease", "osBuild", "market", "deviceType", "fileName"))
        for row in rows
        if row["market"] == "US"
    }
    assert pc == ("Windows 10", "Version 22H2", "10.0.19045.3803", "US", "PC", "app.exe")


@pytest.mark.parametrize(
    "form", ["%m/%d/%Y", "%Y-%m-%d", "%Y/%m/%d", "%m/%d/%Y 12:00:00 AM", "%Y-%m-%d 00:00:00", "%Y-%m-%dT00:00:00Z"]
)
def test_dates_are_read_in_each_form(running: Service, form: str) -> None:
    answer = ask(running, f"startDate={quote(START.strftime(form))}&endDate={quote(END.strftime(form))}")
    assert sum(row["eventCount"] for row in answer.json["Value"]) == EVENTS


@pytest.mark.parametrize(
    "more",
    [
        "",
        "orderby=date,market",
        "orderby=failureName desc,applicationVersion",
        "aggregationLevel=week&groupby=failureName,market",
        "aggregationLevel=month",
        "groupby=market",
        "filter=failureName ne 'O''x' and (market eq 'US' or market eq 'DE')",
    ],
)
@pytest.mark.parametrize("raw", [False, True], ids=["escaped", "raw"])
def test_pages_followed_to_the_end_give_each_row_once(running: Service, more: str, *, raw: bool) -> None:
    whole = ask(running, f"{RANGE}&{more}").json
    page = ask(running, f"{RANGE}&top=7&{more}").json
    rows = page["Value"]
    while link := page["@nextLink"]:
        assert len(page["Value"]) == 7
        # Like the Store's own links, which contain spaces, too.
        request = f"GET {ROOT}{unquote(link) if raw else link} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        head, _, body = running.raw(request.encode()).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), (link, body)
        page = json.loads(body)
        assert page["TotalCount"] == whole["TotalCount"]
        rows += page["Value"]
    assert rows == whole["Value"]
    assert len({json.dumps(row) for row in rows}) == len(rows) == whole["TotalCount"]
    assert sum(row["eventCount"] for row in rows) == EVENTS


def test_filters_follow_odata(running: Service) -> None:
    assert count(running, "market eq 'US'") == 120
    assert count(running, "MARKET EQ 'US' AND NOT market EQ 'DE'") == 120
    assert count(running, "market eq 'US' or market eq 'DE' and applicationVersion eq '1.0'") == 160
    assert count(running, "(market eq 'US' or market eq 'DE') and applicationVersion eq '1.0'") == 80
    assert count(running, f"date eq '{END:%Y-%m-%d}'") == count(running, f"date eq '{END:%m/%d/%Y}'") == 6
    assert count(running, "failureName eq 'it''s'") == 0


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ("top=10001", "top parameter cannot be more than 10000"),
        ("top=0", "top parameter"),
        ("skip=-1", "skip parameter"),
        ("startDate=13/45/2020", "startDate parameter"),
        ("startDate=1/2/2020&endDate=1/1/2020", "startDate parameter cannot be later"),
        ("aggregationLevel=hour", "aggregationLevel parameter"),
        ("orderby=eventCount", "orderby parameter"),
        ("groupby=date", "groupby parameter"),
        ("filter=market", "filter parameter"),
        ("filter=market eq US", "filter parameter"),
    ],
)
def test_problems_are_reported_in_the_documented_body(running: Service, parameters: str, said: str) -> None:
    answer = ask(running, parameters)
    assert answer.status == 400
    inner = answer.json["innererror"]
    assert said in inner["data"][0]
    assert (answer.json["code"], inner["code"], inner["source"]) == (
        "BadRequest",
        "InvalidQueryParameters",
        "AnalyticsAPI",
    )
