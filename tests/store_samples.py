"""Small reports and uploads for tests of the store."""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from symbolicate.store import App, Done, Job, Store, SymbolFile, Upload

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SECRET = "7dfb022d-17b5-4d4a-9c75-12bc3ef5e6b7"  # noqa: S105 - an id
NOON = datetime(2018, 2, 1, 12, tzinfo=UTC)


def hash_of(name: str) -> str:
    return str(
        uuid.UUID(bytes_le=hashlib.md5(f"um:{name}".lower().encode("utf-16-le"), usedforsecurity=False).digest())
    )


def document(
    name: str = "NULL_CLASS_PTR_READ_c0000005_contosodemo.exe!main",
    *,
    locale: str = "en_US",
    version: str = "2.2.2.0",
    os_ver: str = "10.0.15063 850",
    model: str | None = None,
    missing: Sequence[tuple[str, str]] = (),
    **more: Any,
) -> bytes:
    """A finished report, smaller than any that the engine writes."""
    symbol = name.rsplit("_", maxsplit=1)[-1]
    frames = [
        {"frame": 0, "module": "contosodemo.exe", "function": "main", "function_offset": "0x0000025c"},
        {"frame": 1, "module": "kernel32.dll", "function": None, "module_offset": "0x00001234"},
    ]
    report: dict[str, Any] = {
        "failure": {"name": name, "hash": hash_of(name), "symbol": symbol, "blamed": {"thread": 0, "frame": 0}},
        "crashing_thread": {"threads_index": 0, "frames": frames},
        "system_info": {"os": "Windows NT", "os_ver": os_ver},
        "device": {"locale": locale, "model": model},
        "app": {"version": version},
        "main_module": 0,
        "modules": [{"filename": "contosodemo.exe", "debug_file": "contosodemo.pdb", "debug_id": "0" * 33}]
        + [{"debug_file": file, "debug_id": debug_id, "symbols": {"status": "missing"}} for file, debug_id in missing],
    }
    return json.dumps(report | more).encode()


def symbol_file(debug_id: str, name: str, text: str = "", **more: Any) -> SymbolFile:
    """A symbol file that exists only in the database."""
    content = hashlib.sha256(f"{debug_id}{name}{text}".encode()).hexdigest()
    given: dict[str, Any] = {
        "kind": "breakpad",
        "blob": f"symbols/files/{content}",
        "content": content,
        "quality": 12,
    } | more
    return SymbolFile(debug_id, name, **given)


def module(debug_file: str, debug_id: str, used: SymbolFile | None = None, code_id: str = "") -> dict[str, Any]:
    """A module of a report, and the symbol file that it was made with."""
    symbols = {"status": "missing", "file": None} if used is None else {"status": "loaded", "file": used.blob}
    return {"filename": debug_file, "debug_file": debug_file, "debug_id": debug_id, "code_id": code_id} | {
        "symbols": symbols
    }


def upload(number: int = 1, time: datetime | None = NOON, **more: Any) -> Upload:
    log_id = str(uuid.UUID(int=number))
    return Upload(log_id, "managedError", json.dumps({"id": log_id}).encode(), time, **more)


def take_in(store: Store, app: App, reports: Iterable[tuple[datetime, bytes]], first: int = 1) -> list[int]:
    """Have reports accepted, processed and counted; their rows."""
    reports = list(reports)
    accepted = store.accept(app, [upload(first + i, time) for i, (time, _) in enumerate(reports)])
    documents = {one.id: report for one, (_, report) in zip(accepted.reports, reports, strict=True)}
    finish(store, documents)
    return list(documents)


def finish(store: Store, documents: dict[int, bytes]) -> int:
    """Process everything that is due."""
    count = 0
    while jobs := store.queue.lease(100, worker="test"):
        count += sum(store.queue.complete([Done(job, documents[job.report_id]) for job in jobs]))
    return count


def lease_one(store: Store) -> Job:
    (job,) = store.queue.lease(1, worker="test")
    return job


def hits(store: Store, app: App, **params: str) -> list[dict[str, Any]]:
    given = {"applicationId": app.application_id, "startDate": "1/1/2018", "endDate": "12/31/2018"} | params
    return store.query.failurehits(given).value
