"""The service's two rates: reports acknowledged over HTTP, and from the queue to the roll-up, on SQLite and PostgreSQL.

usage: acknowledged.py [--work DIR]

Runs service.py, which compares the service with a bare handler of its framework that only reads the body, and the part of
store.py that writes; their docstrings say more, and their tables are in RESULTS-service.md. Here is what `make bench`
compares from one time to the next. Databases wait for the disk at each commit.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from subject import command

if TYPE_CHECKING:
    from results import Row

HERE = Path(__file__).resolve().parent
SECONDS = 5
GOALS = {"SQLite": "≥ 50 % of the bare handler", "PostgreSQL": "≥ 35 % of the bare handler"}


def rows(_work: Path, _runs: int, *, with_peers: bool = True) -> list[Row]:
    """Rows for a table: work, ours, the bare handler, the goal."""
    del with_peers
    table: list[Row] = []
    for name, database in (("SQLite", ""), ("PostgreSQL", "postgresql")):
        said = _run("service.py", "--seconds", str(SECONDS), "--db", database)
        bare, ours = _cells(said, "bare handler"), _cells(said, f"service, {name}")
        beside = f" and {ours[4]} µs of the database's" if ours[4] else ""
        share = re.search(r"takes (\d+)%", said)
        assert share is not None
        table.append(
            (
                f"reports acknowledged over HTTP, {name}",
                f"{ours[0]}/s, {share[1]} % of the bare handler, {ours[3]} µs of CPU{beside} each",
                f"bare handler {bare[0]}/s, {bare[3]} µs",
                GOALS[name],
            )
        )
        said = _run("store.py", "--only", "writes", "--reports", "1000", "--database", database)
        rate, spent, _ = _cells(said, "lease and complete, 32 at a time")
        goal = "2,000/s" if name == "SQLite" else ""
        table.append(
            (f"from the queue to the roll-up, 32 at a time, {name}", f"{rate}/s, {spent} ms of CPU each", "", goal)
        )
    return table


def _cells(said: str, name: str) -> list[str]:
    """The cells of a row of a printed table after its first."""
    for line in said.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > 2 and cells[1] == name:
            return cells[2:-1]
    raise RuntimeError(f"no row {name!r} in:\n{said}")


def _run(script: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, HERE / script, *arguments], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


if __name__ == "__main__":
    command(__doc__, rows)
