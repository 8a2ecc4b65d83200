"""Near-duplicate buckets: suggestions for people, each with the frames that support it.

    index = Buckets(buckets)
    for found in index.similar(bucket, limit=5):
        print(found.score, found.bucket, found.aligned)

A bucket is compared by the frames of its leader, a representative report, and a group of buckets by its leader bucket
alone: if A is like B and B is like C, A and C are not grouped for that reason. Nothing is merged here. Decisions of
people are passed to `group` and take precedence over any similarity.
"""

from __future__ import annotations

from symbolicate.buckets.bucket import Bucket, Crash, buckets_of, crash_of, leaders
from symbolicate.buckets.decisions import Decision
from symbolicate.buckets.grouping import Group, group, group_buckets, iter_groups
from symbolicate.buckets.index import THRESHOLD, Buckets
from symbolicate.buckets.suggestion import AlignedFrame, Suggestion

__all__ = [
    "THRESHOLD",
    "AlignedFrame",
    "Bucket",
    "Buckets",
    "Crash",
    "Decision",
    "Group",
    "Suggestion",
    "buckets_of",
    "crash_of",
    "group",
    "group_buckets",
    "iter_groups",
    "leaders",
]
