"""The symbol server: files by their ids in every layout, for the callers who may read them."""

from __future__ import annotations

import base64
import gzip
import json
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("litestar")


from places import FIXTURES
from service_process import Answer, Service, service, until
from symbolicate._native import debug_files
from symbolicate.store import Settings, Store
from symbolicate.symbols.elf_sections import find_section
from symbolicate.symbols.layouts.table import LAYOUTS
from symbolicate.symbols.resolution import Wanted
from test_service_symbols import packed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCENE_ID = "B0926908029E68ABECF3CBA3BFB235A20"
SCENE = FIXTURES / f"symbols/libscene.so/{SCENE_ID}/libscene.so.sym"
SCENE_PATH = f"/symbols/libscene.so/{SCENE_ID}/libscene.so.sym"
ELF = FIXTURES / "debug-files/elf/calc-x64"
PE = FIXTURES / "debug-files/pe"


def upload(running: Service, name: str, data: bytes, app: str = "", token: str | None = "") -> None:
    answer = running.upload_symbols(data, name, app, token=token)
    assert answer.status == 200, answer


def served(running: Service, wanted: Wanted, kind: str) -> dict[str, Answer]:
    """The answers in all layouts, by their paths."""
    found = {}
    for layout in LAYOUTS.values():
        for parts in layout.paths(wanted, kind):  # type: ignore[arg-type]
            path = "/symbols/" + "/".join(parts)
            found[path] = running.get(path)
    return found


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with uploads in its pool, and with files in a source."""
    folder = tmp_path_factory.mktemp("served")
    sources = ",".join(map(str, (FIXTURES / "windows", FIXTURES / "symbols", FIXTURES / "images")))
    with service(folder, "--workers", "0", SYMBOLICATE_SYMBOLS_SOURCES=sources) as one:
        elf = ("elf/x86_64-gcc-dwarf5/gauge", "elf/x86_64-gcc-dwarf5/gauge.debug", "unwind-tables/x86_64.so")
        apple = (
            "macos-arm64-dwarf5/gauge.dSYM/Contents/Resources/DWARF/gauge",
            "images/macos-arm64-dwarf5/gauge",
        )
        files = [(name, FIXTURES / name) for name in elf] + [(name, FIXTURES / "apple" / name) for name in apple]
        upload(one, "files.zip", packed(*((name, path.read_bytes()) for name, path in files)))
        upload(one, "core.exe", (FIXTURES / "images/windows-x86/core.exe").read_bytes())
        upload(one, SCENE.name, SCENE.read_bytes())
        yield one


OF_KINDS = {
    "elf/x86_64-gcc-dwarf5/gauge": "binary",
    "elf/x86_64-gcc-dwarf5/gauge.debug": "debug file",
    "apple/images/macos-arm64-dwarf5/gauge": "binary",
    "apple/macos-arm64-dwarf5/gauge.dSYM/Contents/Resources/DWARF/gauge": "debug file",
    "windows/x64/gauge.exe": "binary",
    "windows/x64/gauge.pdb": "debug file",
    "images/windows-x86/core.exe": "binary",
}


@pytest.mark.parametrize("name", OF_KINDS)
def test_the_original_file_is_served_in_every_layout(running: Service, name: str) -> None:
    path = FIXTURES / name
    [file] = debug_files(path)
    pdb = f"{path.stem}.pdb" if path.suffix in {".exe", ".pdb"} else file.name
    wanted = Wanted(pdb, file.debug_id or "", file.name, file.code_id or "")
    answers = served(running, wanted, OF_KINDS[name])
    assert len(answers) >= 3
    for where, answer in answers.items():
        assert answer.status == 200, where
        assert answer.body == path.read_bytes(), where
        assert answer.headers["content-length"] == str(path.stat().st_size)
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_of_a_plain_and_a_compressed_pdb_the_plain_one_is_served(tmp_path: Path) -> None:
    """Among the files of a source, among uploads, and of one of each; a compressed one is better than none."""
    plain = {arch: (FIXTURES / "windows" / arch / "gauge.pdb").read_bytes() for arch in ("x64", "x86")}
    compressed = {arch: (FIXTURES / "windows-msfz" / arch / "gauge.pdb").read_bytes() for arch in plain}
    source = tmp_path / "source"
    source.mkdir()
    # In the order of their names the compressed one is the first.
    (source / "a.pdb").write_bytes(compressed["x64"])
    (source / "b.pdb").write_bytes(plain["x64"])
    with service(tmp_path / "service", "--workers", "0", SYMBOLICATE_SYMBOLS_SOURCES=str(source)) as one:

        def bodies(arch: str) -> set[bytes]:
            [file] = debug_files(FIXTURES / "windows" / arch / "gauge.pdb")
            answers = served(one, Wanted("gauge.pdb", file.debug_id or ""), "debug file")
            path = f"/symbols/gauge.pdb/{file.debug_id}/gauge.pdb"
            # A part of a file is of the same one.
            part = one.get(path, headers={"Range": "bytes=4-99"})
            assert part.body == answers[path].body[4:100]
            return {answer.body for answer in answers.values()}

        assert bodies("x64") == {plain["x64"]}
        upload(one, "gauge.pdb", compressed["x64"])
        upload(one, "gauge.pdb", compressed["x86"])
        assert bodies("x64") == {plain["x64"]}
        assert bodies("x86") == {compressed["x86"]}
        upload(one, "gauge.pdb", plain["x86"])
        assert bodies("x86") == {plain["x86"]}


def test_a_binary_with_debug_information_is_both(running: Service) -> None:
    path = FIXTURES / "unwind-tables/x86_64.so"
    [file] = debug_files(path)
    for kind in ("executable", "debuginfo"):
        assert running.get(f"/symbols/buildid/{file.code_id}/{kind}").body == path.read_bytes()


def _by_readelf(path: Path, name: str) -> bytes | None:
    """A section as it is stored, by another reader."""
    if (readelf := shutil.which("readelf")) is None:
        pytest.skip("no readelf")
    listed = subprocess.run([readelf, "-SW", path], check=True, capture_output=True, text=True).stdout
    found = re.search(rf"\] {re.escape(name)} +(\w+) +[0-9a-f]+ ([0-9a-f]+) ([0-9a-f]+) ", listed)
    if found is None or found[1] == "NOBITS":
        return None
    offset, size = int(found[2], 16), int(found[3], 16)
    return path.read_bytes()[offset : offset + size]


def test_sections_are_served_as_debuginfod_does(running: Service) -> None:
    binary, debug = (FIXTURES / "elf/x86_64-gcc-dwarf5" / name for name in ("gauge", "gauge.debug"))
    [file] = debug_files(debug)
    assert _by_readelf(debug, ".text") is None, "it is in the binary alone"
    for name in (".text", ".debug_info", ".debug_line", ".symtab", ".eh_frame", ".shstrtab", ".bss", ".nothing"):
        expected = _by_readelf(debug, name) or _by_readelf(binary, name)
        answer = running.get(f"/symbols/buildid/{file.code_id}/section/{name}")
        assert (answer.status, answer.body if expected else None) == (200 if expected else 404, expected), name
    text = _by_readelf(binary, ".text") or b""
    path = f"/symbols/buildid/{file.code_id}/section/.text"
    part = running.get(path, headers={"Range": "bytes=5-9"})
    assert (part.status, part.body) == (206, text[5:10])
    assert part.headers["content-range"] == f"bytes 5-9/{len(text)}"
    assert running.get("/symbols/buildid/" + "0" * 40 + "/section/.text").status == 404


def test_sections_of_every_form_and_of_damaged_files(tmp_path: Path) -> None:
    files = [path for path in (FIXTURES / "elf").glob("*/gauge") if path.read_bytes().startswith(b"\x7fELF")]
    assert len(files) >= 3
    for path in files:
        data = path.read_bytes()
        found = find_section(str(path), ".text")
        assert found is not None
        assert data[found.offset : found.offset + found.size] == _by_readelf(path, ".text")
        damaged = tmp_path / "damaged"
        for at in range(64):
            for value in (0, 0xFF):
                damaged.write_bytes(data[:at] + bytes([value]) + data[at + 1 :])
                section = find_section(str(damaged), ".text")
                assert section is None or section.offset + section.size <= len(data)
        damaged.write_bytes(data[: len(data) // 2])
        assert find_section(str(damaged), ".symtab") is None


def test_texts_of_uploads_and_of_sources(running: Service) -> None:
    assert running.get(SCENE_PATH).body == SCENE.read_bytes()
    assert running.get(SCENE_PATH.replace(SCENE_ID, SCENE_ID.lower())).body == SCENE.read_bytes()
    in_source = FIXTURES / "symbols/crash/B0D5D85B06EE0D3AE0BF747E19D613D20/crash.sym"
    answer = running.get("/symbols/crash/B0D5D85B06EE0D3AE0BF747E19D613D20/crash.sym")
    assert answer.body == in_source.read_bytes()
    [file] = debug_files(FIXTURES / "elf/x86_64-gcc-dwarf5/gauge")
    made = running.get(f"/symbols/gauge/{file.debug_id}/gauge.sym").body
    assert made.startswith(b"MODULE Linux x86_64 AC7FA572C54DBADA5BF723A1C5412C290 gauge")


@pytest.mark.parametrize(
    "path",
    [
        f"/symbols/libscene.so/{SCENE_ID[:-2]}11/libscene.so.sym",
        "/symbols/buildid/" + "0" * 40 + "/debuginfo",
        "/symbols/buildid/72a57fac4dc5daba5bf723a1c5412c2900000000/debuginfo",
        "/symbols/buildid/72a57fac4dc5daba5bf723a1c5412c29f3091d34/source/etc/passwd",
        "/symbols/gauge.exe/C131CE196001/gauge.exe",
        "/symbols/gauge.pdb/FFD18B72A63D9E324C4C44205044422E2/gauge.pdb",
        "/symbols/index2.txt",
        "/symbols/../../etc/passwd",
        "/symbols/%2e%2e/%2e%2e/etc/passwd",
        "/symbols/a%00b/" + SCENE_ID + "/a%00b.sym",
        "/symbols/C:libscene.so/" + SCENE_ID + "/C:libscene.so.sym",
        "/symbols/" + "x" * 10_000,
        "/symbols/" + "/".join("x" * 5_000),
        "/symbols/%ff%fe/x/y",
    ],
)
def test_nothing_else_is_served(running: Service, path: str) -> None:
    answer = running.get(path)
    assert (answer.status, answer.body) == (404, b"not found")


def test_a_range_of_an_upload_does_not_fetch_the_whole_file(tmp_path: Path) -> None:
    data = SCENE.read_bytes()
    with service(tmp_path, "--workers", "0") as one:
        assert one.upload_symbols(data, SCENE.name, "", token=None).status == 200
        assert one.ask("HEAD", SCENE_PATH, None).headers["content-length"] == str(len(data))
        part = one.ask("GET", SCENE_PATH, None, {"Range": "bytes=100-199"})
        assert (part.status, part.body) == (206, data[100:200])
        assert part.headers["content-range"] == f"bytes 100-199/{len(data)}"
        cached = {path.name for path in (tmp_path / "symbols" / "cache").rglob("*.sym")}
        assert not cached
        whole = one.ask("GET", SCENE_PATH, None)
        assert (whole.body, whole.headers["etag"]) == (data, part.headers["etag"])
        assert list((tmp_path / "symbols" / "cache").rglob("*.sym"))


def test_heads_ranges_and_what_is_known_already(running: Service) -> None:
    data = SCENE.read_bytes()

    def ask(method: str = "GET", **headers: str) -> Answer:
        return running.ask(method, SCENE_PATH, None, {key.replace("_", "-"): value for key, value in headers.items()})

    whole = ask()
    head = ask("HEAD")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(data)))
    packed_head = ask("HEAD", Accept_Encoding="gzip")
    assert packed_head.headers["content-length"] == str(len(data))
    assert "content-encoding" not in packed_head.headers
    tag = whole.headers["etag"]
    assert ask(If_None_Match=f'"other", W/{tag}').status == 304
    assert ask(If_None_Match='"other"').status == 200
    for asked, first, end in (
        ("bytes=0-0", 0, 1),
        ("bytes=10-", 10, len(data)),
        ("bytes=-7", len(data) - 7, len(data)),
        ("bytes=5-99999999", 5, len(data)),
    ):
        part = ask(Range=asked)
        assert (part.status, part.body) == (206, data[first:end])
        assert part.headers["content-range"] == f"bytes {first}-{end - 1}/{len(data)}"
    assert ask(Range="bytes=0-1", If_Range='"other"').status == 200
    assert ask(Range="bytes=0-1", If_Range=tag).status == 206
    for ignored in (
        "bytes=",
        "bytes=-",
        "bytes=2-1",
        "lines=0-1",
        "bytes=0-1,3-4",
        "bytes=a-b",
        "bytes=" + "9" * 99 + "-",
    ):
        assert (answer := ask(Range=ignored)).status == 200, ignored
        assert answer.body == data
    past = ask(Range=f"bytes={len(data)}-")
    assert (past.status, past.headers["content-range"]) == (416, f"bytes */{len(data)}")
    compressed = ask(Accept_Encoding="br, gzip;q=0.5")
    assert compressed.headers["content-encoding"] == "gzip"
    assert compressed.headers["etag"] != tag
    assert len(compressed.body) < len(data) // 2
    assert gzip.decompress(compressed.body) == data
    assert "content-encoding" not in ask(Accept_Encoding="gzip;q=0").headers


def test_another_instance_reports_by_what_this_one_serves(running: Service, tmp_path: Path) -> None:
    dump = FIXTURES / "dumps/linux-gdb/amd64-nofp-null.dmp"

    def report(place: str) -> str:
        command = [sys.executable, "-m", "symbolicate", "report", str(dump), "--format", "json"]
        command += ["--store", str(tmp_path / str(len(place))), "--symbols", place]
        return subprocess.run(command, capture_output=True, check=True, text=True).stdout

    found = json.loads(report(f"{running.url}/symbols"))
    expected = json.loads(report(str(FIXTURES / "symbols")))
    assert "game::poke" in json.dumps(found)
    assert found["failure"]["hash"] == expected["failure"]["hash"]


def test_who_may_read_what(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Store.open(None, data=data) as store:
        first, second = (store.apps.create(application_id=name, owner="own", name=name) for name in ("one", "two"))
        tokens = {
            name: store.tokens.create(name, [scope], apps=apps)[1]
            for name, scope, apps in (
                ("admin", "admin", None),
                ("one", "symbols-read", [first]),
                ("two", "symbols-read", [second]),
                ("both", "symbols-read", [first, second]),
                ("all", "symbols-read", None),
                ("up", "symbols", [first]),
                ("query", "query", None),
            )
        }
    crash = FIXTURES / "symbols/crash/B0D5D85B06EE0D3AE0BF747E19D613D20/crash.sym"
    pool = "/symbols/crash/B0D5D85B06EE0D3AE0BF747E19D613D20/crash.sym"
    with service(data, "--workers", "0") as one:
        upload(one, SCENE.name, SCENE.read_bytes(), "own/one", tokens["admin"])
        upload(one, crash.name, crash.read_bytes(), "", tokens["admin"])

        def status(path: str, **headers: str) -> int:
            return one.ask("GET", path, None, headers, token=None).status

        def basic(text: str) -> str:
            return "Basic " + base64.b64encode(text.encode()).decode()

        for name, expected in (
            ("admin", 200), ("one", 200), ("two", 404), ("both", 400), ("all", 200), ("up", 200), ("query", 403),
        ):  # fmt: skip
            token = tokens[name]
            assert status(SCENE_PATH, Authorization=f"Bearer {token}") == expected, name
            assert status(SCENE_PATH, Authorization=basic(f"user:{token}")) == expected, name
            assert status(SCENE_PATH, Authorization=basic(f"{token}:")) == expected, name
            assert status(f"/-/{token}{SCENE_PATH}") == expected, name
            assert status(f"{SCENE_PATH}?key={token}") == expected, name
            assert status(pool, Authorization=f"Bearer {token}") == {404: 200}.get(expected, expected), name
        for app, expected in (("own/one", 200), ("own/two", 404), ("own/none", 404)):
            assert status(f"{SCENE_PATH}?app={app}", Authorization=f"Bearer {tokens['both']}") == expected
        for path in (SCENE_PATH, f"/-/wrong{SCENE_PATH}", f"/-/%00{SCENE_PATH}", "/symbols/no/such/path"):
            assert status(path) == 401
            assert status(path, Authorization="Basic ???") == 401
        refused = one.ask("GET", SCENE_PATH, token=None)
        assert refused.headers["www-authenticate"].startswith("Basic ")
        assert all(token not in one.log for token in tokens.values())


def test_originals_stay_within_the_quota(tmp_path: Path) -> None:
    library = FIXTURES / "unwind-tables/x86_64.so"
    [file] = debug_files(library)
    size = library.stat().st_size
    with Store.open(None, data=tmp_path) as store:
        app = store.apps.create(application_id="a", owner="own", name="one")
        store.apps.update(app.id, settings=Settings(quota_bytes=size + size // 2))
        other = store.apps.create(application_id="b", owner="own", name="two")
        store.apps.update(other.id, settings=Settings(quota_bytes=SCENE.stat().st_size))
    path = f"/symbols/buildid/{file.code_id}/executable"
    with service(tmp_path, "--workers", "0") as one:
        text = packed((SCENE.name, SCENE.read_bytes()))
        upload(one, "a.zip", text, "own/two")
        [text_alone] = one.get("/v0.1/apps/own/two/symbol_uploads").json
        assert [row["part"] for row in one.get("/api/v1/apps/b/symbols").json] == ["symbols"]
        assert text_alone["message"] is None, "a Breakpad text has no original"
        upload(one, library.name, library.read_bytes(), "own/one")
        assert one.get(path).status == 404
        assert one.get(f"/symbols/{file.name}/{file.debug_id}/{file.name}.sym").status == 200, "its symbols are used"
        [listed] = one.get("/v0.1/apps/own/one/symbol_uploads").json
        assert "no space" in listed["message"]
        with Store.open(None, data=tmp_path) as store:
            store.apps.update(app.id, settings=Settings(quota_bytes=0))
        until(lambda: _uploaded(one, library) and one.get(path).status == 200)
        [listed] = [row for row in one.get("/api/v1/apps/a/symbols").json if row["part"] == "whole"]
        assert listed["size"] == size
        assert one.ask("DELETE", f"/api/v1/symbols/{listed['id']}").json == {"requeued": 0}
        assert one.get(path).status == 404


def _uploaded(running: Service, path: Path) -> bool:
    upload(running, path.name, path.read_bytes(), "own/one")
    return True


def test_a_file_of_several_builds_counts_once(tmp_path: Path) -> None:
    path = FIXTURES / "apple/fat/gauge.dSYM/Contents/Resources/DWARF/gauge"
    with Store.open(None, data=tmp_path) as store:
        app = store.apps.create(application_id="a", owner="own", name="one")
    with service(tmp_path, "--workers", "0") as one:
        upload(one, path.name, path.read_bytes(), "own/one")
        for build in debug_files(path):
            uuid = (build.code_id or "").upper()
            where = "/".join((*(uuid[at : at + 4] for at in range(0, 20, 4)), uuid[20:]))
            assert one.get(f"/symbols/{where}").body == path.read_bytes()
        with Store.open(None, data=tmp_path) as store:
            files = store.symbol_files.list([app.id])
            sizes = {file.content: file.size for file in files}
            [uploaded] = store.symbols.list(app)
            assert len(sizes) < len(files)
            # The upload is this file.
            assert (store.usage.of(app.id), uploaded.blob) == (sum(sizes.values()), "")
