"""The pages of the service, with real crashes on both databases: what they show, to whom, and that text stays text."""

from __future__ import annotations

import http.client
import re
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec
import pytest

pytest.importorskip("litestar")

from page_client import PageClient, Parsed, checked
from places import FIXTURES
from service_process import Process, Service, multipart, service, until
from symbolicate.service.pages.routes import PAGES
from symbolicate.store import Store
from tiny_dump import DEBUG_ID, SYM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from postgresql import PostgreSQL

HOSTILE_NAME = "<script>alert(1)</script>"
HOSTILE = "</title></script><script>alert(1)</script><img src=x onerror=alert(1)>'\"{{ 7*7 }}\x1b\u202e"
DUMPS = (FIXTURES / "demo.txt").read_text().split()
VERSIONS = ("1.0", "2.0")


@dataclass
class Filled:
    """A service with two apps, `one` with real crashes and `two` with one crash, and a token of each kind."""

    running: Service
    store: Store
    tokens: dict[str, str]
    reports: dict[str, str]

    def signed_in(self, name: str) -> PageClient:
        client = PageClient(self.running)
        client.sign_in(self.tokens[name])
        return client


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """One service for all tests of a database, because its crashes take seconds; tests make tokens of their own."""
    data = tmp_path_factory.mktemp("pages")
    url = f"sqlite:///{data}/symbolicate.db"
    if request.param == "postgresql":
        server: PostgreSQL = request.getfixturevalue("postgresql")
        url = server.database()
    with Store.open(url, data=data) as store:
        env = {"SYMBOLICATE_SYMBOLS_SOURCES": str(FIXTURES / "symbols"), "SYMBOLICATE_LIMITS_REQUESTS_PER_MINUTE": "0"}
        with service(data, "--db", url, **env) as running:
            for app, dumps in (("one", DUMPS), ("two", DUMPS[:1])):
                for number, name in enumerate(dumps):
                    fields = {"_productName": "Demo", "_version": VERSIONS[number % 2], "guid": f"{app}-{number}"}
                    fields |= {"CrashTime": str(int(time.time()) - 86400 * number), "secret": f"secret of {app}"}
                    files = [
                        ("upload_file_minidump", "crash.dmp", (FIXTURES / name).read_bytes() + app.encode()),
                        ("notes", f"{app}-notes.txt", f"notes of {app}".encode()),
                    ]
                    body, kind = multipart(fields, files)
                    assert running.ask("POST", f"/submit/{app}", body, {"Content-Type": kind}).status == 200
            send_hostile(running)
            running.wait_until_idle()
            apps = {app.secret: app for app in store.apps.list()}
            tokens = {name: store.tokens.create(name, ["query"], apps=[apps[name]])[1] for name in ("one", "two")}
            tokens |= {scope: store.tokens.create(scope, [scope])[1] for scope in ("query", "symbols", "admin")}
            until(lambda: running.get("/api/v1/queue").status == 401, what="the first token")
            reports = {name: next(store.reports.walk(app)).public_id for name, app in apps.items()}
            yield Filled(running, store, tokens, reports)


def send_hostile(running: Service) -> None:
    """A managed error and a dump with markup in every text that a sender chooses."""
    frame = {"className": HOSTILE, "methodName": HOSTILE, "fileName": HOSTILE, "lineNumber": 3}
    device = ("model", "osName", "osVersion", "appVersion", "appBuild", "locale", "oemName")
    log: dict[str, Any] = {
        "type": "managedError",
        "id": str(uuid.uuid4()),
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "device": dict.fromkeys(device, HOSTILE),
        "processName": HOSTILE,
        "exception": {"type": HOSTILE, "message": HOSTILE, "frames": [frame] * 3, "stackTrace": HOSTILE},
        "userId": HOSTILE,
    }
    file = {
        "type": "errorAttachment",
        "id": str(uuid.uuid4()),
        "errorId": log["id"],
        "contentType": "text/html",
        "fileName": HOSTILE,
        "data": "eA==",
    }
    assert running.logs(log, file, secret=HOSTILE_NAME).status == 200
    fields = {"_version": HOSTILE, "_productName": HOSTILE, "CrashTime": str(int(time.time())), HOSTILE: HOSTILE}
    body, kind = multipart(fields, [("upload_file_minidump", HOSTILE, (FIXTURES / DUMPS[0]).read_bytes())])
    assert running.ask("POST", "/submit/hostile", body, {"Content-Type": kind}).status == 200


