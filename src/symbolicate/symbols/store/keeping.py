"""Adds the symbols and unwind tables of a file, or of the files of a module, to a store.

Each part is kept whole or not at all. Of two files with symbols of one id the one with more is kept (see `content`), of
equals the later; unwind tables that are damaged do not replace those that are there. What an earlier version made of a
file, and may have read less of, gives way when the file is added again.
"""

from __future__ import annotations

import contextlib
import filecmp
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from symbolicate.errors import SymbolFileError, SymbolStoreError
from symbolicate.symbols import ids
from symbolicate.symbols.acceptance import NO_RECORDS, has_symbols, identity, open_in_memory, unidentified
from symbolicate.symbols.access import unusable
from symbolicate.symbols.content import FUNCTIONS, rank
from symbolicate.symbols.debug_files import addable, is_debug_file, losses
from symbolicate.symbols.generator import HEAD_BYTES, is_of_another_version
from symbolicate.symbols.module_files import ModuleFiles
from symbolicate.symbols.module_line import module_line
from symbolicate.symbols.text_encoding import transcode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from symbolicate._native import DebugFile, SymbolFile
    from symbolicate.symbols.layouts.local_store import StorePaths
    from symbolicate.symbols.store.indexes import Indexes

__all__ = ["Added", "keep_file", "keep_module"]


@dataclass(frozen=True, slots=True)
class Added:
    """A symbol file that was added to a store.

    Attributes:
        source: the file it came from.
        path: its path in the store.
        symbols: the opened file: its module, counts and diagnostics.
        losses: what was left out of a debug information file, damaged or beyond a limit; a clause each.
        unwind: the unwind tables that were kept of it, by their usual names.
        unwind_path: where they are in the store; empty without any.
        is_new: whether it was not there already, nor a file with more symbols of this id.
    """

    source: str
    path: str
    symbols: SymbolFile
    losses: tuple[str, ...] = ()
    unwind: tuple[str, ...] = ()
    unwind_path: str = ""
    is_new: bool = True


class _Kept(NamedTuple):
    """The unwind tables that were kept of a build, and whether the store had none of it."""

    names: tuple[str, ...] = ()
    is_new: bool = False


def keep_file(path: str, paths: StorePaths, indexes: Indexes) -> list[Added]:
    """Keep a symbol file, or each build in a debug file.

    Raises:
        SymbolFileError: it is no symbol file, names no build, has no symbol records, or cannot be read.
        SymbolStoreError: the store cannot be written.
    """
    if is_debug_file(path):
        from symbolicate._native import debug_files

        builds = addable(path, debug_files(path))
        return [added for build in builds for added in keep_module(ModuleFiles((build,)), paths, indexes)]
    return [_keep_text(path, paths, indexes)]


def keep_module(module: ModuleFiles, paths: StorePaths, indexes: Indexes) -> list[Added]:
    """Keep the builds of a module: the records of the best one as text, and all unwind tables as they are.

    Raises:
        SymbolFileError: a file of it cannot be read.
        SymbolStoreError: the store cannot be written.
    """
    best, unwinding = module.builds[0], module.unwinding
    try:
        kept: dict[DebugFile, _Kept] = {}
        damaged: list[SymbolFileError] = []
        for build in unwinding:
            try:
                kept[build] = _keep_unwind(build, paths.kept_unwind(build))
            except SymbolFileError as error:  # the other half is good all the same
                kept[build] = _Kept()
                damaged.append(error)
        added: list[Added] = []
        if best.debug_info or best.has_symbols:
            added.append(_keep_symbols(best, module.name, kept.get(best, _Kept()), paths, indexes))
        others = [build for build in unwinding if kept[build].names and (build is not best or not added)]
        added += (_only_unwind(build, kept[build], paths) for build in others)
    except SymbolStoreError:
        raise
    except OSError as error:
        raise SymbolStoreError(f"{error.filename}: {error.strerror or error}") from error
    if not added and damaged:
        raise damaged[0]
    if not added:
        raise SymbolFileError(f"{best.path}: no symbol records, and no unwind tables that can be read")
    return added


def _keep_unwind(build: DebugFile, target: str) -> _Kept:
    """Keep the unwind tables of a build. Those that are there, of another file of this id, give way only to more.

    Raises:
        SymbolFileError: the file cannot be read.
        SymbolStoreError: they cannot be written.
        OSError: as above.
    """
    from symbolicate._native import UnwindTables
    from symbolicate.atomic import AtomicFile

    there = build.stored_unwind(target)
    had = () if there is None else tuple(there.names)
    if had and set(had).issuperset(build.unwind_tables):
        return _Kept(had)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with AtomicFile(target) as made:
        if not set(build.open_or_build_unwind(made.temporary).names) > set(had):
            # Its headers name tables, which are empty or damaged.
            made.discard()
            return _Kept(had)
        try:
            found = tuple(UnwindTables.open(made.temporary).names)
        except SymbolFileError as error:
            # What could not be written was in memory.
            raise SymbolStoreError(f"{target}: {error}") from error
        return _Kept(found, is_new=bool(had) or not os.path.exists(target))


