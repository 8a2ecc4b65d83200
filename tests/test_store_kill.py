"""Processes are killed at any moment: every acknowledged report is stored, and counts once.

`SYMBOLICATE_KILLS=50` kills so often; the suite itself only a few times.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from postgresql import wait_until
from store_samples import SECRET, symbol_file, upload
from store_victim import DEBUG_IDS, report_of
from symbolicate.store import Done, Store, StoreUnavailable
from symbolicate.store.database.tables import BODY, BUCKET, HIT, REPORT, ROLLUP, SYMBOL_SET_FILE

if TYPE_CHECKING:
    from postgresql import PostgreSQL

ROLES = ("send", "work", "work", "symbols")
VICTIM = Path(__file__).parent / "store_victim.py"
ROUNDS = int(os.environ.get("SYMBOLICATE_KILLS", "2"))


def start(role: str, url: str, data: Path, journal: Path, number: int) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(VICTIM.parent), *sys.path])}
    return subprocess.Popen(
        [sys.executable, VICTIM, role, url, data, journal, str(number)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )


@pytest.mark.timeout(120 + 20 * ROUNDS)
def test_killed_processes_lose_nothing_and_count_nothing_twice(database_url: str, tmp_path: Path) -> None:
    data, journal = tmp_path / "data", tmp_path / "acknowledged"
    journal.touch()
    with Store.open(database_url, data=data) as store:
        store.apps.ensure(SECRET)
        for round_ in range(ROUNDS):
            crew = [start(role, database_url, data, journal, 10**6 * round_) for role in ROLES]
            for one in crew:
                assert one.stdout is not None
                assert one.stdout.readline() == "ready\n"
            time.sleep(random.uniform(0.05, 0.4))  # noqa: S311 - any moment
            if round_ == ROUNDS - 1:
                wait_until(journal.read_text)  # on a busy machine nothing may have been stored yet
            for one in crew:
                one.kill()
            for one in crew:
                one.communicate()
        acknowledged = [line.split() for line in journal.read_text().splitlines()]
        assert acknowledged
        finish_all(store)
        check(store, acknowledged)
        check_symbols(store)
        # Reports that lacked symbols to the end are named when symbols are added.
        store.symbol_files.register(None, [symbol_file(debug_id, "app.pdb", "last") for debug_id in DEBUG_IDS])
        finish_all(store)
        check(store, acknowledged)
        check_symbols(store)
        names = sa.select(BUCKET.c.name).join(HIT, HIT.c.bucket_id == BUCKET.c.id).distinct()
        assert "Unknown" not in store.database.read(lambda connection: connection.execute(names).scalars().all())


def test_a_restarted_database_loses_nothing(postgresql_migrated: str, postgresql: PostgreSQL, tmp_path: Path) -> None:
    """PostgreSQL is stopped under load and started again: calls fail with a clear error, and succeed afterwards."""
    with Store.open(postgresql_migrated, data=tmp_path) as store:
        app = store.apps.ensure(SECRET)
        kept = [store.accept(app, [upload(i)]).reports[0].public_id for i in range(5)]
        postgresql.stop("immediate")
        try:
            with pytest.raises(StoreUnavailable, match="database cannot be used"):
                store.accept(app, [upload(5)])
            with pytest.raises(StoreUnavailable):
                store.ping()
        finally:
            postgresql.start()
        kept.append(store.accept(app, [upload(5)]).reports[0].public_id)
        assert [store.reports.get(one).public_id for one in kept] == kept


def finish_all(store: Store) -> None:
    end = time.monotonic() + 60
    while True:
        if jobs := store.queue.lease(100, worker="last"):
            store.queue.complete([Done(job, report_of(store, job)) for job in jobs])
        depth = store.queue.depth()
        if not depth["queued"] and not depth["leased"]:
            break
        assert time.monotonic() < end
        time.sleep(0.05)
    for job in store.queue.dead_letters():  # killed too often while it was processed, which makes a dead letter
        store.queue.requeue([job.report_id])
        (again,) = store.queue.lease(1, worker="last")
        store.queue.complete([Done(again, report_of(store, again))])


def check_symbols(store: Store) -> None:
    """Every report was made with the present symbols, or lacks symbols that are not stored."""
    used = sa.select(HIT.c.report_id, HIT.c.app_id, SYMBOL_SET_FILE.c.debug_id, SYMBOL_SET_FILE.c.content)
    used = used.join(SYMBOL_SET_FILE, SYMBOL_SET_FILE.c.set_id == HIT.c.symbols_id, isouter=True)
    rows = store.database.read(lambda connection: connection.execute(used).all())
    assert rows
    there = {
        debug_id: next((file.content for file in store.symbol_files.candidates(rows[0].app_id, debug_id, "")), "")
        for debug_id in DEBUG_IDS
    }
    assert [row for row in rows if row.content != there[DEBUG_IDS[row.report_id % len(DEBUG_IDS)]]] == []


def check(store: Store, acknowledged: list[list[str]]) -> None:
    def work(connection: sa.Connection) -> tuple[set[str], int, int, int, int]:
        ids = {bytes(key).hex() for key in connection.execute(sa.select(REPORT.c.identity)).scalars()}
        hits = connection.execute(sa.select(sa.func.count()).select_from(HIT)).scalar_one()
        rolled = connection.execute(sa.select(sa.func.sum(ROLLUP.c.count))).scalar_one()
        bodies = connection.execute(sa.select(sa.func.count()).select_from(BODY)).scalar_one()
        files = connection.execute(sa.text("SELECT count(*) FROM attachment")).scalar_one()
        return ids, hits, int(rolled), bodies, files

    ids, hits, rolled, bodies, files = store.database.read(work)
    lost = {public_id for _, public_id, _ in acknowledged} - ids
    assert not lost
    assert len({public_id for _, public_id, _ in acknowledged}) == len(acknowledged)
    assert hits == rolled == len(ids)
    assert bodies == 2 * len(ids) + files  # delivered, finished, attached: no more and no less
    for number, public_id, attached in acknowledged[:: max(1, len(acknowledged) // 20)]:
        report = store.reports.get(public_id)
        assert len(store.data(report)) == (150_000 if int(number) % 5 == 0 else 300)
        assert len(report.attachments) == int(attached)
        for file in report.attachments:
            assert len(store.attachment_data(file.id)) == file.size
