"""Runs the tasks of probe.py, each in a fresh process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import measure

PROBE = Path(__file__).with_name("probe.py")


def probe(python: Path | str, task: str, *arguments: object) -> dict[str, Any]:
    """One task; what it printed."""
    found: dict[str, Any] = json.loads(measure.run([python, PROBE, task, *(str(a) for a in arguments)]).stdout)
    return found
