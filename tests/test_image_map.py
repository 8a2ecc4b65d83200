"""Addresses to images and offsets, against the rule written down plainly."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbolicate import ImageMap

if TYPE_CHECKING:
    from collections.abc import Iterable

TOP = 2**64 - 1
# Small ones collide, large ones wrap.
ADDRESS = st.integers(0, 40) | st.integers(0, TOP) | st.integers(TOP - 3, TOP)
IMAGES = st.lists(st.tuples(ADDRESS, ADDRESS), max_size=20)


def u64(numbers: Iterable[int]) -> np.ndarray[Any, np.dtype[np.uint64]]:
    return np.fromiter(numbers, dtype=np.uint64)


def resolved(images: ImageMap, *addresses: int) -> list[tuple[int, int]]:
    found, offsets = images.resolve(u64(addresses))
    assert found.dtype == np.dtype(np.int64)
    assert offsets.dtype == np.dtype(np.uint64)
    return list(zip(found.tolist(), offsets.tolist(), strict=True))


def plainly(ranges: list[tuple[int, int]], address: int) -> tuple[int, int]:
    """The image with the greatest start at or below the address whose range contains it; of equals the first."""
    containing = [(start, -i) for i, (start, last) in enumerate(ranges) if start <= address <= last]
    if not containing:
        return -1, 0
    start, i = max(containing)
    return -i, address - start


@given(IMAGES, st.lists(ADDRESS, max_size=60))
def test_the_rule(ranges: list[tuple[int, int]], addresses: list[int]) -> None:
    images = ImageMap(u64(r[0] for r in ranges), u64(r[1] for r in ranges))
    assert len(images) == len(ranges)
    wanted = [*addresses, *(edge for r in ranges for edge in (max(r[0] - 1, 0), r[0], r[1], min(r[1] + 1, TOP)))]
    assert resolved(images, *wanted) == [plainly(ranges, a) for a in wanted]
    assert resolved(images, *sorted(wanted)) == [plainly(ranges, a) for a in sorted(wanted)]


@given(IMAGES, st.lists(ADDRESS, max_size=60))
def test_sizes(sized: list[tuple[int, int]], addresses: list[int]) -> None:
    images = ImageMap.from_sizes(u64(s[0] for s in sized), u64(s[1] for s in sized))
    ranges = [(start, min(start + size - 1, TOP)) for start, size in sized]
    assert resolved(images, *addresses) == [plainly(ranges, a) for a in addresses]


def test_ends_are_included() -> None:
    images = ImageMap([0x1000, 0x2000], [0x1FFF, 0x2FFF])
    assert resolved(images, 0xFFF, 0x1000, 0x1FFF, 0x2000, 0x2FFF, 0x3000) == [
        (-1, 0),
        (0, 0),
        (0, 0xFFF),
        (1, 0),
        (1, 0xFFF),
        (-1, 0),
    ]
    assert resolved(ImageMap([TOP], [TOP]), TOP, TOP - 1) == [(0, 0), (-1, 0)]


def test_an_image_inside_another() -> None:
    images = ImageMap([0x1000, 0x4000, 0x4000], [0x8FFF, 0x4FFF, 0x6FFF])
    assert resolved(images, 0x3FFF, 0x4FFF, 0x5000, 0x7000) == [(0, 0x2FFF), (1, 0xFFF), (2, 0x1000), (0, 0x6000)]


def test_unknown_ends() -> None:
    starts, ends = [0x5000, 0x1000, 0, 0x9000], [0x5FFF, 0, 0, 0]
    assert resolved(ImageMap(starts, ends), 0x1000, 0x9000, 0) == [(-1, 0), (-1, 0), (2, 0)]
    images = ImageMap(starts, ends, open_ends=True)
    assert resolved(images, 0x1000, 0x4FFF, 0x6000, 0x9000, 1) == [(1, 0), (1, 0x3FFF), (-1, 0), (3, 0), (-1, 0)]
    assert resolved(images, 0x9000 + 2**32 - 1, 0x9000 + 2**32) == [(3, 2**32 - 1), (-1, 0)]
    sized = ImageMap.from_sizes(starts, [0x1000, 0, 0, 0], open_ends=True)
    assert resolved(sized, 0x4FFF, 0x5000, 0) == [(1, 0x3FFF), (0, 0), (-1, 0)]


def test_no_images_and_no_addresses() -> None:
    assert resolved(ImageMap([], [])) == []
    assert resolved(ImageMap([], []), 0, TOP) == [(-1, 0)] * 2
    assert resolved(ImageMap([0], [TOP]), 0, TOP) == [(0, 0), (0, TOP)]


def test_other_arrays_are_converted() -> None:
    images = ImageMap([0x10], [0x1F])
    wanted = np.array([5, 0x10, 7, 0x11, 9, 0x20], dtype=np.uint64)
    every_other = wanted[1::2]
    assert not every_other.flags.c_contiguous
    for addresses in (
        every_other,
        every_other.astype(np.int64),
        every_other.astype(np.uint8),
        every_other.astype(">u8"),
        every_other.tolist(),
        wanted[::-1][::2][::-1],
    ):
        found, offsets = images.resolve(addresses)
        assert (found.tolist(), offsets.tolist()) == ([0, 0, -1], [0, 1, 0])
    frozen = every_other.copy()
    frozen.flags.writeable = False
    assert images.resolve(frozen)[0].tolist() == [0, 0, -1]


@pytest.mark.parametrize(
    ("addresses", "error"),
    [
        ([1.0], TypeError),
        (np.zeros(2, dtype=bool), TypeError),
        ([2**64], TypeError),
        (["1"], TypeError),
        (None, ValueError),
        ([-1], ValueError),
        (np.zeros((2, 2), dtype=np.uint64), ValueError),
        (7, ValueError),
    ],
)
def test_what_is_no_address_is_told(addresses: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="addresses must"):
        ImageMap([0], [1]).resolve(addresses)
    with pytest.raises(error, match="starts must"):
        ImageMap(addresses, [1])


def test_lengths_that_differ_are_told() -> None:
    with pytest.raises(ValueError, match="starts and ends differ in length: 2 and 1"):
        ImageMap([1, 2], [3])
    with pytest.raises(ValueError, match="starts and sizes differ in length: 0 and 1"):
        ImageMap.from_sizes([], [3])


def test_threads_share_a_map() -> None:
    starts = np.arange(1, 400, dtype=np.uint64) << np.uint64(20)
    images = ImageMap.from_sizes(starts, np.full_like(starts, 1 << 19))
    addresses = np.random.default_rng(3).integers(0, 1 << 29, 200_000, dtype=np.uint64)
    expected = images.resolve(addresses)
    wrong = []

    def work() -> None:
        found = images.resolve(addresses)
        if not all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True)):
            wrong.append(found)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
