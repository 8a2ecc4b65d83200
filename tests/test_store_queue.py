"""The queue leases each report to one worker at a time, and none is processed twice or lost."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import symbolicate.store
from store_samples import SECRET, document, hash_of, hits, lease_one, upload
from symbolicate.store import DeadLetterFilter, Done, Store

if TYPE_CHECKING:
    from symbolicate.store import App

START = datetime(2030, 1, 1, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@pytest.fixture
def app(store: Store) -> App:
    return store.apps.ensure(SECRET)


def test_a_lease_runs_out_and_the_late_worker_counts_nothing(store: Store, app: App) -> None:
    store.accept(app, [upload(1)])
    (slow,) = store.queue.lease(1, worker="slow", seconds=60, at=after(0))
    assert store.queue.lease(1, worker="other", at=after(59)) == []
    (quick,) = store.queue.lease(1, worker="quick", at=after(61))
    assert (slow.attempt, quick.attempt) == (1, 2)
    assert store.queue.heartbeat([slow]) == []
    assert store.queue.complete([Done(slow, document("SLOW"))]) == [False]
    assert store.queue.complete([Done(quick, document("QUICK"))]) == [True]
    assert store.queue.complete([Done(quick, document("TWICE"))]) == [False]
    assert [(row["failureName"], row["eventCount"]) for row in hits(store, app)] == [("QUICK", 1)]


def test_a_heartbeat_holds_a_lease(store: Store, app: App) -> None:
    store.accept(app, [upload(1)])
    (job,) = store.queue.lease(1, worker="w", seconds=60, at=after(0))
    (job,) = store.queue.heartbeat([job], 60, at=after(50))
    assert job.leased_until == after(110)
    assert store.queue.lease(1, worker="other", at=after(100)) == []
    assert len(store.queue.lease(1, worker="other", at=after(111))) == 1


def test_failures_are_tried_again_later_and_then_become_dead_letters(store: Store, app: App) -> None:
    store.accept(app, [upload(1)])
    time, pauses = 0.0, []
    for attempt in range(1, 6):
        (job,) = store.queue.lease(1, worker="w", at=after(time))
        assert job.attempt == attempt
        result = store.queue.fail(job, f"broke {attempt}", at=after(time))
        begun = time
        if attempt < 5:
            assert result == "retry"
            while not store.queue._due(int(after(time).timestamp() * 1000)):
                time += 0.5
            pauses.append(time - begun)
    assert result == "aside"
    assert all(2.5 * 2**i <= pause <= 5.5 * 2**i for i, pause in enumerate(pauses)), pauses
    (aside,) = store.queue.dead_letters()
    assert (aside.error, aside.attempts, aside.kind) == ("broke 5", 5, "managedError")
    assert store.reports.get(aside.report_id).state == "aside"
    assert store.queue.lease(1, worker="w", at=after(10**6)) == []
    assert store.queue.requeue_dead_letters(DeadLetterFilter(apps=frozenset((app.id,)))) == 1
    assert (lease_one(store).attempt, store.queue.dead_letters()) == (1, [])


def test_dead_letters_have_the_names_of_earlier_versions(store: Store, app: App) -> None:
    store.accept(app, [upload(1)])
    store.queue.fail(lease_one(store), "no crash at all", permanent=True)
    with pytest.warns(DeprecationWarning, match="renamed to DeadLetterFilter"):
        assert symbolicate.store.AsideFilter is DeadLetterFilter
    with pytest.warns(DeprecationWarning, match="renamed to DeadLetter"):
        assert symbolicate.store.Aside is symbolicate.store.DeadLetter
    with pytest.warns(DeprecationWarning, match="renamed to Queue.dead_letters"):
        assert store.queue.aside() == store.queue.dead_letters()
    with pytest.warns(DeprecationWarning, match="renamed to Queue.requeue_dead_letters"):
        assert store.queue.requeue_aside() == 1
    with pytest.raises(AttributeError, match="nonsense"):
        _ = symbolicate.store.nonsense


def test_a_report_that_kills_its_workers_becomes_a_dead_letter(store: Store, app: App) -> None:
    store.accept(app, [upload(1)])
    for attempt in range(5):
        assert len(store.queue.lease(1, worker="w", seconds=1, at=after(2 * attempt))) == 1
    assert store.queue.lease(1, worker="w", at=after(100)) == []
    (aside,) = store.queue.dead_letters()
    assert "worker" in aside.error


def test_a_permanent_failure_is_not_tried_again(store: Store, app: App) -> None:
    store.accept(app, [upload(1)])
    assert store.queue.fail(lease_one(store), "no crash at all", permanent=True) == "aside"
    assert store.queue.depth() == {"queued": 0, "leased": 0, "aside": 1, "oldest_seconds": 0.0}


def test_released_jobs_are_due_at_once_and_the_attempt_does_not_count(store: Store, app: App) -> None:
    store.accept(app, [upload(i) for i in range(3)])
    store.queue.release(store.queue.lease(3, worker="w"))
    assert [job.attempt for job in store.queue.lease(3, worker="w")] == [1, 1, 1]


def test_a_report_that_is_none_is_refused(store: Store, app: App) -> None:
    store.accept(app, [upload(1)])
    job = lease_one(store)
    for bad in (b"", b"[]", b"{", b'{"failure": 7}'):
        with pytest.raises(ValueError, match=r".+"):
            store.queue.complete([Done(job, bad)])
    assert store.queue.complete([Done(job, b"{}")]) == [True]
    assert [row["failureName"] for row in hits(store, app)] == ["Unknown"]


def test_workers_share_the_queue(store: Store, app: App) -> None:
    """Four workers lease, sometimes fail and sometimes stop: each report counts once."""
    for first in range(0, 120, 20):
        store.accept(app, [upload(first + i) for i in range(20)])
    counted: Counter[int] = Counter()
    lock = threading.Lock()

    def work(number: int) -> None:
        turn = 0
        while True:
            jobs = store.queue.lease(7, worker=f"w{number}", seconds=300)
            if not jobs:
                return
            turn += 1
            if turn % 4 == 0:
                store.queue.release(jobs)
                continue
            done = store.queue.complete([Done(job, document(f"F{job.report_id % 5}")) for job in jobs])
            with lock:
                counted.update(job.report_id for job, ok in zip(jobs, done, strict=True) if ok)

    crew = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    assert set(counted.values()) == {1}
    assert len(counted) == 120
    assert sum(row["eventCount"] for row in hits(store, app)) == 120


def test_two_openings_never_lease_the_same(
    store: Store, app: App, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    store.accept(app, [upload(i) for i in range(50)])
    taken: list[int] = []
    with Store.open(database_url, data=tmp_path_factory.mktemp("other")) as other:

        def lease(which: Store) -> None:
            while jobs := which.queue.lease(3, worker="w"):
                taken.extend(job.report_id for job in jobs)

        crew = [threading.Thread(target=lease, args=(which,)) for which in (store, other, store, other)]
        for one in crew:
            one.start()
        for one in crew:
            one.join()
    assert sorted(taken) == sorted(set(taken))
    assert len(taken) == 50


def test_waiting_ends_with_an_arrival(store: Store, app: App) -> None:
    assert store.queue.wait(0.01) is False
    arrived: list[bool] = []
    waiter = threading.Thread(target=lambda: arrived.append(store.queue.wait(20)))
    waiter.start()
    while not store.queue._arrivals._condition._waiters:  # type: ignore[attr-defined]
        pass
    store.accept(app, [upload(1)])
    waiter.join()
    assert arrived == [True]


def test_dead_letters_are_selected_by_app_reason_bucket_and_time(store: Store) -> None:
    apps = [store.apps.ensure(f"app {number}") for number in range(2)]
    name = "NULL_CLASS_PTR_READ_c0000005_old.exe!main"
    for number, app in enumerate(apps):
        store.accept(app, [upload(10 * number + 1)], received=START)
        store.accept(app, [upload(10 * number + 2)], received=after(3600))
    counted = store.queue.lease(10, worker="w", at=after(3600))
    store.queue.complete([Done(job, document(name)) for job in counted])
    store.queue.requeue([job.report_id for job in counted])
    for app in apps:
        store.accept(app, [upload(99)], received=after(7200))
    for job in store.queue.lease(10, worker="w", at=after(10**6)):
        cause = "time" if job.receive_time == START else "input"
        store.queue.fail(job, f"Took 100%_ of {job.app.secret}", cause=cause, permanent=True)

    def count(**only: Any) -> int:
        return len(store.queue.dead_letters(only=DeadLetterFilter(**only)))

    assert count() == 6
    assert count(apps=frozenset((apps[0].id,))) == 3
    assert count(apps=frozenset()) == 0
    assert (count(reason="time"), count(reason="input"), count(reason="worker")) == (2, 4, 0)
    assert (count(reason="took 100%_ of"), count(reason="APP 1"), count(reason="100% of")) == (6, 3, 0)
    assert (count(bucket=hash_of(name)), count(bucket=hash_of("x!y"))) == (4, 0)
    assert (count(received_from=after(1)), count(received_until=after(1)), count(received_from=after(7200))) == (
        4,
        2,
        2,
    )
    assert count(received_from=after(3600), received_until=after(7200), bucket=hash_of(name)) == 2
    assert {(one.reason, one.received) for one in store.queue.dead_letters(only=DeadLetterFilter(reason="time"))} == {
        ("time", START)
    }
    assert store.queue.requeue_dead_letters(DeadLetterFilter(reason="time", apps=frozenset((apps[0].id,)))) == 1
    assert (count(), store.queue.depth()["queued"]) == (5, 1)
    assert store.queue.requeue_dead_letters() == 5
    assert count() == 0


def test_a_report_of_a_lost_worker_states_the_reason(store: Store) -> None:
    app = store.apps.ensure("app")
    store.accept(app, [upload(1)], received=START)
    for attempt in range(store.queue.max_attempts):
        assert len(store.queue.lease(1, worker="w", seconds=1, at=after(10 * attempt))) == 1
    assert store.queue.lease(1, worker="w", at=after(1000)) == []
    [aside] = store.queue.dead_letters()
    assert (aside.reason, aside.attempts) == ("worker", store.queue.max_attempts)


def test_what_came_while_a_clock_was_ahead_does_not_wait_for_that_time(store: Store, app: App) -> None:
    ahead = timedelta(days=2)
    store.accept(app, [upload(1), upload(2), upload(3)], received=START + ahead)
    (leased,) = store.queue.lease(1, worker="a", at=after(0) + ahead)
    (failed,) = store.queue.lease(1, worker="b", at=after(0) + ahead)
    assert store.queue.fail(failed, "broke", at=after(0) + ahead) == "retry"
    store.accept(app, [upload(4)], received=START)
    # The clock is right again. Whether the first worker is still alive is known at its next heartbeat.
    assert store.queue.depth(at=after(0)) == {"queued": 4, "leased": 0, "aside": 0, "oldest_seconds": 0.0}
    assert len(store.queue.heartbeat([leased], 60, at=after(1))) == 1
    assert store.queue.depth(at=after(2))["leased"] == 1
    jobs = store.queue.lease(10, worker="c", at=after(2))
    assert {job.report_id for job in jobs} == {1, 2, 3, 4} - {leased.report_id}
    assert store.queue.lease(10, worker="d", at=after(3)) == []
    assert store.queue.complete([Done(job, document("A")) for job in [*jobs, leased]]) == [True] * 4
    assert store.queue.depth(at=after(4))["queued"] == 0


def test_a_pause_and_a_long_lease_do_not_mean_a_wrong_clock(store: Store, app: App) -> None:
    store.accept(app, [upload(1), upload(2)], received=START)
    (held,) = store.queue.lease(1, worker="a", seconds=10_000, at=after(0))
    assert held.leased_until == after(3600)
    (tired,) = store.queue.lease(1, worker="b", at=after(0))
    assert store.queue.fail(tired, "broke", at=after(0)) == "retry"
    assert store.queue.lease(10, worker="c", at=after(1)) == []
    # Machines whose clocks differ by minutes do not take each other's leases.
    assert store.queue.lease(10, worker="c", at=after(-240)) == []
