"""Apps, tokens, symbols and buckets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from store_samples import NOON, SECRET, document, hash_of, symbol_file, take_in
from symbolicate.store import Conflict, NotFound, Settings, Store

if TYPE_CHECKING:
    from symbolicate.store import App


@pytest.fixture
def app(store: Store) -> App:
    return store.apps.create(SECRET, owner="Contoso", name="Demo-App")


def test_apps_are_known_by_all_their_names(store: Store, app: App) -> None:
    assert store.apps.by_secret("{" + SECRET.upper() + "}") == app
    assert store.apps.by_secret(SECRET.replace("-", "")) == app
    assert store.apps.by_secret(SECRET + "0") is None
    assert store.apps.by_name("contoso", "demo-APP") == app
    assert store.apps.by_application_id(SECRET.upper()) == app
    changed = store.apps.update(app.id, application_id="9NBLGGH4R315", settings=Settings(retention_days=7))
    assert store.apps.by_application_id("9NBLGGH4R315") == changed == store.apps.by_secret(SECRET)
    assert store.apps.by_application_id(SECRET) is None
    assert changed.settings == Settings(retention_days=7)
    with pytest.raises(Conflict):
        store.apps.create(SECRET)
    with pytest.raises(Conflict):
        store.apps.create(owner="contoso", name="demo-app")
    with pytest.raises(NotFound):
        store.apps.get(999)


def test_configured_apps_are_distinguished(store: Store) -> None:
    store.apps.ensure("anything at all")
    assert not store.apps.any_configured()
    store.apps.create()
    assert store.apps.any_configured()
    assert len(store.apps.list()) == 2


def test_tokens(store: Store) -> None:
    assert not store.tokens.any()
    now = datetime.now(UTC)
    token, secret = store.tokens.create("dashboard", ["query"], expires=now + timedelta(hours=1))
    assert store.tokens.verify(secret) == token
    assert token.scopes == {"query"}
    assert secret.startswith(token.prefix)
    assert store.tokens.verify(secret + "x") is None
    assert store.tokens.verify("\ud800\0") is None
    assert store.tokens.verify(secret, now + timedelta(hours=2)) is None
    assert store.tokens.any()
    assert store.tokens.revoke(token.id)
    assert not store.tokens.revoke(token.id)
    assert store.tokens.verify(secret) is None
    assert not store.tokens.any()
    with pytest.raises(ValueError, match="scopes"):
        store.tokens.create("x", ["everything"])
    kept = store.database.engine.connect()
    with kept:
        rows = kept.exec_driver_sql("SELECT * FROM token").all()
    assert secret not in repr(rows)


def test_clients(store: Store) -> None:
    client, secret = store.tokens.create_client("partner", ["query", "admin"])
    assert store.tokens.verify_client(client.client_id, secret) == client
    assert store.tokens.verify_client(client.client_id, "x") is None
    assert store.tokens.verify_client("nobody\0", secret) is None
    with pytest.raises(Conflict):
        store.tokens.create_client("other", ["query"], client.client_id)
    assert store.tokens.revoke_client(client.client_id)
    assert store.tokens.verify_client(client.client_id, secret) is None
    assert [one.client_id for one in store.tokens.list_clients()] == [client.client_id]


def test_the_signing_key_is_one(store: Store, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    with Store.open(database_url, data=tmp_path_factory.mktemp("other")) as other:
        assert store.tokens.signing_key() == other.tokens.signing_key()
    assert len(store.tokens.signing_key()) == 32


def test_an_upload_of_symbols(store: Store, app: App) -> None:
    upload = store.symbols.begin(app, "Breakpad", "symbols.zip", "3", "1.2")
    assert (upload.status, upload.file_name, upload.contents) == ("created", "symbols.zip", [])
    store.blobs.put(upload.blob, b"zip")
    with pytest.raises(Conflict, match="created"):
        store.symbols.set_status(upload.id, "processing")
    assert store.symbols.lease_upload("w") is None
    store.symbols.set_status(upload.id, "committed", size=3)
    assert [one.id for one in store.symbols.pending()] == [upload.id]
    leased = store.symbols.lease_upload("w", seconds=60)
    assert leased is not None
    assert (leased.status, leased.size) == ("processing", 3)
    assert store.symbols.lease_upload("other") is None
    later = datetime.now(UTC) + timedelta(seconds=61)
    assert [one.id for one in store.symbols.pending(at=later)] == [upload.id]  # its worker died
    files = [
        symbol_file("abc-def0", "a.pdb", content="same", size=10),
        symbol_file("ABCDEF0", "a.pdb", content="same", size=11),
    ]
    assert store.symbols.finish(upload.id, files, "2 files") == 0
    done = store.symbols.get(upload.id)
    assert (done.status, done.message, [(one.debug_id, one.size) for one in done.contents]) == (
        "indexed",
        "2 files",
        [("ABCDEF0", 11)],
    )
    with pytest.raises(Conflict):
        store.symbols.set_status(upload.id, "committed")
    with pytest.raises(Conflict):
        store.symbols.set_status(upload.id, "aborted")
    assert store.symbol_files.candidates(app.id, "abcdef0", "")
    assert not store.symbol_files.candidates(store.apps.create().id, "abcdef0", "")
    assert [one.status for one in store.symbols.list(app, status="processed")] == ["indexed"]
    assert store.symbols.list(app, status="uploaded", symbol_type="Apple") == []
    store.symbols.delete(upload.id)
    assert not store.blobs.exists(upload.blob)
    assert store.symbol_files.candidates(app.id, "abcdef0", "")
    with pytest.raises(NotFound):
        store.symbols.get(upload.id)


def test_buckets_and_what_people_say_of_them(store: Store, app: App) -> None:
    take_in(store, app, [(NOON, document("A"))] * 3 + [(NOON + timedelta(days=3), document("B"))])
    first, second = store.buckets.list(app)
    assert (first.name, first.count, first.state) == ("A", 3, "open")
    assert (str(second.first_seen), str(second.last_seen)) == ("2018-02-04", "2018-02-04")
    assert store.buckets.set(app, hash_of("A").upper(), "closed", "fixed in 2.0").note == "fixed in 2.0"
    assert [one.name for one in store.buckets.list(app, "closed")] == ["A"]
    assert [one.name for one in store.buckets.list(app, top=1, skip=1)] == ["B"]
    with pytest.raises(ValueError, match="open, closed, ignored"):
        store.buckets.set(app, hash_of("A"), "lost")
    with pytest.raises(NotFound):
        store.buckets.set(app, hash_of("Z"), "open")
    assert store.buckets.get(app, "'; --") is None


def test_merging_and_parting(store: Store, app: App) -> None:
    a, b, c = map(hash_of, "ABC")
    take_in(store, app, [(NOON, document(name)) for name in "ABC"])
    assert store.buckets.merge(app, a, b).members == [a]
    with pytest.raises(Conflict, match="one already"):
        store.buckets.merge(app, b, a)
    with pytest.raises(Conflict, match="one already"):
        store.buckets.merge(app, a, a)
    with pytest.raises(NotFound):
        store.buckets.merge(app, a, hash_of("Z"))
    assert sorted(store.buckets.merge(app, b, c).members) == sorted([a, b])
    store.buckets.split(app, a, c)
    found = {bucket.hash: bucket.leader for bucket in store.buckets.list(app)}
    assert found == {a: None, b: c, c: None}
    assert store.buckets.unmerge(app, c).members == []
    with pytest.raises(Conflict, match="not merged"):
        store.buckets.unmerge(app, c)
    assert {bucket.leader for bucket in store.buckets.list(app)} == {None}


def test_suggestions_heed_what_was_decided(store: Store, app: App) -> None:
    def stack(*functions: str) -> dict[str, object]:
        frames = [{"frame": i, "module": "a.exe", "function": name} for i, name in enumerate(functions)]
        return {"threads_index": 0, "frames": frames}

    common = ("parse", "read", "load", "run", "main")
    reports = [(NOON, document(name, crashing_thread=stack(*common))) for name in "ABA"]
    others = [(NOON, document(f"X{i}", crashing_thread=stack(f"x{i}", f"y{i}", f"z{i}"))) for i in range(4)]
    take_in(store, app, reports + others)
    (group,) = store.buckets.suggestions(app)
    assert {group.leader.name, group.suggested[0].name} == {"A", "B"}
    store.buckets.merge(app, hash_of("A"), hash_of("B"))
    (group,) = store.buckets.suggestions(app)
    assert group.suggested == ()
    assert len(group.merged) == 1
    store.buckets.unmerge(app, hash_of("A"))
    assert store.buckets.suggestions(app) == []
