"""A store is archived and restored as the same store, on the same kind of database or another."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
import tarfile
import threading
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from store_samples import NOON, SECRET, document, take_in, upload
from symbolicate.cli import program
from symbolicate.store import Attachment, Conflict, Sighting, Store, archive
from symbolicate.store.archive import ArchiveError, writer
from symbolicate.store.archive.layout import Digest
from symbolicate.store.database import migration
from symbolicate.store.database.tables import METADATA
from symbolicate.store.locations import open_locations
from symbolicate.summary.dimensions import derive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from postgresql import PostgreSQL
    from symbolicate.store.content.blobs import Blobs
    from symbolicate.store.database.transactions import Database

HASH = "NULL_CLASS_PTR_READ_c0000005_contosodemo.exe!main"
QUESTION = {"applicationId": SECRET, "startDate": "1/1/2018", "endDate": "12/31/2018"}


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Database, Blobs]]:
    """An empty database of each kind, and a blob store."""
    postgresql: PostgreSQL = request.getfixturevalue("postgresql")
    url = f"sqlite:///{tmp_path}/moved/symbolicate.db" if request.param == "sqlite" else postgresql.database()
    database, blobs = open_locations(url, data=tmp_path / "moved")
    yield database, blobs
    database.close()


def fill(store: Store) -> None:
    """Rows in as many tables as a test can reach, with bytes that are inline, compressed and in the blob store."""
    app = store.apps.create(SECRET, owner="Contoso", name="Démo", product_name='ﬁ \\ " \n')
    other = store.apps.ensure("other")
    take_in(store, app, [(NOON, document()), (NOON, document(HASH + "2", missing=[("a.pdb", "A" * 33)]))])
    store.accept(app, [upload(7)], [Attachment(upload(7).log_id, "big", os.urandom(200_000), "x/y", "dump")])
    store.accept(other, [upload(8)], [Attachment("never", "orphan", b"\0\xff", None, None)])
    store.tokens.create("dashboard", ["query"])
    store.tokens.create_client("partner", ["query"])
    store.tokens.signing_key()
    first, second = (bucket.hash for bucket in store.buckets.list(app))
    store.buckets.merge(app, second, first)
    begun = store.symbols.begin(app, "Breakpad", "symbols.zip")
    assert begun.blob is not None
    store.blobs.put(begun.blob, b"PK" + bytes(100))
    store.symbols.set_status(begun.id, "committed", size=102)
    sighting = Sighting("a device", NOON, derive({"app": {"version": "1.0"}}))
    store.active_devices.add(store.active_devices.new(app, [sighting], NOON))
    store.query.failurehits(QUESTION)


def everything(database: Database) -> dict[str, list[Any]]:
    """Every row of every table."""

    def work(connection: sa.Connection) -> dict[str, list[Any]]:
        return {
            table.name: [
                tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key.columns))
            ]
            for table in METADATA.sorted_tables
        }

    return database.read(work)


def blobs_of(blobs: Blobs) -> dict[str, bytes]:
    return {key: blobs.get(key) for key, _ in blobs.list()}


def packed(store: Store) -> bytes:
    stream = io.BytesIO()
    archive.write(store.database, store.blobs, stream, packed=False)
    return stream.getvalue()


def members(data: bytes) -> list[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(data)) as opened:
        return [(one.name, opened.extractfile(one).read()) for one in opened.getmembers()]  # type: ignore[union-attr]


def tarred(parts: list[tuple[str, bytes]]) -> io.BytesIO:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as made:
        for name, data in parts:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            made.addfile(member, io.BytesIO(data))
    stream.seek(0)
    return stream


def test_the_same_rows_and_blobs_arrive(
    store: Store, target: tuple[Database, Blobs], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "_PART", 300)
    fill(store)
    written = packed(store)
    database, blobs = target
    assert "tables/body/000001.ndjson" in dict(members(written))
    held = archive.restore(database, blobs, io.BytesIO(written))
    assert held.rows["report"] == 4
    assert everything(database) == everything(store.database)
    assert blobs_of(blobs) == blobs_of(store.blobs)
    assert len(blobs_of(blobs)) == held.blobs > 1

    moved = Store(database, blobs)
    assert moved.query.failurehits(QUESTION).body() == store.query.failurehits(QUESTION).body()
    # The store can be used: numbers of new rows follow those that were imported, and waiting reports can be leased.
    app = moved.apps.by_secret(SECRET)
    assert app is not None
    (accepted,) = moved.accept(app, [upload(100)]).reports
    assert accepted.id == 5
    assert moved.apps.create("another").id == 3
    assert len(moved.queue.lease(10, worker="test")) == 3


def test_an_archive_is_the_state_of_one_moment(store: Store) -> None:
    app = store.apps.create(SECRET)
    store.accept(app, [upload(number) for number in range(300)])
    stop = threading.Event()

    def sender() -> None:
        number = 1000
        while not stop.is_set():
            store.accept(app, [upload(number)])
            number += 1

    thread = threading.Thread(target=sender)
    thread.start()
    try:
        for _ in range(5):
            rows: dict[str, int] = {}
            for name, data in members(packed(store)):
                table = name.split("/")[1] if name.startswith("tables/") else ""
                rows[table] = rows.get(table, 0) + data.count(b"\n") - 1
            # A report, its bytes and its job are written together.
            assert rows["report"] == rows["body"] == rows["job"] >= 300
    finally:
        stop.set()
        thread.join()


def test_a_cut_or_damaged_archive_leaves_nothing(store: Store, target: tuple[Database, Blobs]) -> None:
    fill(store)
    written = packed(store)
    parts = members(written)
    database, blobs = target
    row = next(number for number, (name, _) in enumerate(parts) if name.startswith("tables/body"))
    lines = parts[row][1].splitlines(keepends=True)
    damaged = [
        io.BytesIO(b""),
        io.BytesIO(b"nothing like it" * 100),
        io.BytesIO(written[: len(written) // 2]),
        io.BytesIO(written[:-20_000]),
        tarred(parts[1:]),
        tarred(parts[:-1]),
        tarred(parts[:row] + parts[row + 1 :]),
        tarred([*parts[:row], (parts[row][0], b"".join(lines[:-1])), *parts[row + 1 :]]),
        tarred([*parts[:row], (parts[row][0], b"".join(lines) + lines[-1]), *parts[row + 1 :]]),
        tarred([*parts[:row], (parts[row][0], b"[" * 100_000), *parts[row + 1 :]]),
        tarred([*parts[:row], (parts[row][0], b'["key"]\n["!"]\n'), *parts[row + 1 :]]),
        tarred([parts[0], ("blobs/../../../escaped", b"x"), parts[-1]]),
        tarred([parts[0], ("blobs//etc/escaped", b"x"), parts[-1]]),
        tarred([parts[0], ("tables/no_such_table/1.ndjson", b"[]\n"), parts[-1]]),
        tarred([parts[0], ("elsewhere", b"x"), parts[-1]]),
        tarred([(parts[0][0], b'{"format": 2, "revision": "0001", "program": "9"}'), *parts[1:]]),
        tarred([(parts[0][0], b'{"format": 1, "revision": "9999", "program": "9"}'), *parts[1:]]),
    ]
    for one in damaged:
        with pytest.raises(ArchiveError):
            archive.restore(database, blobs, one)
        assert database.read(lambda connection: sa.inspect(connection).get_table_names()) == []
    # A bit of any member whose bytes are stored. An import takes long, so each pair of databases has a fourth of them.
    first = 2 * store.database.sqlite + database.sqlite
    for number, (name, data) in list(enumerate(parts[:-1]))[first::4]:
        flipped = bytearray(data)
        flipped[len(data) // 2] ^= 1
        with pytest.raises(ArchiveError):
            archive.restore(database, blobs, tarred([*parts[:number], (name, bytes(flipped)), *parts[number + 1 :]]))
        assert database.read(lambda connection: sa.inspect(connection).get_table_names()) == []
    # And the complete one can still be imported.
    archive.restore(database, blobs, io.BytesIO(written))
    assert everything(database) == everything(store.database)


def test_a_store_in_use_is_not_overwritten(store: Store, target: tuple[Database, Blobs]) -> None:
    fill(store)
    written = packed(store)
    database, blobs = target
    migration.bring_up_to_date(database)
    fresh = Store(database, blobs)
    fresh.tokens.signing_key()  # like a service that was started before
    archive.restore(database, blobs, io.BytesIO(written))
    before = everything(database)
    with pytest.raises(Conflict, match="empty"):
        archive.restore(database, blobs, io.BytesIO(written))
    assert everything(database) == before


def test_an_older_archive_becomes_a_store_of_today(target: tuple[Database, Blobs]) -> None:
    database, blobs = target
    columns = ["id", "secret", "application_id", "owner", "name", "slug", "product_name", "settings", "configured"]
    app = [[*columns, "created", "version"], [3, "old", "old", None, None, None, None, "{}", True, 0, 0]]
    parts = [
        ("symbolicate-store.json", b'{"format": 1, "revision": "0001", "program": "0.1"}'),
        ("tables/app/000000.ndjson", "".join(json.dumps(line) + "\n" for line in app).encode()),
    ]
    digest = Digest()
    for name, data in parts:
        digest.text(name)
        digest.parts([data])
    parts.append(("end.json", json.dumps({"rows": {"app": 1}, "blobs": 0, "digest": digest.hex()}).encode()))
    archive.restore(database, blobs, tarred(parts))
    store = Store(database, blobs)
    assert store.health()["schema"] == migration.revisions()[0]
    found = store.apps.by_secret("old")
    assert found is not None
    assert found.id == 3


def test_from_the_command_line(tmp_path: Path, postgresql: PostgreSQL) -> None:
    with Store.open(data=tmp_path / "data") as store:
        fill(store)
        before = everything(store.database)
    run = CliRunner().invoke
    backup = tmp_path / "backup.tar.gz"
    done = run(program, ["store", "export", "--data", f"{tmp_path}/data", "-o", str(backup)])
    assert (done.exit_code, done.stdout) == (0, "")
    assert "exported 4 reports" in done.stderr
    assert backup.stat().st_mode & 0o777 == 0o600
    url = postgresql.database()
    done = run(program, ["store", "import", str(backup), "--data", f"{tmp_path}/new", "--db", url])
    assert done.exit_code == 0, done.output
    with Store.open(url, data=tmp_path / "new") as moved:
        assert everything(moved.database) == before
    again = run(program, ["store", "import", str(backup), "--data", f"{tmp_path}/new", "--db", url])
    assert again.exit_code == 1
    assert "empty" in again.output


def test_reports_as_lines(tmp_path: Path) -> None:
    with Store.open(data=tmp_path / "data") as store:
        fill(store)
    run = CliRunner().invoke
    done = run(program, ["store", "export", "--format", "ndjson", "--data", f"{tmp_path}/data"])
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["state"] for line in lines] == ["done", "done", "queued", "queued"]
    assert lines[0]["failure_name"] == lines[0]["report"]["failure"]["name"] == HASH
    assert lines[0]["application_id"] == SECRET
    assert lines[2]["attachments"][0]["file_name"] == "dump"
    assert lines[2]["report"] is None
    some = ["--app", "Contoso/Démo", "--since", "2020-01-01"]
    done = run(program, ["store", "export", "--format", "ndjson", "--data", f"{tmp_path}/data", *some])
    assert len(done.stdout.splitlines()) == 3
    assert run(program, ["store", "export", "--data", f"{tmp_path}/data", *some]).exit_code == 2


def test_an_archive_is_not_written_to_a_terminal(tmp_path: Path) -> None:
    Store.open(data=tmp_path / "data").close()
    terminal, end = pty.openpty()
    command = [sys.executable, "-m", "symbolicate", "store", "export", "--data", str(tmp_path / "data")]
    done = subprocess.run(command, stdout=end, stderr=subprocess.PIPE, check=False)
    os.close(end)
    assert done.returncode == 2
    assert b"name a file with -o" in done.stderr
    with pytest.raises(OSError, match="Input/output"):  # nothing was written, and the other end is closed
        os.read(terminal, 1)
    os.close(terminal)
