"""`symbolicate batch` with an object store: inputs, shards and output in a bucket."""

from __future__ import annotations

import io
import json
import os
import tarfile
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import obstore
import pytest
from obstore.store import from_url

from tiny_dump import tiny_dump

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Run


@pytest.fixture
def bucket(object_store: str) -> Any:
    return from_url(object_store.partition("/some")[0], client_options={"allow_http": True})


def lines(bucket: Any, key: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in bytes(obstore.get(bucket, key).bytes()).splitlines()]


def test_inputs_shards_and_output_in_a_bucket(
    object_store: str, bucket: Any, run: Callable[..., Run], tmp_path: Path
) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name in ("x.dmp", "y.dmp"):
            member = tarfile.TarInfo(name)
            member.size = len(tiny_dump())
            tar.addfile(member, io.BytesIO(tiny_dump()))
    for number in range(30):
        obstore.put(bucket, f"dumps/{number:02}.dmp", tiny_dump())
    obstore.put(bucket, "dumps/empty", b"")
    obstore.put(bucket, "dumps/packed.tgz", packed.getvalue())
    obstore.put(bucket, "other/a b+c%d.dmp", tiny_dump())
    place = object_store.partition("/some")[0]
    done = run("batch", f"{place}/dumps", f"{place}/other/", f"{place}/nothing", "-j", "1", "-o", f"{place}/out.ndjson")
    assert done.code == 1, done.err
    rows = lines(bucket, "out.ndjson")
    assert [row["input"]["name"].removeprefix(f"{place}/") for row in rows] == [
        *(f"dumps/{number:02}.dmp" for number in range(30)),
        "dumps/empty",
        "dumps/packed.tgz: x.dmp",
        "dumps/packed.tgz: y.dmp",
        "other/a b+c%d.dmp",
        "nothing",
    ]
    assert [row["input"]["name"] for row in rows if row["status"] == "ERROR"] == [
        f"{place}/dumps/empty",
        f"{place}/nothing",
    ]
    assert not [entry for page in obstore.list(bucket, "out.ndjson.batch") for entry in page]
    # Tables may be in a bucket, too.
    known = run(
        "batch", f"{place}/other/", "-j", "1", "-o", tmp_path / "again.ndjson", "--known", f"{place}/out.ndjson"
    )
    assert "1 crash in 1 bucket, 0 of them new" in known.err
    missing = run("batch", tmp_path, "-o", tmp_path / "x.ndjson", "--known", f"{place}/nothing")
    assert "there is no such object" in missing.err
    # The same dump as a file has the same report, but for its name.
    dump = tmp_path / "00.dmp"
    dump.write_bytes(tiny_dump())
    report = json.loads(run("report", dump, "--format", "json").out)
    report["input"]["name"] = f"{place}/dumps/00.dmp"
    assert rows[0] == report


def test_a_shard_in_a_bucket_is_committed_once(object_store: str, tmp_path: Path) -> None:
    from symbolicate.corpus import JobError, finish, plan, run_shard

    dump = tmp_path / "a.dmp"
    dump.write_bytes(tiny_dump())
    out = f"{object_store}/once.ndjson"
    job = plan([str(dump)], out)
    with pytest.raises(JobError, match="another process has begun"):
        plan([str(dump)], out)
    assert not job.storage.create(f"{job.manifest.id}/inputs.json", b"[]")
    first = run_shard(job.place, 0)
    assert run_shard(job.place, 0) == first
    assert finish(job, out) == 1
    assert not job.is_planned() or not list(job.storage.keys(f"{job.manifest.id}/commits"))


def test_files_of_a_batch_in_a_bucket(object_store: str, tmp_path: Path) -> None:
    from symbolicate.corpus.storage import open_storage

    folder = f"{object_store}/{tmp_path.name}"
    storage, beside = open_storage(folder), open_storage(f"{folder}-beside")
    assert storage.create("commits/1", b"the first")
    assert not storage.create("commits/1", b"the second")
    assert storage.read("commits/1") == b"the first"
    beside.create("kept", b"x")
    # One that is written in parts.
    data = os.urandom(12 << 20)
    (tmp_path / "part").write_bytes(data)
    storage.put_file("parts/0 +%41.ndjson", str(tmp_path / "part"))
    assert not (tmp_path / "part").exists()
    assert storage.read("parts/0 +%41.ndjson", (6 << 20, 9)) == data[6 << 20 :][:9]
    with open(storage.local("parts/0 +%41.ndjson", str(tmp_path)), "rb") as copy:
        assert copy.read() == data
    assert list(storage.keys("commits")) == ["1"]
    assert list(storage.keys("none")) == []
    with pytest.raises(FileNotFoundError):
        storage.read("parts/1")
    storage.delete("commits/1")
    storage.delete("commits/1")
    assert storage.create("commits/1", b"again")
    for number in range(40):
        storage.create(f"commits/{number}", b"x")
    # Two processes that find a batch finished remove the same files.
    with ThreadPoolExecutor(2) as both:
        for done in [both.submit(storage.remove) for _ in range(2)]:
            done.result()
    assert not list(storage.keys("commits")) + list(storage.keys("parts"))
    assert beside.read("kept") == b"x"


def test_a_bucket_that_does_not_exist(object_store: str, run: Callable[..., Run], tmp_path: Path) -> None:
    out = tmp_path / "out.ndjson"
    done = run("batch", f"{object_store.partition(':')[0]}://no-such-bucket/dumps", "-o", out)
    assert done.code == 1
    (row,) = (json.loads(line) for line in out.read_bytes().splitlines())
    assert row["error"]["message"].startswith("cannot be listed: ")
