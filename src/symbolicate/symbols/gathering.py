"""What there is to add below paths that a person names: symbol files, and binaries and debug files by their ids.

A path is a file, a folder or an archive. Archives are unpacked into a temporary folder, and then are as any folder.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from symbolicate.errors import SymbolFileError
from symbolicate.symbols.access import unusable
from symbolicate.symbols.archives import BadArchiveError, Limits, is_archive, unpack
from symbolicate.symbols.debug_files import TOO_MANY_FILES, addable, best, is_debug_file
from symbolicate.symbols.module_files import ModuleFiles
from symbolicate.symbols.parts import ONLY_PARTS, Parts, has_parts, is_part, part_of_another
from symbolicate.symbols.text_encoding import decoded_head
from symbolicate.symbols.walk import files_below

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from symbolicate._native import DebugFile

__all__ = ["NOTHING", "Gathered", "Refused", "gather", "is_of_interest", "texts_and_archives"]

# Archives in a folder are recognised by their names, so that not every file of it has to be opened.
_ARCHIVE = re.compile(
    r"\.(zip|aab|apk|apks|ipa|xcarchive\.zip|whl|nupkg|snupkg|cab|tar|tgz|tbz2?|txz|tzst|gz|bz2|xz|zst|pd_|dl_|ex_|sy_)\Z",
    re.IGNORECASE,
)

NOTHING = "no .sym files and no debug files in it"
"""Why a folder or an archive is refused that has nothing to add."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A file or folder that cannot be added.

    Attributes:
        location: its path, or the path of its archive and its name in it.
        reason: why, in words.
        is_part: whether it is a part of another file, and of no use by itself.
    """

    location: str
    reason: str
    is_part: bool = False


@dataclass(slots=True)
class Gathered:
    """What there is to add.

    Attributes:
        texts: the paths of symbol files.
        modules: the modules of binaries and debug files, by their ids.
        refused: what cannot be added.
    """

    texts: list[str] = field(default_factory=list)
    modules: list[ModuleFiles] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    _shown: dict[str, str] = field(default_factory=dict)

    def shown(self, text: str) -> str:
        """A path, or an error with a path in it, as it is reported: a file of an archive by both their names."""
        for folder, archive in self._shown.items():
            text = text.replace(f"{folder}{os.sep}", f"{archive}: ")
        return text

    def folder_of(self, archive: str, scratch: str) -> str:
        """A new folder, below `scratch`, for the files of an archive; see `shown`."""
        folder = os.path.join(scratch, f"{len(self._shown)}")
        os.mkdir(folder)
        self._shown[folder] = self.shown(archive)
        return folder


def gather(paths: Iterable[str], scratch: str, limits: Limits | None = None, parts: Parts | None = None) -> Gathered:
    """Find everything below these paths.

    Args:
        paths: files, folders and archives.
        scratch: an empty folder, for the files of archives.
        limits: what an archive may hold.
        parts: what was named that may have parts of these files; if None, the parts among these paths.
    """
    found = Gathered()
    builds: list[DebugFile] = []
    paths = list(paths)
    own = Parts(paths) if parts is None else parts
    for path in (path for path in paths if path not in own):
        _Search(found, builds, scratch, limits or Limits()).path(path)
    by_id: dict[str, list[DebugFile]] = {}
    for build in best(own.join(builds)):
        by_id.setdefault(build.debug_id or f"code {build.code_id}", []).append(build)
    found.modules = [ModuleFiles(tuple(group)) for group in by_id.values()]
    if parts is None:
        found.refused += (Refused(path, reason, is_part=True) for path, reason in own.unused())
    return found


class _Search:
    """Adds to what was found; one for each path that was named."""

    def __init__(self, found: Gathered, builds: list[DebugFile], scratch: str, limits: Limits) -> None:
        self._found = found
        self._builds = builds
        self._scratch = scratch
        self._limits = limits

    def path(self, path: str) -> None:
        if os.path.isdir(path):
            before = self._count()
            self._folder(path)
            if self._count() == before:
                only_parts = has_parts(path)
                self._refuse(path, ONLY_PARTS if only_parts else NOTHING, is_part=only_parts)
        elif reason := unusable(path):
            self._refuse(path, reason)
        else:
            self._file(path)

    def _count(self) -> int:
        return len(self._found.texts) + len(self._found.refused) + len(self._builds)

    def _refuse(self, location: str, reason: str, *, is_part: bool = False) -> None:
        self._found.refused.append(Refused(self._found.shown(location), reason, is_part))

    def _file(self, path: str) -> None:
        from symbolicate._native import debug_files

        if is_debug_file(path):
            try:
                builds = debug_files(path)
                if is_part(builds):
                    self._refuse(path, part_of_another(builds[0]), is_part=True)
                else:
                    self._builds += addable(path, builds)
            except SymbolFileError as error:
                self._refuse(path, str(error).removeprefix(f"{path}: "))
        elif is_archive(path):
            self._archive(path)
        else:
            self._found.texts.append(path)

    def _folder(self, path: str) -> None:
        from symbolicate._native import find_debug_files

        def unreadable(error: OSError) -> None:
            self._refuse(str(error.filename), (error.strerror or "").lower())

        texts, archives = texts_and_archives(path, unreadable)
        self._found.texts += texts
        builds, refused, is_cut, _ = find_debug_files(path)
        for file, reason in refused:
            self._refuse(file, reason)
        if is_cut:
            self._refuse(path, TOO_MANY_FILES)
        self._builds += (build for build in builds if build.debug_info or build.has_symbols or build.unwind_tables)
        for archive in archives:
            self._archive(archive)

    def _archive(self, path: str) -> None:
        folder = self._found.folder_of(path, self._scratch)
        before = self._count()
        try:
            for name, reason in unpack(path, os.path.basename(path), folder, self._limits, is_of_interest):
                self._refuse(os.path.join(folder, name), reason)
        except BadArchiveError as error:
            self._refuse(path, str(error))
        except OSError as error:
            self._refuse(path, f"cannot be unpacked: {(error.strerror or str(error)).lower()}")
        self._folder(folder)
        if self._count() == before:
            self._refuse(path, NOTHING)


def texts_and_archives(folder: str, unreadable: Callable[[OSError], object]) -> tuple[list[str], list[str]]:
    """The symbol files below a folder, and the archives whose files are added.

    Args:
        folder: the folder.
        unreadable: called with the error of each folder that cannot be read.
    """
    texts, archives = [], []
    for file in files_below(folder, unreadable):
        if file.lower().endswith(".sym"):
            texts.append(file)
        elif _ARCHIVE.search(file) and is_archive(file):
            archives.append(file)
    return texts, archives


def is_of_interest(name: str, head: bytes) -> bool:
    """Whether a file of an archive may be a symbol file or a debug file, by its name and its first bytes."""
    from symbolicate._native import debug_format_of

    is_text = name.lower().endswith(".sym") or decoded_head(head[:64]).startswith("MODULE ")
    return is_text or debug_format_of(head) is not None
