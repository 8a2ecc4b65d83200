"""Addresses to images: `ImageMap` beside a bisect loop.

usage: images.py [--count N] [--images N] [--runs N]      prints a table
"""

from __future__ import annotations

import argparse
import bisect
import statistics
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from symbolicate import ImageMap

if TYPE_CHECKING:
    from collections.abc import Callable

    Array = np.ndarray[Any, np.dtype[np.uint64]]

SEED = 7


def process(count: int) -> tuple[Array, Array]:
    """Images as an iOS process has them: the program and its frameworks, then the shared cache, with gaps."""
    rng = np.random.default_rng(SEED)
    sizes = (rng.lognormal(12.5, 1.6, count).astype(np.uint64) + np.uint64(0x4000)) & ~np.uint64(0x3FFF)
    gaps = rng.integers(0, 8, count, dtype=np.uint64) << np.uint64(14)
    starts = np.cumsum(sizes + gaps, dtype=np.uint64) - sizes
    own = count // 20
    starts[:own] += np.uint64(0x1_0000_0000)
    starts[own:] += np.uint64(0x1_8000_0000)
    return starts, starts + sizes - np.uint64(1)


def bisect_loop(starts: Array, ends: Array) -> Callable[[Array], list[tuple[int, int]]]:
    """The obvious Python code for images that do not overlap."""
    first, last = starts.tolist(), ends.tolist()

    def resolve(addresses: Array) -> list[tuple[int, int]]:
        answers = []
        for address in addresses.tolist():
            i = bisect.bisect_right(first, address) - 1
            answers.append((i, address - first[i]) if i >= 0 and address <= last[i] else (-1, 0))
        return answers

    return resolve


def per_second(work: Callable[[Array], object], addresses: Array, runs: int) -> float:
    """Addresses a second of CPU time, median."""
    times = []
    for _ in range(runs):
        started = time.process_time()
        work(addresses)
        times.append(time.process_time() - started)
    return len(addresses) / statistics.median(times)


def rows(count: int = 10_000_000, images: int = 600, runs: int = 5) -> list[tuple[str, str, str, str]]:
    """Rows for a table: work, ours, the peer, what to reach."""
    starts, ends = process(images)
    rng = np.random.default_rng(SEED)
    at_random = rng.integers(int(starts[0]), int(ends[-1]), count, dtype=np.uint64)
    # Return addresses point into images, not between the program and the shared cache.
    inside = starts[rng.integers(0, images, count)] + rng.integers(0, 0x4000, count, dtype=np.uint64)
    ours, theirs = ImageMap(starts, ends), bisect_loop(starts, ends)
    few = inside[:1_000_000]
    found, offsets = ours.resolve(few)
    if list(zip(found.tolist(), offsets.tolist(), strict=True)) != theirs(few):
        message = "the two do not agree"
        raise AssertionError(message)
    return [
        (
            f"Apple addresses to image and offset, {images} images: {name}",
            f"{per_second(ours.resolve, addresses, runs) / 1e6:.0f} M/s",
            f"bisect loop {per_second(theirs, addresses[:1_000_000], 1) / 1e6:.2f} M/s",
            "≥ 50 M/s",
        )
        for name, addresses in (("in images", inside), ("anywhere", at_random), ("sorted", np.sort(inside)))
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000_000)
    parser.add_argument("--images", type=int, default=600)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    for row in rows(options.count, options.images, options.runs):
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
