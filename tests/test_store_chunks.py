"""Chunks of uploads: whose they are, putting files together from them, and how long they are stored."""

from __future__ import annotations

import hashlib
import io
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from store_samples import SECRET, symbol_file
from symbolicate.store import ChunkedFile, Conflict, NotFound, Store, is_other_file, upload_id_of
from symbolicate.store.symbols.chunks import FOLDER

if TYPE_CHECKING:
    from symbolicate.store import App

PARTS = (b"first" * 100, b"second" * 100, b"first" * 100, b"third")
WHOLE = b"".join(PARTS)


def sha1(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


FILE = ChunkedFile(sha1(WHOLE), "app.sym", [sha1(part) for part in PARTS])


@pytest.fixture
def app(store: Store) -> App:
    return store.apps.ensure(SECRET)


def put(store: Store, holder: str = "own/*", most_bytes: int = 1 << 20) -> None:
    for part in PARTS:
        store.symbol_chunks.put(holder, sha1(part), part, most_bytes=most_bytes)


def assemble(store: Store, app: App, file: ChunkedFile = FILE, holder: str = "own/*") -> str:
    store.symbol_chunks.assemble(app, holder, [file], shared=False)
    return upload_id_of(app, file.sha1, shared=False)


def joined(store: Store, upload_id: str) -> bytes | None:
    stream = io.BytesIO()
    return stream.getvalue() if store.symbol_chunks.join(upload_id, stream, most_in_vain=2 * len(WHOLE)) else None


def blobs(store: Store) -> int:
    return sum(1 for _ in store.blobs.list(FOLDER))


def test_bytes_that_make_another_file_are_bounded_for_each_app(store: Store, app: App) -> None:
    put(store)
    numbers = [assemble(store, app, FILE._replace(sha1=str(digit) * 40)) for digit in range(5)]
    messages = []
    for number in numbers:
        with pytest.raises(NotFound) as error:
            joined(store, number)
        messages.append(str(error.value))
        store.symbols.set_status(number, "failed", message=messages[-1])
    assert [is_other_file(message) for message in messages] == [True, True, True, True, False]
    assert store.symbol_chunks.in_vain(app) == 3 * len(WHOLE), "one file is free"
    other = store.apps.ensure("another")
    assert (store.symbol_chunks.in_vain(other), store.symbol_chunks.in_vain(None)) == (0, 0)
    assert joined(store, assemble(store, other)) == WHOLE


def test_a_file_is_put_together_once(store: Store, app: App) -> None:
    put(store)
    put(store)
    assert blobs(store) == 3, "the same chunk is stored once"
    number = assemble(store, app)
    assert assemble(store, app) == number
    upload = store.symbols.lease_upload("w")
    assert upload is not None
    assert (upload.id, upload.size, upload.file_name, upload.owner) == (number, len(WHOLE), "app.sym", app.id)
    assert store.symbols.lease_upload("w") is None
    assert joined(store, number) == WHOLE
    assemble(store, app)
    assert store.symbols.get(number).status == "processing", "an upload that is being installed is left alone"
    store.symbols.finish(number, [symbol_file("A" * 33, "app")])
    store.symbol_chunks.release(number)
    assert blobs(store) == 0
    assert joined(store, number) is None
    assert store.symbol_chunks.sizes("own/*", FILE.chunks) == {}


def test_an_upload_that_failed_may_be_sent_again(store: Store, app: App) -> None:
    put(store)
    number = assemble(store, app)
    store.symbols.set_status(number, "failed", message="why")
    store.symbol_chunks.release(number)
    assemble(store, app)
    assert store.symbols.get(number).status == "failed", "its chunks are gone"
    put(store)
    assemble(store, app)
    again = store.symbols.get(number)
    assert (again.status, again.message) == ("committed", None)
    assert joined(store, number) == WHOLE


def test_chunks_are_for_their_holder_alone(store: Store, app: App) -> None:
    put(store, "own/*")
    assert set(store.symbol_chunks.sizes("own/*", FILE.chunks)) == set(FILE.chunks)
    assert store.symbol_chunks.sizes("other/*", FILE.chunks) == {}
    number = assemble(store, app, holder="other/*")
    assert number not in store.symbols.find([number])
    assert joined(store, number) is None


def test_a_chunk_of_two_files_stays_until_both_are_finished(store: Store, app: App) -> None:
    put(store)
    other = ChunkedFile(sha1(PARTS[1] + PARTS[3]), "b.sym", [sha1(PARTS[1]), sha1(PARTS[3])])
    first, second = assemble(store, app), assemble(store, app, other)
    store.symbols.finish(first, [])
    store.symbol_chunks.release(first)
    assert joined(store, second) == PARTS[1] + PARTS[3]
    store.symbols.finish(second, [])
    store.symbol_chunks.release(second)
    assert blobs(store) == 0


def test_chunks_that_make_another_file_are_refused(store: Store, app: App) -> None:
    put(store)
    number = assemble(store, app, FILE._replace(chunks=FILE.chunks[::-1]))
    with pytest.raises(NotFound, match="another file"):
        joined(store, number)


def test_a_chunk_whose_bytes_are_gone(store: Store, app: App) -> None:
    put(store)
    number = assemble(store, app)
    store.blobs.delete(key for key, _ in list(store.blobs.list(FOLDER)))
    with pytest.raises(NotFound):
        joined(store, number)


def test_a_holder_has_a_limit(store: Store) -> None:
    with pytest.raises(Conflict, match="wait to be put together"):
        put(store, most_bytes=len(PARTS[0]) + 1)
    assert blobs(store) == 1, "the chunk that was refused left nothing"
    put(store, "another/*", most_bytes=len(WHOLE))


def test_chunks_are_swept_after_a_day(store: Store, app: App) -> None:
    put(store)
    put(store, "kept/*")
    waiting, failed = assemble(store, app, holder="kept/*"), assemble(store, app, FILE._replace(sha1="0" * 40))
    store.symbols.set_status(failed, "failed", message="its worker ended")  # and released nothing
    store.sweep()
    assert blobs(store) == 6
    swept = store.sweep(datetime.now(UTC) + timedelta(days=2))
    assert (swept.blobs, blobs(store)) == (3, 3)
    assert joined(store, waiting) == WHOLE
    store.symbols.delete(waiting)
    store.sweep(datetime.now(UTC) + timedelta(days=2))
    assert blobs(store) == 0


def test_many_send_the_same_file_at_the_same_time(store: Store, app: App) -> None:
    failed: list[BaseException] = []

    def work() -> None:
        try:
            put(store)
            assemble(store, app)
        except BaseException as error:  # noqa: BLE001 - asserted below
            failed.append(error)

    crew = [threading.Thread(target=work) for _ in range(6)]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    assert failed == []
    assert blobs(store) == 3
    assert len(store.symbols.pending(10)) == 1
    assert joined(store, upload_id_of(app, FILE.sha1, shared=False)) == WHOLE


def test_the_same_file_of_two_apps_is_two_uploads(store: Store, app: App) -> None:
    put(store)
    other = store.apps.ensure("other")
    ids = {assemble(store, app), assemble(store, other), upload_id_of(None, FILE.sha1, shared=True)}
    assert len(ids) == 3
