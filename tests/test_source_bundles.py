"""Bundles of source code: uploads, and what the symbol server sends of them."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("litestar")

from places import FIXTURES
from service_process import Service, service
from symbolicate._native import debug_files
from symbolicate.errors import SymbolFileError
from symbolicate.store import Store
from symbolicate.symbols.source_bundle import SourceBundle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

[BUILD] = debug_files(FIXTURES / "elf" / "x86_64-gcc-dwarf5" / "gauge.debug")
SOURCES = {
    "/src/gauge/plain.c": b"int main(void) { return 0; }\n" * 500,
    "/src/gauge/../gauge/shapes.h": b"#pragma once\n",
}


def bundle(debug_id: str = BUILD.debug_id or "", sources: dict[str, bytes] | None = None, **more: object) -> bytes:
    """A bundle as sentry-cli writes it."""
    sources = SOURCES if sources is None else sources
    files = {f"files{path}": {"type": "source", "path": path, "headers": {}} for path in sources}
    manifest = {"files": files, "arch": "x86_64", "debug_id": debug_id, "object_name": "/src/gauge/gauge.debug", **more}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in sources.items():
            archive.writestr(f"files{path}", data)
        archive.writestr("manifest.json", json.dumps(manifest))
    return b"SYSB" + struct.pack("<I", 2) + stream.getvalue()


def opened(folder: Path, data: bytes) -> SourceBundle:
    path = folder / "sources.zip"
    path.write_bytes(data)
    return SourceBundle(str(path))


def test_a_source_is_found_by_the_path_in_debug_information(tmp_path: Path) -> None:
    with opened(tmp_path, bundle()) as found:
        assert (found.debug_id, found.name, found.arch) == (BUILD.debug_id, "gauge.debug", "x86_64")
        assert found.read("/src/gauge/plain.c") == SOURCES["/src/gauge/plain.c"]
        assert found.read("/src/gauge/shapes.h") == b"#pragma once\n"
        assert found.read("/src/other/../gauge/plain.c") == SOURCES["/src/gauge/plain.c"]
        assert found.read("/src/gauge/none.c") is None
        assert found.read("manifest.json") is None


@pytest.mark.parametrize(
    "data",
    [
        b"SYSB\2\0\0\0",
        bundle()[:-40],
        bundle(""),
        bundle(files=[]),
        bundle(files={"files/a": 1}),
        bundle().replace(b"manifest.json", b"manifest.jsno"),
    ],
    ids=["empty", "cut", "no-id", "list", "number", "no-manifest"],
)
def test_damaged_bundles_are_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(SymbolFileError, match="bundle of source code"):
        opened(tmp_path, data)


def test_a_member_that_is_not_there(tmp_path: Path) -> None:
    with (
        opened(tmp_path, bundle(files={"files/none": {"path": "/a.c"}})) as found,
        pytest.raises(SymbolFileError, match="has no 'files/none'"),
    ):
        found.read("/a.c")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, dict[str, str]]]:
    """A service with two apps, and tokens for each; one of them has the bundle."""
    data = tmp_path_factory.mktemp("service")
    with Store.open(data=data) as store:
        tokens = {}
        for name in ("one", "two"):
            app = store.apps.create(f"secret-{name}", owner="owner", name=name)
            tokens[name] = store.tokens.create(name, ["symbols"], apps=[app])[1]
        admin = store.tokens.create("admin", ["admin"])[1]
    with service(data, "--workers", "0", token=admin) as service_:
        answer = service_.ask("PUT", "/symbols/gauge.src.zip", bundle(), token=tokens["one"])
        assert answer.status == 201, answer
        yield service_, tokens


def test_sources_of_a_build_are_served(running: tuple[Service, dict[str, str]]) -> None:
    one, tokens = running
    place = f"/symbols/buildid/{BUILD.code_id}/source"

    def ask(path: str, app: str = "one", **headers: str) -> tuple[int, bytes]:
        answer = one.ask("GET", place + path, None, headers, token=tokens[app])
        return answer.status, answer.body

    plain = SOURCES["/src/gauge/plain.c"]
    assert ask("/src/gauge/plain.c") == (200, plain)
    assert ask("/src/gauge/plain.c", Range="bytes=4-7") == (206, plain[4:8])
    assert ask("/src/gauge/shapes.h") == (200, b"#pragma once\n")
    for path in ("/src/gauge/none.c", "/src/../../etc/passwd", "/manifest.json", "", "/" + "a/" * 60 + "b"):
        assert ask(path)[0] == 404, path
    assert ask("/src/gauge/plain.c", "two")[0] == 404, "of another app"
    other = f"/symbols/buildid/{'ab' * 20}/source/src/gauge/plain.c"
    assert one.ask("GET", other, None, token=tokens["one"]).status == 404


def test_a_damaged_bundle_is_refused_with_its_reason(running: tuple[Service, dict[str, str]]) -> None:
    one, tokens = running
    answer = one.ask("PUT", "/symbols/bad.src.zip", bundle("nothing"), token=tokens["one"])
    assert answer.status == 400
    assert b"states no debug id" in answer.body
