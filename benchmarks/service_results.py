"""Replaces the part of `RESULTS-service.md` that a benchmark has measured."""

from __future__ import annotations

import os
import platform
import re
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = Path(__file__).with_name("RESULTS-service.md")
HEAD = f"""# Results of the service and its store

Written by `make bench-service`, on {platform.machine()}, {platform.system()}, Python {platform.python_version()}, \
{os.cpu_count()} cores. Clients and databases run on the same cores.
PostgreSQL is a local one. Commits wait for the disk, on both databases.
"""


class Part:
    """Lines that are printed, and written when all are there.

    Args:
        title: the heading, which stands for the part.
    """

    def __init__(self, title: str) -> None:
        self.title = title
        self.lines: list[str] = []

    def say(self, text: str = "") -> None:
        """Print a line and add it to the part."""
        print(text, flush=True)
        self.lines.append(text)

    def write(self) -> None:
        """Put the part into the file, in the place of one with the same heading; parts are in order of headings."""
        old = FILE.read_text(encoding="utf-8") if FILE.exists() else ""
        parts = {part.partition("\n")[0]: part for part in re.split(r"^## ", old, flags=re.MULTILINE)[1:]}
        parts[self.title] = self.title + "\n\n" + "\n".join(self.lines).strip() + "\n"
        text = HEAD + "".join("\n## " + part.rstrip() + "\n" for _, part in sorted(parts.items()))
        FILE.write_text(text, encoding="utf-8")


def server_of(url: str | None) -> int | None:
    """The process of a server that `database` has started; None for another database."""
    folder = (url or "").partition("?host=")[2]
    try:
        return int(Path(folder, "data", "postmaster.pid").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return None


@contextmanager
def database(given: str) -> Iterator[tuple[str, str | None]]:
    """The name and the URL of a database: none for SQLite in the store's own folder, `postgresql` for a new server."""
    if not given:
        yield "SQLite", None
    elif given != "postgresql":
        yield "PostgreSQL", given
    else:
        sys.path.insert(0, str(FILE.parents[1] / "tests"))
        from postgresql import PostgreSQL

        server = PostgreSQL(durable=True)
        try:
            yield "PostgreSQL", server.database()
        finally:
            server.remove()
