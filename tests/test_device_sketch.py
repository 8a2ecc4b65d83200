"""Sketches of devices against the truth: exact while small, within their error beyond, the same in any order."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbolicate.store.counts.sketch import ERROR, EXACT, Sketch, hash_of

HASHES = st.integers(0, 2**64 - 1)


def devices(count: int, first: int = 0) -> list[int]:
    return [hash_of(1, f"installation {number}") for number in range(first, first + count)]


@given(st.lists(HASHES, max_size=EXACT))
def test_small_sets_are_exact(members: list[int]) -> None:
    sketch = Sketch(members)
    assert sketch.is_exact
    assert sketch.count() == len(set(members))
    assert all(sketch.has(member) for member in members)
    assert Sketch.read(sketch.bytes()).bytes() == sketch.bytes()


@pytest.mark.parametrize("count", [EXACT + 1, 1000, 3000, 10_000, 30_000, 100_000, 300_000])
def test_large_sets_are_within_their_error(count: int) -> None:
    sketch = Sketch(devices(count))
    assert not sketch.is_exact
    assert len(sketch.bytes()) == 4097
    # Hashes are the same each time, so that this is no matter of luck.
    assert abs(sketch.count() - count) <= 3 * ERROR * count


def test_the_standard_error_is_the_one_that_is_stated() -> None:
    chance = random.Random(7)  # noqa: S311 - no secret
    count, rounds = 30_000, 100
    squares = [
        ((Sketch(chance.getrandbits(64) for _ in range(count)).count() - count) / count) ** 2 for _ in range(rounds)
    ]
    found = (sum(squares) / rounds) ** 0.5
    assert 0.75 * ERROR <= found <= 1.25 * ERROR


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1500)), max_size=4), st.randoms())
def test_unions_are_the_same_in_any_order(parts: list[tuple[int, int]], chance: random.Random) -> None:
    sets = [devices(count, 400 * place) for place, count in parts]
    whole = Sketch(member for some in sets for member in some)
    sketches = [Sketch(some) for some in sets]
    chance.shuffle(sketches)
    merged = Sketch()
    for one in sketches:
        merged.merge(one)
    truth = len({member for some in sets for member in some})
    assert merged.count() == whole.count()
    assert merged.is_exact == (truth <= EXACT) or not merged.is_exact
    if merged.is_exact:
        assert merged.count() == truth
    before = merged.bytes()
    for one in sketches:  # adding what is there changes nothing
        merged.merge(one)
    assert merged.bytes() == before


def test_a_merge_leaves_the_other_sketch_alone() -> None:
    one, other = Sketch(devices(2000)), Sketch(devices(2000, 1000))
    before = one.bytes(), other.bytes()
    both = Sketch()
    both.merge(one)
    both.merge(other)
    assert (one.bytes(), other.bytes()) == before
    assert abs(both.count() - 3000) <= 3 * ERROR * 3000


@given(st.binary(max_size=5000))
def test_damaged_bytes_are_a_valid_sketch(data: bytes) -> None:
    sketch = Sketch.read(data)
    sketch.add(devices(10))
    assert sketch.count() >= 1
    assert Sketch.read(b"\2" + bytes([53]) * 4096).count() > 0


def test_the_extremes() -> None:
    assert Sketch().count() == 0
    full = Sketch.read(b"\2" + bytes([54]) * 4096)
    assert full.count() == 0  # no hash has a run of 54: the bytes are damaged
    assert Sketch.read(b"\2" + bytes(4096)).count() == 0
    assert hash_of(1, "a") != hash_of(2, "a")
