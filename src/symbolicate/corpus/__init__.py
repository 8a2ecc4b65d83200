"""Corpora: batches of any number of inputs, cut into shards that any process can do and that are committed one by one.

    job = plan(["dumps/", "s3://bucket/crashes"], "crashes.ndjson", Options(symbols=("symbols/",)))
    for shard in range(len(job.manifest.shards)):    # in any order, in any process, on any machine
        run_shard(job.place, shard)
    finish(job, "crashes.ndjson")

The command `symbolicate batch` does the same with processes that it supervises. This package writes files and calls the
engine; it has no database and no service.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from symbolicate.corpus.joining import finish
    from symbolicate.corpus.manifest import Job, JobError, Manifest, Record
    from symbolicate.corpus.options import Options
    from symbolicate.corpus.planning import place_of, plan
    from symbolicate.corpus.shard import run_shard
    from symbolicate.corpus.symbols import open_session

# Each is loaded when it is first used: a worker process neither plans a batch nor joins its rows.
_HOMES = {
    "joining": ("finish",),
    "manifest": ("Job", "JobError", "Manifest", "Record"),
    "options": ("Options",),
    "planning": ("place_of", "plan"),
    "shard": ("run_shard",),
    "symbols": ("open_session",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

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


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value
