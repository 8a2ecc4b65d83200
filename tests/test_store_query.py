"""The queries of the Store's analytics API, parameter by parameter."""

from __future__ import annotations

import importlib
import json
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_samples import NOON, SECRET, document, finish, hash_of, hits, take_in, upload
from symbolicate.store import Attachment, QueryError, Settings, Store, Upload
from symbolicate.store.query.dates import read_date
from symbolicate.store.query.periods import Periods

if TYPE_CHECKING:
    from symbolicate.store import App

ID = "10238467886765136388"
NAME = "SVCHOSTGROUP_localservice_IN_PAGE_ERROR_c0000006_hardware_disk!Unknown"
OTHER = "NULL_CLASS_PTR_WRITE_c0000005_contoso.exe!unknown_error_in_process"
SIX_WEEKS = {"startDate": "2018-02-01", "endDate": "2018-03-14"}


@pytest.fixture
def app(store: Store) -> App:
    return store.apps.create(
        SECRET, application_id=ID, product_name="Contoso Demo", settings=Settings(retention_days=30)
    )


@pytest.fixture
def filled(store: Store, app: App) -> App:
    """Six weeks: each day a hit of one failure in each of three markets, each week one of another."""
    reports = []
    for day in range(42):
        reports += [(NOON + timedelta(days=day), document(NAME, locale=f"en_{m}")) for m in ("US", "DE", "JP")]
        if day % 7 == 0:
            reports.append((NOON + timedelta(days=day), document(OTHER, version="3.0", model="iPad8,1")))
    take_in(store, app, reports)
    return app


def problems(store: Store, **params: str) -> list[str]:
    with pytest.raises(QueryError) as raised:
        store.query.failurehits({"applicationId": ID} | params)
    assert raised.value.status == 400
    return raised.value.problems


def test_the_documented_row(store: Store, app: App) -> None:
    take_in(store, app, [(NOON, document(NAME))] * 3)
    page = store.query.failurehits({"applicationId": ID, "startDate": "2/1/2018", "endDate": "2/8/2018"})
    assert json.loads(page.json()) == {
        "Value": [
            {
                "date": "2018-02-01",
                "applicationId": ID,
                "productName": "Contoso Demo",
                "appName": "Contoso Demo",
                "fileName": "contosodemo.exe",
                "failureName": NAME,
                "failureHash": "11242ef3-ebd8-d525-838d-b5497b225695",
                "symbol": "disk!Unknown",
                "osBuild": "10.0.15063.850",
                "osVersion": "Windows 10",
                "osRelease": "Version 1703",
                "eventType": "crash",
                "market": "US",
                "deviceType": "PC",
                "applicationVersion": "2.2.2.0",
                "eventCount": 3,
            }
        ],
        "@nextLink": None,
        "TotalCount": 1,
    }


def test_the_documented_requests(store: Store, app: App) -> None:
    take_in(store, app, [(datetime(2018, 1, 1 + i, tzinfo=NOON.tzinfo), document(f"F{i}")) for i in range(12)])
    take_in(store, app, [(datetime(2017, 8, 31, 23, 59, tzinfo=NOON.tzinfo), document(NAME))], 50)
    first = store.query.failurehits(
        {"applicationId": ID, "startDate": "1/1/2018", "endDate": "2/1/2018", "top": "10", "skip": "0"}
    )
    assert (len(first.value), first.total_count) == (10, 12)
    second = store.query.failurehits(
        {
            "applicationId": ID,
            "startDate": "8/1/2017",
            "endDate": "8/31/2017",
            "skip": "0",
            "filter": "market eq 'US' and deviceType eq 'PC'",
        }
    )
    assert [row["failureName"] for row in second.value] == [NAME]


@pytest.mark.usefixtures("filled")
def test_pages_fit_together(store: Store) -> None:
    for question in ({}, {"orderby": "market desc"}, {"groupby": "market", "orderby": "market,date desc"}):
        given_ = {"applicationId": ID, "top": "7"} | SIX_WEEKS | question
        whole = store.query.failurehits(given_ | {"top": "10000"})
        assert whole.next_link is None
        rows: list[dict[str, Any]] = []
        page = store.query.failurehits(given_)
        rows += page.value
        while page.next_link is not None:
            method, _, text = page.next_link.partition("?")
            assert method == "desktop/failurehits"
            page = store.query.failurehits(dict(parse_qsl(text, strict_parsing=True)))
            rows += page.value
        assert rows == whole.value
        assert len(rows) == whole.total_count == page.total_count


