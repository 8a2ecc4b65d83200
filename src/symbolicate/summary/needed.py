"""Which symbols would help most: modules that lack symbols or unwind rules in many reports, by the frames they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from symbolicate.report import NeededSymbols

__all__ = ["NeededModule", "NeededModules"]


class NeededModule(msgspec.Struct):
    """A module that lacks symbols or unwind rules, in some reports.

    Attributes:
        module: file name of the image.
        debug_file: file name of its debug file; empty if it is not known.
        debug_id: its debug id; empty if it is not known.
        code_id: its code id; empty if it is not known.
        reports: how many reports it costs frames.
        crashing_frames: frames of crashed threads without a name.
        frames: frames of all threads without a name.
        crashing_scanned: frames of crashed threads that were found by a search, since it has no unwind rules.
        scanned: the same of all threads.
        outcomes: how often the search for its symbols had each outcome.
    """

    module: str
    debug_file: str = ""
    debug_id: str = ""
    code_id: str = ""
    reports: int = 0
    crashing_frames: int = 0
    frames: int = 0
    crashing_scanned: int = 0
    scanned: int = 0
    outcomes: dict[str, int] = {}

    @property
    def lacks(self) -> tuple[str, ...]:
        """Which halves would help: `symbols`, `unwind rules`."""
        return tuple(what for what, lost in (("symbols", self.frames), ("unwind rules", self.scanned)) if lost)


class NeededModules:
    """Adds reports up.

    Attributes:
        reports: how many were added.
        without_list: how many of them have no list of needed symbols, as those of earlier versions and of other tools.
    """

    def __init__(self) -> None:
        self._modules: dict[str, NeededModule] = {}
        self.reports = 0
        self.without_list = 0

    def add(self, needed: Iterable[NeededSymbols] | None) -> None:
        """Add what one report lacks."""
        self.reports += 1
        if needed is None:
            self.without_list += 1
            return
        seen: set[str] = set()
        for one in needed:
            # The same build, whatever it is called. Without an id, only the name is there.
            key = one.debug_id or one.code_id or f"name {one.module}"
            module = self._modules.get(key)
            if module is None:
                names = (one.module or "", one.debug_file or "", one.debug_id or "", one.code_id or "")
                module = self._modules[key] = NeededModule(*names, outcomes={})
            if key not in seen:
                module.reports += 1
                outcome = one.outcome or "missing"
                module.outcomes[outcome] = module.outcomes.get(outcome, 0) + 1
                seen.add(key)
            if one.unnamed_frames is not None:
                module.crashing_frames += one.unnamed_frames.crashing_thread or 0
                module.frames += one.unnamed_frames.all_threads or 0
            if one.scanned_frames is not None:
                module.crashing_scanned += one.scanned_frames.crashing_thread or 0
                module.scanned += one.scanned_frames.all_threads or 0

    def ranked(self) -> list[NeededModule]:
        """The modules, first those that cost most: reports, frames of crashed threads, frames of all threads."""
        return sorted(
            self._modules.values(),
            key=lambda one: (
                -one.reports,
                -(one.crashing_frames + one.crashing_scanned),
                -(one.frames + one.scanned),
                one.module,
                one.debug_id,
            ),
        )
