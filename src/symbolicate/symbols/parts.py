"""Files that are parts of other files: split units, what dwz moved out, object files.

A person names them beside the program that they belong to (`app main.dwo`), or names folders that have them
(`bin/ obj/`). By themselves they are of no use.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from symbolicate.errors import SymbolFileError
from symbolicate.symbols.debug_files import is_debug_file
from symbolicate.symbols.walk import files_below

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from symbolicate._native import DebugFile

__all__ = ["ONLY_PARTS", "Parts", "has_parts", "is_part", "owners", "part_of_another"]

ONLY_PARTS = "only object files and parts of other debug files in it"
"""Why nothing of a folder is added that has such files alone."""

# How many files beside a part are looked at for the ones that it belongs to.
_BESIDE = 200
_PARTS = {
    "dwo": "a part of a program's debug information (split DWARF): it is read together with the program",
    "dwp": "the split debug information of a program: it is read together with the program",
    "dwz common file": "what several debug files have in common (dwz): it is read together with these",
}
_OBJECT = "an object file: crashes refer to the program that it was linked into"


def is_part(builds: Iterable[DebugFile]) -> bool:
    """Whether a file with these builds is a part of other files."""
    return {build.kind for build in builds} == {"part"}


def has_parts(folder: str) -> bool:
    """Whether a folder, at any depth, has a file that is a part of another."""
    from symbolicate._native import debug_files

    for path in files_below(folder, lambda _: None):
        with contextlib.suppress(SymbolFileError):
            if is_debug_file(path) and is_part(debug_files(path)):
                return True
    return False


def owners(path: str) -> list[str]:
    """The names of the files in the same folder that a part belongs to."""
    from symbolicate._native import debug_files

    folder, found = os.path.dirname(path) or ".", []
    for name in sorted(os.listdir(folder))[:_BESIDE]:
        beside = os.path.join(folder, name)
        with contextlib.suppress(SymbolFileError):
            if not os.path.isfile(beside) or not is_debug_file(beside):
                continue
            builds = [build for build in debug_files(beside) if build.kind != "part"]
            if any(os.path.samefile(part, path) for build in builds for part in build.parts()):
                found.append(name)
    return found


def part_of_another(build: DebugFile) -> str:
    """What a file of the kind `part` is, and why it is of no use by itself."""
    return _PARTS.get(build.kind_name, _OBJECT)


class Parts:
    """What was named that may have parts of other files.

    Args:
        paths: all that a person named: files of any kind, folders, archives.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        paths = list(paths)
        self._folders = [path for path in paths if os.path.isdir(path)] if len(paths) > 1 else []
        self._files = dict(_parts_among(paths)) if len(paths) > 1 else {}
        self._used: set[str] = set()

    def __contains__(self, path: str) -> bool:
        """Whether a path is that of a part."""
        return path in self._files

    def join(self, builds: list[DebugFile]) -> list[DebugFile]:
        """The same builds, which are read together with their parts."""
        if not self._files and not self._folders:
            return builds
        named = [*self._files, *self._folders]
        joined = [build.with_parts(named) for build in builds]
        for build in joined if self._files else ():
            with contextlib.suppress(SymbolFileError):  # reported when it is read
                self._used.update(os.path.realpath(path) for path in build.parts())
        return joined

    def unused(self) -> Iterator[tuple[str, str]]:
        """The parts that belong to none of the builds so far, each with what it is."""
        for path, build in self._files.items():
            if os.path.realpath(path) not in self._used:
                yield path, part_of_another(build)


def _parts_among(paths: list[str]) -> Iterator[tuple[str, DebugFile]]:
    from symbolicate._native import debug_files

    for path in paths:
        with contextlib.suppress(SymbolFileError):  # reported when it is gathered
            if os.path.isfile(path) and is_debug_file(path) and is_part(builds := debug_files(path)):
                yield path, builds[0]