def paths(filled: Filled, name: str) -> dict[str, str]:
    """The address of every page of an app; a page without values here makes the test fail."""
    app = filled.store.apps.by_secret(name)
    assert app is not None
    stored = filled.store.reports.get(filled.reports[name])
    values = {
        "app:int": str(app.id),
        "hash_:str": str(stored.failure_hash),
        "report_id:str": stored.public_id,
        "number:int": str(stored.attachments[0].id),
    }
    found = {}
    for router in PAGES[2:]:
        for route in router.routes:
            if "GET" in route.methods:
                filled_in = re.sub(r"\{([^}]*)\}", lambda match: values[match[1]], route.path)
                found[route.path] = filled_in
    return found


def test_a_day_of_triage(filled: Filled) -> None:
    client = PageClient(filled.running)
    form = checked(client.get("/"))
    assert "Sign in" in form.inside("h1")
    answer = client.sign_in(filled.tokens["one"], "/apps")
    assert answer.headers["location"] == "/apps"
    [app] = [link for link in client.page("/apps").links if re.fullmatch(r"/apps/\d+", link)]
    health = client.page(app)
    assert "Crashes 4" in health.text
    assert "unknown" in health.text
    links = {link for link in health.links if "/failures/" in link}
    assert len(links) == 4
    assert health.text.count("new") >= 4
    names = [one.inside("h1") for one in map(client.page, sorted(links))]
    assert sorted(names) == sorted(one.name for one in filled.store.buckets.list(filled.store.apps.list()[0]))
    [failure] = [client.page(link) for link in links if "game::poke" in client.page(link).inside("h1")]
    assert ("strong", "blamed") in failure.texts
    assert "Function game::poke" in failure.text
    assert "Version" in failure.text
    [report] = {link for link in failure.links if link.startswith("/reports/")}
    shown = client.page(report)
    assert "notes.txt" in shown.text
    assert "libscene.so" in shown.text
    document = client.get(f"{report}/report.json")
    assert document.json["failure"]["name"] == failure.inside("h1")
    assert client.get(f"{report}/received").body[:4] == b"MDMP"
    [notes] = [link for link in shown.links if "/attachments/" in link]
    assert client.get(notes).body == b"notes of one"
    for answer in (document, client.get(notes)):
        assert answer.headers["content-disposition"].startswith("attachment; ")
        assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_decisions_are_made_on_pages(filled: Filled) -> None:
    reader, client = filled.signed_in("query"), filled.signed_in("admin")
    app = filled.store.apps.by_secret("one")
    assert app is not None
    one, other = (f"/apps/{app.id}/failures/{found.hash}" for found in filled.store.buckets.list(app)[:2])
    hash_, other_hash = one[-36:], other[-36:]
    assert not [tag for tag, _ in reader.page(one).elements if tag == "textarea"]
    assert reader.post(f"{one}/state", {"state": "closed"}, of=one).status == 403
    note = "<b>known</b>\r\nsince 1.0"
    assert client.post(f"{one}/state", {"state": "closed", "note": note}, of=one).headers["location"] == one
    shown = client.page(one)
    assert "closed" in shown.text
    assert "<b>known</b>" in shown.text
    assert ("textarea", "<b>known</b>\nsince 1.0") in [(tag, text.strip("\n")) for tag, text in shown.texts]
    assert client.post(f"{one}/merge", {"other": other_hash}, of=one).status == 303
    assert client.send("GET", one).headers["location"] == other, "a merged failure leads to its leader"
    assert hash_ in client.page(other).text
    assert "Hits in 30 days 2" in client.page(other).text
    assert client.post(f"{other}/separate", {"other": hash_}, of=other).status == 303
    assert client.post(f"{one}/state", {"state": "open", "note": ""}, of=one).status == 303
    assert "closed" not in client.page(one).inside("span")
    for what, fields, status in (
        ("state", {"state": "gone"}, 400),
        ("state", {"state": "open", "note": "x" * 10_001}, 400),
        ("merge", {"other": "x"}, 400),
        ("merge", {"other": "0" * 32}, 404),
        ("merge", {"other": hash_}, 409),
        ("separate", {"other": hash_}, 409),
        ("nothing", {}, 404),
    ):
        assert client.post(f"{one}/{what}", fields, of=one).status == status, what
    checked(client.get(f"{one}/similar"))


