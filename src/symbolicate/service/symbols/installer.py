"""Installs uploaded symbols: they are converted and stored, and the reports that they affect are queued again.

The bytes of an upload are in the blob store. One thread of each process leases committed uploads, which any process may
have received.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from symbolicate.errors import SymbolFileError
from symbolicate.service.errors import RefusedError
from symbolicate.service.limits.capacity import Capacity
from symbolicate.service.log import logger
from symbolicate.service.symbols.adoption import adopt_local_files
from symbolicate.service.symbols.held_files import HeldFiles
from symbolicate.service.symbols.holding import LEASE_SECONDS, Holding
from symbolicate.service.symbols.kinds import ORIGINAL_KINDS, READ_KINDS, SOURCE_BUNDLE, kind_of
from symbolicate.service.symbols.stated_module import of_stated_module
from symbolicate.service.symbols.storing import Storing, may_pass, reason_of
from symbolicate.store import SHARED, NotFound, StoreUnavailable
from symbolicate.symbols.archives import BadArchiveError, Limits, entries, safe_part

if TYPE_CHECKING:
    from symbolicate.service.config import Config
    from symbolicate.service.metrics import Metrics
    from symbolicate.store import App, Store, SymbolFile, SymbolUpload, UploadEntry

__all__ = ["SCRATCH", "Installer"]

SCRATCH = "installing-"
"""The prefix of folders in which uploads are extracted."""

_POLL_SECONDS = 5.0
_MARGIN_SECONDS = 180.0  # for fetching, extracting and storing a file
_MESSAGES = 20
_NAMED = 10


class _Unpacked(NamedTuple):
    """The files of an upload, the messages about them, and all that it holds, if it is stored with the files."""

    files: list[SymbolFile]
    messages: list[str]
    entries: list[UploadEntry] | None


class _LostError(Exception):
    """The lease expired, and another process has the upload."""


class Installer:
    """Installs uploads of symbols in one process.

    Args:
        store: the store of the uploads.
        config: the limits of uploads, and the folder for temporary files.
        metrics: counts what was installed.
        worker: the name of this process.
    """

    def __init__(self, store: Store, config: Config, metrics: Metrics, worker: str) -> None:
        self._store = store
        self._settings = config.symbols
        self._folder = config.symbols_dir
        self._scratch = config.uploads_dir
        self._metrics = metrics
        self._worker = worker
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._storing = Storing(store, config.symbols)
        self._capacity = Capacity(store, config)
        # A file that ends its child process is tried in a second one.
        self._file_seconds = 2 * config.symbols.install_seconds + _MARGIN_SECONDS

    def start(self) -> None:
        """Begin to install."""
        self._thread = threading.Thread(target=self._run, name="symbols", daemon=True)
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Finish the upload that is being installed, and stop."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(seconds)

    def wake(self) -> None:
        """Wake the thread, because an upload was committed."""
        self._wake.set()

    def _run(self) -> None:
        try:
            self._adopt()
            self._install_all()
        finally:
            self._storing.close()

    def _adopt(self) -> None:
        try:
            os.makedirs(self._scratch, exist_ok=True)
            adopt_local_files(self._store, self._storing, self._folder, self._scratch)
        except (OSError, StoreUnavailable) as error:
            logger.error("symbol files of an earlier version stay where they are until the next start: %s", error)
        except Exception:  # noqa: BLE001 - logged, and the thread goes on
            logger.exception("bringing over symbol files of an earlier version failed")

    def _install_all(self) -> None:
        while not self._stop.is_set():
            try:
                upload = self._store.symbols.lease_upload(self._worker, seconds=LEASE_SECONDS)
                if upload is not None and self.install(upload):
                    continue
            except StoreUnavailable as error:
                logger.error("symbols wait: the store is not available: %s", error)
            except Exception:  # noqa: BLE001 - logged, and the thread goes on
                logger.exception("installing symbols failed")
            self._wake.wait(_POLL_SECONDS)
            self._wake.clear()

    def install(self, upload: SymbolUpload) -> bool:
        """Install one upload, and record its symbols, or why it could not be used.

        Returns:
            False if it has to wait, for example for disk space. It is tried again after the others.
        """
        try:
            with Holding(self._store, upload.id, self._worker, self._file_seconds) as holding:
                files, messages, entries = self._unpack(upload, holding)
        except _LostError:
            logger.warning("an upload of symbols is another process's now", extra={"upload": upload.id})
            return True
        except (BadArchiveError, OSError, NotFound, StoreUnavailable) as error:
            if may_pass(error):
                logger.error("symbols wait: %s", error, extra={"upload": upload.id})
                self._store.symbols.give_back(upload.id)
                return False
            self._store.symbols.set_status(upload.id, "failed", message=str(error))
            self._store.symbol_chunks.release(upload.id)
            self._metrics.uploads.labels("failed").inc()
            logger.warning("an upload of symbols cannot be used: %s", error, extra={"upload": upload.id})
            return True
        if not files:
            messages.insert(0, "no symbols in it")
        if upload.owner != SHARED and not self._store.apps.any_configured():
            secret = self._store.apps.get(upload.owner).secret
            messages.append(
                f"for reports with the App-Secret {secret} alone: no app is set up, and an admin's symbols are for all"
            )
        message = "; ".join(messages[:_MESSAGES]) or None
        waiting = self._store.symbols.finish(upload.id, files, message=message, entries=entries)
        self._store.symbol_chunks.release(upload.id)
        logger.info("symbols installed", extra={"upload": upload.id, "files": len(files), "waiting": waiting})
        return True

    def _unpack(self, upload: SymbolUpload, holding: Holding) -> _Unpacked:
        files: list[SymbolFile] = []
        messages: list[str] = []
        held = HeldFiles()
        unread: list[str] = []
        app = self._store.apps.get(upload.owner) if upload.owner != SHARED else None
        kept = refused = 0
        ends = time.monotonic() + self._settings.install_total_seconds
        os.makedirs(self._scratch, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=self._scratch) as folder:
            delivered = os.path.join(folder, "delivered")
            self._fetch(upload, delivered)
            name = safe_part(os.path.basename((upload.file_name or "upload").replace("\\", "/"))) or "upload"
            inside = os.path.join(folder, "inside")
            os.mkdir(inside)
            limits = Limits(self._settings.unpacked_bytes, self._settings.files_per_upload)
            for entry in entries(delivered, name, inside, limits):
                if entry.error:
                    messages.append(f"{entry.name}: {entry.error}")
                    held.skip(entry)
                    continue
                kind = kind_of(entry.path, entry.name, upload.symbol_type)
                if kind is None:
                    held.skip(entry)
                    continue
                self._go_on(holding, ends)
                held.add(entry)
                try:
                    with tempfile.TemporaryDirectory(dir=folder) as made:
                        size = os.path.getsize(entry.path)
                        is_original = self._settings.originals and kind in ORIGINAL_KINDS
                        keep = is_original and self._has_room(app, kept + size)
                        stored, losses = self._storing.add(entry.path, entry.name, kind, made, keep=keep)
                    files.extend(stored)
                    kept += size
                    refused += is_original and not keep
                    messages.extend(f"{entry.name}: {loss}" for loss in losses)
                except SymbolFileError as error:
                    self._metrics.uploads.labels("refused").inc()
                    messages.append(f"{entry.name}: {reason_of(error, entry.name, folder)}")
                else:
                    self._metrics.uploads.labels("used").inc()
                    if kind not in READ_KINDS and kind != SOURCE_BUNDLE:
                        unread.append(f"{entry.name} ({kind})")
            if refused:
                messages.append(
                    f"not stored as they are, for debuggers, because there is no space: {refused}; "
                    "their symbols are used"
                )
            if unread:
                names = ", ".join(unread[:_NAMED]) + (", …" if len(unread) > _NAMED else "")
                messages.append(f"stored, and not used yet, because there is no reader for their kinds: {names}")
            files, others = of_stated_module(upload, files)
            return _Unpacked(files, others + messages, held.entries(delivered, files))

    def _fetch(self, upload: SymbolUpload, path: str) -> None:
        """Write the bytes of an upload to a path. An upload that came in chunks is put together, once."""
        with open(path, "wb") as stream:
            is_joined = self._store.symbol_chunks.join(upload.id, stream)
        if not is_joined:
            self._store.blobs.download(upload.blob, path)
            return
        with open(path, "rb") as joined:
            self._store.blobs.put(upload.blob, joined)

    def _has_room(self, app: App | None, size: int) -> bool:
        """Whether files of this size may be stored for an app, or with None for all."""
        try:
            self._capacity.check_symbols(app, size)
        except RefusedError:
            return False
        return True

    def _go_on(self, holding: Holding, ends: float) -> None:
        """Hold the lease for the next file.

        Raises:
            BadArchiveError: the upload has used up its time.
            _LostError: another process has it.
        """
        if time.monotonic() > ends:
            seconds = self._settings.install_total_seconds
            raise BadArchiveError(f"installation took more than {seconds:g} seconds; the files before it are not used")
        if not holding.go_on():
            raise _LostError
