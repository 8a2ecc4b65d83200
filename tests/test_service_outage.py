"""The disk is full, the database is stopped: nothing acknowledged is lost, and the service continues afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import random
import subprocess
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("litestar")

from service_process import Answer, Service, multipart, service, until
from symbolicate.store import Store
from test_service_chain import CLIENTS, Load, hits
from test_service_symbols import UPLOADS, begin, packed, put
from tiny_dump import DEBUG_FILE, DEBUG_ID, SYM, tiny_dump

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from postgresql import PostgreSQL

MIB = 1024 * 1024
# How often the database is ended under load; `SYMBOLICATE_TEST_OUTAGES=50` for a thorough run.
OUTAGES = int(os.environ.get("SYMBOLICATE_TEST_OUTAGES", "2"))
ENV = {
    "SYMBOLICATE_INGEST_REPORTS_PER_MINUTE": "0",
    "SYMBOLICATE_WORKERS_LEASE_SECONDS": "2",
    "SYMBOLICATE_LIMITS_REQUESTS_PER_MINUTE": "0",
    "SYMBOLICATE_STORAGE_MARGIN_BYTES": "0",  # the case in which the margin was not enough
}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 MiB, which only an administrator can mount."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m,mode=0777", "tests", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small disk cannot be mounted here: needs an administrator's rights")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(disk: Path) -> Path:
    """Use all free space."""
    filler = disk / "filler"
    with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as stream:
        for size in (MIB, 4096, 1):
            with contextlib.suppress(OSError):
                while True:
                    stream.write(b"x" * size)
    return filler


def log(size: int) -> dict[str, Any]:
    """A crash whose log is hardly compressible."""
    return {
        "type": "managedError",
        "id": str(uuid.uuid4()),
        "exception": {"type": "E", "message": os.urandom(size // 2).hex(), "frames": []},
    }


def submitted(running: Service, size: int) -> Answer:
    dump = tiny_dump(thread_id=random.getrandbits(30)) + os.urandom(size)
    body, content_type = multipart({"prod": "Dumps"}, [("upload_file_minidump", "a.dmp", dump)])
    return running.ask("POST", "/submit", body, {"Content-Type": content_type}, token=None)


def processed(running: Service) -> bool:
    queue = running.get("/api/v1/queue").json
    return not (queue["queued"] or queue["leased"])


@dataclass
class Sender:
    """Sends logs and dumps in turn, and records what was stored and how the rest was refused."""

    running: Service
    logs: list[str] = field(default_factory=list)
    dumps: list[str] = field(default_factory=list)
    refused: list[Answer] = field(default_factory=list)

    def send(self, count: int) -> None:
        for number in range(count):
            one = log(20_000)
            small = number % 2 == 0
            answer = self.running.logs(one, secret="Logs") if small else submitted(self.running, 200_000)  # noqa: S106
            if answer.status != 200:
                self.refused.append(answer)
            elif small:
                self.logs.append(one["id"])
            else:
                self.dumps.append(answer.body.decode())

    def check(self, store: Store) -> None:
        app = store.apps.by_secret("Logs")
        assert app is not None
        for identifier in self.logs:
            [report] = store.reports.by_log_id(app, identifier)
            assert json.loads(store.data(report))["id"] == identifier
        for identifier in self.dumps:
            assert store.data(store.reports.get(identifier)).startswith(b"MDMP")


@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_full_disk_takes_nothing_and_loses_nothing(small_disk: Path, workers: str) -> None:
    data = small_disk / "data"
    with service(data, "--workers", workers, **ENV) as running:
        sender = Sender(running)
        sender.send(10)
        assert sender.refused == []
        filler = fill(small_disk)
        sender.send(60)  # space that the database has allocated already may still hold a few
        refused, sender.refused = sender.refused, []
        assert len(refused) > 20
        assert {answer.status for answer in refused} == {503}
        assert all(int(answer.headers["x-ms-retry-after-ms"]) > 0 for answer in refused)
        bodies = [answer.json for answer in refused if answer.headers["content-type"] == "application/json"]
        assert {body["status"] for body in bodies} == {"ServiceUnavailable"}
        assert running.get("/healthz").status == 200
        filler.unlink()
        until(lambda: running.get("/readyz").status == 200)
        sender.send(10)
        assert sender.refused == []
        if workers != "0":
            until(lambda: processed(running))
            assert running.get("/api/v1/queue").json["aside"] == 0
            assert sum(row["eventCount"] for row in hits(running, "Dumps")["Value"]) == len(sender.dumps)
    with Store.open(data=data) as store:
        sender.check(store)


def test_a_full_disk_for_blobs_refuses_large_reports_alone(small_disk: Path, tmp_path: Path) -> None:
    with service(tmp_path / "data", "--workers", "0", SYMBOLICATE_BLOBS=str(small_disk / "blobs"), **ENV) as running:
        assert submitted(running, 200_000).status == 200
        filler = fill(small_disk)
        answer = submitted(running, 200_000)
        assert answer.status == 503
        assert "x-ms-retry-after-ms" in answer.headers
        assert running.logs(log(1000)).status == 200
        filler.unlink()
        assert submitted(running, 200_000).status == 200


def test_symbols_committed_while_the_disk_is_full_are_used_when_there_is_space(
    small_disk: Path, tmp_path: Path
) -> None:
    with service(tmp_path / "data", "--workers", "0", SYMBOLICATE_BLOBS=str(small_disk / "blobs"), **ENV) as running:
        begun = begin(running)
        filling = "".join(f"PUBLIC {number:x} 0 f{uuid.uuid4().hex}\n" for number in range(0x10000, 0x11000))
        put(running, begun, packed((f"{DEBUG_FILE}/{DEBUG_ID}/app.sym", SYM + filling.encode())))
        filler = fill(small_disk)
        path = f"{UPLOADS}/{begun['symbol_upload_id']}"
        assert running.ask("PATCH", path, {"status": "committed"}).status == 200
        time.sleep(1)
        assert running.get(path).json["status"] in {"committed", "processing"}
        filler.unlink()
        told = until(lambda: (found := running.get(path).json)["status"] in {"indexed", "failed"} and found, 60)
        assert told["status"] == "indexed"
        assert [one["used"] for one in told["symbols_uploaded"]] == [True]


@pytest.mark.timeout(120 + 10 * OUTAGES)
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_database_that_ends_under_load_loses_nothing(
    database_url: str, postgresql: PostgreSQL, tmp_path: Path
) -> None:
    with service(tmp_path, SYMBOLICATE_DB=database_url, **ENV) as running:
        load = Load([running])
        clients = [threading.Thread(target=load.client, args=(number,)) for number in range(CLIENTS)]
        for one in clients:
            one.start()
        try:
            for _ in range(OUTAGES):
                time.sleep(random.uniform(0.3, 1.2))  # noqa: S311 - any moment
                postgresql.stop("immediate")
                try:
                    time.sleep(0.3)
                finally:
                    postgresql.start()
            time.sleep(0.5)
        finally:
            load.ended.set()
            for one in clients:
                one.join()
        load.check(tmp_path, database_url)
