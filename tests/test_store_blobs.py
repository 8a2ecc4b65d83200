"""Blobs in a folder and in object stores."""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from store_samples import SECRET, document, finish
from symbolicate.store import NotFound, Store, StoreUnavailable, StoreUrlError, Upload
from symbolicate.store.content.blobs import Blobs

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_put_into_a_folder_is_there(tmp_path: Path) -> None:
    is_there(str(tmp_path / "blobs"), tmp_path)


def test_what_is_put_into_an_object_store_is_there(object_store: str, tmp_path: Path) -> None:
    is_there(f"{object_store}/{tmp_path.name}", tmp_path)


def is_there(place: str, tmp_path: Path) -> None:
    blobs = Blobs(place)
    data = os.urandom(3_000_000)
    assert blobs.put("a/b.c-d_1", data) == len(data)
    assert blobs.put("a/parts", (data[i : i + 400_000] for i in range(0, len(data), 400_000))) == len(data)
    assert blobs.put("a/file", io.BytesIO(data)) == len(data)
    for key in ("a/b.c-d_1", "a/parts", "a/file"):
        assert blobs.get(key) == data
        assert blobs.size(key) == len(data)
    assert b"".join(blobs.stream("a/file")) == data
    assert blobs.range("a/file", 4095, 3) == data[4095:4098]
    blobs.download("a/file", str(tmp_path / "copy"))
    assert (tmp_path / "copy").read_bytes() == data
    blobs.put("a/file", b"")
    assert blobs.get("a/file") == b""
    assert sorted(key for key, _ in blobs.list("a")) == ["a/b.c-d_1", "a/file", "a/parts"]
    blobs.delete(["a/file", "a/never"])
    assert not blobs.exists("a/file")
    with pytest.raises(NotFound):
        blobs.get("a/file")
    with pytest.raises(NotFound):
        blobs.download("a/file", str(tmp_path / "none"))
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    "key", ["", "/", "../x", "a/../b", "a//b", "/etc/passwd", "a/.hidden", "a\\b", "a b", "ä", "a\0", "x" * 600]
)
def test_keys_that_lead_elsewhere_are_refused(key: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be the key"):
        Blobs(str(tmp_path)).put(key, b"x")


@pytest.mark.parametrize("place", ["nonsense://x", "s3://", "memory"])
def test_invalid_locations(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if place == "memory":
        (tmp_path / "memory").write_text("")
        with pytest.raises(StoreUnavailable):
            Blobs(place)
    else:
        with pytest.raises(StoreUrlError):
            Blobs(place)


def test_a_store_with_its_blobs_in_s3(s3: str, tmp_path: Path) -> None:
    with Store.open(data=tmp_path, blobs=f"{s3}/store") as store:
        app = store.apps.ensure(SECRET)
        data = os.urandom(200_000)
        number = store.accept(app, [Upload("1", "minidump", data)]).reports[0].id
        assert store.data(number) == data
        finish(store, {number: document(comments=[os.urandom(100_000).hex()])})
        assert len(store.reports.report_json(number) or b"") > 200_000
        assert len(list(store.blobs.list())) == 2
        assert store.sweep(datetime.now(UTC) + timedelta(days=100)).reports == 1
        assert list(store.blobs.list()) == []


def test_blobs_without_a_row_are_swept_when_they_are_old(store: Store) -> None:
    app = store.apps.ensure(SECRET)
    kept = store.accept(app, [Upload("1", "minidump", os.urandom(200_000))]).reports[0].id
    store.blobs.put("bodies/00/cutoff", b"left by a process that died")
    upload = store.symbols.begin(app, "Breakpad")
    store.blobs.put(upload.blob, b"symbols")
    store.blobs.put("elsewhere/x", b"not ours")
    assert store.sweep().blobs == 0
    assert store.sweep(datetime.now(UTC) + timedelta(days=2)).blobs == 1
    assert sorted(key.split("/")[0] for key, _ in store.blobs.list()) == ["bodies", "elsewhere", "symbols"]
    assert len(store.data(kept)) == 200_000


def test_a_blob_store_that_is_away_takes_nothing_in(s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    place = f"{s3}/away"
    with Store.open(data=tmp_path, blobs=place) as store:
        store.blobs._store.config  # noqa: B018 - it was made; only using it fails
        app = store.apps.ensure(SECRET)
        monkeypatch.setattr(store.blobs, "_obstore", _Away(store.blobs._obstore))
        with pytest.raises(StoreUnavailable, match="blob store"):
            store.accept(app, [Upload("1", "minidump", os.urandom(200_000))])
        assert store.queue.depth()["queued"] == 0
        assert store.accept(app, [Upload("1", "minidump", b"small")]).reports[0].new


class _Away:
    """obstore without a server, and without its minutes of retries."""

    def __init__(self, real: object) -> None:
        self.exceptions = getattr(real, "exceptions")  # noqa: B009

    def put(self, *_: object, **__: object) -> None:
        raise OSError("connection refused")


def test_a_service_keeps_large_dumps_in_s3(s3: str, tmp_path: Path) -> None:
    pytest.importorskip("litestar")
    from service_process import multipart, service
    from tiny_dump import tiny_dump

    dump = tiny_dump() + os.urandom(300_000)
    body, content_type = multipart({"prod": "Demo"}, [("upload_file_minidump", "a.dmp", dump)])
    with service(tmp_path, SYMBOLICATE_BLOBS=s3) as running:
        identifier = running.ask("POST", "/submit", body, {"Content-Type": content_type}, token=None).body.decode()
        assert running.wait_until_done(identifier)["state"] == "done"
        moved = running.get(f"/v1.0/my/analytics/desktop/cabdownload?applicationId=Demo&cabIdHash={identifier}")
        assert running.get(moved.headers["location"], token=None).body == dump
