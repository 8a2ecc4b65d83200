"""Instructions of the hot paths in the release build, which users have; `instructions.py` is the gate with the quick build.

usage: native_instructions.py
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import instructions
from subject import command

if TYPE_CHECKING:
    from pathlib import Path

    from results import Row


def rows(_work: Path, _runs: int, *, with_peers: bool = True) -> list[Row]:
    """Rows for a table: work, ours, no peers, no goal."""
    del with_peers
    program = instructions.ROOT / "native" / "target" / "release" / "examples" / "hot_paths"
    found = instructions.valgrind_of(instructions.ROOT / "build")
    if isinstance(found, str) or not program.exists():
        reason = found if isinstance(found, str) else "no release build of the example hot_paths"
        return [("instructions", f"skipped: {reason}", "", "")]
    counts = instructions.count(program, *found)
    return [(f"{one.name}: {one.unit}", f"{one.instructions:,}", "", "") for one in counts]


if __name__ == "__main__":
    command(__doc__, rows)
