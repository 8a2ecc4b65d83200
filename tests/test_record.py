"""Records behave as frozen dataclasses with slots do, without being made by `dataclasses`."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import get_args

import pytest

from symbolicate.engine import Input
from symbolicate.record import Record, replace
from symbolicate.symbols import content, outcomes
from symbolicate.symbols.candidates import Candidate
from symbolicate.symbols.fetching.network import Network
from symbolicate.symbols.resolution import Offer, Wanted


class Point(Record):
    x: int
    y: int = 2


class Named(Point):
    name: str = ""


def test_fields_defaults_and_equality() -> None:
    point = Point(1)
    assert (point.x, point.y) == (1, 2)
    assert point == Point(1, 2) == Point(x=1, y=2) != Point(1, 3)
    assert point != Named(1)
    assert hash(point) == hash(Point(1, 2))
    assert repr(Named(1, name="n")) == "Named(x=1, y=2, name='n')"
    match point:
        case Point(x, y):
            assert (x, y) == (1, 2)
    assert not hasattr(point, "__dict__")


@pytest.mark.parametrize("call", ["Point()", "Point(1, 2, 3)", "Point(1, x=1)", "Point(1, z=1)"])
def test_wrong_arguments_are_refused(call: str) -> None:
    with pytest.raises(TypeError, match="Point"):
        eval(call)  # noqa: S307 - what type checkers refuse


def test_records_cannot_be_changed() -> None:
    point = Point(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        point.x = 3  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        del point.x
    assert point == Point(1)


@pytest.mark.parametrize(
    "record", [Point(1), Named(1, 2, "n"), Wanted("a", "b"), Offer("p"), Candidate("l", "s", "found"), Input("n", b"")]
)
def test_copies_and_dataclasses(record: Record) -> None:
    assert pickle.loads(pickle.dumps(record)) == copy.copy(record) == copy.deepcopy(record) == record  # noqa: S301
    assert dataclasses.is_dataclass(record)
    names = [field.name for field in dataclasses.fields(record)]
    assert names == list(type(record).__match_args__)
    assert dataclasses.replace(record, **{names[0]: "other"}) == replace(record, **{names[0]: "other"}) != record


def test_secrets_are_not_shown() -> None:
    assert "secret" not in repr(Network(tokens={"host": "secret"}))


def test_what_is_spelled_twice_is_the_same() -> None:
    assert get_args(outcomes.CandidateOutcome)
    from symbolicate.symbols import candidates

    assert candidates.CandidateOutcome is outcomes.CandidateOutcome
    words = str(content.Content).removeprefix("Literal[").removesuffix("]")
    assert [content.rank(word.strip().strip("'")) for word in words.split(",")] == list(range(6))
