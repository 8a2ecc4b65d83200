"""Symbol uploads as appcenter-cli and Breakpad's uploaders do them, against a running server."""

from __future__ import annotations

import base64
import io
import os
import re
import subprocess
import sys
import zipfile
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

pytest.importorskip("litestar")

from places import CORPORA, FIXTURES
from service_process import Service, multipart, service, until
from symbolicate._native import GENERATOR, debug_files
from symbolicate.errors import SymbolFileError
from symbolicate.service.symbols.storing import reason_of
from symbolicate.store import SHARED, Store
from symbolicate.store.records import QUALITY
from tiny_dump import DEBUG_FILE, DEBUG_ID, SYM, tiny_dump
from tiny_mach_o import fat, mach_o

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

UPLOADS = "/v0.1/apps/owner/app/symbol_uploads"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with service(tmp_path_factory.mktemp("service"), SYMBOLICATE_INGEST_REPORTS_PER_MINUTE="0") as one:
        yield one


def symbols_of(number: int) -> tuple[str, bytes]:
    """A debug id of its own for each test, and its symbols."""
    debug_id = f"{number:08X}" + DEBUG_ID[8:]
    return symbols_with(debug_id)


def symbols_with(debug_id: str) -> tuple[str, bytes]:
    return debug_id, SYM.replace(DEBUG_ID.encode(), debug_id.encode())


