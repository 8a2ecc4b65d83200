"""Making uploaded symbols usable: into the symbol store, into the database, and back to the queue what waited for them.

The bytes of an upload lie in the blob store. One thread of each process takes committed uploads, whoever took them in.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
import threading
from typing import TYPE_CHECKING

from symbolicate.errors import StoreError, SymbolFileError
from symbolicate.isolation.messages import Added, AddSymbols, Failed
from symbolicate.isolation.process import IsolatedProcess, ProcessEndedError
from symbolicate.service.journal import logger
from symbolicate.service.symbol_uploads.archive import Entry, entries
from symbolicate.service.symbol_uploads.errors import BadArchiveError
from symbolicate.service.symbol_uploads.kinds import READ_KINDS, kind_of
from symbolicate.store import StoreUnavailable, SymbolFile

if TYPE_CHECKING:
    from symbolicate.isolation.messages import AddedFile
    from symbolicate.service.config import Config
    from symbolicate.service.metrics import Metrics
    from symbolicate.store import Store, SymbolUpload

__all__ = ["Installer", "kept_dir", "stamp_path"]

_LEASE_SECONDS = 600
_POLL_SECONDS = 5.0
_PART_LENGTH = 200
_MESSAGES = 20
# What is about the disk, or about this process, and not about the upload.
_PASSING = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EACCES, errno.EMFILE, errno.ENFILE, errno.ENOMEM}
)
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"|?*]')


def stamp_path(symbols_dir: str) -> str:
    """A file that is touched when symbols were added: who has open sessions makes new ones."""
    return os.path.join(symbols_dir, ".changed")


def kept_dir(symbols_dir: str) -> str:
    """Where files lie that are not Breakpad's: dSYMs and others, as they were uploaded."""
    return os.path.join(symbols_dir, "uploaded")


