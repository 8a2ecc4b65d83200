"""The parts of the service that need no server."""

from __future__ import annotations

import base64
import gzip
import json
import os
import subprocess
import sys
import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("litestar")

from symbolicate._native import LogReader
from symbolicate.service.access.signing import sign, signature_is_valid
from symbolicate.service.config import Config, Ingest, load
from symbolicate.service.errors import ConfigError, RefusedError
from symbolicate.service.http.unpack import Unpacker
from symbolicate.service.ingest import base64_text
from symbolicate.service.ingest.clock import parse_time
from symbolicate.service.ingest.read_logs import UnreadableError, read_container
from symbolicate.service.limits.rate_limit import PerMinute

if TYPE_CHECKING:
    from pathlib import Path


def unpacked(body: bytes, step: int, encoding: str = "", limit: int = 1 << 20) -> tuple[bytes, str | None]:
    unpacker = Unpacker(encoding, limit)
    plain = b"".join(b"".join(unpacker.feed(body[i : i + step])) for i in range(0, len(body), step))
    return plain + b"".join(unpacker.end()), unpacker.damaged


@given(st.binary(max_size=300), st.integers(1, 50), st.sampled_from(["gzip", "two", "deflate", "raw"]))
def test_packed_bodies_come_out_whole_however_they_are_cut(body: bytes, step: int, kind: str) -> None:
    compressor = zlib.compressobj(wbits=-15)
    packed = {
        "gzip": gzip.compress(body),
        "two": gzip.compress(body[:100]) + gzip.compress(body[100:]),
        "deflate": zlib.compress(body),
        "raw": compressor.compress(body) + compressor.flush(),
    }[kind]
    assert unpacked(packed, step, "deflate" if kind in {"deflate", "raw"} else "gzip") == (body, None)


@given(st.binary(max_size=100).filter(lambda body: not body.startswith(b"\x1f\x8b")), st.integers(1, 5))
def test_plain_bodies_pass_whatever_they_are_called(body: bytes, step: int) -> None:
    assert unpacked(body, step, "gzip") == (body, None)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = gzip.compress(b"\0" * (64 << 20))
    unpacker = Unpacker("gzip", 1 << 20)
    with pytest.raises(RefusedError) as refused:
        list(unpacker.feed(bomb))
    assert refused.value.status == 413
    assert unpacker.size <= 2 << 20


def test_a_cut_body_gives_what_it_held() -> None:
    packed = gzip.compress(os.urandom(5000))
    plain, damaged = unpacked(packed[:3000], 700)
    assert 2000 < len(plain) < 3000
    assert damaged


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2019-10-08T04:22:23.516Z", datetime(2019, 10, 8, 4, 22, 23, 516000, UTC)),
        ("2019-11-26T02:00:04Z", datetime(2019, 11, 26, 2, 0, 4, 0, UTC)),
        ("2019-10-08T04:22:23.5164321Z", datetime(2019, 10, 8, 4, 22, 23, 516432, UTC)),
        ("2019-10-08T04:22:23+02:00", datetime(2019, 10, 8, 2, 22, 23, 0, UTC)),
        ("2019-10-08 04:22:23", datetime(2019, 10, 8, 4, 22, 23, 0, UTC)),
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, 0, UTC)),
        (1570508543, datetime(2019, 10, 8, 4, 22, 23, 0, UTC)),
        (1570508543516, datetime(2019, 10, 8, 4, 22, 23, 516000, UTC)),
        ("2016-12-31T23:59:60.500Z", datetime(2016, 12, 31, 23, 59, 59, 500000, UTC)),
        ("2019-10-08T04:22:23,516Z", datetime(2019, 10, 8, 4, 22, 23, 516000, UTC)),
        ("2019-02-30T00:00:00Z", None),
        ("2019-02-30T00:00:00.000Z", None),
        ("2019-10-08T24:00:00.000Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("\u0662019-10-08", None),
        (1e300, None),
        (float("nan"), None),
        (True, None),
        (None, None),
        ([], None),
    ],
)
def test_times_as_clients_write_them(text: object, expected: datetime | None) -> None:
    assert parse_time(text) == expected


