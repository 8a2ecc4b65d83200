"""The command line that each subject has: its rows alone, printed."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from results import Row

WORK = Path(__file__).resolve().parents[1] / "build" / "bench"


class Rows(Protocol):
    """The function of a subject that measures."""

    def __call__(self, work: Path, runs: int, *, with_peers: bool = True) -> list[Row]:
        """Rows for a table: work, ours, the peers, the goal."""


def use_own_programs() -> None:
    """The commands that are measured are those beside this interpreter."""
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"


def command(document: str | None, rows: Rows) -> None:
    """Measure one subject and print its rows."""
    parser = argparse.ArgumentParser(description=document, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=WORK, help="where inputs and peers are kept")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--no-peers", action="store_true")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    use_own_programs()
    for row in rows(given.work, given.runs, with_peers=not given.no_peers):
        print(f"| {' | '.join(row)} |")
