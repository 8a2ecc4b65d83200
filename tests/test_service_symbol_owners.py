"""Symbols of a service that several processes and several apps share: they reach every process, and have owners."""

from __future__ import annotations

import io
import json
import os
import shutil
import time
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

pytest.importorskip("litestar")

from places import FIXTURES
from service_process import Process, Service, multipart, service, until
from store_samples import NOON, document, module, symbol_file, take_in
from symbolicate.cli import program
from symbolicate.store import Store
from symbolicate.store.database.tables import SYMBOL_FILE

if TYPE_CHECKING:
    from pathlib import Path

DUMPS = FIXTURES / "dumps"
POKE = DUMPS / "linux-gdb/amd64-nofp-null.dmp"
NO_CODEVIEW = DUMPS / "wine/x64-null-nocv.dmp"
SCENE_ID = "B0926908029E68ABECF3CBA3BFB235A20"
SCENE = (FIXTURES / f"symbols/libscene.so/{SCENE_ID}/libscene.so.sym").read_bytes()
STUB = b"".join(SCENE.splitlines(keepends=True)[:2]) + b"PUBLIC 1 0 stub\n"
ENV = {"SYMBOLICATE_INGEST_REPORTS_PER_MINUTE": "0"}


def submit(running: Service, app: str, dump: Path = POKE, number: int = 0) -> str:
    body, content_type = multipart(
        {"prod": app, "report_id": f"00000000-0000-4000-8000-{number:012}"},
        [("upload_file_minidump", "a.dmp", dump.read_bytes() + number.to_bytes(4, "little"))],
    )
    answer = running.ask("POST", f"/submit?app={app}", body, {"Content-Type": content_type}, token=None)
    assert answer.status == 200, answer
    return answer.body.decode()


def upload(running: Service, text: bytes, app: str = "", token: str | None = "") -> Any:
    return running.upload_symbols(text, "libscene.so.sym", app, token=token)


def names(running: Service, app: str) -> dict[str, int]:
    """The counted failures, when the queue is empty."""
    running.wait_until_idle()
    buckets = running.get(f"/api/v1/apps/{app}/buckets").json
    return {bucket["symbol"]: bucket["count"] for bucket in buckets if bucket["count"]}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_services_that_share_a_database_share_their_symbols(database_url: str, tmp_path: Path) -> None:
    shared = ENV | {"SYMBOLICATE_DB": database_url, "SYMBOLICATE_BLOBS": str(tmp_path / "blobs")}
    with service(tmp_path / "one", **shared) as one, service(tmp_path / "two", **shared) as two:
        assert upload(one, SCENE).status == 200
        for number in range(8):
            submit((one, two)[number % 2], "A", number=number)
        assert names(one, "A") == {"libscene.so!game::poke": 8}
        lacking = [module["debug_id"] for module in two.get("/api/v1/apps/A/missing-symbols").json]
        assert SCENE_ID not in lacking
        one.stop()
        submit(two, "A", number=10)
        assert names(two, "A") == {"libscene.so!game::poke": 9}
        assert (tmp_path / "two/symbols/cache").is_dir()
    worker = Process("worker", "--data", str(tmp_path / "three"), env=shared)
    try:
        with service(tmp_path / "one", "--workers", "0", **shared) as one:
            submit(one, "A", number=11)
            assert names(one, "A") == {"libscene.so!game::poke": 10}
    finally:
        assert worker.stop() == 0