@given(st.binary(max_size=60))
def test_base64_in_all_its_dresses(data: bytes) -> None:
    text = base64.b64encode(data).decode()
    assert base64_text.decode(text) == data
    assert base64_text.decode(text.rstrip("=")) == data
    assert base64_text.decode("\r\n".join(text[i : i + 7] for i in range(0, len(text), 7))) == data
    assert base64_text.decode(base64.urlsafe_b64encode(data).decode()) == data


@pytest.mark.parametrize("text", ["<base64 encoded minidump>", "aGVsbG8=aGVsbG8=", "a", "äöü", "aGVs*bG8="])
def test_invalid_base64_gives_no_bytes(text: str) -> None:
    assert base64_text.decode(text) is None


def test_links_end_and_are_for_one_thing_alone() -> None:
    def valid(key: bytes, method: str, path: str, query: str) -> bool:
        parts = parse_qs(query)
        return signature_is_valid(key, method, path, parts["se"][0], parts["sig"][0])

    query = sign(b"k" * 32, "PUT", "/a", 60)
    assert valid(b"k" * 32, "PUT", "/a", query)
    assert not valid(b"K" * 32, "PUT", "/a", query)
    assert not valid(b"k" * 32, "GET", "/a", query)
    assert not valid(b"k" * 32, "PUT", "/b", query)
    assert not valid(b"k" * 32, "PUT", "/a", query.replace("se=", "se=1"))
    assert not valid(b"k" * 32, "PUT", "/a", sign(b"k" * 32, "PUT", "/a", -1))
    assert not signature_is_valid(b"k" * 32, "PUT", "/a", "x", "\udcff")


def test_an_allowance_comes_back_steadily() -> None:
    now = [0.0]
    minute = PerMinute(60, lambda: now[0])
    assert [minute.take("a") for _ in range(61)] == [True] * 60 + [False]
    assert minute.take("b")
    now[0] = 2.0
    assert [minute.take("a") for _ in range(3)] == [True, True, False]
    assert all(PerMinute(0).take("a") for _ in range(100))


def test_made_up_names_do_not_pile_up() -> None:
    minute = PerMinute(1)
    for number in range(30_000):
        minute.take(str(number))
    assert len(minute._left) <= 10_000


# --- settings