def test_symbols_are_uploaded_by_a_form(filled: Filled) -> None:
    client, reader = filled.signed_in("admin"), filled.signed_in("one")
    app = filled.store.apps.by_secret("one")
    assert app is not None
    page = f"/apps/{app.id}/symbols"
    missing = client.page(page)
    assert "Missing" in missing.text
    assert not [tag for tag, one in reader.page(page).elements if one.get("type") == "file"]
    code = next(one["value"] for tag, one in missing.elements if one.get("name") == "form_code")

    def upload(fields: dict[str, str], data: bytes, sender: PageClient = client) -> Any:
        body, kind = multipart(fields, [("file", "app.sym", data)])
        return sender.send("POST", page, body, {"Content-Type": kind, "Origin": filled.running.url})

    assert upload({}, SYM).status == 403, "without the code of the session"
    assert upload({"form_code": str(code)}, SYM, reader).status == 403
    refused = upload({"form_code": str(code)}, b"no symbols")
    assert refused.status == 400
    assert b"app.sym" in refused.body
    assert upload({"form_code": str(code)}, SYM).headers["location"] == page
    shown = client.page(page)
    assert DEBUG_ID in shown.text
    assert "lines" in shown.text


def test_search_and_comparison(filled: Filled) -> None:
    client = filled.signed_in("one")
    app = filled.store.apps.by_secret("one")
    assert app is not None
    stored = filled.store.reports.get(filled.reports["one"])
    by = {
        "game::": "name",
        "libscene": "name",
        "main": "stack",
        "one-1": "installation",
        str(stored.failure_hash): "name",
    }
    for text, how in by.items():
        found = client.page(f"/apps/{app.id}/search?q={text}")
        assert how in found.inside("td"), text
    for text in (stored.public_id, f"bp-{stored.public_id}", stored.log_id):
        assert f"/reports/{stored.public_id}" in client.page(f"/apps/{app.id}/search?q={text}").links, text
    theirs = filled.reports["two"]
    for text in (theirs, "two-0", "%", "_____", "no such thing"):
        assert "Nothing was found" in client.page(f"/apps/{app.id}/search?q={quote(text)}").text, text
    compared = client.page(f"/apps/{app.id}/compare?old=1.0&new=2.0")
    assert "New in 2.0" in compared.text
    assert len([link for link in compared.links if "/failures/" in link]) == 4


def test_filters_are_in_the_address(filled: Filled) -> None:
    client = filled.signed_in("one")
    app = next(link for link in client.page("/apps").links if re.fullmatch(r"/apps/\d+", link))
    counts = {version: client.page(f"{app}?version={version}").text for version in VERSIONS}
    assert all("Crashes 2" in text for text in counts.values())
    assert "Crashes 1" in client.page(f"{app}?days=1").text
    assert "Handled errors 0" in client.page(f"{app}?event=handled").text
    assert "Nothing happened" in client.page(f"{app}?from=2001-01-01&to=2001-01-31").text
    for wrong in ("from=x", "from=2020-01-01&to=2019-01-01", "days=0", "days=9999", "event=x", "from=2001-01-01"):
        assert client.page(f"{app}?{wrong}", 400).inside("h1") == "Not possible", wrong