def test_symbols_of_one_app_do_not_touch_another(database_url: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Store.open(database_url, data=data) as store:
        for app in ("a", "b"):
            store.apps.create(app, owner="own", name=app)
        tokens = {scope: store.tokens.create(scope, [scope])[1] for scope in ("symbols", "admin")}
    with service(data, token=tokens["admin"], SYMBOLICATE_DB=database_url, **ENV) as one:
        assert upload(one, SCENE, "own/a", tokens["symbols"]).status == 200
        for app, number in (("a", 1), ("b", 2)):
            submit(one, app, number=number)
        assert names(one, "a") == {"libscene.so!game::poke": 1}
        assert names(one, "b") == {"libscene.so!Unknown": 1}

        evil = SCENE.replace(b"game::poke", b"evil").replace(b" poke", b" evil")
        assert upload(one, evil, "own/b", tokens["symbols"]).status == 200
        submit(one, "a", number=3)
        assert names(one, "a") == {"libscene.so!game::poke": 2}
        assert names(one, "b") == {"libscene.so!evil": 1}
        # The right file renames the failures of the wrong one, and moves their counts.
        assert upload(one, SCENE, "own/b", tokens["symbols"]).status == 200
        assert names(one, "b") == {"libscene.so!game::poke": 1}

        # The pool that all apps share is not for everybody.
        assert upload(one, evil, "", tokens["symbols"]).status == 400
        assert upload(one, evil, "", tokens["admin"]).status == 200
        submit(one, "a", number=4)
        assert names(one, "a") == {"libscene.so!game::poke": 3}


def test_a_stub_gives_way_to_the_real_symbols_and_does_not_replace_them(database_url: str, tmp_path: Path) -> None:
    with service(tmp_path / "data", SYMBOLICATE_DB=database_url, **ENV) as one:
        assert upload(one, STUB).status == 200
        submit(one, "A", number=1)
        assert names(one, "A") == {"libscene.so!stub": 1}
        assert upload(one, SCENE).status == 200
        assert names(one, "A") == {"libscene.so!game::poke": 1}
        assert upload(one, STUB + b"PUBLIC 2 0 other\n").status == 200
        submit(one, "A", number=2)
        assert names(one, "A") == {"libscene.so!game::poke": 2}


def test_symbols_that_arrive_for_all_apps_while_reports_are_processed_miss_none(
    database_url: str, tmp_path: Path
) -> None:
    with service(tmp_path / "data", SYMBOLICATE_DB=database_url, **ENV) as one:
        for number in range(150):
            submit(one, "A", number=number)
        assert upload(one, SCENE, "another").status == 200
        assert names(one, "A") == {"libscene.so!game::poke": 150}


def test_modules_without_a_debug_id_wait_for_their_symbols(database_url: str, tmp_path: Path) -> None:
    with service(tmp_path / "data", SYMBOLICATE_DB=database_url, **ENV) as one:
        submit(one, "A", NO_CODEVIEW)
        assert names(one, "A") == {"scene.dll!Unknown": 1}
        lacking = {module["code_id"]: module for module in one.get("/api/v1/apps/A/missing-symbols").json}
        module = lacking["dd54ce4c5000"]
        assert (module["debug_file"], module["debug_id"], module["reports"]) == ("scene.dll", "", 1)
        assert module["frames"] >= module["crashing_frames"] > 0
        assert upload(one, (FIXTURES / "symbols/scene.dll/DD54CE4C5000/scene.sym").read_bytes()).status == 200
        assert names(one, "A") == {"scene.dll!scene::Ring_short_::push": 1}


def test_without_an_app_that_was_set_up_a_token_for_symbols_is_for_one_app(database_url: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Store.open(database_url, data=data) as store:
        tokens = {scope: store.tokens.create(scope, [scope])[1] for scope in ("symbols", "admin")}
    with service(data, token=tokens["admin"], SYMBOLICATE_DB=database_url, **ENV) as one:
        submit(one, "A", number=1)
        path = "/v0.1/apps/own/b/symbol_uploads"
        for scope, expected in (("symbols", "libscene.so!Unknown"), ("admin", "libscene.so!game::poke")):
            begun = one.ask("POST", path, {"symbol_type": "Breakpad"}, token=tokens[scope]).json
            archive = io.BytesIO()
            with zipfile.ZipFile(archive, "w") as target:
                target.writestr("libscene.so.sym", SCENE)
            put = one.ask("PUT", begun["upload_url"], archive.getvalue(), {"x-ms-blob-type": "BlockBlob"}, token=None)
            assert put.status == 201
            one.ask("PATCH", f"{path}/{begun['symbol_upload_id']}", {"status": "committed"})
            told = until(
                lambda begun=begun: (
                    (found := one.get(f"{path}/{begun['symbol_upload_id']}").json)["status"] == "indexed" and found
                )
            )
            assert names(one, "A") == {expected: 1}
            assert bool(told["message"]) is (scope == "symbols")
        assert "own/b alone" in one.get(path).json[-1]["message"]


def test_what_an_earlier_version_installed_is_brought_over(database_url: str, tmp_path: Path) -> None:
    """Earlier versions left symbol files in a folder of the process that installed them."""
    data = tmp_path / "data"
    relative = f"symbols/libscene.so/{SCENE_ID}/libscene.so.sym"
    old = data / "symbols" / relative
    old.parent.mkdir(parents=True)
    shutil.copy(FIXTURES / "symbols" / f"libscene.so/{SCENE_ID}/libscene.so.sym", old)
    with Store.open(database_url, data=data) as store:
        for number, (app, path) in enumerate((("A", relative), ("B", relative), ("A", "symbols/gone.sym"))):
            row = symbol_file(SCENE_ID, "libscene.so", str(number), blob=None, path=path, content=f"local-{number}")
            store.symbol_files.register(store.apps.ensure(app), [row])
    with service(data, SYMBOLICATE_DB=database_url, **ENV) as one:
        one.wait_for("now in the blob store: 1")
        one.wait_for(f"are not in {data}/symbols: 1")
        submit(one, "C", number=1)
        assert names(one, "C") == {"libscene.so!game::poke": 1}
    assert not old.exists()
    with Store.open(database_url, data=data) as store:
        rows = store.database.read(lambda connection: connection.execute(sa.select(SYMBOL_FILE)).all())
        assert sorted((row.app_id == 0, row.blob is None) for row in rows) == [(False, True), (True, False)]
    with service(tmp_path / "other", SYMBOLICATE_DB=database_url, SYMBOLICATE_BLOBS=str(data / "blobs"), **ENV) as two:
        submit(two, "C", number=2)
        assert names(two, "C") == {"libscene.so!game::poke": 2}


def test_the_symbols_at_hand_are_bounded_and_fetched_again(tmp_path: Path) -> None:
    with service(tmp_path, SYMBOLICATE_SYMBOLS_CACHE_BYTES="1", **ENV) as one:
        assert upload(one, SCENE).status == 200
        submit(one, "A", number=1)
        assert names(one, "A") == {"libscene.so!game::poke": 1}
        cache = tmp_path / "symbols/cache"
        for file in cache.iterdir():
            long_ago = time.time() - 86400
            os.utime(file, (long_ago, long_ago))
        assert upload(one, STUB.replace(SCENE_ID.encode(), b"A" * 33)).status == 200  # sessions look again
        old = {file.name for file in cache.iterdir()}
        submit(one, "A", number=2)
        assert names(one, "A") == {"libscene.so!game::poke": 2}
        assert {file.name for file in cache.iterdir()} == old  # used just now
        report = json.loads(one.get(f"/api/v1/reports/{submit(one, 'A', number=2)}/report").body)
        files = [module["symbols"].get("file") for module in report["modules"] if module["filename"] == "libscene.so"]
        assert files[0].startswith("symbols/files/")
        for file in cache.iterdir():
            os.unlink(file)
        assert upload(one, STUB.replace(SCENE_ID.encode(), b"B" * 33)).status == 200
        submit(one, "A", number=3)
        assert names(one, "A") == {"libscene.so!game::poke": 3}


def test_symbols_are_listed_removed_and_reports_processed_again(database_url: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Store.open(database_url, data=data) as store:
        apps = {name: store.apps.create(name, owner="own", name=name) for name in ("a", "b")}
        tokens = {
            name: store.tokens.create(name, [scope], apps=only)[1]
            for name, scope, only in (
                ("admin", "admin", None),
                ("ci", "symbols", None),
                ("ci of b", "symbols", [apps["b"]]),
                ("admin of b", "admin", [apps["b"]]),
            )
        }
    evil = SCENE.replace(b"game::poke", b"evil").replace(b" poke", b" evil")
    with service(data, token=tokens["admin"], SYMBOLICATE_DB=database_url, **ENV) as one:
        assert upload(one, evil, "own/a", tokens["ci"]).status == 200
        assert upload(one, SCENE).status == 200
        for number in range(3):
            submit(one, "a", number=number)
        assert names(one, "a") == {"libscene.so!evil": 3}
        listed = one.get(f"/api/v1/apps/a/symbols?debug_id={SCENE_ID}", token=tokens["ci"]).json
        assert [(file["shared"], file["debug_file"], file["kind"], file["holds"], file["used"]) for file in listed] == [
            (shared, "libscene.so", "breakpad", ["functions", "lines", "inlines", "unwind"], True)
            for shared in (True, False)
        ]
        pool, own = (file["id"] for file in listed)
        assert [file["id"] for file in one.get("/api/v1/apps/b/symbols").json] == [pool]
        assert [file["id"] for file in one.get("/api/v1/symbols").json] == [pool]
        assert one.get("/api/v1/symbols", token=tokens["ci of b"]).status == 403

        def delete(file: int, token: str) -> int:
            return one.ask("DELETE", f"/api/v1/symbols/{file}", token=tokens[token]).status

        assert [delete(own, token) for token in ("ci of b", "admin of b")] == [404, 404]
        assert [delete(pool, token) for token in ("ci", "ci of b", "admin of b")] == [403, 403, 403]
        assert [delete(number, "admin") for number in (0, 10**6, 10**30)] == [404, 404, 404]
        assert delete(own, "ci") == 200
        assert names(one, "a") == {"libscene.so!game::poke": 3}
        assert delete(own, "ci") == 404

        bucket = next(found for found in one.get("/api/v1/apps/a/buckets").json if found["count"])["hash"]
        for body, count in (
            ({}, 3),
            ({"bucket": bucket}, 3),
            ({"bucket": bucket.upper()}, 3),
            ({"debug_id": SCENE_ID.lower()}, 3),
            ({"debug_id": "0" * 33}, 0),
            ({"since": "2000-01-01", "until": "2100-01-01T00:00:00Z"}, 3),
            ({"since": "2000-01-01", "until": "2001-01-01"}, 0),
            ({"since": "yesterday"}, None),
            ({"since": "2000-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}, 3),
            ({"until": "2000-01-01T00:00:00Z"}, 0),
            ({"bukket": bucket}, None),
        ):
            answer = one.ask("POST", "/api/v1/apps/a/requeue", body)
            assert answer.status == (400 if count is None else 200), body
            assert count is None or answer.json == {"requeued": count}, body
            assert names(one, "a") == {"libscene.so!game::poke": 3}
        for unknown in ("0" * 32, "no hash"):
            assert one.ask("POST", "/api/v1/apps/a/requeue", {"bucket": unknown}).status == 404
        assert one.ask("POST", "/api/v1/apps/a/requeue", token=tokens["admin of b"]).status == 404
        assert one.ask("POST", "/api/v1/apps/a/requeue", token=tokens["ci"]).status == 403


def test_the_command_line_lists_and_removes_symbols_of_a_service(tmp_path: Path) -> None:
    data = tmp_path / "data"

    def run(*arguments: str, exit_code: int = 0) -> list[list[str]]:
        done = CliRunner().invoke(program, [*arguments, "--data", str(data)])
        assert done.exit_code == exit_code, done.output
        return [line.split("\t") for line in done.stdout.splitlines()]

    with Store.open(data=data) as store:
        app = store.apps.create("a", owner="own", name="a")
        used = symbol_file(SCENE_ID, "libscene.so")
        store.symbol_files.register(None, [used])
        store.symbol_files.register(app, [symbol_file("A" * 33, "other.so", code_id="ABC")])
        take_in(store, app, [(NOON, document("N", modules=[module("libscene.so", SCENE_ID, used)]))])
    listed = run("symbols", "list")
    assert [line[1:7] for line in listed] == [
        ["own/a", "A" * 33, "abc", "other.so", "breakpad", "functions,lines"],
        ["all apps", SCENE_ID, "-", "libscene.so", "breakpad", "functions,lines"],
    ]
    assert run("symbols", "list", "--app", "own/a") == listed[:1]
    assert run("symbols", "list", "--shared") == listed[1:]
    assert run("symbols", "list", "--debug-id", "abc") == listed[:1]
    for asked, count in ((("--debug-id", SCENE_ID), "1"), (("--to", "2017-01-01"), "0"), ((), "1")):
        assert run("queue", "again", "--app", "own/a", *asked) == [[count]]
    assert run("symbols", "remove", listed[1][0], listed[0][0]) == [[listed[1][0], "1"], [listed[0][0], "0"]]
    assert run("symbols", "list") == []
    run("symbols", "remove", listed[0][0], exit_code=1)
