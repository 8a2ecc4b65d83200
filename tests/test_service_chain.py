"""End to end: reports are sent, symbols follow, queries are answered; and nothing is lost, whatever is killed."""

from __future__ import annotations

import datetime as dt
import http.client
import itertools
import json
import os
import random
import socket
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa

pytest.importorskip("litestar")

from service_process import Process, Service, multipart, service, until
from symbolicate import failure_hash
from symbolicate.store import Store
from symbolicate.store.database.tables import SYMBOL_UPLOAD
from test_service_symbols import commit, packed, put
from tiny_dump import DEBUG_FILE, DEBUG_ID, SYM, tiny_dump

if TYPE_CHECKING:
    from pathlib import Path

# How often a service is killed; `SYMBOLICATE_TEST_KILLS=50` for a thorough run.
KILLS = int(os.environ.get("SYMBOLICATE_TEST_KILLS", "2"))
CLIENTS = 8
TODAY = f"{dt.datetime.now(dt.UTC):%m/%d/%Y}"
ANALYTICS = "/v1.0/my/analytics/desktop"


def submit(running: Service, dump: bytes, product: str, **fields: str) -> str:
    body, content_type = multipart({"prod": product} | fields, [("upload_file_minidump", "a.dmp", dump)])
    answer = running.ask("POST", "/submit", body, {"Content-Type": content_type}, token=None)
    assert answer.status == 200, answer
    return answer.body.decode()


def hits(running: Service, application: str, **more: str) -> Any:
    asked = {"applicationId": application, "startDate": "01/01/2020", "endDate": TODAY} | more
    answer = running.get(f"{ANALYTICS}/failurehits?" + "&".join(f"{k}={quote(v)}" for k, v in asked.items()))
    assert answer.status == 200, answer
    return answer.json


def test_reports_late_symbols_and_questions(tmp_path: Path, database_url: str) -> None:
    with service(tmp_path, SYMBOLICATE_DB=database_url, SYMBOLICATE_INGEST_REPORTS_PER_MINUTE="0") as one:
        identifiers = [submit(one, tiny_dump(thread_id=number), "Demo", ver="1.0") for number in range(1, 6)]
        for identifier in identifiers:
            one.wait_until_done(identifier)
        [before] = hits(one, "Demo")["Value"]
        assert before["eventCount"] == 5
        begun = one.ask("POST", "/v0.1/apps/owner/app/symbol_uploads", {"symbol_type": "Breakpad"}).json
        put(one, begun, packed((f"symbols/{DEBUG_FILE}/{DEBUG_ID}/app.sym", SYM)))
        commit(one, begun)
        after = until(
            lambda: (
                (rows := hits(one, "Demo")["Value"])[0]["eventCount"] == 5
                and "!" in rows[0]["symbol"]
                and rows[0]["failureName"] != before["failureName"]
                and len(rows) == 1
                and rows[0]
            )
        )
        assert after["failureHash"] == failure_hash(after["failureName"])
        assert after["applicationId"] == "Demo"
        assert after["date"] == "2023-11-14"  # when the dump was written
        # The single hits, their stack and their dump.
        details = one.get(
            f"{ANALYTICS}/failuredetails?applicationId=Demo&failureHash={after['failureHash']}&startDate=1/1/2020&endDate={TODAY}"
        ).json
        assert details["TotalCount"] == 5
        cab = details["Value"][0]["cabIdHash"]
        assert cab in identifiers
        asked = f"applicationId=Demo&cabIdHash={cab}"
        frames = one.get(f"{ANALYTICS}/stacktrace?{asked}").json["Value"]
        assert [frame["function"] for frame in frames][:1]
        assert any(frame.get("isBlamedFrame") for frame in frames)
        moved = one.get(f"{ANALYTICS}/cabdownload?{asked}")
        assert moved.status == 302
        fetched = one.get(moved.headers["location"], token=None)
        assert fetched.body.startswith(b"MDMP")
        assert fetched.headers["content-disposition"].startswith("attachment")
        assert one.get(moved.headers["location"].replace("sig=", "sig=A"), token=None).status == 403


def test_the_documented_questions_are_answered(tmp_path: Path) -> None:
    with service(tmp_path, "--workers", "0") as one:
        of_app = "applicationId=10238467886765136388"
        asked = (
            f"{of_app}&startDate=1/1/2018&endDate=2/1/2018&top=10&skip=0",
            f"{of_app}&startDate=8/1/2017&endDate=8/31/2017&skip=0&filter=market eq 'US' and deviceType eq 'PC'",
        )
        for query in asked:
            request = f"GET {ANALYTICS}/failurehits?{query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            head, _, body = one.raw(request.encode()).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            assert json.loads(body) == {"Value": [], "@nextLink": None, "TotalCount": 0}
        wrong = one.get(f"{ANALYTICS}/failurehits?applicationId=1&top=10001")
        assert wrong.status == 400
        assert wrong.json["innererror"]["code"] == "InvalidQueryParameters"
        assert wrong.json["innererror"]["data"] == ["top parameter cannot be more than 10000"]


