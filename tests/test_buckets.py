"""Near-duplicate buckets: the properties of the score, what is found, and decisions of people."""

from __future__ import annotations

import random
import time
from itertools import combinations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from similarity_reference import Reference, groups
from symbolicate._native import StackIndex
from symbolicate.buckets import Bucket, Buckets, Crash, Decision, group, group_buckets, iter_groups, leaders
from symbolicate.buckets.family import family
from symbolicate.buckets.frames import DEPTH, compared, kin, verb
from symbolicate.report import Report

ALONE = 0.75  # the factor of the score of stacks with too few frames in order

NAMES = st.sampled_from([*(f"ns::C{i % 3}::f{i}" for i in range(9)), "png_read", "png_write", "main", "lib.so!", ""])
STACKS = st.lists(NAMES, max_size=9).map(tuple)
HOSTILE = st.lists(st.one_of(st.text(), NAMES), max_size=60).map(tuple)
KNOWN = st.lists(NAMES.filter(lambda name: name and not name.endswith("!")), min_size=1, max_size=9).map(tuple)


def bucket(key: object, *frames: str, family: str = "access", count: int = 1) -> Bucket:
    return Bucket(str(key), frames, family, count)


def some(stacks: list[tuple[str, ...]]) -> list[Bucket]:
    return [bucket(f"{i:03}", *frames) for i, frames in enumerate(stacks)]


@given(st.lists(STACKS, max_size=6), HOSTILE, HOSTILE)
def test_the_score_is_the_same_from_both_sides(
    others: list[tuple[str, ...]], a: tuple[str, ...], b: tuple[str, ...]
) -> None:
    index = Buckets(some(others))
    score = index.score(bucket("a", *a), bucket("b", *b))
    assert score == pytest.approx(index.score(bucket("b", *b), bucket("a", *a)), abs=1e-6)
    assert 0 <= score <= 1


@given(st.lists(STACKS, max_size=6), KNOWN)
def test_a_stack_is_like_itself(others: list[tuple[str, ...]], frames: tuple[str, ...]) -> None:
    assert Buckets(some(others)).score(bucket("a", *frames), bucket("b", *frames)) == pytest.approx(1, abs=1e-5)


def test_unknown_frames_equal_nothing() -> None:
    index = Buckets([bucket("a", "", "", "")])
    assert index.similar(bucket("b", "", "", "")) == []
    assert index.score(bucket("a", "", "f", "g"), bucket("b", "", "f", "g")) < 1


@settings(max_examples=60)
@given(st.lists(STACKS, min_size=1, max_size=10), st.randoms(), st.sampled_from([0.3, 0.6, 0.9]))
def test_the_order_of_adding_does_not_matter(
    stacks: list[tuple[str, ...]], chance: random.Random, threshold: float
) -> None:
    buckets = some(stacks)
    shuffled = chance.sample(buckets, len(buckets))
    one, other = Buckets(buckets, threshold=threshold), Buckets(shuffled, threshold=threshold)
    for asked in buckets:
        found, again = one.similar(asked), other.similar(asked)
        assert [s.bucket for s in found] == [s.bucket for s in again]
        assert [s.aligned for s in found] == [s.aligned for s in again]
    assert group_buckets(buckets, threshold=threshold) == group_buckets(shuffled, threshold=threshold)


@settings(max_examples=60)
@given(st.lists(STACKS, max_size=6), HOSTILE, HOSTILE, st.integers(0, 4))
def test_the_score_is_what_it_is_defined_to_be(
    others: list[tuple[str, ...]], a: tuple[str, ...], b: tuple[str, ...], in_order: int
) -> None:
    index = Buckets(some(others), in_order=in_order)
    expected = Reference(others).score(a, b, in_order)
    assert index.score(bucket("a", *a), bucket("b", *b)) == pytest.approx(expected, abs=1e-5)
    index.add(bucket("b", *b))
    expected = Reference([*others, b]).score(a, b, in_order)
    aligned = index.aligned(bucket("a", *a), "b")
    assert sum(pair.weight for pair in aligned) == pytest.approx(expected, abs=1e-5)