@pytest.mark.usefixtures("filled")
def test_the_next_link_is_as_documented(store: Store) -> None:
    params = {"top": "1", "filter": "market ne 'A&B' or symbol eq 'x'", "orderby": "date desc"} | SIX_WEEKS
    assert store.query.failurehits({"applicationId": ID} | params).next_link == (
        f"desktop/failurehits?applicationId={ID}&aggregationLevel=day&startDate=2018/02/01&endDate=2018/03/14"
        "&top=1&skip=1&filter=market%20ne%20'A%26B'%20or%20symbol%20eq%20'x'&orderby=date%20desc"
    )


def test_groups_have_the_documented_fields(store: Store, filled: App) -> None:
    rows = hits(store, filled, groupby="market,FailureName", aggregationLevel="month", **SIX_WEEKS, orderby="market")
    assert list(rows[0]) == ["date", "applicationId", "applicationName", "market", "failureName", "eventCount"]
    assert rows[0]["applicationName"] == "Contoso Demo"
    assert [(row["market"], row["date"], row["eventCount"]) for row in rows if row["failureName"] == NAME] == [
        (market, start, count)
        for market in ("DE", "JP", "US")
        for start, count in (("2018-02-01", 28), ("2018-03-01", 14))
    ]


@pytest.mark.parametrize(
    ("level", "dates"),
    [
        ("day", [f"2018-02-{day:02}" for day in range(5, 15)]),
        ("week", ["2018-02-05", "2018-02-12"]),
        ("month", ["2018-02-05"]),
    ],
)
def test_levels_begin_at_the_first_date(store: Store, filled: App, level: str, dates: list[str]) -> None:
    rows = hits(
        store,
        filled,
        startDate="2018-02-05",
        endDate="2018-02-14",
        groupby="symbol",
        aggregationLevel=level,
        filter=f"failureHash eq '{hash_of(NAME).upper()}'",
    )
    assert [row["date"] for row in rows] == dates
    assert sum(row["eventCount"] for row in rows) == 30


@given(st.dates(date(1999, 12, 1), date(2030, 1, 1)), st.integers(0, 400), st.sampled_from(["day", "week", "month"]))
def test_periods_cover_a_range_without_gaps(start: date, length: int, level: str) -> None:
    end = start + timedelta(days=length)
    periods = Periods(level, start, end)
    numbers = [periods.number(start + timedelta(days=i)) for i in range(length + 1)]
    assert numbers[0] == 0
    assert all(b - a in (0, 1) for a, b in pairwise(numbers))
    for number in set(numbers):
        assert periods.number(periods.first(number)) == number
        if number:
            assert periods.number(periods.first(number) - timedelta(days=1)) == number - 1


def test_filters_mean_what_they_say(store: Store, filled: App) -> None:
    def count(filter_: str) -> int:
        return sum(row["eventCount"] for row in hits(store, filled, filter=filter_, **SIX_WEEKS))

    assert count("market eq 'US'") == 48
    assert count("market eq 'us'") == 0
    assert count("market ne 'US'") == 84
    assert count("market eq 'US' and deviceType eq 'PC' or market eq 'DE'") == 84
    assert count("market eq 'US' and (deviceType eq 'PC' or market eq 'DE')") == 42
    assert count("deviceType eq 'Tablet'") == 6
    assert count("not (market eq 'US' or failureName eq 'nothing')") == 84
    assert count(f"failureName eq '{OTHER}' or market eq 'JP'") == 48
    assert count("date eq '2018-02-01'") == 4
    assert count("date eq '2/1/2018' and market eq 'DE' or date eq 2018-02-02") == 4
    assert count("applicationVersion eq '3.0' and osBuild eq '10.0.15063.850' and osRelease eq 'Version 1703'") == 6
    assert count("symbol eq 'disk!Unknown' and productName eq 'Contoso Demo' and fileName eq 'contosodemo.exe'") == 126
    assert count("eventType eq 'crash' and osVersion eq 'Windows 10'") == 132


