"""Acknowledged reports are stored once, with everything that belongs to them."""

from __future__ import annotations

import os
import threading
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from store_samples import NOON, SECRET, document, finish, hits, lease_one, upload
from symbolicate.store import Attachment, Done, Settings, Store, Upload

if TYPE_CHECKING:
    from symbolicate.store import App

DUMP = b"MDMP" + bytes(100)


@pytest.fixture
def app(store: Store) -> App:
    return store.apps.ensure(SECRET)


def test_an_identical_upload_is_the_same_report(store: Store, app: App) -> None:
    first = store.accept(app, [upload(1), upload(2)])
    again = store.accept(app, [upload(2), upload(1), upload(1)])
    assert [one.new for one in first.reports] == [True, True]
    assert [one.new for one in again.reports] == [False] * 3
    assert [one.id for one in again.reports] == [first.reports[i].id for i in (1, 0, 0)]
    assert [one.public_id for one in again.reports] == [first.reports[i].public_id for i in (1, 0, 0)]
    assert store.queue.depth()["queued"] == 2


def test_an_id_used_again_is_another_report(store: Store, app: App) -> None:
    one = upload(1)
    accepted = [
        store.accept(app, [other]).reports[0]
        for other in (
            one,
            Upload(one.log_id.upper(), "appleError", one.data),
            Upload("{" + one.log_id.replace("-", "") + "}", one.kind, b"other content"),
        )
    ]
    assert [report.new for report in accepted] == [True] * 3
    assert [report.reused_id for report in accepted] == [False, True, True]
    assert len({report.id for report in accepted}) == 3
    assert len(store.reports.by_log_id(app, one.log_id)) == 3


def test_apps_do_not_share_reports(store: Store, app: App) -> None:
    other = store.apps.ensure(str(uuid.uuid4()))
    accepted = [store.accept(one, [upload(1)]).reports[0] for one in (app, other)]
    assert accepted[0].id != accepted[1].id
    assert [one.new for one in accepted] == [True, True]