def packed(*files: tuple[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return target.getvalue()


def begin(running: Service, symbol_type: str = "Breakpad", **more: str) -> Any:
    answer = running.ask("POST", UPLOADS, {"symbol_type": symbol_type, **more})
    assert answer.status == 200
    assert answer.json.keys() == {"symbol_upload_id", "upload_url", "expiration_date"}
    return answer.json


def commit(running: Service, begun: Any) -> Any:
    answer = running.ask("PATCH", f"{UPLOADS}/{begun['symbol_upload_id']}", {"status": "committed"})
    assert answer.status == 200
    return until(
        lambda: (
            (found := running.get(f"{UPLOADS}/{begun['symbol_upload_id']}").json)["status"] in {"indexed", "failed"}
            and found
        )
    )


def put(running: Service, begun: Any, data: bytes) -> None:
    answer = running.ask("PUT", begun["upload_url"], data, {"x-ms-blob-type": "BlockBlob"}, token=None)
    assert answer.status == 201
    assert {"etag", "last-modified", "x-ms-request-id", "x-ms-version", "date"} <= answer.headers.keys()


def submit(running: Service, debug_id: str, product: str) -> str:
    body, content_type = multipart(
        {"prod": product}, [("upload_file_minidump", "a.dmp", tiny_dump(debug_id=debug_id, code_file="/opt/app/App"))]
    )
    return running.ask("POST", "/submit", body, {"Content-Type": content_type}, token=None).body.decode()


def test_late_symbols_move_the_counts(running: Service) -> None:
    debug_id, sym = symbols_of(1)
    identifier = submit(running, debug_id, "Late")
    before = running.wait_until_done(identifier)
    assert "crash_here" not in before["failure_name"]
    assert running.get("/api/v1/apps/Late/missing-symbols").json[0]["debug_id"] == debug_id
    begun = begin(running)
    put(running, begun, packed((f"symbols/{DEBUG_FILE}/{debug_id}/app.sym", sym), ("__MACOSX/._app.sym", b"junk")))
    told = commit(running, begun)
    assert told["status"] == "indexed"
    assert [(one["symbol_id"], one["file_name"], one["kind"]) for one in told["symbols_uploaded"]] == [
        (debug_id, DEBUG_FILE, "breakpad")
    ]
    after = until(lambda: (found := running.report(identifier))["failure_hash"] != before["failure_hash"] and found)
    assert after["failure_name"].endswith(("!crash_here", "!poke"))
    buckets = running.get("/api/v1/apps/Late/buckets").json
    assert [bucket["count"] for bucket in buckets if bucket["count"]] == [1]
    assert running.get(f"/api/v1/apps/Late/buckets/{before['failure_hash']}").json["hash"] == after["failure_hash"]


def test_blocks_are_put_together_in_the_order_of_their_list(running: Service) -> None:
    debug_id, sym = symbols_of(2)
    data = packed((f"{debug_id}/a.sym", sym))
    begun = begin(running)
    cut = [data[i : i + 100] for i in range(0, len(data), 100)]
    identifiers = [base64.b64encode(b"block%05d/+" % number).decode() for number in range(len(cut))]
    for identifier, block in sorted(zip(identifiers, cut, strict=True), reverse=True):
        path = f"{begun['upload_url']}&comp=block&blockid={quote(identifier, safe='')}"
        assert running.ask("PUT", path, block, token=None).status == 201
    listed = "".join(f"<Latest>{identifier}</Latest>" for identifier in identifiers)
    body = f'<?xml version="1.0" encoding="utf-8"?><BlockList>{listed}</BlockList>'.encode()
    assert running.ask("PUT", f"{begun['upload_url']}&comp=blocklist", body, token=None).status == 201
    assert commit(running, begun)["symbols_uploaded"][0]["symbol_id"] == debug_id


def test_what_a_limit_leaves_out_of_a_debug_file_is_in_the_message(running: Service) -> None:
    begun = begin(running, "Apple")
    inside = "App.dSYM/Contents/Resources/DWARF/App"
    put(running, begun, packed((inside, mach_o([b"n" * 100_000] * 2000)), ("fat", fat(mach_o([b"f"]), 43))))
    told = commit(running, begun)
    assert (told["status"], len(told["symbols_uploaded"])) == ("indexed", 2)
    left_out, slices = told["message"].split("; ")
    assert re.fullmatch(rf"{inside}: [0-9,]+ parts left out or shortened: beyond a limit", left_out)
    assert slices == "fat: 42 slices not read: damaged, or overlapping others"


def test_a_list_with_a_block_that_never_came_is_refused(running: Service) -> None:
    begun = begin(running)
    answer = running.ask(
        "PUT", f"{begun['upload_url']}&comp=blocklist", b"<BlockList><Latest>AAAA</Latest></BlockList>", token=None
    )
    assert answer.status == 400
    assert b"<Code>InvalidBlockList</Code>" in answer.body


def test_a_commit_without_bytes_fails(running: Service) -> None:
    begun = begin(running)
    answer = running.ask("PATCH", f"{UPLOADS}/{begun['symbol_upload_id']}", {"status": "committed"})
    assert answer.status == 400
    assert "no bytes" in answer.json["message"]


def test_an_upload_can_be_aborted_listed_fetched_and_deleted(running: Service) -> None:
    begun = begin(running, file_name="s.zip")
    path = f"{UPLOADS}/{begun['symbol_upload_id']}"
    put(running, begun, b"bytes")
    link = running.get(f"{path}/location").json["uri"]
    assert running.get(link, token=None).body == b"bytes"
    assert running.ask("PATCH", path, {"status": "aborted"}).json["status"] == "aborted"
    assert begun["symbol_upload_id"] in {one["symbol_upload_id"] for one in running.get(f"{UPLOADS}?top=100").json}
    assert running.ask("DELETE", path).status == 200
    assert running.get(path).status == 404


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"no archive and no symbols", "indexed"),
        (packed(("readme.txt", b"hello")), "indexed"),
        (packed(("a.sym", b"MODULE Linux x86_64 00000000000000000000000000000000A a\n")), "indexed"),
        (packed(("../../../../escape.sym", b"MODULE x\n")), "indexed"),
        (packed(("a.sym", b"MODULE"))[:-30], "indexed"),
        (b"PK\x05\x06" + b"\0" * 18, "indexed"),
    ],
)
def test_an_unusable_upload_is_reported(running: Service, data: bytes, status: str) -> None:
    begun = begin(running)
    put(running, begun, data)
    told = commit(running, begun)
    assert told["status"] in {status, "failed"}
    assert told["symbols_uploaded"] == []
    assert told["message"]


def test_names_in_an_archive_lead_nowhere(running: Service) -> None:
    debug_id, sym = symbols_of(3)
    elf = b"\x7fELF" + bytes(100)
    begun = begin(running)
    put(
        running,
        begun,
        packed((f"/../../../{debug_id}/../nowhere.sym", sym), ("../..\\..\\nowhere.so", elf), ("a/\0nowhere.so", elf)),
    )
    told = commit(running, begun)
    assert told["status"] == "indexed"
    assert debug_id in {one["symbol_id"] for one in told["symbols_uploaded"]}
    for _, _, names in os.walk(running.data.parent):
        assert not [name for name in names if "nowhere" in name]


