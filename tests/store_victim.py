"""A process that uses a store until it is killed. It does what it is told, and writes down what was acknowledged."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime

from store_samples import SECRET, document
from symbolicate.store import Attachment, Done, Store, Upload


def main(role: str, url: str, data: str, journal: str, number: int) -> None:
    with Store.open(url, data=data, migrate=False) as store:
        app = store.apps.ensure(SECRET)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        if role == "send":
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
        while True:
            jobs = store.queue.lease(4, worker=f"{os.getpid()}", seconds=1)
            big = "x" * 100_000
            store.queue.complete([Done(job, document(f"F{job.report_id % 3}", comments=[big])) for job in jobs])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]))
