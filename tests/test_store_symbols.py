"""Symbol files: their owners, which of them is used, and which reports a change of them affects."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from store_samples import NOON, SECRET, document, finish, hash_of, hits, lease_one, module, symbol_file, take_in, upload
from symbolicate.store import EXPORTS, Done, NotFound, Store, StoreUnavailable
from symbolicate.store.database.tables import SYMBOL_SET, SYMBOL_SET_FILE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from symbolicate.store import App
    from symbolicate.store.records import Part

ID = "0" * 23 + "ABCDEF1230"
STUB, PLAIN, FULL = (
    symbol_file(ID, "app.pdb", text, quality=quality) for text, quality in (("stub", 0), ("plain", 12), ("full", 14))
)
EVIL = symbol_file(ID, "app.pdb", "evil", quality=12)


@pytest.fixture
def app(store: Store) -> App:
    return store.apps.ensure(SECRET)


def made_with(*modules: dict[str, Any], name: str = "F") -> bytes:
    return document(name, modules=list(modules))


def queued(store: Store) -> list[int]:
    """The reports in the queue, which are then processed with the symbols that they should have."""
    return sorted(job.report_id for job in store.queue.lease(1000, worker="w", seconds=0))


def test_what_reports_lack(store: Store, app: App) -> None:
    first, second = module("a.pdb", "AAAAAAAA0"), module("b.pdb", "BBBBBBBB0")
    no_id = module("b.exe", "0" * 33, code_id="F0371CEE5000")
    reports = [made_with(first, second), made_with(second, no_id), made_with(second, PLAIN_MODULE), made_with()]
    take_in(store, app, [(NOON, report) for report in reports])
    assert [(one.debug_file, one.debug_id, one.code_id, one.reports) for one in store.symbols.missing(app)] == [
        ("b.pdb", "BBBBBBBB0", "", 3),
        ("b.exe", "", "f0371cee5000", 1),
        ("a.pdb", "AAAAAAAA0", "", 1),
    ]
    assert store.symbols.missing(store.apps.create()) == []


def test_the_frames_that_missing_symbols_cost(store: Store, app: App) -> None:
    first, second = module("a.pdb", "AAAAAAAA0"), module("b.pdb", "BBBBBBBB0")
    no_id = module("b.exe", "0" * 33, code_id="F0371CEE5000")

    def lost(debug_id: str | None, code_id: str, unnamed: tuple[int, int], scanned: tuple[int, int]) -> dict[str, Any]:
        both = {"unnamed_frames": unnamed, "scanned_frames": scanned}
        counts = {key: dict(zip(("crashing_thread", "all_threads"), two, strict=True)) for key, two in both.items()}
        return {"debug_id": debug_id, "code_id": code_id, **counts}

    reports = [
        ([first, second], [lost("BBBBBBBB0", "", (2, 3), (0, 1)), lost("AAAAAAAA0", "", (1, 1), (0, 0))]),
        ([second, no_id], [lost(None, "F0371CEE5000", (4, 4), (0, 0)), lost("BBBBBBBB0", "", (2, 3), (0, 1))]),
        ([second, PLAIN_MODULE], [lost(ID, "", (0, 0), (1, 2))]),
        ([first, second], [lost("BBBBBBBB0", "", (2, 3), (0, 1)), lost("CCCCCCCC0", "", (9, 9), (9, 9))]),
        ([first], ["nonsense", {"debug_id": 1}, lost("AAAAAAAA0", "", (-1, 1 << 40), (0, 0))]),
    ]
    documents = [document("F", modules=modules, symbols_needed=needed) for modules, needed in reports]
    documents.append(document("F", modules=[first], symbols_needed="nonsense"))
    take_in(store, app, [(NOON, report) for report in documents])
    assert [
        (one.debug_file, one.reports, one.crashing_frames, one.frames, one.unwinding_reports, one.scanned)
        for one in store.symbols.missing(app)
    ] == [
        ("b.pdb", 4, 6, 9, 3, 3),
        ("a.pdb", 4, 1, 1, 0, 0),
        ("b.exe", 1, 4, 4, 0, 0),
        ("app.pdb", 0, 0, 0, 1, 2),
    ]
    assert [one.debug_file for one in store.symbols.missing(app, top=1)] == ["b.pdb"]


PLAIN_MODULE = module("app.pdb", ID, PLAIN)


@pytest.mark.parametrize(
    ("used", "file", "queued_again"),
    [
        (None, STUB, True),
        (STUB, PLAIN, True),
        (PLAIN, FULL, True),
        (EVIL, PLAIN, True),  # as good, and newer
        (FULL, PLAIN, False),
        (PLAIN, STUB, False),
        (PLAIN, PLAIN, False),
    ],
)
def test_a_file_is_for_the_reports_that_would_be_made_with_it(
    store: Store, app: App, used: Any, file: Any, *, queued_again: bool
) -> None:
    other = store.apps.ensure("another app")
    if used is not None:
        store.symbol_files.register(app, [used])
        store.symbol_files.register(other, [used])
    (report,) = take_in(store, app, [(NOON, made_with(module("app.pdb", ID, used)))])
    take_in(store, app, [(NOON, made_with(module("app.pdb", "CCCCCCCC0")))], 10)
    take_in(store, other, [(NOON, made_with(module("app.pdb", ID, used)))], 20)
    assert store.symbol_files.register(app, [file]) == queued_again
    assert queued(store) == [report] * queued_again


def test_another_apps_file_is_never_used_and_the_pool_is_for_all(store: Store, app: App) -> None:
    other = store.apps.ensure("another app")
    mine = take_in(store, app, [(NOON, made_with(module("app.pdb", ID)))])
    theirs = take_in(store, other, [(NOON, made_with(module("app.pdb", ID)))], 10)
    assert store.symbol_files.register(other, [EVIL]) == 1
    assert store.symbol_files.candidates(app.id, ID, "") == []
    finish(store, {theirs[0]: made_with(module("app.pdb", ID, EVIL))})
    # They still use their own file.
    assert store.symbol_files.register(None, [FULL]) == 1
    assert queued(store) == mine
    assert [one.content for one in store.symbol_files.candidates(other.id, ID, "")] == [EVIL.content, FULL.content]
    assert [one.content for one in store.symbol_files.candidates(app.id, ID, "")] == [FULL.content]


def test_the_symbol_server_and_reports_prefer_the_same_file(store: Store, app: App) -> None:
    exports = symbol_file(ID, "app.pdb", "exports", quality=EXPORTS)
    for owner, file in ((None, PLAIN), (app, exports), (app, STUB), (None, FULL)):
        store.symbol_files.register(owner, [file])
    used = [one.content for one in store.symbol_files.candidates(app.id, ID, "")]
    assert used == [FULL.content, PLAIN.content, STUB.content, exports.content]
    assert [one.content for one in store.symbol_files.readable(app.id, [ID], "", ["symbols"])] == used


def test_originals_of_an_app_are_preferred_to_those_of_the_pool(store: Store, app: App) -> None:
    parts: tuple[Part, ...] = ("debug", "whole")
    mine, theirs = (
        [symbol_file(ID, "app", f"{owner} {part}", quality=0, part=part) for part in parts] for owner in "ab"
    )
    store.symbol_files.register(app, mine[::-1])
    store.symbol_files.register(None, theirs)
    found = store.symbol_files.readable(app.id, [ID], "", parts)
    assert [one.content for one in found] == [one.content for one in mine + theirs]


def test_the_order_of_files_of_one_owner(store: Store, app: App) -> None:
    for file in (STUB, PLAIN, FULL, EVIL):
        store.symbol_files.register(app, [file])

    def order() -> list[str]:
        return [one.content for one in store.symbol_files.candidates(app.id, ID, "")]

    assert order() == [FULL.content, EVIL.content, PLAIN.content, STUB.content]
    # A file that is uploaded again is the newest, and is stored once.
    store.symbol_files.register(app, [PLAIN])
    assert order() == [FULL.content, PLAIN.content, EVIL.content, STUB.content]


def test_a_file_that_is_removed_renames_what_was_made_with_it(store: Store, app: App) -> None:
    store.symbol_files.register(app, [PLAIN])
    store.symbol_files.register(app, [EVIL])
    reports = take_in(store, app, [(NOON, made_with(module("app.pdb", ID, EVIL), name="EVIL"))] * 3)
    take_in(store, app, [(NOON, made_with(PLAIN_MODULE, name="RIGHT"))], 10)
    evil = next(file for file in store.symbol_files.list() if file.content == EVIL.content)
    assert store.symbol_files.remove(evil.id) == 3
    with pytest.raises(NotFound):
        store.symbol_files.remove(evil.id)
    right = made_with(PLAIN_MODULE, name="RIGHT")
    finish(store, dict.fromkeys(reports, right))
    assert [(row["failureName"], row["eventCount"]) for row in hits(store, app, groupby="failureName")] == [
        ("RIGHT", 4)
    ]
    assert store.buckets.aliases(app) == {hash_of("EVIL"): hash_of("RIGHT")}
    (left,) = store.symbol_files.list()
    assert store.symbol_files.remove(left.id) == 4
    assert store.symbol_files.list() == []


def test_a_file_of_no_database_gives_way(store: Store, app: App) -> None:
    local = module("app.pdb", ID) | {"symbols": {"status": "loaded", "file": "/srv/symbols/app.sym"}}
    (report,) = take_in(store, app, [(NOON, made_with(local))])
    assert store.symbols.missing(app) == []
    other = symbol_file("CCCCCCCC0", "app.pdb")
    assert store.symbol_files.register(app, [other]) == 0
    assert store.symbol_files.register(None, [STUB]) == 1
    assert queued(store) == [report]


@pytest.mark.parametrize("spelling", ["F0371CEE5000", "f0371cee5000"])
def test_modules_that_are_known_by_their_code_id_alone(store: Store, app: App, spelling: str) -> None:
    nameless = module("crash.exe", "0" * 33, code_id=spelling)
    (report,) = take_in(store, app, [(NOON, made_with(nameless))])
    file = symbol_file("7B07E0F321C280FC4C4C44205044422E1", "crash.pdb", code_id=spelling)
    assert [one.code_id for one in store.symbols.missing(app)] == ["f0371cee5000"]
    assert store.symbol_files.register(app, [file]) == 1
    assert queued(store) == [report]
    assert [one.content for one in store.symbol_files.candidates(app.id, "", "F0371CEE5000")] == [file.content]
    # A module of another build may have the same time stamp and size; its debug id differs.
    assert store.symbol_files.candidates(app.id, "AAAAAAAA0", "f0371cee5000") == []
    only_image = symbol_file("", "crash.exe", code_id=spelling)
    store.symbol_files.register(app, [only_image])
    assert len(store.symbol_files.candidates(app.id, "AAAAAAAA0", "f0371cee5000")) == 1


def test_a_build_id_is_as_good_as_the_debug_id_that_is_made_of_it(store: Store, app: App) -> None:
    build_id, debug_id = "086992b09e02ab68ecf3cba3bfb235a2272ea608", "B0926908029E68ABECF3CBA3BFB235A20"
    (report,) = take_in(store, app, [(NOON, made_with(module("libscene.so", "", code_id=build_id)))])
    assert store.symbol_files.register(app, [symbol_file(debug_id, "libscene.so")]) == 1
    assert queued(store) == [report]


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("used", [None, STUB])
def test_symbols_that_change_while_a_report_is_processed(store: Store, app: App, used: Any, *, shared: bool) -> None:
    if used is not None:
        store.symbol_files.register(None, [used])
    store.accept(app, [upload(1)])
    job = lease_one(store)
    assert store.symbol_files.register(None if shared else app, [PLAIN]) == 0
    assert store.queue.complete([Done(job, made_with(module("app.pdb", ID, used)))]) == [True]
    again = lease_one(store)
    assert again.reason == "symbols"
    # Files that existed before it began do not requeue it again and again, even if it could not use them.
    assert store.queue.complete([Done(again, made_with(module("app.pdb", ID, used)))]) == [True]
    assert queued(store) == []


def test_a_file_that_is_removed_while_a_report_is_processed(store: Store, app: App) -> None:
    store.symbol_files.register(app, [EVIL])
    store.accept(app, [upload(1)])
    job = lease_one(store)
    (file,) = store.symbol_files.list()
    store.symbol_files.remove(file.id)
    store.queue.complete([Done(job, made_with(module("app.pdb", ID, EVIL)))])
    assert lease_one(store).reason == "symbols"


def test_no_report_is_missed_however_symbols_and_workers_meet(store: Store, app: App) -> None:
    """Workers finish reports while files are added and removed; in the end each was made with the present files."""
    ids = [f"{number:08X}" + "0" * 25 for number in range(1, 9)]
    files = [symbol_file(one, "app.pdb") for one in ids]
    apps = [app, store.apps.ensure("another app")]
    count = 0
    for owner in apps:
        for start in range(0, 120, 40):
            store.accept(owner, [upload(1000 * owner.id + start + number) for number in range(40)])
            count += 40
    ended = threading.Event()
    failed: list[BaseException] = []

    def document_of(job: Any) -> bytes:
        debug_id = ids[job.report_id % len(ids)]
        found = store.symbol_files.candidates(job.app.id, debug_id, "")
        return made_with(module("app.pdb", debug_id, found[0] if found else None), name="N" if found else "Unknown")

    def work() -> None:
        try:
            while not ended.is_set() or store.queue.depth()["queued"]:
                jobs = store.queue.lease(4, worker="w")
                store.queue.complete([Done(job, document_of(job)) for job in jobs])
        except BaseException as error:  # noqa: BLE001 - raised below
            failed.append(error)

    crew = [threading.Thread(target=work) for _ in range(3)]
    for one in crew:
        one.start()
    for number, file in enumerate(files):
        store.symbol_files.register(None if number % 2 else apps[number // 2 % 2], [file])
    store.symbol_files.register(None, files)
    ended.set()
    for one in crew:
        one.join(60)
    assert failed == []
    counted = {row["failureName"]: row["eventCount"] for one in apps for row in hits(store, one, groupby="failureName")}
    assert set(counted) == {"N"}
    assert sum(bucket.count for one in apps for bucket in store.buckets.list(one)) == count


def test_reports_with_the_same_files_share_a_set_that_goes_with_the_last_of_them(store: Store, app: App) -> None:
    reports = take_in(store, app, [(NOON, made_with(PLAIN_MODULE))] * 5)

    def rows() -> tuple[int, int]:
        def count(connection: sa.Connection) -> Sequence[int]:
            tables = (SYMBOL_SET, SYMBOL_SET_FILE)
            return [connection.execute(sa.select(sa.func.count()).select_from(one)).scalar_one() for one in tables]

        sets, files = store.database.read(count)
        return sets, files

    assert rows() == (1, 1)
    store.sweep(now=NOON)
    assert rows() == (1, 1)
    store.queue.requeue(reports)
    finish(store, dict.fromkeys(reports, made_with()))
    store.sweep(now=NOON)
    assert rows() == (0, 0)


def test_what_uploads_held_stays_with_each_of_them(store: Store, app: App) -> None:
    uploads = [store.symbols.begin(app, "Breakpad") for _ in range(2)]
    for one in uploads:
        store.symbols.set_status(one.id, "committed")
        store.symbols.finish(one.id, [PLAIN])
    assert [[file.content for file in store.symbols.get(one.id).contents] for one in uploads] == [[PLAIN.content]] * 2
    (file,) = store.symbol_files.list()
    assert (file.owner, file.holds) == (app.id, ["functions", "lines"])
    store.symbols.delete(uploads[0].id)
    assert store.symbols.get(uploads[1].id).contents
    shared = store.symbols.begin(app, "Breakpad", shared=True)
    store.symbols.set_status(shared.id, "committed")
    store.symbols.finish(shared.id, [PLAIN])
    assert {file.owner for file in store.symbol_files.list()} == {0, app.id}


def test_bytes_are_stored_compressed_and_checked(store: Store, tmp_path: Path) -> None:
    path, copy = tmp_path / "a.sym", tmp_path / "copy.sym"
    path.write_bytes(b"FUNC 1 2 3 f\n" * 100_000)
    content, key = store.symbol_files.put(str(path))
    assert (store.blobs.size(key) or 0) < 100_000
    store.symbol_files.fetch(content, str(copy))
    assert copy.read_bytes() == path.read_bytes()
    copy.unlink()
    for damaged in (store.blobs.get(key)[:-100], b"nonsense", store.blobs.get(store.symbol_files.put(__file__)[1])):
        store.blobs.put(key, damaged)
        with pytest.raises(NotFound):
            store.symbol_files.fetch(content, str(copy))
    assert not copy.exists()
    with pytest.raises(NotFound):
        store.symbol_files.fetch("0" * 64, str(copy))
    with pytest.raises(StoreUnavailable):
        store.symbol_files.fetch(content, str(tmp_path / "no folder" / "copy.sym"))
    assert sorted(one.name for one in tmp_path.iterdir() if one.is_file()) == ["a.sym"]


def test_unwind_tables_are_chosen_by_themselves_and_bring_reports_back(store: Store, app: App) -> None:
    other = store.apps.ensure("another app")
    store.symbol_files.register(app, [FULL])
    mine = take_in(store, app, [(NOON, made_with(module("app.pdb", ID, FULL)))])
    take_in(store, app, [(NOON, made_with(module("b.pdb", "CCCCCCCC0")))], 10)
    take_in(store, other, [(NOON, made_with(module("app.pdb", ID)))], 20)
    tables = symbol_file(ID, "app.exe", "tables", part="unwind", quality=1)
    assert store.symbol_files.register(app, [tables]) == 1
    assert queued(store) == mine
    finish(store, {mine[0]: made_with(module("app.pdb", ID, FULL))})
    assert store.symbol_files.register(app, [tables]) == 0, "nothing is new"
    assert [one.content for one in store.symbol_files.candidates(app.id, ID, "")] == [FULL.content]
    assert [one.content for one in store.symbol_files.candidates(app.id, ID, "", "unwind")] == [tables.content]
    assert store.symbol_files.candidates(other.id, ID, "", "unwind") == []
    [row] = [one for one in store.symbol_files.list([app.id]) if one.part == "unwind"]
    assert row.holds == ["unwind"]
    assert store.symbol_files.remove(row.id) == 1
    assert queued(store) == mine
    assert store.symbol_files.candidates(app.id, ID, "", "unwind") == []