def test_orders(store: Store, filled: App) -> None:
    rows = hits(store, filled, orderby="applicationVersion DESC, market , date desc", **SIX_WEEKS)
    keys = [(row["applicationVersion"], row["market"], row["date"]) for row in rows]
    wanted = sorted(keys, key=lambda key: key[2], reverse=True)
    wanted.sort(key=lambda key: key[1])
    wanted.sort(key=lambda key: key[0], reverse=True)
    assert keys == wanted
    assert hits(store, filled, orderby="date desc", **SIX_WEEKS)[0]["date"] == "2018-03-14"


def test_the_default_range_is_today(store: Store, app: App) -> None:
    take_in(store, app, [(NOON, document(NAME))])
    assert len(store.query.failurehits({"applicationId": ID}, today=NOON.date()).value) == 1
    assert store.query.failurehits({"applicationId": ID}).value == []
    assert len(store.query.failurehits({"APPLICATIONID": ID}, today=NOON.date()).value) == 1


def test_before_there_is_an_application_nothing_has_failed(store: Store) -> None:
    assert store.query.failurehits({"applicationId": ID}).body() == {"Value": [], "@nextLink": None, "TotalCount": 0}
    assert store.query.failuredetails({"applicationId": ID, "failureHash": hash_of(NAME)}).value == []


def test_an_application_that_does_not_exist_is_a_wrong_parameter(store: Store, app: App) -> None:
    """An unknown application is an error: no rows would look like an application without failures."""
    assert store.query.failurehits({"applicationId": app.application_id}).value == []
    more = {"failureHash": hash_of(NAME), "cabIdHash": "0" * 32}
    for question in (
        store.query.failurehits,
        store.query.failuredetails,
        store.query.stacktrace,
        store.query.cab,
    ):
        with pytest.raises(QueryError, match="applicationId parameter names no application") as raised:
            question({"applicationId": "nobody"} | more)
        body = raised.value.body()
        assert (raised.value.status, body["code"]) == (400, "BadRequest")
        assert body["innererror"]["code"] == "InvalidQueryParameters"


def test_weeks_answer_for_a_thousand_buckets(store: Store, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    failurehits = importlib.import_module("symbolicate.store.query.failurehits")
    assert failurehits._MOST_BUCKETS == 1000
    monkeypatch.setattr(failurehits, "_MOST_BUCKETS", 100)
    reports = [(NOON, document(f"F{i}")) for i in range(110)] + [(NOON, document(f"F{i}")) for i in range(20)]
    take_in(store, app, reports)
    day = store.query.failurehits({"applicationId": ID, "startDate": "2/1/2018", "groupby": "failureName"})
    week = store.query.failurehits(
        {"applicationId": ID, "startDate": "2/1/2018", "groupby": "failureName", "aggregationLevel": "week"}
    )
    assert (day.total_count, week.total_count) == (110, 100)
    assert {f"F{i}" for i in range(20)} <= {row["failureName"] for row in week.value}


def test_problems_are_reported_in_the_documented_form(store: Store) -> None:
    with pytest.raises(QueryError) as raised:
        store.query.failurehits({"applicationId": ID, "top": "10001"})
    assert raised.value.body() == {
        "code": "BadRequest",
        "data": [],
        "details": [],
        "innererror": {
            "code": "InvalidQueryParameters",
            "data": ["top parameter cannot be more than 10000"],
            "details": [],
            "message": "One or More Query Parameters has invalid values.",
            "source": "AnalyticsAPI",
        },
        "message": "The calling client sent a bad request to the service.",
        "source": "AnalyticsAPI",
    }


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"applicationId": ""}, "applicationId parameter is required"),
        ({"applicationId": "x" * 301}, "longer than 300"),
        ({"top": "0"}, "less than 1"),
        ({"top": "ten"}, "whole number"),
        ({"top": "\uff11"}, "whole number"),  # a digit, but not one of ours
        ({"skip": "-1"}, "whole number"),
        ({"skip": "9999999999"}, "cannot be more than"),
        ({"startDate": "31/1/2018"}, "startDate parameter is not a date"),
        ({"endDate": "2018-02-30"}, "endDate parameter is not a date"),
        ({"startDate": "2/2/2018", "endDate": "2/1/2018"}, "later than endDate"),
        ({"aggregationLevel": "hour"}, "day, week, month"),
        ({"groupby": "market,foo"}, "groupby parameter names the unknown field 'foo'"),
        ({"orderby": "foo desc"}, "orderby parameter names the unknown field 'foo'"),
        ({"orderby": "date down"}, "asc or desc after 'date', not 'down'"),
        ({"orderby": "market", "groupby": "symbol"}, "not in the groupby parameter"),
        ({"filter": "market"}, "filter parameter ends where"),
        ({"filter": "eventCount eq '1'"}, "unknown field 'eventCount'"),
    ],
)
def test_wrong_parameters(store: Store, params: dict[str, str], said: str) -> None:
    assert any(said in one for one in problems(store, **params)), problems(store, **params)


