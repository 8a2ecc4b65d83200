"""One commit for the work of many callers: what goes into a batch, and who gets which outcome."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING

import pytest

from symbolicate.store.intake.group_commit import GroupCommit

if TYPE_CHECKING:
    from collections.abc import Callable

Commits = GroupCommit[str, str]


class RefusedError(Exception):
    """What a database says of one piece of work."""


class Recorder:
    """Commits batches of words; the first waits until it may end."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.begun = threading.Event()
        self.may_end = threading.Event()

    def commit(self, batch: list[str]) -> list[str]:
        self.batches.append(batch)
        self.begun.set()
        assert self.may_end.wait(20)
        if "down" in batch:
            raise ConnectionError
        if "bad" in batch:
            raise RefusedError
        return [word.upper() for word in batch]


def refused(error: BaseException) -> bool:
    return isinstance(error, RefusedError)


def by_threads(commits: Commits, recorder: Recorder, words: list[str]) -> list[str | BaseException]:
    """The outcomes of words: the first is being committed while the others come, in order."""
    found: dict[int, str | BaseException] = {}

    def call(number: int, word: str) -> None:
        try:
            found[number] = commits.do(word, len(word))
        except BaseException as error:  # noqa: BLE001 - the outcome
            found[number] = error

    threads = [threading.Thread(target=call, args=(number, word)) for number, word in enumerate(words)]
    for number, thread in enumerate(threads):
        thread.start()
        assert recorder.begun.wait(20)
        while number and len(commits._waiting) < number:
            time.sleep(0.001)
    recorder.may_end.set()
    for thread in threads:
        thread.join()
    return [found[number] for number in range(len(words))]


def by_a_loop(commits: Commits, recorder: Recorder, words: list[str]) -> list[str | BaseException]:
    """The same on an event loop."""

    async def call() -> list[str | BaseException]:
        first = asyncio.create_task(commits.wait_for(words[0], len(words[0])))
        await asyncio.to_thread(recorder.begun.wait, 20)
        assert not commits.idle
        rest = [asyncio.create_task(commits.wait_for(word, len(word))) for word in words[1:]]
        await asyncio.sleep(0)
        recorder.may_end.set()
        outcomes = await asyncio.gather(first, *rest, return_exceptions=True)
        assert commits.idle
        return outcomes

    return asyncio.run(call())


both = pytest.mark.parametrize("call", [by_threads, by_a_loop])


@both
def test_work_that_comes_during_a_commit_is_the_next_batch(call: Callable[..., list[str | BaseException]]) -> None:
    recorder = Recorder()
    commits: Commits = GroupCommit(recorder.commit, largest=100, alone=refused)
    assert call(commits, recorder, ["a", "b", "c", "d"]) == ["A", "B", "C", "D"]
    assert recorder.batches == [["a"], ["b", "c", "d"]]


@both
def test_a_batch_has_its_limits(call: Callable[..., list[str | BaseException]]) -> None:
    recorder = Recorder()
    commits: Commits = GroupCommit(recorder.commit, largest=5, most=3, alone=refused)
    words = ["a", "bbb", "cc", "ddd", "eeeeeeeee", "f", "g", "h", "i"]
    assert call(commits, recorder, words) == [word.upper() for word in words]
    assert recorder.batches == [["a"], ["bbb", "cc"], ["ddd"], ["eeeeeeeee"], ["f", "g", "h"], ["i"]]


@both
def test_work_about_the_same_goes_into_different_batches(call: Callable[..., list[str | BaseException]]) -> None:
    recorder = Recorder()
    commits: Commits = GroupCommit(recorder.commit, largest=100, alone=refused, subjects=set)
    assert call(commits, recorder, ["a", "bc", "d", "ec", "f"]) == ["A", "BC", "D", "EC", "F"]
    assert recorder.batches == [["a"], ["bc", "d"], ["ec", "f"]]


@both
def test_one_that_is_refused_fails_alone(call: Callable[..., list[str | BaseException]]) -> None:
    recorder = Recorder()
    commits: Commits = GroupCommit(recorder.commit, largest=100, alone=refused)
    first, b, bad, c = call(commits, recorder, ["a", "b", "bad", "c"])
    assert (first, b, c) == ("A", "B", "C")
    assert isinstance(bad, RefusedError)
    assert recorder.batches == [["a"], ["b", "bad", "c"], ["b"], ["bad"], ["c"]]


@both
def test_other_errors_are_for_all_of_the_batch(call: Callable[..., list[str | BaseException]]) -> None:
    recorder = Recorder()
    commits: Commits = GroupCommit(recorder.commit, largest=100, alone=refused)
    first, *others = call(commits, recorder, ["a", "b", "down"])
    assert first == "A"
    assert [type(one) for one in others] == [ConnectionError] * 2
    assert len(recorder.batches) == 2
    recorder.begun.clear()
    recorder.may_end.clear()
    assert call(commits, recorder, ["later"]) == ["LATER"]


def test_a_caller_that_left_does_not_keep_others_waiting() -> None:
    recorder = Recorder()
    commits: Commits = GroupCommit(recorder.commit, largest=100, alone=refused)

    async def call() -> str:
        first = asyncio.create_task(commits.wait_for("a"))
        await asyncio.to_thread(recorder.begun.wait, 20)
        left, stays = (asyncio.create_task(commits.wait_for(word)) for word in "bc")
        await asyncio.sleep(0)
        left.cancel()
        recorder.may_end.set()
        await first
        return await stays

    assert asyncio.run(call()) == "C"
    assert recorder.batches == [["a"], ["b", "c"]]  # what was handed over is committed