@settings(max_examples=60)
@given(st.lists(STACKS, min_size=2, max_size=10), st.sampled_from([0.2, 0.5, 0.8]))
def test_no_pair_is_lost(stacks: list[tuple[str, ...]], threshold: float) -> None:
    buckets = some(stacks)
    index, reference = Buckets(buckets, threshold=threshold), Reference(stacks)
    scores = {(a.id, b.id): reference.score(a.frames, b.frames) for a, b in combinations(buckets, 2)}
    clear = {pair for pair, score in scores.items() if score > threshold + 1e-4}
    possible = {pair for pair, score in scores.items() if score > threshold - 1e-4}
    every = {(buckets[earlier].id, buckets[later].id) for later, earlier, _ in index.pairs()}
    assert clear <= every <= possible
    asked = {tuple(sorted((a.id, s.bucket))) for a in buckets for s in index.similar(a, limit=99)}
    assert clear <= asked <= possible


def test_no_pair_is_lost_among_common_frames() -> None:
    chance = random.Random(7)  # noqa: S311
    stacks = [(*(f"f{int(400 * chance.random() ** 4)}_x" for _ in range(12)), "run", "main") for _ in range(400)]
    index = Buckets(some(stacks), threshold=0.5)
    every = {frozenset((a, b)): score for a, b, score in index.pairs()}
    numbers = {b.id: i for i, b in enumerate(index)}
    for number, asked in enumerate(list(index)[:10]):
        expected = {
            other for other in range(400) if other != number and index.score(asked, index[f"{other:03}"]) > 0.5001
        }
        assert expected <= {numbers[s.bucket] for s in index.similar(asked, limit=400)}
        assert all(frozenset((number, other)) in every for other in expected)


def test_aligned_frames_are_the_score() -> None:
    index = Buckets([bucket("a", "A::run", "png_read_row", "png_read", "main"), bucket("z", "x", "y")])
    (found,) = index.similar(bucket("b", "A::stop", "png_read_row", "png_read", "main"))
    assert found.bucket == "a"
    assert [(f.frame, f.other, f.equal) for f in found.aligned] == [
        ("A::stop", "A::run", False),
        ("png_read_row", "png_read_row", True),
        ("png_read", "png_read", True),
        ("main", "main", True),
    ]
    assert sum(f.weight for f in found.aligned) == pytest.approx(found.score, abs=1e-5)


def test_other_families_are_never_suggested() -> None:
    frames = ("a", "b", "c")
    index = Buckets([bucket("1", *frames), bucket("2", *frames, family="hang")])
    assert [s.bucket for s in index.similar(bucket("3", *frames))] == ["1"]
    assert index.similar(bucket("3", *frames, family="arithmetic")) == []


@given(st.lists(st.sampled_from(("a", "A::f", "main")), min_size=1, max_size=9), st.integers(1, 300))
def test_one_common_frame_is_never_enough(rest: list[str], others: int) -> None:
    """However common the other frames are, and so how little they weigh."""
    index = Buckets([*some([("main", "a", "A::g")] * others), bucket("1", "crash", "other")])
    assert index.similar(bucket("2", "crash", *rest)) == []


def test_one_common_frame_is_ranked() -> None:
    index = Buckets([bucket("1", "aa", "bb", "cc"), bucket("2", "dd", "aa", "ee"), bucket("3", "ff")], threshold=0.01)
    new = bucket("4", "aa", "xx", "yy")
    assert [s.bucket for s in index.similar(new)] == ["1", "2"]
    for found in index.similar(new):
        assert sum(f.weight for f in found.aligned) == pytest.approx(found.score, abs=1e-5)
        assert index.score(new, index[found.bucket]) == pytest.approx(found.score, abs=1e-5)
    full = Buckets(index, threshold=0.01, in_order=1)
    assert full.score(new, index["1"]) == pytest.approx(index.score(new, index["1"]) / ALONE, abs=1e-5)


def test_order_counts() -> None:
    index = Buckets([bucket("1", "a", "b", "c", "d")], threshold=0.1)
    same, reversed_ = bucket("2", "a", "b", "c", "e"), bucket("3", "d", "c", "b", "a")
    assert index.score(reversed_, index["1"]) < 0.2
    assert index.score(same, index["1"]) > 0.8


def test_leaders_do_not_chain() -> None:
    stacks = {"a": "abcdef", "b": "bcdefg", "c": "cdefgh"}
    a, b, c = (bucket(key, *(f"{f}{f}{f}" for f in frames)) for key, frames in stacks.items())
    index = Buckets([a, b, c], threshold=0.5)
    assert index.score(a, b) >= index.threshold > index.score(a, c)
    groups = group_buckets([c, b, a], threshold=0.5)
    assert [(g.leader.id, [s.bucket for s in g.suggested]) for g in groups] == [("a", ["b"]), ("c", [])]


