"""One size of the speed curve, as a row of JSON: all buckets grouped with their reasons, and single look-ups.

usage: speed.py SIZE
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path

from synthetic_stacks import stacks

from symbolicate.buckets import Bucket, Buckets, iter_groups

__all__ = ["HEAD"]

HEAD = [
    "buckets",
    "all grouped, with reasons: CPU",
    "wall",
    "peak memory",
    "groups",
    "one new: median CPU",
    "95 %",
    "slowest of 200",
]
_NEW = 200


def row(size: int) -> list[str]:
    """The measured cells of a size."""
    made = stacks(size + _NEW)
    buckets = [Bucket(f"{i:07}", frames, "access") for i, frames in enumerate(made[:size])]
    fresh = [Bucket(f"n{i}", frames, "access") for i, frames in enumerate(made[size:])]
    del made
    wall, cpu = time.perf_counter(), time.process_time()
    groups = sum(1 for _ in iter_groups(buckets))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    # Not `ru_maxrss`, which begins with the peak of the process that started this one.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    peak = int(status["VmHWM"].split()[0])
    index = Buckets(buckets)
    index.similar(fresh[0])  # the first look-up makes the index
    each = []
    for bucket in fresh:
        start = time.thread_time()
        index.similar(bucket)
        each.append((time.thread_time() - start) * 1000)
        index.add(bucket)  # so that nothing that was worked out for the last one holds for the next
    each.sort()
    return [
        f"{size:,}",
        f"{cpu:.1f} s",
        f"{wall:.1f} s",
        f"{peak >> 10} MB",
        f"{groups:,}",
        f"{statistics.median(each):.2f} ms",
        f"{each[int(len(each) * 0.95)]:.2f} ms",
        f"{each[-1]:.2f} ms",
    ]


if __name__ == "__main__":
    print(json.dumps(row(int(sys.argv[1]))))