def test_all_problems_are_reported_at_once(store: Store) -> None:
    assert len(problems(store, top="x", skip="y", startDate="z", filter="(", orderby="?", groupby="!")) == 6


@pytest.mark.parametrize(
    "text",
    [
        "1/31/2018",
        "01/31/2018",
        "2018-01-31",
        "2018/01/31",
        "2018/1/31",
        "1/31/2018 12:00:00 AM",
        "2018-01-31T23:59:59.999Z",
        " 2018-01-31 10:00 ",
        "2018-01-31T10:00:00+02:00",
    ],
)
def test_dates_in_all_documented_forms(text: str) -> None:
    assert read_date(text) == date(2018, 1, 31)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2018-1/31",
        "31.1.2018",
        "2018-13-01",
        "0/1/2018",
        "1/31/18",
        "today",
        "2018-01-31x",
        "\u0663/\u0661/2018",
        "0000-01-01",
    ],
)
def test_text_that_is_not_a_date(text: str) -> None:
    assert read_date(text) is None


INJECTIONS = ["' or 1=1 --", "'; DROP TABLE hit; --", "a' and (select 1) = '1", "\0", "%", "\\", '"', "\U0001d54f"]


@pytest.mark.parametrize("text", INJECTIONS)
def test_nothing_is_injected(store: Store, filled: App, text: str) -> None:
    quoted = text.replace("'", "''")
    for field in ("market", "failureName", "failureHash", "applicationVersion"):
        assert hits(store, filled, filter=f"{field} eq '{quoted}'", **SIX_WEEKS) == []
        assert len(hits(store, filled, filter=f"{field} ne '{quoted}'", **SIX_WEEKS)) == 132
    for wrong in ({"applicationId": text}, {"applicationId": ID, "filter": f"date eq '{quoted}'"}):
        with pytest.raises(QueryError):
            store.query.failurehits(wrong)
    details = {"applicationId": ID, "failureHash": hash_of(NAME), "startDate": "1/1/2018", "top": "1"}
    for field in ("cabIdHash", "cabExpirationTime", "date", "eventType"):
        with pytest.raises(QueryError, match=f"compares {field} with"):
            store.query.failuredetails(details | {"filter": f"{field} ne '{quoted}'"})
    for field in ("market", "deviceModel"):
        assert store.query.failuredetails(details | {"filter": f"{field} eq '{quoted}'"}).total_count == 0
        assert store.query.failuredetails(details | {"filter": f"{field} ne '{quoted}'"}).total_count == 126
    assert store.query.failuredetails(details | {"failureHash": text}).value == []
    with pytest.raises(QueryError):
        store.query.stacktrace({"applicationId": ID, "cabIdHash": text})


