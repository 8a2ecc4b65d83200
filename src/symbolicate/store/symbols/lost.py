"""The frames of reports that modules without symbols, or without unwind rules, cost.

A hit names the set of its symbol files; beside it is how many frames each of its modules costs, by the number of the
module in the set: `2:3,8,0,1` are 3 frames of the crashed thread and 8 of all that have no name, since the third module
has no symbols, and 0 and 1 that were found by a search of the stack, since it has no unwind rules.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from symbolicate.store.database.tables import HIT, SYMBOL_SET_FILE
from symbolicate.store.database.transactions import in_chunks
from symbolicate.store.symbols.choice import Module, module_of

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from symbolicate.store.symbols.used import FileSet
    from symbolicate.summary.outline import Outline

__all__ = ["LostFrames", "LostModule", "lost_by", "lost_frames"]

# The newest hits of an app whose frames are added up.
_HITS = 100_000
# Larger numbers of frames are no frames of a report.
_MOST = 1 << 32


class LostFrames(NamedTuple):
    """Frames, of the crashed thread and of all: without a name, and found by a search of the stack."""

    crashing: int = 0
    all: int = 0
    crashing_scanned: int = 0
    all_scanned: int = 0


class LostModule(NamedTuple):
    """What a module costs in many reports.

    Attributes:
        debug_file: the name of its debug file.
        frames: the frames, added up.
        scanned_reports: how many reports have frames that were found by a search because of it.
    """

    debug_file: str
    frames: LostFrames
    scanned_reports: int


def lost_by(files: FileSet, outline: Outline) -> str | None:
    """The frames that the modules of a report cost, as a hit has them; None if they cost no frames."""
    numbers = {Module(file.debug_id, file.code_id): number for number, file in enumerate(files.files)}
    found: dict[int, LostFrames] = {}
    for needed in outline.symbols_needed if isinstance(outline.symbols_needed, list) else ():
        if not isinstance(needed, dict):
            continue
        debug_id, code_id = (one if isinstance(one := needed.get(key), str) else "" for key in ("debug_id", "code_id"))
        number = numbers.get(module_of(debug_id, code_id))
        frames = LostFrames(*_two(needed.get("unnamed_frames")), *_two(needed.get("scanned_frames")))
        if number is not None and any(frames):
            found.setdefault(number, frames)
    return ";".join(f"{number}:{','.join(map(str, frames))}" for number, frames in sorted(found.items())) or None


def _two(lost: Any) -> tuple[int, int]:
    values = (lost.get(key) if isinstance(lost, dict) else 0 for key in ("crashing_thread", "all_threads"))
    crashing, everywhere = (value if type(value) is int and 0 <= value < _MOST else 0 for value in values)
    return crashing, everywhere


def lost_frames(connection: Connection, app_id: int) -> dict[Module, LostModule]:
    """The frames that modules cost in the newest reports of an app."""
    newest = sa.select(HIT.c.symbols_id, HIT.c.lost).where(HIT.c.app_id == app_id, HIT.c.lost.is_not(None))
    hits = newest.order_by(HIT.c.report_id.desc()).limit(_HITS).subquery()
    statement = sa.select(hits.c.symbols_id, hits.c.lost, sa.func.count()).group_by(hits.c.symbols_id, hits.c.lost)
    counted = [(set_id, lost, int(count)) for set_id, lost, count in connection.execute(statement)]
    files = _files(connection, {set_id for set_id, _, _ in counted})
    frames: Counter[tuple[Module, int]] = Counter()
    reports: Counter[Module] = Counter()
    names: dict[Module, str] = {}
    for set_id, lost, count in counted:
        for number, numbers in _read(lost):
            if number >= len(files.get(set_id, ())):
                continue  # the set was removed meanwhile
            module, names[module] = files[set_id][number]
            frames.update({(module, part): count * value for part, value in enumerate(numbers)})
            reports[module] += count if numbers.all_scanned else 0
    return {
        module: LostModule(name, LostFrames(*(frames[module, part] for part in range(4))), reports[module])
        for module, name in names.items()
    }


def _files(connection: Connection, sets: set[int]) -> dict[int, list[tuple[Module, str]]]:
    """The modules of sets and the names of their debug files, in the order in which they are numbered."""
    found: dict[int, list[tuple[Module, str]]] = {}
    file = SYMBOL_SET_FILE.c
    for some in in_chunks(sorted(sets)):
        statement = sa.select(file.set_id, file.debug_id, file.code_id, file.debug_file).where(file.set_id.in_(some))
        for row in connection.execute(statement):
            found.setdefault(row.set_id, []).append((Module(row.debug_id, row.code_id), row.debug_file))
    # As `used_by` sorts them; databases have orders of their own.
    return {set_id: sorted(files) for set_id, files in found.items()}


def _read(lost: str) -> list[tuple[int, LostFrames]]:
    parts = (part.partition(":") for part in lost.split(";"))
    return [(int(number), LostFrames(*map(int, numbers.split(",")))) for number, _, numbers in parts]
