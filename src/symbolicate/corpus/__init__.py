"""Corpora: batches of any number of inputs, cut into shards that any process can do and that are committed one by one.

    job = plan(["dumps/", "s3://bucket/crashes"], "crashes.ndjson", Options(symbols=("symbols/",)))
    for shard in range(len(job.manifest.shards)):    # in any order, in any process, on any machine
        run_shard(job.place, shard)
    finish(job, "crashes.ndjson")

The command `symbolicate batch` does the same with processes that it supervises. This package writes files and calls the
engine; it has no database and no service.
"""

from symbolicate.corpus.finish import finish
from symbolicate.corpus.manifest import Job, JobError, Manifest, Record
from symbolicate.corpus.options import Options
from symbolicate.corpus.planning import place_of, plan
from symbolicate.corpus.shard import run_shard
from symbolicate.corpus.symbols import open_session

__all__ = [
    "Job",
    "JobError",
    "Manifest",
    "Options",
    "Record",
    "finish",
    "open_session",
    "place_of",
    "plan",
    "run_shard",
]