def test_the_biggest_bucket_leads() -> None:
    frames = ("f", "g", "h")
    groups = group_buckets([bucket("a", *frames), bucket("b", *frames, count=9), bucket("c", *frames, count=2)])
    assert [(g.leader.id, [s.bucket for s in g.suggested]) for g in groups] == [("b", ["c", "a"])]


def together(
    decisions: list[Decision], buckets: list[Bucket], aliases: dict[str, str] | None = None
) -> set[frozenset[str]]:
    out = set()
    for g in group_buckets(buckets, decisions=decisions, aliases=aliases):
        out.add(
            frozenset({g.leader.id, *(s.bucket for s in g.suggested), *(k for ks in g.merged.values() for k in ks)})
        )
    return out


def test_decisions_survive_regrouping() -> None:
    same = [bucket(key, "f", "g", "h") for key in "abc"]
    other = bucket("x", "p", "q", "r")
    split, merge = Decision("split", "a", "b"), Decision("merge", "a", "x")
    assert together([], [*same, other]) == {frozenset("abc"), frozenset("x")}
    assert together([split, merge], [*same, other]) == {frozenset("axc"), frozenset("b")}
    # More reports, another leader, new buckets: the decisions still apply.
    later = [bucket("b", "f", "g", "h", count=50), bucket("n", "f", "g", "h"), same[0], same[2], other]
    groups = together([split, merge], later)
    assert any({"a", "x"} <= g for g in groups)
    assert not any({"a", "b"} <= g or {"x", "b"} <= g for g in groups)
    assert {k for g in groups for k in g} == set("abcnx")


def test_later_decisions_outrank() -> None:
    same = [bucket(key, "f", "g", "h") for key in "abc"]
    split, merge = Decision("split", "a", "b"), Decision("merge", "a", "b")
    assert not any({"a", "b"} <= g for g in together([merge, split], same))
    assert any({"a", "b"} <= g for g in together([split, merge], same))


def test_decisions_follow_a_renamed_bucket() -> None:
    buckets = [bucket("new", "f", "g", "h"), bucket("b", "f", "g", "h")]
    decisions = [Decision("split", "old", "b")]
    assert together(decisions, buckets, aliases={"old": "new"}) == {frozenset({"new"}), frozenset({"b"})}
    assert together(decisions, buckets) == {frozenset({"new", "b"})}


@settings(max_examples=60)
@given(
    st.lists(STACKS, min_size=2, max_size=8),
    st.lists(st.tuples(st.sampled_from(["merge", "split"]), st.integers(0, 9), st.integers(0, 9)), max_size=8),
)
def test_whatever_is_decided_each_bucket_is_somewhere(
    stacks: list[tuple[str, ...]], raw: list[tuple[str, int, int]]
) -> None:
    decisions = [Decision("merge" if kind == "merge" else "split", f"{a:03}", f"{b:03}") for kind, a, b in raw]
    groups = together(decisions, some(stacks))
    assert sorted(key for g in groups for key in g) == [b.id for b in some(stacks)]
    if decisions and decisions[-1].bucket != decisions[-1].other:
        kind, a, b = decisions[-1]
        present = {key for g in groups for key in g}
        if {a, b} <= present:
            assert any({a, b} <= g for g in groups) == (kind == "merge")


DECISIONS = st.lists(
    st.builds(Decision, st.sampled_from(["merge", "split"]), *[st.integers(0, 9).map("{:03}".format)] * 2), max_size=5
)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(STACKS, st.integers(1, 3), st.sampled_from(["access", "hang"])), max_size=9),
    st.sampled_from([0.2, 0.6]),
    DECISIONS,
)
def test_groups_are_those_of_every_bucket_with_every_leader(
    some_stacks: list[tuple[tuple[str, ...], int, str]], threshold: float, decisions: list[Decision]
) -> None:
    buckets = [
        bucket(f"{i:03}", *frames, count=count, family=family) for i, (frames, count, family) in enumerate(some_stacks)
    ]
    index = Buckets(buckets, threshold=threshold)
    expected = groups(buckets, index.score, float(np.float32(threshold)), decisions)
    found = group_buckets(buckets, threshold=threshold, decisions=decisions)
    assert {g.leader.id: [s.bucket for s in g.suggested] for g in found} == expected
    for one in found:
        for suggestion in one.suggested:
            assert suggestion.score == index.score(index[suggestion.bucket], one.leader)


