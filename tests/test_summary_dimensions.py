"""The dimensions of hits, derived from reports."""

from __future__ import annotations

import zoneinfo
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbolicate.summary.dimensions import derive
from symbolicate.summary.dimensions.derive import EVENT_TYPES
from symbolicate.summary.dimensions.markets import market
from symbolicate.summary.dimensions.systems import system
from symbolicate.summary.dimensions.table import rows


@pytest.mark.parametrize(
    ("told", "version", "release", "build"),
    [
        (("Windows NT", "10.0.15063 850"), "Windows 10", "Version 1703", "10.0.15063.850"),
        (("Watch OS", "11.2", "22S99"), "watchOS 11", "11.2", "22S99"),
        (("Apple TVOS", "18.1"), "tvOS 18", "18.1", "18.1"),
        (("xrOS", "2.0", "22N320"), "visionOS 2", "2.0", "22N320"),
        (("Windows NT", "10.0.10240"), "Windows 10", "Version 1507", "10.0.10240"),
        (("Windows NT", "10.0.19045.3803"), "Windows 10", "Version 22H2", "10.0.19045.3803"),
        (("WINDOWS", "10.0.22631", "10.0.22631.4317"), "Windows 11", "Version 23H2", "10.0.22631.4317"),
        (("Windows", "10.0.26100", "3476"), "Windows 11", "Version 24H2", "10.0.26100.3476"),
        (("Windows NT", "10.0.99999"), "Windows 11", "Unknown", "10.0.99999"),
        (("Windows NT", "6.1.7601 Service Pack 1"), "Windows 7", "Service Pack 1", "6.1.7601"),
        (("Windows NT", "6.3.9600"), "Windows 8.1", "Update 1", "6.3.9600"),
        (("Windows Server 2016", "10.0.14393"), "Windows Server 2016", "Version 1607", "10.0.14393"),
        (("Windows Server", "10.0.16299"), "Windows Server 1709", "RTM", "10.0.16299"),
        (("Windows NT", "10.0.20348"), "Windows Server 2022", "Version 21H2", "10.0.20348"),
        (("Windows NT", "10.0.17134", "", "Insider Fast"), "Windows 10", "Insider Fast", "10.0.17134"),
        (("Windows NT", "7.8"), "Unknown", "Unknown", "7.8"),
        (("iOS", "17.4.1", "21E236"), "iOS 17", "17.4.1", "21E236"),
        (("iPhone OS", "17.4.1 21E236"), "iOS 17", "17.4.1", "21E236"),
        (("Mac OS X", "10.15.7 19H2"), "macOS 10.15", "10.15.7", "19H2"),
        (("macOS", "14.4.1", "23E224"), "macOS 14", "14.4.1", "23E224"),
        (("android", "9", "PPR1.180610.011"), "Android 9", "9", "PPR1.180610.011"),
        (("Linux", "5.15.0-91-generic #101-Ubuntu"), "Linux 5.15", "5.15.0", "5.15.0-91-generic #101-Ubuntu"),
        (("", ""), "Unknown", "Unknown", "Unknown"),
    ],
)
def test_systems(told: tuple[str, ...], version: str, release: str, build: str) -> None:
    found = system(*told)
    assert (found.version, found.release, found.build) == (version, release, build)


@pytest.mark.parametrize(
    ("country", "locale", "found"),
    [
        ("us", "", "US"), ("USA", "de_DE", "US"), ("840", "", "US"), ("UK", "", "GB"), ("", "en_US", "US"),
        ("", "en-GB", "GB"),
        ("", "zh-Hans-CN", "CN"), ("", "sr_RS@latin", "RS"), ("", "de_AT.UTF-8", "AT"),
        ("", "ca-ES-valencia", "ES"),
        ("", "en", "Unknown"), ("", "de", "Unknown"), ("", "es-419", "Unknown"), ("zz", "en_ZZ", "Unknown"),
        ("", "", "Unknown"), ("  ", "pt_BR", "BR"), ("", "-" * 10_000, "Unknown"),
    ],
)  # fmt: skip
def test_markets(country: str, locale: str, found: str) -> None:
    assert market(country, locale) == found