@pytest.mark.usefixtures("filled")
def test_details_of_a_failure(store: Store) -> None:
    given_ = {"applicationId": ID, "failureHash": hash_of(OTHER), "startDate": "2018-01-01"}
    page = store.query.failuredetails(given_ | {"top": "1", "orderby": "date"})
    report = store.reports.get(page.value[0]["cabIdHash"])
    assert (page.total_count, page.value) == (
        6,
        [
            {
                "applicationId": ID,
                "failureHash": hash_of(OTHER),
                "failureName": OTHER,
                "date": "2018-02-01 12:00:00",
                "cabIdHash": report.public_id,
                "cabExpirationTime": (report.receive_time + timedelta(days=30)).strftime("%Y-%m-%d %H:%M:%S"),
                "market": "US",
                "osBuild": "10.0.15063.850",
                "applicationVersion": "3.0",
                "deviceModel": "iPad8,1",
                "osVersion": "Windows 10",
                "osRelease": "Version 1703",
                "deviceType": "Tablet",
                "cabDownloadable": True,
                "fileName": "contosodemo.exe",
                "eventType": "crash",
            }
        ],
    )
    assert page.next_link is not None
    assert page.next_link.startswith(f"desktop/failuredetails?applicationId={ID}&failureHash=")
    expires = page.value[0]["cabExpirationTime"]
    for filter_, count in (
        ("date eq '2018-02-08'", 1),
        ("deviceModel eq 'iPad8,1' and deviceType eq 'Tablet'", 6),
        (f"cabIdHash eq '{report.public_id}'", 1),
        (f"cabExpirationTime eq '{expires}'", 6),
    ):
        found = store.query.failuredetails(given_ | {"filter": filter_}).total_count
        assert found == count or (count == 6 and "Expiration" in filter_ and found > 0), filter_
    dates = [row["date"] for row in store.query.failuredetails(given_).value]
    assert dates == sorted(dates, reverse=True)
    with pytest.raises(QueryError, match="failureHash parameter is required"):
        store.query.failuredetails({"applicationId": ID})


def test_the_stack_of_a_hit(store: Store, app: App) -> None:
    frames = [
        {"frame": 0, "module": "a.exe", "function": "outer", "function_offset": "0x0000025c",
         "inlines": [{"function": "inner"}, {"function": None}]},
        {"frame": 1, "module": None, "function": None, "offset": "0x00007fff00001234"},
    ]  # fmt: skip
    stack = {"threads_index": 3, "frames": frames}
    failure = {"name": NAME, "hash": hash_of(NAME), "blamed": {"thread": 3, "frame": 0, "inline": 0}}
    (number,) = take_in(store, app, [(NOON, document(crashing_thread=stack, failure=failure))])
    given_ = {"applicationId": ID, "cabIdHash": store.reports.get(number).public_id}
    assert store.query.stacktrace(given_).value == [
        {"level": "0", "image": "a.exe", "function": "inner", "offset": "0x25C", "isBlamedFrame": True},
        {"level": "1", "image": "a.exe", "function": "Unknown", "offset": "0x25C", "isBlamedFrame": False},
        {"level": "2", "image": "a.exe", "function": "outer", "offset": "0x25C", "isBlamedFrame": False},
        {"level": "3", "image": "Unknown", "function": "Unknown", "offset": "0x7FFF00001234", "isBlamedFrame": False},
    ]
    for wrong in ("0" * 32, "", "x"):
        with pytest.raises(QueryError):
            store.query.stacktrace(given_ | {"cabIdHash": wrong})
    other = store.apps.create(application_id="other")
    with pytest.raises(QueryError) as raised:
        store.query.stacktrace(given_ | {"applicationId": other.application_id})
    assert raised.value.status == 404


def test_a_cab_is_the_received_file(store: Store, app: App) -> None:
    dump = b"MDMP" + bytes(100_000)
    wanting = upload(1, wants_minidump=True)
    files = [
        Attachment(wanting.log_id, "1", b"text", file_name="log.txt"),
        Attachment(wanting.log_id, "2", dump, file_name="minidump.dmp"),
    ]
    accepted = store.accept(app, [wanting, upload(2), Upload("3", "minidump", dump + b"3")], files).reports
    finish(store, {one.id: document(NAME) for one in accepted})
    for one, name, data in zip(accepted, ("dmp", "json", "dmp"), (dump, upload(2).data, dump + b"3"), strict=True):
        cab = store.query.cab({"applicationId": ID, "cabIdHash": one.public_id})
        assert (cab.file_name, cab.size, store.cab_data(cab)) == (f"{one.public_id}.{name}", len(data), data)