@pytest.mark.parametrize("size", [0, 1, 1000, 70_000, 3_000_000])
def test_bytes_come_back_as_they_were(store: Store, app: App, size: int) -> None:
    data = (bytes(range(256)) * (size // 256 + 1))[: size // 2] + uuid.uuid4().bytes * (size // 32)
    accepted = store.accept(app, [Upload("x", "minidump", data)], [Attachment("x", "a", data, file_name="../x")])
    assert store.data(accepted.reports[0].id) == data
    assert store.attachment_data(accepted.attachments[0].id) == data
    job = lease_one(store)
    assert store.data(job) == data
    assert [(file.file_name, file.size) for file in job.attachments] == [("../x", len(data))]


def test_bodies_of_all_sizes_in_one_upload_come_back_each_as_its_own(store: Store, app: App) -> None:
    sizes = [4096, 0, 255, 256, 4097, 300, 70_000, 1]
    plain = [bytes([number]) * size for number, size in enumerate(sizes)]
    noise = [os.urandom(size) for size in sizes]
    data = [one for pair in zip(plain, noise, strict=True) for one in pair]
    uploads = [Upload(str(number), "managedError", one) for number, one in enumerate(data)]
    accepted = store.accept(app, uploads).reports
    assert [store.data(one.id) for one in accepted] == data
    assert [
        store.data(job) for job in sorted(store.queue.lease(100, worker="w"), key=lambda job: job.report_id)
    ] == data


def test_an_attachment_may_come_before_its_crash(store: Store, app: App) -> None:
    crash = upload(1, wants_minidump=True)
    early = store.accept(app, [], [Attachment(crash.log_id.upper(), "1", DUMP, file_name="minidump.dmp")])
    assert early.attachments[0].report_id is None
    assert store.queue.lease(1, worker="w") == []
    store.accept(app, [crash])
    job = lease_one(store)
    assert [file.file_name for file in job.attachments] == ["minidump.dmp"]


def test_a_late_attachment_has_its_crash_done_again(store: Store, app: App) -> None:
    crash = upload(1, wants_minidump=True)
    number = store.accept(app, [crash]).reports[0].id
    finish(store, {number: document("WITHOUT_DUMP")})
    accepted = store.accept(app, [], [Attachment(crash.log_id, "1", DUMP)])
    assert accepted.attachments[0].report_id == number
    again = store.accept(app, [], [Attachment(crash.log_id, "1", DUMP)])
    assert [again.attachments[0].new, again.attachments[0].id] == [False, accepted.attachments[0].id]
    job = lease_one(store)
    assert (job.reason, len(job.attachments)) == ("attachment", 1)
    assert store.queue.complete([Done(job, document("WITH_DUMP"))]) == [True]
    assert [(row["failureName"], row["eventCount"]) for row in hits(store, app)] == [("WITH_DUMP", 1)]


def test_a_late_attachment_that_cannot_be_used_has_nothing_done_again(store: Store, app: App) -> None:
    crash = upload(1)
    number = store.accept(app, [crash]).reports[0].id
    finish(store, {number: document("DONE")})
    store.accept(app, [], [Attachment(crash.log_id, "1", b"?", fault="its data is no base64")])
    store.accept(app, [], [Attachment(crash.log_id, "2", b"", fault="too large", size=1 << 30)])
    assert store.queue.lease(1, worker="w") == []
    assert len(store.reports.get(number).attachments) == 2


def test_what_is_sent_again_is_known(store: Store, app: App) -> None:
    crash = upload(1)
    sent, other = Attachment(crash.log_id, "1", b"one"), Attachment(crash.log_id, "1", b"two")
    values = {"ver": "1"}
    store.accept(app, [crash], [sent], properties={crash.log_id: values})
    again = Attachment(crash.log_id.upper(), "1", b"one")
    assert store.kept_before(app, {3: again, 5: other}, {crash.log_id: values}) == {3, crash.log_id}
    assert store.kept_before(app, {}, {crash.log_id: {"ver": "2"}}) == set()
    assert store.kept_before(app, {}, {}) == set()


def test_an_attachment_during_processing_has_it_done_again(store: Store, app: App) -> None:
    crash = upload(1)
    store.accept(app, [crash])
    job = lease_one(store)
    store.accept(app, [], [Attachment(crash.log_id, "1", DUMP)])
    assert store.queue.lease(1, worker="other") == []  # nobody else meanwhile
    assert store.queue.complete([Done(job, document("FIRST"))]) == [True]
    again = lease_one(store)
    assert len(again.attachments) == 1
    assert store.queue.complete([Done(again, document("SECOND"))]) == [True]
    assert store.queue.lease(1, worker="w") == []
    assert [(row["failureName"], row["eventCount"]) for row in hits(store, app)] == [("SECOND", 1)]


def test_a_dump_goes_to_the_log_that_waits_for_one(store: Store, app: App) -> None:
    """The documents' examples use one id for an Apple log and for a crash with a minidump."""
    wanting = upload(1, wants_minidump=True)
    store.accept(app, [wanting])
    store.accept(app, [Upload(wanting.log_id, "appleError", b"{}")])
    dump = store.accept(app, [], [Attachment(wanting.log_id, "1", DUMP)]).attachments[0]
    text = store.accept(app, [], [Attachment(wanting.log_id, "2", b"text")]).attachments[0]
    kinds = {store.reports.get(one.id).kind: one.id for one in store.reports.by_log_id(app, wanting.log_id)}
    assert (dump.report_id, text.report_id) == (kinds["managedError"], kinds["appleError"])


def test_properties_of_an_event_reach_the_crash(store: Store, app: App) -> None:
    crash = upload(1, annotations={"ver": "1", "prod": "Demo"})
    store.accept(app, [], properties={crash.log_id: {"ver": "2", "channel": "beta"}})
    store.accept(app, [crash])
    job = lease_one(store)
    assert job.annotations == {"ver": "2", "prod": "Demo", "channel": "beta"}
    assert job.attachments == []


def test_both_times_are_stored_and_an_impossible_one_is_ignored(store: Store, app: App) -> None:
    received = datetime(2020, 1, 1, tzinfo=UTC)
    far = received + timedelta(days=4)
    ids = [
        store.accept(app, [upload(i, time)], received=received).reports[0].id
        for i, time in enumerate((NOON, far, None))
    ]
    reports = [store.reports.get(number) for number in ids]
    assert [report.client_time for report in reports] == [NOON, far, None]
    assert [report.receive_time for report in reports] == [received] * 3
    assert [report.event_time for report in reports] == [NOON, received, received]


def test_hostile_text_is_stored_sanitised(store: Store) -> None:
    nasty = "a\0b\ud800'; DROP TABLE report; --" + "x" * 10_000
    app = store.apps.ensure(nasty)
    assert store.apps.ensure(nasty).id == app.id
    crash = Upload(nasty, nasty, b"\0", NOON, nasty, {nasty: nasty}, user_agent=nasty)
    accepted = store.accept(app, [crash], [Attachment(nasty, nasty, b"", nasty, nasty, nasty)])
    assert accepted.attachments[0].report_id == accepted.reports[0].id
    job = lease_one(store)
    told = nasty.replace("\ud800", "?")  # a report is JSON in UTF-8
    assert store.queue.complete([Done(job, document(told, version=told, locale=told, model=told))]) == [True]
    (row,) = hits(store, app)
    assert row["failureName"].startswith("a\N{REPLACEMENT CHARACTER}b?'; DROP TABLE")
    assert store.reports.by_log_id(app, nasty)[0].failure_name == row["failureName"]
    assert store.queue.fail(job, nasty) == "lost"


def test_many_threads_share_commits_and_lose_nothing(store: Store, app: App) -> None:
    seen: list[int] = []

    def send(part: int) -> None:
        for i in range(20):
            # Every third upload is sent by all threads.
            number = i if i % 3 == 0 else 1000 * (part + 1) + i
            seen.append(store.accept(app, [upload(number)]).reports[0].id)

    crew = [threading.Thread(target=send, args=(part,)) for part in range(8)]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    assert len(seen) == 160
    assert len(set(seen)) == 7 + 8 * 13 == store.queue.depth()["queued"]


def test_crash_and_attachment_at_the_same_moment_find_each_other(store: Store, app: App) -> None:
    for number in range(1, 16):
        crash = upload(number)
        calls = [
            lambda c=crash: store.accept(app, [c]),
            lambda c=crash: store.accept(app, [], [Attachment(c.log_id, "1", DUMP)]),
        ]
        crew = [threading.Thread(target=call) for call in calls]
        for one in crew:
            one.start()
        for one in crew:
            one.join()
    assert all(len(job.attachments) == 1 for job in store.queue.lease(100, worker="w"))


def test_the_throttle_counts_over_all_of_a_minute(store: Store, app: App) -> None:
    app = store.apps.update(app.id, settings=Settings(throttle_per_minute=5))
    minute = datetime(2020, 1, 1, 10, 0, tzinfo=UTC)
    assert [store.apps.admit(app, 2, minute + timedelta(seconds=s)) for s in (0, 20, 40, 59)] == [2, 2, 1, 0]
    assert store.apps.admit(app, 2, minute + timedelta(seconds=60)) == 2
    assert store.apps.admit(store.apps.update(app.id, settings=Settings(throttle_per_minute=None)), 99, minute) == 99
