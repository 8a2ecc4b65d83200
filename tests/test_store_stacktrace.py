"""The stack of a hit agrees with the name of its failure, whatever kind of crash it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import symbolicate
from store_samples import NOON, SECRET, document, hash_of, take_in

if TYPE_CHECKING:
    from symbolicate.store import App, Store

FIXTURES = Path(__file__).parent.parent / "symbols-fixtures"


@pytest.fixture
def app(store: Store) -> App:
    return store.apps.ensure(SECRET)


def stack_of(store: Store, app: App, report: bytes) -> list[dict[str, Any]]:
    [number] = take_in(store, app, [(NOON, report)])
    given = {"applicationId": SECRET, "cabIdHash": store.reports.get(number).public_id}
    return store.query.stacktrace(given).value


@pytest.mark.parametrize(
    ("name", "image"),
    [
        ("managed/appcenter-unity-mono.json", "com.example.shop"),  # the process: the frames have no module
        ("managed/apple-xamarin-ips.ips", "Shop"),
        ("managed/console-unhandled.txt", "unknown"),  # the program is not in the input
        ("apple-reports/mac10.15.crash", "Weather_Log"),  # a name has no spaces
        ("apple-reports/ios16.crash", "Demo_App"),  # the last exception's own backtrace
        ("dumps/linux-gdb/amd64-nofp-null.dmp", None),
    ],
)
def test_the_blamed_image_is_that_of_the_name(store: Store, app: App, name: str, image: str | None) -> None:
    report = next(iter(symbolicate.process_many([FIXTURES / name])))
    assert isinstance(report, symbolicate.Report)
    assert report.failure is not None
    assert report.failure.blamed is not None
    rows = stack_of(store, app, report.to_json())
    [blamed] = [row for row in rows if row["isBlamedFrame"]]
    assert blamed["image"] == report.failure.image
    assert image in (None, blamed["image"])
    assert [row["level"] for row in rows] == [str(level) for level in range(len(rows))]


def test_frames_are_those_of_the_list_that_is_blamed(store: Store, app: App) -> None:
    name = "OBJC_EXCEPTION_NSRangeException_SIGABRT_Demo_App!-[Cart_add]"
    thread = [{"frame": 0, "module": "libsystem_kernel.dylib", "function": "__pthread_kill"}]
    thrown = [
        {"frame": 0, "module": "CoreFoundation", "function": "__exceptionPreprocess"},
        {"frame": 1, "module": "Demo App", "function": "-[Cart add]"},
        {"frame": 2, "module": "Demo App", "function": "main"},
    ]
    failure = {
        "name": name,
        "hash": hash_of(name),
        "image": "Demo_App",
        "blamed": {"thread": None, "frame": 1, "inline": None, "stack": "last_exception_backtrace"},
    }
    report = document(
        failure=failure,
        crashing_thread={"threads_index": 0, "frames": thread},
        last_exception_backtrace=thrown,
    )
    rows = [(row["image"], row["function"], row["isBlamedFrame"]) for row in stack_of(store, app, report)]
    assert rows == [
        ("CoreFoundation", "__exceptionPreprocess", False),
        ("Demo_App", "-[Cart add]", True),
        ("Demo_App", "main", False),
    ]


@pytest.mark.parametrize(
    ("module", "image", "shown"),
    [
        ("core.exe", "hardware_disk", "core.exe"),  # stands for the cause; the code that it hit is the frame's
        ("core.exe", "heap_corruption", "core.exe"),
        (None, "p.exe", "p.exe"),
        (None, None, "Unknown"),
    ],
)
def test_images_that_are_none(store: Store, app: App, module: str | None, image: str | None, shown: str) -> None:
    frames = [
        {"frame": 0, "module": module, "function": "f", "offset": None},
        {"frame": 1, "module": None, "function": None, "offset": "0x00007fff00001234"},
    ]
    failure = {"name": "A_0_x!f", "image": image, "blamed": {"thread": 0, "frame": 0}}
    report = document(failure=failure, crashing_thread={"threads_index": 0, "frames": frames})
    assert [row["image"] for row in stack_of(store, app, report)] == [shown, "Unknown"]
    assert json.loads(report)["failure"]["image"] == image
