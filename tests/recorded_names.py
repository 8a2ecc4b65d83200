"""The failure name, hash and event type of every crash in the fixtures and the corpora, one line for each.

    python tests/recorded_names.py [--program PROGRAM] [-o OUT.tsv]
    python tests/recorded_names.py --compare OLD.tsv NEW.tsv

`tests/test_recorded_names.py` compares the installed program with `tests/golden/names.tsv`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from places import CORPORA, FIXTURES

CASES = CORPORA.parent / "cases"
COLUMNS = ("input", "crash", "symbols", "name", "hash", "event_type")
# Folders and files that hold symbols, programs or expected answers; the fixtures' `managed` has its names beside it.
NO_INPUTS = {
    "managed",
    "snapshots",
    "binaries",
    "images",
    "programs",
    "sym-files",
    "tools",
    "debug-files",
    "grouping",
    "hostile",
}
NO_INPUT_ENDINGS = (".truth.json", ".golden", ".sym", ".md", ".tsv", ".csv", ".so", ".sh", ".pdb", ".dll", ".exe")
FACTS_ENDINGS = (".ndjson", ".jsonl")
PER_CALL = 400


class Group(NamedTuple):
    """A folder of inputs and the symbol folders beside them; each is tried on its own, as is no symbols at all."""

    folder: Path
    symbols: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The folder as written in the list: independent of where the checkout is."""
        if self.folder.is_relative_to(FIXTURES):
            return f"fixtures/{self.folder.relative_to(FIXTURES)}".removesuffix("/.")
        return str(self.folder.relative_to(CORPORA.parent))


GROUPS = (
    Group(FIXTURES, ("symbols", "apple")),
    Group(CASES),
    Group(CORPORA / "android"),
    Group(CORPORA / "apple"),
    Group(CORPORA / "breakpad", ("symbols",)),
    Group(CORPORA / "crashprobe" / "debug", ("dSYMs",)),
    Group(CORPORA / "crashprobe" / "release", ("dSYMs",)),
    Group(CORPORA / "kscrash"),
    Group(CORPORA / "live", ("symbols",)),
    Group(CORPORA / "live-more", ("symbols", "symbols-no-libstdcxx", "symbols-arm")),
    Group(CORPORA / "managed"),
    Group(CORPORA / "mozilla", ("symbols",)),
    Group(CORPORA / "rust-minidump", ("testdata/symbols", "breakpad-symbols-testdata/symbols")),
    Group(CORPORA / "symbolicate-v5"),
)


def inputs(group: Group) -> list[Path]:
    """Every file that may hold a crash."""

    def wanted(path: Path) -> bool:
        parts = set(path.relative_to(group.folder).parts[:-1])
        named = any(part in NO_INPUTS or part.startswith(("expected", "symbols", "dSYMs")) for part in parts)
        return (
            path.is_file() and not named and not path.name.startswith(".") and not path.name.endswith(NO_INPUT_ENDINGS)
        )

    return sorted(path for path in group.folder.rglob("*") if wanted(path))


def lines_of(command: list[str]) -> list[dict[str, Any]]:
    """What the program writes; inputs that it refuses are not in the list."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    assert done.returncode in {0, 1}, f"{command[:3]} ended with {done.returncode}"
    return [json.loads(line) for line in done.stdout.splitlines()]


def rows_of(program: list[str], group: Group, store: str) -> list[tuple[str, ...]]:
    """The lines of one group."""
    rows = []
    files = inputs(group)
    facts = [path for path in files if path.name.endswith(FACTS_ENDINGS)]
    crashes = [path for path in files if path not in facts]
    for symbols in ("", *group.symbols):
        options = ["--symbols", str(group.folder / symbols)] if symbols else []
        for start in range(0, len(crashes), PER_CALL):
            chosen = [str(path) for path in crashes[start : start + PER_CALL]]
            for report in lines_of([*program, "report", "--format", "ndjson", "--store", store, *options, *chosen]):
                source = report["input"]
                name = f"{group.label}/{Path(source['name']).relative_to(group.folder)}"
                rows.append((name, source.get("index", 0), symbols, report.get("failure") or {}))
    for path in facts:
        named = lines_of([*program, "bucket", "name", str(path)])
        rows += [(f"{group.label}/{path.relative_to(group.folder)}", n, "", named[n]) for n in range(len(named))]
    return [
        (path, str(crash), symbols, *(str(failure.get(key) or "") for key in COLUMNS[3:]))
        for path, crash, symbols, failure in rows
    ]


def record(program: list[str]) -> str:
    """The whole list as text, sorted."""
    with tempfile.TemporaryDirectory() as store:
        rows = [row for group in GROUPS if group.folder.is_dir() for row in rows_of(program, group, store)]
    return "\n".join("\t".join(row) for row in [COLUMNS, *sorted(rows)]) + "\n"


def read(text: str) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Input, crash and symbols to name, hash and event type."""
    rows = [tuple(line.split("\t")) for line in text.splitlines()[1:]]
    return {row[:3]: row[3:] for row in rows}


def without_absent(text: str) -> str:
    """The lines of a list whose inputs are present on this machine."""
    absent = tuple(f"{group.label}/" for group in GROUPS if not group.folder.is_dir())
    return "".join(line for line in text.splitlines(keepends=True) if not (absent and line.startswith(absent)))


def differences(old: str, new: str) -> list[str]:
    """A paragraph for each crash that is not named as before."""
    before, after = read(old), read(new)
    changed = [key for key in sorted({*before, *after}) if before.get(key) != after.get(key)]
    absent = ("(no crash)", "", "")
    return [
        f"{' '.join(key)}:\n    {' '.join(before.get(key, absent))}\n    {' '.join(after.get(key, absent))}"
        for key in changed
    ]


def main() -> None:
    """Write the list, or compare two of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", help="the program to run; by default the installed package")
    parser.add_argument("--compare", nargs=2, type=Path, metavar=("OLD", "NEW"))
    parser.add_argument("-o", dest="out", type=Path)
    chosen = parser.parse_args()
    if chosen.compare:
        old, new = (path.read_text(encoding="utf-8") for path in chosen.compare)
        sys.stdout.write("".join(f"{line}\n" for line in differences(old, new)))
        return
    os.environ["NO_COLOR"] = "1"
    text = record([chosen.program] if chosen.program else [sys.executable, "-m", "symbolicate"])
    if chosen.out:
        chosen.out.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
