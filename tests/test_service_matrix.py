"""Every route with every token against every app, from the API description: no access across apps.

A route in the description without values in this file makes the test fail: a new route needs its parameters here.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("litestar")

from service_process import Answer, Service, multipart, service, until
from store_samples import document, symbol_file
from symbolicate.store import Attachment, Done, Store, Upload
from tiny_dump import SYM, tiny_dump

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from symbolicate.store import App

SCOPES = ("query", "symbols", "symbols-read", "admin")
PERMITS = {
    "query": {"query", "admin"},
    "symbols": {"symbols", "admin"},
    "symbols-read": {"symbols-read", "symbols", "admin"},
    "admin": {"admin"},
}

BODIES: dict[tuple[str, str], Any] = {
    ("patch", "/api/v1/apps/{app}/buckets/{failure_hash}"): {"state": "closed"},
    ("post", "/api/v1/apps/{app}/buckets/{failure_hash}/merge"): {"into": "{other_hash}"},
    ("post", "/api/v1/apps/{app}/buckets/{failure_hash}/split"): {"from": "{other_hash}"},
    ("post", "/api/v1/queue/dead-letters/requeue"): {"app": "{app}"},
    ("post", "/api/v1/queue/aside/requeue"): {"app": "{app}"},
    ("post", "/v0.1/apps/{owner}/{app}/symbol_uploads"): {"symbol_type": "Breakpad"},
    ("patch", "/v0.1/apps/{owner}/{app}/symbol_uploads/{upload_id}"): {"status": "aborted"},
    ("post", "/api/0/projects/{owner}/{app}/files/difs/assemble"): {},
    **{
        ("post", path): {"memoryMap": [["{debug_file}", "{debug_id}"]], "stacks": [[[0, 4096]]]}
        for number in (4, 5)
        for path in (f"/symbolicate/v{number}", f"/-/{{token}}/symbolicate/v{number}")
    },
}
# Parameters that the description does not list, or that select an app.
QUERIES = {
    "/symbols": "?app={app}",
    "/symbols/{path}": "?app={app}",
    "/v1/{verb}": "?app={app}",
    "/api/v1/queue/dead-letters": "?app={app}",
    "/api/v1/queue/aside": "?app={app}",
}
WHOLE_SERVICE = {"/metrics": "query", "/api/v1/symbols": "symbols"}


@dataclass
class Target:
    """Values for the parameters of routes: those of an app, or of objects that do not exist."""

    values: dict[str, str]
    marks: list[str] = field(default_factory=list)  # what no response to other apps may contain

    def fill(self, text: str, **more: str) -> str:
        values = self.values | more
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", value)
        assert "{" not in text, f"say in this file what {text} is"
        return text


def fill_app(store: Store, name: str) -> Target:
    """An app with one object of each kind, and their ids."""
    app = store.apps.create(application_id=f"id-{name}", owner=f"own-{name}", name=f"app-{name}")
    hashes = []
    for number in range(3):
        log_id = str(uuid.uuid4())
        sent = [Upload(log_id, "minidump", tiny_dump(code_file=f"/opt/{name}-{number}"))]
        files = [Attachment(log_id, str(uuid.uuid4()), f"secret of {name}".encode(), "text/plain", f"{name}.txt")]
        public_id = store.accept(app, sent, files).reports[0].public_id
        [job] = store.queue.lease(1, worker="test")
        if number == 2:
            store.queue.fail(job, f"fault of {name}", cause="input", permanent=True)
            continue
        report = document(f"NULL_CLASS_PTR_READ_c0000005_{name}{number}.exe!main")
        assert store.queue.complete([Done(job, report)]) == [True]
        hashes.append(json.loads(report)["failure"]["hash"])
        done = public_id
    debug_id = uuid.uuid4().hex.upper() + "0"
    begun = store.symbols.begin(app, "Breakpad", file_name=f"{name}.sym")
    text = f"{store.blobs.folder}/{name}.sym"
    with open(text, "w") as stream:
        stream.write(f"MODULE Linux x86_64 {debug_id} lib{name}.so\nFUNC 1000 10 0 secret_of_{name}\n")
    content, blob = store.symbol_files.put(text)
    store.symbol_files.register(app, [replace(symbol_file(debug_id, f"lib{name}.so"), content=content, blob=blob)])
    [file] = store.symbol_files.list([app.id])
    values = {
        "applicationId": app.application_id,
        "app": app.application_id,
        "owner": str(app.owner),
        "report_id": done,
        "error_id": store.reports.get(done).log_id,
        "cabIdHash": done,
        "failure_hash": hashes[0],
        "failureHash": hashes[0],
        "other_hash": hashes[1],
        "upload_id": begun.id,
        "wanted": begun.id,
        "old": "1.0",
        "new": "2.0",
        "debug_file": f"lib{name}.so",
        "debug_id": debug_id,
        "file_id": str(file.id),
        "symbol_id": debug_id,
        "path": f"lib{name}.so/{debug_id}/lib{name}.so.sym",
        "token": "none",
        "attachment_id": str(store.reports.get(done).attachments[0].id),
    }
    marks = [
        done,
        begun.id,
        *hashes,
        f"{name}0.exe",
        f"secret of {name}",
        f"secret_of_{name}",
        f"fault of {name}",
        f"{name}.txt",
    ]
    return Target(values, marks)


def nothing() -> Target:
    """Values of objects that do not exist."""
    values = {
        name: str(uuid.uuid4())
        for name in (
            "app",
            "applicationId",
            "owner",
            "failure_hash",
            "failureHash",
            "other_hash",
            "upload_id",
            "wanted",
            "error_id",
        )
    }
    values |= {name: uuid.uuid4().hex for name in ("report_id", "cabIdHash")}
    return Target(
        values
        | {"path": f"libno.so/{uuid.uuid4().hex.upper()}0/libno.so.sym", "token": "none"}
        | {"debug_file": "libno.so", "debug_id": uuid.uuid4().hex.upper() + "0", "attachment_id": "0"}
        | {"file_id": "0", "symbol_id": uuid.uuid4().hex.upper() + "0", "old": "1.0", "new": "2.0"}
    )


@dataclass
class Matrix:
    running: Service
    store: Store
    apps: dict[str, App]
    targets: dict[str, Target]
    tokens: dict[tuple[str, str], str]
    operations: list[tuple[str, str, dict[str, Any]]]

    def ask(self, method: str, path: str, operation: dict[str, Any], target: Target, token: str | None) -> Answer:
        address, more = path, {"path": "app.sym"} if method == "put" else {}
        if path.startswith(("/v0.1/", "/api/0/")):
            more["app"] = target.values["owner"].replace("own-", "app-")
        if path.startswith("/v1/"):
            key = target.values["wanted"]
            more["wanted"] = f"{target.values['debug_id']}:checkStatus" if "symbols" in path else f"{key}:complete"
            more["verb"] = "uploads:create"
        address = target.fill(path, **more)
        query = [
            f"{one['name']}={{{one['name']}}}"
            for one in operation.get("parameters", [])
            if one["in"] == "query" and one.get("required")
        ]
        if query:
            address += "?" + target.fill("&".join(query))
        address += target.fill(QUERIES.get(path, ""))
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        body: Any = BODIES.get((method, path))
        if body is not None:
            body = json.loads(target.fill(json.dumps(body)[1:-1]).join("{}"))
        if path.endswith("symbols/{path}") and method == "put":
            body = SYM
        if path == "/symbols":
            body, headers["Content-Type"] = multipart({}, [("symbol_file", "a.sym", SYM)])
        if path.endswith("/chunk-upload") and method == "post":
            chunk = ("file", hashlib.sha1(SYM, usedforsecurity=False).hexdigest(), SYM)
            body, headers["Content-Type"] = multipart({}, [chunk])
        return self.running.ask(method.upper(), address, body, headers, token=None)


def scope_of(operation: dict[str, Any]) -> str | None:
    """The scope that an operation needs; None if it needs no token."""
    scopes = {one["bearer"][0] for one in operation["security"] if "bearer" in one}
    assert len(scopes) <= 1
    return scopes.pop() if scopes else None


@pytest.fixture
def matrix(tmp_path: Path, database_url: str) -> Iterator[Matrix]:
    data = tmp_path / "data"
    with Store.open(database_url, data=data) as store:
        targets = {name: fill_app(store, name) for name in ("one", "two")}
        apps = {app.name.removeprefix("app-"): app for app in store.apps.list() if app.name}
        tokens = {
            (scope, name): store.tokens.create(f"{scope}-{name}", [scope], apps=only)[1]
            for scope in SCOPES
            for name, only in (("one", [apps["one"]]), ("two", [apps["two"]]), ("all", None))
        }
        options = ("--workers", "0", "--db", database_url)
        with service(data, *options, SYMBOLICATE_LIMITS_REQUESTS_PER_MINUTE="0") as running:
            paths = running.get("/openapi.json").json["paths"]
            operations = [(method, path, one) for path, item in paths.items() for method, one in item.items()]
            yield Matrix(running, store, apps, targets, tokens, operations)


def test_the_security_of_every_route_is_described(tmp_path: Path) -> None:
    with service(tmp_path, "--workers", "0") as running:
        description = running.get("/openapi.json").json
    schemes = description["components"]["securitySchemes"].keys()
    for path, item in description["paths"].items():
        for method, operation in item.items():
            assert operation.get("security"), f"{method} {path}"
            assert {name for one in operation["security"] for name in one} <= schemes
    open_to_all = {
        path
        for path, item in description["paths"].items()
        for operation in item.values()
        if operation["security"] == [{}]
    }
    assert open_to_all == {"/healthz", "/readyz"}


def test_no_route_leads_across_apps(matrix: Matrix) -> None:
    everything = state(matrix)
    seen = 0
    for method, path, operation in matrix.operations:
        scope = scope_of(operation)
        if scope is None or path in WHOLE_SERVICE:
            continue
        for held in SCOPES:
            token = matrix.tokens[held, "one"]
            answer = matrix.ask(method, path, operation, matrix.targets["two"], token)
            where = f"{method} {path} with {held}"
            if held not in PERMITS[scope]:
                assert answer.status == 403, where
                continue
            empty = nothing()
            absent = matrix.ask(method, path, operation, empty, token)
            assert told(answer, matrix.targets["two"]) == told(absent, matrix.targets["two"], empty), where
            for mark in matrix.targets["two"].marks:
                assert mark.encode() not in answer.body, f"{where} gives {mark}"
            seen += 1
        assert matrix.ask(method, path, operation, matrix.targets["two"], None).status == 401, (method, path)
    assert seen > 30
    assert state(matrix) == everything, "nothing of another app was changed"
    # The same requests succeed for callers who may make them, so they were refused above because of the app alone.
    for method, path, operation in sorted(matrix.operations, key=lambda one: (one[0] != "get", one[0] == "delete")):
        scope = scope_of(operation)
        if scope is not None and path not in WHOLE_SERVICE and "unmerge" not in path and "{wanted}" not in path:
            answer = matrix.ask(method, path, operation, matrix.targets["two"], matrix.tokens[scope, "two"])
            assert answer.status in {200, 201, 302}, (method, path, answer)


def test_what_is_about_all_apps_needs_a_token_for_all(matrix: Matrix) -> None:
    for path, scope in WHOLE_SERVICE.items():
        statuses = {name: matrix.running.get(path, token=matrix.tokens[scope, name]).status for name in ("one", "all")}
        assert statuses == {"one": 403, "all": 200}, path


def test_lists_hold_what_the_token_is_for(matrix: Matrix) -> None:
    for path in ("/api/v1/queue/dead-letters", "/api/v1/queue/aside", "/api/v1/queue"):
        by_token = {name: matrix.running.get(path, token=matrix.tokens["query", name]).json for name in ("one", "all")}
        count = {name: len(found) if isinstance(found, list) else found["aside"] for name, found in by_token.items()}
        assert count == {"one": 1, "all": 2}, path
    again = matrix.running.ask("POST", "/api/v1/queue/dead-letters/requeue", token=matrix.tokens["admin", "one"]).json
    assert again == {"requeued": 1}
    assert [one.app.name for one in matrix.store.queue.dead_letters()] == ["app-two"]


def test_links_are_for_what_they_were_made_for(matrix: Matrix) -> None:
    mine, theirs = matrix.targets["one"].values, matrix.targets["two"].values
    asked = f"/v1.0/my/analytics/desktop/cabdownload?applicationId={mine['app']}&cabIdHash={mine['cabIdHash']}"
    link = matrix.running.get(asked, token=matrix.tokens["query", "one"]).headers["location"]
    assert matrix.running.get(link, token=None).status == 200
    for part in ("cabIdHash", "app"):
        changed = link.replace(mine[part], theirs[part])
        assert matrix.running.get(changed, token=None).status == 403


def test_an_oauth_client_for_one_app_has_access_tokens_for_that_app(matrix: Matrix) -> None:
    client, secret = matrix.store.tokens.create_client("dashboard", ["query"], apps=[matrix.apps["one"]])
    body = f"grant_type=client_credentials&client_id={client.client_id}&client_secret={secret}".encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    def hits(token: str, name: str) -> int:
        path = f"/v1.0/my/analytics/desktop/failuredetails?applicationId=id-{name}"
        path += f"&failureHash={matrix.targets[name].values['failureHash']}"
        return len(matrix.running.get(path, token=token).json.get("Value", []))

    token = until(lambda: matrix.running.ask("POST", "/t/oauth2/token", body, headers, token=None).json)["access_token"]
    until(lambda: matrix.running.get("/api/v1/queue", token=token).status == 200)
    assert (hits(token, "one"), hits(token, "two")) == (1, 0)


def test_the_command_line_makes_tokens_for_apps(tmp_path: Path) -> None:
    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "symbolicate", *arguments, "--data", str(tmp_path)]
        return subprocess.run(command, capture_output=True, check=True, text=True).stdout

    for name in ("own/a", "own/b", "own/c"):
        run("app", "create", "--name", name)
    run("token", "create", "ci", "--scope", "symbols", "--app", "own/a", "--app", "OWN/b")
    run("token", "create", "boss", "--scope", "admin")
    run("token", "create", "board", "--scope", "query", "--app", "own/c", "--client")
    assert [line.split("\t")[1::4] for line in run("token", "list").splitlines()] == [
        ["ci", "own/a,own/b"],
        ["boss", "all"],
        ["board", "own/c"],
    ]
    with pytest.raises(subprocess.CalledProcessError) as failed:
        run("token", "create", "x", "--scope", "query", "--app", "own/d")
    assert failed.value.returncode == 1


def told(answer: Answer, *targets: Target) -> tuple[int, str]:
    """A response without the parts that repeat the request."""
    text = answer.body.decode("utf-8", "replace")
    values = [value for target in targets for value in target.values.values() if value != "0"]
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, "…")
    # The values of the other request are random and have the same form.
    return answer.status, "" if "no app is called" in text else text


def state(matrix: Matrix) -> Any:
    """The state that a request could have changed."""
    store, app = matrix.store, matrix.apps["two"]
    return (
        store.buckets.list(app),
        [(upload.id, upload.status) for upload in store.symbols.list(app)],
        store.queue.depth(),
        [file.debug_id for file in store.symbol_files.list([app.id])],
    )


def test_an_uploader_that_names_no_app_has_a_token_that_does(matrix: Matrix) -> None:
    both = matrix.store.tokens.create("both", ["symbols"], apps=matrix.apps.values())[1]
    only = {upload.id for upload in matrix.store.symbols.list(matrix.apps["one"])}

    def create(token: str) -> Answer:
        return matrix.running.ask("POST", f"/v1/uploads:create?key={token}", token=None)

    begun = create(matrix.tokens["symbols", "one"])
    assert begun.status == 200
    assert len({upload.id for upload in matrix.store.symbols.list(matrix.apps["one"])} - only) == 1
    for token, reason in ((both, b"several"), (matrix.tokens["symbols", "all"], b"all apps")):
        refused = create(token)
        assert refused.status == 400
        assert reason in refused.body
        assert b"?app=" in refused.body
    before = [matrix.store.symbols.list(app) for app in matrix.apps.values()]
    assert create(matrix.tokens["admin", "all"]).status == 200, "an admin's symbols are for all apps"
    assert [matrix.store.symbols.list(app) for app in matrix.apps.values()] == before
