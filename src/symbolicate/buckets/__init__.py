"""Buckets that are nearly the same: suggestions for people, each with the frames that speak for it.

    index = Buckets(buckets)
    for found in index.similar(bucket, limit=5):
        print(found.score, found.bucket, found.aligned)

A bucket is compared by the frame sequence of its leader, the report that stands for it, and a group of buckets by its
leader bucket alone: A like B and B like C does not bring A and C together. Nothing is merged here. What people decide
is given to `group` and outranks every likeness.
"""

from __future__ import annotations

from symbolicate.buckets.bucket import Bucket, Crash, crash_of, leaders
from symbolicate.buckets.decisions import Decision
from symbolicate.buckets.grouping import Group, group, group_buckets
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
    "crash_of",
    "group",
    "group_buckets",
    "leaders",
]
