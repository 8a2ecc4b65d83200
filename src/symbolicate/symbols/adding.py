"""Adds everything below some paths to a store, or writes it as Breakpad text; in parallel, and in order."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from symbolicate.errors import SymbolFileError, SymbolicateError, SymbolStoreError
from symbolicate.symbols.debug_files import losses
from symbolicate.symbols.gathering import Refused, gather
from symbolicate.symbols.in_use import in_use
from symbolicate.symbols.layouts import breakpad, local_store
from symbolicate.symbols.parts import Parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from symbolicate.symbols.gathering import Gathered
    from symbolicate.symbols.module_files import ModuleFiles
    from symbolicate.symbols.store import Added, SymbolStore

__all__ = ["Written", "add_paths", "write_paths", "write_text"]

_Done = TypeVar("_Done")
# What is done with a file, and its path.
_Work: TypeAlias = "tuple[str, Callable[[], _Done]]"


@dataclass(frozen=True, slots=True)
class Written:
    """A Breakpad text that was written.

    Attributes:
        path: its path.
        losses: what its files hold and the text lacks; a clause each.
    """

    path: str
    losses: tuple[str, ...] = ()


def add_paths(store: SymbolStore, paths: Iterable[str], jobs: int = 1) -> Iterator[Added | Refused]:
    """Add the symbol files, binaries and debug files below these paths to a store.

    Each is added whole or not at all, so that an interrupted call can be repeated.

    Args:
        store: the store.
        paths: files, folders and archives.
        jobs: how many files are read in parallel.

    Raises:
        SymbolStoreError: the store cannot be written.
    """
    paths = list(paths)
    parts = Parts(paths)
    for path in (path for path in paths if path not in parts):
        with _scratch(local_store.StorePaths(store.dir).unpacking, store.dir) as scratch:
            found = gather([path], scratch, parts=parts)
            work: list[_Work[list[Added]]] = [(text, _adding_text(store, text)) for text in found.texts]
            work += [(module.builds[0].path, _adding_module(store, module)) for module in found.modules]
            yield from found.refused
            for done in _in_parallel(found, work, jobs):
                yield from [done] if isinstance(done, Refused) else done
    yield from (Refused(path, reason, is_part=True) for path, reason in parts.unused())


def write_paths(paths: Iterable[str], folder: str, jobs: int = 1) -> Iterator[Written | Refused]:
    """Write the modules of all binaries and debug files below these paths as Breakpad text, in Breakpad layout.

    A binary and its debug file, wherever they are, make one text.

    Args:
        paths: files, folders and archives; symbol files are copied.
        folder: where `<debug file>/<DEBUG ID>/<name>.sym` are written.
        jobs: how many files are read in parallel.

    Raises:
        SymbolStoreError: the folder cannot be written.
    """
    with _scratch(folder, folder) as scratch:
        found = gather(paths, scratch)
        yield from found.refused
        work: list[_Work[Written]] = [(text, _copying(text, folder)) for text in found.texts]
        work += [(module.builds[0].path, _writing(module, folder)) for module in found.modules]
        yield from _in_parallel(found, work, jobs)


def write_text(module: ModuleFiles, target: str) -> tuple[str, ...]:
    """Write the Breakpad text of a module into a file, which appears whole or not at all.

    Returns:
        What its files hold and the text lacks; a clause each.

    Raises:
        SymbolFileError: a file of it cannot be read.
        OSError: the text cannot be written.
    """
    first = module.builds[0]
    with tempfile.TemporaryDirectory(prefix=".adding-", dir=os.path.dirname(target)) as scratch:
        others = [build for build in module.unwinding if build is not first]
        unwind = [
            build.open_or_build_unwind(os.path.join(scratch, f"{number}{local_store.UNWIND}"))
            for number, build in enumerate(others)
        ]
        # A PDB does not name its binary.
        code = (module.code_id, module.image_name) if module.code_id and not first.code_id else None
        return losses(first.convert(target, module.name, code, unwind), first.refused_builds)


def _adding_text(store: SymbolStore, path: str) -> Callable[[], list[Added]]:
    return lambda: store.add_all(path)


def _adding_module(store: SymbolStore, module: ModuleFiles) -> Callable[[], list[Added]]:
    return lambda: store.add_module(module)


def _copying(path: str, folder: str) -> Callable[[], Written]:
    from symbolicate.symbols.acceptance import unidentified
    from symbolicate.symbols.module_line import module_line

    def work() -> Written:
        line = module_line(path)
        if line is None:
            raise SymbolFileError(f"{path}: {unidentified(path)}")
        name = line.debug_file or os.path.splitext(os.path.basename(path))[0]
        target = _target(folder, name, line.debug_id or line.code_id)
        shutil.copyfile(path, target)
        return Written(target)

    return work


def _writing(module: ModuleFiles, folder: str) -> Callable[[], Written]:
    def work() -> Written:
        first = module.builds[0]
        target = _target(folder, module.name, first.debug_id or first.code_id or "")
        return Written(target, write_text(module, target))

    return work


def _target(folder: str, name: str, identifier: str) -> str:
    parts = breakpad.sym_paths(name, identifier) or (local_store.stored_path(name, identifier),)
    target = os.path.join(folder, *parts[0])
    os.makedirs(os.path.dirname(target), exist_ok=True)
    return target


def _in_parallel(found: Gathered, work: list[_Work[_Done]], jobs: int) -> Iterator[_Done | Refused]:
    """The results in order; an error of one is its result."""

    def run(one: _Work[_Done]) -> _Done | Refused:
        path, do = one
        try:
            return do()
        except SymbolStoreError:
            raise
        except OSError as error:
            raise SymbolStoreError(f"{error.filename}: {error.strerror or error}") from error
        except SymbolicateError as error:
            return Refused(found.shown(path), found.shown(str(error).removeprefix(f"{path}: ")))

    pool = ThreadPoolExecutor(max(1, jobs))
    try:
        yield from pool.map(run, work)
    finally:
        # An interrupt ends what has begun, and nothing more begins.
        pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _scratch(below: str, named: str) -> Iterator[str]:
    """A temporary folder below a folder, which is created if necessary.

    Raises:
        SymbolStoreError: it cannot be created; the error is about the path `named`.
    """
    try:
        os.makedirs(below, exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix=".adding-", dir=below, ignore_cleanup_errors=True)
    except OSError as error:
        raise SymbolStoreError(f"{named}: {(error.strerror or str(error)).lower()}") from error
    with folder as path, in_use(path):
        yield path
