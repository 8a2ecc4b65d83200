"""`POST /submit`: minidumps as Breakpad, Crashpad, Electron and Socorro's clients send them."""

from __future__ import annotations

import gzip
import re
import subprocess
import uuid
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("litestar")

from service_process import Service, multipart, service
from tiny_dump import tiny_dump

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with service(tmp_path_factory.mktemp("service"), SYMBOLICATE_INGEST_REPORTS_PER_MINUTE="0") as one:
        yield one


def chunked(body: bytes, step: int) -> bytes:
    cut = (body[i : i + step] for i in range(0, len(body), step))
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in cut) + b"0\r\n\r\n"


def test_the_answer_is_the_id_and_nothing_else(running: Service) -> None:
    body, content_type = multipart({"prod": "Demo", "ver": "1.2"}, [("upload_file_minidump", "a.dmp", tiny_dump())])
    answer = running.ask("POST", "/submit", body, {"Content-Type": content_type}, token=None)
    assert answer.status == 200
    assert re.fullmatch(rb"[0-9a-f]{32,64}", answer.body)
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["content-length"] == str(len(answer.body))
    done = running.wait_until_done(answer.body.decode())
    assert done["state"] == "done"
    assert done["failure_name"]
    assert done["annotations"] == {"prod": "Demo", "ver": "1.2"}
    report = running.get(f"/api/v1/reports/{answer.body.decode()}/report").json
    assert report["failure"]["hash"] == done["failure_hash"]


@pytest.mark.parametrize("step", [1000, 7])
def test_crashpad_sends_chunks_of_gzip_of_multipart(running: Service, step: int) -> None:
    report = str(uuid.uuid4())
    body, content_type = multipart(
        {"list_annotations": "a\nb", "guid": "c0ffee", "quoted%22name": "v", f"step{step}": "1"},
        [("view_hierarchy", "view.txt", b"tree"), ("upload_file_minidump", f"{report}.dmp", tiny_dump(thread_id=step))],
    )
    request = (
        b"POST /submit?product=Crashpad%20Demo&version=3&guid=c0ffee HTTP/1.1\r\nHost: localhost\r\n"
        b"Connection: close\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\nContent-Type: "
        + content_type.encode()
        + b"\r\n\r\n"
        + chunked(gzip.compress(body), step)
    )
    head, _, identifier = running.raw(request).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    done = running.wait_until_done(identifier.decode())
    assert done["log_id"] == report
    assert done["install_id"] == "c0ffee"
    assert done["annotations"]['quoted"name'] == "v"
    assert done["annotations"]["product"] == "Crashpad Demo"
    assert [(file["file_name"], file["size"]) for file in done["attachments"]] == [("view.txt", 4)]


def test_curl_sends_a_dump_of_a_file(running: Service, tmp_path: Path) -> None:
    dump = tmp_path / "a.dmp"
    dump.write_bytes(tiny_dump(thread_id=5))
    done = subprocess.run(
        ["curl", "-sSf", "-F", f"upload_file_minidump=@{dump}", "-F", "prod=Curl", f"{running.url}/submit"],
        capture_output=True,
        check=True,
    )
    assert running.wait_until_done(done.stdout.decode())["state"] == "done"


def test_electron_is_known_by_its_product(running: Service) -> None:
    fields = {"prod": "Electron", "_productName": "Notes", "ver": "30.1", "platform": "linux"}
    body, content_type = multipart(fields, [("upload_file_minidump", "b.dmp", tiny_dump(thread_id=6))])
    identifier = running.ask("POST", "/submit", body, {"Content-Type": content_type}, token=None).body.decode()
    running.wait_until_done(identifier)
    assert running.get("/api/v1/apps/Notes/buckets").json[0]["count"] == 1
    assert running.get("/api/v1/apps/Electron/buckets").status == 404


def test_the_same_dump_sent_again_is_the_same_report(running: Service) -> None:
    body, content_type = multipart({"prod": "Twice"}, [("upload_file_minidump", "c.dmp", tiny_dump(thread_id=7))])
    answers = {running.ask("POST", "/submit", body, {"Content-Type": content_type}, token=None).body for _ in range(3)}
    assert len(answers) == 1
    running.wait_until_done(answers.pop().decode())
    assert running.get("/api/v1/apps/Twice/buckets").json[0]["count"] == 1


def test_a_packed_dump_and_an_unnamed_one_are_known(running: Service) -> None:
    for number, file in enumerate(
        [
            ("upload_file_minidump", "d.dmp", gzip.compress(tiny_dump(thread_id=8))),
            ("dump", "e", tiny_dump(thread_id=9)),
        ]
    ):
        body, content_type = multipart({"prod": f"Odd{number}"}, [file])
        answer = running.ask("POST", "/submit", body, {"Content-Type": content_type}, token=None)
        assert running.wait_until_done(answer.body.decode())["state"] == "done"


def test_a_dump_that_cannot_be_read_is_listed_as_a_dead_letter(running: Service) -> None:
    body, content_type = multipart({"prod": "Broken"}, [("upload_file_minidump", "f.dmp", b"MDMP is not enough")])
    identifier = running.ask("POST", "/submit", body, {"Content-Type": content_type}, token=None).body.decode()
    assert running.wait_until_done(identifier)["state"] == "aside"
    listed = running.get("/api/v1/queue/dead-letters").json
    assert [one["error"] for one in listed if one["id"] == identifier]
    assert running.get("/api/v1/queue/aside").json == listed  # the name of earlier versions
    assert running.get("/openapi.json").json["paths"]["/api/v1/queue/aside"]["get"]["deprecated"] is True


@pytest.mark.parametrize("query", ["app=A&app=B", "top=1&top=2", "reason=time&reason=time"])
@pytest.mark.parametrize("path", ["/api/v1/queue/dead-letters", "/api/v1/queue/aside"])
def test_a_filter_of_dead_letters_is_given_once(running: Service, path: str, query: str) -> None:
    listed = running.get(f"{path}?{query}")
    again = running.ask("POST", f"{path}/requeue?{query}", b"")
    for answer in (listed, again):
        assert answer.status == 400
        assert "more than once" in answer.body.decode()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "multipart/form-data; boundary=x"),
        (b"MDMP", "application/octet-stream"),
        (b"--x\r\n", "multipart/form-data"),
        (b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--\r\n", "multipart/form-data; boundary=x"),
        (b"--x\r\n" + b"A" * 100_000, "multipart/form-data; boundary=x"),
        (b"--x\r\nnonsense\r\n\r\n", "multipart/form-data; boundary=x"),
        (b"x" * 1000, "multipart/form-data; boundary=" + "x" * 300),
    ],
)
def test_what_holds_no_dump_is_refused_in_a_line(running: Service, body: bytes, content_type: str) -> None:
    answer = running.ask("POST", "/submit", body, {"Content-Type": content_type}, token=None)
    assert answer.status == 400
    assert 0 < len(answer.body) < 200
    assert b"\n" not in answer.body


def test_a_form_that_is_cut_behind_the_dump_keeps_it(running: Service) -> None:
    dump = tiny_dump(thread_id=11)
    body, content_type = multipart({"prod": "Cut"}, [("upload_file_minidump", "g.dmp", dump), ("more", "m", b"x" * 99)])
    answer = running.ask("POST", "/submit", body[:-60], {"Content-Type": content_type}, token=None)
    assert answer.status == 200
    assert running.wait_until_done(answer.body.decode())["state"] == "done"
