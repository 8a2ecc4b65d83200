"""The binary and the debug files of one module."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from symbolicate._native import DebugFile

__all__ = ["ModuleFiles"]


@dataclass(frozen=True, slots=True)
class ModuleFiles:
    """The builds of one module: a binary, its debug file, or both; the one with the most information first."""

    builds: tuple[DebugFile, ...]

    @property
    def name(self) -> str:
        """What crashes call the debug file of the module: the PDB, or the image, if it is there."""
        first = self.builds[0]
        if first.format == "PDB":
            return first.name
        images = (build.name for build in self.builds if build.kind == "image" and build.format == first.format)
        return next(images, first.name)

    @property
    def image_name(self) -> str:
        """What the binary is called; empty if it is not there."""
        return next((build.name for build in self.builds if build.kind == "image"), "")

    @property
    def code_id(self) -> str:
        """The code id, of the binary if it is there; empty if no file names it."""
        ids = (build.code_id for build in sorted(self.builds, key=lambda build: build.kind != "image"))
        return next(filter(None, ids), "")

    @property
    def unwinding(self) -> list[DebugFile]:
        """The builds with unwind tables, binaries first; each has a kind of table that those before it lack."""
        found: list[DebugFile] = []
        kinds: set[str] = set()
        for build in sorted(self.builds, key=lambda build: build.kind == "debug"):
            if not kinds.issuperset(build.unwind_tables):
                kinds.update(build.unwind_tables)
                found.append(build)
        return found