def test_nothing_is_readable_without_a_session(filled: Filled) -> None:
    stranger, reader, other = PageClient(filled.running), PageClient(filled.running), filled.signed_in("symbols")
    token, secret = filled.store.tokens.create("reader", ["query"])
    reader.sign_in(secret)
    pages = paths(filled, "one")
    assert len(pages) > 5
    for template, path in pages.items():
        answer = stranger.send("GET", path)
        assert (answer.status, answer.body) == (303, b""), template
        assert answer.headers["location"].startswith("/sign-in?next=%2F"), template
        assert filled.running.get(path, token=filled.tokens["admin"]).status == 303, "pages take no tokens"
        assert reader.send("GET", path).status == 200, template
        assert other.send("GET", path).status == 403, template
    static = re.findall(r'(?:href|src)="(/static/[^"]+)"', stranger.get("/sign-in").body.decode())
    assert static
    assert all("immutable" in stranger.get(path).headers["cache-control"] for path in static)
    filled.store.tokens.revoke(token.id)
    assert {reader.send("GET", path).status for path in pages.values()} == {303}, "a session ends with its token"


def test_no_page_leads_across_apps(filled: Filled) -> None:
    mine, theirs = filled.signed_in("one"), paths(filled, "two")
    absent = {"apps/": "/apps/987654", "reports/": f"/reports/{'0' * 32}"}
    for template, path in theirs.items():
        answer = mine.get(path)
        if template == "/apps":
            assert b">two<" not in answer.body
            continue
        kind = next(name for name in absent if name in template)
        missing = mine.get(re.sub(rf"/{kind}[^/?]+", absent[kind], path))
        assert (answer.status, answer.body) == (missing.status, missing.body), template
        assert answer.status == 404, template
        assert filled.signed_in("two").get(path).status == 200, template


def test_sources_are_linked_by_the_pattern_of_the_app(filled: Filled) -> None:
    client = filled.signed_in("one")
    app = filled.store.apps.by_secret("one")
    assert app is not None
    pages = [path for kind, path in paths(filled, "one").items() if kind.endswith(("{report_id:str}", "{hash_:str}"))]
    assert len(pages) == 2
    assert not [link for path in pages for link in client.page(path).links if "://" in link]
    pattern = "https://code.example/own/{path}?at={revision}#{line}"
    changed = msgspec.structs.replace(app.settings, source_url=pattern, source_revisions={"*": "v{version}"})
    filled.store.apps.update(app.id, settings=changed)
    try:
        for path in pages:
            links = [link for link in client.page(path).links if "://" in link]
            assert [link for link in links if re.fullmatch(r"https://code\.example/own/\S+\?at=v[12]\.0#\d+", link)]
    finally:
        filled.store.apps.update(app.id, settings=app.settings)


def test_sessions(filled: Filled) -> None:
    client = PageClient(filled.running)
    answer = client.sign_in(filled.tokens["one"], "https://evil.example/")
    cookie = answer.headers["set-cookie"]
    assert answer.headers["location"] == "/apps", "a sign-in leads nowhere else"
    for attribute in ("HttpOnly", "SameSite=strict", "Path=/", "Max-Age="):
        assert attribute in cookie
    assert "Secure" not in cookie, "the service has no TLS"
    assert filled.tokens["one"] not in cookie
    value = client.cookies["symbolicate-session"]
    number, end, *rest = value.split(".")
    for forged in (
        "",
        "x",
        f"{int(number) + 1}.{end}.{'.'.join(rest)}",
        f"{number}.{int(end) + 1}.{'.'.join(rest)}",
        value[:-1],
    ):
        client.cookies["symbolicate-session"] = forged
        assert client.send("GET", "/apps").status == 303, forged
    client.cookies["symbolicate-session"] = value
    assert client.send("GET", "/apps").status == 200
    assert client.post("/sign-in", {"token": "sym_wrong"}, of="/sign-in").status == 403
    assert client.post("/sign-out", {}, of="/apps").headers["location"] == "/sign-in"
    assert client.cookies == {}


def test_forms_of_other_sites_do_nothing(filled: Filled) -> None:
    client = filled.signed_in("admin")
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": filled.running.url, "Sec-Fetch-Site": "cross-site"},
        {"Origin": filled.running.url.replace("127.0.0.1", "localhost")},
    ):
        assert client.post("/sign-out", {}, of="/apps", headers=headers).status == 403, headers
        assert client.post("/sign-in", {"token": filled.tokens["one"]}, of="/sign-in", headers=headers).status == 403
    for code in ("", "0" * 64):
        assert client.post("/sign-out", {"form_code": code}, of="/apps").status == 403
    stranger = PageClient(filled.running)
    theirs = re.findall(r'name="form_code" value="([0-9a-f]+)"', stranger.get("/sign-in").body.decode())[0]
    assert client.post("/sign-out", {"form_code": theirs}, of="/apps").status == 403, "a code of another session"