def test_many_groups_are_those_of_every_bucket_with_every_leader() -> None:
    """More buckets than are looked up at the same time."""
    chance = random.Random(3)  # noqa: S311
    families = [[f"ns{a}::C{b}::f{chance.randrange(30)}" for b in range(12)] for a in range(12)]
    stacks = []
    for _ in range(6000):
        frames = list(chance.choice(families))
        for _ in range(chance.randrange(7)):
            frames[chance.randrange(12)] = f"other{chance.randrange(300)}"
        stacks.append(tuple(frames))
    buckets = [bucket(f"{i:05}", *frames) for i, frames in enumerate(stacks)]
    index = Buckets(buckets)
    found = group_buckets(buckets, explain=False)
    assert 12 <= len(found) < 3000
    followers = {s.bucket: g.leader.id for g in found for s in g.suggested}
    leading = [g.leader for g in found]
    for asked in chance.sample(buckets, 8):
        scores = {one.id: index.score(asked, one) for one in leading if one.id < asked.id}
        similar = {key: score for key, score in scores.items() if score >= np.float32(0.6)}
        expected = min(similar, key=lambda key: (-similar[key], key)) if similar else None
        assert followers.get(asked.id) == expected


def test_equal_stacks_are_one_group() -> None:
    buckets = [bucket(f"{i:05}", "ns::A::f", "ns::B::g", "main") for i in range(30_000)]
    (found,) = iter_groups(buckets, explain=False)
    assert found.leader.id == "00000"
    assert len(found.suggested) == 29_999