def test_a_dsym_is_used_at_once(running: Service) -> None:
    inside = "gauge.dSYM/Contents/Resources/DWARF/gauge"
    binary = (FIXTURES / "apple" / "macos-arm64-dwarf5" / inside).read_bytes()
    begun = begin(running, "Apple")
    put(running, begun, packed((f"dSYMs/{inside}", binary), ("__MACOSX/dSYMs/._gauge", binary)))
    told, unwind = sorted(commit(running, begun)["symbols_uploaded"], key=lambda one: one["part"])
    assert (told["part"], unwind["part"]) == ("symbols", "unwind")  # it has a __debug_frame
    assert (told["file_name"], told["kind"], told["used"]) == ("gauge", "dsym", True)
    assert running.get(f"/v1/symbols/gauge/{told['symbol_id']}:checkStatus").body == b'{ "status": "FOUND" }'
    stored = [zlib.decompress(blob.read_bytes()) for blob in (running.data / "blobs/symbols/files").iterdir()]
    assert [text for text in stored if text.startswith(b"MODULE mac arm64 %s " % told["symbol_id"].encode())]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_symbols_of_another_name_are_used(running: Service, encoding: str) -> None:
    debug_id, sym = symbols_of(20 + len(encoding))
    report = submit(running, debug_id, "Renamed")
    begun = begin(running)
    renamed = sym.decode().replace(DEBUG_FILE, "electron.exe.pdb", 1)
    put(running, begun, packed(("electron.exe", renamed.encode(encoding))))
    [told] = commit(running, begun)["symbols_uploaded"]
    assert (told["symbol_id"], told["kind"], told["used"]) == (debug_id, "breakpad", True)
    until(lambda: b"crash_here" in running.get(f"/api/v1/reports/{report}/report").body)


def test_a_kind_without_a_reader_is_stored(running: Service) -> None:
    begun = begin(running, "AndroidProguard", file_name="mapping.txt", build="3", version="1.2")
    put(running, begun, b"com.example.A -> a.a:\n")
    told = commit(running, begun)
    assert [(one["kind"], one["used"]) for one in told["symbols_uploaded"]] == [("proguard", False)]
    assert "stored, and not used yet" in told["message"]


def test_portable_pdbs_are_stored(running: Service) -> None:
    """They are recognised by the native table, too, which refuses them."""
    begun = begin(running, "Breakpad")
    put(running, begun, packed(("managed/app.pdb", b"BSJB\1\0\1\0" + bytes(60))))
    told = commit(running, begun)
    assert [(one["kind"], one["used"]) for one in told["symbols_uploaded"]] == [("portable pdb", False)]
    assert "stored, and not used yet" in told["message"]


def test_android_libraries_are_used_and_damaged_ones_are_named(running: Service) -> None:
    """Option 1 for Android in App Center's documentation: a zip of the unstripped libraries."""
    folder = FIXTURES / "elf" / "arm64-clang-dwarf5"
    library, debug = ((folder / name).read_bytes() for name in ("gauge", "gauge.debug"))
    for _ in range(2):
        begun = begin(running)
        parts = ("arm64-v8a/libgauge.so", library), ("symbols/arm64-v8a/libgauge.so", debug)
        put(running, begun, packed(*parts, ("x86/libcut.so", library[:100])))
        told = commit(running, begun)
        assert {(one["file_name"], one["kind"], one["used"]) for one in told["symbols_uploaded"]} == {
            ("libgauge.so", "elf", True)
        }
        assert {one["part"] for one in told["symbols_uploaded"]} == {"symbols", "unwind"}
        assert told["message"].startswith("x86/libcut.so: ")


