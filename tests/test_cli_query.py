"""`symbolicate query`, and `bucket similar` on a store."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from page_client import summary_checked
from store_samples import NOON, document, finish, hash_of, take_in, upload
from symbolicate.render.brief.tokens import tokens
from symbolicate.render.share import points, share_text
from symbolicate.render.sparkline import ASCII, spark
from symbolicate.service.failure_brief import BUCKET_TOKENS, bucket_brief
from symbolicate.store import Sighting, Store
from symbolicate.summary.dimensions import derive

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Run

RANGE = ("--start-date", "2/1/2018", "--end-date", "2/28/2018")
FRAMES = [{"frame": i, "module": "a.exe", "function": name} for i, name in enumerate(("x", "parse", "read", "run"))]


@pytest.fixture
def data(tmp_path: Path, sqlite_template: Path) -> Path:
    (tmp_path / "symbolicate.db").write_bytes(sqlite_template.read_bytes())
    with Store.open(data=tmp_path) as store:
        stack = {"threads_index": 0, "frames": FRAMES}
        names = ["A", "A", "B", "\x1b[31mEVIL"]
        take_in(store, store.apps.ensure("one"), [(NOON, document(name, crashing_thread=stack)) for name in names])
    return tmp_path


def test_questions(run: Callable[..., Run], data: Path) -> None:
    ask = ("--data", data, "--format", "json")
    done = run("query", "failurehits", *RANGE, "--groupby", "failureName", "--filter", "market eq 'US'", *ask)
    assert (done.code, done.err) == (0, "")
    body = json.loads(done.out)
    assert {row["failureName"]: row["eventCount"] for row in body["Value"]} == {"A": 2, "B": 1, "\x1b[31mEVIL": 1}
    done = run("query", "failuredetails", hash_of("A"), *RANGE, "--top", "1", *ask)
    (row,) = json.loads(done.out)["Value"]
    done = run("query", "stacktrace", row["cabIdHash"], *ask)
    assert [frame["function"] for frame in json.loads(done.out)["Value"]] == ["x", "parse", "read", "run"]
    done = run(
        "query",
        "failurehits",
        *RANGE,
        "--groupby",
        "failureName",
        "--db",
        f"sqlite:///{data}/symbolicate.db",
        "--data",
        data,
    )
    lines = done.text.splitlines()
    assert lines[0].split() == ["date", "applicationName", "failureName", "eventCount"]
    assert lines[-1] == "(3 rows)"
    assert b"\x1b" not in done.out


def test_problems_are_reported(run: Callable[..., Run], data: Path, tmp_path: Path) -> None:
    done = run("query", "failurehits", "--filter", "foo eq 'x'", "--data", data)
    assert (done.code, done.out) == (2, b"")
    assert "unknown field 'foo'" in done.err
    done = run("query", "failurehits", "--data", tmp_path / "none")
    assert (done.code, done.out) == (1, b"")
    assert "no store" in done.err
    assert not (tmp_path / "none").exists()
    with Store.open(data=data) as store:
        store.apps.ensure("two")
    done = run("query", "failurehits", "--data", data)
    assert done.code == 2
    assert "one, two" in done.err
    assert run("query", "failurehits", "--app", "two", "--data", data).text == "(0 rows)\n"


def test_the_brief_of_a_failure(run: Callable[..., Run], data: Path) -> None:
    done = run("query", "brief", hash_of("A").upper(), "--data", data)
    assert (done.code, done.err) == (0, "")
    assert done.text.startswith("# Bucket `A`\n")
    assert "2 crashes" in done.text
    assert "## Blamed" in done.text
    assert tokens(done.text) <= 4000
    assert b"\x1b" not in run("query", "brief", hash_of("\x1b[31mEVIL"), "--data", data).out
    done = run("query", "brief", "0" * 32, "--data", data)
    assert (done.code, done.out) == (1, b"")
    assert "no failure has the hash" in done.err


def test_the_brief_of_a_failure_keeps_within_its_tokens(store: Store) -> None:
    app = store.apps.create(owner="own", name="long")
    name = f"NULL_CLASS_PTR_READ_c0000005_game.exe!{'very::long::' * 80}"
    versions = [f"{number}.0 {'語' * 60}" for number in range(20)]
    now = datetime.now(UTC)
    take_in(store, app, [(now, document(name, version=version)) for version in versions])
    bucket = store.buckets.set(app, hash_of(name), note="`` ``` # note \n" * 700)
    text = bucket_brief(store, app, bucket)
    assert tokens(text) <= BUCKET_TOKENS
    assert "## Blamed" in text
    assert "\n# note" not in text


PERIOD = ("--days", "28", "--end-date", "2018-02-28")


def test_health_in_a_pipe(run: Callable[..., Run], data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "utf-8")
    monkeypatch.delenv("COLUMNS", raising=False)
    done = run("query", "health", *PERIOD, "--data", data)
    assert (done.code, done.err) == (0, "")
    assert b"\x1b" not in done.out
    lines = done.text.splitlines()
    assert lines[:2] == ["Health of one, 2018-02-01 to 2018-02-28", "4 hits in 3 failures"]
    assert lines[2:4] == ["Crash-free devices: unknown", "  no session logs of these days"]
    assert next(line for line in lines if line.startswith("Crashes")).split()[1] == "4"
    assert "\u2588" in done.text
    assert "\\x1b[31mEVIL" in done.text
    assert "Top failures" in lines
    done = run("query", "health", *PERIOD, "--data", data, "--version", "none", "--format", "json")
    assert json.loads(done.out)["total"] == 0


def test_health_knows_crash_free_devices_from_session_logs(
    run: Callable[..., Run], data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "utf-8")
    with Store.open(data=data) as store:
        app = store.apps.ensure("one")
        for days in range(27):
            seen = [Sighting(str(number), NOON + timedelta(days=days), derive({})) for number in range(8)]
            store.active_devices.add(store.active_devices.new(app, seen, NOON + timedelta(days=days)))
        crashed = replace(upload(1000, NOON + timedelta(days=3)), install_id="7")
        finish(store, {store.accept(app, [crashed]).reports[0].id: document("A")})
    page = tmp_path / "health.html"
    done = run("query", "health", *PERIOD, "--data", data, "--html", page)
    lines = done.text.splitlines()
    assert lines[2:5] == [
        "Crash-free devices: 87.50 %",
        "  1 of 8 devices crashed; session logs of 27 of 28 days",
        "",
    ]
    assert lines[5].split()[:3] == ["Active", "devices", "8"]
    assert lines[6].split()[:2] == ["crashed", "1"]
    parsed = summary_checked(page.read_text())
    assert "87.50 % (1 of 8 devices crashed" in parsed.text
    assert "Crash-free devices per day" in parsed.text
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    assert run("query", "health", *PERIOD, "--data", data).out.isascii()


def test_shares_near_one_are_not_rounded_to_one() -> None:
    assert [share_text(one) for one in (1, 0, 0.99621, 0.999999, 1e-6)] == [
        "100 %",
        "0 %",
        "99.62 %",
        "99.9999 %",
        "0.0001 %",
    ]
    assert share_text(0.99621, 0.00011) == "99.62 % \u00b1 0.02"
    assert (points(0.996, 0.995), points(0.5, 0.5), points(0.995, 0.996)) == ("+0.10 points", "same", "-0.10 points")


def test_health_as_ascii_json_and_html(
    run: Callable[..., Run], data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = run("query", "health", *PERIOD, "--data", data)
    assert done.out.isascii()
    assert "@" in done.text
    page = tmp_path / "health.html"
    done = run("query", "health", *PERIOD, "--data", data, "--format", "json", "--html", page)
    found = json.loads(done.out)
    assert (found["total"], found["failure_count"], found["crashes"][0]["total"]) == (4, 3, 4)
    first = [(one["name"], one["hits"], one["mark"]) for one in found["failures"]][:2]
    assert first == [("A", 2, "new"), ("B", 1, "new")]
    assert sum(found["failures"][0]["days"]) == 2
    parsed = summary_checked(page.read_text())
    assert "Health of one, 2018-02-01 to 2018-02-28" in parsed.inside("h1")
    assert "Windows" in parsed.text
    assert run("query", "health", "--html", tmp_path / "none" / "x.html", "--data", data).code == 1


def test_rows_as_html_and_as_a_picture(run: Callable[..., Run], data: Path, tmp_path: Path) -> None:
    page, picture = tmp_path / "rows.html", tmp_path / "rows.svg"
    files = ("--html", page, "--plot", picture, "--data", data)
    asked = ("failurehits", *RANGE, "--groupby", "failureName,failureHash,market")
    plain = run("query", *asked, "--data", data)
    done = run("query", *asked, *files)
    assert (done.code, done.err, done.out) == (0, "", plain.out)
    parsed = summary_checked(page.read_text())
    assert "Hits 4" in parsed.text
    assert {"Top failures", "Rows"} <= set(re.findall("Top failures|Rows", parsed.inside("h2")))
    assert "\\x1b[31mEVIL" in parsed.text
    drawn = "".join(ET.fromstring(picture.read_text()).itertext())  # noqa: S314 - our own
    assert "The 3 most frequent of 3 failures" in drawn
    assert run("query", "failuredetails", hash_of("A"), *RANGE, *files).code == 0
    assert f"Hits of {hash_of('A')}" in summary_checked(page.read_text()).inside("h1")
    assert run("query", "failurehits", "--start-date", "1/1/2001", "--end-date", "1/2/2001", *files).code == 0
    assert "Rows 0" in summary_checked(page.read_text()).text
    assert "None of them states a time." in picture.read_text()
    assert run("query", "health", *PERIOD, *files).code == 0
    assert "4 crashes of one, 2018-02-01 to 2018-02-28" in picture.read_text()
    assert run("query", "missing-symbols", "--html", page, "--data", data).code == 0
    assert "Top failures" not in summary_checked(page.read_text()).text
    assert run("query", "failurehits", "--html", tmp_path / "none" / "x", "--data", data).code == 1


def test_versions_are_compared(run: Callable[..., Run], data: Path, tmp_path: Path) -> None:
    with Store.open(data=data) as store:
        newer = [(NOON, document(name, version="3.0")) for name in ("A", "A", "A", "C")]
        take_in(store, store.apps.ensure("one"), newer, first=500)
    page = tmp_path / "compared.html"
    asked = ("query", "compare", "2.2.2.0", "3.0", *PERIOD, "--data", data)
    rows = json.loads(run(*asked, "--format", "json").out)["Value"]
    assert [(row["failureName"], row["change"], row["old"], row["new"]) for row in rows] == [
        ("A", "grown", 2, 3),
        ("C", "new", 0, 1),
        ("\x1b[31mEVIL", "gone", 1, 0),
        ("B", "gone", 1, 0),
    ]
    assert (rows[0]["oldShare"], rows[0]["newShare"]) == (50, 75)
    done = run(*asked, "--html", page)
    assert done.text.splitlines()[1].split()[:5] == ["grown", "2", "3", "50.0", "75.0"]
    assert "Failures of 2.2.2.0 and 3.0" in summary_checked(page.read_text()).inside("h1")


@pytest.mark.parametrize(("columns", "env"), [(100, {}), (40, {"NO_COLOR": "1"}), (20, {"TERM": "dumb"})])
def test_health_on_a_terminal(data: Path, columns: int, env: dict[str, str]) -> None:
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    command = [sys.executable, "-m", "symbolicate", "query", "health", *PERIOD, "--data", str(data)]
    usual = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLUMNS"}}
    usual |= {"TERM": "xterm", "PYTHONIOENCODING": "utf-8"}
    with subprocess.Popen(command, stdout=child, env=usual | env) as process:
        os.close(child)
        said = b""
        while chunk := _read(parent):
            said += chunk
        assert process.wait() == 0
    os.close(parent)
    assert (b"\x1b[" in said) is (not env)
    plain = re.sub(r"\x1b\[[0-9]+m", "", said.decode()).replace("\r", "")
    assert "Top failures" in plain
    assert all(len(line) <= max(columns, 34) for line in plain.splitlines()), plain


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other end is closed
        return b""


def test_trends_in_a_line() -> None:
    assert spark([0, 1, 8], 3) == " \u2581\u2588"
    assert spark([0, 1, 1000], 3, ASCII) == " .@"
    assert spark([1] * 10, 4) == "\u2588\u2588\u2588\u2583"
    assert spark([0, 0], 2) == "  "
    assert (spark([], 5), spark([1], 0), spark([1], -3)) == ("", "", "")


def test_similar_buckets_of_a_store(run: Callable[..., Run], data: Path) -> None:
    for place in (str(data), f"sqlite:///{data}/symbolicate.db"):
        done = run("bucket", "similar", "--store", place, "--format", "ndjson")
        assert (done.code, done.err) == (0, "")
        (group,) = map(json.loads, done.out.splitlines())
        assert group["name"] == "A"
        assert len(group["similar"]) == 2
    assert run("bucket", "similar").code == 2
    assert run("bucket", "similar", "x.json", "--store", str(data)).code == 2


def test_a_store_loads_only_where_it_is_asked_for() -> None:
    script = "import sys, symbolicate.cli.query; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {"sqlalchemy", "alembic", "obstore", "numpy"} & set(done.stdout.split())
