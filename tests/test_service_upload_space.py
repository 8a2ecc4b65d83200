"""An upload whose files are all stored takes no space of its own, and loses nothing by that."""

from __future__ import annotations

import hashlib
import io
import random
import time
import zipfile
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("litestar")

from places import FIXTURES
from service_process import Service, service, until
from symbolicate.store import Store, archive
from tiny_dump import SYM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

UPLOADS = "/v0.1/apps/own/app/symbol_uploads"
DSYM = FIXTURES / "apple" / "macos-arm64-dwarf5" / "gauge.dSYM" / "Contents" / "Resources" / "DWARF" / "gauge"
ELF = FIXTURES / "elf" / "x86_64-gcc-dwarf5" / "gauge.debug"
LATER = timedelta(days=2)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def store(database_url: str, data: Path) -> Iterator[Store]:
    with Store.open(database_url, data=data) as opened:
        opened.apps.create("app", owner="own", name="app")
        yield opened


@contextmanager
def run(data: Path, database_url: str, **env: str) -> Iterator[Service]:
    with service(data, "--workers", "1", "--db", database_url, **env) as one:
        yield one


def zipped(**files: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return target.getvalue()


def installed(one: Service, content: bytes, name: str) -> str:
    begun = one.ask("POST", UPLOADS, {"symbol_type": "Breakpad", "file_name": name}).json
    assert one.ask("PUT", begun["upload_url"], content, token=None).status == 201
    return committed(one, begun["symbol_upload_id"])


def committed(one: Service, number: str) -> str:
    path = f"{UPLOADS}/{number}"
    assert one.ask("PATCH", path, {"status": "committed"}).status == 200
    until(lambda: one.get(path).json["status"] == "indexed")
    return number


def download(one: Service, number: str) -> Any:
    return one.get(one.get(f"{UPLOADS}/{number}/location").json["uri"], token=None)


def names_in(answer: Any) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(answer.body)) as packed:
        assert packed.testzip() is None
        return {name: packed.read(name) for name in packed.namelist()}


def sweep(store: Store) -> None:
    store.sweep(now=datetime.now(UTC) + LATER)


def own_bytes(store: Store) -> list[str]:
    return [key for key, _ in store.blobs.list("symbols/uploads")]


def stored_files(store: Store) -> int:
    """The bytes of the files that symbols consist of, each counted once."""
    return sum({file.content: file.size for file in store.symbol_files.list()}.values())


@pytest.mark.parametrize("source", [ELF, None], ids=["binary", "text"])
def test_a_file_is_not_stored_once_more(data: Path, database_url: str, store: Store, source: Path | None) -> None:
    content = SYM if source is None else source.read_bytes()
    with run(data, database_url) as one:
        number = installed(one, content, "app.sym" if source is None else "gauge.debug")
        app = store.apps.by_name("own", "app")
        assert app is not None
        assert store.usage.of(app.id) == stored_files(store)
        assert own_bytes(store)  # for copies of the store that are being made
        sweep(store)
        assert not own_bytes(store)
        answer = download(one, number)
        assert (answer.body, answer.headers["content-length"]) == (content, str(len(content)))
        assert one.get(f"{UPLOADS}/{number}").json["file_size"] == len(content) / (1 << 20)
        assert committed(one, number)  # a commit that is sent again is no error, also now


def test_an_archive_is_downloaded_as_a_zip_of_its_files(data: Path, database_url: str, store: Store) -> None:
    held = {"App.dSYM/Contents/Resources/DWARF/gauge": DSYM.read_bytes(), "a/app.sym": SYM}
    with run(data, database_url) as one:
        number = installed(one, zipped(**held, **{"App.dSYM/Contents/Info.plist": b"<plist/>"}), "symbols.zip")
        sweep(store)
        assert not own_bytes(store)
        assert names_in(download(one, number)) == held
        # The symbol server reads ranges of the file itself.
        file = next(file for file in store.symbol_files.list() if file.part == "debug")
        identifier = file.debug_id[:-1]
        where = "/".join([*(identifier[at : at + 4] for at in range(0, 20, 4)), identifier[20:]])
        path = f"/symbols/{where}"
        part = one.ask("GET", path, headers={"Range": "bytes=16-1039"})
        assert (part.status, part.body) == (206, held["App.dSYM/Contents/Resources/DWARF/gauge"][16:1040])
        # What is removed is not in the download.
        [text] = [file for file in store.symbol_files.list() if file.content == hashlib.sha256(SYM).hexdigest()]
        store.symbol_files.remove(text.id)
        sweep(store)
        assert list(names_in(download(one, number))) == [*held][:1]
        assert one.ask("DELETE", f"{UPLOADS}/{number}").status == 200
        assert stored_files(store)