def test_app_centers_list_of_symbols(running: Service) -> None:
    debug_id, sym = symbols_of(31)
    begun = begin(running)
    put(running, begun, sym)
    commit(running, begun)
    path = UPLOADS.replace("symbol_uploads", "symbols")
    shown = running.get(f"{path}/{debug_id}").json
    assert shown in running.get(path).json
    assert running.get(shown["url"]).json == shown
    assert (shown["symbol_id"], shown["type"], shown["status"]) == (debug_id, "Breakpad", "available")
    assert shown["symbol_upload_id"] == begun["symbol_upload_id"]
    for asked, status in ((debug_id, "available"), (debug_id.lower(), "available"), ("0" * 32, "missing")):
        told = running.get(f"{path}/{asked}/status").json
        assert (told["symbol_id"], told["status"]) == (asked, status)
    assert running.get(f"{path}/{'A' * 32}").status == 404


def test_an_upload_that_brings_what_is_known_lists_it(running: Service) -> None:
    debug_id, sym = symbols_of(30)
    begun = [begin(running) for _ in range(2)]
    for one in begun:
        put(running, one, sym)
        commit(running, one)
    for one in begun:
        told = running.get(f"{UPLOADS}/{one['symbol_upload_id']}").json
        assert [file["symbol_id"] for file in told["symbols_uploaded"]] == [debug_id]


@pytest.mark.parametrize("body", [{"symbol_type": "Nonsense"}, {}, [], {"symbol_type": 3}])
def test_a_wrong_beginning_is_refused(running: Service, body: Any) -> None:
    answer = running.ask("POST", UPLOADS, body)
    assert answer.status == 400
    assert answer.json["message"]


def test_links_are_for_their_upload_alone(running: Service) -> None:
    first, second = begin(running), begin(running)
    stolen = second["upload_url"].replace(second["symbol_upload_id"], first["symbol_upload_id"])
    assert running.ask("PUT", stolen, b"x", token=None).status == 403
    assert running.ask("PUT", first["upload_url"].split("?")[0], b"x", token=None).status == 403
    assert running.get(first["upload_url"], token=None).status == 403


# --- Breakpad's own uploaders


@pytest.mark.parametrize("symbols", [symbols_of(4), symbols_with("0000004010C46b4c0b9c")], ids=["usual", "20 digits"])
def test_breakpads_first_protocol(running: Service, tmp_path: Path, symbols: tuple[str, bytes]) -> None:
    debug_id, sym = symbols
    file = tmp_path / "app.sym"
    file.write_bytes(sym)
    fields = [
        f"debug_file={DEBUG_FILE}",
        f"debug_identifier={debug_id}",
        "os=Linux",
        "cpu=x86_64",
        f"symbol_file=@{file}",
    ]
    command = ["curl", "-sS", "-w", "%{http_code}", *(part for one in fields for part in ("-F", one))]
    done = subprocess.run([*command, f"{running.url}/symbols"], capture_output=True, check=True)
    assert done.stdout == b"OK200"
    assert running.get(f"/v1/symbols/{DEBUG_FILE}/{debug_id}:checkStatus").body == b'{ "status": "FOUND" }'
    file.write_bytes(b"nonsense")
    done = subprocess.run([*command, f"{running.url}/symbols"], capture_output=True, check=True)
    assert done.stdout.endswith(b"400")


@pytest.mark.parametrize("symbols", [symbols_of(5), symbols_with("0000005010C46b4c0b9c")], ids=["usual", "20 digits"])
def test_breakpads_second_protocol(running: Service, symbols: tuple[str, bytes]) -> None:
    debug_id, sym = symbols
    for expected in ("OK", "DUPLICATE_DATA"):
        status = running.get(f"/v1/symbols/{DEBUG_FILE}/{debug_id}:checkStatus?key=K").body.decode()
        assert re.search(r'"status": "([^"]+)"', status)[1] == ("MISSING" if expected == "OK" else "FOUND")  # type: ignore[index]
        created = running.ask("POST", "/v1/uploads:create?key=K", b"").body.decode()
        url = re.search(r'"uploadUrl": "([^"]+)"', created)[1]  # type: ignore[index]
        key = re.search(r'"uploadKey": "([^"]+)"', created)[1]  # type: ignore[index]
        assert running.ask("PUT", url, sym, token=None).status == 200
        said = (
            f'{{ symbol_id: {{debug_file: "{DEBUG_FILE}", debug_id: "{debug_id}" }}, symbol_upload_type: "BREAKPAD" }}'
        )
        done = running.ask(
            "POST", f"/v1/uploads/{key}:complete?key=K", said.encode(), {"Content-Type": "application/son"}
        )
        assert done.status == 200
        assert re.search(r'"result": "([^"]+)"', done.body.decode())[1] == expected  # type: ignore[index]
        again = running.ask("POST", f"/v1/uploads/{key}:complete?key=K", said.encode())
        assert (again.status, again.body) == (200, b'{ "result": "DUPLICATE_DATA" }')
        assert running.ask("PUT", url, sym, token=None).status == 409


