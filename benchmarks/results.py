"""RESULTS.md: a section for each part of `make bench`. Measuring some parts renews their sections alone."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

FILE = Path(__file__).with_name("RESULTS.md")

Row = tuple[str, str, str, str]
"""What is done, the project's figure, the peers' figures, and what to reach."""


@dataclass(frozen=True)
class Section:
    """What was measured of one part.

    Attributes:
        title: the heading, which stands for the part.
        about: what is measured and what the peers do.
        rows: the figures.
        conditions: when and on what machine.
        pictures: paths of plots, relative to RESULTS.md.
    """

    title: str
    about: str
    rows: Sequence[Row]
    conditions: str
    pictures: Sequence[str] = ()

    def text(self) -> str:
        """The section in Markdown."""
        lines = [self.title, "", self.about, "", "| work | symbolicate | peers | to reach |", "|---|---|---|---|"]
        lines += [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in self.rows]
        for picture in self.pictures:
            lines += ["", f"![{Path(picture).stem}]({picture})"]
        return "\n".join([*lines, "", self.conditions, ""])


def conditions(yardstick: str) -> str:
    """When and on what machine: the figures of a busy one say little."""
    processor = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("model name"):
            processor = line.partition(":")[2].strip()
            break
    load = os.getloadavg()[0]
    return (
        f"Measured on {os.cpu_count()} cores of {processor}, {platform.system()}, Python {platform.python_version()}, with a load of "
        f"{load:.1f} when it began. {yardstick}"
    )


def write(head: str, order: Sequence[str], sections: Sequence[Section], path: Path = FILE) -> str:
    """Put sections into the file, each in the place of the one with the same title; sections that no part has are removed.

    Args:
        head: what the file begins with.
        order: titles of all parts.
        sections: what was measured now.
        path: the file.

    Returns:
        The text of the sections of now.
    """
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    texts = {part.partition("\n")[0]: part.rstrip() + "\n" for part in re.split(r"^## ", old, flags=re.MULTILINE)[1:]}
    texts.update({section.title: section.text() for section in sections})
    kept = [texts[title] for title in order if title in texts]
    path.write_text(head.rstrip() + "\n" + "".join(f"\n## {text}" for text in kept), encoding="utf-8")
    return "\n".join(f"## {section.text()}" for section in sections)