def test_buckets_are_merged_apart_and_annotated(tmp_path: Path) -> None:
    with service(tmp_path, SYMBOLICATE_INGEST_REPORTS_PER_MINUTE="0") as one:
        for code_file in ("/opt/first", "/opt/second"):
            one.wait_until_done(submit(one, tiny_dump(code_file=code_file), "Demo"))
        first, second = (bucket["hash"] for bucket in one.get("/api/v1/apps/Demo/buckets").json)
        path = f"/api/v1/apps/Demo/buckets/{first}"
        changed = one.ask("PATCH", path, {"state": "closed", "note": "fixed in 2"}).json
        assert (changed["state"], changed["note"]) == ("closed", "fixed in 2")
        assert [b["hash"] for b in one.get("/api/v1/apps/Demo/buckets?state=closed").json] == [first]
        assert one.ask("POST", f"{path}/merge", {"into": second}).status == 200
        [row] = hits(one, "Demo", groupby="failureHash")["Value"]
        assert (row["failureHash"], row["eventCount"]) == (second, 2)
        assert one.ask("POST", f"{path}/unmerge").status == 200
        assert len(hits(one, "Demo")["Value"]) == 2
        assert one.ask("POST", f"{path}/split", {"from": second}).status == 200
        assert one.get("/api/v1/apps/Demo/suggestions").status == 200
        assert one.ask("PATCH", path, {"state": "nonsense"}).status == 400
        assert one.ask("POST", f"{path}/merge", {"into": "'; --"}).status == 400
        assert one.get(f"/api/v1/apps/Demo/buckets/{uuid.uuid4()}").status == 404


@pytest.mark.parametrize("count", [1, 4])
def test_the_whole_chain_with_workers_beside_the_service(tmp_path: Path, database_url: str, count: int) -> None:
    frames = [{"className": "com.example.Screen", "methodName": "open", "fileName": "Screen.java", "lineNumber": 7}]
    thrown = {"type": "java.lang.IllegalStateException", "message": "closed", "frames": frames}
    with service(tmp_path, "--workers", "0", "--db", database_url, SYMBOLICATE_INGEST_REPORTS_PER_MINUTE="0") as one:
        identifiers = [submit(one, tiny_dump(thread_id=number), "Demo") for number in range(1, 22)]
        for number in range(9):
            log = {"type": "managedError", "id": str(uuid.UUID(int=number)), "exception": thrown}
            assert one.logs(log, secret="Demo").status == 200  # noqa: S106 - an app's name
        assert one.report(identifiers[0])["state"] == "queued"
        workers = [Process("worker", "--data", str(tmp_path), "--db", database_url) for _ in range(count)]

        def counted() -> dict[str, int]:
            rows = hits(one, "Demo", groupby="failureName,failureHash")["Value"]
            assert all(row["failureHash"] == failure_hash(row["failureName"]) for row in rows)
            return {row["failureName"]: row["eventCount"] for row in rows}

        try:
            for worker in workers:
                worker.wait_for("processing")
            before = until(lambda: sum((found := counted()).values()) == 30 and found)
            assert sorted(before.values()) == [9, 21]
            [managed] = [name for name, events in before.items() if events == 9]
            assert managed.startswith("JVM_EXCEPTION_java.lang.IllegalStateException_e06a766d_")
            begun = one.ask("POST", "/v0.1/apps/owner/app/symbol_uploads", {"symbol_type": "Breakpad"}).json
            put(one, begun, packed((f"symbols/{DEBUG_FILE}/{DEBUG_ID}/app.sym", SYM)))
            commit(one, begun)
            after = until(lambda: (found := counted()).keys() != before.keys() and len(found) == 2 and found)
            assert sorted(after.values()) == [9, 21], "counts move with the names, none is lost or doubled"
            assert after[managed] == 9
            assert [worker.stop() for worker in workers] == [0] * count
        finally:
            for worker in workers:
                worker.kill()


def test_a_stopping_service_answers_what_it_has_begun(tmp_path: Path) -> None:
    one = Service(tmp_path, (), {"SYMBOLICATE_INGEST_REPORTS_PER_MINUTE": "0"})
    try:
        with socket.create_connection(("127.0.0.1", one.port), timeout=20) as connection:
            body = json.dumps({"logs": [{"type": "managedError", "id": "slow"}]}).encode()
            head = f"POST /logs HTTP/1.1\r\nHost: a\r\nApp-Secret: a\r\nContent-Length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body[:10])
            time.sleep(0.3)
            one.process.terminate()
            time.sleep(0.3)
            connection.sendall(body[10:])
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
            assert b'"status":"Success"' in answer
        assert one.stop() == 0
    finally:
        one.kill()