def test_a_link_on_another_site_arrives(filled: Filled) -> None:
    client = PageClient(filled.running)
    answer = client.send("GET", "/apps/1?version=1.0&os=x", headers={"Sec-Fetch-Site": "cross-site"})
    again = checked(answer)
    [refresh] = [one["content"] for _, one in again.elements if one.get("http-equiv") == "refresh"]
    assert refresh == "0; url=/apps/1?version=1.0&os=x"


def test_text_of_crashes_is_shown_as_text(filled: Filled) -> None:
    client, store = filled.signed_in("admin"), filled.store
    seen = {"/apps"}
    for app in store.apps.list():
        if app.secret in {HOSTILE_NAME, "hostile"}:
            seen |= {f"/apps/{app.id}", f"/apps/{app.id}?version={quote(HOSTILE)}"}
            seen |= {f"/apps/{app.id}/failures/{one.hash}" for one in store.buckets.list(app)}
            seen |= {f"/reports/{one.public_id}" for one in store.reports.walk(app)}
    assert len(seen) == 9
    for path in sorted(seen):
        parsed = client.page(path)
        assert "<script>alert(1)</script>" in parsed.text, path
        loaded = [str(one.get("src") or "/static/") for tag, one in parsed.elements if tag in {"img", "script"}]
        assert all(source.startswith("/static/") for source in loaded), path
        assert not {"\u202e", "\x1b"} & set(parsed.text), path


def test_the_root_is_for_browsers_and_for_programs(tmp_path: Path) -> None:
    with service(tmp_path, "--workers", "0", "--tls-self-signed") as running:
        described = running.get("/openapi.json")
        for headers in ({}, {"Accept": "*/*"}, {"Accept": "application/json"}):
            answer = running.get("/", headers=headers)
            assert (answer.status, answer.json) == (200, described.json)
            assert answer.headers["content-type"] == described.headers["content-type"]
        assert running.get("/", headers={"Accept": "text/html"}).headers["location"] == "/apps"
        assert not [path for path in described.json["paths"] if path.startswith(("/apps", "/sign", "/static"))]
        client = PageClient(running)
        assert "no app yet" in client.page("/apps").text
        assert "no token yet" in client.page("/sign-in").text
        assert running.get("/apps", headers={"Host": "evil.example"}).status == 403
        assert running.get("/healthz").headers["content-security-policy"].startswith("default-src 'none'")
        assert running.get("/nowhere").headers["referrer-policy"] == "no-referrer"
        with Store.open(data=tmp_path) as store:
            _, secret = store.tokens.create("reader", ["query"])
        until(lambda: client.send("GET", "/apps").status == 303, what="the first token")
        assert "; Secure" in client.sign_in(secret).headers["set-cookie"]


def test_a_proxy_may_end_tls(tmp_path: Path) -> None:
    with Store.open(data=tmp_path) as store:
        _, secret = store.tokens.create("reader", ["query"])
    with service(tmp_path, "--workers", "0", "--public-url", "https://crashes.example") as running:
        origin = {"Origin": "https://crashes.example", "Sec-Fetch-Site": "same-origin"}
        answer = PageClient(running).post("/sign-in", {"token": secret}, of="/sign-in", headers=origin)
        assert answer.status == 303
        assert "; Secure" in answer.headers["set-cookie"]


def test_the_demo_shows_the_fixtures_and_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    demo = Process("serve", "--demo", "--bind", "127.0.0.1:0", env={"TMPDIR": str(folder)})
    try:
        port = int(demo.wait_for(r"listening on http://127\.0\.0\.1:(\d+)")[1])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", "/apps", headers={"Accept": "text/html"})
        page = Parsed(connection.getresponse().read().decode())
        connection.close()
        assert "demo" in page.inside("a")
        assert list(folder.glob("symbolicate-demo-*"))
        assert demo.stop() == 0
        assert "it is removed at the end" in demo.log
        assert not list(folder.iterdir())
    finally:
        demo.kill()
