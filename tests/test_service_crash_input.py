"""The engine's input of a crash stays within the engine's limits, whatever was attached to it."""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

pytest.importorskip("litestar")

from store_samples import SECRET
from symbolicate import Input, process
from symbolicate.isolation.messages import AttachedFile
from symbolicate.service.processing import crash_input as module
from symbolicate.service.processing.crash_input import crash_input
from symbolicate.store import Attachment, Store, Upload
from tiny_dump import tiny_dump

if TYPE_CHECKING:
    from symbolicate import Report
    from symbolicate.service.processing.crash_input import CrashInput

ID = "00000000-0000-4000-8000-000000000001"
LOG = json.dumps({"type": "managedError", "id": ID, "exception": {"type": "minidump"}}).encode()


def given(
    store: Store, attachments: list[Attachment], monkeypatch: pytest.MonkeyPatch
) -> tuple[CrashInput, list[bytes]]:
    """The input of a crash with attachments, and what was read of the attachments."""
    app = store.apps.ensure(SECRET)
    store.accept(app, [Upload(ID, "managedError", LOG, wants_minidump=True)], attachments)
    [job] = store.queue.lease(1, worker="w")
    read: list[bytes] = []

    def reading(number: int) -> bytes:
        read.append(data := store.reports.attachment_data(number))
        return data

    monkeypatch.setattr(store, "attachment_data", reading)
    found = crash_input(store, job)
    assert found.data[0] == LOG
    assert found.data[1:] == read
    return found, read


def report_of(found: CrashInput) -> Report:
    return process(Input("stored", b"".join(found.data), found.files))


def test_the_dump_is_given_however_much_came_before_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FILE_BYTES", 64 * 1024)
    dump = tiny_dump()
    many = [Attachment(ID, f"{number}", bytes([number]) * 4096, "x/y", "f") for number in range(150)]
    found, read = given(store, [*many, Attachment(ID, "dump", dump, None, "core")], monkeypatch)
    assert sum(map(len, read)) <= 64 * 1024
    assert dump in read
    assert found.files is not None
    assert [one.id for one in found.files] == [*(f"{number}" for number in range(63)), "dump"]
    assert (found.files[-1].size, found.data[-1]) == (len(dump), dump)
    given_bytes = [one.size is not None for one in found.files[:20]]
    assert given_bytes == [one < (64 * 1024 - len(dump)) // 4096 for one in range(20)]
    report = report_of(found)
    assert report.input is not None
    assert report.input.kind == "minidump"


def test_one_that_is_named_like_a_dump_goes_before_others(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FILE_BYTES", 10_000)
    some = [
        Attachment(ID, "large", b"l" * 8000, None, "a.txt"),
        Attachment(ID, "packed", b"p" * 6000, None, "A.DMP.gz"),
        Attachment(ID, "small", b"s" * 1000, None, None),
    ]
    _, read = given(store, some, monkeypatch)
    assert [data[:1] for data in read] == [b"p", b"s"]


def test_a_long_log_leaves_less_for_attachments(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BYTES", len(LOG) + 3000)
    some = [Attachment(ID, name, b"a" * 2000) for name in ("1", "2")]
    found, read = given(store, some, monkeypatch)
    assert (len(read), len(found.files or ())) == (1, 2)


DUMP = tiny_dump()


@pytest.mark.parametrize(
    "some",
    [
        [],
        [Attachment(ID, "a", b"text", "text/plain", "a.txt")],
        [Attachment(ID, "b", DUMP, None, "core"), Attachment(ID, "c", DUMP, None, None)],
        [Attachment(ID, "d", gzip.compress(DUMP), "application/gzip", "core.dmp.gz")],
        [Attachment(ID, "e", b"no dump", None, "core.dmp"), Attachment(ID, "f", b"", "text/plain", "empty.txt")],
    ],
    ids=lambda some: "-".join(one.attachment_id for one in some) or "none",
)
def test_the_report_is_that_of_a_container_as_it_was_sent(
    some: list[Attachment], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, _ = given(store, some, monkeypatch)
    logs = [json.loads(LOG)] + [
        {
            "type": "errorAttachment",
            "errorId": ID,
            "id": one.attachment_id,
            "fileName": one.file_name,
            "contentType": one.content_type,
            "data": base64.b64encode(one.data).decode(),
        }
        for one in some
    ]
    sent, ours = process(json.dumps({"logs": logs}).encode()), report_of(found)
    assert ours.input is not None
    sizes = {"minidump": len(DUMP)}
    assert ours.input.size == sizes.get(str(ours.input.kind), len(LOG) + sum(len(one.data) for one in some))
    assert without_size(ours) == without_size(sent)


def without_size(report: Report) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.to_builtins(report)
    return document | {"input": {k: v for k, v in document["input"].items() if k not in {"size", "name"}}}


def test_a_log_has_its_files_whatever_its_text_says() -> None:
    """A log without an id and without a type, and one that another log follows, as a service may have stored them."""
    dump = tiny_dump()
    for log in (b'{"exception":{"type":"minidump"}}', b'{"exception":{"type":"minidump"},"errorId":"x"} {'):
        files = (AttachedFile("1", "core.dmp", None, len(dump)), AttachedFile("2", "left.out", None, None))
        report = process(Input("stored", log + dump, files))
        assert report.input is not None
        assert report.input.kind == "minidump"
    with pytest.raises(ValueError, match="the files have 5 bytes, and all data have 4"):
        process(Input("stored", b"{}  ", (AttachedFile("1", None, None, 5),)))
