"""No secret is logged, wherever it was sent or raised: in paths, queries, headers, errors and tracebacks."""

from __future__ import annotations

import io
import json
import logging
import uuid
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

pytest.importorskip("litestar")

from service_process import multipart, service
from symbolicate.service.config import Log
from symbolicate.service.http.logged_path import logged_path
from symbolicate.service.log import open_log
from symbolicate.store.database.tables import APP
from tiny_dump import tiny_dump

if TYPE_CHECKING:
    from pathlib import Path

    from symbolicate.store import Store


@pytest.mark.parametrize("json_lines", ["false", "true"])
def test_the_secret_of_an_app_is_in_no_line(tmp_path: Path, json_lines: str) -> None:
    secrets = [f"s3cret{uuid.uuid4().hex}" for _ in range(8)]
    body, content_type = multipart({}, [("upload_file_minidump", "a.dmp", tiny_dump())])
    settings = {
        "SYMBOLICATE_LOG_REQUESTS": "true",
        "SYMBOLICATE_LOG_LEVEL": "debug",
        "SYMBOLICATE_LOG_JSON": json_lines,
    }
    with service(tmp_path, "--workers", "0", **settings) as one:
        form = {"Content-Type": content_type}
        for path in (
            f"/submit/{secrets[0]}",
            f"/submit/{secrets[0]}?app={secrets[1]}",
            f"/submit?app={secrets[1]}",
            f"/submit/{secrets[0]}/more",
            f"//submit//{secrets[0]}/",
            f"/SUBMIT/{secrets[0]}",
            f"/%73ubmit/{secrets[0]}",
            f"/{secrets[2]}",
            f"/x/{secrets[2]}?key={secrets[3]}",
            f"/symbols?app={secrets[4]}&key={secrets[3]}",
        ):
            one.ask("POST", path, body, form)
            one.ask("POST", path, b"no form", form)
            one.get(path)
        one.logs({"type": "managedError"}, secret=secrets[5])
        one.get(f"/api/v1/apps/{secrets[5]}/buckets")
        one.get(f"/v1.0/my/analytics/desktop/failurehits?applicationId={secrets[5]}&filter={secrets[6]}")
        one.get(f"/v0.1/apps/{secrets[7]}/x/symbol_uploads")
        one.raw(f"GET /submit/{secrets[0]} HTTP/9.9\r\n\r\n".encode())
        metrics = one.get("/metrics").body.decode()
        log = one.log
    assert "POST /submit/" in log
    for number, secret in enumerate(secrets):
        assert secret not in log, number
        assert secret not in metrics, number


def test_paths_without_a_route_keep_our_own_words_alone() -> None:
    assert logged_path({"path": "/submit/s3cret/x", "path_template": None}) == "/submit/…/…"
    assert logged_path({"path": "/v0.1/apps/own/app/symbol_upload"}) == "/v0.1/apps/…/…/…"
    assert logged_path({"path": "/api/v1/apps/s3cret/buckets", "path_template": "/{path}"}) == "/api/v1/apps/…/buckets"
    assert logged_path({"path": "//"}) == "/"


@pytest.mark.parametrize("as_json", [False, True])
def test_errors_of_the_database_tell_no_values(store: Store, monkeypatch: pytest.MonkeyPatch, as_json: bool) -> None:
    secret = f"s3cret{uuid.uuid4().hex}"
    app = store.apps.ensure(secret)
    again: dict[str, Any] = {"secret": secret, "application_id": "x", "settings": "{}", "configured": True}
    again |= {"created": 0, "version": 0}
    lines = io.StringIO()
    monkeypatch.setattr("sys.stderr", lines)
    open_log(Log(json=as_json))
    logger = logging.getLogger("symbolicate.service")
    try:
        store.database.write(lambda connection: connection.execute(sa.insert(APP).values(again)))
    except sa.exc.IntegrityError:
        logger.exception("POST /submit/%s failed", secret)
    text = lines.getvalue()
    assert "IntegrityError" in text
    assert secret not in text
    if as_json:
        assert json.loads(text)["exception"]
    assert app.secret == secret