def _keep_symbols(build: DebugFile, name: str, unwind: _Kept, paths: StorePaths, indexes: Indexes) -> Added:
    """Keep the records of a build as text."""
    from symbolicate.atomic import AtomicFile

    identifier = ids.of_build(build)
    target, lost, is_new = paths.text(name, identifier), (0, 0, 0), True
    there = rank(indexes.open_text(target, name, identifier).content) if os.path.isfile(target) else None
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if there is None:
        lost = build.convert(target, name)
    # Of its parts some may not have been there before.
    elif (is_outdated := _is_outdated(target)) or _may_have_more(build, target, there) or build.parts():
        with AtomicFile(target) as made:
            lost = build.convert(made.temporary, name)
            made_rank = rank(indexes.open_text(made.temporary, name, identifier).content)
            is_new = made_rank > there or (made_rank == there and (is_outdated or build.debug_info is not None))
            if not is_new:
                made.discard()
            elif filecmp.cmp(made.temporary, target, shallow=False):
                is_new = False
    else:
        is_new = False
    return Added(
        source=build.path,
        path=target,
        symbols=indexes.open_text(target, name, identifier),
        losses=losses(lost, build.refused_builds),
        unwind=unwind.names,
        unwind_path=paths.kept_unwind(build) if unwind.names else "",
        is_new=is_new or unwind.is_new,
    )


def _is_outdated(text: str) -> bool:
    """Whether another version of this program made a text."""
    with open(text, "rb") as file:
        return is_of_another_version(file.read(HEAD_BYTES))


def _may_have_more(build: DebugFile, text: str, there: int) -> bool:
    """Whether a build may have more symbols than a text of its id that is in the store, or others.

    A text has the time of the file that it was made from. An image and its debug file may have one time.
    """
    has_time = _has_time_of(text, build.path)
    if build.debug_info is None:
        return there < FUNCTIONS and not has_time
    return there < FUNCTIONS or not has_time


def _only_unwind(build: DebugFile, unwind: _Kept, paths: StorePaths) -> Added:
    from symbolicate._native import SymbolFile

    head = f"MODULE unknown {build.arch} {build.debug_id or '0' * 33} {build.name}\nINFO CODE_ID {build.code_id}\n"
    target = paths.kept_unwind(build)
    symbols = SymbolFile.from_text(head.encode())
    return Added(build.path, target, symbols, unwind=unwind.names, unwind_path=target, is_new=unwind.is_new)


def _keep_text(source: str, paths: StorePaths, indexes: Indexes) -> Added:
    """Copy a symbol file into the store and build its index."""
    if reason := unusable(source):
        raise SymbolFileError(f"{source}: {reason}")
    line = module_line(source)
    if line is None and (line := identity(open_in_memory(source))) is None:
        raise SymbolFileError(f"{source}: {unidentified(source)}")
    name = line.debug_file or os.path.splitext(os.path.basename(source))[0]
    identifier = line.debug_id or line.code_id
    target, is_new = paths.text(name, identifier), False
    try:
        there = rank(indexes.open_text(target, name, identifier).content) if os.path.isfile(target) else None
        with _as_utf8(source, line.encoding, paths.converted) as text:
            # The copy has the size and the time of the text, so the index that is built here serves it, too.
            opened = indexes.open_text(text, name, identifier)
            if not has_symbols(opened):
                with contextlib.suppress(OSError):
                    os.unlink(paths.index(name, identifier))
                raise SymbolFileError(f"{source}: {NO_RECORDS}")
            if there is None or rank(opened.content) >= there:
                os.makedirs(os.path.dirname(target), exist_ok=True)
                is_new = not _is_copy(target, text)
                _copy_into_place(text, target)
    except OSError as error:
        raise SymbolStoreError(f"{target}: {error.strerror or error}") from error
    return Added(source, target, indexes.open_text(target, name, identifier), is_new=is_new)


def _has_time_of(path: str, source: str) -> bool:
    """Whether a file is there and has the time of another."""
    try:
        return os.stat(path).st_mtime_ns == os.stat(source).st_mtime_ns
    except OSError:
        return False


def _is_copy(path: str, source: str) -> bool:
    """Whether a file is there and has the time and the size of another."""
    return _has_time_of(path, source) and os.path.getsize(path) == os.path.getsize(source)


@contextlib.contextmanager
def _as_utf8(source: str, encoding: str, folder: str) -> Iterator[str]:
    """The file itself, or, if it is in UTF-16, a transcoded copy in a folder, for as long as it is needed."""
    if not encoding:
        yield source
        return
    os.makedirs(folder, exist_ok=True)
    copy = os.path.join(folder, f".adding-{os.getpid()}-{os.urandom(4).hex()}")
    try:
        transcode(source, copy, encoding)
        yield copy
    finally:
        with contextlib.suppress(OSError):
            os.unlink(copy)


def _copy_into_place(source: str, target: str) -> None:
    """Copy a file; the copy appears whole or not at all."""
    import shutil

    from symbolicate.atomic import AtomicFile

    if os.path.exists(target) and os.path.samefile(source, target):
        return
    with AtomicFile(target) as copy:
        # With its time: an index is valid for a size and a time, and both copies share one index.
        shutil.copy2(source, copy.temporary)
        os.chmod(copy.temporary, 0o644)
