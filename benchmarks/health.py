"""Pages of the service for an app with a million events in a month.

usage: health.py [--work DIR] [--runs N]

The events are made up as in store.py, with the long tails that such data has, and are in SQLite in the store's own folder. The
service answers over HTTP on loopback, as `symbolicate serve` starts it; a page is asked for as a browser does, with gzip.
Figures are CPU time of the service for one page, and the bytes transferred. The first page of the process reads what others
find in memory. There is no peer that runs without dozens of containers.
"""

from __future__ import annotations

import gzip
import shutil
import statistics
import sys
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import measure
import store
from subject import command

from symbolicate.store import Store

if TYPE_CHECKING:
    from results import Row

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from service_process import Process

EVENTS = 1_000_000
PAGES = 20


def rows(work: Path, runs: int, *, with_peers: bool = True) -> list[Row]:
    """Rows for a table: work, ours, no peers, the goal."""
    del with_peers
    folder = work / "health"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with Store.open(None, data=str(folder)) as filled:
            app = filled.apps.create(None, product_name="Contoso Demo", owner="contoso", name="demo")
            store.fill(filled, app.id, EVENTS)
        return _measured(folder, app.id, runs)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measured(folder: Path, app: int, runs: int) -> list[Row]:
    serving = Process("serve", "--data", str(folder), "--bind", "127.0.0.1:0", "--workers", "0")
    try:
        url = serving.wait_for(r"listening on (http://\S+)")[1]
        last = store.FIRST + timedelta(days=store.DAYS - 1)
        period = f"from={store.FIRST}&to={last}"
        pages: dict[str, tuple[str, str]] = {
            "Health": (f"/apps/{app}?{period}", "≤ 100 ms, ≤ 150 KB"),
            "Health of one version": (f"/apps/{app}?{period}&version=1.3.0.0", ""),
            "a failure": (f"/apps/{app}/failures/00000003-0000-0000-0000-000000000000?{period}", ""),
            "comparison of two versions": (f"/apps/{app}/compare?{period}&old=1.1.0.0&new=1.0.0.0", ""),
        }
        first, _ = _page(serving, url + pages["Health"][0])
        table: list[Row] = [("Health with 10⁶ events, first page of the process", f"{first * 1000:.0f} ms", "", "")]
        for name, (path, goal) in pages.items():
            done = [_page(serving, url + path) for _ in range(PAGES * runs)]
            spent = statistics.fmean(cpu for cpu, _ in done)
            table.append((f"{name}, warm", f"{spent * 1000:.1f} ms, {done[0][1] / 1000:.1f} KB", "", goal))
        return table
    finally:
        serving.process.terminate()
        serving.process.wait(60)


def _page(serving: Process, address: str) -> tuple[float, int]:
    """CPU seconds of the service for a page, and its bytes."""
    request = urllib.request.Request(address, headers={"Accept-Encoding": "gzip", "Accept": "text/html"})  # noqa: S310
    before = _cpu(serving)
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own address
        body = answer.read()
        is_packed = answer.headers.get("Content-Encoding") == "gzip"
    text = (gzip.decompress(body) if is_packed else body).decode()
    assert "</html>" in text
    return _cpu(serving) - before, len(body)


def _cpu(serving: Process) -> float:
    """CPU seconds of the service's threads so far, as the scheduler counts them, in nanoseconds."""
    pids = measure.family_of(serving.process.pid)
    tasks = [task for pid in pids for task in Path(f"/proc/{pid}/task").iterdir()]
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


if __name__ == "__main__":
    command(__doc__, rows)