@dataclass
class Load:
    """Clients that send until they are stopped, each report again until it is acknowledged.

    They share the services between them; one that is killed is replaced in the list.
    """

    services: list[Service] = field(default_factory=list)
    sent: set[str] = field(default_factory=set)
    logs: set[str] = field(default_factory=set)
    dumps: set[str] = field(default_factory=set)
    ended: threading.Event = field(default_factory=threading.Event)

    def client(self, number: int) -> None:
        chance = random.Random(number)  # noqa: S311 - the same each time
        count = 0
        while not self.ended.is_set():
            count += 1
            identifier = str(uuid.UUID(int=chance.getrandbits(128)))
            while not self.ended.is_set():
                try:
                    running = self.services[number % len(self.services)]
                    if count % 3:
                        self._log(running, identifier)
                    else:
                        self._dump(running, number * 100_000 + count)
                    break
                except (OSError, AssertionError, http.client.HTTPException):
                    time.sleep(0.05)

    def symbols(self) -> None:
        """Upload symbols for the dumps again and again, different ones each time."""
        for count in itertools.count(1):
            text = SYM + b"PUBLIC %x 0 filling\n" % (0x10_0000 + count)
            body, content_type = multipart({}, [("symbol_file", "app.sym", text)])
            while not self.ended.is_set():
                running = self.services[count % len(self.services)]
                try:
                    answer = running.ask("POST", "/symbols", body, {"Content-Type": content_type})
                    assert answer.status == 200
                    break
                except (OSError, AssertionError, http.client.HTTPException):
                    time.sleep(0.05)
            if self.ended.is_set():
                return

    def _log(self, running: Service, identifier: str) -> None:
        log = {"type": "managedError", "id": identifier, "exception": {"type": "E", "frames": []}}
        assert running.logs(log, secret="Logs").json["status"] == "Success"  # noqa: S106 - an app
        self.logs.add(identifier)

    def _dump(self, running: Service, thread_id: int) -> None:
        self.dumps.add(submit(running, tiny_dump(thread_id=thread_id), "Dumps"))

    def check(self, data: Path, database_url: str) -> None:
        """Every acknowledged report is stored, processed, and counted once."""
        running = self.services[0]
        assert len(self.logs) > 20
        assert len(self.dumps) > 10
        running.wait_until_idle(90)  # a lease of a process that was killed lasts for a minute
        answers = [running.get(f"/api/v1/reports/{identifier}") for identifier in self.dumps]
        assert [answer for answer in answers if answer.status != 200] == []
        # Symbols that are installed after that have reports processed again.
        for identifier in self.dumps:
            assert running.wait_until_done(identifier, 90)["state"] == "done"
        running.wait_until_idle(90)
        with Store.open(database_url, data=data) as store:
            app = store.apps.by_secret("Logs")
            assert app is not None
            assert {len(store.reports.by_log_id(app, identifier)) for identifier in self.logs} == {1}
        counted = sum(row["eventCount"] for row in hits(running, "Dumps")["Value"])
        # At the very end a dump may have been stored without an acknowledgement.
        assert len(self.dumps) <= counted <= len(self.dumps) + CLIENTS


@pytest.mark.timeout(150 + 20 * KILLS)
def test_what_was_acknowledged_is_there_exactly_once_after_kills(tmp_path: Path, database_url: str) -> None:
    """One service on SQLite; on PostgreSQL two with folders of their own, and a worker beside them."""
    env = {
        "SYMBOLICATE_DB": database_url,
        "SYMBOLICATE_BLOBS": str(tmp_path / "blobs"),
        "SYMBOLICATE_INGEST_REPORTS_PER_MINUTE": "0",
        "SYMBOLICATE_WORKERS_LEASE_SECONDS": "2",
        "SYMBOLICATE_LIMITS_REQUESTS_PER_MINUTE": "0",  # the test requests each dump at the end
    }
    several = not database_url.startswith("sqlite")
    folders = [tmp_path / name for name in (("one", "two") if several else ("one",))]
    load = Load([Service(folder, (), env) for folder in folders])
    processes: list[Process] = list(load.services)
    clients = [threading.Thread(target=load.client, args=(number,)) for number in range(CLIENTS)]
    clients.append(threading.Thread(target=load.symbols))
    chance = random.Random(1)  # noqa: S311
    try:
        for one in clients:
            one.start()
        for round_ in range(KILLS):
            worker = Process("worker", "--data", str(tmp_path / "three"), env=env) if several else None
            processes += [worker] if worker is not None else []
            time.sleep(chance.uniform(0.3, 1.5))
            slot = round_ % len(folders)
            for victim in (load.services[slot], worker):
                if victim is not None:
                    victim.kill()
            load.services[slot] = Service(folders[slot], (), env)
            processes.append(load.services[slot])
        time.sleep(0.5)
    finally:
        load.ended.set()
        for one in clients:
            one.join()
    try:
        with Store.open(database_url, data=folders[0], blobs=env["SYMBOLICATE_BLOBS"]) as store:
            # A process that was killed while it installed an upload holds it for a while.
            ended = sa.update(SYMBOL_UPLOAD).values(leased_until=0)
            store.database.write(lambda connection: connection.execute(ended))
            until(lambda: not store.symbols.pending(), 60, "the end of the uploads")
        load.check(folders[0], database_url)
        named = {row["failureName"].rpartition("!")[2] for row in hits(load.services[0], "Dumps")["Value"]}
        assert named == {"poke"}
        assert {one.stop() for one in load.services} == {0}
    finally:
        for process in processes:
            process.kill()