class Installer:
    """Installs uploads of symbols in one process.

    Args:
        store: where uploads are.
        config: where symbols go, and how large an upload may be.
        metrics: counts what was installed.
        worker: the name of this process.
    """

    def __init__(self, store: Store, config: Config, metrics: Metrics, worker: str) -> None:
        self._store = store
        self._settings = config.symbols
        self._folder = config.symbols_dir
        self._metrics = metrics
        self._worker = worker
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._reader = IsolatedProcess(config.symbols.install_memory_bytes)

    def start(self) -> None:
        """Begin to install."""
        self._thread = threading.Thread(target=self._run, name="symbols", daemon=True)
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Finish the upload that is being installed, and end."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(seconds)

    def wake(self) -> None:
        """Say that an upload was committed."""
        self._wake.set()

    def _run(self) -> None:
        try:
            self._install_all()
        finally:
            self._reader.close()

    def _install_all(self) -> None:
        while not self._stop.is_set():
            try:
                upload = self._store.symbols.lease_upload(self._worker, seconds=_LEASE_SECONDS)
                if upload is not None and self.install(upload):
                    continue
            except StoreUnavailable as error:
                logger.error("symbols wait: the store is not available: %s", error)
            except Exception:  # noqa: BLE001 - logged, and the thread goes on
                logger.exception("installing symbols failed")
            self._wake.wait(_POLL_SECONDS)
            self._wake.clear()

    def install(self, upload: SymbolUpload) -> bool:
        """Install one upload, and say in it what it held or why it could not be used.

        Returns:
            False if it has to wait: there was no room for it, say. It is tried again, after the others.
        """
        try:
            files, messages = self._unpack(upload)
        except (BadArchiveError, OSError, StoreUnavailable) as error:
            if _may_pass(error):
                logger.error("symbols wait: %s", error, extra={"upload": upload.id})
                self._store.symbols.give_back(upload.id)
                return False
            self._store.symbols.set_status(upload.id, "failed", message=str(error))
            self._metrics.uploads.labels("failed").inc()
            logger.warning("an upload of symbols cannot be used: %s", error, extra={"upload": upload.id})
            return True
        if not files:
            messages.insert(0, "no symbols in it")
        message = "; ".join(messages[:_MESSAGES]) or None
        self._touch_stamp()
        waiting = self._store.symbols.finish(upload.id, files, message=message)
        waiting += self._requeue_everywhere(files)
        logger.info("symbols installed", extra={"upload": upload.id, "files": len(files), "waiting": waiting})
        return True

    def _requeue_everywhere(self, files: list[SymbolFile]) -> int:
        """The symbol folder is one for all apps, so other apps' reports may have waited for the same files."""
        identifiers = sorted({file.debug_id for file in files if file.debug_id})
        waiting = self._store.symbols.waiting_for(None, identifiers) if identifiers else []
        return self._store.queue.requeue(waiting, reason="symbols") if waiting else 0

    def _unpack(self, upload: SymbolUpload) -> tuple[list[SymbolFile], list[str]]:
        files: list[SymbolFile] = []
        messages: list[str] = []
        os.makedirs(self._folder, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".upload-", dir=self._folder) as folder:
            delivered = os.path.join(folder, "delivered")
            if upload.blob is None:
                raise BadArchiveError("its bytes are gone")
            self._store.blobs.download(upload.blob, delivered)
            name = _safe_name(os.path.basename((upload.file_name or "upload").replace("\\", "/"))) or "upload"
            inside = os.path.join(folder, "inside")
            os.mkdir(inside)
            for entry in entries(
                delivered,
                name,
                inside,
                unpacked_bytes=self._settings.unpacked_bytes,
                files=self._settings.files_per_upload,
            ):
                kind = kind_of(entry.path, entry.name, upload.symbol_type)
                if kind is None:
                    continue
                try:
                    files.extend(self._add(entry, kind, upload))
                    self._metrics.uploads.labels("used").inc()
                except SymbolFileError as error:
                    self._metrics.uploads.labels("refused").inc()
                    messages.append(f"{entry.name}: {str(error).rpartition(': ')[2]}")
        return files, messages

    def _add(self, entry: Entry, kind: str, upload: SymbolUpload) -> list[SymbolFile]:
        """Add a file to the symbol store, or keep it if there is no reader for it; what it held.

        Raises:
            SymbolFileError: it cannot be used.
        """
        if kind == "breakpad":
            place = entry.path
        else:
            # Its name and its bundle say what it is of, so it is read from where it is kept.
            place = self._keep(entry, upload)
            if kind not in READ_KINDS:
                path = os.path.relpath(place, self._folder)
                return [SymbolFile("", os.path.basename(place), kind, size=entry.size, path=path)]
        return [
            SymbolFile(
                debug_id=added.debug_id,
                debug_file=added.name,
                kind=kind,
                arch=added.arch,
                size=entry.size,
                path=os.path.relpath(added.path, self._folder),
                code_id=added.code_id,
            )
            for added in self._add_to_store(place)
        ]

    def _add_to_store(self, place: str) -> list[AddedFile]:
        """Have a file read and added in a process that it cannot take this one with.

        Raises:
            SymbolFileError: it cannot be used.
            StoreError: the store cannot be written.
        """
        request = AddSymbols(place, self._folder, self._settings.install_seconds)
        try:
            answer = self._reader.ask(request)
        except ProcessEndedError as error:
            raise SymbolFileError(f"{place}: {error}") from None
        if isinstance(answer, Added):
            return answer.files
        if isinstance(answer, Failed) and answer.kind == "store":
            cause = OSError(answer.errno, answer.message) if answer.errno is not None else None
            raise StoreError(answer.message) from cause
        raise SymbolFileError(answer.message if isinstance(answer, Failed) else f"{place}: no answer")

    def _keep(self, entry: Entry, upload: SymbolUpload) -> str:
        """Keep a file in its bundle's shape, in a folder of the upload; its place."""
        parts = [_safe_name(part) for part in entry.name.split("/")]
        place = os.path.join(kept_dir(self._folder), upload.id, *[part for part in parts if part] or ["file"])
        try:
            os.makedirs(os.path.dirname(place), exist_ok=True)
            shutil.copyfile(entry.path, place + ".part")
            os.replace(place + ".part", place)
        except OSError as error:
            if _may_pass(error):
                raise
            raise SymbolFileError(f"{entry.name}: cannot be kept: {error.strerror}") from None
        return place

    def _touch_stamp(self) -> None:
        path = stamp_path(self._folder)
        with open(path, "ab"):
            os.utime(path)


def _may_pass(error: BadArchiveError | OSError | StoreUnavailable) -> bool:
    """Whether the same upload may be installed later, when there is room again."""
    cause = error.__cause__ if isinstance(error, StoreError) else error
    if isinstance(cause, OSError):
        # Errors of the native converter carry no number.
        return cause.errno in _PASSING or (cause.errno is None and isinstance(error, StoreError))
    return isinstance(error, StoreUnavailable)


def _safe_name(part: str) -> str:
    """A part of a path that cannot lead anywhere; empty if nothing is left of it."""
    part = _UNSAFE.sub("_", part.replace("\\", "_").replace("/", "_")).strip()
    encoded = part.encode("utf-8", "replace")[:_PART_LENGTH]
    return "" if part in {"", ".", ".."} else encoded.decode("utf-8", "ignore")