def test_the_countries_are_those_of_the_standard() -> None:
    places = [Path(folder).with_name("zoneinfo") / "iso3166.tab" for folder in zoneinfo.TZPATH]
    table = next((place for place in places if place.exists()), None)
    if table is None:
        pytest.skip("no time zone database with a table of countries")
    lines = table.read_text(encoding="utf-8").splitlines()
    standard = {line.split("\t")[0] for line in lines if not line.startswith("#")}
    assert {two for two, three, _ in rows("countries", 3) if len(three) == 3} - {"XK"} == standard


@pytest.mark.parametrize(
    ("device", "found"),
    [
        ({"os_name": "Windows", "model": "Contoso All-in-one"}, "PC"),
        ({"os_name": "Windows Server 2019", "os_version": "10.0.17763"}, "Server"),
        ({"os_name": "Windows", "os_version": "10.0.20348"}, "Server"),
        ({"os_name": "iOS", "model": "iPhone14,5"}, "Phone"),
        ({"os_name": "iOS", "model": "iPad8,1"}, "Tablet"),
        ({"os_name": "android", "model": "SM-T510"}, "Tablet"),
        ({"os_name": "Android", "model": "Pixel 3"}, "Phone"),
        ({"os_name": "macOS", "model": "MacBookPro16,1"}, "PC"),
        ({"os_name": "BeOS"}, "Unknown"),
        ({}, "Unknown"),
    ],
)
def test_devices(device: dict[str, str], found: str) -> None:
    assert derive({"device": device}).device_type == found


@pytest.mark.parametrize(
    ("failure", "found"),
    [
        ({"problem_classes": ["NULL_CLASS_PTR_READ"]}, "crash"),
        ({"problem_classes": ["APPLICATION_HANG", "BusyHang"]}, "hang"),
        ({"problem_classes": ["MOAPPLICATION_HANG"]}, "hang"),
        ({"problem_classes": ["OUT_OF_MEMORY"]}, "memory"),
        ({"problem_classes": ["JAVASCRIPT_ERROR"]}, "jse"),
        ({"event_type": "hang", "problem_classes": ["X"]}, "hang"),
        ({"event_type": "requested", "problem_classes": ["DUMP_REQUESTED"]}, "requested"),
        ({"problem_classes": ["DUMP_REQUESTED"]}, "requested"),
        ({"event_type": "crash", "problem_classes": [7, "APPLICATION_HANG"]}, "hang"),
        ({}, "crash"),
    ],
)
def test_event_types(failure: dict[str, Any], found: str) -> None:
    assert derive({"failure": failure}).event_type == found


def test_the_program() -> None:
    module = {"filename": "contosodemo.exe", "version": "2.2.2.0"}
    found = derive({"main_module": 1, "modules": [{}, module]})
    assert (found.file_name, found.application_version, found.product_name) == (
        "contosodemo.exe",
        "2.2.2.0",
        "contosodemo",
    )
    told = derive(
        {"app": {"identifier": "com.contoso.demo", "version": "1.2"}, "process": {"path": r"C:\Apps\Demo.exe"}},
        {"prod": "Electron", "_productName": "Demo", "_version": "7", "lang": "ja-JP"},
    )
    assert (told.file_name, told.application_version, told.product_name, told.market) == (
        "Demo.exe",
        "1.2",
        "Demo",
        "JP",
    )
    known = derive({}, product_name="Contoso", overrides={"market": "FR", "deviceType": "", "nonsense": "x"})
    assert (known.product_name, known.market, known.device_type) == ("Contoso", "FR", "Unknown")


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["device", "app", "system_info", "failure", "modules", "main_module", "process", "crashpad"])
INNER = st.sampled_from(
    ["os_name", "os_version", "model", "locale", "country", "version", "problem_classes", "annotations"]
)


@given(st.dictionaries(KEYS, json | st.dictionaries(INNER, json)))
def test_any_report_has_dimensions(report: dict[str, Any]) -> None:
    found = derive(report)
    assert all(0 < len(value) <= 300 and "\0" not in value for value in found)
    assert found.event_type in EVENT_TYPES
