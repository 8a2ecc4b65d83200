"""Object stores as symbol sources and as the blob store of a service: whole files, ranges, credentials."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("litestar")

from large_pdb import BASE, pdb
from object_stores import AZURE_KEY, S3_KEY
from places import FIXTURES
from service_process import service

if TYPE_CHECKING:
    from pathlib import Path

DUMP = FIXTURES / "dumps" / "linux-gdb" / "amd64-nofp-null.dmp"
SYMBOLS = FIXTURES / "symbols"


def bucket(url: str) -> Any:
    from obstore.store import from_url

    return from_url(url, client_options={"allow_http": True})


def put(url: str, path: str, data: bytes) -> None:
    import obstore

    obstore.put(bucket(url), path, data)


def report(dump: Path, folder: Path, *more: str) -> tuple[Any, str]:
    """A report by the command line with a new store, and what it writes to standard error."""
    command = [sys.executable, "-m", "symbolicate", "report", str(dump), "--format", "json", "-v"]
    done = subprocess.run([*command, "--store", str(folder), *more], capture_output=True, check=True, text=True)
    assert not any(secret in done.stdout + done.stderr for secret in (S3_KEY, AZURE_KEY))
    return json.loads(done.stdout), done.stderr


def lines(found: Any) -> list[tuple[Any, ...]]:
    """What the frames of the crashed thread say."""
    keys = ("function", "file", "line", "inlines", "trust")
    return [tuple(frame.get(key) for key in keys) for frame in found["crashing_thread"]["frames"]]


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_a_cold_report_with_symbols_of_a_bucket(object_store: str, tmp_path: Path) -> None:
    url = f"{object_store}/{tmp_path.name}"
    for path in SYMBOLS.rglob("*.sym"):
        put(url, path.relative_to(SYMBOLS).as_posix(), path.read_bytes())
    found, log = report(DUMP, tmp_path / "cold", "--symbols", f"breakpad+{url}")
    expected, _ = report(DUMP, tmp_path / "local", "--symbols", str(SYMBOLS))
    assert "game::poke" in json.dumps(found)
    assert found["failure"] == expected["failure"]
    assert object_store in log
    used = [one["symbols"]["file"] for one in found["modules"] if one["symbols"]["status"] == "loaded"]
    assert used
    again, _ = report(DUMP, tmp_path / "cold", "--offline", "--symbols", f"breakpad+{url}")
    assert again["failure"] == expected["failure"]


def test_a_large_pdb_of_a_bucket_is_read_in_part(object_store: str, tmp_path: Path) -> None:
    url, one = f"{object_store}/{tmp_path.name}", pdb("x64")
    put(url, "/".join(one.path), one.data)
    dump = tmp_path / "crash.dmp"
    dump.write_bytes(one.dump(0x1100, [BASE + 0x1200, BASE + 0x1300]))
    found, _ = report(dump, tmp_path / "cold", "--symbols", f"symstore+{url}")
    local = tmp_path / "symbols" / "/".join(one.path)
    local.parent.mkdir(parents=True)
    local.write_bytes(one.data)
    expected, _ = report(dump, tmp_path / "local", "--symbols", str(tmp_path / "symbols"))
    assert lines(expected)[0][0]
    assert lines(found) == lines(expected)
    assert size_of(tmp_path / "cold") < len(one.data) // 2


def test_ranges_of_a_large_file_in_the_blob_store_of_a_service(object_store: str, tmp_path: Path) -> None:
    one = pdb("x64")
    environment = {"SYMBOLICATE_BLOBS": f"{object_store}/{tmp_path.name}"}
    with service(tmp_path / "data", "--workers", "1", **environment) as running:
        assert running.upload_symbols(one.data, "gauge.pdb", token=None).status == 200
        path = "/symbols/" + "/".join(one.path)
        part = running.get(path, headers={"Range": "bytes=4096-8191"})
        assert (part.status, part.body) == (206, one.data[4096:8192])
        # Nothing was fetched for that but the range.
        assert not any(file.stat().st_size > len(one.data) // 2 for file in tmp_path.rglob("*") if file.is_file())
        # Another instance reads it in part from there.
        dump = tmp_path / "crash.dmp"
        dump.write_bytes(one.dump(0x1100, [BASE + 0x1200]))
        found, _ = report(dump, tmp_path / "other", "--symbols", f"ssqp+{running.url}/symbols")
        assert found["crashing_thread"]["frames"][0]["function"]
        assert size_of(tmp_path / "other") < len(one.data) // 2
        assert running.get(path).body == one.data
        assert not any(secret in running.log for secret in (S3_KEY, AZURE_KEY))


def test_a_wrong_key_is_refused_without_being_shown(object_store: str, tmp_path: Path) -> None:
    scheme, wrong = object_store.partition(":")[0], "d3Jvbmcga2V5IG9mIHRoZSB0ZXN0cw=="
    if scheme == "s3":
        pytest.skip("moto checks no key")
    key = {"client_email": "tests@example.com", "private_key_id": "1", "private_key": wrong}
    variables = {"GOOGLE_SERVICE_ACCOUNT_KEY": json.dumps(key), "AZURE_STORAGE_ACCOUNT_KEY": wrong}
    command = [sys.executable, "-m", "symbolicate", "report", str(DUMP), "--format", "json", "-v"]
    command += ["--store", str(tmp_path), "--symbols", f"breakpad+{object_store}"]
    done = subprocess.run(command, capture_output=True, check=True, text=True, env=os.environ | variables)
    tried = [one for module in json.loads(done.stdout)["modules"] for one in module["symbols"].get("candidates", ())]
    assert {one["outcome"] for one in tried if one["location"].startswith(f"{scheme}://")} == {"refused"}
    assert wrong not in done.stdout + done.stderr
