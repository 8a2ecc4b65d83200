"""Paths of the project."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
CORPORA = ROOT.parent / "shared" / "corpora"
FIXTURES = ROOT / "symbols-fixtures"