def test_breakpads_failed_upload_fails_again(running: Service) -> None:
    created = running.ask("POST", "/v1/uploads:create?key=K", b"").json
    path = f"/v1/uploads/{created['uploadKey']}:complete?key=K"
    empty = running.ask("POST", path, b"{}")
    assert (empty.status, empty.body) == (400, b"no bytes were uploaded")
    assert running.ask("PUT", created["uploadUrl"], b"nonsense", token=None).status == 200
    first, again = (running.ask("POST", path, b"{}") for _ in range(2))
    assert (first.status, first.body) == (again.status, again.body)
    assert first.status == 400


@pytest.mark.parametrize("file_name", [None, "symbols.zip"])
def test_an_archive_that_is_cut_fails_and_says_so(running: Service, file_name: str | None) -> None:
    _, text = symbols_of(0xC07)
    whole = packed((f"symbols/{DEBUG_FILE}/x/app.sym", text), ("more.bin", os.urandom(3000)))
    more = {} if file_name is None else {"file_name": file_name}
    places = [2, 30, len(whole) // 2, len(whole) - 22, len(whole) - 1]
    damaged = [whole[:place] for place in places] + [whole[:-40] + bytes(40), whole[100:], whole[: len(whole) // 2] * 2]
    for delivered in damaged:
        begun = begin(running, **more)
        assert running.ask("PUT", begun["upload_url"], delivered, token=None).status == 201
        told = commit(running, begun)
        assert told["status"] == "failed", (len(delivered), told)
        assert "archive" in told["message"]
        assert "damaged" in told["message"] or "cannot be read" in told["message"]
    begun = begin(running, **more)
    assert running.ask("PUT", begun["upload_url"], whole, token=None).status == 201
    assert commit(running, begun)["status"] == "indexed"


@pytest.mark.corpora
def test_the_halves_of_a_module_are_used_at_once(running: Service) -> None:
    linux = CORPORA / "debug-files" / "dump_syms" / "linux"
    begun = begin(running, "Breakpad")
    halves = [
        ("lib/basic", (linux / "basic.stripped").read_bytes()),
        ("basic.debug", (linux / "basic.dbg").read_bytes()),
    ]
    put(running, begun, packed(*halves))
    told = commit(running, begun)
    assert (told["status"], told["message"]) == ("indexed", None)
    found = {(one["file_name"], one["part"], *one["holds"]) for one in told["symbols_uploaded"]}
    assert ("basic.debug", "symbols", "functions", "lines", "inlines") in found
    assert ("basic", "unwind", "unwind") in found
    assert {one["kind"] for one in told["symbols_uploaded"]} == {"elf"}
    assert all(one["used"] for one in told["symbols_uploaded"])


@pytest.mark.corpora
def test_unwind_tables_of_an_uploaded_binary_are_used_for_its_reports(running: Service) -> None:
    live = CORPORA / "live"
    dump, binary = live / "android_crash.aarch64_abort.dmp", live / "binaries" / "crash.aarch64-linux-gnu"
    body, content_type = multipart({"prod": "Halves"}, [("upload_file_minidump", "a.dmp", dump.read_bytes())])
    answer = running.ask("POST", "/submit", body, {"Content-Type": content_type}, token=None)
    identifier = answer.body.decode()
    running.wait_until_done(identifier)
    begun = begin(running, "Breakpad", file_name="crash")
    put(running, begun, binary.read_bytes())
    told = commit(running, begun)
    assert told["status"] == "indexed", told

    def module() -> Any:
        document = running.get(f"/api/v1/reports/{identifier}/report").json
        modules = document["modules"]
        return next((one for one in modules if (one.get("symbols") or {}).get("unwind")), None)

    used = until(module)
    assert used["symbols"]["status"] == "loaded"
    [unwind] = used["symbols"]["unwind"]
    assert re.fullmatch("symbols/files/[0-9a-f]{64}", unwind["location"])
    assert unwind["tables"] == [".eh_frame"]


@pytest.mark.corpora
def test_a_program_and_its_pdb_may_come_apart(running: Service, tmp_path: Path) -> None:
    windows = CORPORA / "debug-files" / "dump_syms" / "windows"
    [image] = debug_files(windows / "dump_syms_regtest64.exe")
    if not image.open_or_build_unwind(tmp_path / "tables").names:
        pytest.skip("no reader of .pdata")
    found: dict[tuple[str, str], Any] = {}
    for suffix, symbol_type in ((".pdb", "PDB"), (".exe", "Breakpad")):
        begun = begin(running, symbol_type, file_name=f"dump_syms_regtest64{suffix}")
        put(running, begun, (windows / f"dump_syms_regtest64{suffix}").read_bytes())
        told = commit(running, begun)
        assert told["status"] == "indexed", told
        found |= {(one["kind"], one["part"]): one for one in told["symbols_uploaded"]}
    names, tables = found["pdb", "symbols"], found["pe", "unwind"]
    assert names["symbol_id"] == tables["symbol_id"]
    assert names["used"]
    assert tables["used"]
    assert {"functions", "lines"} <= set(names["holds"])
    assert tables["holds"] == ["unwind"]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("/scratch/a: b/inside/x.so: ELF: malformed: a section is outside", "ELF: malformed: a section is outside"),
        ("/scratch/a: b/made/delivered/n: cannot open /scratch/a: b/inside/x.so: why", "cannot open inside/x.so: why"),
        ("lib: 1/x.so: cannot be unpacked: File name too long", "cannot be unpacked: File name too long"),
        ("text: not supported", "text: not supported"),
    ],
)
def test_a_reason_may_have_colons(message: str, reason: str) -> None:
    assert reason_of(SymbolFileError(message), "lib: 1/x.so", "/scratch/a: b") == reason


def test_what_an_earlier_version_made_is_made_again(tmp_path: Path) -> None:
    """As after an update of the service: the originals of uploads are there, and their symbols lack inlined calls."""
    file = FIXTURES / "elf" / "x86_64-gcc-dwarf5" / "gauge.debug"
    data = tmp_path / "data"

    def again() -> list[list[str]]:
        command = [sys.executable, "-m", "symbolicate", "symbols", "again", "--data", str(data)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return [line.split("\t") for line in done.stdout.splitlines()]

    with service(data, "--workers", "1") as running:
        assert running.upload_symbols(file.read_bytes(), file.name, token=None).status == 200
    assert again() == []
    with Store.open(data=data) as store:
        [text] = [one for one in store.symbol_files.list() if one.part == "symbols"]
        lines = b"".join(store.symbol_files.stream(text.content)).splitlines(keepends=True)
        older = b"".join(line for line in lines if not line.startswith(b"INLINE"))
        path = tmp_path / "older.sym"
        path.write_bytes(older.replace(f"INFO GENERATOR {GENERATOR}\n".encode(), b"INFO GENERATOR symbolicate 0.0.1\n"))
        content, blob = store.symbol_files.put(str(path))
        store.symbol_files.remove(text.id)
        quality = text.quality & ~QUALITY["inlines"]
        row = replace(text, content=content, blob=blob, quality=quality, size=path.stat().st_size, id=0)
        store.symbol_files.register(None, [row])
    [[upload, owner, debug_id, name]] = again()
    assert (owner, debug_id, name) == ("all apps", text.debug_id, text.debug_file)
    with service(data, "--workers", "1") as running, Store.open(data=data) as store:
        until(lambda: store.symbols.get(upload).status == "indexed")
        best, *others = store.symbol_files.candidates(SHARED, text.debug_id, "")
        assert (best.content, best.quality) == (text.content, text.quality)
        assert [one.content for one in others] == [content]
        assert len([one for one in store.symbol_files.list() if one.part == "debug"]) == 1
    assert again() == []