@pytest.mark.parametrize(
    ("content", "env"),
    [
        (zipped(**{"app.sym": SYM, "app.wasm": b"\0asm\1\0\0\0" + bytes(100)}), {}),
        (zipped(**{"app.sym": SYM, "lib.so": b"\x7fELF" + bytes(100)}), {}),
        (zipped(**{"app.sym": SYM, "gauge.debug": ELF.read_bytes()}), {"SYMBOLICATE_SYMBOLS_ORIGINALS": "false"}),
        (SYM.decode().encode("utf-16"), {}),
        (b"nothing that is known", {}),
    ],
    ids=["a file of an unknown kind", "a damaged file", "no originals", "a text that is stored otherwise", "nothing"],
)
def test_what_is_stored_nowhere_else_stays(
    data: Path, database_url: str, store: Store, content: bytes, env: dict[str, str]
) -> None:
    with run(data, database_url, **env) as one:
        number = installed(one, content, "symbols")
        sweep(store)
        assert own_bytes(store) == [f"symbols/uploads/{number}"]
        assert download(one, number).body == content
        app = store.apps.by_name("own", "app")
        assert app is not None
        assert store.usage.of(app.id) == stored_files(store) + len(content)


def test_an_archive_of_a_store_has_what_uploads_held(
    data: Path, database_url: str, store: Store, tmp_path: Path
) -> None:
    with run(data, database_url) as one:
        number = installed(one, zipped(**{"app.sym": SYM, "gauge.debug": ELF.read_bytes()}), "symbols.zip")
    sweep(store)
    copy = io.BytesIO()
    assert archive.write(store.database, store.blobs, copy, packed=False).missing == 0
    copy.seek(0)
    with Store.open(data=tmp_path / "other") as other:
        archive.restore(other.database, other.blobs, copy)
        assert not other.symbols.get(number).blob
        parts = {
            entry.name: b"".join(other.symbol_files.stream(entry.content)) for entry in other.symbols.entries(number)
        }
    assert parts == {"app.sym": SYM, "gauge.debug": ELF.read_bytes()}


def test_bytes_that_a_running_copy_may_name_stay_for_a_day(store: Store) -> None:
    """An upload waited for two days, was installed, and a copy of the database from before is still being completed."""
    app = store.apps.by_name("own", "app")
    upload = store.symbols.begin(app, "Breakpad")
    store.blobs.put(upload.blob, SYM)
    store.symbols.set_status(upload.id, "committed", size=len(SYM))
    at = datetime.now(UTC)
    store.symbols.finish(upload.id, [], entries=[])
    store.sweep(now=at + timedelta(hours=23))
    assert own_bytes(store) == [upload.blob]
    sweep(store)
    assert not own_bytes(store)


@pytest.mark.timeout(240)
def test_a_service_that_is_killed_while_it_installs_loses_nothing(data: Path, database_url: str, store: Store) -> None:
    app = store.apps.by_name("own", "app")
    sent: dict[str, dict[str, bytes]] = {}
    for one_of_many in range(12):
        text = SYM + b"FILE %d f.c\n" % (1000 + one_of_many)
        held = {"app.sym": text, "gauge.debug": ELF.read_bytes() + bytes(one_of_many)}
        upload = store.symbols.begin(app, "Breakpad", file_name="symbols.zip")
        content = zipped(**held)
        store.blobs.put(upload.blob, content)
        store.symbols.set_status(upload.id, "committed", size=len(content))
        sent[upload.id] = held
    chance = random.Random(database_url)  # noqa: S311 - any moment
    for _ in range(3):
        one = Service(data, ("--workers", "1", "--db", database_url))
        time.sleep(chance.uniform(0.0, 0.6))
        one.kill()
        sweep(store)  # of any moment: what is acknowledged stays
    # Leases of killed processes end after a minute and a half.
    later = datetime.now(UTC) + timedelta(minutes=5)
    for upload in store.symbols.find(sent).values():
        if upload.status == "processing":
            store.symbols.lease_upload("ended", seconds=-600, at=later)
    with run(data, database_url) as one:
        until(lambda: {upload.status for upload in store.symbols.find(sent).values()} == {"indexed"}, 120)
        sweep(store)
        assert not own_bytes(store)
        for number, held in sent.items():
            assert names_in(download(one, number)) == held
