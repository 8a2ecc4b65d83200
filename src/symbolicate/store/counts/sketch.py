"""Sets of which only the size is asked for, in at most 4 KiB: exact while they are small, HyperLogLog sketches beyond.

A member is a hash of 64 bits. Up to `EXACT` members are kept as they are. After that each of 4,096 registers keeps the
longest run of zeros of the hashes that fall to it (Flajolet, Fusy, Gandouet, Meunier: HyperLogLog, 2007); the size is
estimated by Ertl's improved estimator (New cardinality estimation algorithms for HyperLogLog sketches, 2017,
algorithm 6), which needs no tables of corrections. Unions lose nothing: the sketch of a union is the same, in whatever
order its parts were added.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ERROR", "EXACT", "Sketch", "hash_of"]

EXACT = 512
"""The largest set that is exact."""

_BITS = 12
_REGISTERS = 1 << _BITS
_REST = 64 - _BITS
_MASK = (1 << _REST) - 1
_HASH = 8  # bytes

ERROR = 1.04 / math.sqrt(_REGISTERS)
"""The standard error of an estimate, as a share of it."""

# The first byte of the stored form.
_MEMBERS, _DENSE = b"\1", b"\2"


def hash_of(app_id: int, text: str) -> int:
    """The hash of a member. Those of different apps are not comparable."""
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=_HASH, salt=app_id.to_bytes(8, "little"))
    return int.from_bytes(digest.digest(), "little")


class Sketch:
    """A set of hashes, or of so many that only their number is known about."""

    __slots__ = ("_members", "_registers")

    def __init__(self, members: Iterable[int] = ()) -> None:
        self._members: set[int] | None = set()
        self._registers = bytearray()
        self.add(members)

    @classmethod
    def read(cls, data: bytes) -> Sketch:
        """The sketch of its stored form; an empty one if the bytes are damaged."""
        found = cls()
        kind, rest = data[:1], data[1:]
        if kind == _MEMBERS and len(rest) % _HASH == 0 and len(rest) <= EXACT * _HASH:
            found._members = set(np.frombuffer(rest, "<u8").tolist())
        elif kind == _DENSE and len(rest) == _REGISTERS and max(rest) <= _REST + 1:
            found._members, found._registers = None, bytearray(rest)
        return found

    def bytes(self) -> bytes:
        """The stored form; equal for equal sets."""
        if self._members is None:
            return _DENSE + self._registers
        return _MEMBERS + np.array(sorted(self._members), "<u8").tobytes()

    @property
    def is_exact(self) -> bool:
        """Whether `count` is exact."""
        return self._members is not None

    def has(self, member: int) -> bool:
        """Whether adding this member would change nothing."""
        if self._members is not None:
            return member in self._members
        return self._registers[member >> _REST] >= _run(member)

    def add(self, members: Iterable[int]) -> None:
        """Add members."""
        if self._members is not None:
            self._members.update(members)
            if len(self._members) <= EXACT:
                return
            members, self._members, self._registers = self._members, None, bytearray(_REGISTERS)
        registers = self._registers
        for member in members:
            place, run = member >> _REST, _run(member)
            registers[place] = max(registers[place], run)

    def merge(self, other: Sketch) -> None:
        """Add the members of another sketch."""
        if other._members is not None:
            self.add(other._members)
            return
        mine, self._members = self._members, None
        both = np.frombuffer(other._registers, np.uint8)
        self._registers = bytearray(
            both if mine is not None else np.maximum(both, np.frombuffer(self._registers, np.uint8))
        )
        self.add(mine or ())

    def count(self) -> int:
        """How many members there are; an estimate unless `is_exact`."""
        return len(self._members) if self._members is not None else round(_estimate(self._registers))


def _run(member: int) -> int:
    """The number of leading zeros of a hash behind the bits of its register, and one."""
    return _REST + 1 - (member & _MASK).bit_length()


def _estimate(registers: bytearray) -> float:
    counts = np.bincount(np.frombuffer(registers, np.uint8), minlength=_REST + 2).tolist()
    total = _REGISTERS * _tau(1 - counts[_REST + 1] / _REGISTERS)
    for count in reversed(counts[1 : _REST + 1]):
        total = 0.5 * (total + count)
    total += _REGISTERS * _sigma(counts[0] / _REGISTERS)
    # Only damaged bytes have the longest run in every register.
    return _REGISTERS * _REGISTERS / (2 * math.log(2) * total) if total else 2.0**64


def _sigma(share: float) -> float:
    """What registers that no hash fell to add, by their share."""
    if share == 1:
        return math.inf
    weight, total, before = 1.0, share, -1.0
    while total != before:
        share *= share
        before = total
        total += share * weight
        weight += weight
    return total


def _tau(share: float) -> float:
    """What registers with the longest run add, by the share of the others."""
    if share in (0, 1):
        return 0.0
    weight, total, before = 1.0, 1 - share, -1.0
    while total != before:
        share = math.sqrt(share)
        before = total
        weight *= 0.5
        total -= (1 - share) ** 2 * weight
    return total / 3
