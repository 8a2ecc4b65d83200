"""Converts and stores a file: a child process reads it; its text and its unwind tables go to the blob store."""

from __future__ import annotations

import errno
import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from symbolicate.errors import SymbolFileError, SymbolStoreError
from symbolicate.isolation.messages import Added, AddSymbols, Failed
from symbolicate.isolation.process import IsolatedProcess, ProcessEndedError
from symbolicate.service.symbols.kinds import ORIGINAL_KINDS, READ_KINDS, SOURCE_BUNDLE
from symbolicate.store import EXPORTS, QUALITY, StoreUnavailable, SymbolFile
from symbolicate.symbols.archives import safe_part
from symbolicate.symbols.source_bundle import SourceBundle

if TYPE_CHECKING:
    from symbolicate.isolation.messages import AddedFile, Build
    from symbolicate.service.config import Symbols
    from symbolicate.store import Store

__all__ = ["Storing", "may_pass", "reason_of"]

# Errors of the disk or of this process, not of the upload.
_PASSING = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EACCES, errno.EMFILE, errno.ENFILE, errno.ENOMEM}
)
# The records that mean each part of a file's quality.
_RECORDS = {
    "functions": ("functions",),
    "lines": ("lines",),
    "inlines": ("inlines",),
    "unwind": ("cfi", "stack_win"),
}


class Storing:
    """Stores the files of uploads. For one thread.

    Args:
        store: the store of the files.
        settings: the limits of time and memory for reading a file.
    """

    def __init__(self, store: Store, settings: Symbols) -> None:
        self._store = store
        self._seconds = settings.install_seconds
        self._reader = IsolatedProcess(settings.install_memory_bytes)

    def close(self) -> None:
        """End the child process."""
        self._reader.close()

    def add(
        self, path: str, name: str, kind: str, folder: str, *, keep: bool = True
    ) -> tuple[list[SymbolFile], list[str]]:
        """Store a file: symbols and unwind tables of each build in it, or the file unchanged if its kind has no reader.

        A binary or debug file is also stored as it is, for debuggers and other tools that ask for it.

        Args:
            path: the file.
            name: its name in the upload, with forward slashes.
            kind: its kind.
            folder: an empty folder for temporary files, on the same disk as the file.
            keep: whether a binary or debug file is also stored as it is.

        Returns:
            The files that were stored, and what they lack of a debug information file.

        Raises:
            SymbolFileError: it cannot be used.
            SymbolStoreError: there is no space for the converted file.
            OSError: it cannot be read.
            StoreUnavailable: it cannot be stored.
        """
        parts = [part for part in map(safe_part, name.split("/")) if part] or ["file"]
        if kind == SOURCE_BUNDLE:
            return [self._sources(path, kind)], []
        if kind not in READ_KINDS:
            content, blob = self._store.symbol_files.put(path)
            return [SymbolFile("", parts[-1], kind, size=os.path.getsize(path), blob=blob, content=content)], []
        if kind in ORIGINAL_KINDS:
            path = _in_shape(path, name, parts, folder)
        answer = self._read(path, os.path.join(folder, "made"))
        made = answer.files
        stored = [self._stored(added, kind, added.path, "symbols", _quality(added)) for added in made if added.path]
        stored += [
            self._stored(added, kind, added.unwind, "unwind", QUALITY["unwind"]) for added in made if added.unwind
        ]
        if keep and answer.builds:
            stored += self._originals(path, kind, answer.builds)
        if answer.nothing and not stored:
            raise SymbolFileError(answer.nothing)
        return stored, [loss for added in made for loss in added.losses]

    def _sources(self, path: str, kind: str) -> SymbolFile:
        """A bundle of source code."""
        with SourceBundle(path) as bundle:
            found = SymbolFile(bundle.debug_id, bundle.name, kind, arch=bundle.arch, part="source")
        content, blob = self._store.symbol_files.put(path)
        return replace(found, size=os.path.getsize(path), blob=blob, content=content)

    def _originals(self, path: str, kind: str, builds: list[Build]) -> list[SymbolFile]:
        """The file as it is, for each build in it."""
        size = os.path.getsize(path)
        content, blob = self._store.symbol_files.put(path)
        return [
            SymbolFile(
                build.debug_id,
                build.name,
                kind,
                arch=build.arch,
                size=size,
                code_id=build.code_id,
                blob=blob,
                content=content,
                part=build.part,
            )
            for build in builds
        ]

    def _stored(
        self, added: AddedFile, kind: str, path: str, part: Literal["symbols", "unwind"], quality: int
    ) -> SymbolFile:
        size = os.path.getsize(path)
        content, blob = self._store.symbol_files.put(path)
        return SymbolFile(
            debug_id=added.debug_id,
            debug_file=added.name,
            kind=kind,
            arch=added.arch,
            size=size,
            code_id=added.code_id,
            blob=blob,
            content=content,
            quality=quality,
            part=part,
        )

    def _read(self, path: str, folder: str) -> Added:
        """Have a file read and converted by the child process."""
        try:
            answer = self._reader.ask(AddSymbols(path, folder, self._seconds))
        except ProcessEndedError as error:
            raise SymbolFileError(f"{path}: {error}") from None
        if isinstance(answer, Added):
            return answer
        if isinstance(answer, Failed) and answer.kind == "store":
            cause = OSError(answer.errno, answer.message) if answer.errno is not None else None
            raise SymbolStoreError(answer.message) from cause
        raise SymbolFileError(answer.message if isinstance(answer, Failed) else f"{path}: no answer")


def may_pass(error: Exception) -> bool:
    """Whether the same upload may be installed later, when there is space again."""
    cause = error.__cause__ if isinstance(error, SymbolStoreError) else error
    if isinstance(cause, OSError):
        # Errors of the native converter have no errno.
        return cause.errno in _PASSING or (cause.errno is None and isinstance(error, SymbolStoreError))
    return isinstance(error, StoreUnavailable)


def reason_of(error: SymbolFileError, name: str, folder: str) -> str:
    """Why a file cannot be used, without the name or the temporary path that the error begins with.

    Args:
        error: states the reason, in which there may be colons.
        name: the file's name in the upload.
        folder: where its temporary paths are; the rest of one, made by `safe_part`, has no colon.
    """
    message = str(error)
    if message.startswith(f"{folder}{os.sep}"):
        return message[len(folder) :].partition(": ")[2].replace(f"{folder}{os.sep}", "")
    return message.removeprefix(f"{name}: ")


def _in_shape(path: str, name: str, parts: list[str], folder: str) -> str:
    """The file under its own name in its bundle, which names the program of a debug information file."""
    shaped = os.path.join(folder, "delivered", *parts)
    try:
        os.makedirs(os.path.dirname(shaped), exist_ok=True)
        try:
            os.link(path, shaped)
        except OSError:
            shutil.copyfile(path, shaped)
    except OSError as error:
        if may_pass(error):
            raise
        raise SymbolFileError(f"{name}: cannot be unpacked: {error.strerror}") from None
    return shaped


def _quality(added: AddedFile) -> int:
    counts = added.counts
    parts = sum(bit for part, bit in QUALITY.items() if any(counts.get(record, 0) for record in _RECORDS[part]))
    return parts | (EXPORTS if added.content == "exports" else 0)
