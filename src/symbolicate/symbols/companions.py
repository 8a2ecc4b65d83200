"""The debug file of one binary that a person names, where linkers and distributions put it.

    <folder>/.build-id/ab/cdef….debug       by the build id, in each folder of debug files
    app.debug, .debug/app.debug             beside the binary, by its name or the one in `.gnu_debuglink`
    <folder>/usr/bin/app.debug              the same for /usr/bin/app
    app.pdb                                 beside a PE file, by the name in it, or by its own
    app.dSYM/Contents/Resources/DWARF/app   beside a Mach-O file

Only a file of the same id is taken. For an ELF file without a build id it is the file whose checksum is in
`.gnu_debuglink`: the native reader finds it beside the binary, and `linked` in the folders of debug files.
`--symbols FOLDER` needs none of this: a folder is searched by ids.
"""

from __future__ import annotations

import os
from itertools import islice
from typing import TYPE_CHECKING

from symbolicate.errors import SymbolFileError
from symbolicate.symbols.names import is_plain, leaf

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from symbolicate._native import DebugFile

__all__ = ["DEBUG_FOLDERS", "companions", "linked"]

DEBUG_FOLDERS = ("/usr/lib/debug",)
"""Where debuggers look for debug files of distributions."""


def companions(path: str, folders: Iterable[str] = DEBUG_FOLDERS) -> list[str]:
    """The debug file of each build in a file that has no debug information there itself, as far as they are found.

    Args:
        path: the binary.
        folders: folders of debug files, as distributions have them.
    """
    from symbolicate._native import debug_files

    try:
        builds = debug_files(path)
    except SymbolFileError:
        return []
    found: dict[str, None] = {}
    for build in builds:
        if build.debug_info is None and build.debug_id is not None:
            usable = (place for place in _places(path, build, tuple(folders)) if _is_of(place, build))
            found.update(dict.fromkeys(islice(usable, 1)))
    return list(found)


def linked(build: DebugFile, folders: Iterable[str] = DEBUG_FOLDERS) -> DebugFile | None:
    """An ELF file without a build id, together with the debug file that the checksum in `.gnu_debuglink` ties to it.

    None: it has a build id or debug information, its debug file is beside it, or these folders do not have it.
    """
    if build.format != "ELF" or build.debug_info is not None or build.parts():
        return None
    own = os.path.dirname(os.path.realpath(build.path)).lstrip(os.sep)
    for name in _names(build.path, build, f"{build.name}.debug"):
        for folder in folders:
            place = os.path.join(folder, own, name)
            if os.path.isfile(place) and (joined := build.with_parts([place])).parts():
                return joined
    return None


def _places(path: str, build: DebugFile, folders: tuple[str, ...]) -> Iterator[str]:
    beside, stem = os.path.dirname(path), os.path.splitext(os.path.basename(path))[0]
    if build.format == "ELF":
        if identifier := (build.code_id or "").lower():
            for folder in folders:
                yield os.path.join(folder, ".build-id", identifier[:2], f"{identifier[2:]}.debug")
        own = os.path.dirname(os.path.realpath(path)).lstrip(os.sep)
        for name in _names(path, build, f"{os.path.basename(path)}.debug"):
            yield os.path.join(beside, name)
            yield os.path.join(beside, ".debug", name)
            yield from (os.path.join(folder, own, name) for folder in folders)
    elif build.format == "PE":
        yield from (os.path.join(beside, name) for name in _names(path, build, f"{stem}.pdb"))
    elif build.format == "Mach-O":
        inside = os.path.join(f"{path}.dSYM", "Contents", "Resources", "DWARF")
        yield os.path.join(inside, os.path.basename(path))


def _names(path: str, build: DebugFile, usual: str) -> Iterator[str]:
    """The usual name of a debug file, then the one in the binary, for which it has to be read."""
    from symbolicate.symbols.checking import facts_of

    yield usual
    named = leaf(facts_of(path, build).debug_file)
    if named and is_plain(named):
        yield named


def _is_of(path: str, build: DebugFile) -> bool:
    from symbolicate._native import debug_files

    if not os.path.isfile(path):
        return False
    try:
        return any(one.debug_id == build.debug_id and (one.debug_info or one.has_symbols) for one in debug_files(path))
    except SymbolFileError:
        return False
