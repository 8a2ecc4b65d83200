"""A process that uses a store until it is killed, and records what was acknowledged."""

from __future__ import annotations

import os
import random
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from store_samples import SECRET, document, module, symbol_file
from symbolicate.store import Attachment, Done, Store, Upload

if TYPE_CHECKING:
    from symbolicate.store import App, Job

DEBUG_IDS = [f"{number:08X}{'0' * 25}" for number in range(1, 7)]


def main(role: str, url: str, data: str, journal: str, number: int) -> None:
    with Store.open(url, data=data, migrate=False) as store:
        app = store.apps.ensure(SECRET)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        if role == "send":
            send(store, app, journal, number)
        elif role == "symbols":
            change_symbols(store, app, random.Random(number))  # noqa: S311 - the same each time
        while True:
            jobs = store.queue.lease(4, worker=f"{os.getpid()}", seconds=1)
            store.queue.complete([Done(job, report_of(store, job)) for job in jobs])


def send(store: Store, app: App, journal: str, number: int) -> None:
    with open(journal, "a", encoding="utf-8") as acknowledged:
        while True:
            number += 1
            # Every fifth is too large for the database, every third has a dump.
            size = 150_000 if number % 5 == 0 else 300
            crash = Upload(str(number), "managedError", os.urandom(size), datetime.now(UTC))
            files = [Attachment(str(number), "1", b"MDMP" + os.urandom(size))] if number % 3 == 0 else []
            public_id = store.accept(app, [crash], files).reports[0].public_id
            acknowledged.write(f"{number} {public_id} {len(files)}\n")
            acknowledged.flush()


def change_symbols(store: Store, app: App, chance: random.Random) -> None:
    """Add and remove symbol files, for the app and for all, through uploads and directly."""
    while True:
        owner = chance.choice([app, None])
        file = symbol_file(chance.choice(DEBUG_IDS), "app.pdb", chance.choice("ab"), quality=chance.choice([0, 12, 14]))
        step = chance.randrange(3)
        if step == 0:
            store.symbol_files.register(owner, [file])
        elif step == 1:
            upload = store.symbols.begin(owner, "Breakpad")
            store.symbols.set_status(upload.id, "committed")
            store.symbols.finish(upload.id, [file])
        elif files := store.symbol_files.list():
            store.symbol_files.remove(chance.choice(files).id)


def report_of(store: Store, job: Job) -> bytes:
    """A report with one module, made with the present symbols."""
    debug_id = DEBUG_IDS[job.report_id % len(DEBUG_IDS)]
    found = store.symbol_files.candidates(job.app.id, debug_id, "")
    used = found[0] if found else None
    name = f"F{job.report_id % 3}" if used is not None else "Unknown"
    return document(name, comments=["x" * 100_000], modules=[module("app.pdb", debug_id, used)])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]))