@pytest.mark.parametrize("copies", [1, 3])
def test_frames_that_all_have_group_nothing(copies: int) -> None:
    """One frame that all have, nearest to the crash; and stacks of one frame each."""
    several = [bucket(f"{i:05}", "raise", f"f{i}_x", f"g{i}_y", "main") for i in range(6_000)]
    assert len(list(iter_groups(several))) == 6_000
    alone = [bucket(f"{i:05}", f"ns::C::f{i // copies}") for i in range(6_000)]
    assert len(list(iter_groups(alone))) == -(-6_000 // copies)
    assert len(list(iter_groups([bucket(f"{i:05}") for i in range(6_000)]))) == 6_000


def test_numbers_that_are_no_stacks_are_refused() -> None:
    def arrays(names: list[int], lengths: list[int], frames: list[int], families: list[int]) -> tuple[object, ...]:
        kinds = zip((names, lengths, frames, families), (np.int32, np.uint8, np.uint32, np.uint32), strict=True)
        return tuple(np.array(values, kind) for values, kind in kinds)

    index = StackIndex()
    for wrong, message in (
        (arrays([1, -1, -1], [], [], []), "1 is no code"),
        (arrays([-3, -1, -1], [], [], []), "-3 is no code"),
        (arrays([], [1], [0], [0]), "no name number 0"),
        (arrays([0, 0, 0], [2], [0], [0]), "do not match"),
        (arrays([], [33], [0] * 33, [0]), "33 frames are more than 32"),
    ):
        with pytest.raises(ValueError, match=message):
            index.add(*wrong)  # type: ignore[arg-type]
    assert len(index) == 0
    with pytest.raises(ValueError, match="no stack number 7"):
        index.aligned(7, 7, 2)
    with pytest.raises(ValueError, match="no stack number 7"):
        index.leaders(0.6, 2, [[7]], [])
    with pytest.raises(ValueError, match="threshold"):
        index.pairs(0, 1, float("nan"), 2)


def test_ids_are_unique() -> None:
    index = Buckets([bucket("a", "f")])
    with pytest.raises(ValueError, match="already"):
        index.add(bucket("a", "g"))
    assert len(index) == 1
    assert "a" in index
    with pytest.raises(ValueError, match="threshold"):
        Buckets(threshold=0)


@pytest.mark.parametrize(
    "frames",
    [
        (),
        ("",) * 30_000,
        ("recurse",) * 30_000,
        ("a", "b", "c") * 10_000,
        tuple(f"f{i}" for i in range(30_000)),
        ("x" * 1_000_000, "y"),
        ("T<" * 1000 + ">" * 1000,),
        ("\0\x1b[31m", "\u202e", "\ud800", "🦀"),
        ("!", "::", ".", "-[", "_", "-[A"),
    ],
)
def test_hostile_stacks(frames: tuple[str, ...]) -> None:
    start = time.perf_counter()
    index = Buckets([bucket("a", *frames), bucket("b", "f", "g")])
    found = index.similar(bucket("c", *frames))
    assert {s.bucket for s in found} <= {"a"}
    assert len(compared(frames)) <= DEPTH
    assert all(len(name) < 600 for name in compared(frames))
    assert time.perf_counter() - start < 2


def test_recursion_counts_once() -> None:
    deep = ("f", *("walk", "visit") * 500, "main")
    assert compared(deep) == ("f", "walk", "visit", "main")
    assert compared(("f", "f", "g")) == ("f", "g")
    assert compared(("f", "g", "f", "g")) == ("f", "g", "f", "g")


def test_huge_names_stay_distinct() -> None:
    one, other = compared(("x" * 5000 + "1", "x" * 5000 + "2"))
    assert one != other


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ns::A::f", "ns::A"),
        ("f", ""),
        ("png_read_row", "png_read_"),
        ("png_read", ""),
        ("xmlParseChar", "xml_parse_"),
        ("SSL_write_early_data", "ssl_write_"),
        ("-[View draw:]", "View"),
        ("com.example.Main.run", "com.example.Main"),
        ("libc.so!", "libc.so!"),
        ("", ""),
    ],
)
def test_kin(name: str, expected: str) -> None:
    assert kin(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ns::A::readRow", "read"),
        ("ns::A::~A", "a"),
        ("png_read_row", "png"),
        ("-[View drawLine:]", "draw"),
        ("com.example.Main.runAll", "run"),
        ("operator()", "operator"),
        ("libc.so!", ""),
        ("", ""),
        ("::", ""),
    ],
)
def test_verb(name: str, expected: str) -> None:
    assert verb(name) == expected


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        (["NULL_POINTER_READ"], "access"),
        (["INVALID_POINTER_WRITE"], "access"),
        (["NULL_CLASS_PTR"], "access"),
        (["INVALID_POINTER"], "access"),
        (["SVCHOSTGROUP_local", "IN_PAGE_ERROR"], "in-page"),
        (["SVCHOSTGROUP_local", "SOMETHING"], "SOMETHING"),
        (["APPLICATION_HANG_ANR"], "hang"),
        (["CLR_EXCEPTION", "System.Foo"], "CLR_EXCEPTION"),
        ([], ""),
    ],
)
def test_families(classes: list[str], expected: str) -> None:
    assert family(classes) == expected


def test_a_bucket_s_leader_is_the_stack_most_reports_have() -> None:
    crashes = [
        Crash("h", "n", "access", ("f", "g")),
        Crash("h", "n", "access", ("f", "g")),
        Crash("h", "n", "access", ("f", "g", "h")),
    ]
    (found,) = leaders(crashes)
    assert found == Bucket("h", ("f", "g"), "access", 3, "n")
    assert leaders(crashes[::-1]) == [found]


def report(key: str | None, *functions: str | None, blamed: int = 0) -> Report:
    frames = [{"function": f, "module": "app"} for f in functions]
    failure = {
        "hash": key,
        "name": f"N_{key}",
        "problem_classes": ["NULL_POINTER_READ"],
        "blamed": {"thread": 0, "frame": blamed},
    }
    return Report.from_json(
        msgspec.json.encode({"failure": failure, "crashing_thread": {"threads_index": 0, "frames": frames}})
    )


def test_reports_are_grouped() -> None:
    reports = [
        report("h1", "raise", "f", "g", "h", "main", blamed=1),
        report("h2", "f", "g", "h", "main"),
        report("h3", None, None),
        report(None, "f"),
    ]
    groups = group(reports)
    assert [(g.leader.id, [s.bucket for s in g.suggested]) for g in groups] == [("h1", ["h2"]), ("h3", [])]
    assert groups[0].leader.frames == ("f", "g", "h", "main")
    assert group(reports[::-1]) == groups
    assert groups[1].leader.frames == ("app!",)