def test_settings_come_from_file_environment_and_command_line_in_this_order(tmp_path: Path) -> None:
    file = tmp_path / "symbolicate.toml"
    file.write_text('bind = "127.0.0.1:1"\n[ingest]\nreports_per_minute = 1\n[symbols]\nsources = ["a"]\n')
    environ = {"SYMBOLICATE_INGEST_REPORTS_PER_MINUTE": "2", "SYMBOLICATE_SYMBOLS_SOURCES": "b, c"}
    config = load(str(file), {"bind": "127.0.0.1:3", "db": None}, environ)
    assert config.address == ("127.0.0.1", 3)
    assert config.ingest.reports_per_minute == 2
    assert config.symbols.sources == ("b", "c")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("bnid = 'x'", "bnid"),
        ("[ingest]\nreports_per_minute = -1", "reports_per_minute"),
        ("[limits]\nidle_seconds = 0", "idle_seconds"),
        ("= 1", "symbolicate.toml"),
    ],
)
def test_wrong_settings_are_reported(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "symbolicate.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=problem):
        load(str(file), {}, {})


@pytest.mark.parametrize("bind", ["8080", "localhost", ":8080", "h:99999", "h:-1", "h:x"])
def test_an_address_is_a_host_and_a_port(bind: str) -> None:
    with pytest.raises(ConfigError):
        _ = Config(bind=bind).address


@pytest.mark.parametrize(
    ("bind", "loopback"),
    [
        ("127.0.0.1:1", True),
        ("[::1]:1", True),
        ("localhost:1", True),
        ("0.0.0.0:1", False),
        ("crashes.example:1", False),
    ],
)
def test_who_can_reach_an_address(bind: str, loopback: bool) -> None:
    assert Config(bind=bind).is_loopback is loopback


# --- logs


def read(body: bytes | str) -> tuple[list[str], list[bytes], dict[str, dict[str, str]], int]:
    content = body.encode() if isinstance(body, str) else body
    found = read_container(content, Ingest(), install_id=None, user_agent=None)
    return (
        [f"{report.kind} {report.log_id}" for report in found.reports],
        [attachment.data for attachment in found.attachments],
        found.properties,
        found.ignored,
    )


def test_a_bad_log_takes_no_other_with_it() -> None:
    reports, attachments, _, ignored = read(
        '{"logs":[1,null,"x",[],{"type":"managedError","id":"A","exception":{"type":7}},{"type":5},'
        '{"type":"errorAttachment","data":"aGk="},{"type":"errorAttachment","errorId":"A","data":"aGk="},'
        '{"type":"startSession"},{"type":"pAGE"}]}'
    )
    assert reports == ["managedError A"]
    assert attachments == [b"hi"]
    assert ignored == 2


def test_logs_are_sorted_by_the_list_of_types_that_the_engine_has() -> None:
    reports, attachments, properties, ignored = read(
        '{"logs":[{"type":"deleteUserData"},{"type":" HandledError ","id":"h"},{"threads":[],"id":"a"},'
        '{"exception":{},"id":"m"},{"errorId":"A","data":"aGk="},{"errorId":"B","properties":{"a":"b"}}]}'
    )
    assert reports == ["handledError h", "appleError a", "managedError m"]
    assert (attachments, properties, ignored) == ([b"hi"], {"B": {"a": "b"}}, 1)


def test_a_log_without_an_id_has_the_same_one_when_it_is_sent_again() -> None:
    first, second = (read('{"logs":[{"type":"handledError","exception":{"type":"a"}}]}')[0] for _ in range(2))
    other = read('{"logs":[{"type":"handledError","exception":{"type":"b"}}]}')[0]
    assert first == second != other


def test_ids_are_normalised() -> None:
    guid = "70D280D4-2343-400D-BE4C-301BB2B39ECA"
    expected = [f"appleError {guid.lower()}"]
    for spelling in (guid, guid.lower(), guid.replace("-", ""), "{" + guid + "}"):
        assert read(f'{{"logs":[{{"type":"appleError","id":"{spelling}"}}]}}')[0] == expected


def test_the_bridge_of_crashpad_sends_annotations_as_an_event() -> None:
    _, _, properties, ignored = read(
        '{"logs":[{"type":"event","name":"crash","errorId":"A","properties":{"ver":"1","n":2}}]}'
    )
    assert properties == {"A": {"ver": "1", "n": "2"}}
    assert ignored == 0


def test_a_log_that_announces_its_dump_is_recognised() -> None:
    found = read_container(
        b'{"logs":[{"type":"managedError","exception":{"type":"minidump","wrapperSdkName":"custom.ndk"}}]}',
        Ingest(),
        install_id=None,
        user_agent=None,
    )
    assert found.reports[0].wants_minidump


def test_junk_in_an_attachment_is_stored_and_reported() -> None:
    found = read_container(
        b'{"logs":[{"type":"errorAttachment","errorId":"A","data":"<base64 encoded minidump>"}]}',
        Ingest(),
        install_id=None,
        user_agent=None,
    )
    assert found.attachments[0].fault
    assert found.attachments[0].data == b"<base64 encoded minidump>"


def test_the_bytes_of_too_large_attachments_are_not_stored() -> None:
    body = b'{"logs":[{"type":"errorAttachment","errorId":"A","data":"%s"}]}' % (b"AAAA" * 100)
    settings = Ingest(attachment_bytes=300)
    assert read_container(body, settings, install_id=None, user_agent=None).attachments
    settings = Ingest(attachment_bytes=299)
    assert read_container(body, settings, install_id=None, user_agent=None).is_empty


def test_a_large_log_with_broken_json_is_stored_as_it_was_sent() -> None:
    log = b'{"type":"managedError","id":"A","exception":{"type":"minidump","message":"' + b"\0" * 300
    for limit, kept in ((400, b'{"type":"managedError","id":"A","exc'), (200, log)):
        body = b'{"logs":[' + log
        [report] = read_container(body, Ingest(repaired_bytes=limit), install_id=None, user_agent=None).reports
        assert report.data.startswith(kept)
        assert (report.data == log) is (limit == 200)
        assert (report.log_id, report.wants_minidump) == ("A", True)


BODIES = {
    "control characters": b'{"logs":[{"type":"managedError","exception":{"type":"E","message":"' + b"\0" * 20_000_000,
    "escapes": b'{"logs":[{"type":"managedError","m":"' + b"\\u0000" * 4_000_000,
    "logs": b'{"logs":[' + b"{}," * 8_000_000 + b"{}]}",
    "reports": b'{"logs":[' + b'{"type":"managedError"},' * 1_000_000 + b"{}]}",
    "frames": b'{"logs":[{"type":"managedError","exception":{"frames":[' + b"{}," * 8_000_000 + b"{}]}}]}",
    "names": b'{"logs":[{"type":"managedError",' + b'"a":1,' * 4_000_000 + b'"b":1}]}',
    "brackets": b'{"logs":[{"type":"managedError","x":' + b"[" * 24_000_000,
    "brackets alone": b"[" * 24_000_000,
    "properties": b'{"logs":[{"type":"event","errorId":"a","properties":{' + b'"a":{},' * 3_000_000 + b'"b":1}}]}',
    "an id": b'{"logs":[{"type":"managedError","id":"' + b"\\n" * 12_000_000 + b'"}]}',
    "data": b'{"logs":[{"type":"errorAttachment","errorId":"a","data":[' + b"[]," * 8_000_000 + b"1]}]}",
    "no UTF-8": b'{"logs":[{"type":"managedError","m":"' + b"\xff" * 24_000_000 + b'"}]}',
    "broken logs": b'{"logs":[' + (b'{"type":"managedError","m":"' + b"\n" * 6_000_000 + b'"},') * 4 + b"]}",
}
# With a limit of memory, so that a larger need is an error.
PROGRAM = """
import resource, sys
from symbolicate.service.config import Ingest
from symbolicate.service.ingest.read_logs import UnreadableError, read_container

def read(body):
    try:
        return read_container(body, Ingest(), install_id=None, user_agent=None)
    except UnreadableError:
        return None

read(b'{"logs":[{"type":"managedError"}]}')
body = sys.stdin.buffer.read()
with open("/proc/self/status", encoding="ascii") as status:
    held = next(int(line.split()[1]) << 10 for line in status if line.startswith("VmData"))
limit = held + len(body) * 2 + (8 << 20)
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
read(body)
"""


@pytest.mark.parametrize("kind", BODIES)
def test_reading_logs_takes_memory_for_the_body_and_two_copies_of_it(kind: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=BODIES[kind], capture_output=True, check=False, timeout=100
    )
    assert ran.returncode == 0, ran.stderr.decode()[-500:]


@given(
    st.lists(st.dictionaries(st.sampled_from(["type", "id", "exception", "x"]) | st.text(), st.integers() | st.text())),
    st.sampled_from(
        ['{"logs":[%s]}', '{"a":[{}],"logs":[{}],"logs":[%s],"b":1}', "[%s]", ' {"logs" : [ %s,],}\n', "[%s"]
    ),
)
def test_logs_are_those_that_another_reader_finds(logs: list[dict[str, object]], container: str) -> None:
    texts = [json.dumps(log).encode() for log in logs]
    body = container.encode() % b",".join(texts)
    reader = LogReader(body, logs=1000, repaired_bytes=1 << 20, data_bytes=100)
    found = [reader.log(index) for index in range(len(reader))]
    assert [text for _, _, text, _, _ in found] == texts
    assert [number for number, *_ in found] == list(range(len(logs)))
    assert [json.loads(head).get("id") for _, _, _, head, _ in found] == [log.get("id") for log in logs]
    with pytest.raises(IndexError):
        reader.log(len(reader))


@pytest.mark.parametrize("body", [b"", b"null", b"[", b'"logs"', b'{"logs":3}', b"[" * 100_000, b"\xff\xfe{"])
def test_a_body_without_logs_is_reported(body: bytes) -> None:
    try:
        found = read_container(body, Ingest(), install_id=None, user_agent=None)
    except UnreadableError:
        return
    assert found.is_empty


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda one: st.lists(one) | st.dictionaries(st.text(), one),
        max_leaves=8,
    )
)
def test_fields_of_any_type_end_nothing(value: object) -> None:
    names = ("type", "id", "errorId", "timestamp", "data", "contentType", "fileName", "properties", "exception")
    logs = [{"type": "managedError", name: value} for name in names]
    logs += [{"type": "errorAttachment", "errorId": "a", "data": "aGk=", name: value} for name in names]
    read(json.dumps({"logs": [value, *logs]}))
